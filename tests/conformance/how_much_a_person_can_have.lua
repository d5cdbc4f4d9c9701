-- What one person may plausibly have, altogether and within a week.
identifiers {
  user_id = { rank = 1, per_profile = 2 },
  email = {
    rank = 2, per_profile = { 2, within = days(7) }, normalise = "email",
    when_shared = "first_login",
  },
  cookie = { rank = 3, per_profile = 5, when_shared = "last_login" },
  anonymous_id = { rank = 4 },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come from one visit.",
  when = any_event(),
  connect = { "user_id", "email", "cookie", "anonymous_id" },
  strength = "observed",
}

scenario "a person may have two account numbers, a third begins another person" {
  given = [[
    09:00  identify  user_id=shop-1 email=eva@example.com
    10:00  identify  user_id=uuid-2 email=eva@example.com
    11:00  identify  user_id=uuid-3 email=eva@example.com
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "user_id=shop-1", "user_id=uuid-2", "email=eva@example.com" },
      { "user_id=uuid-3" },
    },
    refused = { { "user_id=uuid-3", "email=eva@example.com", because = "per_profile" } },
  },
}

scenario "two new addresses in a week and another one later are fine, three in a week are not" {
  given = [[
    2026-01-01 12:00  identify  user_id=u1 email=e1@example.com
    2026-01-02 12:00  identify  user_id=u1 email=e2@example.com
    2026-01-03 12:00  identify  user_id=u1 email=e3@example.com
    2026-01-09 12:00  identify  user_id=u1 email=e4@example.com
  ]],
  expect = {
    profiles = 1,
    exactly = {
      { "user_id=u1", "email=e1@example.com", "email=e2@example.com", "email=e4@example.com" },
    },
    refused = { { "user_id=u1", "email=e3@example.com", because = "within" } },
  },
}

scenario "after exactly seven days a third address is welcome" {
  given = [[
    2026-01-01 12:00  identify  user_id=u1 email=e1@example.com
    2026-01-02 12:00  identify  user_id=u1 email=e2@example.com
    2026-01-08 12:00  identify  user_id=u1 email=e3@example.com
  ]],
  expect = {
    exactly = {
      { "user_id=u1", "email=e1@example.com", "email=e2@example.com", "email=e3@example.com" },
    },
  },
}

scenario "one second before seven days are over the third address is refused" {
  given = [[
    2026-01-01 12:00     identify  user_id=u1 email=e1@example.com
    2026-01-02 12:00     identify  user_id=u1 email=e2@example.com
    2026-01-08 11:59:59  identify  user_id=u1 email=e3@example.com
  ]],
  expect = {
    exactly = { { "user_id=u1", "email=e1@example.com", "email=e2@example.com" } },
    refused = { { "user_id=u1", "email=e3@example.com", because = "within" } },
  },
}

scenario "the first use of an address counts, not the later ones" {
  given = [[
    2026-01-01 12:00  identify  user_id=u1 email=e1@example.com
    2026-01-10 12:00  identify  user_id=u1 email=e2@example.com
    2026-01-11 12:00  identify  user_id=u1 email=e1@example.com
    2026-01-12 12:00  identify  user_id=u1 email=e3@example.com
  ]],
  expect = {
    exactly = {
      { "user_id=u1", "email=e1@example.com", "email=e2@example.com", "email=e3@example.com" },
    },
  },
}

scenario "a robot that changes its cookie all day keeps the latest five" {
  given = [[
    09:00  "Signed In"  user_id=bot cookie=c01
    09:01  "Signed In"  user_id=bot cookie=c02
    09:02  "Signed In"  user_id=bot cookie=c03
    09:03  "Signed In"  user_id=bot cookie=c04
    09:04  "Signed In"  user_id=bot cookie=c05
    09:05  "Signed In"  user_id=bot cookie=c06
    09:06  "Signed In"  user_id=bot cookie=c07
    09:07  "Signed In"  user_id=bot cookie=c08
    09:08  "Signed In"  user_id=bot cookie=c09
    09:09  "Signed In"  user_id=bot cookie=c10
    09:10  "Signed In"  user_id=bot cookie=c11
    09:11  "Signed In"  user_id=bot cookie=c12
  ]],
  expect = {
    profiles = 1,
    exactly = {
      { "user_id=bot", "cookie=c08", "cookie=c09", "cookie=c10", "cookie=c11", "cookie=c12" },
    },
    refused = {
      { "user_id=bot", "cookie=c01", because = "per_profile" },
      { "user_id=bot", "cookie=c07", because = "per_profile" },
    },
  },
}

scenario "thirty anonymous ids in a row are one visitor, however long the row" {
  given = [[
    09:00  page  anonymous_id=a01 anonymous_id=a02
    09:01  page  anonymous_id=a03 anonymous_id=a04
    09:02  page  anonymous_id=a05 anonymous_id=a06
    09:03  page  anonymous_id=a07 anonymous_id=a08
    09:04  page  anonymous_id=a09 anonymous_id=a10
    09:05  page  anonymous_id=a11 anonymous_id=a12
    09:06  page  anonymous_id=a13 anonymous_id=a14
    09:07  page  anonymous_id=a15 anonymous_id=a16
    09:08  page  anonymous_id=a17 anonymous_id=a18
    09:09  page  anonymous_id=a19 anonymous_id=a20
    09:10  page  anonymous_id=a21 anonymous_id=a22
    09:11  page  anonymous_id=a23 anonymous_id=a24
    09:12  page  anonymous_id=a25 anonymous_id=a26
    09:13  page  anonymous_id=a27 anonymous_id=a28
    09:14  page  anonymous_id=a29 anonymous_id=a30
    10:00  page  anonymous_id=a02 anonymous_id=a03
    10:01  page  anonymous_id=a04 anonymous_id=a05
    10:02  page  anonymous_id=a06 anonymous_id=a07
    10:03  page  anonymous_id=a08 anonymous_id=a09
    10:04  page  anonymous_id=a10 anonymous_id=a11
    10:05  page  anonymous_id=a12 anonymous_id=a13
    10:06  page  anonymous_id=a14 anonymous_id=a15
    10:07  page  anonymous_id=a16 anonymous_id=a17
    10:08  page  anonymous_id=a18 anonymous_id=a19
    10:09  page  anonymous_id=a20 anonymous_id=a21
    10:10  page  anonymous_id=a22 anonymous_id=a23
    10:11  page  anonymous_id=a24 anonymous_id=a25
    10:12  page  anonymous_id=a26 anonymous_id=a27
    10:13  page  anonymous_id=a28 anonymous_id=a29
    11:00  "Signed In"  user_id=u1 anonymous_id=a30
  ]],
  expect = {
    profiles = 1,
    together = { { "user_id=u1", "anonymous_id=a01", "anonymous_id=a16" } },
    owner = { [1] = "user_id=u1", [8] = "user_id=u1", [29] = "user_id=u1" },
  },
}
