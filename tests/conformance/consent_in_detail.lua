-- Who speaks for whom, and whose a stretch is that nobody agreed to.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email" },
  device_id = { rank = 3, when_shared = "split_by_login" },
}

link "sign_in" {
  title = "Signing in shows whose device it is",
  owner = "privacy@example.com",
  because = "Register entry on recognition: its basis is consent.",
  when = event "Signed In",
  connect = { "user_id", "email", "device_id" },
  strength = "verified",
  requires_consent = "identity",
}

link "receipt" {
  title = "Who opens a receipt on a device may be its customer",
  owner = "privacy@example.com",
  because = "Receipts by link are what the customer asked for.",
  when = event "Receipt Opened",
  connect = { "user_id", "device_id" },
  strength = "observed",
}

link "account" {
  title = "An account is opened with an address",
  owner = "accounts@example.com",
  because = "Needed to keep the contract.",
  when = event "Account Created",
  connect = { "user_id", "email" },
  strength = "verified",
}

scenario "a stretch signed in without a yes is nobody's, however many receipts were opened in it" {
  given = [[
    08:50  page              device_id=desk
    09:00  "Signed In"       user_id=u1 device_id=desk
    09:10  page              device_id=desk
    09:20  "Receipt Opened"  user_id=u3 device_id=desk
    09:30  "Signed In"       user_id=u2 device_id=desk consent.identity=granted
    09:40  page              device_id=desk
  ]],
  expect = {
    profiles = 4,
    exactly = { { "user_id=u1" }, { "user_id=u2", "device_id=desk" }, { "user_id=u3" } },
    owner = { [1] = "anonymous", [3] = "anonymous", [6] = "user_id=u2" },
    same_owner = { { 1, 3 } },
    refused = {
      { "user_id=u1", "device_id=desk", because = "consent" },
      { "user_id=u3", "device_id=desk", because = "consent" },
    },
  },
}

scenario "a yes given together with two addresses covers both addresses" {
  given = [[
    09:00  consent      email=ann@example.com email=ann.work@example.com consent.identity=granted
    09:05  "Signed In"  email=ann@example.com device_id=home
    09:10  "Signed In"  email=ann.work@example.com device_id=office
  ]],
  expect = {
    exactly = {
      { "email=ann@example.com", "device_id=home" },
      { "email=ann.work@example.com", "device_id=office" },
    },
  },
}

scenario "a form that holds a yes and a no is a no in either order" {
  given = [[
    09:00  "Signed In"  user_id=u1 device_id=d1 consent.identity=granted consent.identity=denied
    09:10  "Signed In"  user_id=u2 device_id=d2 consent.identity=denied consent.identity=granted
    09:20  page         device_id=d1
    09:30  page         device_id=d2
  ]],
  expect = {
    exactly = { { "user_id=u1" }, { "user_id=u2" }, { "device_id=d1" }, { "device_id=d2" } },
    refused = {
      { "user_id=u1", "device_id=d1", because = "consent" },
      { "user_id=u2", "device_id=d2", because = "consent" },
    },
  },
}

scenario "a no said on a device while signed in stays with that device" {
  given = [[
    09:00  consent  device_id=laptop consent.identity=granted
    09:05  "Account Created"  user_id=u1 email=kim@example.com
    09:10  consent  user_id=u1 email=kim@example.com device_id=laptop consent.identity=denied
    09:20  "Signed In"  email=kim@example.com device_id=laptop
    09:30  page  device_id=laptop
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1", "email=kim@example.com" }, { "device_id=laptop" } },
    owner = { [5] = "anonymous" },
    refused = { { "email=kim@example.com", "device_id=laptop", because = "consent" } },
  },
}
