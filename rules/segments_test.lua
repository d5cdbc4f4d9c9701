-- What scores.lua and segments.lua promise. Times are UTC, days begin in Berlin.

scenario "the points of churn add up, each for its reason" {
  given = [[
    2026-01-05 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=40 currency=EUR
    2026-01-05 10:00  "Order Completed"  user_id=u2 order_id=o2 revenue=40 currency=EUR
    2026-01-05 10:00  page               user_id=u1
    2026-01-05 10:00  page               user_id=u2
    2026-01-05 10:00  identify  source=crm crm_id=c2 user_id=u2 trait.loyalty_tier=gold
  ]],
  cases = {
    {
      "a fresh order",
      as_of = "2026-01-06 10:00",
      expect = {
        scores = { churn_risk = { ["user_id=u1"] = 10, ["user_id=u2"] = 0 } },
        bands = { churn_risk = { ["user_id=u1"] = "low" } },
      },
    },
    {
      "no visit for 30 days",
      as_of = "2026-02-04 10:00",
      expect = { scores = { churn_risk = { ["user_id=u1"] = 30 } } },
    },
    {
      "no order for 60 days",
      as_of = "2026-03-06 10:00",
      expect = {
        scores = { churn_risk = { ["user_id=u1"] = 60, ["user_id=u2"] = 40 } },
        bands = { churn_risk = { ["user_id=u1"] = "high", ["user_id=u2"] = "medium" } },
      },
    },
    {
      "two complaints",
      given = [[
        2026-02-20 10:00  "Ticket Opened"  user_id=u1 ticket_id=t1
        2026-02-21 10:00  "Ticket Opened"  user_id=u1 ticket_id=t2
        2026-02-21 10:00  "Ticket Opened"  user_id=u2 ticket_id=t3
      ]],
      as_of = "2026-03-06 10:00",
      expect = { scores = { churn_risk = { ["user_id=u1"] = 75, ["user_id=u2"] = 40 } } },
    },
    {
      "three of five mails unopened",
      given = [[
        2026-02-01 10:00  "Email Sent"    user_id=u1 message_id=m1
        2026-02-02 10:00  "Email Sent"    user_id=u1 message_id=m2
        2026-02-02 10:00  "Email Opened"  user_id=u1 message_id=m2
        2026-02-03 10:00  "Email Sent"    user_id=u1 message_id=m3
        2026-02-04 10:00  "Email Sent"    user_id=u1 message_id=m4
        2026-02-05 10:00  "Email Sent"    user_id=u1 message_id=m5
        2026-02-06 10:00  "Email Opened"  user_id=u1 message_id=m5
        2026-02-01 10:00  "Email Sent"    user_id=u2 message_id=n1
        2026-02-02 10:00  "Email Sent"    user_id=u2 message_id=n2
      ]],
      as_of = "2026-03-06 10:00",
      expect = { scores = { churn_risk = { ["user_id=u1"] = 75, ["user_id=u2"] = 40 } } },
    },
    {
      "the last five opened, whatever was before",
      given = [[
        2026-01-10 10:00  "Email Sent"    user_id=u1 message_id=m1
        2026-01-11 10:00  "Email Sent"    user_id=u1 message_id=m2
        2026-01-12 10:00  "Email Sent"    user_id=u1 message_id=m3
        2026-02-01 10:00  "Email Sent"    user_id=u1 message_id=m4
        2026-02-02 10:00  "Email Opened"  user_id=u1 message_id=m4
        2026-02-03 10:00  "Email Sent"    user_id=u1 message_id=m5
        2026-02-04 10:00  "Email Opened"  user_id=u1 message_id=m5
        2026-02-05 10:00  "Email Sent"    user_id=u1 message_id=m6
        2026-02-06 10:00  "Email Opened"  user_id=u1 message_id=m6
        2026-02-07 10:00  "Email Sent"    user_id=u1 message_id=m7
        2026-02-08 10:00  "Email Sent"    user_id=u1 message_id=m8
      ]],
      as_of = "2026-03-06 10:00",
      expect = { scores = { churn_risk = { ["user_id=u1"] = 60 } } },
    },
  },
}

