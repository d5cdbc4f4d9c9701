-- stopped at 5: instruction budget
local t = {}
for i = 1, 20000 do t[i] = (i * 7919) % 20011 end
for k = 1, 1e6 do
  table.sort(t)
end
