-- stopped at 4: instruction budget
local s = string.rep("a", 100000)
for i = 1, 10 do
  s = s:gsub(".", "%0%0%0%0%0%0%0%0")
end
