-- stopped at 2: attempt to call a nil value
local n = string.pack("i", 1)
return n
