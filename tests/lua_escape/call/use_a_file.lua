-- stopped at 9: stands outside
custom "x" {
  title = "T",
  owner = "a@example.com",
  because = "B",
  reads = { event "A" },
  returns = "condition",
  check = function(c)
    return use "lib/x"
  end,
}
