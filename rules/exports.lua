-- What leaves the house. Each list is one rule, so that each can be read before it is sent.

export "vip_call_list" {
  title = "Valuable customers whom service calls before they are gone",
  owner = "service@example.com",
  because = "Read by people, once a week; holds what the caller has to know and nothing else.",
  segment = "vip_at_risk",
  channel = "phone",
  to = "crm_file",
  identifiers = { "crm_id", "email", "phone" },
  fields = { "first_name", "last_name", "churn_risk", "days_since_order", "net_revenue_365d" },
  mode = "full",
}

export "cart_reminder" {
  title = "Reminders of carts for the mail service",
  owner = "lifecycle@example.com",
  because = "Written once a day; the mail service sends what is in the file and keeps nothing.",
  segment = "cart_abandoners",
  channel = "email",
  to = "mail_file",
  identifiers = { "email" },
  fields = { "first_name", "favourite_category" },
  mode = "full",
}

export "champions_elsewhere" {
  title = "Our best customers, for ads that look for others like them",
  owner = "performance@example.com",
  because = "Fifty thousand at most, those with the highest revenue.",
  segment = "champions",
  channel = "ads",
  to = "ads_file",
  identifiers = { "email", "advertising_id" },
  mode = "full",
  requires_consent = "ads",
  top = { 50000, by = trait "net_revenue_365d" },
}
