-- Heuristics against bots, paid clicks that nobody made, and accounts opened for a voucher. A
-- verdict marks; `action` says what follows. `suspicious` is for people to look at.

fraud "bots" {
  title = "Programs that say in their user agent that they are programs",
  owner = "analytics@example.com",
  because = "Nobody is reached and nothing is sold by counting them.",
  look_at = any_event(),
  reject = property "context.user_agent":in_list "bot_user_agents",
  action = "leave_out",
}

fraud "click_flood" {
  title = "A device that clicks on more ads than a person could",
  owner = "fraud@example.com",
  because = "Flooding hopes that its click is the last before somebody buys.",
  look_at = identifier "device_id",
  reject = event "Ad Click":in_any(hours(1)):count():more_than(60),
  suspicious = event "Ad Click":in_any(hours(1)):count():more_than(20),
  action = "no_credit",
}

fraud "click_injection" {
  title = "An ad click in the seconds before the app is installed",
  owner = "fraud@example.com",
  because = "A download takes longer; another app on the phone saw it begin.",
  look_at = event "Ad Click",
  reject = event "Ad Click"
    :followed_by(event "Application Installed", seconds(3), { same = identifier "device_id" }),
  suspicious = event "Ad Click"
    :followed_by(event "Application Installed", seconds(15), { same = identifier "device_id" }),
  action = "no_credit",
}

fraud "install_burst" {
  title = "More installations from one network than live behind it",
  owner = "fraud@example.com",
  because = "Shelves of phones that install, are reset, and install again.",
  look_at = network(24),
  reject = event "Application Installed":in_any(hours(1)):count():more_than(25),
  suspicious = event "Application Installed":in_any(hours(1)):count():more_than(8),
  action = "no_credit",
}

fraud "many_accounts_one_device" {
  title = "One device on which account after account is opened",
  owner = "fraud@example.com",
  because = "Families open four; whoever opens ten wants something else.",
  look_at = identifier "device_id",
  reject = event "Account Created":within(days(30)):distinct(identifier "user_id"):at_least(10),
  suspicious = event "Account Created":within(days(30)):distinct(identifier "user_id"):at_least(5),
  action = "mark",
}

fraud "coupon_reuse" {
  title = "A welcome coupon used on one device by several accounts",
  owner = "fraud@example.com",
  because = "It is promised once to each new customer.",
  look_at = event "Order Completed":where { coupon = starts_with "WELCOME" },
  reject = event "Order Completed"
    :with_same { "coupon", identifier "device_id" }
    :within(days(60))
    :distinct(identifier "user_id")
    :at_least(4),
  suspicious = event "Order Completed"
    :with_same { "coupon", identifier "device_id" }
    :within(days(60))
    :distinct(identifier "user_id")
    :at_least(2),
  action = "mark",
}

fraud "card_testing" {
  title = "Card after card refused from one address of the internet",
  owner = "fraud@example.com",
  because = "Stolen numbers are tried out with small orders.",
  look_at = property "context.ip",
  reject = event "Payment Failed":in_any(minutes(10)):count():more_than(15),
  suspicious = event "Payment Failed":in_any(minutes(10)):count():more_than(4),
  action = "mark",
}

fraud "impossible_travel" {
  title = "Two sign-ins that no flight could connect",
  owner = "fraud@example.com",
  because = "One of the two knows the password and should not.",
  look_at = event "Signed In",
  suspicious = travel_speed(event "Signed In", { within = hours(24), from_km = 400 }):at_least(900),
  action = "mark",
}

fraud "duplicate_orders" {
  title = "An order reported a second time",
  owner = "finance@example.com",
  because = "Thank-you pages are reloaded and exports are uploaded twice.",
  look_at = event "Order Completed",
  reject = event "Order Completed":with_same "order_id":count():at_least(2),
  action = "leave_out",
}
