-- The checklist before anybody quotes a figure: `kinfold quality` shows it.

flag "test_traffic" {
  title = "Made by ourselves: the office, monitoring, and orders for testing",
  owner = "analytics@example.com",
  because = "Whoever tests a shop is no customer of it.",
  when = any {
    property "is_test":is(true),
    property "context.ip":in_list "office_networks",
    identifier "email":ends_with("@shop.example.com"),
    event "Order Completed":where { coupon = starts_with "TEST-" },
  },
  leave_out = true,
}

expect "event_names" {
  title = "Events have the names we agreed on",
  owner = "analytics@example.com",
  because = "A second spelling takes half of the figures with it.",
  check = "names",
  names = {
    "Account *", "Accounts Declared Separate", "Ad Click", "Application *", "Birthday Given",
    "Call Made", "Cart Emptied", "Checkout Started", "Email *", "Erasure Requested",
    "Newsletter *", "Order Completed", "Order Refunded", "Payment Failed", "Product Added",
    "Product Viewed", "Push Sent", "Signed In", "Signed Out", "Ticket *",
  },
  severity = "error",
  allow = percent(1),
}

expect "order_properties" {
  title = "An order says which, how much, in what currency and of what",
  owner = "analytics@example.com",
  because = "Value, repeats and categories are worked out from nothing else.",
  check = "properties",
  on = event "Order Completed",
  needs = { "order_id", "revenue", "currency", "products" },
  properties = {
    revenue = between(money(0, "EUR"), money(20000, "EUR")),
    ["products.quantity"] = between(1, 100),
  },
  severity = "error",
  allow = percent(1),
}

expect "event_times" {
  title = "Events are dated when they happened, and arrive soon",
  owner = "analytics@example.com",
  because = "What came first decides who gets the credit.",
  check = "time",
  future = minutes(5),
  stale = days(14),
  skew = minutes(10),
  allow = percent(1),
}

expect "order_money" {
  title = "Amounts have a currency we sell in, and the total is the sum of its parts",
  owner = "finance@example.com",
  because = "Bookkeeping compares the sums every month.",
  check = "money",
  on = event { "Order Completed", "Order Refunded" },
  currencies = { "EUR", "CHF" },
  amounts = { "revenue", "shipping", "tax", "total", "refund" },
  adds_up = { total = { "revenue", "shipping", "tax" } },
  severity = "error",
  allow = percent(1),
}

expect "test_traffic_marked" {
  title = "Visits that look like ours carry the mark",
  owner = "analytics@example.com",
  because = "Only what is marked is left out.",
  check = "test_traffic",
  flag = "test_traffic",
  looks_like = any {
    identifier "email":matches "*+test@*",
    property "context.page.url":contains("://staging."),
  },
}

expect "ready_to_send" {
  title = "Every channel asks for consent and is covered by a suppression",
  owner = "privacy@example.com",
  because = "If somebody takes one of them out, nothing leaves the house.",
  check = "activation",
  channels = { "email", "push", "phone", "ads" },
  severity = "error",
  gate = { "export" },
}

expect "orders_once" {
  title = "An order comes in once",
  owner = "finance@example.com",
  because = "Counting guards against it, but the shop should know.",
  check = "duplicates",
  on = event "Order Completed",
  key = "order_id",
  allow = percent(2),
}
