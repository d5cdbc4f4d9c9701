-- stopped at 2: unknown word 'coroutine'
local x = coroutine.wrap(function() end)
return x
