-- What suppression.lua, channels.lua and exports.lua promise. Times are UTC; in March noon in Berlin
-- is 11:00 UTC.

scenario "whoever asked to be deleted, or is on the list, is reached by nothing" {
  given = [[
    2026-03-02 09:00  "Account Created"    user_id=u1 email=u1@example.com
      consent.marketing=granted consent.ads=granted
    2026-03-02 09:00  "Account Created"    user_id=u2 email=paula@example.net
      consent.marketing=granted consent.ads=granted
    2026-03-02 09:00  "Account Created"    user_id=u3 email=u3@example.com
      consent.marketing=granted consent.ads=granted
    2026-03-02 10:00  "Erasure Requested"  user_id=u1
  ]],
  as_of = "2026-03-02 11:00",
  expect = {
    suppressed = {
      erasure_requested = { "user_id=u1" },
      do_not_contact = { "user_id=u2" },
      no_marketing_consent = {},
      no_ads_consent = {},
    },
    eligible = {
      email = { ["user_id=u3"] = "u3@example.com" },
      ads = { ["user_id=u3"] = "u3@example.com" },
    },
  },
}

scenario "offers want a yes to offers, ads want a yes to ads" {
  given = [[
    2026-03-02 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-03-02 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.ads=granted
    2026-03-02 09:00  "Account Created"  user_id=u3 email=u3@example.com
  ]],
  as_of = "2026-03-02 11:00",
  expect = {
    suppressed = {
      no_marketing_consent = { "user_id=u2", "user_id=u3" },
      no_ads_consent = { "user_id=u1", "user_id=u3" },
    },
    eligible = {
      email = { ["user_id=u1"] = "u1@example.com" },
      ads = { ["user_id=u2"] = "u2@example.com" },
    },
  },
}

scenario "an address that bounces is passed over, the other one of the customer is used" {
  given = [[
    2026-03-02 09:00  "Account Created"  user_id=u1 email=one@example.com consent.marketing=granted
    2026-03-03 09:00  "Account Created"  user_id=u1 email=two@example.com consent.marketing=granted
    2026-03-04 09:00  "Email Bounced"    email=two@example.com type=hard
    2026-03-02 09:00  "Account Created"  user_id=u2 email=six@example.com consent.marketing=granted
    2026-03-03 09:00  "Email Bounced"    email=six@example.com type=soft
    2026-03-04 09:00  "Email Bounced"    email=six@example.com type=soft
    2026-03-02 09:00  "Account Created"  user_id=u3 email=ten@example.com consent.marketing=granted
    2026-03-03 09:00  "Email Bounced"    email=ten@example.com type=soft
    2026-03-04 09:00  "Email Bounced"    email=ten@example.com type=soft
    2026-03-05 09:00  "Email Bounced"    email=ten@example.com type=soft
  ]],
  cases = {
    {
      "a day later",
      as_of = "2026-03-06 11:00",
      expect = {
        suppressed = { mail_bounced = { "user_id=u1", "user_id=u3" } },
        eligible = {
          email = { ["user_id=u1"] = "one@example.com", ["user_id=u2"] = "six@example.com" },
        },
      },
    },
    {
      "half a year later",
      as_of = "2026-09-02 11:00",
      expect = {
        suppressed = { mail_bounced = {} },
        eligible = {
          email = {
            ["user_id=u1"] = "two@example.com",
            ["user_id=u2"] = "six@example.com",
            ["user_id=u3"] = "ten@example.com",
          },
        },
      },
    },
  },
}

