-- stopped at 2: attempt to call a nil value
local n = string.dump(function() end)
return n
