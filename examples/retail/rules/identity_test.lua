-- What identity.lua promises, on the cases of data/CASES.md. Times are UTC.

scenario "a family tablet keeps Anna and Ben apart" {
  given = [[
    2026-02-14 09:00  "Signed In"       user_id=u1001 anonymous_id=tab device_id=dev
      push_token=tok platform=android consent.identity=granted
    2026-02-14 19:00  "Signed In"       user_id=u1002 anonymous_id=tab device_id=dev
      push_token=tok platform=android consent.identity=granted
    2026-02-14 19:05  "Product Viewed"  anonymous_id=tab device_id=dev
      push_token=tok platform=android
    2026-03-08 10:00  "Signed In"       user_id=u1001 anonymous_id=tab device_id=dev
      push_token=tok platform=android consent.identity=granted
    2026-03-08 10:03  "Product Viewed"  anonymous_id=tab device_id=dev
      push_token=tok platform=android
  ]],
  expect = {
    profiles = 2,
    apart = { { "user_id=u1001", "user_id=u1002" } },
    together = { { "user_id=u1001", "device_id=dev", "anonymous_id=tab", "push_token=tok" } },
    owner = { [3] = "user_id=u1002", [5] = "user_id=u1001" },
  },
}

scenario "the visits before the account are Anna's, older ones are not" {
  given = [[
    2025-12-10 19:00  page               anonymous_id=laptop consent.identity=granted
    2026-01-06 19:12  page               anonymous_id=laptop consent.identity=granted
    2026-01-20 18:43  "Signed In"        user_id=u1001 anonymous_id=laptop consent.identity=granted
    2026-01-20 18:43  "Account Created"  user_id=u1001 email=anna@example.com
  ]],
  expect = {
    profiles = 2,
    owner = { [1] = "anonymous", [2] = "user_id=u1001" },
  },
}

scenario "one mailbox on two customer records belongs to neither" {
  given = [[
    09:00  identify        source=crm crm_id=c1 email=office@example.net
    09:10  identify        source=crm crm_id=c2 email=Office@example.net
    10:00  "Email Opened"  email=office@example.net
  ]],
  expect = {
    profiles = 3,
    exactly = { { "crm_id=c1" }, { "crm_id=c2" } },
    owner = { [3] = "anonymous" },
    shared = { "email=office@example.net" },
  },
}

scenario "a company account moves to the colleague, the old orders do not" {
  given = [[
    2026-01-08 10:00  identify  source=crm crm_id=c21 user_id=u1021 email=kornelia@firm.example.org
    2026-01-19 09:30  "Order Completed"      user_id=u1021 order_id=o1
    2026-02-25 10:00  identify  source=crm crm_id=c22 email=lutz@firm.example.org
    2026-03-02 00:00  "Account Handed Over"  user_id=u1021 new_crm_id=c22
    2026-03-16 09:30  "Order Completed"      user_id=u1021 order_id=o2
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "crm_id=c21", "email=kornelia@firm.example.org" },
      { "crm_id=c22", "email=lutz@firm.example.org", "user_id=u1021" },
    },
    owner = { [2] = "crm_id=c21", [5] = "crm_id=c22" },
  },
}

scenario "a recycled number goes to the newer record" {
  given = [[
    2026-01-15 10:00  identify  source=crm crm_id=c31 user_id=u1031 phone="+49 30 23125-031"
    2026-05-11 10:00  identify  source=crm crm_id=c32 user_id=u1032 phone=+493023125031
  ]],
  expect = {
    profiles = 2,
    apart = { { "user_id=u1031", "user_id=u1032" } },
    together = { { "crm_id=c32", "phone=+493023125031" } },
    refused = { { "crm_id=c31", "phone=+493023125031", because = "per_profile" } },
  },
}

