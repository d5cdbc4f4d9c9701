-- One value written in many ways, and values that only look alike.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  login = { rank = 2, normalise = "lower", when_shared = "ambiguous" },
  email = { rank = 3, normalise = "email", when_shared = "ambiguous" },
  phone = { rank = 4, normalise = "phone", when_shared = "ambiguous" },
  device_id = { rank = 5, normalise = "trim", matches = "?-*", when_shared = "ambiguous" },
  cookie = { rank = 6, when_shared = "ambiguous" },
}

ignore_values {
  user_id = { "null", "none", "guest-*", "?" },
  device_id = { "x-0*" },
  email = { "noreply@*" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come from one visit.",
  when = any_event(),
  connect = { "user_id", "login", "email", "phone", "device_id", "cookie" },
  strength = "observed",
}

scenario "blanks around an address and its capital letters do not count" {
  given = [[
    09:00  identify  user_id=u10 email=" Ann@Example.COM "
    09:10  page      email=ann@example.com
  ]],
  expect = { profiles = 1, exactly = { { "user_id=u10", "email=ann@example.com" } } },
}

scenario "dots and plus signs in an address count unless a rule says otherwise" {
  given = [[
    09:00  page  email=a.nn@example.com
    09:10  page  email=ann@example.com
    09:20  page  email=ann+shop@example.com
  ]],
  expect = { profiles = 3 },
}

scenario "an address with two at signs is no address" {
  given = [[
    09:00  identify  user_id=u10 email=ann@home@example.com
    09:10  identify  user_id=u11 email=ann@home@example.com
  ]],
  expect = { profiles = 2, ignored = { "email=ann@home@example.com" }, shared = {} },
}

scenario "an address with nothing before the at sign is no address" {
  given = [[
    09:00  identify  user_id=u10 email=@example.com
  ]],
  expect = { profiles = 1, ignored = { "email=@example.com" } },
}

scenario "brackets, blanks and dashes in a number do not count" {
  given = [[
    09:00  identify  user_id=u10 phone="+49 (30) 555-001"
    09:10  page      phone=+4930555001
  ]],
  expect = { profiles = 1, exactly = { { "user_id=u10", "phone=+4930555001" } } },
}

scenario "a number with and without its country is two numbers" {
  given = [[
    09:00  page  phone=+4930555001
    09:10  page  phone=030555001
  ]],
  expect = { profiles = 2 },
}

scenario "five digits are too few for a number and sixteen too many" {
  given = [[
    09:00  page  user_id=u10 phone=12345
    09:10  page  user_id=u10 phone=1234567890123456
    09:20  page  user_id=u10 phone=123456
    09:30  page  user_id=u10 phone=123456789012345
  ]],
  expect = {
    ignored = { "phone=12345", "phone=1234567890123456" },
    exactly = { { "user_id=u10", "phone=123456", "phone=123456789012345" } },
  },
}

scenario "a plus in the middle makes a number worthless" {
  given = [[
    09:00  page  user_id=u10 phone=4930+555001
  ]],
  expect = { ignored = { "phone=4930+555001" } },
}

scenario "letters of a login are folded beyond the English ones" {
  given = [[
    09:00  page  login="ÄRGER"
    09:10  page  login="ärger"
  ]],
  expect = { profiles = 1, exactly = { { "login=ärger" } } },
}

scenario "capital letters of an account count" {
  given = [[
    09:00  page  user_id=U10
    09:10  page  user_id=u10
  ]],
  expect = { profiles = 2 },
}

scenario "a placeholder is one in capital letters too" {
  given = [[
    09:00  page  user_id=NULL cookie=c1
    09:10  page  user_id=None cookie=c2
    09:20  page  user_id=Guest-17 cookie=c3
    09:30  page  user_id=u cookie=c4
  ]],
  expect = {
    profiles = 4,
    ignored = { "user_id=NULL", "user_id=None", "user_id=Guest-17", "user_id=u" },
  },
}

scenario "a placeholder inside a longer value is part of a value" {
  given = [[
    09:00  page  user_id=nullable cookie=c1
    09:10  page  user_id=my-guest-1 cookie=c2
  ]],
  expect = {
    exactly = { { "user_id=nullable", "cookie=c1" }, { "user_id=my-guest-1", "cookie=c2" } },
  },
}

scenario "a device id that does not look like one is dropped, in capital letters it is another" {
  given = [[
    09:00  page  user_id=u10 device_id=ab-1
    09:10  page  user_id=u10 device_id=a-1
    09:20  page  user_id=u10 device_id=A-1
  ]],
  expect = {
    ignored = { "device_id=ab-1" },
    exactly = { { "user_id=u10", "device_id=a-1", "device_id=A-1" } },
  },
}

scenario "a value of blanks is no value" {
  given = [[
    09:00  page  user_id="  " cookie=c1
    09:10  page  user_id="" cookie=c2
  ]],
  expect = { profiles = 2, exactly = { { "cookie=c1" }, { "cookie=c2" } } },
}

scenario "an identifier that no rule declares is a property and ties nobody" {
  given = [[
    09:00  page  loyalty_card=k1 cookie=c1
    09:10  page  loyalty_card=k1 cookie=c2
  ]],
  expect = { profiles = 2, exactly = { { "cookie=c1" }, { "cookie=c2" } } },
}

scenario "a value may hold blanks, quotes and signs of a pattern" {
  given = [[
    09:00  page  user_id="Ann O'Hara *" cookie=c1
    09:10  page  user_id="Ann O'Hara ?" cookie=c2
  ]],
  expect = { profiles = 2, together = { { "user_id=Ann O'Hara *", "cookie=c1" } } },
}
