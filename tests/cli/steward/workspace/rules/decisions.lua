trait "first_name" {
  title = "First name",
  owner = "service@example.com",
  because = "Letters begin with it.",
  from = "context.traits.first_name",
  keep = "newest",
  personal = "name",
}

computed "revenue" {
  title = "Revenue of a year",
  owner = "finance@example.com",
  because = "Segments ask for it.",
  is = event "Order Completed":within(days(365)):sum "revenue",
  unit = "EUR",
}

segment "buyers" {
  title = "Bought something in a year",
  owner = "lifecycle@example.com",
  because = "They get a card at Christmas.",
  purpose = "service",
  legal_basis = "contract",
  who = trait "revenue":at_least(money(1, "EUR")),
}

segment "reachable" {
  title = "Has a mailbox",
  owner = "lifecycle@example.com",
  because = "They can be written to.",
  purpose = "service",
  legal_basis = "contract",
  who = identifier "email":exists(),
}

suppress "no_mail" {
  title = "Who asked for no more mail gets none",
  owner = "service@example.com",
  because = "Objection.",
  who = trait "opted_out":is(true),
  blocks = { "mail" },
}

trait "opted_out" {
  title = "Asked for no more mail",
  owner = "service@example.com",
  because = "Objection.",
  from = "context.traits.opted_out",
  type = "boolean",
}

channel "mail" {
  title = "Letters by mail",
  owner = "lifecycle@example.com",
  because = "Most read them.",
  contact = "email",
}

export "mail" {
  title = "Buyers for the mail house",
  owner = "lifecycle@example.com",
  because = "It prints the cards.",
  segment = "buyers",
  channel = "mail",
  to = "mail_file",
  fields = { "first_name" },
  identifiers = { "email" },
}
