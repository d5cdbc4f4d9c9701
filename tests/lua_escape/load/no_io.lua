-- stopped at 2: unknown word 'io'
local x = io.open("/etc/passwd")
return x
