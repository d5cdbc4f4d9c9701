-- stopped at 3: index a string value
local s = "x"
; (s).y = 1
