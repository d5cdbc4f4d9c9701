-- Whose turn it is: in one second, without room, and when the first tie of a stretch does not
-- count.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  app_id = { rank = 2, history = "none" },
  cookie = { rank = 3, per_profile = 1, when_shared = "last_login" },
  device_id = { rank = 4, when_shared = "split_by_login" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "An account is sent only by who signed in.",
  when = any_event(),
  connect = { "user_id", "app_id", "cookie", "device_id" },
  strength = "observed",
}

scenario "two accounts in one second: the smaller one gets the device and all before it" {
  given = [[
    08:00  page         device_id=desk
    09:00  "Signed In"  user_id=u2 device_id=desk
    09:00  "Signed In"  user_id=u1 device_id=desk
    09:01  page         device_id=desk
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1", "device_id=desk" }, { "user_id=u2" } },
    owner = { [1] = "user_id=u1", [4] = "user_id=u1" },
    refused = { { "user_id=u2", "device_id=desk", because = "per_profile" } },
  },
}

scenario "a browser refused by its newest account does not go back to the one before" {
  given = [[
    09:00  "Signed In"  user_id=u2 cookie=c1
    10:00  "Signed In"  user_id=u1 cookie=c1
    10:30  page         cookie=c1
    11:00  "Signed In"  user_id=u1 cookie=c2
  ]],
  expect = {
    profiles = 3,
    exactly = { { "user_id=u1", "cookie=c2" }, { "user_id=u2" }, { "cookie=c1" } },
    owner = { [3] = "anonymous" },
    refused = {
      { "user_id=u1", "cookie=c1", because = "per_profile" },
      { "user_id=u2", "cookie=c1", because = "per_profile" },
    },
  },
}

scenario "an app handed over is its new owner's before a single event of theirs" {
  given = [[
    08:00  "App Opened"  app_id=a
    08:30  identify      user_id=u1
    10:00  "App Opened"  user_id=u2 app_id=a
    10:30  "App Opened"  app_id=a
  ]],
  decisions = { { "transfer", "app_id=a", at = "2026-01-01 09:00", to = "user_id=u1" } },
  expect = {
    profiles = 3,
    exactly = { { "user_id=u1", "app_id=a" }, { "user_id=u2" } },
    owner = { [1] = "anonymous", [4] = "user_id=u1" },
    refused = { { "user_id=u2", "app_id=a", because = "per_profile" } },
  },
}

scenario "a tie taken back by hand opens no history" {
  given = [[
    09:00  "App Opened"  user_id=u1 app_id=a
    09:30  "App Opened"  app_id=a
    10:00  "App Opened"  user_id=u2 app_id=a
    10:30  "App Opened"  app_id=a
  ]],
  decisions = { { "unlink", "user_id=u1", "app_id=a" } },
  expect = {
    profiles = 3,
    exactly = { { "user_id=u1" }, { "user_id=u2", "app_id=a" } },
    owner = { [2] = "anonymous", [4] = "user_id=u2" },
    refused = { { "user_id=u1", "app_id=a", because = "unlinked" } },
  },
}
