-- stopped at 3: instruction budget
local s = string.rep("a", 4000)
local r = string.find(s, "a*a*a*a*a*a*b")
return r
