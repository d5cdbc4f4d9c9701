-- When things happened: equal instants, the years before 1970, and days that have not come.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email", when_shared = "last_login" },
  device_id = { rank = 3, when_shared = "split_by_login" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come from one visit.",
  when = any_event(),
  connect = { "user_id", "email", "device_id" },
  strength = "observed",
}

scenario "an order on paper from 1962 is the same customer's as one of today" {
  given = [[
    1962-03-04 09:00  "Order Completed"  user_id=u1 email=ann@example.com
    2026-01-05 10:00  "Order Completed"  email=ann@example.com device_id=d1
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "email=ann@example.com", "device_id=d1" } },
    same_owner = { { 1, 2 } },
  },
}

scenario "of two sign-ins before 1970 the later one has the address" {
  given = [[
    1969-12-31 23:59  identify  user_id=u2 email=ann@example.com
    1969-12-30 23:59  identify  user_id=u1 email=ann@example.com
  ]],
  expect = { exactly = { { "user_id=u1" }, { "user_id=u2", "email=ann@example.com" } } },
}

scenario "a device split in 1969 and again in 1970 has three users in turn" {
  given = [[
    1969-12-31 23:00  "Signed In"  user_id=u1 device_id=d1
    1969-12-31 23:30  page         device_id=d1
    1969-12-31 23:50  "Signed In"  user_id=u2 device_id=d1
    1970-01-01 00:00  page         device_id=d1
    1970-01-01 00:10  "Signed In"  user_id=u3 device_id=d1
    1970-01-01 00:20  page         device_id=d1
  ]],
  expect = {
    profiles = 3,
    same_owner = { { 1, 2 }, { 3, 4 }, { 5, 6 } },
    other_owner = { { 2, 4, 6 } },
  },
}

scenario "the very second of 1970 is a time like any other" {
  given = [[
    1970-01-01 00:00  identify  user_id=u1 email=ann@example.com
    1970-01-01 00:00  page      email=ann@example.com
  ]],
  expect = { profiles = 1, owner = { [2] = "user_id=u1" } },
}

scenario "what happens after the day looked at has not happened" {
  given = [[
    2026-01-01 09:00  identify  user_id=u1 email=ann@example.com
    2026-03-01 09:00  identify  user_id=u2 email=ann@example.com
  ]],
  as_of = "2026-02-01 00:00",
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "email=ann@example.com" } },
    apart = { { "user_id=u1", "user_id=u2" } },
  },
}

scenario "an event in the very second looked at has happened" {
  given = [[
    2026-01-01 09:00  identify  user_id=u1 email=ann@example.com
    2026-02-01 00:00  identify  user_id=u2 email=ann@example.com
  ]],
  as_of = "2026-02-01 00:00",
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "user_id=u2", "email=ann@example.com" } },
  },
}

scenario "looked at before anything happened there is nobody" {
  given = [[
    2026-01-01 09:00  identify  user_id=u1 email=ann@example.com
  ]],
  as_of = "2025-12-31 23:59",
  expect = { profiles = 0, exactly = {}, contradictory = {} },
}

scenario "two accounts that give one address in one second: the smaller account has it" {
  given = [[
    09:00  identify        user_id=u2 email=ann@example.com
    09:00  identify        user_id=u1 email=ann@example.com
    10:00  "Email Opened"  email=ann@example.com
  ]],
  expect = {
    exactly = { { "user_id=u1", "email=ann@example.com" }, { "user_id=u2" } },
    owner = { [3] = "user_id=u1" },
    refused = { { "user_id=u2", "email=ann@example.com", because = "per_profile" } },
  },
}

scenario "capital letters come before small ones where bytes decide" {
  given = [[
    09:00  identify  user_id=b email=ann@example.com
    09:00  identify  user_id=B email=ann@example.com
  ]],
  expect = { together = { { "user_id=B", "email=ann@example.com" } } },
}

scenario "number ten comes before number nine where bytes decide" {
  given = [[
    09:00  identify  user_id=9 email=ann@example.com
    09:00  identify  user_id=10 email=ann@example.com
  ]],
  expect = { together = { { "user_id=10", "email=ann@example.com" } } },
}

scenario "a page in the second of a new sign-in is the new user's" {
  given = [[
    09:00  "Signed In"  user_id=u1 device_id=d1
    10:00  page         device_id=d1
    10:00  "Signed In"  user_id=u2 device_id=d1
    09:59:59  page      device_id=d1
  ]],
  expect = { owner = { [2] = "user_id=u2", [4] = "user_id=u1" } },
}

scenario "one event sent under two numbers is one fact told twice" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
    09:00  identify  user_id=u1 email=ann@example.com
  ]],
  expect = { profiles = 1, same_owner = { { 1, 2 } } },
}
