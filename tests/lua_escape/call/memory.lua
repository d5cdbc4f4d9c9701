-- stopped at 10: memory
custom "x" {
  title = "T",
  owner = "a@example.com",
  because = "B",
  reads = { event "A" },
  returns = "condition",
  check = function(c)
    local t, s = {}, string.rep("x", 100000)
    for i = 1, 1e9 do t[i] = s .. i end
  end,
}
