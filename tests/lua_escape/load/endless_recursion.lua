-- stopped at 3: piece of memory
local function f()
  return 1 + f()
end
f()
