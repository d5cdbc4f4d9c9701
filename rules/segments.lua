-- Audiences. An order counts once per order id, on whichever channel it is reported again.
-- Everything for marketing asks for consent by itself; suppression.lua stops the rest.

local orders = event "Order Completed":once_per "order_id"

local no_audience = any {
  trait "account_type":is("employee"),
  fraud "coupon_reuse",
  fraud "many_accounts_one_device",
}

-- By recency, frequency and value ---------------------------------------------------------------

segment "champions" {
  title = "Orders often, ordered lately, and keeps what was ordered",
  owner = "lifecycle@example.com",
  because = "Sees new collections a day earlier.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    trait "recency_step":is("fresh"),
    trait "frequency_step":is("often"),
    trait "value_step":is("large"),
  },
  except = no_audience,
}

segment "loyal_customers" {
  title = "Came back within a year and is still around",
  owner = "lifecycle@example.com",
  because = "Invitation to the loyalty programme.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    trait "recency_step":is_not("cold"),
    trait "frequency_step":is_one_of { "again", "often" },
  },
  except = any {
    no_audience,
    segment "champions",
  },
}

segment "vip" {
  title = "Worth 300 EUR or more in the last 365 days",
  owner = "service@example.com",
  because = "Calls and mails of these customers are answered first.",
  purpose = "service",
  legal_basis = "legitimate_interest",
  who = trait "value_step":is("large"),
}

segment "vip_at_risk" {
  title = "A valuable customer with several signs of leaving",
  owner = "service@example.com",
  because = "Somebody calls, asks what went wrong, and may put it right.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    segment "vip",
    score "churn_risk":band "high",
  },
  except = no_audience,
}

-- By where somebody stands with the shop --------------------------------------------------------

segment "new_customers" {
  title = "First order within the last 30 days",
  owner = "lifecycle@example.com",
  because = "Three mails that explain returns, care and service. No offers.",
  purpose = "service",
  legal_basis = "contract",
  who = orders:first_time():within(days(30)),
}

segment "second_order_due" {
  title = "One order, one to three months ago, and no second yet",
  owner = "lifecycle@example.com",
  because = "Most who ever come back do so within three months.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    trait "orders_total":is(1),
    orders:between_ago(days(30), days(90)),
  },
  except = no_audience,
}

segment "lapsing" {
  title = "Used to come back, but has not for two to six months",
  owner = "lifecycle@example.com",
  because = "A reminder helps now; in half a year it will not.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    trait "orders_total":at_least(2),
    trait "recency_step":is("cooling"),
  },
  except = no_audience,
}

segment "lost_customers" {
  title = "Has not ordered for a year",
  owner = "lifecycle@example.com",
  because = "One letter, then silence.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = orders:last_time():older_than(days(365)),
  except = no_audience,
}

segment "reactivated" {
  title = "Ordered again this month after half a year without",
  owner = "lifecycle@example.com",
  because = "Counts what win-back mail achieves; says welcome back.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    orders:within(days(30)),
    orders:first_time():older_than(days(210)),
    none { orders:between_ago(days(30), days(210)) },
  },
  except = no_audience,
}

segment "high_churn_risk" {
  title = "Bought at least twice and shows several signs of leaving",
  owner = "lifecycle@example.com",
  because = "Left out of price rises until somebody has looked at the reasons.",
  purpose = "service",
  legal_basis = "legitimate_interest",
  who = all {
    trait "orders_total":at_least(2),
    score "churn_risk":band "high",
  },
}

-- By what somebody did --------------------------------------------------------------------------

segment "cart_abandoners" {
  title = "Filled a cart in the last five days and left it standing",
  owner = "lifecycle@example.com",
  because = "One reminder per cart, three hours later at the earliest.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = event "Product Added"
    :between_ago(hours(3), days(5))
    :not_followed_by(event { "Order Completed", "Cart Emptied" }, { same = "cart_id" }),
  except = no_audience,
}

segment "browse_abandoners" {
  title = "Came back for one product on three days and did not take it",
  owner = "lifecycle@example.com",
  because = "A question about size or delivery often stands in between.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    event "Product Viewed":within(days(10)):per "product_id":days():at_least(3),
    none { event { "Product Added", "Order Completed" }:within(days(10)) },
  },
  except = no_audience,
}

segment "discount_hunters" {
  title = "Three orders or more, most of them with a coupon",
  owner = "pricing@example.com",
  because = "Gets no coupon that everybody gets.",
  purpose = "pricing",
  legal_basis = "legitimate_interest",
  who = all {
    orders:within(days(730)):count():at_least(3),
    trait "coupon_share":more_than(percent(50)),
  },
}

segment "frequent_returners" {
  title = "Sends back more than a third of what was paid for",
  owner = "service@example.com",
  because = "Offered help with sizes before the next order, and no faster shipping.",
  purpose = "service",
  legal_basis = "legitimate_interest",
  who = all {
    orders:within(days(365)):count():at_least(2),
    trait "refund_share_365d":more_than(percent(33)),
  },
}

segment "newsletter_readers" {
  title = "Opened three different mails in 60 days",
  owner = "lifecycle@example.com",
  because = "Gets the long edition.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = event "Email Opened":within(days(60)):distinct "message_id":at_least(3),
}

segment "app_and_web" {
  title = "Used both the web shop and the app within 30 days",
  owner = "app@example.com",
  because = "Finds the cart of one in the other; told how.",
  purpose = "service",
  legal_basis = "contract",
  who = all {
    any_event():on "web":within(days(30)),
    any_event():on "app":within(days(30)),
  },
}

segment "dormant_app_users" {
  title = "Has the app, but has not opened it for 45 days",
  owner = "app@example.com",
  because = "One push message about what is new, to phones that still have the app.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = all {
    event "Application Opened":last_time():older_than(days(45)),
    event "Application Installed":newest(1):not_followed_by(event "Application Uninstalled"),
  },
}

segment "birthday_soon" {
  title = "Has a birthday within a week",
  owner = "lifecycle@example.com",
  because = "A greeting was promised to those who told us the day.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = trait "birthday":anniversary(days(7)),
}
