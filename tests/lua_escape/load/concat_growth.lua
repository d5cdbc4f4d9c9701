-- stopped at 5: memory
local t = {}
for i = 1, 100 do t[i] = string.rep("x", 10000) end
for i = 1, 1000 do
  t[i] = table.concat(t)
end
