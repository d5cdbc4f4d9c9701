-- What segments, suppression, fraud, scores and exports promise. Times are UTC.

scenario "300 EUR to the cent and 60 days to the second make a customer at risk" {
  given = [[
    2026-01-30 10:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-01-30 10:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-01-30 10:00  "Account Created"  user_id=u3 email=u3@example.com
    2026-02-12 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=150 currency=EUR
    2026-02-12 10:00  "Order Completed"  user_id=u2 order_id=o2 revenue=150 currency=EUR
    2026-02-12 10:00  "Order Completed"  user_id=u3 order_id=o3 revenue=300 currency=EUR
    2026-03-09 10:00  "Order Completed"  user_id=u1 order_id=o4 revenue=150 currency=EUR
    2026-03-09 10:00  "Order Completed"  user_id=u2 order_id=o5 revenue=149.99 currency=EUR
  ]],
  cases = {
    {
      "a minute early",
      as_of = "2026-05-08 09:59",
      expect = {
        segments = { vip_at_risk = {} },
        scores = { churn_risk = { ["user_id=u1"] = 40, ["user_id=u2"] = 40, ["user_id=u3"] = 75 } },
      },
    },
    {
      "60 days",
      as_of = "2026-05-08 10:00",
      expect = {
        segments = { vip_at_risk = { "user_id=u1" } },
        scores = { churn_risk = { ["user_id=u1"] = 75, ["user_id=u2"] = 75, ["user_id=u3"] = 75 } },
        bands = {
          churn_risk = {
            ["user_id=u1"] = "high",
            ["user_id=u2"] = "high",
            ["user_id=u3"] = "high",
          },
        },
      },
    },
  },
}

scenario "gold customers are left in peace, and a visit lowers the risk" {
  given = [[
    2026-01-30 10:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-01-30 10:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-02-12 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=400 currency=EUR
    2026-02-12 10:00  "Order Completed"  user_id=u2 order_id=o2 revenue=400 currency=EUR
    2026-05-02 10:00  identify  source=crm crm_id=c1 user_id=u1 trait.loyalty_tier=gold
    2026-06-20 10:00  page  user_id=u2
  ]],
  as_of = "2026-07-01 12:00",
  expect = {
    scores = { churn_risk = { ["user_id=u1"] = 50, ["user_id=u2"] = 55 } },
    segments = { vip_at_risk = {} },
  },
}

scenario "an order in a currency without a rate leaves the sum undecided" {
  given = [[
    2026-01-30 10:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-02-12 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=3000 currency=SEK
  ]],
  as_of = "2026-07-01 12:00",
  cases = {
    {
      "no rate",
      rates = { ["2026-02-12"] = { CHF = "1.05" } },
      expect = { undecided = { segments = { vip_at_risk = { "user_id=u1" } } } },
    },
    {
      "a rate of ten cents",
      rates = { ["2026-02-12"] = { SEK = "0.1" } },
      expect = { segments = { vip_at_risk = { "user_id=u1" } } },
    },
  },
}

scenario "a cart is abandoned unless that cart was ordered" {
  given = [[
    2026-06-20 12:00  "Account Created"  user_id=u1141 email=nils@example.com
      consent.marketing=granted
    2026-06-21 12:00  "Account Created"  user_id=u1142 email=olga@example.com
      consent.marketing=granted
    2026-06-22 12:00  "Account Created"  user_id=u1143 email=piet@example.com
    2026-06-27 18:00  "Product Added"    user_id=u1141 cart_id=k1 price=34.9 currency=EUR
    2026-06-27 18:00  "Product Added"    user_id=u1142 cart_id=k2 price=34.9 currency=EUR
    2026-06-27 18:00  "Product Added"    user_id=u1143 cart_id=k3 price=34.9 currency=EUR
    2026-06-27 20:10  "Order Completed"  user_id=u1142 cart_id=k2 order_id=o1 revenue=34.9
      currency=EUR
  ]],
  cases = {
    { as_of = "2026-06-27 19:59", expect = { segments = { cart_abandoners = {} } } },
    {
      as_of = "2026-07-01 12:00",
      expect = { segments = { cart_abandoners = { "user_id=u1141" } } },
    },
    { as_of = "2026-07-04 18:00", expect = { segments = { cart_abandoners = {} } } },
  },
}

scenario "90 days to the second make a customer lapsed" {
  given = [[
    2025-12-01 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2025-12-01 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-01-01 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=20 currency=EUR
    2026-01-01 10:00:01  "Order Completed"  user_id=u2 order_id=o2 revenue=20 currency=EUR
  ]],
  as_of = "2026-04-01 10:00",
  expect = { segments = { lapsed_90_days = { "user_id=u1" } } },
}

scenario "a reloaded thank-you page is no second order" {
  given = [[
    2026-06-06 18:00  "Order Completed"  user_id=u1081 order_id=o1 revenue=54.9 currency=EUR
    2026-06-06 18:01  "Order Completed"  user_id=u1081 order_id=o1 revenue=54.9 currency=EUR
  ]],
  expect = {
    fraud = { duplicate_orders = { reject = { 2 } } },
    traits = {
      ["user_id=u1081"] = { orders_lifetime = 1, net_revenue_365d = money("54.90", "EUR") },
    },
    segments = { first_time_buyers = { "user_id=u1081" } },
  },
}

