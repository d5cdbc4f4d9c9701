-- How customers are reached, and how often at most.

channel "email" {
  title = "Newsletter and lifecycle mail",
  owner = "lifecycle@example.com",
  because = "Contact policy 2026.",
  contact = "email",
  requires_consent = "marketing",
  sent = event "Email Sent":where { kind = "marketing" },
  at_most = { { 1, days(1) }, { 3, days(7) } },
  quiet_hours = { from = "21:00", to = "07:00", zone = "person" },
}

channel "phone" {
  title = "Calls of customer service",
  owner = "service@example.com",
  because = "Service speaks the languages of four countries.",
  contact = "phone",
  requires_consent = "marketing",
  sent = event "Call Made",
  at_most = { 1, days(7) },
  quiet_hours = { from = "20:00", to = "10:00", zone = "workspace" },
  eligible = trait "country":in_list "call_countries",
}
