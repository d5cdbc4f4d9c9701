-- stopped at 2: instruction budget
for i = 1, math.huge do end
