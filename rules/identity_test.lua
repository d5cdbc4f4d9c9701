-- What identity.lua promises. Each promise is kept by one rule and fails without it. Times are UTC.

scenario "a sign-in brings the visits before it to the account" {
  given = [[
    2026-03-01 09:00  page         anonymous_id=a1 consent.identity=granted
    2026-03-01 09:05  "Signed In"  anonymous_id=a1 user_id=u1
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "anonymous_id=a1" } },
    same_owner = { { 1, 2 } },
  },
}

scenario "who does not want to be recognised is not" {
  given = [[
    2026-03-01 09:00  page         anonymous_id=a1
    2026-03-01 09:05  "Signed In"  anonymous_id=a1 user_id=u1
    2026-03-01 09:10  "Signed In"  anonymous_id=a2 user_id=u2 consent.identity=granted
    2026-03-09 09:10  page         anonymous_id=a2 consent.identity=denied
  ]],
  expect = {
    profiles = 4,
    refused = {
      { "user_id=u1", "anonymous_id=a1", because = "consent" },
      { "user_id=u2", "anonymous_id=a2", because = "consent" },
    },
  },
}

scenario "the tablet in the kitchen is whose turn it is" {
  given = [[
    2026-03-01 08:00  "Signed In"       user_id=mara device_id=tab consent.identity=granted
    2026-03-01 08:20  "Product Viewed"  device_id=tab product_id=p1
    2026-03-01 20:00  "Signed In"       user_id=tom device_id=tab consent.identity=granted
    2026-03-01 20:10  "Product Viewed"  device_id=tab product_id=p2
  ]],
  expect = {
    profiles = 2,
    apart = { { "user_id=mara", "user_id=tom" } },
    owner = { [2] = "user_id=mara", [4] = "user_id=tom" },
  },
}

scenario "a new account has its address, and a typed one alone joins nobody to it" {
  given = [[
    2026-03-01 09:00  "Account Created"  user_id=u1 email=Kim@Example.com
    2026-03-01 10:00  "Email Opened"     email=kim@example.com message_id=m1
    2026-03-02 09:00  "Product Viewed"   user_id=u2 email=lee@example.com product_id=p1
  ]],
  expect = {
    exactly = {
      { "user_id=u1", "email=kim@example.com" },
      { "user_id=u2" },
    },
    same_owner = { { 1, 2 } },
  },
}

scenario "service's record joins, and the same words from the web do not" {
  given = [[
    2026-03-01 09:00  identify  source=crm crm_id=c1 user_id=u1 email=kim@example.com
      phone="+49 30 23125-001"
    2026-03-01 10:00  identify  source=web user_id=u2 phone="+49 30 23125-002"
  ]],
  expect = {
    exactly = {
      { "crm_id=c1", "user_id=u1", "email=kim@example.com", "phone=+493023125001" },
      { "user_id=u2" },
    },
  },
}

scenario "one mailbox in two records is shown to a steward and joins neither" {
  given = [[
    2026-03-01 09:00  identify        source=crm crm_id=c1 email=desk@example.com
    2026-03-01 09:30  identify        source=crm crm_id=c2 email=desk@example.com
    2026-03-02 09:00  "Email Opened"  email=desk@example.com message_id=m1
  ]],
  expect = {
    profiles = 3,
    exactly = { { "crm_id=c1" }, { "crm_id=c2" } },
    shared = { "email=desk@example.com" },
    owner = { [3] = "anonymous" },
  },
}

scenario "two merged records are reported, and a steward may join them" {
  given = [[
    2026-03-01 09:00  identify  source=crm crm_id=c1 email=kim@example.com
    2026-03-01 09:00  identify  source=crm crm_id=c2 email=kim.old@example.com
    2026-03-05 09:00  alias     source=crm crm_id=c1 crm_id=c2
    2026-03-06 09:00  alias     source=web crm_id=c1 crm_id=c3
  ]],
  cases = {
    {
      "reported",
      expect = {
        apart = { { "crm_id=c1", "crm_id=c2" } },
        refused = { { "crm_id=c1", "crm_id=c2", because = "per_profile" } },
      },
    },
    {
      "joined",
      decisions = { { "join", "crm_id=c1", "crm_id=c2" } },
      expect = {
        together = { { "crm_id=c1", "crm_id=c2", "email=kim.old@example.com" } },
        refused = {},
      },
    },
  },
}

