identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email", when_shared = "ambiguous" },
  anonymous_id = { rank = 3, when_shared = "split_by_login" },
}

link "login" {
  title = "Signing in ties a browser and an address to the account",
  owner = "analytics@example.com",
  because = "The person entered a password.",
  when = any { any_event(), event "identify" },
  connect = { "user_id", "email", "anonymous_id" },
  strength = "verified",
}

consent "marketing" {
  title = "We may write with offers",
  owner = "privacy@example.com",
  because = "The banner's switch.",
  from = { "segment:Marketing" },
  merge = "newest",
}

flag "test_order" {
  title = "Orders made by ourselves",
  owner = "analytics@example.com",
  because = "They are no revenue.",
  when = event "Order Completed":where { coupon = "QA-100" },
  leave_out = true,
}

trait "country" {
  title = "Country of delivery",
  owner = "analytics@example.com",
  because = "Decides which offers are sent.",
  from = { "traits.country" },
  keep = "newest",
}

computed "revenue" {
  title = "Revenue so far",
  owner = "analytics@example.com",
  because = "The first figure anybody asks for.",
  is = event "Order Completed":sum "revenue",
  unit = "EUR",
}

fraud "bots" {
  title = "User agents that say what they are",
  owner = "fraud@example.com",
  because = "Declared bots are no visitors.",
  look_at = any_event(),
  reject = property "context.user_agent":is("ExampleBot/2.1"),
}

score "interest" {
  title = "How interested is this person?",
  owner = "analytics@example.com",
  because = "Orders the list for the shop assistants.",
  add = {
    { points = 40, when = event "Order Completed", label = "bought" },
    { points = 20, when = event "page":within(days(2)), label = "was here" },
  },
  bands = { { "low", 0 }, { "high", 50 } },
}

segment "good_customers" {
  title = "Spent 50 EUR or more",
  owner = "lifecycle@example.com",
  because = "They get the catalogue.",
  who = event "Order Completed":sum "revenue":at_least(money(50, "EUR")),
}

segment "newsletter" {
  title = "Has an address and may be written to",
  owner = "lifecycle@example.com",
  because = "The letter of the month.",
  requires_consent = "marketing",
  who = identifier "email":exists(),
}

suppress "no_marketing_consent" {
  title = "No offers without consent",
  owner = "privacy@example.com",
  because = "GDPR article 6(1)(a).",
  who = consent "marketing":is_not("granted"),
  blocks = { "email" },
}

channel "email" {
  title = "The letter of the month",
  owner = "lifecycle@example.com",
  because = "Contact policy.",
  contact = "email",
  requires_consent = "marketing",
}

expect "order_money" {
  title = "Orders are in euros",
  owner = "analytics@example.com",
  because = "Nothing else is converted.",
  check = "money",
  on = event "Order Completed",
  amounts = { "revenue" },
  currencies = { "EUR" },
}

expect "order_value" {
  title = "Orders are worth something and not a fortune",
  owner = "analytics@example.com",
  because = "Everything about value is worked out from them.",
  check = "properties",
  on = event "Order Completed",
  properties = { revenue = between(money(0, "EUR"), money(1000, "EUR")) },
}
