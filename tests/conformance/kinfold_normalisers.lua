-- Kinfold's own ways to bring values into one form, beyond e-mail, phone, lower and trim.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = {
    rank = 2, normalise = "email",
    domains = {
      ["gmail.com"] = { ignore = { "dots", "plus_tags" } },
      ["googlemail.com"] = { ignore = { "dots", "plus_tags" }, same_as = "gmail.com" },
      ["*"] = { ignore = { "plus_tags" } },
    },
  },
  contact = { rank = 3, normalise = "email", hashed = "sha256" },
  hash = { rank = 4, normalise = "sha256" },
  install = { rank = 5, normalise = "uuid" },
  idfa = { rank = 6, normalise = "idfa" },
  gaid = { rank = 7, normalise = "gaid" },
  cookie = { rank = 8, normalise = "cookie" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come from one visit.",
  when = any_event(),
  connect = { "user_id", "email", "contact", "hash", "install", "idfa", "gaid", "cookie" },
  strength = "observed",
}

scenario "a provider that reads over dots and tags has one mailbox for all of them" {
  given = [[
    09:00  page  email=a.nn.b@gmail.com
    09:10  page  email=AnnB+shop@gmail.com
    09:20  page  email=annb@googlemail.com
  ]],
  expect = { profiles = 1, exactly = { { "email=annb@gmail.com" } } },
}

scenario "elsewhere dots count and tags do not" {
  given = [[
    09:00  page  email=a.nn@example.com
    09:10  page  email=ann@example.com
    09:20  page  email=ann+shop@example.com
  ]],
  expect = {
    profiles = 2,
    exactly = { { "email=a.nn@example.com" }, { "email=ann@example.com" } },
  },
}

scenario "an address of a tag alone is nobody's" {
  given = [[
    09:00  page  user_id=u1 email=+shop@gmail.com
    09:10  page  user_id=u2 email=...@gmail.com
  ]],
  expect = { profiles = 2, ignored = { "email=+shop@gmail.com", "email=...@gmail.com" } },
}

scenario "an address and its hash are one contact, whichever comes first" {
  given = [[
    09:00  page      contact=ED7D35F0A40DF4BE24A7C0FDF3A3B0A2FD0B4F2FBE1BC2B5C90D0C1D7BA38A44
    09:10  page      contact=" Ann@Example.com " user_id=u1
    09:20  page      contact=71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476
  ]],
  expect = { profiles = 2, same_owner = { { 2, 3 } }, other_owner = { { 1, 2 } } },
}

scenario "a hash is never hashed again" {
  given = [[
    09:00  page  contact=71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476
    09:10  page  contact=71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476
  ]],
  expect = {
    profiles = 1,
    exactly = { { "contact=71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476" } },
  },
}

scenario "what is no hash is dropped where hashes are expected" {
  given = [[
    09:00  page  user_id=u1 hash=ann@example.com
    09:10  page  user_id=u1 hash=71D4F55F72FA128DFB468A1A3901507C804B74316488744D769D7F4B16696476
  ]],
  expect = {
    ignored = { "hash=ann@example.com" },
    exactly = {
      { "user_id=u1", "hash=71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476" },
    },
  },
}

scenario "an installation is one in capital letters, braces and without dashes" {
  given = [[
    09:00  page  install=6F9619FF-8B86-D011-B42D-00CF4FC964FF
    09:10  page  install={6f9619ff-8b86-d011-b42d-00cf4fc964ff}
    09:20  page  install=6f9619ff8b86d011b42d00cf4fc964ff
  ]],
  expect = { profiles = 1, exactly = { { "install=6f9619ff-8b86-d011-b42d-00cf4fc964ff" } } },
}

scenario "an installation id with a letter too few or a dash astray is dropped" {
  given = [[
    09:00  page  user_id=u1 install=6f9619ff-8b86-d011-b42d-00cf4fc964f
    09:10  page  user_id=u1 install=6f9619ff8-b86-d011-b42d-00cf4fc964ff
    09:20  page  user_id=u1 install=6f9619ff-8b86-d011-b42d-00cf4fc964fg
  ]],
  expect = {
    exactly = { { "user_id=u1" } },
    ignored = { "install=6f9619ff-8b86-d011-b42d-00cf4fc964f" },
  },
}

scenario "the advertising id of everybody who switched it off joins nobody" {
  given = [[
    09:00  page  user_id=u1 idfa=00000000-0000-0000-0000-000000000000
    09:10  page  user_id=u2 idfa=00000000-0000-0000-0000-000000000000
    09:20  page  user_id=u1 gaid=00000000000000000000000000000000
    09:30  page  user_id=u2 gaid=00000000000000000000000000000000
  ]],
  expect = {
    profiles = 2,
    shared = {},
    ignored = {
      "idfa=00000000-0000-0000-0000-000000000000", "gaid=00000000000000000000000000000000",
    },
  },
}

scenario "an analytics cookie is one browser whatever depth it was set at" {
  given = [[
    09:00  page  cookie=GA1.2.1234567890.1700000000
    09:10  page  cookie=GA1.1-2.1234567890.1700000000
    09:20  page  cookie=1234567890.1700000000
  ]],
  expect = { profiles = 1, exactly = { { "cookie=1234567890.1700000000" } } },
}

scenario "other cookies are kept as they are" {
  given = [[
    09:00  page  cookie=fb.1.1700000000000.1098115397
    09:10  page  cookie=fb.2.1700000000000.1098115397
    09:20  page  cookie=GA1.2
  ]],
  expect = {
    profiles = 3,
    exactly = {
      { "cookie=fb.1.1700000000000.1098115397" },
      { "cookie=fb.2.1700000000000.1098115397" },
      { "cookie=GA1.2" },
    },
  },
}