scenario "engagement is what happened lately" {
  given = [[
    2026-03-01 10:00  "Order Completed"     user_id=u1 platform=web order_id=o1 revenue=40
      currency=EUR
    2026-03-02 10:00  page                  user_id=u1 platform=web
    2026-03-03 10:00  page                  user_id=u1 platform=web
    2026-03-04 10:00  "Email Opened"        user_id=u1 message_id=m1
    2026-03-05 10:00  "Application Opened"  user_id=u1 platform=ios
    2026-03-05 10:00  page                  user_id=u2 platform=web
  ]],
  cases = {
    {
      as_of = "2026-03-06 10:00",
      expect = {
        scores = { engagement = { ["user_id=u1"] = 100, ["user_id=u2"] = 0 } },
        bands = { engagement = { ["user_id=u1"] = "close", ["user_id=u2"] = "far" } },
      },
    },
    {
      as_of = "2026-04-10 10:00",
      expect = {
        scores = { engagement = { ["user_id=u1"] = 40 } },
        bands = { engagement = { ["user_id=u1"] = "near" } },
      },
    },
    { as_of = "2026-04-30 10:00", expect = { scores = { engagement = { ["user_id=u1"] = 0 } } } },
  },
}

scenario "champions buy often, lately and for much; the others who return are loyal" {
  given = [[
    2026-01-01 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-01-01 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-01-01 09:00  "Account Created"  user_id=u3 email=u3@example.com
    2026-01-01 09:00  "Account Created"  user_id=u4 email=u4@example.com consent.marketing=granted
    2026-01-01 09:00  "Account Created"  user_id=u5 email=u5@example.com consent.marketing=granted
    2026-01-02 10:00  "Order Completed"  user_id=u1 order_id=a1 revenue=75 currency=EUR
    2026-01-03 10:00  "Order Completed"  user_id=u1 order_id=a2 revenue=75 currency=EUR
    2026-01-04 10:00  "Order Completed"  user_id=u1 order_id=a3 revenue=75 currency=EUR
    2026-01-05 10:00  "Order Completed"  user_id=u1 order_id=a4 revenue=75 currency=EUR
    2026-01-02 10:00  "Order Completed"  user_id=u2 order_id=b1 revenue=75 currency=EUR
    2026-01-05 10:00  "Order Completed"  user_id=u2 order_id=b2 revenue=75 currency=EUR
    2026-01-02 10:00  "Order Completed"  user_id=u3 order_id=c1 revenue=75 currency=EUR
    2026-01-03 10:00  "Order Completed"  user_id=u3 order_id=c2 revenue=75 currency=EUR
    2026-01-04 10:00  "Order Completed"  user_id=u3 order_id=c3 revenue=75 currency=EUR
    2026-01-05 10:00  "Order Completed"  user_id=u3 order_id=c4 revenue=75 currency=EUR
    2026-01-05 10:00  "Order Completed"  user_id=u4 order_id=d1 revenue=400 currency=EUR
    2026-01-02 10:00  "Order Completed"  user_id=u5 order_id=e1 revenue=10 currency=EUR
    2026-01-03 10:00  "Order Completed"  user_id=u5 order_id=e2 revenue=10 currency=EUR
    2026-01-04 10:00  "Order Completed"  user_id=u5 order_id=e3 revenue=10 currency=EUR
    2026-01-05 10:00  "Order Completed"  user_id=u5 order_id=e4 revenue=10 currency=EUR
  ]],
  cases = {
    {
      as_of = "2026-01-10 10:00",
      expect = {
        segments = {
          champions = { "user_id=u1" },
          loyal_customers = { "user_id=u2", "user_id=u5" },
          vip = { "user_id=u1", "user_id=u3", "user_id=u4" },
        },
      },
    },
    {
      "two months later",
      as_of = "2026-03-07 12:00",
      expect = {
        segments = {
          champions = {},
          loyal_customers = { "user_id=u1", "user_id=u2", "user_id=u5" },
          lapsing = { "user_id=u1", "user_id=u2", "user_id=u5" },
        },
      },
    },
    {
      "six months later",
      as_of = "2026-07-05 12:00",
      expect = { segments = { loyal_customers = {}, lapsing = {} } },
    },
  },
}

