-- stopped at 3: instruction budget
for i = 1, 1e9 do
  local s = string.rep("x", 200000) .. i
end
