trait "opted_out" {
  title = "Asked for no more mail",
  owner = "service@example.com",
  because = "Objection.",
  from = "traits.opted_out",
  keep = "newest",
  type = "boolean",
}

computed "revenue" {
  title = "Revenue of a year",
  owner = "finance@example.com",
  because = "Segments ask for it.",
  is = event "Order Completed":within(days(365)):sum "revenue",
  unit = "EUR",
}

segment "big_spenders" {
  title = "Spent at least 100 EUR in a year",
  owner = "lifecycle@example.com",
  because = "They get a card at Christmas.",
  purpose = "service",
  legal_basis = "contract",
  who = trait "revenue":at_least(money(100, "EUR")),
}

segment "visitors" {
  title = "Has a device",
  owner = "lifecycle@example.com",
  because = "They see the new shop first.",
  purpose = "service",
  legal_basis = "contract",
  who = identifier "device_id":exists(),
}

suppress "no_mail" {
  title = "Who asked for no more mail gets none",
  owner = "service@example.com",
  because = "Objection.",
  who = trait "opted_out":is(true),
  blocks = everything,
}
