-- stopped at 3: instruction budget
local s = string.rep("a", 10)
local r = s:gsub(".", function() while true do end end)
return r