scenario "at risk is who is worth 300 EUR, shows the signs and agreed to be asked" {
  given = [[
    2026-01-01 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-01-01 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-01-01 09:00  "Account Created"  user_id=u3 email=u3@example.com
    2026-01-01 09:00  "Account Created"  user_id=u4 email=u4@example.com consent.marketing=granted
    2026-01-02 10:00  "Order Completed"  user_id=u1 order_id=a1 revenue=150 currency=EUR
    2026-01-05 10:00  "Order Completed"  user_id=u1 order_id=a2 revenue=150 currency=EUR
    2026-01-05 10:00  "Order Completed"  user_id=u2 order_id=b1 revenue=299.99 currency=EUR
    2026-01-05 10:00  "Order Completed"  user_id=u3 order_id=c1 revenue=900 currency=EUR
    2026-01-05 10:00  "Order Completed"  user_id=u4 order_id=d1 revenue=900 currency=EUR
    2026-01-06 10:00  identify  source=crm crm_id=c4 user_id=u4 trait.account_type=employee
  ]],
  cases = {
    { as_of = "2026-03-06 09:59", expect = { segments = { vip_at_risk = {} } } },
    {
      as_of = "2026-03-06 10:00",
      expect = {
        segments = { vip_at_risk = { "user_id=u1" }, high_churn_risk = { "user_id=u1" } },
      },
    },
    {
      "a visit",
      given = [[
        2026-02-20 10:00  page  user_id=u1
      ]],
      as_of = "2026-03-06 10:00",
      expect = { segments = { vip_at_risk = {}, high_churn_risk = {} } },
    },
    {
      "a refund",
      given = [[
        2026-01-09 10:00  "Order Refunded"  user_id=u1 refund_id=r1 refund=0.01 currency=EUR
      ]],
      as_of = "2026-03-06 10:00",
      expect = { segments = { vip_at_risk = {}, high_churn_risk = { "user_id=u1" } } },
    },
  },
}

scenario "a customer is new for 30 days, then the second order is awaited for 60" {
  given = [[
    2026-01-01 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-01-01 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-01-02 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=40 currency=EUR
    2026-01-02 10:00  "Order Completed"  user_id=u2 order_id=o2 revenue=40 currency=EUR
    2026-01-20 10:00  "Order Completed"  user_id=u2 order_id=o3 revenue=40 currency=EUR
    2026-01-20 10:00  page               user_id=u3
  ]],
  cases = {
    {
      as_of = "2026-02-01 09:59",
      expect = {
        segments = { new_customers = { "user_id=u1", "user_id=u2" }, second_order_due = {} },
      },
    },
    {
      as_of = "2026-02-01 10:00",
      expect = { segments = { new_customers = {}, second_order_due = { "user_id=u1" } } },
    },
    { as_of = "2026-04-02 09:59", expect = { segments = { second_order_due = { "user_id=u1" } } } },
    { as_of = "2026-04-02 10:00", expect = { segments = { second_order_due = {} } } },
  },
}

