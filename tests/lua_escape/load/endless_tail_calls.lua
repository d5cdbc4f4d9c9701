-- stopped at 3: instruction budget
local function f()
  return f()
end
f()
