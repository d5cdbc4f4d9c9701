-- What somebody has claimed first stays with them.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, per_profile = 1, normalise = "email", when_shared = "first_login" },
  tablet_id = { rank = 3, when_shared = "first_login" },
  cookie = { rank = 4, when_shared = "first_login" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "Sent at sign-in and at the order.",
  when = any_event(),
  connect = { "user_id", "email", "tablet_id", "cookie" },
  strength = "observed",
}

scenario "a mailbox stays with the account that gave it first" {
  given = [[
    09:00  identify       user_id=m-301 email=jane@example.com
    10:00  "Form Sent"    user_id=m-302 email=jane@example.com
    11:00  "Email Opened" email=jane@example.com
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=m-301", "email=jane@example.com" }, { "user_id=m-302" } },
    owner = { [2] = "user_id=m-302", [3] = "user_id=m-301" },
    refused = { { "user_id=m-302", "email=jane@example.com", because = "per_profile" } },
  },
}

scenario "a counter tablet of six accounts is the first one's, and the others lose nothing" {
  given = [[
    09:00  identify  user_id=u1 tablet_id=store_7
    09:10  identify  user_id=u2 tablet_id=store_7
    09:20  identify  user_id=u3 tablet_id=store_7
    09:30  identify  user_id=u4 tablet_id=store_7
    09:40  identify  user_id=u5 tablet_id=store_7
    09:50  identify  user_id=u6 tablet_id=store_7
  ]],
  expect = {
    profiles = 6,
    exactly = {
      { "user_id=u1", "tablet_id=store_7" }, { "user_id=u2" }, { "user_id=u3" },
      { "user_id=u4" }, { "user_id=u5" }, { "user_id=u6" },
    },
    refused = {
      { "user_id=u2", "tablet_id=store_7", because = "per_profile" },
      { "user_id=u6", "tablet_id=store_7", because = "per_profile" },
    },
  },
}

scenario "a browser is not handed on to the next account" {
  given = [[
    09:00  page         cookie=a
    09:10  "Signed In"  user_id=bea cookie=a
    09:20  "Signed In"  user_id=cleo cookie=a
    09:30  page         cookie=a
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=bea", "cookie=a" }, { "user_id=cleo" } },
    owner = {
      [1] = "user_id=bea", [2] = "user_id=bea", [3] = "user_id=cleo", [4] = "user_id=bea",
    },
  },
}

scenario "a second address typed in one browser remains a person apart" {
  given = [[
    09:00  "Newsletter Signup"  email=mail1@example.com cookie=x
    09:05  "Newsletter Signup"  email=mail2@example.com cookie=x
    09:10  page                 cookie=x
  ]],
  expect = {
    profiles = 2,
    exactly = { { "email=mail1@example.com", "cookie=x" }, { "email=mail2@example.com" } },
    owner = { [2] = "email=mail2@example.com", [3] = "email=mail1@example.com" },
  },
}

scenario "a sign-in that is older but arrives later is the first one after all" {
  given = [[
    10:00  identify  user_id=u1 tablet_id=store_7
    11:00  page      tablet_id=store_7
    09:00  identify  user_id=u2 tablet_id=store_7
  ]],
  expect = {
    exactly = { { "user_id=u1" }, { "user_id=u2", "tablet_id=store_7" } },
    owner = { [1] = "user_id=u1", [2] = "user_id=u2" },
    refused = { { "user_id=u1", "tablet_id=store_7", because = "per_profile" } },
  },
}
