-- The checklist before a figure is published. data/CASES.md says what each of them finds.

expect "event_names" {
  title = "Web and app write the agreed event names",
  owner = "analytics@example.com",
  because = "Two spellings are two half truths.",
  check = "names",
  names = {
    "Signed In", "Signed Out", "Account Created", "Account Handed Over", "Product Viewed",
    "Product Added", "Cart Emptied", "Coupon Applied", "Checkout Started", "Order Completed",
    "Order Refunded", "Application Installed", "Application Opened", "Email *", "Newsletter *",
    "Consent Preferences Saved", "Call Made", "Ad Click", "Install Attributed", "af_*",
    "Erasure Requested",
  },
  severity = "error",
  allow = percent(0.5),
}

expect "order_properties" {
  title = "Every order of web and app has id, amount, currency and items",
  owner = "analytics@example.com",
  because = "Everything about value is worked out from them.",
  check = "properties",
  on = event "Order Completed":where { channel = missing() },
  needs = { "order_id", "revenue", "currency", "products" },
  properties = {
    revenue = between(money(0, "EUR"), money(10000, "EUR")),
    coupon = none { contains(" ") },
    ["products.quantity"] = between(1, 99),
  },
  severity = "error",
  allow = percent(1),
  gate = { "publish", "export" },
}

expect "event_times" {
  title = "Events are dated when they happened",
  owner = "analytics@example.com",
  because = "Order of touches decides credit.",
  check = "time",
  future = minutes(5),
  stale = days(30),
  skew = minutes(10),
  allow = percent(1),
}

expect "order_money" {
  title = "Amounts have a currency we sell in and add up",
  owner = "finance@example.com",
  because = "Has to agree with the ledger.",
  check = "money",
  on = event { "Order Completed", "Order Refunded" },
  currencies = { "EUR", "CHF", "SEK" },
  amounts = { "revenue", "refund", "total", "shipping", "tax" },
  adds_up = { total = { "revenue", "shipping", "tax" } },
  severity = "error",
  allow = percent(1),
  gate = { "publish" },
}

expect "test_traffic_labelled" {
  title = "Our own visits carry the mark",
  owner = "analytics@example.com",
  because = "They are left out of figures only if they are marked.",
  check = "test_traffic",
  flag = "test_traffic",
  looks_like = identifier "email":matches "*.test@*",
}

expect "ready_for_activation" {
  title = "Whoever is exported has consent and has been checked against suppression",
  owner = "privacy@example.com",
  because = "No export without it.",
  check = "activation",
  channels = { "email", "phone" },
  severity = "error",
  gate = { "export" },
}

expect "no_duplicates" {
  title = "An order is one order",
  owner = "analytics@example.com",
  because = "Reloaded pages and repeated uploads.",
  check = "duplicates",
  on = event "Order Completed",
  key = "order_id",
  allow = percent(0.5),
}
