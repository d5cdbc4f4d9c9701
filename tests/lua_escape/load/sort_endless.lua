-- stopped at 5: instruction budget
local t = {}
for i = 1, 10000 do t[i] = i end
for k = 1, 1000 do
  table.sort(t, function(a, b) return a > b end)
end
