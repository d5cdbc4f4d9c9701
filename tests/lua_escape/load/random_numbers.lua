-- stopped at 2: attempt to call a nil value
local n = math.random()
return n
