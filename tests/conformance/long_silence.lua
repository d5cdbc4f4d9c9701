-- What nobody has used for long enough may be somebody else's when it is used again.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  phone = {
    rank = 2, normalise = "phone", when_shared = "last_login", expires_after = days(180),
  },
  cookie = { rank = 3, expires_after = days(30) },
  session_id = { rank = 4, expires_after = minutes(30) },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come from one visit or call.",
  when = any_event(),
  connect = { "user_id", "phone", "cookie", "session_id" },
  strength = "observed",
}

scenario "a number silent for half a year begins anew with its next user" {
  given = [[
    2026-01-10 12:00  identify         user_id=u1 phone=+15550100020
    2026-02-01 12:00  "Text Received"  phone=+15550100020
    2026-10-01 12:00  "Text Received"  phone=+15550100020
    2026-10-02 12:00  identify         user_id=u2 phone=+15550100020
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "user_id=u2", "phone=+15550100020" } },
    owner = { [2] = "user_id=u1", [3] = "user_id=u2" },
  },
}

scenario "a number used every few months never expires" {
  given = [[
    2026-01-10 12:00  identify         user_id=u1 phone=+15550100020
    2026-04-10 12:00  "Text Received"  phone=+15550100020
    2026-07-10 12:00  "Text Received"  phone=+15550100020
    2026-10-10 12:00  identify         user_id=u2 phone=+15550100020
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "user_id=u2", "phone=+15550100020" } },
    owner = { [2] = "user_id=u2" },
    refused = { { "user_id=u1", "phone=+15550100020", because = "per_profile" } },
  },
}

scenario "a cookie is the same on its thirtieth day and another one a minute later" {
  given = [[
    2026-01-01 12:00  "Signed In"  user_id=u1 cookie=c1
    2026-01-01 12:00  "Signed In"  user_id=u2 cookie=c2
    2026-01-31 12:00  page         cookie=c1
    2026-01-31 12:01  page         cookie=c2
  ]],
  expect = {
    profiles = 3,
    exactly = { { "user_id=u1", "cookie=c1" }, { "user_id=u2" }, { "cookie=c2" } },
    owner = { [3] = "user_id=u1", [4] = "anonymous" },
  },
}

scenario "a session number used again after half an hour does not bring back who had signed in" {
  given = [[
    09:00  "Signed In"  user_id=u1 session_id=s1
    09:20  page         session_id=s1
    09:45  page         session_id=s1
    10:30  page         session_id=s1
    10:40  "Signed In"  user_id=u2 session_id=s1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "user_id=u2", "session_id=s1" } },
    owner = { [3] = "user_id=u1", [4] = "user_id=u2" },
  },
}
