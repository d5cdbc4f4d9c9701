-- To whom an event belongs: the strongest identifier that names somebody at that time.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email", when_shared = "ambiguous" },
  phone = { rank = 3, normalise = "phone", when_shared = "last_login" },
  device_id = { rank = 4, when_shared = "split_by_login" },
  cookie = { rank = 5, when_shared = "ambiguous", expires_after = days(30) },
}

link "signed_in" {
  title = "Signing in shows what is the user's",
  owner = "analytics@example.com",
  because = "A password was entered.",
  when = event "Signed In",
  connect = { "user_id", "email", "phone", "device_id", "cookie" },
  strength = "verified",
}

scenario "a page with an account on somebody else's device is the account's" {
  given = [[
    09:00  "Signed In"  user_id=u1 device_id=d1
    09:10  page         user_id=u2 device_id=d1
    09:20  page         device_id=d1
  ]],
  expect = {
    profiles = 2,
    owner = { [2] = "user_id=u2", [3] = "user_id=u1" },
  },
}

scenario "a signed-in page never moves when the device does" {
  given = [[
    09:00  "Signed In"  user_id=u1 phone=+4930555001
    09:10  page         user_id=u1 phone=+4930555001
    09:20  page         phone=+4930555001
    09:30  "Signed In"  user_id=u2 phone=+4930555001
  ]],
  expect = { owner = { [2] = "user_id=u1", [3] = "user_id=u2" } },
}

scenario "an event with a shared address and a device of one user is that user's" {
  given = [[
    09:00  "Signed In"  user_id=u1 email=desk@example.com
    09:10  "Signed In"  user_id=u2 email=desk@example.com
    09:20  "Signed In"  user_id=u2 device_id=d1
    10:00  page         email=desk@example.com device_id=d1
  ]],
  expect = { shared = { "email=desk@example.com" }, owner = { [4] = "user_id=u2" } },
}

scenario "an event with nothing but a shared address is an anonymous person's who stays the same" {
  given = [[
    09:00  "Signed In"     user_id=u1 email=desk@example.com
    09:10  "Signed In"     user_id=u2 email=desk@example.com
    10:00  "Email Opened"  email=desk@example.com
    11:00  "Email Opened"  email=desk@example.com
  ]],
  expect = {
    profiles = 3,
    owner = { [3] = "anonymous", [4] = "anonymous" },
    same_owner = { { 3, 4 } },
    other_owner = { { 1, 2, 3 } },
  },
}

scenario "of two shared identifiers the stronger keeps the event" {
  given = [[
    09:00  "Signed In"  user_id=u1 email=desk@example.com cookie=c1
    09:10  "Signed In"  user_id=u2 email=desk@example.com cookie=c1
    10:00  page         email=desk@example.com cookie=c1
    11:00  page         email=desk@example.com
    12:00  page         cookie=c1
  ]],
  expect = {
    shared = { "email=desk@example.com", "cookie=c1" },
    same_owner = { { 3, 4 } },
    other_owner = { { 3, 5 } },
  },
}

scenario "an event with two accounts is nobody's" {
  given = [[
    09:00  page  user_id=u1 user_id=u2 device_id=d1
    09:10  page  user_id=u1
  ]],
  expect = { profiles = 1, contradictory = { 1 }, exactly = { { "user_id=u1" } } },
}

scenario "an event without any identifier is nobody's" {
  given = [[
    09:00  page  title=home
    09:10  page  user_id=u1
  ]],
  expect = { profiles = 1, contradictory = {} },
}

scenario "an event belongs to the stretch of its own time, not to today's" {
  given = [[
    2026-01-01 09:00  page         cookie=c1
    2026-01-02 09:00  "Signed In"  user_id=u1 cookie=c1
    2026-03-20 09:00  page         cookie=c1
    2026-03-21 09:00  "Signed In"  user_id=u2 cookie=c1
  ]],
  expect = {
    profiles = 2,
    owner = { [1] = "user_id=u1", [3] = "user_id=u2" },
    exactly = { { "user_id=u1" }, { "user_id=u2", "cookie=c1" } },
  },
}

scenario "an order between two turns at a device is the turn's it falls into" {
  given = [[
    09:00  "Signed In"        user_id=u1 device_id=d1
    10:00  "Signed In"        user_id=u2 device_id=d1
    09:59  "Order Completed"  device_id=d1
    10:01  "Order Completed"  device_id=d1
  ]],
  expect = { owner = { [3] = "user_id=u1", [4] = "user_id=u2" } },
}

scenario "an identifier that no event carried alone makes no person of its own" {
  given = [[
    09:00  page  user_id=u1 device_id=d1
    09:10  page  user_id=u2 device_id=d1
  ]],
  expect = { profiles = 2, exactly = { { "user_id=u1" }, { "user_id=u2" } } },
}

scenario "identifiers that stand on no rule's event are strangers to each other" {
  given = [[
    09:00  page  email=ann@example.com cookie=c1
    09:10  page  cookie=c1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "email=ann@example.com" }, { "cookie=c1" } },
    other_owner = { { 1, 2 } },
  },
}

scenario "an alias and a consent event belong to somebody like any other event" {
  given = [[
    09:00  "Signed In"  user_id=u1 cookie=c1
    09:10  consent      cookie=c1 consent.ads=denied
    09:20  alias        cookie=c1 cookie=c2
    09:30  group        user_id=u1 name=acme
  ]],
  expect = { same_owner = { { 1, 2, 3, 4 } } },
}
