-- What a report looks like: golden/report.* hold what `kinfold test` says of these.

scenario "who buys twice is a buyer" {
  given = [[
    2026-03-01 10:00  "Order Completed"  user_id=u1 email=a@x.test order_id=o1 revenue=60
      currency=EUR consent.marketing=granted
    2026-03-02 10:00  "Order Completed"  user_id=u1 order_id=o2 revenue=60 currency=EUR
    2026-03-01 11:00  "Order Completed"  user_id=u2 email=b@x.test order_id=p1 revenue=150
      currency=EUR consent.marketing=granted
    2026-03-02 11:00  "Email Bounced"    user_id=u2 email=b@x.test
    2026-03-02 12:00  "Order Completed"  user_id=u3 order_id=o2 revenue=2000 currency=EUR
      trait.plan=pro device_id=d1 coupon=qa-1
    2026-03-02 12:01  page  user_id=u3 device_id=d1
    2026-03-02 12:02  page  user_id=u3 device_id=d1
  ]],
  as_of = "2026-03-03 00:00",
  expect = {
    segments = { buyers = { "user_id=u2" }, loyal = { "user_id=u1" } },
    suppressed = { bounced = { "user_id=u1" } },
    flags = { test = { 1 } },
    fraud = { doubled = { reject = { 1 } }, farm = { suspicious = {} } },
    quality = { order_shape = { bad = { 1 } } },
  },
}

scenario "values" {
  given = [[
    2026-03-01 10:00  "Order Completed"  user_id=u1 email=a@x.test order_id=o1 revenue=60
      currency=EUR consent.marketing=granted trait.plan=free
    2026-03-01 10:01  identify  user_id=u1 trait.plan=pro
    2026-03-01 10:02  consent   user_id=u1 consent.marketing=denied
  ]],
  cases = {
    { "hold", as_of = "2026-03-02 00:00", expect = { traits = { ["user_id=u1"] = { plan = "pro" } } } },
    {
      "do not hold",
      as_of = "2026-05-02 00:00",
      expect = {
        traits = { ["user_id=u1"] = { plan = "free", spent = money(61, "EUR") } },
        bands = { warmth = { ["user_id=u1"] = "hot" } },
        custom = { lucky = { ["user_id=u1"] = 2 } },
        consent = { ["user_id=u1"] = { marketing = "granted" } },
        eligible = { mail = { ["user_id=u1"] = "a@x.test" } },
        exported = { newsletter = { "user_id=u1" } },
      },
    },
    { given = "2026-03-01 10:03  page  user_id=u1", expect = { profiles = 1 } },
  },
}

scenario "people" {
  given = [[
    10:00  page  user_id=u1 email=a@x.test
    10:01  page  user_id=u2 email=a@x.test
  ]],
  expect = { together = { { "user_id=u1", "user_id=u2" } }, exactly = { { "user_id=u1" } } },
}

scenario "a wish" {
  todo = "the shop has no guests yet",
  given = [[
    10:00  page  user_id=u1
  ]],
  expect = { profiles = 2 },
}

scenario "a wish come true" {
  todo = "wait for <device_id>",
  given = [[
    10:00  page  device_id=d1
  ]],
  expect = { profiles = 1 },
}

scenario "credit # is for later" {
  given = [[
    10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=1 currency=EUR
  ]],
  expect = { credit = {}, profiles = 1 },
}

scenario "no clock" {
  given = [[
    10:00  page  user_id=u1
    25:99  page  user_id=u1
  ]],
  expect = { profiles = 1 },
}
