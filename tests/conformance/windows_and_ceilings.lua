-- So many in so long a time, and so many altogether.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  card_id = { rank = 2, per_profile = { 1, within = days(30) }, when_shared = "last_login" },
  phone = {
    rank = 3, normalise = "phone", per_profile = { 2, within = hours(24) },
    when_shared = "first_login",
  },
  cookie = { rank = 4, when_shared = "last_login" },
}

limits { max_identifiers = 6 }

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "fraud@example.com",
  because = "They come from one visit.",
  when = any_event(),
  connect = { "user_id", "card_id", "phone", "cookie" },
  strength = "observed",
}

scenario "a new card after thirty days is fine" {
  given = [[
    2026-01-01 09:00  page  user_id=u1 card_id=k1
    2026-01-31 09:00  page  user_id=u1 card_id=k2
  ]],
  expect = { profiles = 1, exactly = { { "user_id=u1", "card_id=k1", "card_id=k2" } } },
}

scenario "a new card a second too early is refused, and the newer card is the one that stays" {
  given = [[
    2026-01-01 09:00     page  user_id=u1 card_id=k1
    2026-01-31 08:59:59  page  user_id=u1 card_id=k2
  ]],
  expect = {
    exactly = { { "user_id=u1", "card_id=k2" } },
    refused = { { "user_id=u1", "card_id=k1", because = "within" } },
  },
}

scenario "a card counts from its first use by anybody" {
  given = [[
    2026-01-01 09:00  page  card_id=k1
    2026-02-01 09:00  page  user_id=u1 card_id=k1
    2026-02-02 09:00  page  user_id=u1 card_id=k2
  ]],
  expect = { profiles = 1, exactly = { { "user_id=u1", "card_id=k1", "card_id=k2" } } },
}

scenario "three numbers in a day: the first two stay" {
  given = [[
    2026-01-01 09:00  page  user_id=u1 phone=+4930555001
    2026-01-01 10:00  page  user_id=u1 phone=+4930555002
    2026-01-01 11:00  page  user_id=u1 phone=+4930555003
  ]],
  expect = {
    exactly = { { "user_id=u1", "phone=+4930555001", "phone=+4930555002" } },
    refused = { { "user_id=u1", "phone=+4930555003", because = "within" } },
  },
}

scenario "a number a day for four days is four numbers" {
  given = [[
    2026-01-01 09:00  page  user_id=u1 phone=+4930555001
    2026-01-02 09:00  page  user_id=u1 phone=+4930555002
    2026-01-03 09:00  page  user_id=u1 phone=+4930555003
    2026-01-04 09:00  page  user_id=u1 phone=+4930555004
  ]],
  expect = { profiles = 1, refused = {} },
}

scenario "six identifiers are a person, and a seventh is not that person's" {
  given = [[
    09:00  page  user_id=u1 cookie=c1
    09:01  page  user_id=u1 cookie=c2
    09:02  page  user_id=u1 cookie=c3
    09:03  page  user_id=u1 cookie=c4
    09:04  page  user_id=u1 cookie=c5
    09:05  page  user_id=u1 cookie=c6
    09:06  page  cookie=c1
  ]],
  expect = {
    exactly = {
      { "user_id=u1", "cookie=c2", "cookie=c3", "cookie=c4", "cookie=c5", "cookie=c6" },
      { "cookie=c1" },
    },
    refused = { { "user_id=u1", "cookie=c1", because = "ceiling" } },
  },
}

scenario "two visitors of four identifiers each are not melted by one event" {
  given = [[
    09:00  page  card_id=k1 cookie=c1
    09:01  page  card_id=k1 cookie=c2
    09:02  page  card_id=k1 cookie=c3
    2026-03-01 09:00  page  card_id=k2 cookie=c4
    2026-03-01 09:01  page  card_id=k2 cookie=c5
    2026-03-01 09:02  page  card_id=k2 cookie=c6
    2026-04-01 09:00  page  cookie=c3 cookie=c4
  ]],
  expect = {
    profiles = 2,
    refused = { { "cookie=c3", "cookie=c4", because = "ceiling" } },
  },
}
