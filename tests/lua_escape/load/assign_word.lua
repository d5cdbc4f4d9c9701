-- stopped at 2: is not declared
event = function() end