scenario "a guest's order has the browser it was placed in, if the guest agreed" {
  given = [[
    2026-03-01 09:00  page               anonymous_id=a1 consent.identity=granted
    2026-03-01 09:20  "Order Completed"  anonymous_id=a1 email=pat@example.com order_id=o1
    2026-03-01 09:00  page               anonymous_id=a2
    2026-03-01 09:20  "Order Completed"  anonymous_id=a2 email=sam@example.com order_id=o2
  ]],
  expect = {
    exactly = {
      { "email=pat@example.com", "anonymous_id=a1" },
      { "email=sam@example.com" },
      { "anonymous_id=a2" },
    },
  },
}

scenario "a confirmed newsletter names the browser, a sign-up form alone does not" {
  given = [[
    2026-03-01 09:00  "Newsletter Requested"  anonymous_id=a1 email=pat@example.com
      consent.identity=granted
    2026-03-01 09:00  "Newsletter Requested"  anonymous_id=a2 email=sam@example.com
      consent.identity=granted
    2026-03-01 09:10  "Newsletter Confirmed"  anonymous_id=a1 email=pat@example.com
      consent.identity=granted
    2026-03-01 09:10  "Newsletter Confirmed"  anonymous_id=a3 email=lee@example.com
  ]],
  expect = {
    exactly = {
      { "email=pat@example.com", "anonymous_id=a1" },
      { "email=sam@example.com" },
      { "email=lee@example.com" },
    },
  },
}

scenario "a sign-in brings 30 days of visits along, not a year" {
  given = [[
    2026-01-01 09:00  page         anonymous_id=a1 consent.identity=granted
    2026-03-01 09:00  page         anonymous_id=a1
    2026-03-20 09:05  "Signed In"  anonymous_id=a1 user_id=u1 consent.identity=granted
  ]],
  expect = {
    same_owner = { { 2, 3 } },
    other_owner = { { 1, 3 } },
  },
}

scenario "a phone number that nobody names for 18 months may be somebody else's" {
  given = [[
    2024-01-01 09:00  identify  source=crm crm_id=c1 phone=+493023125001
  ]],
  cases = {
    {
      as_of = "2025-06-24 09:00",
      expect = { exactly = { { "crm_id=c1", "phone=+493023125001" } } },
    },
    { as_of = "2025-06-24 09:01", expect = { exactly = { { "crm_id=c1" } } } },
  },
}

scenario "an app goes with its device, a browser that names one does not" {
  given = [[
    2026-03-01 09:00  "Application Opened"  platform=ios anonymous_id=a1 device_id=d1 push_token=p1
    2026-03-01 09:00  page                  platform=web anonymous_id=a2 device_id=d2
  ]],
  expect = {
    exactly = {
      { "anonymous_id=a1", "device_id=d1", "push_token=p1" },
      { "anonymous_id=a2" },
    },
  },
}

scenario "the advertising id joins the device of whoever agreed to ads" {
  given = [[
    2026-03-01 09:00  "Application Opened"  platform=ios device_id=d1 consent.ads=granted
      advertising_id=AAAAAAAA-0000-1111-2222-000000000001
    2026-03-01 09:00  "Application Opened"  platform=ios device_id=d2
      advertising_id=AAAAAAAA-0000-1111-2222-000000000002
  ]],
  expect = {
    exactly = {
      { "device_id=d1", "advertising_id=aaaaaaaa-0000-1111-2222-000000000001" },
      { "device_id=d2" },
    },
  },
}

scenario "declared separate stays separate, on whatever device they meet" {
  given = [[
    2026-03-01 08:00  "Accounts Declared Separate"  user_id=home other_user_id=work
    2026-03-01 09:00  identify  source=crm crm_id=c1 user_id=home email=kim@example.com
    2026-03-01 09:10  "Account Created"  user_id=work email=kim@example.com
    2026-03-01 09:10  "Account Created"  user_id=more email=kim@example.com
  ]],
  expect = {
    apart = { { "user_id=home", "user_id=work" } },
    refused = {
      { "user_id=work", "email=kim@example.com", because = "never_link" },
      { "user_id=more", "email=kim@example.com", because = "per_profile" },
    },
  },
}

