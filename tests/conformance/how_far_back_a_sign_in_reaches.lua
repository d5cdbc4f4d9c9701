-- How much of an anonymous past a sign-in may claim: nothing in the app, thirty days on the site.
identifiers {
  customer_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email" },
  idfv = {
    rank = 3, history = "none", when_shared = "reset_on_logout", logout = "Signed Out",
  },
  cookie = { rank = 4, history = days(30) },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "privacy@example.com",
  because = "No more than the privacy notice says.",
  when = any_event(),
  connect = { "customer_id", "email", "idfv", "cookie" },
  strength = "verified",
}

scenario "what was done in the app before the first sign-in stays a stranger's" {
  given = [[
    09:00  "App Opened"  idfv=app_61
    09:05  "Signed In"   customer_id=m-301 idfv=app_61
    09:10  "App Opened"  idfv=app_61
  ]],
  expect = {
    profiles = 2,
    exactly = { { "customer_id=m-301", "idfv=app_61" } },
    owner = { [1] = "anonymous", [3] = "customer_id=m-301" },
    same_owner = { { 2, 3 } },
    other_owner = { { 1, 2 } },
  },
}

scenario "the app is a stranger's before the sign-in and again after the sign-out" {
  given = [[
    09:00  "App Opened"     idfv=app_61
    09:05  "Signed In"      customer_id=m-301 email=ed@example.com idfv=app_61
    09:30  "Signed Out"     idfv=app_61
    09:40  "App Opened"     idfv=app_61
    10:00  "Support Asked"  email=harriet@example.com
    10:30  "Signed In"      customer_id=m-301 email=ed@example.com idfv=app_61
  ]],
  expect = {
    exactly = {
      { "customer_id=m-301", "email=ed@example.com", "idfv=app_61" },
      { "email=harriet@example.com" },
    },
    owner = { [1] = "anonymous", [3] = "customer_id=m-301", [4] = "anonymous" },
    other_owner = { { 1, 2, 5 }, { 4, 6 } },
  },
}

scenario "a visit five weeks before the sign-in is not claimed" {
  given = [[
    2026-01-31 12:00  page         cookie=c1
    2026-02-02 12:00  page         cookie=c1
    2026-03-03 12:00  "Signed In"  customer_id=u1 cookie=c1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "customer_id=u1", "cookie=c1" } },
    owner = { [1] = "anonymous", [2] = "customer_id=u1" },
  },
}

scenario "a visit thirty days to the minute before the sign-in is claimed" {
  given = [[
    2026-02-01 11:59:59  page         cookie=c1
    2026-02-01 12:00:00  page         cookie=c1
    2026-03-03 12:00:00  "Signed In"  customer_id=u1 cookie=c1
  ]],
  expect = {
    owner = { [1] = "anonymous", [2] = "customer_id=u1" },
  },
}

scenario "the thirty days end at the newsletter form, not at the account that came later" {
  given = [[
    2026-01-01 12:00  page                 cookie=c1
    2026-01-20 12:00  page                 cookie=c1
    2026-02-10 12:00  "Newsletter Signup"  email=lou@example.com cookie=c1
    2026-03-20 12:00  "Signed In"          customer_id=lou email=lou@example.com cookie=c1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "customer_id=lou", "email=lou@example.com", "cookie=c1" } },
    owner = { [1] = "anonymous", [2] = "customer_id=lou" },
  },
}
