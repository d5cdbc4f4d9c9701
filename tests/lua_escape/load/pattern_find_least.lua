-- stopped at 3: instruction budget
local s = string.rep("a", 20000)
local r = s:match(".-.-.-.-b")
return r
