-- Values that look like others without being them: never one with what they look like.
local RIGHT_TO_LEFT = "\u{202E}"
local NO_WIDTH = "\u{200B}"

identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email", when_shared = "ambiguous" },
  login = { rank = 3, normalise = "lower" },
  cookie = { rank = 4, when_shared = "ambiguous" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "security@example.com",
  because = "They come from one visit.",
  when = any_event(),
  connect = { "user_id", "email", "login", "cookie" },
  strength = "observed",
}

scenario "a Cyrillic a is no Latin a, however the address looks" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
    09:10  identify  user_id=u2 email=]] .. "\u{0430}nn@example.com" .. [[

  ]],
  expect = {
    profiles = 2,
    shared = {},
    apart = { { "user_id=u1", "user_id=u2" } },
  },
}

scenario "a digit one is no small l" {
  given = [[
    09:00  identify  user_id=paul
    09:10  identify  user_id=pau1
  ]],
  expect = { profiles = 2 },
}

scenario "a character that turns the direction of writing makes another value" {
  given = [[
    09:00  page  user_id=u1 cookie=c1
    09:10  page  cookie=c2 user_id=]] .. RIGHT_TO_LEFT .. "u1",
  expect = { profiles = 2, apart = { { "cookie=c1", "cookie=c2" } } },
}

scenario "a blank of no width makes another value" {
  given = [[
    09:00  page  user_id=u1 cookie=c1
    09:10  page  cookie=c2 user_id=u]] .. NO_WIDTH .. "1",
  expect = { profiles = 2, apart = { { "cookie=c1", "cookie=c2" } } },
}

scenario "a letter with its accent in one character or in two is two values" {
  given = [[
    09:00  page  cookie=c1 login=caf]] .. "\u{00E9}" .. [[

    09:10  page  cookie=c2 login=cafe]] .. "\u{0301}",
  expect = { profiles = 2, apart = { { "cookie=c1", "cookie=c2" } } },
}

scenario "writing from right to left is writing" {
  given = [[
    09:00  page  login="דנה" cookie=c1
    09:10  page  login="דנה" cookie=c2
  ]],
  expect = { profiles = 1, exactly = { { "login=דנה", "cookie=c1", "cookie=c2" } } },
}
