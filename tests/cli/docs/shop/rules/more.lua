fraud "many_accounts" {
  title = "One browser, many accounts",
  owner = "fraud@example.com",
  because = "Vouchers are what the abuse is about.",
  look_at = identifier "anonymous_id",
  signals = {
    {
      points = 60,
      when = event "Account Created":within(days(1)):distinct(identifier "user_id"):at_least(3),
      label = "three accounts a day",
    },
  },
  flag_at = 50,
  action = "hold",
}

score "interest" {
  title = "How interested is this customer?",
  owner = "analytics@example.com",
  because = "Score card agreed with sales.",
  start = 10,
  add = {
    { points = 50, when = event "page":within(days(7)), label = "was here this week" },
    { points = -5, when = trait "first_name":missing(), label = "no name" },
  },
  range = { 0, 100 },
  bands = { { "low", 0 }, { "high", 50 } },
}

channel_group "default" {
  title = "Channels of the reports",
  owner = "analytics@example.com",
  because = "Short enough to know by heart.",
  { name = "Direct", when = touch { direct = true } },
  { name = "Paid", when = touch { medium = "cpc" } },
}

attribution "last" {
  title = "All credit to the last touch",
  owner = "analytics@example.com",
  because = "What the platforms report.",
  outcome = event "Order Completed",
  value = "revenue",
  once_per = "order_id",
  model = "last",
}

expect "order_money" {
  title = "Orders have a currency",
  owner = "finance@example.com",
  because = "Sums would be wrong.",
  check = "money",
  on = event "Order Completed",
  amounts = { "revenue" },
  currencies = { "EUR" },
  severity = "error",
  gate = "export",
}

custom "lucky" {
  title = "Every tenth customer",
  owner = "analytics@example.com",
  because = "A surprise.",
  reads = event "Order Completed",
  returns = "condition",
  check = function(c)
    for _ in c.events(event "Order Completed") do
      return true
    end
    return false
  end,
}
