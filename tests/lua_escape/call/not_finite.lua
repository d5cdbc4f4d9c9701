-- stopped at 2: not finite
custom "x" {
  title = "T",
  owner = "a@example.com",
  because = "B",
  reads = { event "A" },
  returns = "number",
  check = function(c)
    return 0 / 0
  end,
}
