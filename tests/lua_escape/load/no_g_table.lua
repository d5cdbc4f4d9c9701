-- stopped at 2: unknown word '_G'
local x = _G.os
return x
