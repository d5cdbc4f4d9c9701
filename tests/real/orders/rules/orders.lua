identifiers {
  crm_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email" },
}

link "order" {
  title = "An order names the customer and the address",
  owner = "analytics@example.com",
  because = "Both are on the invoice.",
  when = event "Order Completed",
  connect = { "crm_id", "email" },
  strength = "declared",
}

computed "orders" {
  title = "Orders",
  owner = "analytics@example.com",
  because = "Compared with the raw file.",
  is = event "Order Completed":count(),
}

computed "revenue" {
  title = "Revenue so far",
  owner = "analytics@example.com",
  because = "Compared with the raw file.",
  is = event "Order Completed":sum "revenue",
  unit = "EUR",
}

segment "good_and_gone" {
  title = "Spent 500 EUR or more and has not ordered for a year",
  owner = "analytics@example.com",
  because = "Compared with a query over the raw file.",
  who = all {
    event "Order Completed":sum "revenue":at_least(money(500, "EUR")),
    event "Order Completed":last_time():older_than(days(365)),
  },
}
