-- What is expected of the data (RULES 4, ANALYTICS 9): which rows are bad, of how many.

local owner = "words@example.com"

expect "names" {
  title = "Names that were agreed on",
  owner = owner,
  because = "A second spelling takes half of the figures.",
  check = "names",
  names = { "Shop *", "Order Completed", "Q *" },
  severity = "error",
  allow = percent(1),
  gate = { "run", "publish", "export" },
}

scenario "check names: names outside the list, and spellings of one name" {
  given = [[
    10:00  "Shop Visited"     user_id=1
    10:00  "shop_visited"     user_id=1
    10:00  "Order Completed"  user_id=1
    10:00  "Unheard Of"       user_id=1
    10:00  page               user_id=1
  ]],
  expect = { quality = { names = { bad = { 2, 4 }, of = 4 } } },
}

expect "properties" {
  title = "An order has what it needs",
  owner = owner,
  because = "Sums need amounts.",
  check = "properties",
  on = event "Q Order",
  needs = { "id", "n" },
  properties = { n = between(1, 10), kind = is_one_of { "a", "b" } },
  others = "forbidden",
}

scenario "check properties: missing, out of range, of a wrong type, unheard of" {
  given = [[
    10:00  "Q Order"  user_id=1 id=1 n=1 kind=a
    10:00  "Q Order"  user_id=1 id=1 n=10
    10:00  "Q Order"  user_id=1 n=1
    10:00  "Q Order"  user_id=1 id="" n=1
    10:00  "Q Order"  user_id=1 id=1 n=11
    10:00  "Q Order"  user_id=1 id=1 n=x
    10:00  "Q Order"  user_id=1 id=1 n=1 kind=c
    10:00  "Q Order"  user_id=1 id=1 n=1 more=1
    10:00  "Q Other"  user_id=1
  ]],
  expect = { quality = { properties = { bad = { 3, 4, 5, 6, 7, 8 }, of = 8 } } },
}

expect "allowed_others" {
  title = "Other properties are allowed",
  owner = owner,
  because = "That is the default.",
  check = "properties",
  on = event "Q Loose",
  needs = { "id" },
}

scenario "check properties: others are allowed by default" {
  given = [[
    10:00  "Q Loose"  user_id=1 id=1 more=1
    10:00  "Q Loose"  user_id=1 more=1
  ]],
  expect = { quality = { allowed_others = { bad = { 2 }, of = 2 } } },
}

expect "times" {
  title = "Dated when they happened",
  owner = owner,
  because = "Order decides.",
  check = "time",
  on = event "Q Time",
  future = minutes(5),
  stale = days(14),
}

scenario "check time: later than future allows, older than stale allows, to the second" {
  given = [[
    2026-02-01 10:05:00  "Q Time"  user_id=1 received="2026-02-01T10:00:00Z"
    2026-02-01 10:05:01  "Q Time"  user_id=1 received="2026-02-01T10:00:00Z"
    2026-01-18 10:00:01  "Q Time"  user_id=1 received="2026-02-01T10:00:00Z"
    2026-01-18 10:00:00  "Q Time"  user_id=1 received="2026-02-01T10:00:00Z"
    2026-01-18 09:59:59  "Q Time"  user_id=1 received="2026-02-01T10:00:00Z"
  ]],
  as_of = "2026-02-02 00:00",
  expect = { quality = { times = { bad = { 2, 5 }, of = 5 } } },
}

expect "amounts" {
  title = "Amounts add up",
  owner = owner,
  because = "Bookkeeping compares them.",
  check = "money",
  on = event "Q Money",
  amounts = { "total", "tax", "shipping" },
  currencies = { "EUR", "JPY" },
  adds_up = { total = { "tax", "shipping" } },
}

scenario "check money: a currency, one of those, its decimals, the sum" {
  given = [[
    10:00  "Q Money"  user_id=1 total=3 tax=1 shipping=2 currency=EUR
    10:00  "Q Money"  user_id=1 total=3 tax=1 shipping=2
    10:00  "Q Money"  user_id=1 total=3 tax=1 shipping=2 currency=USD
    10:00  "Q Money"  user_id=1 total=3 tax=1 shipping=2 currency=EURO
    10:00  "Q Money"  user_id=1 total=3.01 tax=1 shipping=2 currency=EUR
    10:00  "Q Money"  user_id=1 total=-3 tax=-1 shipping=-2 currency=EUR
    10:00  "Q Money"  user_id=1 total=3.5 tax=1.5 shipping=2 currency=JPY
    10:00  "Q Money"  user_id=1 total=3.001 tax=1.001 shipping=2 currency=EUR
  ]],
  expect = { quality = { amounts = { bad = { 2, 3, 4, 5, 6, 7, 8 }, of = 8 } } },
}

flag "staff" {
  title = "Made by staff",
  owner = owner,
  because = "Staff is no customer.",
  when = property "staff":is(true),
}

expect "tests_marked" {
  title = "What looks like a test is marked",
  owner = owner,
  because = "Only what is marked is left out.",
  check = "test_traffic",
  flag = "staff",
  looks_like = property "coupon":starts_with "TEST",
}

scenario "check test_traffic: looks like it and is not marked" {
  given = [[
    10:00  "Q Test"  user_id=1 coupon=TEST1 staff=true
    10:00  "Q Test"  user_id=1 coupon=TEST2
    10:00  "Q Test"  user_id=1 coupon=OTHER
  ]],
  expect = { quality = { tests_marked = { bad = { 2 } } } },
}

expect "twice" {
  title = "An order comes once",
  owner = owner,
  because = "Twice is double the revenue.",
  check = "duplicates",
  on = event "Q Twice",
  key = "order_id",
}

scenario "check duplicates: the same key again; an empty key is none" {
  given = [[
    10:00  "Q Twice"  user_id=1 order_id=a
    10:01  "Q Twice"  user_id=1 order_id=a
    10:02  "Q Twice"  user_id=2 order_id=b
    10:03  "Q Twice"  user_id=2 order_id=""
    10:04  "Q Twice"  user_id=2 order_id=""
  ]],
  expect = { quality = { twice = { bad = { 2 } } } },
}

expect "activation" {
  title = "Who is reached has agreed",
  owner = owner,
  because = "Consent must be known.",
  check = "activation",
  channels = { "mail" },
}
