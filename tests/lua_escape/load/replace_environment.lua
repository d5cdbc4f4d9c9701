-- stopped at 3: attempt to
local _ENV = { }
local x = event("A")
return x
