-- stopped at 2: unknown word 'dofile'
local x = dofile({}, {})
return x
