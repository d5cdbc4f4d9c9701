-- What a person decides by hand holds whatever is sent again.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email", when_shared = "last_login" },
  cookie = { rank = 3, when_shared = "last_login" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "stewards@example.com",
  because = "They come from one visit, and mistakes are corrected by hand.",
  when = any_event(),
  connect = { "user_id", "email", "cookie" },
  strength = "observed",
}

scenario "a mistyped address is taken off the account" {
  given = [[
    09:00  identify        user_id=u1 email=amn@example.com
    09:10  identify        user_id=u1 email=ann@example.com
    10:00  "Email Opened"  email=amn@example.com
  ]],
  decisions = { { "unlink", "user_id=u1", "email=amn@example.com" } },
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1", "email=ann@example.com" }, { "email=amn@example.com" } },
    owner = { [3] = "anonymous" },
    refused = { { "user_id=u1", "email=amn@example.com", because = "unlinked" } },
  },
}

scenario "the same mistake sent again and again stays off the account" {
  given = [[
    09:00  identify        user_id=u1 email=amn@example.com
    10:00  "Email Opened"  email=amn@example.com
    2026-02-01 09:00  identify        user_id=u1 email=amn@example.com
    2026-03-01 09:00  identify        user_id=u1 email=amn@example.com
  ]],
  decisions = { { "unlink", "email=amn@example.com", "user_id=u1" } },
  expect = {
    exactly = { { "user_id=u1" }, { "email=amn@example.com" } },
    owner = { [2] = "anonymous", [4] = "user_id=u1" },
  },
}

scenario "taking off one tie leaves the way round it" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
    09:10  page      email=ann@example.com cookie=c1
    09:20  page      user_id=u1 cookie=c1
  ]],
  decisions = { { "unlink", "user_id=u1", "email=ann@example.com" } },
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "email=ann@example.com", "cookie=c1" } },
  },
}

scenario "keeping apart closes every way round" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
    09:10  page      email=ann@example.com cookie=c1
    09:20  page      user_id=u1 cookie=c1
  ]],
  decisions = { { "keep_apart", "user_id=u1", "email=ann@example.com" } },
  expect = {
    exactly = { { "user_id=u1", "cookie=c1" }, { "email=ann@example.com" } },
    owner = { [2] = "email=ann@example.com" },
    refused = {
      { "user_id=u1", "email=ann@example.com", because = "keep_apart" },
      { "email=ann@example.com", "cookie=c1", because = "keep_apart" },
    },
  },
}

scenario "twins who are kept apart stay so on a new device" {
  given = [[
    09:00  "Guest Checkout"  email=lea@example.com cookie=desk
    09:10  "Guest Checkout"  email=leo@example.com cookie=desk
    2026-04-01 09:00  "Guest Checkout"  email=lea@example.com cookie=tablet
    2026-04-01 09:10  "Guest Checkout"  email=leo@example.com cookie=tablet
  ]],
  decisions = { { "keep_apart", "email=lea@example.com", "email=leo@example.com" } },
  expect = {
    profiles = 2,
    exactly = {
      { "email=lea@example.com" },
      { "email=leo@example.com", "cookie=desk", "cookie=tablet" },
    },
    refused = {
      { "email=lea@example.com", "cookie=desk", because = "keep_apart" },
      { "email=lea@example.com", "cookie=tablet", because = "keep_apart" },
    },
  },
}

scenario "two accounts of one person are joined with all they hold" {
  given = [[
    09:00  identify     user_id=u1 email=ann@example.com
    09:10  identify     user_id=u2 email=ann.work@example.com cookie=office
    10:00  page         cookie=office
    11:00  "Signed In"  user_id=u2 cookie=home
  ]],
  decisions = { { "join", "user_id=u1", "user_id=u2" } },
  expect = {
    profiles = 1,
    exactly = {
      {
        "user_id=u1", "user_id=u2", "email=ann@example.com", "email=ann.work@example.com",
        "cookie=office", "cookie=home",
      },
    },
    owner = { [3] = "user_id=u1", [4] = "user_id=u1" },
  },
}

scenario "a browser between two joined accounts is no conflict" {
  given = [[
    09:00  "Signed In"  user_id=u1 cookie=c1
    10:00  "Signed In"  user_id=u2 cookie=c1
    11:00  identify     user_id=u1 user_id=u2
  ]],
  decisions = { { "join", "user_id=u1", "user_id=u2" } },
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "user_id=u2", "cookie=c1" } },
    contradictory = {},
  },
}

scenario "joined first and kept apart later is kept apart" {
  given = [[
    09:00  identify  user_id=u1 cookie=c1
    10:00  identify  user_id=u2 cookie=c2
  ]],
  decisions = {
    { "join", "user_id=u1", "user_id=u2" },
    { "keep_apart", "user_id=u1", "user_id=u2" },
  },
  expect = {
    exactly = { { "user_id=u1", "cookie=c1" }, { "user_id=u2", "cookie=c2" } },
  },
}

scenario "kept apart first and joined later is joined" {
  given = [[
    09:00  identify  user_id=u1 cookie=c1
    10:00  identify  user_id=u2 cookie=c2
  ]],
  decisions = {
    { "keep_apart", "user_id=u1", "user_id=u2" },
    { "join", "user_id=u1", "user_id=u2" },
  },
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "user_id=u2", "cookie=c1", "cookie=c2" } },
  },
}