scenario "lost after a year, reactivated by the order after the silence" {
  given = [[
    2025-01-10 09:00  "Account Created"  user_id=u1 email=u1@example.com
    2025-01-10 09:00  "Account Created"  user_id=u2 email=u2@example.com
    2025-01-10 10:00  "Order Completed"  user_id=u1 order_id=a1 revenue=40 currency=EUR
    2025-01-10 10:00  "Order Completed"  user_id=u2 order_id=b1 revenue=40 currency=EUR
    2025-01-10 10:00  "Newsletter Confirmed"  email=u1@example.com
    2025-01-10 10:00  "Newsletter Confirmed"  email=u2@example.com
  ]],
  cases = {
    { as_of = "2026-01-10 09:59", expect = { segments = { lost_customers = {} } } },
    {
      as_of = "2026-01-10 10:00",
      expect = { segments = { lost_customers = { "user_id=u1", "user_id=u2" } } },
    },
    {
      "back again",
      given = [[
        2025-08-10 10:00  "Order Completed"  user_id=u2 order_id=b2 revenue=40 currency=EUR
        2026-01-12 10:00  "Order Completed"  user_id=u1 order_id=a2 revenue=40 currency=EUR
        2026-01-12 10:00  "Order Completed"  user_id=u2 order_id=b3 revenue=40 currency=EUR
        2026-01-12 09:00  "Account Created"  user_id=u3 email=u3@example.com
          consent.marketing=granted
        2026-01-12 10:00  "Order Completed"  user_id=u3 order_id=c1 revenue=40 currency=EUR
      ]],
      as_of = "2026-01-15 10:00",
      expect = { segments = { lost_customers = {}, reactivated = { "user_id=u1" } } },
    },
    {
      "and a month on",
      given = [[
        2026-01-12 10:00  "Order Completed"  user_id=u1 order_id=a2 revenue=40 currency=EUR
      ]],
      as_of = "2026-02-11 10:00",
      expect = { segments = { reactivated = {} } },
    },
  },
}

scenario "a cart is left standing after three hours, until it is bought, emptied or forgotten" {
  given = [[
    2026-03-01 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-03-01 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-03-01 09:00  "Account Created"  user_id=u3 email=u3@example.com consent.marketing=granted
    2026-03-01 09:00  "Account Created"  user_id=u4 email=u4@example.com
    2026-03-02 10:00  "Product Added"    user_id=u1 cart_id=k1
    2026-03-02 10:00  "Product Added"    user_id=u2 cart_id=k2
    2026-03-02 10:00  "Product Added"    user_id=u3 cart_id=k3
    2026-03-02 10:00  "Product Added"    user_id=u4 cart_id=k4
    2026-03-02 11:00  "Order Completed"  user_id=u1 cart_id=k0 order_id=o1 revenue=5 currency=EUR
    2026-03-02 11:00  "Order Completed"  user_id=u2 cart_id=k2 order_id=o2 revenue=5 currency=EUR
    2026-03-02 11:00  "Cart Emptied"     user_id=u3 cart_id=k3
  ]],
  cases = {
    { as_of = "2026-03-02 12:59", expect = { segments = { cart_abandoners = {} } } },
    { as_of = "2026-03-02 13:00", expect = { segments = { cart_abandoners = { "user_id=u1" } } } },
    { as_of = "2026-03-07 09:59", expect = { segments = { cart_abandoners = { "user_id=u1" } } } },
    { as_of = "2026-03-07 10:00", expect = { segments = { cart_abandoners = {} } } },
  },
}

scenario "three days for one product is interest, three products are a stroll" {
  given = [[
    2026-03-01 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-03-01 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-03-01 09:00  "Account Created"  user_id=u3 email=u3@example.com consent.marketing=granted
    2026-03-01 10:00  "Product Viewed"   user_id=u1 product_id=p1
    2026-03-02 10:00  "Product Viewed"   user_id=u1 product_id=p1
    2026-03-03 10:00  "Product Viewed"   user_id=u1 product_id=p1
    2026-03-01 10:00  "Product Viewed"   user_id=u2 product_id=p1
    2026-03-02 10:00  "Product Viewed"   user_id=u2 product_id=p2
    2026-03-03 10:00  "Product Viewed"   user_id=u2 product_id=p3
    2026-03-01 10:00  "Product Viewed"   user_id=u3 product_id=p1
    2026-03-02 10:00  "Product Viewed"   user_id=u3 product_id=p1
    2026-03-03 10:00  "Product Viewed"   user_id=u3 product_id=p1
    2026-03-03 10:10  "Product Added"    user_id=u3 product_id=p1 cart_id=k3
  ]],
  expect = { segments = { browse_abandoners = { "user_id=u1" } } },
}

