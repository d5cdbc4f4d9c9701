-- What looks like fraud. Verdicts mark; what follows from them is said by `action`.

fraud "bots" {
  title = "User agents that say what they are",
  owner = "fraud@example.com",
  because = "Declared bots are no visitors.",
  look_at = any_event(),
  reject = property "context.user_agent":in_list "bot_user_agents",
  action = "leave_out",
}

fraud "click_farm" {
  title = "A network with more ad clicks or installs than people do",
  owner = "fraud@example.com",
  because = "Racks of telephones that click, install and are reset. Paid for by the install.",
  look_at = network(24),
  reject = any {
    event { "Application Installed", "Install Attributed" }:in_any(hours(1)):count():more_than(20),
    event "page"
      :where { ["context.campaign.medium"] = "cpc" }
      :in_any(hours(1))
      :count()
      :more_than(30),
  },
  suspicious = event { "Application Installed", "Install Attributed" }
    :in_any(hours(1))
    :count()
    :more_than(10),
  action = "no_credit",
}

fraud "late_clicks" {
  title = "An install whose ad click came after it",
  owner = "fraud@example.com",
  because = "Malware sends the click when it sees the download.",
  look_at = event "Install Attributed",
  reject = event "Install Attributed":where { click_time = after(property "install_time") },
  action = "no_credit",
}

fraud "impossible_travel" {
  title = "Two sign-ins too far apart for one traveller",
  owner = "fraud@example.com",
  because = "Taken-over accounts.",
  look_at = event "Signed In",
  suspicious = travel_speed(event "Signed In", { within = hours(48), from_km = 500 })
    :at_least(1000),
  action = "mark",
}

fraud "duplicate_orders" {
  title = "An order id that came before",
  owner = "finance@example.com",
  because = "Reloaded thank-you pages.",
  look_at = event "Order Completed",
  reject = event "Order Completed":with_same "order_id":count():at_least(2),
  action = "leave_out",
}

fraud "coupon_abuse" {
  title = "One welcome coupon, one device, many accounts",
  owner = "fraud@example.com",
  because = "The coupon is for new customers, once.",
  look_at = event "Order Completed":where { coupon = starts_with "WELCOME" },
  reject = event "Order Completed"
    :with_same { "coupon", identifier "device_id" }
    :within(days(90))
    :distinct(identifier "user_id")
    :at_least(3),
  suspicious = event "Order Completed"
    :with_same { "coupon", identifier "device_id" }
    :within(days(90))
    :distinct(identifier "user_id")
    :at_least(2),
  action = "mark",
}
