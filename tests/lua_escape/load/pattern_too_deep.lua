-- stopped at 3: pattern too complex
local p = string.rep("(a?", 20) .. string.rep(")", 20)
local r = string.find(string.rep("a", 300), string.rep("a?", 250))
return r, p