scenario "a discount hunter uses coupons for more than half of three orders" {
  given = [[
    2026-01-01 10:00  "Order Completed"  user_id=u1 order_id=a1 revenue=40 currency=EUR coupon=A
    2026-01-02 10:00  "Order Completed"  user_id=u1 order_id=a2 revenue=40 currency=EUR coupon=B
    2026-01-03 10:00  "Order Completed"  user_id=u1 order_id=a3 revenue=40 currency=EUR
    2026-01-01 10:00  "Order Completed"  user_id=u2 order_id=b1 revenue=40 currency=EUR coupon=A
    2026-01-02 10:00  "Order Completed"  user_id=u2 order_id=b2 revenue=40 currency=EUR coupon=B
    2026-01-01 10:00  "Order Completed"  user_id=u3 order_id=c1 revenue=40 currency=EUR coupon=A
    2026-01-02 10:00  "Order Completed"  user_id=u3 order_id=c2 revenue=40 currency=EUR coupon=B
    2026-01-03 10:00  "Order Completed"  user_id=u3 order_id=c3 revenue=40 currency=EUR
    2026-01-04 10:00  "Order Completed"  user_id=u3 order_id=c4 revenue=40 currency=EUR
  ]],
  expect = { segments = { discount_hunters = { "user_id=u1" } } },
}

scenario "more than a third sent back is often" {
  given = [[
    2026-01-01 10:00  "Order Completed"  user_id=u1 order_id=a1 revenue=50 currency=EUR
    2026-01-02 10:00  "Order Completed"  user_id=u1 order_id=a2 revenue=50 currency=EUR
    2026-01-09 10:00  "Order Refunded"   user_id=u1 refund_id=r1 refund=33.01 currency=EUR
    2026-01-01 10:00  "Order Completed"  user_id=u2 order_id=b1 revenue=50 currency=EUR
    2026-01-02 10:00  "Order Completed"  user_id=u2 order_id=b2 revenue=50 currency=EUR
    2026-01-09 10:00  "Order Refunded"   user_id=u2 refund_id=r2 refund=33 currency=EUR
    2026-01-02 10:00  "Order Completed"  user_id=u3 order_id=c1 revenue=50 currency=EUR
    2026-01-09 10:00  "Order Refunded"   user_id=u3 refund_id=r3 refund=50 currency=EUR
  ]],
  expect = { segments = { frequent_returners = { "user_id=u1" } } },
}

scenario "who opens three mails reads them, who opens one three times does not" {
  given = [[
    2026-03-01 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-03-01 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-03-02 10:00  "Email Opened"     user_id=u1 message_id=m1
    2026-03-03 10:00  "Email Opened"     user_id=u1 message_id=m2
    2026-03-04 10:00  "Email Opened"     user_id=u1 message_id=m3
    2026-03-02 10:00  "Email Opened"     user_id=u2 message_id=m4
    2026-03-03 10:00  "Email Opened"     user_id=u2 message_id=m4
    2026-03-04 10:00  "Email Opened"     user_id=u2 message_id=m4
  ]],
  cases = {
    {
      as_of = "2026-05-01 09:59",
      expect = { segments = { newsletter_readers = { "user_id=u1" } } },
    },
    { as_of = "2026-05-01 10:00", expect = { segments = { newsletter_readers = {} } } },
  },
}

