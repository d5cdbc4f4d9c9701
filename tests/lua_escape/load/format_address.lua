-- stopped at 2: '%p' is not allowed
local s = string.format("%p", {})
return s
