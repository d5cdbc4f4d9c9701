-- What consent.lua, traits.lua and quality.lua promise. Times are UTC.

scenario "the switches of the banner are three purposes" {
  given = [[
    2026-03-01 09:00  page  user_id=u1 context.consent.category_preferences.Functional=true
      context.consent.category_preferences.Analytics=true
      context.consent.category_preferences.Advertising=false
    2026-03-01 09:00  page  user_id=u2
    2026-03-01 09:00  page  user_id=u3 context.consent.category_preferences.Functional=true
    2026-03-02 09:00  page  user_id=u3 anonymous_id=a3
      context.consent.category_preferences.Functional=false
    2026-03-01 09:00  page  user_id=u4 context.consent.category_preferences.Analytics=false
      context.consent.category_preferences.Advertising=true
  ]],
  expect = {
    consent = {
      ["user_id=u1"] = { identity = "granted", analytics = "granted", ads = "denied" },
      ["user_id=u2"] = { identity = "unknown", analytics = "unknown", ads = "unknown" },
      ["user_id=u3"] = { identity = "denied" },
      ["user_id=u4"] = { analytics = "denied", ads = "granted" },
    },
  },
}

scenario "the newest word on offers counts, and a yes lasts two years" {
  given = [[
    2024-02-01 09:00  "Newsletter Confirmed"     email=kim@example.com
    2024-02-01 09:00  "Newsletter Confirmed"     email=pat@example.com
    2024-06-01 09:00  "Newsletter Unsubscribed"  email=pat@example.com
    2024-02-01 09:00  identify  source=crm crm_id=c1 email=sam@example.com trait.marketing_ok=true
    2024-03-01 09:00  "Newsletter Confirmed"     email=lee@example.com
    2024-06-01 09:00  "Email Marked As Spam"     email=lee@example.com
    2024-06-01 09:00  identify  source=crm crm_id=c2 email=mia@example.com trait.marketing_ok=true
    2024-06-02 09:00  identify  source=crm crm_id=c2 email=mia@example.com trait.marketing_ok=false
    2024-06-02 09:00  identify  source=web user_id=u9 trait.marketing_ok=true
  ]],
  cases = {
    {
      "in between",
      as_of = "2024-05-01 00:00",
      expect = {
        consent = {
          ["email=pat@example.com"] = { marketing = "granted" },
          ["email=lee@example.com"] = { marketing = "granted" },
        },
      },
    },
    {
      "the last day",
      as_of = "2026-02-01 08:59",
      expect = {
        consent = {
          ["email=kim@example.com"] = { marketing = "granted" },
          ["email=pat@example.com"] = { marketing = "denied" },
          ["email=sam@example.com"] = { marketing = "granted" },
          ["email=lee@example.com"] = { marketing = "denied" },
          ["email=mia@example.com"] = { marketing = "denied" },
          ["user_id=u9"] = { marketing = "unknown" },
        },
      },
    },
    {
      "the day after",
      as_of = "2026-02-01 09:00",
      expect = {
        consent = {
          ["email=kim@example.com"] = { marketing = "unknown" },
          ["email=pat@example.com"] = { marketing = "denied" },
        },
      },
    },
  },
}

scenario "of two addresses one may have agreed and the other not" {
  given = [[
    2026-03-01 09:00  "Account Created"  user_id=u1 email=one@example.com
    2026-03-01 09:00  "Account Created"  user_id=u1 email=two@example.com
    2026-03-02 09:00  "Newsletter Confirmed"     email=one@example.com
    2026-03-02 09:00  "Newsletter Confirmed"     email=two@example.com
    2026-03-03 09:00  "Newsletter Unsubscribed"  email=two@example.com
  ]],
  as_of = "2026-03-03 12:00",
  expect = {
    consent = { ["user_id=u1"] = { marketing = "granted" } },
    eligible = { email = { ["user_id=u1"] = "one@example.com" } },
  },
}

