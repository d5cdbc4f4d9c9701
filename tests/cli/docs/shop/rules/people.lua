consent "identity" {
  title = "Browsers may be tied to the account",
  owner = "privacy@example.com",
  because = "Banner text 7.",
  from = { "segment:Functional" },
}

consent "marketing" {
  title = "We may write with offers",
  owner = "privacy@example.com",
  because = "Double opt-in.",
  granted = event "Newsletter Confirmed",
  denied = event "Newsletter Unsubscribed",
  contact = "email",
  merge = "newest",
  expires_after = months(24),
}

flag "test_traffic" {
  title = "Made by ourselves",
  owner = "analytics@example.com",
  because = "Reports are about customers.",
  when = any {
    identifier "email":in_list "staff",
    property "context.ip":starts_with("198.51.100."),
  },
  leave_out = true,
}

trait "first_name" {
  title = "First name as the customer writes it",
  owner = "crm@example.com",
  because = "Salutation.",
  from = { "traits.first_name", { event "Account Created", "first_name" } },
  keep = by_source { "web" },
  personal = "name",
  forget_after = days(700),
}

computed "revenue_365d" {
  title = "Revenue of a year",
  owner = "finance@example.com",
  because = "Value tiers.",
  is = event "Order Completed":once_per "order_id":within(days(365)):sum "revenue",
  unit = "EUR",
}

segment "vip" {
  title = "Customers who bought for *much* money",
  owner = "lifecycle@example.com",
  because = "They get a card at Christmas.",
  purpose = "marketing",
  legal_basis = "consent",
  ticket = "CRM-7",
  requires_consent = "marketing",
  who = all {
    trait "revenue_365d":at_least(money(100, "EUR")),
    any {
      identifier "email":exists(),
      score "interest":band "high",
    },
  },
  except = fraud "many_accounts",
  entry_wait = days(1),
  max_size = 1000,
}

segment "not_sent_yet" {
  title = "VIPs without a mail this week",
  owner = "lifecycle@example.com",
  because = "Nobody gets two.",
  who = all {
    segment "vip",
    none { event "Email Sent":within(days(7)) },
  },
}

suppress "bounced" {
  title = "An address that bounces is not written to",
  owner = "lifecycle@example.com",
  because = "Mail providers block senders that go on.",
  reason = "bounce",
  per_contact = "email",
  who = event "Email Bounced",
  blocks = { "email" },
}

channel "email" {
  title = "Newsletter",
  owner = "lifecycle@example.com",
  because = "Contact policy.",
  contact = "email",
  requires_consent = "marketing",
  sent = event "Email Sent",
  at_most = { { 1, days(1) }, { 3, days(7) } },
  quiet_hours = { from = "21:00", to = "07:00", zone = "person" },
}

export "vip_mail" {
  title = "Christmas cards",
  owner = "lifecycle@example.com",
  because = "Agreed with privacy.",
  segment = "vip",
  channel = "email",
  to = "mail_file",
  fields = { "first_name" },
  identifiers = { "email" },
}
