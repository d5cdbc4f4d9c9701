identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, when_shared = "ambiguous" },
  device_id = { rank = 3, per_profile = 2, when_shared = "reset_on_logout", logout = "Out", shared_above = 3 },
  anonymous_id = { rank = 4, per_profile = { 2, within = days(7) }, when_shared = "split_by_login" },
}

link "all" {
  title = "t", owner = "o@example.com", because = "b",
  when = any_event(),
  connect = { "user_id", "email", "device_id", "anonymous_id" },
  strength = "observed",
}

never_link "apart" {
  title = "t", owner = "o@example.com", because = "b",
  when = event "Split",
  separate = { "user_id", { "properties.other", as = "user_id" } },
}

ignore_values { anonymous_id = { "A0", "nul*" } }

link "in" {
  title = "t", owner = "o@example.com", because = "b",
  when = event "In",
  connect = { "user_id", "anonymous_id" },
  strength = "verified",
}

scenario "a join names a value on the list of ignored ones" {
  given = [[
    2026-01-01 00:00  page  user_id=u1  anonymous_id=a2
    2026-01-01 10:00  consent  user_id=u0  anonymous_id=a3
    2026-01-01 20:00  alias  user_id=u0  device_id=d2  anonymous_id=a3  user_id=u0
    2026-01-01 20:30  alias  email=e1  device_id=d2  anonymous_id=a3  email=e1
    2026-01-01 21:00  In  user_id=u1  anonymous_id=a1
    2026-01-01 21:01  consent  user_id=u1  email=e2  anonymous_id=a1
    2026-01-01 21:31  In  email=e1  device_id=d0  anonymous_id=a3
    2026-01-01 21:32  consent  user_id=u0  device_id=d1  anonymous_id=a0
    2026-01-01 21:33  In  anonymous_id=a2
    2026-01-01 21:34  alias  user_id=u1  device_id=d2  user_id=u1
    2026-01-01 22:04  In  user_id=u0  email=e0  device_id=d2  anonymous_id=a2
    2026-01-01 22:04  identify  email=e1
    2026-01-01 22:05  identify  email=e2  anonymous_id=a3
  ]],
  decisions = { { "join", "anonymous_id=a2", "anonymous_id=a0" } },
  expect = {},
}
