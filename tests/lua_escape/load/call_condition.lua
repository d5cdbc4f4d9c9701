-- stopped at 2: cannot be called
local c = event("A")(1)
return c
