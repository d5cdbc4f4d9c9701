-- stopped at 2: arithmetic
local n = "10" + 1
return n
