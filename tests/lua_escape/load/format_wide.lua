-- stopped at 2: invalid conversion
local s = string.format("%1000d", 1)
return s
