-- stopped at 3: cannot be changed
local c = event "A"
c.where = 1
