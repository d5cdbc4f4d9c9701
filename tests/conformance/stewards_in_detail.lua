-- Decisions by hand, to the letter: joined names, later words, days that have not come.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email" },
  phone = { rank = 3, normalise = "phone", per_profile = 1 },
  device_id = { rank = 4, when_shared = "split_by_login" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "stewards@example.com",
  because = "They come from one visit, and mistakes are corrected by hand.",
  when = any_event(),
  connect = { "user_id", "email", "phone", "device_id" },
  strength = "observed",
}

transfer "number_moved" {
  title = "A number goes over to another customer",
  owner = "stewards@example.com",
  because = "The day is in the carrier's letter.",
  when = event "Number Moved",
  identifier = "phone",
  to = "user_id",
}

limits { max_identifiers = 4 }

scenario "a device under two names has one history that is cut where its user changes" {
  given = [[
    10:00  "Signed In"  user_id=u1 device_id=new
    11:00  page         device_id=old
    12:00  "Signed In"  user_id=u2 device_id=new
    13:00  page         device_id=old
  ]],
  decisions = { { "join", "device_id=old", "device_id=new" } },
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "user_id=u2", "device_id=old", "device_id=new" } },
    owner = { [2] = "user_id=u1", [4] = "user_id=u2" },
  },
}

scenario "taking a number off an account holds against a handover too" {
  given = [[
    09:00  identify         user_id=u1
    10:00  "Number Moved"   user_id=u1 phone=+15550100077
    11:00  "Text Received"  phone=+15550100077
  ]],
  decisions = { { "unlink", "user_id=u1", "phone=+15550100077" } },
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "phone=+15550100077" } },
    owner = { [3] = "anonymous" },
    refused = { { "user_id=u1", "phone=+15550100077", because = "unlinked" } },
  },
}

scenario "an address taken off and given back is the account's again" {
  given = [[
    09:00  identify        user_id=u1 email=ann@example.com
    10:00  "Email Opened"  email=ann@example.com
  ]],
  decisions = {
    { "unlink", "user_id=u1", "email=ann@example.com" },
    { "join", "user_id=u1", "email=ann@example.com" },
  },
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "email=ann@example.com" } },
    owner = { [2] = "user_id=u1" },
  },
}

scenario "an address given and taken off again is not the account's" {
  given = [[
    09:00  identify        user_id=u1
    10:00  "Email Opened"  email=ann@example.com
  ]],
  decisions = {
    { "join", "user_id=u1", "email=ann@example.com" },
    { "unlink", "user_id=u1", "email=ann@example.com" },
  },
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1" }, { "email=ann@example.com" } },
    owner = { [2] = "anonymous" },
  },
}

scenario "two joined accounts count as one where the size of a person is limited" {
  given = [[
    09:00  identify  user_id=u1 email=a@example.com
    09:10  identify  user_id=u1 email=b@example.com
    09:20  identify  user_id=u1 email=c@example.com
    09:30  identify  user_id=u2
  ]],
  decisions = { { "join", "user_id=u1", "user_id=u2" } },
  expect = {
    profiles = 1,
    exactly = {
      {
        "user_id=u1", "user_id=u2", "email=a@example.com", "email=b@example.com",
        "email=c@example.com",
      },
    },
  },
}

scenario "a handover dated in June changes nothing in January" {
  given = [[
    2026-01-01 09:00  identify  user_id=u1 phone=+15550100001
    2026-01-01 09:10  identify  user_id=u2 phone=+15550100002
  ]],
  decisions = {
    { "transfer", "phone=+15550100001", at = "2026-06-01 00:00", to = "user_id=u2" },
  },
  as_of = "2026-01-02 00:00",
  expect = {
    profiles = 2,
    exactly = {
      { "user_id=u1", "phone=+15550100001" },
      { "user_id=u2", "phone=+15550100002" },
    },
  },
}

scenario "when June has come the new number is there and the old one is not" {
  given = [[
    2026-01-01 09:00  identify         user_id=u1 phone=+15550100001
    2026-01-01 09:10  identify         user_id=u2 phone=+15550100002
    2026-06-02 09:00  "Text Received"  phone=+15550100001
    2026-06-02 09:00  "Text Received"  phone=+15550100002
  ]],
  decisions = {
    { "transfer", "phone=+15550100001", at = "2026-06-01 00:00", to = "user_id=u2" },
  },
  expect = {
    exactly = {
      { "user_id=u1" },
      { "user_id=u2", "phone=+15550100001" },
      { "phone=+15550100002" },
    },
    owner = { [3] = "user_id=u2", [4] = "anonymous" },
    refused = { { "user_id=u2", "phone=+15550100002", because = "per_profile" } },
  },
}

scenario "a device parted from somebody's address is not used in turns with that somebody" {
  given = [[
    08:00  page         device_id=desk
    09:00  identify     user_id=u1 email=ann@example.com
    09:10  "Signed In"  user_id=u1 device_id=desk
    09:20  page         device_id=desk
    09:30  "Signed In"  user_id=u2 device_id=desk
  ]],
  decisions = { { "keep_apart", "email=ann@example.com", "device_id=desk" } },
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1", "email=ann@example.com" }, { "user_id=u2", "device_id=desk" } },
    owner = { [1] = "user_id=u2", [4] = "user_id=u2" },
    refused = { { "user_id=u1", "device_id=desk", because = "keep_apart" } },
  },
}
