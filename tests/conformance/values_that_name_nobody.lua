-- Placeholders, wrong formats, halves of addresses.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  login = { rank = 2, normalise = "lower" },
  email = { rank = 3, normalise = "email" },
  phone = { rank = 4, normalise = "phone" },
  idfa = { rank = 5, matches = "????????-????-????-????-????????????" },
  cookie = { rank = 6 },
}

ignore_values {
  user_id = { "null", "anonymous", "undefined", "-1", "0" },
  email = { "*@example.invalid", "test@*" },
  idfa = { "00000000-0000-0000-0000-000000000000" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "What is left after the checks comes from one visitor.",
  when = any_event(),
  connect = { "user_id", "login", "email", "phone", "idfa", "cookie" },
  strength = "observed",
}

scenario "visitors whose account is called null are strangers to one another" {
  given = [[
    09:00  identify  user_id=null email=ann@example.com
    09:05  identify  user_id=null email=ben@example.com
  ]],
  expect = {
    profiles = 2,
    exactly = { { "email=ann@example.com" }, { "email=ben@example.com" } },
    ignored = { "user_id=null" },
  },
}

scenario "an advertising id or number that does not look like one ties nobody" {
  given = [[
    09:00  identify  user_id=u1 idfa=user_null phone=not-specified
    09:05  identify  user_id=u2 idfa=user_null phone=not-specified
    09:10  identify  user_id=u3 idfa=1B7D40C2-5A91-4E08-9F36-7C0E2D8B6A15 phone=12345
  ]],
  expect = {
    profiles = 3,
    exactly = {
      { "user_id=u1" },
      { "user_id=u2" },
      { "user_id=u3", "idfa=1B7D40C2-5A91-4E08-9F36-7C0E2D8B6A15" },
    },
    ignored = { "idfa=user_null", "phone=not-specified", "phone=12345" },
  },
}

scenario "the advertising id of all who switched it off ties nobody" {
  given = [[
    09:00  "App Opened"  idfa=00000000-0000-0000-0000-000000000000 cookie=c1
    09:05  "App Opened"  idfa=00000000-0000-0000-0000-000000000000 cookie=c2
  ]],
  expect = {
    profiles = 2,
    exactly = { { "cookie=c1" }, { "cookie=c2" } },
  },
}

scenario "an event that holds placeholders only is nobody's" {
  given = [[
    09:00  page      user_id=undefined email=test@example.com
    09:05  identify  user_id=u1 cookie=c1
    09:10  page      user_id=anonymous cookie=c1
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "cookie=c1" } },
    owner = { [3] = "user_id=u1" },
    ignored = { "user_id=undefined", "user_id=anonymous", "email=test@example.com" },
  },
}

scenario "an address without a domain is not an address" {
  given = [[
    09:00  identify  email=jane@ cookie=c1
    09:05  identify  email=jane@ cookie=c2
    09:10  identify  email=none cookie=c3
    09:15  identify  email=" Jane.Doe@Example.com " cookie=c4
    09:20  identify  email=jane.doe@example.com cookie=c5
  ]],
  expect = {
    profiles = 4,
    exactly = {
      { "cookie=c1" },
      { "cookie=c2" },
      { "cookie=c3" },
      { "email=jane.doe@example.com", "cookie=c4", "cookie=c5" },
    },
    ignored = { "email=jane@", "email=none" },
  },
}

scenario "upper and lower case are two accounts, but one login where the rules fold case" {
  given = [[
    09:00  identify  user_id=user-456 login=Summer.Rain
    09:05  identify  user_id=USER-456 login=winter
    09:10  identify  login=summer.rain cookie=c1
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "user_id=user-456", "login=summer.rain", "cookie=c1" },
      { "user_id=USER-456", "login=winter" },
    },
  },
}
