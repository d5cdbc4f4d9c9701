-- stopped at 2: unknown word 'package'
local x = package.loadlib("x", "y")
return x