scenario "app and web are two windows to one shop" {
  given = [[
    2026-03-01 09:00  page                  user_id=u1 platform=web
    2026-03-01 10:00  "Application Opened"  user_id=u1 platform=android
    2026-03-01 10:00  page                  user_id=u2 platform=web
    2026-03-01 10:00  "Application Opened"  user_id=u3 platform=ios
  ]],
  cases = {
    { as_of = "2026-03-31 08:59", expect = { segments = { app_and_web = { "user_id=u1" } } } },
    { as_of = "2026-03-31 09:00", expect = { segments = { app_and_web = {} } } },
  },
}

scenario "an app sleeps after 45 days, unless it was taken off the phone" {
  given = [[
    2026-01-01 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-01-01 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-01-01 10:00  "Application Installed"    user_id=u1 platform=ios
    2026-01-01 10:01  "Application Opened"       user_id=u1 platform=ios
    2026-01-01 10:00  "Application Installed"    user_id=u2 platform=ios
    2026-01-01 10:01  "Application Opened"       user_id=u2 platform=ios
    2026-01-09 10:00  "Application Uninstalled"  user_id=u2 platform=ios
  ]],
  cases = {
    { as_of = "2026-02-15 10:00", expect = { segments = { dormant_app_users = {} } } },
    {
      as_of = "2026-02-15 10:01",
      expect = { segments = { dormant_app_users = { "user_id=u1" } } },
    },
  },
}

scenario "a birthday is near six days before it and on the day, in any year" {
  given = [[
    2026-03-01 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-03-01 09:00  "Birthday Given"   user_id=u1 birthday=1990-03-12
    2026-03-01 09:00  "Birthday Given"   user_id=u2 birthday=1990-03-12
  ]],
  cases = {
    { as_of = "2026-03-04 12:00", expect = { segments = { birthday_soon = {} } } },
    { as_of = "2026-03-06 12:00", expect = { segments = { birthday_soon = { "user_id=u1" } } } },
    { as_of = "2026-03-12 12:00", expect = { segments = { birthday_soon = { "user_id=u1" } } } },
    { as_of = "2026-03-13 12:00", expect = { segments = { birthday_soon = {} } } },
  },
}

-- u1 may be written to, u2 works here, u3 did not agree. All three do the same.
local function three(lines)
  local text = ""
  for number = 1, 3 do
    text = text .. lines:gsub("@", "u" .. number) .. "\n"
  end
  return [[
    2025-01-01 09:00  "Account Created"  user_id=u1 email=u1@example.com
    2025-01-01 09:00  "Account Created"  user_id=u2 email=u2@example.com
    2025-01-01 09:00  "Account Created"  user_id=u3 email=u3@example.com
    2025-01-01 09:00  "Newsletter Confirmed"  email=u1@example.com
    2025-01-01 09:00  "Newsletter Confirmed"  email=u2@example.com
    2025-01-01 09:00  identify  source=crm crm_id=c2 user_id=u2 trait.account_type=employee
  ]] .. text
end

