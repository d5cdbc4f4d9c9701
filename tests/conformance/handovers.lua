-- Accounts, numbers and mailboxes with a new owner from a given day on.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  account_id = { rank = 2, when_shared = "last_login" },
  email = { rank = 3, normalise = "email" },
  phone = { rank = 4, normalise = "phone" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come out of one customer record.",
  when = any_event(),
  connect = { "user_id", "account_id", "email", "phone" },
  strength = "observed",
}

transfer "account_sold" {
  title = "An account is sold to a new owner",
  owner = "accounts@example.com",
  because = "Seller and buyer signed for that day.",
  when = event "Account Transferred",
  identifier = "account_id",
  to = { "properties.new_holder", as = "user_id" },
}

scenario "orders up to the sale are the seller's, orders from then on the buyer's" {
  given = [[
    2026-01-01 09:00  identify               user_id=ana account_id=77
    2026-01-05 09:00  "Order Completed"      account_id=77
    2026-01-09 09:00  identify               user_id=bo
    2026-02-01 00:00  "Account Transferred"  account_id=77 new_holder=bo
    2026-02-03 09:00  "Order Completed"      account_id=77
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=ana" }, { "user_id=bo", "account_id=77" } },
    owner = { [2] = "user_id=ana", [4] = "user_id=bo", [5] = "user_id=bo" },
  },
}

scenario "an order from before the sale is the seller's even if it is told late" {
  given = [[
    2026-01-01 09:00  identify               user_id=ana account_id=77
    2026-01-09 09:00  identify               user_id=bo
    2026-02-01 00:00  "Account Transferred"  account_id=77 new_holder=bo
    2026-02-03 09:00  "Order Completed"      account_id=77
    2026-01-31 23:59  "Order Completed"      account_id=77
  ]],
  expect = { owner = { [4] = "user_id=bo", [5] = "user_id=ana" } },
}

scenario "an account sold twice has three owners in turn" {
  given = [[
    2026-01-01 09:00  identify               user_id=ana account_id=77
    2026-01-01 09:00  identify               user_id=bo
    2026-01-01 09:00  identify               user_id=cem
    2026-01-05 09:00  "Order Completed"      account_id=77
    2026-02-01 00:00  "Account Transferred"  account_id=77 new_holder=bo
    2026-02-05 09:00  "Order Completed"      account_id=77
    2026-03-01 00:00  "Account Transferred"  account_id=77 new_holder=cem
    2026-03-05 09:00  "Order Completed"      account_id=77
  ]],
  expect = {
    profiles = 3,
    exactly = { { "user_id=ana" }, { "user_id=bo" }, { "user_id=cem", "account_id=77" } },
    owner = { [4] = "user_id=ana", [6] = "user_id=bo", [8] = "user_id=cem" },
  },
}

scenario "a seller who still opens the app does not get the account back" {
  given = [[
    2026-01-01 09:00  identify               user_id=ana account_id=77
    2026-01-09 09:00  identify               user_id=bo
    2026-02-01 00:00  "Account Transferred"  account_id=77 new_holder=bo
    2026-02-02 09:00  "App Opened"           user_id=ana account_id=77
    2026-02-03 09:00  "Order Completed"      account_id=77
  ]],
  expect = {
    exactly = { { "user_id=ana" }, { "user_id=bo", "account_id=77" } },
    owner = { [4] = "user_id=ana", [5] = "user_id=bo" },
    refused = { { "user_id=ana", "account_id=77", because = "per_profile" } },
  },
}

scenario "a steward can date a sale that no event told" {
  given = [[
    2026-01-01 09:00  identify           user_id=ana account_id=77
    2026-01-05 09:00  "Order Completed"  account_id=77
    2026-01-09 09:00  identify           user_id=bo
    2026-02-03 09:00  "Order Completed"  account_id=77
  ]],
  decisions = {
    { "transfer", "account_id=77", at = "2026-02-01 00:00", to = "user_id=bo" },
  },
  expect = {
    exactly = { { "user_id=ana" }, { "user_id=bo", "account_id=77" } },
    owner = { [2] = "user_id=ana", [4] = "user_id=bo" },
  },
}

scenario "a number given back to the carrier is nobody's until somebody uses it" {
  given = [[
    2026-01-01 09:00  identify         user_id=ana phone=+15550100077
    2026-01-05 09:00  "Text Received"  phone=+15550100077
    2026-02-20 09:00  "Text Received"  phone=+15550100077
  ]],
  decisions = { { "transfer", "phone=+15550100077", at = "2026-02-01 00:00" } },
  expect = {
    profiles = 2,
    exactly = { { "user_id=ana" }, { "phone=+15550100077" } },
    owner = { [2] = "user_id=ana", [3] = "anonymous" },
  },
}

scenario "a number given out anew is the new customer's from that day" {
  given = [[
    2026-01-01 09:00  identify         user_id=ana phone=+15550100077
    2026-01-05 09:00  "Text Received"  phone=+15550100077
    2026-02-20 09:00  "Text Received"  phone=+15550100077
    2026-03-01 09:00  identify         user_id=bo phone=+15550100077
  ]],
  decisions = { { "transfer", "phone=+15550100077", at = "2026-02-01 00:00" } },
  expect = {
    exactly = { { "user_id=ana" }, { "user_id=bo", "phone=+15550100077" } },
    owner = { [2] = "user_id=ana", [3] = "user_id=bo" },
  },
}

scenario "the mailbox of a post goes to the colleague who takes the post" {
  given = [[
    2026-01-01 09:00  identify        user_id=ana email=sales@example.com
    2026-01-20 09:00  "Email Opened"  email=sales@example.com
    2026-02-02 09:00  "Email Opened"  email=sales@example.com
    2026-02-03 09:00  identify        user_id=bo email=sales@example.com
  ]],
  decisions = {
    { "transfer", "email=sales@example.com", at = "2026-02-01 00:00", to = "user_id=bo" },
  },
  expect = {
    profiles = 2,
    exactly = { { "user_id=ana" }, { "user_id=bo", "email=sales@example.com" } },
    owner = { [1] = "user_id=ana", [2] = "user_id=ana", [3] = "user_id=bo" },
  },
}
