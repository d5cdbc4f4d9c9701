-- What is known of a customer, which source is believed, and what is worked out from events.

trait "first_name" {
  title = "First name as the customer writes it",
  owner = "crm@example.com",
  because = "Salutation.",
  from = { "traits.first_name", "traits.firstName" },
  keep = by_source { "crm", "web" },
  personal = "name",
}

trait "last_name" {
  title = "Family name",
  owner = "crm@example.com",
  because = "Salutation.",
  from = { "traits.last_name", "traits.lastName" },
  keep = by_source { "crm", "web" },
  personal = "name",
}

trait "country" {
  title = "Country of delivery",
  owner = "analytics@example.com",
  because = "Law, language and tax depend on it.",
  from = { { event "Order Completed", "shipping_address.country" }, "traits.address.country" },
  keep = "newest",
}

trait "timezone" {
  title = "Time zone of the person",
  owner = "lifecycle@example.com",
  because = "Nobody is woken up.",
  from = { "context.timezone" },
  keep = "most_frequent",
  forget_after = days(365),
}

trait "loyalty_tier" {
  title = "Level in the loyalty programme",
  owner = "crm@example.com",
  because = "Service level.",
  from = { "traits.loyalty_tier" },
  keep = by_source { "crm" },
}

trait "do_not_call" {
  title = "The customer asked not to be called",
  owner = "service@example.com",
  because = "Noted by service in the customer record.",
  from = { "traits.do_not_call" },
  keep = by_source { "crm" },
  type = "boolean",
}

trait "has_opted_out_of_email" {
  title = "The customer asked service for no more mail",
  owner = "service@example.com",
  because = "Noted by service in the customer record.",
  from = { "traits.has_opted_out_of_email" },
  keep = by_source { "crm" },
  type = "boolean",
}

local orders = event "Order Completed":once_per "order_id"
local refunds = event "Order Refunded":once_per "refund_id"

computed "orders_lifetime" {
  title = "Orders so far, web, app and tills together",
  owner = "analytics@example.com",
  because = "First-time and repeat buyers are treated apart.",
  is = orders:count(),
}

computed "net_revenue_365d" {
  title = "Revenue of the last 365 days less refunds",
  owner = "finance@example.com",
  because = "Value tiers.",
  is = difference(
    orders:within(days(365)):sum "revenue",
    refunds:within(days(365)):sum "refund"
  ),
  unit = "EUR",
}

computed "days_since_order" {
  title = "Whole days since the last order",
  owner = "analytics@example.com",
  because = "Recency.",
  is = days_since(orders:last_time()),
  unit = "days",
}

computed "refund_share_365d" {
  title = "Share of the year's revenue that was refunded",
  owner = "finance@example.com",
  because = "Service contacts customers with many returns instead of writing offers.",
  is = ratio(
    refunds:within(days(365)):sum "refund",
    orders:within(days(365)):sum "revenue"
  ),
}

computed "favourite_category" {
  title = "Category most items were bought from in a year",
  owner = "merchandising@example.com",
  because = "First picture of the newsletter.",
  is = orders:within(days(365)):each "products":most_frequent "category",
}

computed "value_tier" {
  title = "Value tier by net revenue of a year",
  owner = "lifecycle@example.com",
  because = "Fixed steps that everybody knows by heart.",
  is = bucket(trait "net_revenue_365d", {
    { "none", money(0, "EUR") },
    { "small", money("0.01", "EUR") },
    { "medium", money(150, "EUR") },
    { "large", money(400, "EUR") },
  }),
}
