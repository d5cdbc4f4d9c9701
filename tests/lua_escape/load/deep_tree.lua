-- stopped at 4: nested more than
local c = any { event "A" }
for i = 1, 200 do
  c = none { c }
end
segment "x" { title = "T", owner = "a@example.com", because = "B", who = c }
