-- How a stranger becomes a customer, over browsers, apps and devices.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email" },
  phone = { rank = 3, normalise = "phone" },
  ios_id = { rank = 4 },
  android_id = { rank = 5 },
  anonymous_id = { rank = 6 },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "Nothing is looked up or guessed before it is sent.",
  when = any_event(),
  connect = { "user_id", "email", "phone", "ios_id", "android_id", "anonymous_id" },
  strength = "observed",
}

scenario "somebody who only looks around is an anonymous person" {
  given = [[
    09:00  page  anonymous_id=anon_41
  ]],
  expect = {
    profiles = 1,
    exactly = { { "anonymous_id=anon_41" } },
    owner = { [1] = "anonymous" },
  },
}

scenario "what was looked at before the registration stays after it" {
  given = [[
    09:00  page           anonymous_id=anon_41
    09:05  "User Signup"  user_id=user_88 anonymous_id=anon_41
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=user_88", "anonymous_id=anon_41" } },
    owner = { [1] = "user_id=user_88", [2] = "user_id=user_88" },
    same_owner = { { 1, 2 } },
  },
}

scenario "the number left in a contact form recognises its owner on the telephone" {
  given = [[
    09:00  page                  anonymous_id=anon_41
    09:05  "User Signup"         user_id=user_88 anonymous_id=anon_41
    09:10  "Callback Requested"  anonymous_id=anon_41 phone="+1 (555) 010-0123"
    09:30  "Call Answered"       phone=+15550100123
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=user_88", "anonymous_id=anon_41", "phone=+15550100123" } },
    owner = { [4] = "user_id=user_88" },
  },
}

scenario "the app was opened before the account was made, and both are one person's" {
  given = [[
    09:00  "App Opened"  anonymous_id=anon_41 ios_id=ios_7f
    09:10  "App Opened"  anonymous_id=anon_41 ios_id=ios_7f
    09:20  identify      user_id=acc_5521 anonymous_id=anon_41 ios_id=ios_7f
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=acc_5521", "anonymous_id=anon_41", "ios_id=ios_7f" } },
    same_owner = { { 1, 2, 3 } },
  },
}

scenario "an account on two makes of telephone is one person" {
  given = [[
    09:00  "App Opened"  anonymous_id=anon_41 ios_id=ios_7f
    09:10  "App Opened"  anonymous_id=anon_41 ios_id=ios_7f
    09:20  identify      user_id=acc_5521 anonymous_id=anon_41 ios_id=ios_7f
    11:00  identify      user_id=acc_5521 anonymous_id=anon_52 android_id=and_2e
  ]],
  expect = {
    profiles = 1,
    exactly = {
      {
        "user_id=acc_5521", "anonymous_id=anon_41", "ios_id=ios_7f",
        "anonymous_id=anon_52", "android_id=and_2e",
      },
    },
    same_owner = { { 1, 4 } },
  },
}

scenario "two visits weeks apart meet in one address" {
  given = [[
    2026-05-02 14:01:00  page      anonymous_id=anon_a
    2026-05-02 14:01:47  identify  anonymous_id=anon_a email=jana.koch@example.com
    2026-06-22 10:47:15  page      anonymous_id=anon_b
    2026-06-22 10:48:00  identify  anonymous_id=anon_b email=Jana.Koch@example.com
  ]],
  expect = {
    profiles = 1,
    exactly = {
      { "email=jana.koch@example.com", "anonymous_id=anon_a", "anonymous_id=anon_b" },
    },
    same_owner = { { 1, 2, 3, 4 } },
  },
}

scenario "all steps up to the first sign-in belong to the customer who signs in" {
  given = [[
    09:00  "Product Viewed"  anonymous_id=d1
    09:02  "Product Added"   anonymous_id=d1
    09:05  "Signed In"       user_id=u1 anonymous_id=d1
  ]],
  expect = {
    profiles = 1,
    owner = { [1] = "user_id=u1", [2] = "user_id=u1", [3] = "user_id=u1" },
  },
}

scenario "a new tablet is a stranger's until its owner signs in on it" {
  given = [[
    09:00  "Signed In"       user_id=u1 anonymous_id=d1
    2026-01-05 20:00  "Product Viewed"  anonymous_id=d2
    2026-01-05 20:02  "Product Viewed"  anonymous_id=d3
    2026-01-05 20:05  "Signed In"       user_id=u1 anonymous_id=d2
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "user_id=u1", "anonymous_id=d1", "anonymous_id=d2" },
      { "anonymous_id=d3" },
    },
    owner = { [2] = "user_id=u1", [3] = "anonymous" },
  },
}

scenario "who deletes cookies is a stranger only until the next sign-in" {
  given = [[
    09:00  "Signed In"       user_id=u1 anonymous_id=before_clearing
    10:00  page              anonymous_id=after_clearing
    10:30  "Product Added"   anonymous_id=after_clearing
    11:00  "Signed In"       user_id=u1 anonymous_id=after_clearing
  ]],
  expect = {
    profiles = 1,
    exactly = {
      { "user_id=u1", "anonymous_id=before_clearing", "anonymous_id=after_clearing" },
    },
    owner = { [2] = "user_id=u1", [3] = "user_id=u1" },
  },
}

scenario "two apps of one telephone meet in the identifier of the telephone" {
  given = [[
    09:00  "App Opened"  anonymous_id=shop_app_1 ios_id=ios_9
    09:30  "App Opened"  anonymous_id=loyalty_app_1 ios_id=ios_9
    10:00  "Signed In"   user_id=u9 anonymous_id=shop_app_1
    10:30  "App Opened"  anonymous_id=loyalty_app_1
  ]],
  expect = {
    profiles = 1,
    exactly = {
      {
        "user_id=u9", "ios_id=ios_9", "anonymous_id=shop_app_1", "anonymous_id=loyalty_app_1",
      },
    },
    owner = { [4] = "user_id=u9" },
  },
}

scenario "who registers twice with nothing in common is two people, and no guess is made" {
  given = [[
    09:00  identify  user_id=u1 email=mia@example.com anonymous_id=web_1 trait.name="Mia Lund"
    2026-03-01 09:00  identify  user_id=u2 email=mia.lund@example.test trait.name="Mia Lund"
    2026-03-01 09:05  page      user_id=u2 anonymous_id=web_2
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "user_id=u1", "email=mia@example.com", "anonymous_id=web_1" },
      { "user_id=u2", "email=mia.lund@example.test", "anonymous_id=web_2" },
    },
    other_owner = { { 1, 2 } },
  },
}
