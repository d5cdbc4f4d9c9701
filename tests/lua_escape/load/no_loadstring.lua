-- stopped at 2: unknown word 'loadstring'
local x = loadstring({}, {})
return x
