-- stopped at 4: more than 20000 parts
local c = any { event "A" }
for i = 1, 40 do
  c = all { c, c }
end
segment "x" { title = "T", owner = "a@example.com", because = "B", who = c }