scenario "what we do ourselves is marked and counts nowhere" {
  given = [[
    2026-03-02 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=9 currency=EUR is_test=true
    2026-03-02 10:01  "Order Completed"  user_id=u2 order_id=o2 revenue=9 currency=EUR
      context.ip=192.0.2.7
    2026-03-02 10:02  "Order Completed"  user_id=u3 order_id=o3 revenue=9 currency=EUR
      email=qa@shop.example.com
    2026-03-02 10:03  "Order Completed"  user_id=u4 order_id=o4 revenue=9 currency=EUR
      coupon=TEST-7
    2026-03-02 10:04  "Order Completed"  user_id=u5 order_id=o5 revenue=9 currency=EUR
      context.ip=192.0.2.17 coupon=SPRING email=qa@shop.example.org is_test=false
  ]],
  expect = {
    flags = { test_traffic = { 1, 2, 3, 4 } },
    segments = { new_customers = { "user_id=u5" } },
    traits = { ["user_id=u1"] = { orders_total = 0 } },
  },
}

scenario "service knows names and tiers better than the web form" {
  given = [[
    2026-03-01 09:00  identify  source=crm crm_id=c1 user_id=u1 trait.first_name=Kim
      trait.last_name=Berg trait.loyalty_tier=gold trait.account_type=business
      trait.do_not_call=true trait.has_opted_out_of_email=false
    2026-03-05 09:00  identify  source=web user_id=u1 trait.first_name=Kimmy trait.last_name=B
      trait.loyalty_tier=none trait.account_type=customer trait.do_not_call=false
      trait.has_opted_out_of_email=true
    2026-03-05 09:00  identify  source=web user_id=u2 trait.first_name=Pat trait.last_name=Lund
      trait.account_type=customer
  ]],
  expect = {
    traits = {
      ["user_id=u1"] = {
        first_name = "Kim",
        last_name = "Berg",
        loyalty_tier = "gold",
        account_type = "business",
        do_not_call = true,
        has_opted_out_of_email = false,
      },
      ["user_id=u2"] = {
        first_name = "Pat",
        last_name = "Lund",
        loyalty_tier = "missing",
        account_type = "customer",
        do_not_call = "missing",
        has_opted_out_of_email = "missing",
      },
    },
  },
}

scenario "country, clock and birthday come from where they are fresh" {
  given = [[
    2026-01-01 09:00  page  user_id=u1 context.timezone=Europe/Vienna
    2026-01-02 09:00  page  user_id=u1 context.timezone=Europe/Vienna
    2026-01-03 09:00  page  user_id=u1 context.timezone=Asia/Tokyo
    2026-01-04 09:00  identify  user_id=u1 trait.birthday=1990-05-01 trait.address.country=DE
    2026-01-05 09:00  "Birthday Given"  user_id=u1 birthday=1991-05-01
    2026-01-05 09:00  "Order Completed"  user_id=u1 order_id=o1 revenue=9 currency=EUR
      shipping_address.country=AT
    2026-01-06 09:00  identify  user_id=u2 trait.address.country=CH
  ]],
  cases = {
    {
      "fresh",
      expect = {
        traits = {
          ["user_id=u1"] = { timezone = "Europe/Vienna", birthday = "1991-05-01", country = "AT" },
          ["user_id=u2"] = { timezone = "missing", birthday = "missing", country = "CH" },
        },
      },
    },
    {
      "forgotten",
      as_of = "2031-01-05 09:00",
      expect = { traits = { ["user_id=u1"] = { timezone = "missing", birthday = "missing" } } },
    },
  },
}

