scenario "a hundred euro to the cent make a VIP" {
  given = [[
    2026-01-01 10:00  "Newsletter Confirmed"  user_id=u1 email=a@example.com
    2026-01-02 10:00  "Order Completed"  user_id=u1 email=a@example.com order_id=o1 revenue=100 currency=EUR
  ]],
  as_of = "2026-01-10 12:00",
  expect = {
    segments = { vip = { "user_id=u1" } },
    traits = { ["user_id=u1"] = { revenue_365d = money(100, "EUR") } },
    eligible = { email = { ["user_id=u1"] = "a@example.com" } },
  },
}

scenario "a visit makes interest" {
  given = [[
    2026-01-01 10:00  page  user_id=u1
  ]],
  cases = {
    { as_of = "2026-01-02 10:00", expect = { scores = { interest = { ["user_id=u1"] = 55 } } } },
    { as_of = "2026-02-02 10:00", expect = { bands = { interest = { ["user_id=u1"] = "low" } } } },
  },
}
