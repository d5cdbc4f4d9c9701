-- stopped at 2: 'math' cannot be changed
math.floor = function() return 1 end
