-- Several decisions by hand about the same identifiers, about unknown ones, and about placeholders.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email", when_shared = "last_login" },
  phone = { rank = 3, normalise = "phone", per_profile = 1, when_shared = "last_login" },
  cookie = { rank = 4, when_shared = "last_login" },
}

ignore_values { user_id = { "null" } }

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "stewards@example.com",
  because = "They come from one visit, and mistakes are corrected by hand.",
  when = any_event(),
  connect = { "user_id", "email", "phone", "cookie" },
  strength = "observed",
}

scenario "a decision about an identifier that nobody has ever sent changes nothing" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
  ]],
  decisions = {
    { "unlink", "user_id=u9", "email=ann@example.com" },
    { "keep_apart", "user_id=u1", "email=other@example.com" },
    { "transfer", "phone=+4930555009", at = "2026-01-01 00:00", to = "user_id=u1" },
  },
  expect = { profiles = 1, exactly = { { "user_id=u1", "email=ann@example.com" } } },
}

scenario "a decision about an unknown identifier holds once the identifier appears" {
  given = [[
    2026-01-01 09:00  identify  user_id=u1 email=ann@example.com
    2026-05-01 09:00  identify  user_id=u1 email=new@example.com
  ]],
  decisions = { { "unlink", "user_id=u1", "email=new@example.com" } },
  expect = {
    exactly = { { "user_id=u1", "email=ann@example.com" } },
    refused = { { "user_id=u1", "email=new@example.com", because = "unlinked" } },
  },
}

scenario "an account joined with one that nobody has sent keeps its own name alone" {
  given = [[
    09:00  identify  user_id=u5 email=ann@example.com
  ]],
  decisions = { { "join", "user_id=u5", "user_id=u1" } },
  expect = { profiles = 1, exactly = { { "user_id=u5", "email=ann@example.com" } } },
}

scenario "unlinked, joined, unlinked: the last word is unlinked" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
  ]],
  decisions = {
    { "unlink", "user_id=u1", "email=ann@example.com" },
    { "join", "user_id=u1", "email=ann@example.com" },
    { "unlink", "user_id=u1", "email=ann@example.com" },
  },
  expect = { exactly = { { "user_id=u1" } } },
}

scenario "unlinked and kept apart add up, and one join lifts both" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
  ]],
  decisions = {
    { "unlink", "user_id=u1", "email=ann@example.com" },
    { "keep_apart", "user_id=u1", "email=ann@example.com" },
    { "join", "user_id=u1", "email=ann@example.com" },
  },
  expect = { profiles = 1, exactly = { { "user_id=u1", "email=ann@example.com" } } },
}

scenario "unlinked and kept apart add up in either order" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
    09:10  page      email=ann@example.com cookie=c1
    09:20  page      user_id=u1 cookie=c1
  ]],
  decisions = {
    { "keep_apart", "user_id=u1", "email=ann@example.com" },
    { "unlink", "email=ann@example.com", "user_id=u1" },
  },
  expect = {
    apart = { { "user_id=u1", "email=ann@example.com" } },
    refused = {
      { "user_id=u1", "email=ann@example.com", because = "unlinked" },
      { "email=ann@example.com", "cookie=c1", because = "keep_apart" },
    },
  },
}

scenario "the same decision taken twice counts once" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
    09:10  identify  user_id=u2 email=ben@example.com
  ]],
  decisions = { { "join", "user_id=u1", "user_id=u2" }, { "join", "user_id=u2", "user_id=u1" } },
  expect = { profiles = 1 },
}

scenario "three accounts joined in two steps are one" {
  given = [[
    09:00  identify  user_id=u1 cookie=c1
    09:10  identify  user_id=u2 cookie=c2
    09:20  identify  user_id=u3 cookie=c3
  ]],
  decisions = { { "join", "user_id=u2", "user_id=u3" }, { "join", "user_id=u3", "user_id=u1" } },
  expect = { profiles = 1, same_owner = { { 1, 2, 3 } } },
}

scenario "taking back one of two joins leaves the other" {
  given = [[
    09:00  identify  user_id=u1 cookie=c1
    09:10  identify  user_id=u2 cookie=c2
    09:20  identify  user_id=u3 cookie=c3
  ]],
  decisions = {
    { "join", "user_id=u1", "user_id=u2" },
    { "join", "user_id=u2", "user_id=u3" },
    { "unlink", "user_id=u1", "user_id=u2" },
  },
  expect = {
    profiles = 2,
    exactly = {
      { "user_id=u1", "cookie=c1" },
      { "user_id=u2", "user_id=u3", "cookie=c2", "cookie=c3" },
    },
  },
}

