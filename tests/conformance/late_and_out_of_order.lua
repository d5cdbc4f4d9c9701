-- The time of an event counts, not the time of its arrival. The lines stand in order of arrival.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email", when_shared = "last_login" },
  cookie = { rank = 3, when_shared = "last_login" },
}

link "verified_login" {
  title = "A password proves address and browser",
  owner = "analytics@example.com",
  because = "A password was entered.",
  when = event "Signed In",
  connect = { "user_id", "email", "cookie" },
  strength = "verified",
}

link "typed_in" {
  title = "A form ties what is typed in it, weakly",
  owner = "analytics@example.com",
  because = "Typing is not proving: people mistype, and type for others.",
  when = event "Form Sent",
  connect = { "user_id", "email", "cookie" },
  strength = "observed",
}

scenario "the latest sign-in has the browser even if it was told first" {
  given = [[
    12:00  "Signed In"  user_id=u3 cookie=c1
    10:00  "Signed In"  user_id=u1 cookie=c1
    11:00  "Signed In"  user_id=u2 cookie=c1
  ]],
  expect = {
    profiles = 3,
    exactly = { { "user_id=u1" }, { "user_id=u2" }, { "user_id=u3", "cookie=c1" } },
  },
}

scenario "a form that arrives a day late makes one of two strangers" {
  given = [[
    2026-01-10 09:00  "Signed In"  user_id=u1 cookie=c1
    2026-01-12 09:00  "Form Sent"  email=ann@example.com cookie=c2
    2026-01-02 09:00  "Signed In"  user_id=u1 email=ann@example.com
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "email=ann@example.com", "cookie=c1", "cookie=c2" } },
    same_owner = { { 1, 2, 3 } },
  },
}

scenario "a late sign-in claims a day of pages on a browser that two people use" {
  given = [[
    09:00  "Signed In"  user_id=u1 cookie=c1
    10:00  page         cookie=c1
    20:00  page         cookie=c1
    19:00  "Signed In"  user_id=u2 cookie=c1
  ]],
  expect = {
    exactly = { { "user_id=u1" }, { "user_id=u2", "cookie=c1" } },
    owner = { [1] = "user_id=u1", [2] = "user_id=u2", [3] = "user_id=u2" },
  },
}

scenario "two sign-ins in one second: the account's own bytes decide" {
  given = [[
    10:00:00  "Signed In"  user_id=beth cookie=c1
    10:00:00  "Signed In"  user_id=adam cookie=c1
  ]],
  expect = {
    exactly = { { "user_id=adam", "cookie=c1" }, { "user_id=beth" } },
    refused = { { "user_id=beth", "cookie=c1", because = "per_profile" } },
  },
}

scenario "an address proved by password is not lost to somebody who types it later" {
  given = [[
    09:00  "Signed In"     user_id=u1 email=ann@example.com
    10:00  "Form Sent"     user_id=u2 email=ann@example.com
    11:00  "Email Opened"  email=ann@example.com
  ]],
  expect = {
    exactly = { { "user_id=u1", "email=ann@example.com" }, { "user_id=u2" } },
    owner = { [3] = "user_id=u1" },
    refused = { { "user_id=u2", "email=ann@example.com", because = "per_profile" } },
  },
}

scenario "an address proved by password is taken from somebody who only typed it" {
  given = [[
    09:00  "Form Sent"     user_id=u2 email=ann@example.com
    10:00  "Signed In"     user_id=u1 email=ann@example.com
    11:00  "Form Sent"     user_id=u2 email=ann@example.com
    12:00  "Email Opened"  email=ann@example.com
  ]],
  expect = {
    exactly = { { "user_id=u1", "email=ann@example.com" }, { "user_id=u2" } },
    owner = { [4] = "user_id=u1" },
  },
}

scenario "an event that no rule looks at ties nothing" {
  given = [[
    09:00  page         user_id=u1 cookie=c1
    09:10  page         cookie=c1
    09:20  "Signed In"  user_id=u1 cookie=c2
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1", "cookie=c2" }, { "cookie=c1" } },
    owner = { [1] = "user_id=u1", [2] = "anonymous" },
  },
}
