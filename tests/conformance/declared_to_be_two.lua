-- Events that declare two people to be two.
identifiers {
  member_id = { rank = 1 },
  email = { rank = 2, normalise = "email", when_shared = "last_login" },
  device_id = { rank = 3, when_shared = "last_login" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "families@example.com",
  because = "The app knows which member is using it.",
  when = any_event(),
  connect = { "member_id", "email", "device_id" },
  strength = "observed",
}

never_link "guardian_and_child" {
  title = "Whoever names a child names another person",
  owner = "families@example.com",
  because = "A guardian said so.",
  when = event "Guardian Named",
  separate = { "member_id", { "properties.guardian", as = "member_id" } },
}

scenario "as long as nobody declares anything two members of one tablet are one" {
  given = [[
    09:00  "App Opened"  member_id=m1 device_id=tablet
    10:00  "App Opened"  member_id=m2 device_id=tablet
  ]],
  expect = {
    profiles = 1,
    exactly = { { "member_id=m1", "member_id=m2", "device_id=tablet" } },
  },
}

scenario "a mother and her son share a tablet and stay two" {
  given = [[
    08:00  "Guardian Named"  member_id=child guardian=parent
    09:00  "App Opened"      member_id=parent device_id=tablet
    10:00  "App Opened"      member_id=child device_id=tablet
  ]],
  expect = {
    profiles = 2,
    exactly = { { "member_id=parent" }, { "member_id=child", "device_id=tablet" } },
    refused = { { "member_id=parent", "device_id=tablet", because = "never_link" } },
  },
}

scenario "a declaration that comes late parts what was one until then" {
  given = [[
    09:00  "App Opened"  member_id=parent device_id=tablet
    10:00  "App Opened"  member_id=child device_id=tablet
    2026-02-01 09:00  "Guardian Named"  member_id=child guardian=parent
  ]],
  expect = {
    profiles = 2,
    apart = { { "member_id=parent", "member_id=child" } },
    other_owner = { { 1, 2 } },
    same_owner = { { 2, 3 } },
  },
}

scenario "a declaration holds although the two are tied by way of others" {
  given = [[
    08:00  "Guardian Named"  member_id=child guardian=parent
    09:00  identify          member_id=parent email=home@example.com
    09:10  "App Opened"      member_id=child device_id=tablet
    09:20  "App Opened"      email=home@example.com device_id=tablet
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "member_id=parent", "email=home@example.com", "device_id=tablet" },
      { "member_id=child" },
    },
    refused = { { "member_id=child", "device_id=tablet", because = "never_link" } },
  },
}
