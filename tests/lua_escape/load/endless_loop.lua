-- stopped at 3: instruction budget
local n = 0
while true do n = n + 1 end
