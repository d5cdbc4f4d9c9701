-- stopped at 9: cannot be changed
custom "x" {
  title = "T",
  owner = "a@example.com",
  because = "B",
  reads = { event "A" },
  returns = "condition",
  check = function(c)
    c.as_of = 1
  end,
}
