-- stopped at 9: instruction budget
custom "x" {
  title = "T",
  owner = "a@example.com",
  because = "B",
  reads = { event "A" },
  returns = "condition",
  check = function(c)
    return string.find(string.rep("a", 4000), "a*a*a*a*a*a*b") ~= nil
  end,
}
