-- Declared before verified before observed; and how near to somebody a thing stands.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email", when_shared = "ambiguous" },
  device_id = { rank = 3, when_shared = "last_login" },
  cookie = { rank = 4, when_shared = "first_login" },
}

link "record" {
  title = "A record saved by staff is certain",
  owner = "crm@example.com",
  because = "The customer stood at the counter.",
  when = event "Record Saved",
  connect = { "user_id", "email", "device_id", "cookie" },
  strength = "declared",
}

link "signed_in" {
  title = "Signing in shows what is the user's",
  owner = "analytics@example.com",
  because = "A password was entered.",
  when = event "Signed In",
  connect = { "user_id", "email", "device_id", "cookie" },
  strength = "verified",
}

link "typed" {
  title = "A form ties what is typed in it, weakly",
  owner = "analytics@example.com",
  because = "Typing is not proving.",
  when = event "Form Sent",
  connect = { "user_id", "email", "device_id", "cookie" },
  strength = "observed",
}

scenario "an address typed by one account and proved by another is no shared address" {
  given = [[
    09:00  "Form Sent"     user_id=u1 email=ann@example.com
    09:10  "Signed In"     user_id=u2 email=ann@example.com
    10:00  "Email Opened"  email=ann@example.com
  ]],
  expect = {
    exactly = { { "user_id=u1" }, { "user_id=u2", "email=ann@example.com" } },
    shared = {},
    refused = { { "user_id=u1", "email=ann@example.com", because = "per_profile" } },
  },
}

scenario "an address proved by two accounts is shared, whoever typed it besides" {
  given = [[
    09:00  "Signed In"  user_id=u1 email=ann@example.com
    09:10  "Signed In"  user_id=u2 email=ann@example.com
    09:20  "Form Sent"  user_id=u3 email=ann@example.com
  ]],
  expect = {
    shared = { "email=ann@example.com" },
    refused = { { "user_id=u3", "email=ann@example.com", because = "shared" } },
  },
}

scenario "a record of the staff settles what two passwords left open" {
  given = [[
    09:00  "Signed In"     user_id=u1 email=ann@example.com
    09:10  "Signed In"     user_id=u2 email=ann@example.com
    09:20  "Record Saved"  user_id=u2 email=ann@example.com
  ]],
  expect = {
    exactly = { { "user_id=u1" }, { "user_id=u2", "email=ann@example.com" } },
    shared = {},
  },
}

scenario "an old proof of the device outweighs a new guess" {
  given = [[
    2026-01-01 09:00  "Signed In"  user_id=u1 device_id=d1
    2026-06-01 09:00  "Form Sent"  user_id=u2 device_id=d1
    2026-06-02 09:00  page         device_id=d1
  ]],
  expect = { owner = { [3] = "user_id=u1" } },
}

scenario "of two proofs of the device the newer counts" {
  given = [[
    2026-01-01 09:00  "Signed In"  user_id=u1 device_id=d1
    2026-06-01 09:00  "Signed In"  user_id=u2 device_id=d1
    2026-06-02 09:00  page         device_id=d1
  ]],
  expect = { owner = { [3] = "user_id=u2" } },
}

scenario "an old guess about the cookie gives way to a first proof" {
  given = [[
    2026-01-01 09:00  "Form Sent"  user_id=u1 cookie=c1
    2026-02-01 09:00  "Signed In"  user_id=u2 cookie=c1
    2026-03-01 09:00  "Signed In"  user_id=u3 cookie=c1
    2026-03-02 09:00  page         cookie=c1
  ]],
  expect = { owner = { [4] = "user_id=u2" } },
}

scenario "an address typed into a stranger's cookie does not make two strangers one through it" {
  given = [[
    09:00  "Form Sent"  email=ann@example.com cookie=c1
    09:10  "Form Sent"  email=ben@example.com cookie=c2
    09:20  "Signed In"  user_id=u1 cookie=c1
    09:30  "Signed In"  user_id=u2 cookie=c2
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "user_id=u1", "email=ann@example.com", "cookie=c1" },
      { "user_id=u2", "email=ben@example.com", "cookie=c2" },
    },
  },
}

scenario "an address typed on the browsers of two accounts names neither of them" {
  given = [[
    09:00  "Signed In"     user_id=u1 cookie=c1
    09:10  "Signed In"     user_id=u2 cookie=c2
    09:20  "Form Sent"     email=ann@example.com cookie=c1
    09:30  "Form Sent"     email=ann@example.com cookie=c2
    10:00  "Email Opened"  email=ann@example.com
  ]],
  expect = {
    shared = { "email=ann@example.com" },
    exactly = { { "user_id=u1", "cookie=c1" }, { "user_id=u2", "cookie=c2" } },
    owner = { [5] = "anonymous" },
  },
}

scenario "where nobody has an account an address holds what was seen with it" {
  given = [[
    09:00  "Form Sent"  email=ann@example.com cookie=c1
    09:10  "Form Sent"  email=ann@example.com device_id=d1
    09:20  page         cookie=c1
    09:30  page         device_id=d1
  ]],
  expect = {
    profiles = 1,
    exactly = { { "email=ann@example.com", "cookie=c1", "device_id=d1" } },
  },
}
