-- Handovers that go in circles, meet in one second, or name strange owners.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  account_id = { rank = 2, per_profile = 2, when_shared = "last_login" },
  phone = { rank = 3, normalise = "phone", when_shared = "ambiguous" },
}

ignore_values { user_id = { "nobody" } }

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "accounts@example.com",
  because = "It comes out of one customer record.",
  when = any_event(),
  connect = { "user_id", "account_id", "phone" },
  strength = "observed",
}

transfer "account_sold" {
  title = "An account is sold to a new owner",
  owner = "accounts@example.com",
  because = "Seller and buyer signed for that day.",
  when = event "Account Sold",
  identifier = "account_id",
  to = { "properties.buyer", as = "user_id" },
}

transfer "number_returned" {
  title = "A number goes back to the carrier",
  owner = "accounts@example.com",
  because = "The day is in the carrier's letter.",
  when = event "Number Returned",
  identifier = "phone",
}

scenario "an account that goes to Ben and back to Ann is Ann's again, with Ben's months between" {
  given = [[
    2026-01-01 09:00  "Order Completed"  user_id=ann account_id=a1
    2026-02-01 09:00  "Account Sold"     account_id=a1 buyer=ben
    2026-02-10 09:00  "Order Completed"  account_id=a1
    2026-03-01 09:00  "Account Sold"     account_id=a1 buyer=ann
    2026-03-10 09:00  "Order Completed"  account_id=a1
    2026-03-11 09:00  page               user_id=ben
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=ann", "account_id=a1" }, { "user_id=ben" } },
    owner = { [1] = "user_id=ann", [3] = "user_id=ben", [5] = "user_id=ann" },
    same_owner = { { 1, 5 }, { 3, 6 } },
  },
}

scenario "two accounts swapped by their owners on one day are swapped" {
  given = [[
    2026-01-01 09:00  identify           user_id=ann account_id=a1
    2026-01-01 09:10  identify           user_id=ben account_id=a2
    2026-02-01 09:00  "Account Sold"     account_id=a1 buyer=ben
    2026-02-01 09:00  "Account Sold"     account_id=a2 buyer=ann
    2026-02-02 09:00  "Order Completed"  account_id=a1
    2026-02-02 09:00  "Order Completed"  account_id=a2
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=ann", "account_id=a2" }, { "user_id=ben", "account_id=a1" } },
    owner = { [5] = "user_id=ben", [6] = "user_id=ann" },
  },
}

scenario "an account that three people pass round in a ring ends where it began" {
  given = [[
    2026-01-01 09:00  identify        user_id=ann account_id=a1
    2026-02-01 09:00  "Account Sold"  account_id=a1 buyer=ben
    2026-03-01 09:00  "Account Sold"  account_id=a1 buyer=cem
    2026-04-01 09:00  "Account Sold"  account_id=a1 buyer=ann
    2026-05-01 09:00  page            account_id=a1
    2026-05-01 09:00  page            user_id=ben
    2026-05-01 09:00  page            user_id=cem
  ]],
  expect = {
    profiles = 3,
    exactly = { { "user_id=ann", "account_id=a1" }, { "user_id=ben" }, { "user_id=cem" } },
    owner = { [2] = "user_id=ben", [3] = "user_id=cem", [4] = "user_id=ann", [5] = "user_id=ann" },
  },
}

scenario "an account sold to its own owner stays where it is" {
  given = [[
    2026-01-01 09:00  identify        user_id=ann account_id=a1
    2026-02-01 09:00  "Account Sold"  account_id=a1 buyer=ann
    2026-02-02 09:00  page            account_id=a1
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=ann", "account_id=a1" } },
    same_owner = { { 1, 2, 3 } },
  },
}

scenario "an account sold to two buyers in one second goes to one of them, the smaller" {
  given = [[
    2026-01-01 09:00  identify        user_id=ann account_id=a1
    2026-02-01 09:00  "Account Sold"  account_id=a1 buyer=cem
    2026-02-01 09:00  "Account Sold"  account_id=a1 buyer=ben
    2026-02-02 09:00  page            account_id=a1
    2026-02-03 09:00  page            user_id=ben
    2026-02-03 09:00  page            user_id=cem
  ]],
  expect = {
    owner = { [4] = "user_id=ben" },
    refused = { { "user_id=cem", "account_id=a1", because = "per_profile" } },
  },
}

scenario "an account sold before anybody had it is the buyer's from that day" {
  given = [[
    2026-01-01 09:00  page            account_id=a1
    2026-02-01 09:00  "Account Sold"  account_id=a1 buyer=ben
    2026-02-02 09:00  page            account_id=a1
    2026-02-03 09:00  page            user_id=ben
  ]],
  expect = {
    profiles = 2,
    owner = { [1] = "anonymous", [3] = "user_id=ben" },
    other_owner = { { 1, 3 } },
  },
}

scenario "an account sold to a buyer who never appears waits for that buyer" {
  given = [[
    2026-01-01 09:00  identify        user_id=ann account_id=a1
    2026-02-01 09:00  "Account Sold"  account_id=a1 buyer=ben
    2026-02-02 09:00  page            account_id=a1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=ann" }, { "account_id=a1" } },
    other_owner = { { 1, 3 } },
  },
}

scenario "a sale that names no buyer ends the old ownership and begins none" {
  given = [[
    2026-01-01 09:00  identify        user_id=ann account_id=a1
    2026-02-01 09:00  "Account Sold"  account_id=a1
    2026-02-02 09:00  page            account_id=a1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=ann" }, { "account_id=a1" } },
    owner = { [3] = "anonymous" },
  },
}

scenario "a sale to a placeholder names no buyer" {
  given = [[
    2026-01-01 09:00  identify        user_id=ann account_id=a1
    2026-02-01 09:00  "Account Sold"  account_id=a1 buyer=nobody
    2026-02-02 09:00  page            account_id=a1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=ann" }, { "account_id=a1" } },
    owner = { [3] = "anonymous" },
  },
}

scenario "a sale told on an event that contradicts itself cuts but names no buyer" {
  given = [[
    2026-01-01 09:00  identify        user_id=ann account_id=a1
    2026-02-01 09:00  "Account Sold"  user_id=ann user_id=ben account_id=a1 buyer=ben
    2026-02-02 09:00  page            account_id=a1
    2026-02-03 09:00  page            user_id=ben
  ]],
  expect = {
    profiles = 3,
    exactly = { { "user_id=ann" }, { "user_id=ben" }, { "account_id=a1" } },
    contradictory = { 2 },
    owner = { [3] = "anonymous" },
  },
}

scenario "one event may sell two accounts" {
  given = [[
    2026-01-01 09:00  identify        user_id=ann account_id=a1
    2026-01-01 09:10  identify        user_id=ann account_id=a2
    2026-02-01 09:00  "Account Sold"  account_id=a1 account_id=a2 buyer=ben
    2026-02-02 09:00  page            account_id=a1
    2026-02-02 09:00  page            account_id=a2
    2026-02-03 09:00  page            user_id=ben
  ]],
  expect = {
    exactly = { { "user_id=ann" }, { "user_id=ben", "account_id=a1", "account_id=a2" } },
    same_owner = { { 4, 5, 6 } },
  },
}

scenario "a number given back twice is cut twice and harms nobody" {
  given = [[
    2026-01-01 09:00  identify           user_id=ann phone=+4930555001
    2026-02-01 09:00  "Number Returned"  phone=+4930555001
    2026-03-01 09:00  "Number Returned"  phone=+4930555001
    2026-04-01 09:00  identify           user_id=ben phone=+4930555001
  ]],
  expect = {
    exactly = { { "user_id=ann" }, { "user_id=ben", "phone=+4930555001" } },
    other_owner = { { 1, 2, 3 } },
    same_owner = { { 3, 4 } },
  },
}

scenario "without the day it was given back a number of two customers is nobody's" {
  given = [[
    2026-01-01 09:00  identify  user_id=ann phone=+4930555001
    2026-04-01 09:00  identify  user_id=ben phone=+4930555001
  ]],
  expect = {
    exactly = { { "user_id=ann" }, { "user_id=ben" } },
    shared = { "phone=+4930555001" },
  },
}
