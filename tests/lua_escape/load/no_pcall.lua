-- stopped at 2: unknown word 'pcall'
local x = pcall({}, {})
return x
