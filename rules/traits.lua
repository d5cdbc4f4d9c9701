-- What is known of a customer, which source is believed, and what is worked out from events.

trait "first_name" {
  title = "Given name",
  owner = "service@example.com",
  because = "Letters begin with it. Service has it from the customer, so the record goes first.",
  from = { "traits.first_name", "traits.firstName" },
  keep = by_source { "crm", "web" },
  personal = "name",
}

trait "last_name" {
  title = "Family name",
  owner = "service@example.com",
  because = "Service asks for it before it speaks of an order.",
  from = { "traits.last_name", "traits.lastName" },
  keep = by_source { "crm", "web" },
  personal = "name",
}

trait "birthday" {
  title = "Day of birth, if the customer told us",
  owner = "lifecycle@example.com",
  because = "Birthday greeting, and nobody under 16 is advertised to.",
  from = { "traits.birthday", { event "Birthday Given", "birthday" } },
  keep = "newest",
  type = "date",
  personal = "birth date",
  forget_after = years(5),
}

trait "country" {
  title = "Country that orders are sent to",
  owner = "finance@example.com",
  because = "Tax, language and opening hours depend on it.",
  from = { { event "Order Completed", "shipping_address.country" }, "traits.address.country" },
  keep = "newest",
}

trait "timezone" {
  title = "Time zone the customer lives in",
  owner = "lifecycle@example.com",
  because = "Night is night where the customer is; a holiday trip does not move it.",
  from = { "context.timezone" },
  keep = "most_frequent",
  forget_after = days(365),
}

trait "loyalty_tier" {
  title = "Tier in the loyalty programme",
  owner = "service@example.com",
  because = "Promised services hang on it.",
  from = { "traits.loyalty_tier" },
  keep = by_source { "crm" },
}

trait "account_type" {
  title = "Customer, business or employee",
  owner = "service@example.com",
  because = "Employees buy at other prices and are no audience.",
  from = { "traits.account_type" },
  keep = by_source { "crm", "web" },
}

trait "do_not_call" {
  title = "The customer does not want to be called",
  owner = "service@example.com",
  because = "Noted when the customer says so, on any line.",
  from = { "traits.do_not_call" },
  keep = by_source { "crm" },
  type = "boolean",
}

trait "has_opted_out_of_email" {
  title = "The customer does not want any more mail",
  owner = "service@example.com",
  because = "Noted when the customer says so, on any line.",
  from = { "traits.has_opted_out_of_email" },
  keep = by_source { "crm" },
  type = "boolean",
}

local orders = event "Order Completed":once_per "order_id"
local refunds = event "Order Refunded":once_per "refund_id"

computed "orders_total" {
  title = "Number of orders, however old",
  owner = "analytics@example.com",
  because = "The first order is a beginning, the second a habit.",
  is = orders:count(),
}

computed "net_revenue_365d" {
  title = "Money of the last 365 days that stayed with us: orders less refunds",
  owner = "finance@example.com",
  because = "What was sent back was not earned.",
  is = difference(
    orders:within(days(365)):sum "revenue",
    refunds:within(days(365)):sum "refund"
  ),
  unit = "EUR",
}

computed "average_order_365d" {
  title = "Average amount of an order in the last 365 days",
  owner = "analytics@example.com",
  because = "Free shipping should begin a little above it.",
  is = orders:within(days(365)):average "revenue",
  unit = "EUR",
}

computed "days_since_order" {
  title = "Whole days since the newest order",
  owner = "analytics@example.com",
  because = "The R of RFM.",
  is = days_since(orders:last_time()),
  unit = "days",
}

computed "active_days_30d" {
  title = "Days of the last 30 on which the customer used web shop or app",
  owner = "analytics@example.com",
  because = "A habit shows in days, not in clicks; mail that we send is no habit of theirs.",
  is = any_event():on { "web", "app" }:within(days(30)):days(),
  unit = "days",
}

computed "coupon_share" {
  title = "Share of two years' orders that used a coupon",
  owner = "pricing@example.com",
  because = "Says whether a customer came for the shop or for the discount.",
  is = ratio(
    orders:within(days(730)):where { coupon = exists() }:count(),
    orders:within(days(730)):count()
  ),
}

computed "refund_share_365d" {
  title = "Share of a year's revenue that was paid back",
  owner = "finance@example.com",
  because = "Returns cost more than the goods.",
  is = ratio(
    refunds:within(days(365)):sum "refund",
    orders:within(days(365)):sum "revenue"
  ),
}

computed "favourite_category" {
  title = "Category that most items of a year came from",
  owner = "lifecycle@example.com",
  because = "Decides what a mail shows first.",
  is = orders:within(days(365)):each "products":most_frequent "category",
}

-- Recency, frequency and value in fixed steps: everybody can check them with a pencil, and nobody
-- moves because others did.

computed "recency_step" {
  title = "How fresh the newest order is",
  owner = "lifecycle@example.com",
  because = "Two months is twice the usual time between orders.",
  is = bucket(trait "days_since_order", {
    { "fresh", 0 },
    { "cooling", 61 },
    { "cold", 181 },
  }),
}

computed "frequency_step" {
  title = "How often the customer bought in a year",
  owner = "lifecycle@example.com",
  because = "Four orders are one a season.",
  is = bucket(orders:within(days(365)):count(), {
    { "once", 1 },
    { "again", 2 },
    { "often", 4 },
  }),
}

computed "value_step" {
  title = "How much of a year's money stayed with us",
  owner = "lifecycle@example.com",
  because = "300 EUR is where a call by a person pays.",
  is = bucket(trait "net_revenue_365d", {
    { "small", money(0, "EUR") },
    { "middle", money(100, "EUR") },
    { "large", money(300, "EUR") },
  }),
}
