-- One rule of each kind that scenarios can expect something of.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email" },
  device_id = { rank = 3 },
}

link "seen" {
  title = "What is seen together",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  when = any_event(),
  connect = { "user_id", "email" },
  strength = "observed",
}

trait "plan" {
  title = "Plan",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  from = "traits.plan",
}

computed "orders" {
  title = "Orders",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  is = event "Order Completed":count(),
}

computed "spent" {
  title = "Spent",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  is = event "Order Completed":sum "revenue",
  unit = "EUR",
}

segment "buyers" {
  title = "Bought twice lately, for 100 EUR",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    event "Order Completed":within(days(30)):count():at_least(2),
    event "Order Completed":within(days(30)):sum "revenue":at_least(money(100, "EUR")),
    any {
      trait "plan":is("pro"),
      identifier "email":exists(),
    },
  },
  except = flag "test",
}

segment "loyal" {
  title = "Buyers who pay",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  who = all { segment "buyers", trait "plan":is("pro") },
}

suppress "bounced" {
  title = "Bounced",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  who = event "Email Bounced",
  blocks = { "mail" },
  reason = "bounce",
}

channel "mail" {
  title = "Mail",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  contact = "email",
  requires_consent = "marketing",
  sent = event "Email Sent",
  at_most = { 1, days(1) },
}

flag "test" {
  title = "Test",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  when = property "coupon":starts_with("qa-"),
}

fraud "doubled" {
  title = "Doubled",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  look_at = event "Order Completed",
  reject = event "Order Completed":with_same(property "order_id"):count():at_least(2),
  suspicious = property "revenue":at_least(money(1000, "EUR")),
  action = "mark",
}

fraud "farm" {
  title = "Farm",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  look_at = identifier "device_id",
  signals = { { points = 50, when = any_event():count():at_least(3), label = "many events" } },
  flag_at = 40,
  reject_at = 90,
  action = "mark",
}

score "warmth" {
  title = "Warmth",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  start = 5,
  add = {
    { points = 20, when = event "Order Completed":within(days(30)), label = "fresh order" },
    { points = 40, when = trait "plan":is("pro"), label = "pays" },
  },
  range = { 0, 60 },
  bands = { { "cold", 0 }, { "warm", 20 }, { "hot", 50 } },
}

custom "lucky" {
  title = "Lucky",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  reads = { event "Order Completed" },
  returns = "number",
  check = function(c)
    local n = 0
    for _ in c.events(event "Order Completed") do
      n = n + 1
    end
    return n
  end,
}

export "newsletter" {
  title = "Newsletter",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  segment = "buyers",
  channel = "mail",
  to = "crm",
  identifiers = { "email" },
}

expect "order_shape" {
  title = "Orders are whole",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  check = "properties",
  on = event "Order Completed",
  needs = { "order_id" },
  properties = { revenue = more_than(money(0, "EUR")) },
}

channel_group "default" {
  title = "Channels",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  { name = "Email", when = touch { medium = "email" } },
  { name = "Paid Search", when = touch { medium = "cpc" } },
}

attribution "last_click" {
  title = "Last click",
  owner = "o@example.com",
  because = "A shop to test scenarios with.",
  outcome = event "Order Completed",
  value = "revenue",
  model = "last",
}
