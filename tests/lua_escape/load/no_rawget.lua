-- stopped at 2: unknown word 'rawget'
local x = rawget({}, {})
return x
