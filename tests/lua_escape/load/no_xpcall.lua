-- stopped at 2: unknown word 'xpcall'
local x = xpcall({}, {})
return x
