-- Telephone numbers as they are written in one country; needs a build with libphonenumber.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  phone = { rank = 2, normalise = "phone", region = "DE" },
  fax = { rank = 3, normalise = "phone" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come from one visit.",
  when = any_event(),
  connect = { "user_id", "phone", "fax" },
  strength = "observed",
}

scenario "a number is one number however it is written in its country" {
  given = [[
    09:00  page  phone="030 123456"
    09:10  page  phone="(030) 12 34 56"
    09:20  page  phone="+49 30 123456"
    09:30  page  phone="0049-30-123456"
  ]],
  expect = { profiles = 1, exactly = { { "phone=+4930123456" } } },
}

scenario "without a region no country is guessed" {
  given = [[
    09:00  page  fax="030 123456"
    09:10  page  fax="+49 30 123456"
  ]],
  expect = { profiles = 2, exactly = { { "fax=030123456" }, { "fax=+4930123456" } } },
}

scenario "a number of abroad says so itself" {
  given = [[
    09:00  page  phone="+45 32 12 34 56"
    09:10  page  phone="0045 32123456"
  ]],
  expect = { profiles = 1, exactly = { { "phone=+4532123456" } } },
}

scenario "two extensions are two telephones" {
  given = [[
    09:00  page  phone="030 123456 ext. 5"
    09:10  page  phone="030 123456 ext. 7"
    09:20  page  phone="030 123456"
  ]],
  expect = {
    profiles = 3,
    exactly = {
      { "phone=+4930123456;ext=5" },
      { "phone=+4930123456;ext=7" },
      { "phone=+4930123456" },
    },
  },
}

scenario "what is no number in that country stays its digits" {
  given = [[
    09:00  page  phone="1234567890123456"
    09:10  page  phone="+999 123 456"
    09:20  page  phone=hello
  ]],
  expect = {
    profiles = 1,
    exactly = { { "phone=+999123456" } },
    ignored = { "phone=1234567890123456", "phone=hello" },
  },
}
