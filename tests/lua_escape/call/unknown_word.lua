-- stopped at 9: unknown word 'evnt'
custom "x" {
  title = "T",
  owner = "a@example.com",
  because = "B",
  reads = { event "A" },
  returns = "condition",
  check = function(c)
    return evnt "A"
  end,
}
