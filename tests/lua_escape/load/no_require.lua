-- stopped at 2: unknown word 'require'
local x = require({}, {})
return x
