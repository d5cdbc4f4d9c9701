-- A device with several users is cut where the user changes.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, per_profile = 1, normalise = "email" },
  device_id = { rank = 3, when_shared = "split_by_login" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "An account or address is sent only by who signed in or bought.",
  when = any_event(),
  connect = { "user_id", "email", "device_id" },
  strength = "verified",
}

scenario "what was done before anybody signed in is the first user's, once" {
  given = [[
    09:00  page         device_id=x
    09:01  page         device_id=x
    09:02  page         device_id=x
    09:05  "Signed In"  user_id=u1 device_id=x
    09:10  "Signed In"  user_id=u2 device_id=x
    09:15  page         device_id=x
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "user_id=u2", "device_id=x" } },
    owner = { [4] = "user_id=u1", [6] = "user_id=u2" },
    same_owner = { { 1, 2, 3, 4 }, { 5, 6 } },
    other_owner = { { 4, 5 } },
  },
}

scenario "at a kiosk each page is the user's who signed in before it" {
  given = [[
    09:00  "Signed In"  user_id=u1 device_id=kiosk
    09:05  page         device_id=kiosk
    09:10  "Signed In"  user_id=u2 device_id=kiosk
    09:15  page         device_id=kiosk
    09:20  "Signed In"  user_id=u3 device_id=kiosk
    09:25  page         device_id=kiosk
    09:30  "Signed In"  user_id=u4 device_id=kiosk
    09:40  "Signed In"  user_id=u5 device_id=kiosk
    09:45  page         device_id=kiosk
    09:50  "Signed In"  user_id=u6 device_id=kiosk
    09:55  page         device_id=kiosk
  ]],
  expect = {
    profiles = 6,
    exactly = {
      { "user_id=u1" }, { "user_id=u2" }, { "user_id=u3" }, { "user_id=u4" }, { "user_id=u5" },
      { "user_id=u6", "device_id=kiosk" },
    },
    same_owner = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 8, 9 }, { 10, 11 } },
    other_owner = { { 2, 4, 6, 7, 9, 11 } },
  },
}

scenario "two people use a device in turns and get it back in turns" {
  given = [[
    09:00  "Signed In"  user_id=u1 device_id=sofa
    09:30  page         device_id=sofa
    10:00  "Signed In"  user_id=u2 device_id=sofa
    10:30  page         device_id=sofa
    11:00  "Signed In"  user_id=u1 device_id=sofa
    11:30  page         device_id=sofa
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1", "device_id=sofa" }, { "user_id=u2" } },
    same_owner = { { 1, 2, 5, 6 }, { 3, 4 } },
  },
}

scenario "a guest who turns into a member does not end the turn" {
  given = [[
    08:00  page              device_id=x
    09:00  "Guest Checkout"  email=tom@example.com device_id=x
    10:00  "Signed In"       user_id=tom email=tom@example.com device_id=x
    10:30  page              device_id=x
    11:00  "Signed In"       user_id=ida device_id=x
    11:30  page              device_id=x
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "user_id=tom", "email=tom@example.com" },
      { "user_id=ida", "device_id=x" },
    },
    same_owner = { { 1, 2, 3, 4 }, { 5, 6 } },
  },
}

scenario "a sign-in that arrives late cuts a turn in two" {
  given = [[
    09:00  "Signed In"  user_id=u1 device_id=x
    10:00  page         device_id=x
    11:00  page         device_id=x
    10:30  "Signed In"  user_id=u2 device_id=x
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "user_id=u2", "device_id=x" } },
    owner = { [2] = "user_id=u1", [3] = "user_id=u2" },
  },
}