scenario "our own people and those who did not agree are no audience" {
  cases = {
    {
      "champions",
      given = three [[
        2026-01-02 10:00  "Order Completed"  user_id=@ order_id=@a revenue=90 currency=EUR
        2026-01-03 10:00  "Order Completed"  user_id=@ order_id=@b revenue=90 currency=EUR
        2026-01-04 10:00  "Order Completed"  user_id=@ order_id=@c revenue=90 currency=EUR
        2026-01-05 10:00  "Order Completed"  user_id=@ order_id=@d revenue=90 currency=EUR
      ]],
      expect = { segments = { champions = { "user_id=u1" }, loyal_customers = {} } },
    },
    {
      "loyal, then lapsing, then lost",
      given = three [[
        2025-02-02 10:00  "Order Completed"  user_id=@ order_id=@a revenue=90 currency=EUR
        2025-02-03 10:00  "Order Completed"  user_id=@ order_id=@b revenue=90 currency=EUR
      ]],
      as_of = "2025-05-01 12:00",
      expect = { segments = { loyal_customers = { "user_id=u1" }, lapsing = { "user_id=u1" } } },
    },
    {
      "lost",
      given = three [[
        2025-02-02 10:00  "Order Completed"  user_id=@ order_id=@a revenue=90 currency=EUR
      ]],
      as_of = "2026-03-01 12:00",
      expect = { segments = { lost_customers = { "user_id=u1" } } },
    },
    {
      "second order due",
      given = three [[
        2026-01-02 10:00  "Order Completed"  user_id=@ order_id=@a revenue=90 currency=EUR
      ]],
      as_of = "2026-02-20 12:00",
      expect = { segments = { second_order_due = { "user_id=u1" } } },
    },
    {
      "reactivated",
      given = three [[
        2025-02-02 10:00  "Order Completed"  user_id=@ order_id=@a revenue=90 currency=EUR
        2026-02-02 10:00  "Order Completed"  user_id=@ order_id=@b revenue=90 currency=EUR
      ]],
      expect = { segments = { reactivated = { "user_id=u1" } } },
    },
    {
      "a cart, a product, a mail, an app",
      given = three [[
        2026-02-02 10:00  "Application Installed"  user_id=@ platform=ios
        2026-02-02 10:00  "Application Opened"  user_id=@ platform=ios
        2026-05-01 10:00  "Product Viewed"  user_id=@ product_id=p1
        2026-05-02 10:00  "Product Viewed"  user_id=@ product_id=p1
        2026-05-03 10:00  "Product Viewed"  user_id=@ product_id=p1
        2026-05-03 10:00  "Email Opened"    user_id=@ message_id=m1
        2026-05-03 10:00  "Email Opened"    user_id=@ message_id=m2
        2026-05-03 10:00  "Email Opened"    user_id=@ message_id=m3
      ]],
      expect = {
        segments = {
          browse_abandoners = { "user_id=u1" },
          newsletter_readers = { "user_id=u1", "user_id=u2" },
          dormant_app_users = { "user_id=u1", "user_id=u2" },
        },
      },
    },
    {
      "a cart",
      given = three [[
        2026-05-01 10:00  "Product Added"  user_id=@ cart_id=@
      ]],
      as_of = "2026-05-02 10:00",
      expect = { segments = { cart_abandoners = { "user_id=u1" } } },
    },
  },
}

scenario "who collects vouchers is no audience" {
  given = [[
    2026-05-01 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-05-01 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-05-01 09:00  "Account Created"  user_id=u3 email=u3@example.com consent.marketing=granted
    2026-05-01 09:10  "Order Completed"  user_id=u1 device_id=d1 order_id=o1 coupon=WELCOME10
    2026-05-01 09:20  "Order Completed"  user_id=u2 device_id=d1 order_id=o2 coupon=WELCOME10
    2026-05-01 09:30  "Signed In"        user_id=u3 device_id=d9 consent.identity=granted
    2026-05-01 09:31  "Account Created"  user_id=x1 device_id=d9
    2026-05-01 09:32  "Account Created"  user_id=x2 device_id=d9
    2026-05-01 09:33  "Account Created"  user_id=x3 device_id=d9
    2026-05-01 09:34  "Account Created"  user_id=x4 device_id=d9
    2026-05-01 09:35  "Account Created"  user_id=x5 device_id=d9
    2026-05-02 10:00  "Product Added"    user_id=u1 cart_id=k1
    2026-05-02 10:00  "Product Added"    user_id=u2 cart_id=k2
    2026-05-02 10:00  "Product Added"    user_id=u3 cart_id=k3
  ]],
  as_of = "2026-05-02 15:00",
  expect = {
    fraud = { many_accounts_one_device = { suspicious = { "device_id=d9" }, reject = {} } },
    segments = { cart_abandoners = { "user_id=u1" } },
  },
}
