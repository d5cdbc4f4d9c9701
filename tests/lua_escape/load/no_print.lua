-- stopped at 2: unknown word 'print'
local x = print({}, {})
return x
