identifiers {
  user_id = { rank = 1, when_shared = "last_login" },
  device_id = { rank = 2, when_shared = "split_by_login", per_profile = 1 },
  phone = { rank = 3, when_shared = "ambiguous", per_profile = 1, normalise = "phone", shared_above = 3 },
}

ignore_values { phone = { "+1555*" } }

link "all" {
  title = "t", owner = "o@example.com", because = "b",
  when = any_event(),
  connect = { "user_id", "device_id", "phone" },
  strength = "observed",
}

never_link "apart" {
  title = "t", owner = "o@example.com", because = "b",
  when = event "Split",
  separate = { "user_id", { "properties.other", as = "user_id" } },
}

scenario "a join names half a number" {
  given = [[
    2026-01-01 00:01:00  Split  device_id="D-22"  phone="1-555-0100" other="null"
    2026-01-01 00:01:30  "Account Moved"  user_id=""  device_id="D-22"  phone="0049 30 1234567" other="x*y"
    2026-01-01 00:46:00  page  device_id="D-2"  phone="+15550100"
    2026-01-01 12:26:00  Split  user_id="'q'"  phone="+15550100" other=""
    2026-01-01 13:11:30  alias  device_id="D-2"  phone="+15550100"  phone="+1 555"
    2026-01-01 13:12:00  alias  user_id="'q'"  user_id=""
    2026-01-01 13:57:00  page  user_id=""  device_id="D-22"  phone="+1 555"
    2026-01-01 13:57:00  identify  device_id="0000"  phone="+15550100"
    2026-01-01 13:58:30  alias  user_id=""  user_id="'q'"
    2026-01-01 13:58:30  Split  user_id="x*y"  device_id="d-1"  phone="0049 30 1234567" other=""
  ]],
  decisions = { { "join", "phone=0049 30 1234567", "phone=+1 555" } },
  expect = {},
}
