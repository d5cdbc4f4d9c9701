-- Every cut that is known in advance, alone and with others on one line of time.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  phone = { rank = 2, normalise = "phone", expires_after = days(100), when_shared = "ambiguous" },
  app_id = { rank = 3, history = "none", when_shared = "last_login" },
  idfv = { rank = 4, when_shared = "reset_on_logout", logout = "Signed Out", history = hours(1) },
  cookie = { rank = 5, history = days(2), expires_after = days(30), when_shared = "last_login" },
  session_id = { rank = 6, expires_after = minutes(30) },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come from one visit.",
  when = any_event(),
  connect = { "user_id", "phone", "app_id", "idfv", "cookie", "session_id" },
  strength = "observed",
}

transfer "number_moved" {
  title = "A number goes over to another customer",
  owner = "analytics@example.com",
  because = "The day is in the carrier's letter.",
  when = event "Number Moved",
  identifier = "phone",
  to = { "properties.to", as = "user_id" },
}

scenario "silence of exactly the length does not end a stretch" {
  given = [[
    2026-01-01 09:00  page  user_id=u1 session_id=s1
    2026-01-01 09:30  page  session_id=s1
  ]],
  expect = { profiles = 1, same_owner = { { 1, 2 } } },
}

scenario "silence of a second more ends it, half an hour after the last event" {
  given = [[
    2026-01-01 09:00     page  user_id=u1 session_id=s1
    2026-01-01 09:30:01  page  session_id=s1
  ]],
  expect = { profiles = 2, other_owner = { { 1, 2 } } },
}

scenario "silence up to today counts too: the number is nobody's now" {
  given = [[
    2026-01-01 09:00  page  user_id=u1 phone=+4930555001
  ]],
  as_of = "2026-12-01 00:00",
  expect = { profiles = 1, exactly = { { "user_id=u1" } } },
}

scenario "an event that contradicts itself does not break a silence" {
  given = [[
    2026-01-01 09:00  page  user_id=u1 session_id=s1
    2026-01-01 09:20  page  user_id=u1 user_id=u2 session_id=s1
    2026-01-01 09:40  page  session_id=s1
  ]],
  expect = { contradictory = { 2 }, other_owner = { { 1, 3 } } },
}

scenario "no history: the app is the user's from the first tie on" {
  given = [[
    2026-01-01 09:00  page  app_id=a1
    2026-01-01 10:00  page  user_id=u1 app_id=a1
    2026-01-01 11:00  page  app_id=a1
  ]],
  expect = { owner = { [1] = "anonymous", [3] = "user_id=u1" }, other_owner = { { 1, 2 } } },
}

scenario "no history: a page in the second of the sign-in is the user's" {
  given = [[
    2026-01-01 10:00  page  app_id=a1
    2026-01-01 10:00  page  user_id=u1 app_id=a1
  ]],
  expect = { profiles = 1, same_owner = { { 1, 2 } } },
}

scenario "two days of history: what is older stays a stranger's" {
  given = [[
    2026-01-01 09:59  page  cookie=c1
    2026-01-01 10:00  page  cookie=c1
    2026-01-03 10:00  page  user_id=u1 cookie=c1
  ]],
  expect = { profiles = 2, same_owner = { { 2, 3 } }, other_owner = { { 1, 2 } } },
}

scenario "history begins anew in every stretch between two sign-outs" {
  given = [[
    2026-01-01 07:59  page          idfv=i1
    2026-01-01 08:30  page          idfv=i1
    2026-01-01 09:00  page          user_id=u1 idfv=i1
    2026-01-01 09:10  "Signed Out"  idfv=i1
    2026-01-01 09:20  page          idfv=i1
    2026-01-01 11:00  page          idfv=i1
    2026-01-01 11:30  page          user_id=u2 idfv=i1
  ]],
  expect = {
    owner = { [1] = "anonymous", [2] = "user_id=u1", [5] = "anonymous", [6] = "user_id=u2" },
    other_owner = { { 1, 5 } },
  },
}

scenario "a refused tie opens no history" {
  given = [[
    2026-01-01 09:00  page  app_id=a1
    2026-01-01 10:00  page  user_id=u1 app_id=a1
  ]],
  decisions = { { "unlink", "user_id=u1", "app_id=a1" } },
  expect = {
    profiles = 2,
    owner = { [1] = "app_id=a1" },
    exactly = { { "user_id=u1" }, { "app_id=a1" } },
  },
}

scenario "a join by hand opens history from the first time the app was seen" {
  given = [[
    2026-01-01 09:00  page  app_id=a1
    2026-01-01 10:00  page  app_id=a1
    2026-01-01 10:00  page  user_id=u1
  ]],
  decisions = { { "join", "user_id=u1", "app_id=a1" } },
  expect = { profiles = 1, same_owner = { { 1, 2, 3 } } },
}

scenario "a number that moved and later fell silent has three stretches" {
  given = [[
    2026-01-01 09:00  page            user_id=u1 phone=+4930555001
    2026-02-01 09:00  "Number Moved"  phone=+4930555001 to=u2
    2026-02-05 09:00  page            phone=+4930555001
    2026-09-01 09:00  page            phone=+4930555001
    2026-09-02 09:00  page            user_id=u2
  ]],
  expect = {
    owner = { [1] = "user_id=u1", [3] = "user_id=u2", [4] = "anonymous" },
    exactly = { { "user_id=u1" }, { "user_id=u2" }, { "phone=+4930555001" } },
  },
}

scenario "a handover in the middle of a silence does not shorten it" {
  given = [[
    2026-01-01 09:00  page            user_id=u1 phone=+4930555001
    2026-03-01 09:00  "Number Moved"  phone=+4930555001 to=u2
    2026-05-01 09:00  page            phone=+4930555001
    2026-05-02 09:00  page            user_id=u2
  ]],
  expect = { profiles = 2, owner = { [3] = "user_id=u2" } },
}

scenario "two cuts in one instant are one cut" {
  given = [[
    2026-01-01 09:00  page            user_id=u1 phone=+4930555001
    2026-02-01 09:00  "Number Moved"  phone=+4930555001 to=u2
    2026-02-02 09:00  page            user_id=u2 phone=+4930555001
  ]],
  decisions = {
    { "transfer", "phone=+4930555001", at = "2026-02-01 09:00", to = "user_id=u2" },
  },
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "user_id=u2", "phone=+4930555001" } },
    same_owner = { { 2, 3 } },
  },
}
