-- stopped at 3: 
for i = 1, 1e9 do
  local s = event("A" .. i)
end
