-- stopped at 4: memory
local s = "0123456789"
for i = 1, 60 do
  s = s .. s
end
