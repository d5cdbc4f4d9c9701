-- stopped at 2: unknown word 'utf8'
local x = utf8.char(65)
return x
