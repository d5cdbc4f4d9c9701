-- Sizes that are Kinfold's own: how long an identifier and how full an event may be.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  cookie = { rank = 2 },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come from one visit.",
  when = any_event(),
  connect = { "user_id", "cookie" },
  strength = "observed",
}

local LONG = ("x"):rep(65536)
local LONGEST = ("y"):rep(900)

scenario "an identifier of 64 KB is none, and the event belongs to what else it carries" {
  given = [[
    09:00  page  user_id=u1 cookie=]] .. LONG .. [[

    09:10  page  user_id=u2 cookie=]] .. LONG .. [[

  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "user_id=u2" } },
  },
}

scenario "an event with nothing but an identifier of 64 KB is nobody's" {
  given = [[
    09:00  page  cookie=]] .. LONG .. [[

    09:10  page  user_id=u1
  ]],
  expect = { profiles = 1 },
}

scenario "an identifier of 900 bytes is one, of 901 it is none" {
  given = [[
    09:00  page  user_id=u1 cookie=]] .. LONGEST .. [[

    09:10  page  user_id=u1 cookie=]] .. LONGEST .. "y" .. [[

  ]],
  expect = {
    exactly = { { "user_id=u1", "cookie=" .. LONGEST } },
    ignored = { "cookie=" .. LONGEST .. "y" },
  },
}
