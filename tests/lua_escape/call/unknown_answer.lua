-- stopped at 9: c has trait
custom "x" {
  title = "T",
  owner = "a@example.com",
  because = "B",
  reads = { event "A" },
  returns = "condition",
  check = function(c)
    return c.profile
  end,
}