scenario "two mails have to be opened, one mail twice is one" {
  given = [[
    2026-05-01 10:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-05-01 10:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-05-05 10:00  "Email Opened"     email=u1@example.com message_id=m1
    2026-05-06 10:00  "Email Opened"     email=u1@example.com message_id=m2
    2026-05-05 10:00  "Email Opened"     email=u2@example.com message_id=m3
    2026-05-06 10:00  "Email Opened"     email=u2@example.com message_id=m3
  ]],
  as_of = "2026-05-10 00:00",
  expect = { segments = { newsletter_readers = { "user_id=u1" } } },
}

scenario "more than 40 per cent sent back" {
  given = [[
    2026-01-12 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=60 currency=EUR
    2026-01-13 10:00  "Order Completed"  user_id=u1 order_id=o2 revenue=40 currency=EUR
    2026-01-12 10:00  "Order Completed"  user_id=u2 order_id=p1 revenue=60 currency=EUR
    2026-01-13 10:00  "Order Completed"  user_id=u2 order_id=p2 revenue=40 currency=EUR
    2026-06-24 10:00  "Order Refunded"   user_id=u1 refund_id=r1 refund=40.01 currency=EUR
    2026-06-24 10:00  "Order Refunded"   user_id=u2 refund_id=r2 refund=40 currency=EUR
  ]],
  expect = {
    segments = { high_refund_share = { "user_id=u1" } },
    traits = { ["user_id=u2"] = { refund_share_365d = percent(40) } },
  },
}

scenario "buying in a store and on the screen" {
  given = [[
    2026-03-01 10:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-03-01 10:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-03-02 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=60 currency=EUR
    2026-03-03 10:00  "Order Completed"  email=u1@example.com order_id=t1 revenue=9 currency=EUR
      channel=store
    2026-03-03 10:00  "Order Completed"  email=u2@example.com order_id=t2 revenue=9 currency=EUR
      channel=store
  ]],
  expect = { segments = { web_and_store = { "user_id=u1" } } },
}

scenario "who leaves the newsletter by mail is not written to" {
  given = [[
    2026-02-04 20:09  "Newsletter Confirmed"     email=selma@example.com
    2026-05-10 21:05  "Newsletter Unsubscribed"  email=selma@example.com
  ]],
  cases = {
    {
      as_of = "2026-05-10 21:04",
      expect = { consent = { ["email=selma@example.com"] = { marketing = "granted" } } },
    },
    {
      as_of = "2026-05-10 21:05",
      expect = {
        consent = { ["email=selma@example.com"] = { marketing = "denied" } },
        suppressed = { no_marketing_consent = { "email=selma@example.com" } },
      },
    },
  },
}

scenario "customer service's tick counts as consent until it is taken away" {
  given = [[
    2026-01-05 10:00  identify  source=crm crm_id=c1 email=u1@example.com trait.marketing_ok=true
    2026-03-05 10:00  identify  source=crm crm_id=c1 email=u1@example.com trait.marketing_ok=false
  ]],
  cases = {
    {
      as_of = "2026-02-01 00:00",
      expect = { consent = { ["crm_id=c1"] = { marketing = "granted" } } },
    },
    {
      as_of = "2026-04-01 00:00",
      expect = { consent = { ["crm_id=c1"] = { marketing = "denied" } } },
    },
  },
}

scenario "a bounced address leaves the other address of the customer" {
  given = [[
    2026-01-05 10:00  "Account Created"  user_id=u1 email=old@example.com consent.marketing=granted
    2026-01-06 10:00  "Account Created"  user_id=u1 email=new@example.com consent.marketing=granted
    2026-02-05 10:00  "Email Bounced"    email=new@example.com type=hard
  ]],
  as_of = "2026-02-05 12:00",
  expect = { eligible = { email = { ["user_id=u1"] = "old@example.com" } } },
}

scenario "one marketing mail a day" {
  given = [[
    2026-03-01 10:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-03-02 10:00  "Email Sent"       user_id=u1 email=u1@example.com kind=marketing
  ]],
  zone = "UTC",
  cases = {
    {
      as_of = "2026-03-02 15:00",
      expect = { eligible_from = { email = { ["user_id=u1"] = "2026-03-03 10:00" } } },
    },
    {
      as_of = "2026-03-03 10:00",
      expect = { eligible = { email = { ["user_id=u1"] = "u1@example.com" } } },
    },
  },
}

