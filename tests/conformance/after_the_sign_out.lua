-- Signing out ends a stretch of a device; closing a sale ends one of a till.
identifiers {
  customer_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, per_profile = 1, normalise = "email" },
  idfv = { rank = 3, when_shared = "reset_on_logout", logout = "Signed Out" },
  till_id = { rank = 4, when_shared = "reset_on_logout", logout = "Sale Closed" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "stores@example.com",
  because = "App and till drop the customer at the sign-out.",
  when = any_event(),
  connect = { "customer_id", "email", "idfv", "till_id" },
  strength = "verified",
}

scenario "a telephone is nobody's after the sign-out" {
  given = [[
    09:00  "App Opened"     idfv=app_61
    09:05  "Signed In"      customer_id=m-301 email=ed@example.com idfv=app_61
    09:30  "Signed Out"     idfv=app_61
    09:40  "App Opened"     idfv=app_61
    10:00  "Support Asked"  email=harriet@example.com
  ]],
  expect = {
    profiles = 3,
    exactly = {
      { "customer_id=m-301", "email=ed@example.com" },
      { "idfv=app_61" },
      { "email=harriet@example.com" },
    },
    owner = {
      [1] = "customer_id=m-301", [3] = "customer_id=m-301", [4] = "anonymous",
      [5] = "email=harriet@example.com",
    },
  },
}

scenario "a telephone is its owner's again after the next sign-in" {
  given = [[
    09:00  "App Opened"  idfv=app_61
    09:05  "Signed In"   customer_id=m-301 email=ed@example.com idfv=app_61
    09:30  "Signed Out"  idfv=app_61
    09:40  "App Opened"  idfv=app_61
    10:30  "Signed In"   customer_id=m-301 email=ed@example.com idfv=app_61
  ]],
  expect = {
    profiles = 1,
    exactly = { { "customer_id=m-301", "email=ed@example.com", "idfv=app_61" } },
    same_owner = { { 1, 2, 3, 4, 5 } },
  },
}

scenario "two who always sign out do not mix on one telephone" {
  given = [[
    09:00  "App Opened"  idfv=app_61
    09:05  "Signed In"   customer_id=u1 idfv=app_61
    09:30  "Signed Out"  idfv=app_61
    09:40  "App Opened"  idfv=app_61
    09:45  "Signed In"   customer_id=u2 idfv=app_61
    09:50  "App Opened"  idfv=app_61
  ]],
  expect = {
    profiles = 2,
    exactly = { { "customer_id=u1" }, { "customer_id=u2", "idfv=app_61" } },
    same_owner = { { 1, 2, 3 }, { 4, 5, 6 } },
  },
}

scenario "somebody who forgot to sign out loses the telephone to the next sign-in" {
  given = [[
    09:00  "Signed In"   customer_id=u1 idfv=app_61
    09:10  "App Opened"  idfv=app_61
    09:20  "Signed In"   customer_id=u2 idfv=app_61
    09:30  "App Opened"  idfv=app_61
    09:40  "Signed Out"  idfv=app_61
    09:50  "App Opened"  idfv=app_61
  ]],
  expect = {
    profiles = 3,
    exactly = { { "customer_id=u1" }, { "customer_id=u2" }, { "idfv=app_61" } },
    owner = {
      [2] = "customer_id=u1", [4] = "customer_id=u2", [5] = "customer_id=u2", [6] = "anonymous",
    },
  },
}

scenario "signing out here does not sign out there" {
  given = [[
    09:00  "Signed In"   customer_id=u1 idfv=phone_a
    09:05  "Signed In"   customer_id=u1 idfv=phone_b
    09:10  "Signed Out"  idfv=phone_a
    09:20  "App Opened"  idfv=phone_a
    09:30  "App Opened"  idfv=phone_b
  ]],
  expect = {
    profiles = 2,
    exactly = { { "customer_id=u1", "idfv=phone_b" }, { "idfv=phone_a" } },
    owner = { [4] = "anonymous", [5] = "customer_id=u1" },
  },
}

scenario "a sign-out without a sign-in still ends a stretch" {
  given = [[
    09:00  "App Opened"  idfv=app_61
    09:10  "Signed Out"  idfv=app_61
    09:20  "App Opened"  idfv=app_61
    09:30  "Signed In"   customer_id=u1 idfv=app_61
  ]],
  expect = {
    profiles = 2,
    owner = { [1] = "anonymous", [2] = "anonymous", [3] = "customer_id=u1" },
    same_owner = { { 1, 2 }, { 3, 4 } },
  },
}

scenario "a till is the customer's from the scan to the end of the sale" {
  given = [[
    10:00  "Code Scanned"  customer_id=c1 till_id=till_3
    10:02  "Item Added"    till_id=till_3
    10:05  "Sale Closed"   till_id=till_3
    10:10  "Item Added"    till_id=till_3
    10:12  "Sale Closed"   till_id=till_3
    10:20  "Item Added"    till_id=till_3
    10:21  "Code Scanned"  customer_id=c2 till_id=till_3
    10:23  "Sale Closed"   till_id=till_3
  ]],
  as_of = "2026-01-01 12:00",
  expect = {
    profiles = 3,
    exactly = { { "customer_id=c1" }, { "customer_id=c2" } },
    owner = {
      [2] = "customer_id=c1", [3] = "customer_id=c1", [4] = "anonymous", [5] = "anonymous",
      [6] = "customer_id=c2", [8] = "customer_id=c2",
    },
    same_owner = { { 4, 5 } },
  },
}