scenario "null, zeros and noreply are nobody's" {
  given = [[
    09:00  "Signed In"  user_id=null anonymous_id=a1 consent.identity=granted
    09:05  "Signed In"  user_id=null anonymous_id=a2 consent.identity=granted
    09:10  identify  source=crm crm_id=c41 phone=0000000000 email=noreply@example.com
    09:15  identify  source=crm crm_id=c42 phone=0000000000 email=noreply@example.com
    09:20  "Application Installed"  anonymous_id=i1 platform=ios
      advertising_id=00000000-0000-0000-0000-000000000000
    09:25  "Application Installed"  anonymous_id=i2 platform=ios
      advertising_id=00000000-0000-0000-0000-000000000000
  ]],
  expect = {
    profiles = 6,
    ignored = {
      "user_id=null", "phone=0000000000", "email=noreply@example.com",
      "advertising_id=00000000-0000-0000-0000-000000000000",
    },
  },
}

scenario "without consent a sign-in ties nothing" {
  given = [[
    09:00  page         anonymous_id=a1 consent.identity=denied
    09:05  "Signed In"  user_id=u1042 anonymous_id=a1 consent.identity=denied
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1042" }, { "anonymous_id=a1" } },
    refused = { { "user_id=u1042", "anonymous_id=a1", because = "consent" } },
  },
}

scenario "consent that is withdrawn unties what was tied" {
  given = [[
    2026-02-04 20:03  "Signed In"  user_id=u1041 anonymous_id=a1 consent.identity=granted
    2026-02-18 20:00  page         anonymous_id=a1 consent.identity=granted
    2026-05-10 21:04  "Consent Preferences Saved"  user_id=u1041 anonymous_id=a1
      consent.identity=denied
  ]],
  cases = {
    {
      "before",
      as_of = "2026-05-10 21:03",
      expect = {
        profiles = 1,
        owner = { [2] = "user_id=u1041" },
      },
    },
    {
      "after",
      as_of = "2026-05-10 21:04",
      expect = {
        profiles = 2,
        apart = { { "user_id=u1041", "anonymous_id=a1" } },
        refused = { { "user_id=u1041", "anonymous_id=a1", because = "consent" } },
      },
    },
  },
}

scenario "a guest's checkout address brings the visit before it along" {
  given = [[
    09:01  "Product Viewed"   anonymous_id=a1 product_id=p-101 consent.identity=granted
    09:10  "Order Completed"  anonymous_id=a1 email=eve@example.com order_id=o1
      consent.identity=granted
  ]],
  expect = {
    profiles = 1,
    exactly = { { "email=eve@example.com", "anonymous_id=a1" } },
    same_owner = { { 1, 2 } },
  },
}

scenario "an install that AppsFlyer saw finds the app by its advertising id" {
  given = [[
    07:36:00  "Install Attributed"     source=appsflyer appsflyer_id=1-2
      advertising_id=AAAAAAAA-0000-4000-a000-00000000000B
    07:36:04  "Application Installed"  anonymous_id=i1 device_id=d1 platform=android
      advertising_id=aaaaaaaa-0000-4000-a000-00000000000b
    07:38:00  "Signed In"  user_id=u1001 anonymous_id=i1 device_id=d1 platform=android
      consent.identity=granted
  ]],
  expect = {
    profiles = 1,
    together = { { "user_id=u1001", "appsflyer_id=1-2", "device_id=d1" } },
  },
}

scenario "an old customer number waits for a steward" {
  given = [[
    2026-01-13 10:00  "Order Completed"  user_id=legacy-4711 order_id=o1
    2026-02-16 10:03  "Account Created"  user_id=u1071 email=rafa@example.com
    2026-02-16 10:20  alias              user_id=legacy-4711 user_id=u1071
  ]],
  cases = {
    {
      "as it comes",
      expect = {
        profiles = 2,
        apart = { { "user_id=legacy-4711", "user_id=u1071" } },
        refused = { { "user_id=legacy-4711", "user_id=u1071", because = "per_profile" } },
      },
    },
    {
      "joined",
      decisions = { { "join", "user_id=u1071", "user_id=legacy-4711" } },
      expect = { profiles = 1, same_owner = { { 1, 2, 3 } } },
    },
  },
}