scenario "no more mail and no more calls are two wishes" {
  given = [[
    2026-03-02 09:00  identify  source=crm crm_id=c1 email=u1@example.com phone=+493023125001
      trait.marketing_ok=true trait.do_not_call=true trait.has_opted_out_of_email=false
      trait.address.country=DE
    2026-03-02 09:00  identify  source=crm crm_id=c2 email=u2@example.com phone=+493023125002
      trait.marketing_ok=true trait.do_not_call=false trait.has_opted_out_of_email=true
      trait.address.country=DE
  ]],
  as_of = "2026-03-02 11:00",
  expect = {
    suppressed = { call_opt_out = { "crm_id=c1" }, mail_opt_out = { "crm_id=c2" } },
    eligible = {
      email = { ["crm_id=c1"] = "u1@example.com" },
      phone = { ["crm_id=c2"] = "+493023125002" },
    },
  },
}

scenario "an open complaint is answered before the next offer, by a call if need be" {
  given = [[
    2026-03-02 08:00  identify  source=crm crm_id=c1 user_id=u1 email=u1@example.com
      phone=+493023125001 trait.marketing_ok=true trait.address.country=AT
    2026-03-02 08:00  identify  source=crm crm_id=c2 user_id=u2 email=u2@example.com
      trait.marketing_ok=true
    2026-03-02 09:00  "Ticket Opened"  user_id=u1 ticket_id=t1
    2026-03-02 09:00  "Ticket Opened"  user_id=u2 ticket_id=t2
    2026-03-02 09:30  "Ticket Closed"  user_id=u2 ticket_id=t2
  ]],
  cases = {
    {
      as_of = "2026-03-02 11:00",
      expect = {
        suppressed = { open_complaint = { "user_id=u1" } },
        eligible = {
          email = { ["user_id=u2"] = "u2@example.com" },
          phone = { ["user_id=u1"] = "+493023125001" },
        },
      },
    },
    { "forgotten", as_of = "2026-05-01 09:00", expect = { suppressed = { open_complaint = {} } } },
  },
}

scenario "the sixteenth birthday is the first day with advertising" {
  given = [[
    2026-03-02 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-03-02 09:00  "Birthday Given"   user_id=u1 birthday=2010-03-10
    2026-03-02 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
  ]],
  cases = {
    {
      as_of = "2026-03-09 11:00",
      expect = {
        suppressed = { under_age = { "user_id=u1" } },
        eligible = { email = { ["user_id=u2"] = "u2@example.com" } },
      },
    },
    { as_of = "2026-03-10 11:00", expect = { suppressed = { under_age = {} } } },
  },
}

scenario "a suspicion holds back what goes out" {
  given = [[
    2026-03-02 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-03-02 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-03-02 09:00  "Account Created"  user_id=u3 email=u3@example.com consent.marketing=granted
    2026-03-02 09:10  "Order Completed"  user_id=u1 device_id=d1 order_id=o1 revenue=9 currency=EUR
      coupon=WELCOME10
    2026-03-02 09:20  "Order Completed"  user_id=u2 device_id=d1 order_id=o2 revenue=9 currency=EUR
      coupon=WELCOME10
    2026-03-02 09:30  "Order Completed"  user_id=u3 device_id=d3 order_id=o3 revenue=9 currency=EUR
      coupon=WELCOME10
  ]],
  as_of = "2026-03-02 11:00",
  expect = {
    suppressed = { fraud_hold = { "user_id=u2" } },
    eligible = { email = { ["user_id=u1"] = "u1@example.com", ["user_id=u3"] = "u3@example.com" } },
  },
}

scenario "so does a stolen card and a sign-in from the other side of the world" {
  given = [[
    2026-03-02 09:00  "Payment Failed"  user_id=u1 context.ip=203.0.113.2
    2026-03-02 09:01  "Payment Failed"  user_id=u1 context.ip=203.0.113.2
    2026-03-02 09:02  "Payment Failed"  user_id=u1 context.ip=203.0.113.2
    2026-03-02 09:03  "Payment Failed"  user_id=u1 context.ip=203.0.113.2
    2026-03-02 09:04  "Payment Failed"  user_id=u1 context.ip=203.0.113.2
    2026-03-02 09:00  "Payment Failed"  user_id=u2 context.ip=203.0.113.3
    2026-03-02 09:00  "Signed In"  user_id=u3 context.location.latitude=48.2
      context.location.longitude=16.4
    2026-03-02 11:00  "Signed In"  user_id=u3 context.location.latitude=40.7
      context.location.longitude=-74.0
  ]],
  expect = { suppressed = { fraud_hold = { "user_id=u1", "user_id=u3" } } },
}

