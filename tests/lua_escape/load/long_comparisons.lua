-- stopped at 5: instruction budget
local a, b = string.rep("a", 200000) .. "x", string.rep("a", 200000) .. "y"
local n = 0
while true do
  if a < b then n = n + 1 end
end
