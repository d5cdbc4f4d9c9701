-- stopped at 2: unknown word 'next'
local x = next({}, {})
return x
