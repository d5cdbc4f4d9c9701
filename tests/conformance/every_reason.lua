-- Every reason a tie can be refused for, once by itself and where two of them meet.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  member_id = { rank = 2, per_profile = { 1, within = days(7) } },
  email = { rank = 3, normalise = "email", when_shared = "ambiguous", shared_above = 3 },
  phone = { rank = 4, normalise = "phone", per_profile = 2 },
  cookie = { rank = 5, when_shared = "last_login" },
}

limits { max_identifiers = 5 }

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come from one visit.",
  when = any_event(),
  connect = { "user_id", "member_id", "email", "phone", "cookie" },
  strength = "observed",
}

link "asked" {
  title = "A survey shows whose cookie it is",
  owner = "privacy@example.com",
  because = "Respondents were promised to be asked first.",
  when = event "Survey Answered",
  connect = { "user_id", "cookie" },
  strength = "observed",
  requires_consent = "identity",
}

never_link "two_people" {
  title = "Whoever names a spouse names another person",
  owner = "analytics@example.com",
  because = "Both said so.",
  when = event "Spouse Named",
  separate = { "user_id", { "properties.spouse", as = "user_id" } },
}

scenario "consent: nobody said yes to the survey's tie, the visit's own tie stands" {
  given = [[
    09:00  "Survey Answered"  user_id=u1 cookie=c1
  ]],
  expect = {
    profiles = 1,
    refused = { { "user_id=u1", "cookie=c1", because = "consent" } },
    exactly = { { "user_id=u1", "cookie=c1" } },
  },
}

scenario "unlinked: a steward took the tie back" {
  given = [[
    09:00  page  user_id=u1 cookie=c1
  ]],
  decisions = { { "unlink", "user_id=u1", "cookie=c1" } },
  expect = { refused = { { "user_id=u1", "cookie=c1", because = "unlinked" } } },
}

scenario "shared_above: a mailbox of four accounts is nobody's" {
  given = [[
    09:00  page  user_id=u1 email=all@example.com
    09:01  page  user_id=u2 email=all@example.com
    09:02  page  user_id=u3 email=all@example.com
    09:03  page  user_id=u4 email=all@example.com
  ]],
  expect = {
    shared = { "email=all@example.com" },
    refused = {
      { "user_id=u1", "email=all@example.com", because = "shared_above" },
      { "user_id=u2", "email=all@example.com", because = "shared_above" },
      { "user_id=u3", "email=all@example.com", because = "shared_above" },
      { "user_id=u4", "email=all@example.com", because = "shared_above" },
    },
  },
}

scenario "shared: a mailbox of two accounts, and no policy that decides" {
  given = [[
    09:00  page  user_id=u1 email=two@example.com
    09:01  page  user_id=u2 email=two@example.com
  ]],
  expect = {
    shared = { "email=two@example.com" },
    refused = {
      { "user_id=u1", "email=two@example.com", because = "shared" },
      { "user_id=u2", "email=two@example.com", because = "shared" },
    },
  },
}

scenario "never_link: spouses with one cookie stay two" {
  given = [[
    09:00  "Spouse Named"  user_id=u1 spouse=u2
    09:01  page            user_id=u1 cookie=c1
    09:02  page            user_id=u2 cookie=c1
  ]],
  expect = {
    exactly = { { "user_id=u1" }, { "user_id=u2", "cookie=c1" } },
    refused = { { "user_id=u1", "cookie=c1", because = "never_link" } },
  },
}

scenario "keep_apart: a steward parted the two" {
  given = [[
    09:00  page  user_id=u1 email=ann@example.com
    09:01  page  email=ann@example.com
  ]],
  decisions = { { "keep_apart", "user_id=u1", "email=ann@example.com" } },
  expect = {
    exactly = { { "user_id=u1" }, { "email=ann@example.com" } },
    refused = { { "user_id=u1", "email=ann@example.com", because = "keep_apart" } },
  },
}

scenario "per_profile: a third number is one too many" {
  given = [[
    09:00  page  user_id=u1 phone=+4930555001
    09:01  page  user_id=u1 phone=+4930555002
    09:02  page  user_id=u1 phone=+4930555003
  ]],
  expect = {
    exactly = { { "user_id=u1", "phone=+4930555002", "phone=+4930555003" } },
    refused = { { "user_id=u1", "phone=+4930555001", because = "per_profile" } },
  },
}

scenario "within: two member numbers in one week are one too many" {
  given = [[
    2026-01-01 09:00  page  user_id=u1 member_id=m1
    2026-01-03 09:00  page  user_id=u1 member_id=m2
    2026-01-04 09:00  page  member_id=m1
  ]],
  expect = {
    exactly = { { "user_id=u1", "member_id=m2" }, { "member_id=m1" } },
    refused = { { "user_id=u1", "member_id=m1", because = "within" } },
  },
}

scenario "ceiling: a sixth identifier is refused whatever it is" {
  given = [[
    09:00  page  user_id=u1 cookie=c1
    09:01  page  user_id=u1 cookie=c2
    09:02  page  user_id=u1 cookie=c3
    09:03  page  user_id=u1 cookie=c4
    09:04  page  user_id=u1 cookie=c5
  ]],
  expect = {
    exactly = { { "user_id=u1", "cookie=c2", "cookie=c3", "cookie=c4", "cookie=c5" } },
    refused = { { "user_id=u1", "cookie=c1", because = "ceiling" } },
  },
}

scenario "never_link is named before a steward's word" {
  given = [[
    09:00  "Spouse Named"  user_id=u1 spouse=u2
    09:01  page            user_id=u1 cookie=c1
    09:02  page            user_id=u2 cookie=c1
  ]],
  decisions = { { "keep_apart", "user_id=u1", "user_id=u2" } },
  expect = { refused = { { "user_id=u1", "cookie=c1", because = "never_link" } } },
}

scenario "a steward's word is named before the limit on accounts" {
  given = [[
    09:01  page  user_id=u1 cookie=c1
    09:02  page  user_id=u2 cookie=c1
  ]],
  decisions = { { "keep_apart", "user_id=u1", "user_id=u2" } },
  expect = { refused = { { "user_id=u1", "cookie=c1", because = "keep_apart" } } },
}

scenario "a number of values is named before a number in a week" {
  given = [[
    09:00  page  user_id=u1 member_id=m1 cookie=c1
    09:01  page  user_id=u2 member_id=m2 cookie=c1
  ]],
  expect = { refused = { { "user_id=u1", "cookie=c1", because = "per_profile" } } },
}

scenario "a limit of one kind is named before the size of the whole person" {
  given = [[
    09:00  page  user_id=u1 phone=+4930555001
    09:01  page  user_id=u1 phone=+4930555002
    09:02  page  user_id=u1 cookie=c1
    09:03  page  user_id=u1 cookie=c2
    09:04  page  user_id=u1 phone=+4930555003
  ]],
  expect = { refused = { { "user_id=u1", "phone=+4930555001", because = "per_profile" } } },
}

scenario "a tie taken back is named before the mailbox is found to be everybody's" {
  given = [[
    09:00  page  user_id=u1 email=all@example.com
    09:01  page  user_id=u2 email=all@example.com
    09:02  page  user_id=u3 email=all@example.com
    09:03  page  user_id=u4 email=all@example.com
    09:04  page  user_id=u5 email=all@example.com
  ]],
  decisions = { { "unlink", "user_id=u1", "email=all@example.com" } },
  expect = {
    refused = {
      { "user_id=u1", "email=all@example.com", because = "unlinked" },
      { "user_id=u2", "email=all@example.com", because = "shared_above" },
    },
  },
}