scenario "an account that was passed on takes nothing of the past along" {
  given = [[
    2026-01-10 09:00  "Account Created"    user_id=club email=old@example.com
    2026-01-20 09:00  "Order Completed"    user_id=club order_id=o1
    2026-02-01 09:00  "Account Passed On"  user_id=club new_email=new@example.com
    2026-02-02 09:00  "Email Opened"       email=new@example.com message_id=m1
    2026-02-10 09:00  "Order Completed"    user_id=club order_id=o2
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "email=old@example.com" },
      { "user_id=club", "email=new@example.com" },
    },
    owner = { [2] = "email=old@example.com", [5] = "email=new@example.com" },
  },
}

scenario "what software writes for nobody makes nobody one customer" {
  given = [[
    2026-03-01 09:00  identify  source=crm user_id=NULL email=kim@example.com
    2026-03-01 09:01  identify  source=crm user_id=null email=pat@example.com
    2026-03-01 09:02  identify  source=crm crm_id=c1 email=noreply@shop.example.com
    2026-03-01 09:03  identify  source=crm crm_id=c2 phone=0000000000
    2026-03-01 09:03  identify  source=crm crm_id=n/a email=sam@example.com
    2026-03-01 09:03  "Application Opened"  platform=ios anonymous_id=a2 advertising_id=off
    2026-03-01 09:04  "Application Opened"  platform=ios device_id=unknown anonymous_id=a1
      advertising_id=00000000-0000-0000-0000-000000000000
  ]],
  expect = {
    exactly = {
      { "email=kim@example.com" },
      { "email=pat@example.com" },
      { "crm_id=c1" },
      { "crm_id=c2" },
      { "email=sam@example.com" },
      { "anonymous_id=a1" },
      { "anonymous_id=a2" },
    },
    ignored = {
      "user_id=null", "crm_id=n/a", "advertising_id=off", "email=noreply@shop.example.com",
      "phone=0000000000", "device_id=unknown",
      "advertising_id=00000000-0000-0000-0000-000000000000",
    },
  },
}

-- 4 addresses belong to one account, a fifth is one too many.
scenario "a profile holds what one person holds" {
  given = [[
    2026-03-01 09:00  "Account Created"  user_id=u1 email=k1@example.com
    2026-03-02 09:00  "Account Created"  user_id=u1 email=k2@example.com
    2026-03-03 09:00  "Account Created"  user_id=u1 email=k3@example.com
    2026-03-04 09:00  "Account Created"  user_id=u1 email=k4@example.com
  ]],
  cases = {
    { "four", expect = { profiles = 1, refused = {} } },
    {
      "five",
      given = [[
        2026-03-05 09:00  "Account Created"  user_id=u1 email=k5@example.com
        2026-03-05 10:00  "Email Opened"     email=k1@example.com message_id=m1
      ]],
      expect = { refused = { { "user_id=u1", "email=k1@example.com", because = "per_profile" } } },
    },
  },
}

-- 4 + 3 + 40 + 15 + 10 + 10 + 2 are the limits of single namespaces; browsers of other months add to
-- them, until 150 identifiers are too much for anybody.
local months = {}
for month = 1, 4 do
  for browser = 1, 38 do
    months[#months + 1] = string.format(
      '2026-%02d-01 09:%02d "Signed In" user_id=u1 anonymous_id=m%db%d consent.identity=granted',
      month * 2, browser, month, browser
    )
  end
end

scenario "nobody has more than 150 identifiers" {
  given = table.concat(months, "\n"),
  expect = {
    apart = { { "user_id=u1", "anonymous_id=m1b1" } },
    together = { { "user_id=u1", "anonymous_id=m4b38" } },
    refused = {
      { "user_id=u1", "anonymous_id=m1b1", because = "ceiling" },
      { "user_id=u1", "anonymous_id=m1b2", because = "ceiling" },
      { "user_id=u1", "anonymous_id=m1b3", because = "ceiling" },
    },
  },
}
