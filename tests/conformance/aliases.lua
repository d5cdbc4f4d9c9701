-- Saying on purpose that two values are one, and saying two things by mistake.
identifiers {
  login_id = { rank = 1 },
  email = { rank = 2, per_profile = 1, normalise = "email", when_shared = "last_login" },
  anonymous_id = { rank = 3 },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come from one visit.",
  when = any_event(),
  connect = { "login_id", "email", "anonymous_id" },
  strength = "observed",
}

scenario "a login renamed by an alias keeps its history under the new name" {
  given = [[
    09:00  identify  login_id=old-1 anonymous_id=a1
    10:00  alias     login_id=old-1 login_id=new-1
    11:00  page      login_id=new-1 anonymous_id=a2
  ]],
  expect = {
    profiles = 1,
    exactly = { { "login_id=old-1", "login_id=new-1", "anonymous_id=a1", "anonymous_id=a2" } },
  },
}

scenario "a chain of aliases makes one person of three logins, whatever comes first" {
  given = [[
    09:00  page   login_id=a
    09:01  page   login_id=b
    09:02  page   login_id=c
    11:00  alias  login_id=c login_id=b
    10:00  alias  login_id=b login_id=a
  ]],
  expect = {
    profiles = 1,
    exactly = { { "login_id=a", "login_id=b", "login_id=c" } },
    same_owner = { { 1, 2, 3, 4, 5 } },
  },
}

scenario "reinstalling the app keeps the person when an alias names both installations" {
  given = [[
    09:00  "App Opened"  anonymous_id=install_1
    2026-02-01 09:00  alias        anonymous_id=install_1 anonymous_id=install_2
    2026-02-01 09:05  "Signed In"  login_id=kim anonymous_id=install_2
  ]],
  expect = {
    profiles = 1,
    owner = { [1] = "login_id=kim" },
  },
}

scenario "an event with two people's addresses proves nothing about either of them" {
  given = [[
    09:00  identify  login_id=kim email=kim@example.com
    09:10  identify  login_id=lee email=lee@example.com
    09:20  track     email=kim@example.com email=lee@example.com anonymous_id=a1
    09:30  page      anonymous_id=a1
  ]],
  expect = {
    profiles = 3,
    exactly = {
      { "login_id=kim", "email=kim@example.com" },
      { "login_id=lee", "email=lee@example.com" },
      { "anonymous_id=a1" },
    },
    owner = { [4] = "anonymous" },
    contradictory = { 3 },
  },
}

scenario "capital letters in the repeated address of one event are not a second address" {
  given = [[
    09:00  identify  login_id=kim email=Kim@Example.com email=kim@example.com
    09:10  page      anonymous_id=a1 anonymous_id=a2
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "login_id=kim", "email=kim@example.com" },
      { "anonymous_id=a1", "anonymous_id=a2" },
    },
    contradictory = {},
  },
}