scenario "mail comes once a day, three times a week, and not at night" {
  given = [[
    2026-03-01 10:00  "Account Created"  user_id=u1 email=u1@example.com
      consent.marketing=granted context.timezone=Europe/Lisbon
    2026-03-02 10:00  "Email Sent"       user_id=u1 message_id=m1 kind=marketing
    2026-03-02 12:00  "Email Sent"       user_id=u1 message_id=m2 kind=receipt
  ]],
  cases = {
    {
      "a day is not over",
      as_of = "2026-03-03 09:00",
      expect = { eligible_from = { email = { ["user_id=u1"] = "2026-03-03 10:00" } } },
    },
    {
      "night in Lisbon",
      as_of = "2026-03-03 21:30",
      expect = { eligible_from = { email = { ["user_id=u1"] = "2026-03-04 07:00" } } },
    },
    {
      "three in a week",
      given = [[
        2026-03-03 10:00  "Email Sent"  user_id=u1 message_id=m3 kind=marketing
        2026-03-04 10:00  "Email Sent"  user_id=u1 message_id=m4 kind=marketing
      ]],
      as_of = "2026-03-06 10:00",
      expect = { eligible_from = { email = { ["user_id=u1"] = "2026-03-09 10:00" } } },
    },
    {
      "now",
      as_of = "2026-03-03 10:00",
      expect = { eligible = { email = { ["user_id=u1"] = "u1@example.com" } } },
    },
  },
}

scenario "push goes to apps in use, twice a week" {
  given = [[
    2026-03-02 09:00  "Account Created"     user_id=u1 email=u1@example.com
      consent.marketing=granted
    2026-03-02 09:00  "Signed In"           platform=ios user_id=u1 push_token=tok1
      consent.identity=granted
    2026-03-02 09:01  "Application Opened"  platform=ios user_id=u1 push_token=tok1
    2026-03-02 10:00  "Push Sent"  user_id=u1
    2026-03-03 10:00  "Push Sent"  user_id=u1
  ]],
  cases = {
    {
      "twice",
      as_of = "2026-03-05 11:00",
      expect = { eligible_from = { push = { ["user_id=u1"] = "2026-03-09 10:00" } } },
    },
    {
      "a week later",
      as_of = "2026-03-10 11:00",
      expect = { eligible = { push = { ["user_id=u1"] = "tok1" } } },
    },
    {
      "at night",
      as_of = "2026-03-10 20:00",
      expect = { eligible_from = { push = { ["user_id=u1"] = "2026-03-11 07:00" } } },
    },
    { "long unused", as_of = "2026-06-30 11:00", expect = { eligible = { push = {} } } },
  },
}

scenario "service calls in office hours, where it speaks the language, once a month" {
  given = [[
    2026-03-02 09:00  identify  source=crm crm_id=c1 phone=+493023125001 trait.marketing_ok=true
      email=u1@example.com trait.address.country=DE
    2026-03-02 09:00  identify  source=crm crm_id=c2 phone=+493023125002 trait.marketing_ok=true
      email=u2@example.com trait.address.country=FR
  ]],
  cases = {
    {
      "noon",
      as_of = "2026-03-02 11:00",
      expect = { eligible = { phone = { ["crm_id=c1"] = "+493023125001" } } },
    },
    {
      "Saturday evening",
      as_of = "2026-03-07 17:00",
      expect = { eligible_from = { phone = { ["crm_id=c1"] = "2026-03-09 08:00" } } },
    },
    {
      "called",
      given = [[
        2026-03-03 10:00  "Call Made"  crm_id=c1
      ]],
      as_of = "2026-03-20 11:00",
      expect = { eligible_from = { phone = { ["crm_id=c1"] = "2026-04-02 10:00" } } },
    },
  },
}

