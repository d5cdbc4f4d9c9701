-- How customers are reached, at what hours, and how often at most.

channel "email" {
  title = "Mail with news and offers",
  owner = "lifecycle@example.com",
  because = "At most one a day and three a week, and none at night.",
  contact = "email",
  requires_consent = "marketing",
  sent = event "Email Sent":where { kind = "marketing" },
  at_most = { { 1, days(1) }, { 3, days(7) } },
  quiet_hours = { from = "21:00", to = "07:00", zone = "person" },
}

channel "push" {
  title = "Messages of the app",
  owner = "app@example.com",
  because = "Two a week, to people who still use the app.",
  contact = "push_token",
  requires_consent = "marketing",
  eligible = event "Application Opened":within(days(120)),
  sent = event "Push Sent",
  at_most = { 2, days(7) },
  quiet_hours = { from = "20:00", to = "08:00", zone = "person" },
}

channel "phone" {
  title = "Calls by customer service",
  owner = "service@example.com",
  because = "One call a month, in office hours, where we speak the language.",
  contact = "phone",
  requires_consent = "marketing",
  eligible = trait "country":in_list "call_countries",
  sent = event "Call Made",
  at_most = { 1, days(30) },
  quiet_hours = { from = "18:00", to = "09:00", zone = "workspace", whole_days = { "sunday" } },
}

channel "ads" {
  title = "Lists for advertising platforms",
  owner = "performance@example.com",
  because = "Addresses leave as hashes only (hash: true at the destination).",
  contact = { "email", "advertising_id" },
  requires_consent = "ads",
}