scenario "orders count once and refunds are taken off" {
  given = [[
    2025-02-28 10:00  "Order Completed"  user_id=u1 order_id=o0 revenue=500 currency=EUR
    2025-06-01 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=120 currency=EUR coupon=SPRING
      products='[{"sku":"a","category":"shoes"},{"sku":"b","category":"hats"}]'
    2025-06-01 10:01  "Order Completed"  user_id=u1 order_id=o1 revenue=120 currency=EUR coupon=SPRING
    2026-01-10 10:00  "Order Completed"  user_id=u1 order_id=o2 revenue=80 currency=EUR
      products='[{"sku":"b","category":"hats"}]'
    2026-01-20 10:00  "Order Refunded"   user_id=u1 refund_id=r1 refund=50 currency=EUR
    2026-01-20 10:05  "Order Refunded"   user_id=u1 refund_id=r1 refund=50 currency=EUR
    2026-02-10 10:00  page               user_id=u1 platform=web
    2026-02-10 11:00  page               user_id=u1 platform=web
    2026-02-11 10:00  "Email Sent"       user_id=u1 platform=server message_id=m1
    2026-02-11 10:00  page               user_id=u2 platform=ios
  ]],
  as_of = "2026-02-28 10:00",
  expect = {
    traits = {
      ["user_id=u1"] = {
        orders_total = 3,
        net_revenue_365d = money(150, "EUR"),
        average_order_365d = money(100, "EUR"),
        days_since_order = 49,
        active_days_30d = 1,
        refund_share_365d = 0.25,
        favourite_category = "hats",
        recency_step = "fresh",
        frequency_step = "again",
        value_step = "middle",
      },
      ["user_id=u2"] = {
        orders_total = 0,
        net_revenue_365d = money(0, "EUR"),
        average_order_365d = "missing",
        days_since_order = "missing",
        active_days_30d = 1,
        coupon_share = "missing",
        refund_share_365d = "missing",
        favourite_category = "missing",
        recency_step = "missing",
        frequency_step = "missing",
        value_step = "small",
      },
    },
  },
}

scenario "one order of two with a coupon is a half" {
  given = [[
    2026-01-01 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=20 currency=EUR coupon=A
    2026-01-10 10:00  "Order Completed"  user_id=u1 order_id=o2 revenue=20 currency=EUR coupon=
  ]],
  expect = { traits = { ["user_id=u1"] = { coupon_share = percent(50) } } },
}

scenario "the steps of recency, frequency and value begin to the day, the order and the cent" {
  given = [[
    2026-01-01 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=100 currency=EUR
    2026-01-01 11:00  "Order Completed"  user_id=u1 order_id=o2 revenue=100 currency=EUR
    2026-01-01 12:00  "Order Completed"  user_id=u1 order_id=o3 revenue=50 currency=EUR
    2026-01-01 13:00  "Order Completed"  user_id=u1 order_id=o4 revenue=50 currency=EUR
    2026-01-01 13:00  "Order Completed"  user_id=u2 order_id=p1 revenue=99.99 currency=EUR
    2026-01-01 13:00  "Order Completed"  user_id=u3 order_id=q1 revenue=150 currency=EUR
    2026-01-01 14:00  "Order Completed"  user_id=u3 order_id=q2 revenue=149.99 currency=EUR
  ]],
  cases = {
    {
      "60 days",
      as_of = "2026-03-02 14:00",
      expect = {
        traits = {
          ["user_id=u1"] = {
            recency_step = "fresh",
            frequency_step = "often",
            value_step = "large",
          },
          ["user_id=u2"] = { frequency_step = "once", value_step = "small" },
          ["user_id=u3"] = { frequency_step = "again", value_step = "middle" },
        },
      },
    },
    {
      "61 days",
      as_of = "2026-03-03 14:00",
      expect = { traits = { ["user_id=u1"] = { recency_step = "cooling" } } },
    },
    {
      "181 days",
      as_of = "2026-07-01 14:00",
      expect = { traits = { ["user_id=u1"] = { recency_step = "cold" } } },
    },
  },
}

scenario "a name that nobody agreed on is reported" {
  given = [[
    2026-03-02 10:00  "Product Added"    user_id=u1 cart_id=k1
    2026-03-02 10:01  "product added"    user_id=u1 cart_id=k1
    2026-03-02 10:02  "Clicked Banner"   user_id=u1
    2026-03-02 10:03  "Ticket Opened"    user_id=u1 ticket_id=t1
    2026-03-02 10:04  page               user_id=u1
    2026-03-02 10:05  "Account Created"  user_id=u1
    2026-03-02 10:06  "Call Made"        user_id=u1
  ]],
  expect = { quality = { event_names = { bad = { 2, 3 }, of = 6 } } },
}

