-- stopped at 2: index a string value
local s = "x"
; (s).y = 1
