-- stopped at 10: cannot be changed
local seen = {}
custom "x" {
  title = "T",
  owner = "a@example.com",
  because = "B",
  reads = { event "A" },
  returns = "condition",
  check = function(c)
    seen[#seen + 1] = 1
  end,
}