scenario "an order without amount, currency or goods is reported" {
  given = [[
    2026-03-02 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=20 currency=EUR
      products='[{"sku":"a","quantity":1}]'
    2026-03-02 10:01  "Order Completed"  user_id=u1 order_id=o2 currency=EUR
      products='[{"sku":"a","quantity":1}]'
    2026-03-02 10:02  "Order Completed"  user_id=u1 order_id=o3 revenue=20 currency=EUR
    2026-03-02 10:03  "Order Completed"  user_id=u1 order_id=o4 revenue=20001 currency=EUR
      products='[{"sku":"a","quantity":1}]'
    2026-03-02 10:04  "Order Completed"  user_id=u1 order_id=o5 revenue=20 currency=EUR
      products='[{"sku":"a","quantity":0}]'
    2026-03-02 10:05  "Product Added"    user_id=u1
  ]],
  expect = { quality = { order_properties = { bad = { 2, 3, 4, 5 }, of = 5 } } },
}

scenario "five minutes ahead and a fortnight behind are still in time" {
  given = [[
    2026-03-20 10:00  page  user_id=u1 received=2026-03-20T09:55:00Z
    2026-03-20 10:00  page  user_id=u1 received=2026-03-20T09:54:59Z
    2026-03-20 10:00  page  user_id=u1 received=2026-04-03T10:00:00Z
    2026-03-20 10:00  page  user_id=u1 received=2026-04-03T10:00:01Z
  ]],
  expect = { quality = { event_times = { bad = { 2, 4 }, of = 4 } } },
}

scenario "money that bookkeeping could not book is reported" {
  given = [[
    2026-03-02 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=20 shipping=4.9 tax=0
      total=24.9 currency=EUR
    2026-03-02 10:01  "Order Completed"  user_id=u1 order_id=o2 revenue=20 shipping=4.9 tax=0
      total=24 currency=EUR
    2026-03-02 10:02  "Order Completed"  user_id=u1 order_id=o3 revenue=20 currency=USD
    2026-03-02 10:03  "Order Completed"  user_id=u1 order_id=o4 revenue=20
    2026-03-02 10:04  "Order Refunded"   user_id=u1 refund_id=r1 refund=1.999 currency=EUR
    2026-03-02 10:05  "Order Refunded"   user_id=u1 refund_id=r2 refund=1.99 currency=CHF
  ]],
  expect = { quality = { order_money = { bad = { 2, 3, 4, 5 }, of = 6 } } },
}

scenario "a visit that looks like ours and carries no mark is reported" {
  given = [[
    2026-03-02 10:00  page  user_id=u1 email=kim+test@example.com
    2026-03-02 10:01  page  user_id=u2 email=kim+test@example.com is_test=true
    2026-03-02 10:02  page  user_id=u3 context.page.url=https://staging.shop.example.com/
    2026-03-02 10:03  page  user_id=u4 context.page.url=https://shop.example.com/staging
  ]],
  expect = { quality = { test_traffic_marked = { bad = { 1, 3 }, of = 3 } } },
}

scenario "an order that comes in twice is reported once" {
  given = [[
    2026-03-02 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=20 currency=EUR
    2026-03-02 10:01  "Order Completed"  user_id=u1 order_id=o1 revenue=20 currency=EUR
    2026-03-02 10:02  "Order Completed"  user_id=u1 order_id=o2 revenue=20 currency=EUR
  ]],
  expect = { quality = { orders_once = { bad = { 2 }, of = 3 } } },
}

scenario "all four channels ask for consent and can be stopped" {
  given = [[
    2026-03-02 10:00  page  user_id=u1
  ]],
  expect = { quality = { ready_to_send = { bad = {}, of = 4 } } },
}
