-- What shop.lua promises. `kinfold test` runs it; times are UTC.

scenario "a sign-in joins, a visit alone does not" {
  given = [[
    2026-01-01 09:00  page         anonymous_id=a1
    2026-01-01 09:05  "Signed In"  anonymous_id=a1 user_id=u1 email=kim@example.com
    2026-01-01 09:00  page         anonymous_id=a2
  ]],
  expect = {
    exactly = {
      { "user_id=u1", "email=kim@example.com", "anonymous_id=a1" },
      { "anonymous_id=a2" },
    },
  },
}

scenario "after 90 days a customer who agreed is welcomed back" {
  given = [[
    2026-01-01 09:00  "Signed In"              user_id=u1 email=kim@example.com
    2026-01-01 09:01  "Newsletter Subscribed"  email=kim@example.com
    2026-01-01 09:00  "Signed In"              user_id=u2 email=pat@example.com
    2026-01-01 09:01  "Newsletter Subscribed"  email=pat@example.com
    2026-01-02 10:00  "Order Completed"        user_id=u1 order_id=o1 revenue=40 currency=EUR
    2026-01-02 10:00  "Order Completed"        user_id=u2 order_id=o2 revenue=40 currency=EUR
    2026-01-03 10:00  "Newsletter Unsubscribed"  email=pat@example.com
  ]],
  cases = {
    {
      as_of = "2026-04-02 09:59",
      expect = {
        segments = { welcome_back = {} },
        eligible = { email = { ["user_id=u1"] = "kim@example.com" } },
      },
    },
    {
      as_of = "2026-04-02 10:00",
      expect = {
        consent = {
          ["user_id=u1"] = { marketing = "granted" },
          ["user_id=u2"] = { marketing = "denied" },
        },
        segments = { welcome_back = { "user_id=u1" } },
        suppressed = { no_consent = { "user_id=u2" } },
        exported = { welcome_back = { "user_id=u1" } },
      },
    },
  },
}
