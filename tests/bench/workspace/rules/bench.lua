-- The reference job of the benchmark as rules: whatever touches is one profile, newest traits, revenue per currency, three segments,
-- one suppression. It over-merges on purpose: the same work for every engine, not the right answer for a customer.

local junk = { "null", "undefined", "0000", "None", "NaN", "00000000-0000-0000-0000-000000000000" }

identifiers {
  user_id = { rank = 1 },
  email = { rank = 2, normalise = "email" },
  anonymous_id = { rank = 3 },
  device_id = { rank = 4 },
}

ignore_values { user_id = junk, email = junk, anonymous_id = junk, device_id = junk }

link "touching" {
  title = "All identifiers of one event belong together",
  owner = "bench@example.com",
  because = "The reference job says so.",
  when = any { any_event(), event "identify" },
  connect = { "user_id", "email", "anonymous_id", "device_id" },
  strength = "observed",
}

local function newest(name, paths, kind)
  trait(name) {
    title = "Newest " .. name,
    owner = "bench@example.com",
    because = "The reference job says so.",
    from = paths,
    keep = "newest",
    type = kind,
    normalise = name == "email" and "email" or nil,
  }
end

newest("email", { "traits.email", "context.traits.email" }, "text")
newest("country", { "traits.country", "context.traits.country" }, "text")
newest("plan", { "traits.plan", "context.traits.plan" }, "text")
newest("marketing", { "context.consent.category_preferences.marketing" }, "boolean")
newest("analytics", { "context.consent.category_preferences.analytics" }, "boolean")

local completed = event "Order Completed"
local refunded = event "Order Refunded"

computed "orders" {
  title = "Orders",
  owner = "bench@example.com",
  because = "The reference job says so.",
  is = completed:count(),
}

local high = {}
for _, c in ipairs { { "EUR", "eur", 150 }, { "USD", "usd", 150 }, { "GBP", "gbp", 150 }, { "JPY", "jpy", 15000 }, { "KWD", "kwd", 45 } } do
  local plus = completed:where { currency = c[1] }
  local minus = refunded:where { currency = c[1] }
  local year = difference(plus:within(days(365)):sum "revenue", minus:within(days(365)):sum "revenue")
  computed("revenue_" .. c[2]) {
    title = "Revenue in " .. c[1],
    owner = "bench@example.com",
    because = "The reference job says so.",
    is = difference(plus:sum "revenue", minus:sum "revenue"),
    unit = c[1],
  }
  computed("revenue_365_" .. c[2]) {
    title = "Revenue of 365 days in " .. c[1],
    owner = "bench@example.com",
    because = "The reference job says so.",
    is = year,
    unit = c[1],
  }
  computed("revenue_rows_" .. c[2]) {
    title = "Orders and refunds in " .. c[1],
    owner = "bench@example.com",
    because = "The reference job says so.",
    is = total(plus:count(), minus:count()),
  }
  high[#high + 1] = year:at_least(money(c[3], c[1]))
end

segment "recent_buyer" {
  title = "Bought in the last 90 days",
  owner = "bench@example.com",
  because = "The reference job says so.",
  who = completed:within(days(90)),
}

segment "lapsing_value" {
  title = "Worth something, but no order for 60 days",
  owner = "bench@example.com",
  because = "The reference job says so.",
  who = all {
    any(high),
    none { completed:within(days(60)) },
  },
}

segment "abandoned_cart" {
  title = "A cart that no order followed within 7 days",
  owner = "bench@example.com",
  because = "The reference job says so.",
  who = event("Product Added"):not_followed_by(completed, days(7)),
}

suppress "no_marketing" {
  title = "Newest marketing consent is not yes",
  owner = "bench@example.com",
  because = "The reference job says so.",
  who = trait "marketing":is_not(true),
  blocks = everything,
}
