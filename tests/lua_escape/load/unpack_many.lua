-- stopped at 2: too many results
local a = table.unpack({}, 1, 1e7)
return a
