-- Without a policy, what two people share names neither of them; what it did by itself is told
-- apart and a person is asked.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email", when_shared = "ambiguous" },
  phone = { rank = 3, normalise = "phone", when_shared = "ambiguous" },
  anonymous_id = { rank = 4, when_shared = "ambiguous" },
  ga_client_id = { rank = 5, when_shared = "ambiguous" },
  device_id = { rank = 6, when_shared = "ambiguous" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "privacy@example.com",
  because = "They come from one visit, and what is shared is let go.",
  when = any_event(),
  connect = { "user_id", "email", "phone", "anonymous_id", "ga_client_id", "device_id" },
  strength = "observed",
}

scenario "a cookie that survives clearing ties two visits to the one account that signed in" {
  given = [[
    09:00  "Signed In"  user_id=u1 anonymous_id=anon1 ga_client_id=9
    10:00  "Signed In"  user_id=u1 anonymous_id=anon2 ga_client_id=9
    10:05  page         ga_client_id=9
  ]],
  expect = {
    profiles = 1,
    exactly = {
      { "user_id=u1", "anonymous_id=anon1", "anonymous_id=anon2", "ga_client_id=9" },
    },
    owner = { [3] = "user_id=u1" },
  },
}

scenario "a cookie that survives clearing is no bridge between two accounts" {
  given = [[
    09:00  "Signed In"  user_id=u1 anonymous_id=anon1 ga_client_id=9
    10:00  "Signed In"  user_id=u1 anonymous_id=anon2 ga_client_id=9
    11:00  "Signed In"  user_id=u2 anonymous_id=anon3 ga_client_id=9
    11:05  page         ga_client_id=9
  ]],
  expect = {
    profiles = 3,
    exactly = {
      { "user_id=u1", "anonymous_id=anon1", "anonymous_id=anon2" },
      { "user_id=u2", "anonymous_id=anon3" },
    },
    owner = { [4] = "anonymous" },
    shared = { "ga_client_id=9" },
    refused = {
      { "user_id=u1", "ga_client_id=9", because = "shared" },
      { "user_id=u2", "ga_client_id=9", because = "shared" },
    },
  },
}

scenario "a kiosk of six accounts is nobody's" {
  given = [[
    08:50  page      device_id=kiosk
    09:00  identify  user_id=u1 device_id=kiosk
    09:10  identify  user_id=u2 device_id=kiosk
    09:20  identify  user_id=u3 device_id=kiosk
    09:25  page      device_id=kiosk
    09:30  identify  user_id=u4 device_id=kiosk
    09:40  identify  user_id=u5 device_id=kiosk
    09:50  identify  user_id=u6 device_id=kiosk
    09:55  page      device_id=kiosk
  ]],
  expect = {
    profiles = 7,
    exactly = {
      { "user_id=u1" }, { "user_id=u2" }, { "user_id=u3" },
      { "user_id=u4" }, { "user_id=u5" }, { "user_id=u6" },
    },
    owner = { [1] = "anonymous", [5] = "anonymous", [9] = "anonymous" },
    same_owner = { { 1, 5, 9 } },
    shared = { "device_id=kiosk" },
  },
}

scenario "a couple with one address and one number are two people" {
  given = [[
    09:00  identify        user_id=ann email=home@example.com phone=+15550100010
    09:30  identify        user_id=ben email=home@example.com phone=+15550100010
    10:00  "Email Opened"  email=home@example.com
    10:30  "SMS Answered"  phone=+15550100010
  ]],
  expect = {
    profiles = 4,
    exactly = { { "user_id=ann" }, { "user_id=ben" } },
    owner = { [3] = "anonymous", [4] = "anonymous" },
    other_owner = { { 1, 2, 3, 4 } },
    shared = { "email=home@example.com", "phone=+15550100010" },
  },
}

scenario "two people meet on a device by nothing but their anonymous ids" {
  given = [[
    09:00  "Signed In"  user_id=u1 anonymous_id=a1
    09:10  "Signed In"  user_id=u2 anonymous_id=a2
    09:20  page         anonymous_id=a1 device_id=tv
    09:30  page         anonymous_id=a2 device_id=tv
    09:40  page         device_id=tv
  ]],
  expect = {
    profiles = 3,
    exactly = { { "user_id=u1", "anonymous_id=a1" }, { "user_id=u2", "anonymous_id=a2" } },
    owner = { [3] = "user_id=u1", [4] = "user_id=u2", [5] = "anonymous" },
    shared = { "device_id=tv" },
    refused = { { "anonymous_id=a1", "device_id=tv", because = "shared" } },
  },
}

scenario "one sign-in more of the first person does not decide whose device it is" {
  given = [[
    09:00  identify  user_id=u1 device_id=sofa
    10:00  identify  user_id=u2 device_id=sofa
    11:00  identify  user_id=u1 device_id=sofa
    11:05  page      device_id=sofa
  ]],
  expect = {
    profiles = 3,
    owner = { [3] = "user_id=u1", [4] = "anonymous" },
    shared = { "device_id=sofa" },
  },
}
