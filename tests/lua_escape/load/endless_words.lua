-- stopped at 3: 
local s = event "A"
while true do s = s:within(days(1)) end
