-- stopped at 9: cannot be defined
custom "x" {
  title = "T",
  owner = "a@example.com",
  because = "B",
  reads = { event "A" },
  returns = "condition",
  check = function(c)
    segment "y" { who = event "A" }
  end,
}
