-- stopped at 2: unknown word 'rawset'
local x = rawset({}, {})
return x
