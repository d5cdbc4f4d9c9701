-- stopped at 9: not declared in 'reads'
custom "x" {
  title = "T",
  owner = "a@example.com",
  because = "B",
  reads = { event "A":within(days(1)) },
  returns = "condition",
  check = function(c)
    for e in c.events(event "A") do return true end
  end,
}