scenario "the call list holds who may be called and can be" {
  given = [[
    2026-01-30 10:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-01-30 10:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-01-30 10:00  "Account Created"  user_id=u3 email=u3@example.com consent.marketing=granted
    2026-02-12 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=400 currency=EUR
      shipping_address.country=DE
    2026-02-12 10:00  "Order Completed"  user_id=u2 order_id=o2 revenue=400 currency=EUR
      shipping_address.country=DE
    2026-02-12 10:00  "Order Completed"  user_id=u3 order_id=o3 revenue=400 currency=EUR
      shipping_address.country=DE
    2026-05-02 10:00  identify  source=crm crm_id=c1 user_id=u1 phone=+493023125001
      trait.do_not_call=false
    2026-05-02 10:00  identify  source=crm crm_id=c2 user_id=u2 phone=+493023125002
      trait.do_not_call=true
    2026-05-02 10:00  identify  source=crm crm_id=c3 user_id=u3 trait.do_not_call=false
  ]],
  as_of = "2026-07-01 12:00",
  expect = {
    segments = { vip_at_risk = { "user_id=u1", "user_id=u2", "user_id=u3" } },
    suppressed = { do_not_call = { "user_id=u2" } },
    eligible = { phone = { ["user_id=u1"] = "+493023125001" } },
    exported = { crm_call_list = { "user_id=u1" } },
  },
}

scenario "our own test orders are marked and count nowhere" {
  given = [[
    10:00  "Order Completed"  user_id=u1 email=qa@shop.example.com order_id=o1 revenue=9
      currency=EUR
    10:05  "Order Completed"  user_id=u2 order_id=o2 revenue=9 currency=EUR coupon=qa-100
    10:07  "Order Completed"  user_id=u4 order_id=o4 revenue=9 currency=EUR
      context.ip=198.51.100.5
    10:10  "Order Completed"  user_id=u3 order_id=o3 revenue=9 currency=EUR
      context.ip=198.51.100.16
  ]],
  expect = {
    flags = { test_traffic = { 1, 2, 3 } },
    segments = { first_time_buyers = { "user_id=u3" } },
  },
}

scenario "who says that it is a robot is believed" {
  given = [[
    10:00  page  anonymous_id=a1 platform=web
      context.user_agent="ExampleBot/2.1 (+https://bot.example.net/about)"
    10:01  page  anonymous_id=a2 platform=web context.user_agent="ExampleBrowser/12.1"
  ]],
  expect = { fraud = { bots = { reject = { 1 } } } },
}

scenario "a click after the install earns nothing" {
  given = [[
    10:00  "Install Attributed"  appsflyer_id=1 click_time=2026-01-01T09:59:00Z
      install_time=2026-01-01T10:00:00Z
    11:00  "Install Attributed"  appsflyer_id=2 click_time=2026-01-01T11:00:05Z
      install_time=2026-01-01T11:00:00Z
  ]],
  expect = { fraud = { late_clicks = { reject = { 2 } } } },
}

scenario "Berlin and Sydney within two hours is not one traveller" {
  given = [[
    09:00  "Signed In"  user_id=u1 context.location.latitude=52.52 context.location.longitude=13.40
    11:00  "Signed In"  user_id=u1 context.location.latitude=-33.87
      context.location.longitude=151.21
  ]],
  expect = { fraud = { impossible_travel = { suspicious = { 2 } } } },
}

scenario "the third account with the welcome coupon on one device is refused" {
  given = [[
    2026-05-04 11:10  "Order Completed"  user_id=u1091 device_id=d1 order_id=o1 revenue=22.8
      currency=EUR coupon=WELCOME10
    2026-05-05 11:10  "Order Completed"  user_id=u1092 device_id=d1 order_id=o2 revenue=22.8
      currency=EUR coupon=WELCOME10
    2026-05-06 11:10  "Order Completed"  user_id=u1093 device_id=d1 order_id=o3 revenue=22.8
      currency=EUR coupon=WELCOME10
  ]],
  expect = { fraud = { coupon_abuse = { reject = { 3 }, suspicious = { 2 } } } },
}

scenario "credit for one order by two rules" {
  given = [[
    2026-03-01 10:00  page  user_id=u1 context.campaign.source=google context.campaign.medium=cpc
    2026-03-05 10:00  page  user_id=u1 context.campaign.source=newsletter
      context.campaign.medium=email
    2026-03-08 10:00  page  user_id=u1
    2026-03-08 10:10  "Order Completed"  user_id=u1 order_id=o1 revenue=100 currency=EUR
  ]],
  expect = {
    credit = {
      last_click = { [4] = { [2] = money(100, "EUR") } },
      position_40_20_40 = {
        [4] = { [1] = money(40, "EUR"), [2] = money(20, "EUR"), [3] = money(40, "EUR") },
      },
    },
    channels = { default = { [1] = "Paid Search", [2] = "Email", [3] = "Direct" } },
  },
}

scenario "an order within a week of the ad, a day later is too late" {
  given = [[
    2026-02-10 10:00  page  user_id=u1 context.campaign.source=google
      context.campaign.medium=cpc consent.analytics=granted
    2026-02-10 10:00  page  user_id=u2 context.campaign.source=google
      context.campaign.medium=cpc consent.analytics=granted
    2026-02-17 09:59  "Order Completed"  user_id=u1 order_id=o1 revenue=40 currency=EUR
    2026-02-17 10:00  "Order Completed"  user_id=u2 order_id=o2 revenue=40 currency=EUR
  ]],
  expect = { segments = { paid_search_buyers = { "user_id=u1" } } },
}