scenario "an account joined with an address has it although nothing ever tied the two" {
  given = [[
    09:00  identify        user_id=u1 cookie=c1
    09:10  "Email Opened"  email=ann@example.com
  ]],
  decisions = { { "join", "user_id=u1", "email=ann@example.com" } },
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "email=ann@example.com", "cookie=c1" } },
    owner = { [2] = "user_id=u1" },
  },
}

scenario "an address given by hand outweighs a newer sign-in of somebody else" {
  given = [[
    09:00  identify        user_id=u1 cookie=c1
    09:10  identify        user_id=u2 email=ann@example.com
    10:00  "Email Opened"  email=ann@example.com
  ]],
  decisions = { { "join", "user_id=u1", "email=ann@example.com" } },
  expect = {
    exactly = { { "user_id=u1", "email=ann@example.com", "cookie=c1" }, { "user_id=u2" } },
    owner = { [3] = "user_id=u1" },
    refused = { { "user_id=u2", "email=ann@example.com", because = "per_profile" } },
  },
}

scenario "a join with a placeholder changes nothing" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
    09:10  page      user_id=null cookie=c1
  ]],
  decisions = { { "join", "user_id=u1", "user_id=null" } },
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1", "email=ann@example.com" }, { "cookie=c1" } },
    ignored = { "user_id=null" },
  },
}

scenario "a decision names an address as people write it" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
  ]],
  decisions = { { "unlink", "user_id=u1", "email= Ann@Example.COM " } },
  expect = { exactly = { { "user_id=u1" } } },
}

scenario "two joined numbers count as one number of a person" {
  given = [[
    09:00  identify  user_id=u1 phone=+4930555001
    09:10  identify  user_id=u1 phone=+4930555002
  ]],
  decisions = { { "join", "phone=+4930555001", "phone=+4930555002" } },
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "phone=+4930555001", "phone=+4930555002" } },
    refused = {},
  },
}

scenario "without the join the newer of the two numbers stays and the older is refused" {
  given = [[
    09:00  identify  user_id=u1 phone=+4930555001
    09:10  identify  user_id=u1 phone=+4930555002
  ]],
  expect = {
    exactly = { { "user_id=u1", "phone=+4930555002" } },
    refused = { { "user_id=u1", "phone=+4930555001", because = "per_profile" } },
  },
}

scenario "two handovers of one number by hand on two days make three stretches" {
  given = [[
    2026-01-10 09:00  identify         user_id=u1 phone=+4930555001
    2026-02-10 09:00  "Call Answered"  phone=+4930555001
    2026-03-10 09:00  "Call Answered"  phone=+4930555001
    2026-03-11 09:00  page             user_id=u2
    2026-03-11 09:00  page             user_id=u3
  ]],
  decisions = {
    { "transfer", "phone=+4930555001", at = "2026-03-01 00:00", to = "user_id=u3" },
    { "transfer", "phone=+4930555001", at = "2026-02-01 00:00", to = "user_id=u2" },
  },
  expect = {
    owner = { [1] = "user_id=u1", [2] = "user_id=u2", [3] = "user_id=u3" },
    exactly = { { "user_id=u1" }, { "user_id=u2" }, { "user_id=u3", "phone=+4930555001" } },
  },
}

scenario "keeping somebody apart from themselves means nothing" {
  given = [[
    09:00  identify  user_id=u1 email=ann@example.com
  ]],
  decisions = { { "keep_apart", "user_id=u1", "user_id=u1" } },
  expect = { profiles = 1, exactly = { { "user_id=u1", "email=ann@example.com" } } },
}

scenario "a parting holds for every name of joined accounts" {
  given = [[
    09:00  identify  user_id=u1 cookie=c1
    09:10  identify  user_id=u2 cookie=c1
    09:20  identify  email=ann@example.com cookie=c1
  ]],
  decisions = {
    { "join", "user_id=u1", "user_id=u2" },
    { "keep_apart", "user_id=u2", "email=ann@example.com" },
  },
  expect = { apart = { { "user_id=u1", "email=ann@example.com" } } },
}
