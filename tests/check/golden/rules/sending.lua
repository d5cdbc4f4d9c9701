identifiers { user_id = { rank = 1, per_profile = 1 }, email = { rank = 2, normalise = "email" } }

channel "email" {
  title = "Mail", owner = "crm@example.com", because = "Test.",
  contact = "email",
  sent = event "Email Sent",
  at_most = { { 3, days(1) }, { 3, days(7) } },
}

export "mail" {
  title = "Mail", owner = "crm@example.com", because = "Test.",
  segment = "recent",
  channel = "email",
  to = "crm_file",
  identifiers = { "email" },
}

channel_group "default" {
  title = "Channels", owner = "crm@example.com", because = "Test.",
  { name = "Paid & more", when = touch { medium = exists() } },
  { name = "Email <all>", when = touch { medium = "email" } },
}

expect "names" {
  title = "Names", owner = "crm@example.com", because = "Test.",
  check = "names",
  names = { "Order Completed", "Email Sent", "Email Opened" },
}

segment "readers" {
  title = "Readers", owner = "crm@example.com", because = "Test.",
  who = event "Email Opend":within(days(7)), -- allow KF0116
}

segment "readers_again" {
  title = "Readers", owner = "crm@example.com", because = "Test.",
  who = event "Email Opend":within(days(7)),
}
