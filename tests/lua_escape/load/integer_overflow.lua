-- stopped at 4: instruction budget
-- an odd number never meets zero on its way around all integers
local i = 1
while i ~= 0 do i = i + 0x4000000000000000 | 1 end
