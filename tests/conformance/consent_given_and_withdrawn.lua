-- A browser is tied to an account only while its user agrees; the account's own address needs no
-- such yes.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email" },
  cookie = { rank = 3 },
}

link "browsing" {
  title = "Signing in shows whose browser it is",
  owner = "privacy@example.com",
  because = "Register entry on recognition: its basis is consent.",
  when = event "Signed In",
  connect = { "user_id", "email", "cookie" },
  strength = "verified",
  requires_consent = "identity",
}

link "account" {
  title = "An account is opened with an address",
  owner = "accounts@example.com",
  because = "Needed to keep the contract.",
  when = event "Account Created",
  connect = { "user_id", "email" },
  strength = "verified",
}

scenario "silence is not consent: the browser stays unlinked" {
  given = [[
    09:00  page         cookie=c1
    09:05  "Signed In"  user_id=u1 cookie=c1
    09:10  page         cookie=c1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "cookie=c1" } },
    owner = { [1] = "anonymous", [2] = "user_id=u1", [3] = "anonymous" },
    refused = { { "user_id=u1", "cookie=c1", because = "consent" } },
  },
}

scenario "a yes at the sign-in reaches back over the anonymous visit" {
  given = [[
    09:00  page         cookie=c1
    09:05  "Signed In"  user_id=u1 cookie=c1 consent.identity=granted
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "cookie=c1" } },
    owner = { [1] = "user_id=u1" },
  },
}

scenario "a yes in the cookie banner is still there at the sign-in" {
  given = [[
    09:00  consent      cookie=c1 consent.identity=granted
    09:05  "Signed In"  user_id=u1 cookie=c1
  ]],
  expect = { exactly = { { "user_id=u1", "cookie=c1" } } },
}

scenario "a yes after the sign-in comes too late for it" {
  given = [[
    09:05  "Signed In"  user_id=u1 cookie=c1
    09:10  consent      user_id=u1 cookie=c1 consent.identity=granted
    09:15  page         cookie=c1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "cookie=c1" } },
    refused = { { "user_id=u1", "cookie=c1", because = "consent" } },
  },
}

scenario "a no in the cookie banner outlasts the sign-in that follows" {
  given = [[
    09:00  consent      cookie=c1 consent.identity=denied
    09:05  "Signed In"  user_id=u1 cookie=c1
  ]],
  expect = {
    apart = { { "user_id=u1", "cookie=c1" } },
    refused = { { "user_id=u1", "cookie=c1", because = "consent" } },
  },
}

scenario "a yes to advertising and statistics is no yes to being recognised" {
  given = [[
    09:00  consent      cookie=c1 consent.analytics=granted consent.ads=granted
    09:05  "Signed In"  user_id=u1 cookie=c1 consent.analytics=granted
  ]],
  expect = { exactly = { { "user_id=u1" }, { "cookie=c1" } } },
}

scenario "a no a month later makes the browser anonymous again, back to its first page" {
  given = [[
    09:00  page         cookie=c1
    09:05  "Signed In"  user_id=u1 cookie=c1 consent.identity=granted
    09:10  page         cookie=c1
    2026-02-01 09:00  consent  cookie=c1 consent.identity=denied
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "cookie=c1" } },
    owner = { [1] = "anonymous", [2] = "user_id=u1", [3] = "anonymous", [4] = "anonymous" },
    refused = { { "user_id=u1", "cookie=c1", because = "consent" } },
  },
}

scenario "a no on the account page counts as much as a no in the browser" {
  given = [[
    09:05  "Signed In"  user_id=u1 cookie=c1 consent.identity=granted
    09:10  page         cookie=c1
    2026-02-01 09:00  consent  user_id=u1 consent.identity=denied
  ]],
  expect = {
    exactly = { { "user_id=u1" }, { "cookie=c1" } },
    owner = { [2] = "anonymous" },
  },
}

scenario "a no in the office browser leaves the laptop where it is" {
  given = [[
    09:00  "Signed In"  user_id=u1 cookie=laptop consent.identity=granted
    09:30  "Signed In"  user_id=u1 cookie=office consent.identity=granted
    10:00  consent      cookie=office consent.identity=denied
  ]],
  expect = {
    exactly = { { "user_id=u1", "cookie=laptop" }, { "cookie=office" } },
  },
}

scenario "a second yes does not revive a sign-in that a no has ended" {
  given = [[
    09:00  "Signed In"  user_id=u1 cookie=c1 consent.identity=granted
    10:00  consent      cookie=c1 consent.identity=denied
    11:00  consent      cookie=c1 consent.identity=granted
  ]],
  expect = { exactly = { { "user_id=u1" }, { "cookie=c1" } } },
}

scenario "a second yes and a new sign-in tie the browser again" {
  given = [[
    09:00  "Signed In"  user_id=u1 cookie=c1 consent.identity=granted
    10:00  consent      cookie=c1 consent.identity=denied
    11:00  consent      cookie=c1 consent.identity=granted
    12:00  "Signed In"  user_id=u1 cookie=c1
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "cookie=c1" } },
  },
}

scenario "a yes and a no in the same second are a no" {
  given = [[
    09:00  consent      cookie=c1 consent.identity=granted
    09:00  consent      cookie=c1 consent.identity=denied
    09:05  "Signed In"  user_id=u1 cookie=c1
  ]],
  expect = { exactly = { { "user_id=u1" }, { "cookie=c1" } } },
}

scenario "looking back to the day before the no, the tie is there" {
  given = [[
    2026-01-10 09:00  "Signed In"  user_id=u1 cookie=c1 consent.identity=granted
    2026-01-20 09:00  consent      cookie=c1 consent.identity=denied
  ]],
  as_of = "2026-01-19 09:00",
  expect = { exactly = { { "user_id=u1", "cookie=c1" } } },
}

scenario "a no leaves the address that the contract is about" {
  given = [[
    09:00  "Account Created"  user_id=u1 email=kim@example.com
    09:05  "Signed In"        user_id=u1 email=kim@example.com cookie=c1 consent.identity=granted
    09:10  page               cookie=c1
    10:00  consent            user_id=u1 consent.identity=denied
  ]],
  expect = {
    exactly = { { "user_id=u1", "email=kim@example.com" }, { "cookie=c1" } },
    owner = { [3] = "anonymous" },
  },
}
