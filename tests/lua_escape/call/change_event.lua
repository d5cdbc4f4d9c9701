-- stopped at 9: cannot be changed
custom "x" {
  title = "T",
  owner = "a@example.com",
  because = "B",
  reads = { event "A" },
  returns = "condition",
  check = function(c)
    for e in c.events(event "A") do e.amount = 2 end
  end,
}
