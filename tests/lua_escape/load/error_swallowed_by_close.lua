-- stopped at 3: 
local a <const> = 1
local b <close> = setmetatable({}, { __close = function() end })
while true do end
