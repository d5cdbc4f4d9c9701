identifiers {
  crm_id = { rank = 1, per_profile = 1 },
  email_hash = { rank = 2, when_shared = "ambiguous" },
}

link "customer" {
  title = "The shop names the customer and the address",
  owner = "analytics@example.com",
  because = "One account of the shop.",
  when = any { event "Order Completed", event "identify" },
  connect = { "crm_id", "email_hash" },
  strength = "declared",
}

computed "orders" {
  title = "Orders",
  owner = "analytics@example.com",
  because = "Compared with the raw file.",
  is = event "Order Completed":count(),
}

trait "state" {
  title = "State of the account",
  owner = "analytics@example.com",
  because = "Compared with the raw file.",
  from = { "traits.state" },
  keep = "newest",
}

computed "revenue" {
  title = "Revenue so far",
  owner = "analytics@example.com",
  because = "Compared with the raw file; there is no rate for the dollar.",
  is = event "Order Completed":sum "revenue",
  unit = "GBP",
}

segment "spent_in_pounds" {
  title = "Spent 5 GBP or more",
  owner = "analytics@example.com",
  because = "Compared with a query over the raw file.",
  who = event "Order Completed":sum "revenue":at_least(money(5, "GBP")),
}
