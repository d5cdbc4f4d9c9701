-- What leaves the house.

export "crm_call_list" {
  title = "Customers whom service calls this week",
  owner = "service@example.com",
  because = "Win them back in person.",
  segment = "vip_at_risk",
  channel = "phone",
  to = "crm_file",
  fields = { "first_name", "loyalty_tier", "days_since_order", "net_revenue_365d" },
  identifiers = { "crm_id", "phone" },
  mode = "full",
}

export "cart_mail" {
  title = "Cart reminders for the mail service",
  owner = "lifecycle@example.com",
  because = "Sent once a day.",
  segment = "cart_abandoners",
  channel = "email",
  to = "mail_file",
  fields = { "first_name", "favourite_category" },
  identifiers = { "email" },
  mode = "full",
}