scenario "the call list holds valuable customers at risk who may and can be called" {
  given = [[
    2026-01-02 09:00  identify  source=crm crm_id=c1 user_id=u1 email=u1@example.com
      phone=+493023125001 trait.marketing_ok=true trait.do_not_call=false trait.address.country=DE
    2026-01-02 09:00  identify  source=crm crm_id=c2 user_id=u2 email=u2@example.com
      phone=+493023125002 trait.marketing_ok=true trait.do_not_call=true trait.address.country=DE
    2026-01-02 09:00  identify  source=crm crm_id=c3 user_id=u3 email=u3@example.com
      trait.marketing_ok=true trait.do_not_call=false trait.address.country=DE
    2026-01-02 09:00  identify  source=crm crm_id=c4 user_id=u4 email=u4@example.com
      phone=+493023125004 trait.marketing_ok=false trait.do_not_call=false trait.address.country=DE
    2026-01-03 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=400 currency=EUR
    2026-01-03 10:00  "Order Completed"  user_id=u2 order_id=o2 revenue=400 currency=EUR
    2026-01-03 10:00  "Order Completed"  user_id=u3 order_id=o3 revenue=400 currency=EUR
    2026-01-03 10:00  "Order Completed"  user_id=u4 order_id=o4 revenue=400 currency=EUR
  ]],
  as_of = "2026-03-09 11:00",
  expect = {
    segments = { vip_at_risk = { "user_id=u1", "user_id=u2", "user_id=u3" } },
    exported = { vip_call_list = { "user_id=u1" } },
  },
}

scenario "carts are reminded by mail, if the mail arrives" {
  given = [[
    2026-03-02 08:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
    2026-03-02 08:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-03-02 08:00  "Account Created"  user_id=u3 email=u3@example.com consent.marketing=granted
    2026-03-02 08:30  "Product Added"    user_id=u1 cart_id=k1
    2026-03-02 08:30  "Product Added"    user_id=u2 cart_id=k2
    2026-03-02 10:00  "Email Bounced"    email=u2@example.com type=hard
  ]],
  as_of = "2026-03-02 12:00",
  expect = {
    segments = { cart_abandoners = { "user_id=u1", "user_id=u2" } },
    exported = { cart_reminder = { "user_id=u1" } },
  },
}

scenario "only champions who agreed to ads are looked for elsewhere" {
  given = [[
    2026-03-01 09:00  "Account Created"  user_id=u1 email=u1@example.com consent.marketing=granted
      consent.ads=granted
    2026-03-01 09:00  "Account Created"  user_id=u2 email=u2@example.com consent.marketing=granted
    2026-03-02 10:00  "Order Completed"  user_id=u1 order_id=a1 revenue=75 currency=EUR
    2026-03-03 10:00  "Order Completed"  user_id=u1 order_id=a2 revenue=75 currency=EUR
    2026-03-04 10:00  "Order Completed"  user_id=u1 order_id=a3 revenue=75 currency=EUR
    2026-03-05 10:00  "Order Completed"  user_id=u1 order_id=a4 revenue=75 currency=EUR
    2026-03-02 10:00  "Order Completed"  user_id=u2 order_id=b1 revenue=75 currency=EUR
    2026-03-03 10:00  "Order Completed"  user_id=u2 order_id=b2 revenue=75 currency=EUR
    2026-03-04 10:00  "Order Completed"  user_id=u2 order_id=b3 revenue=75 currency=EUR
    2026-03-05 10:00  "Order Completed"  user_id=u2 order_id=b4 revenue=75 currency=EUR
  ]],
  expect = {
    segments = { champions = { "user_id=u1", "user_id=u2" } },
    exported = { champions_elsewhere = { "user_id=u1" } },
  },
}
