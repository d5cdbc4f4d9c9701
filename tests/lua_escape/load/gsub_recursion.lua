-- stopped at 3: C stack overflow
local function f(s)
  return (s:gsub(".", f))
end
f("a")
