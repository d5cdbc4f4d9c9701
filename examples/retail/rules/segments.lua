-- Audiences. Orders count once per order id everywhere.

local orders = event "Order Completed":once_per "order_id"
local doubtful = any {
  fraud "coupon_abuse",
  fraud "click_farm",
}

segment "vip_at_risk" {
  title = "High-value customers who look likely to leave",
  owner = "lifecycle@example.com",
  because = "A person from service calls them.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    orders:within(days(365)):sum "revenue":at_least(money(300, "EUR")),
    orders:within(days(60)):count():is(0),
    score "churn_risk":at_least(60),
  },
  except = doubtful,
}

segment "cart_abandoners" {
  title = "Left a cart behind this week and has not ordered it since",
  owner = "lifecycle@example.com",
  because = "Reminder campaign agreed with privacy, opt-in only.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    event "Product Added"
      :between_ago(hours(2), days(7))
      :not_followed_by(event { "Order Completed", "Cart Emptied" }, { same = "cart_id" }),
    identifier "email":exists(),
  },
  except = doubtful,
}

segment "first_time_buyers" {
  title = "Placed the first and only order in the last 30 days",
  owner = "lifecycle@example.com",
  because = "Welcome series; uses the contract's address, no offers.",
  purpose = "service",
  legal_basis = "contract",
  who = all {
    trait "orders_lifetime":is(1),
    orders:first_time():within(days(30)),
  },
}

segment "lapsed_90_days" {
  title = "Bought once, but not for 90 days",
  owner = "lifecycle@example.com",
  because = "Win-back mail.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = orders:last_time():older_than(days(90)),
  except = doubtful,
}

segment "app_users" {
  title = "Opened the app in the last 30 days",
  owner = "app@example.com",
  because = "News about the app is shown to them in the app.",
  purpose = "service",
  legal_basis = "contract",
  who = event { "Application Opened", "Application Installed" }:on "app":within(days(30)),
  except = fraud "click_farm",
}

segment "dormant_app_users" {
  title = "Has the app and an account, but has not opened the app for 30 days",
  owner = "app@example.com",
  because = "One mail that tells what is new.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    event "Application Installed",
    event "Application *":last_time():older_than(days(30)),
    identifier "user_id":exists(),
  },
  entry_wait = days(2),
  exit_wait = days(7),
}

segment "newsletter_readers" {
  title = "Opened at least two of our mails in 90 days",
  owner = "lifecycle@example.com",
  because = "Gets the long edition.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = event "Email Opened":within(days(90)):distinct "message_id":at_least(2),
}

segment "high_refund_share" {
  title = "Sends back more than 40 % of what was bought",
  owner = "service@example.com",
  because = "Size advice instead of further offers.",
  purpose = "service",
  legal_basis = "legitimate_interest",
  who = all {
    orders:within(days(365)):count():at_least(2),
    trait "refund_share_365d":more_than(percent(40)),
  },
}

segment "web_and_store" {
  title = "Buys in the shop window and on the screen",
  owner = "stores@example.com",
  because = "Invitation to events in the stores.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    event "Order Completed":where { channel = "store" },
    event "Order Completed":where { channel = missing() },
  },
}

segment "paid_search_buyers" {
  title = "Came by a paid search ad and bought within 7 days",
  owner = "performance@example.com",
  because = "Bids are set by it.",
  purpose = "measurement",
  requires_consent = "analytics",
  who = touch { channel = "Paid Search" }
    :within(days(180))
    :followed_by(event "Order Completed", days(7)),
  except = fraud "click_farm",
}
