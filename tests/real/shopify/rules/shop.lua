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
