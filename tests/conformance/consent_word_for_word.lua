-- Each clause about consent for linking by itself.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email", when_shared = "last_login" },
  cookie = { rank = 3, when_shared = "ambiguous" },
  idfv = { rank = 4, when_shared = "reset_on_logout", logout = "Signed Out" },
}

link "signed_in" {
  title = "Signing in shows whose browser it is",
  owner = "privacy@example.com",
  because = "Register entry on recognition: its basis is consent.",
  when = event "Signed In",
  connect = { "user_id", "email", "cookie", "idfv" },
  strength = "verified",
  requires_consent = "identity",
}

link "advertising" {
  title = "An advert opened shows whose browser it is",
  owner = "privacy@example.com",
  because = "Register entry on advertising: its basis is consent.",
  when = event "Advert Opened",
  connect = { "user_id", "cookie" },
  strength = "observed",
  requires_consent = "ads",
}

scenario "a yes is said by the strongest identifier of its event, not by the others" {
  given = [[
    09:00  consent      user_id=u1 cookie=c1 consent.identity=granted
    09:10  consent      cookie=c1 consent.ads=granted
    10:00  "Signed In"  user_id=u2 cookie=c1
  ]],
  expect = {
    apart = { { "user_id=u2", "cookie=c1" } },
    refused = { { "user_id=u2", "cookie=c1", because = "consent" } },
  },
}

scenario "the account that said yes may be tied on any browser" {
  given = [[
    09:00  consent      user_id=u1 consent.identity=granted
    10:00  "Signed In"  user_id=u1 cookie=c1
    11:00  "Signed In"  user_id=u1 cookie=c2
  ]],
  expect = { profiles = 1, exactly = { { "user_id=u1", "cookie=c1", "cookie=c2" } } },
}

scenario "a no is said by every identifier of its event" {
  given = [[
    09:00  consent      user_id=u1 cookie=c1 consent.identity=denied
    10:00  "Signed In"  user_id=u2 cookie=c1 consent.identity=granted
    11:00  page         cookie=c1
  ]],
  expect = { together = { { "user_id=u2", "cookie=c1" } } },
}

scenario "a no on the browser makes an account's older yes useless there" {
  given = [[
    08:00  consent      user_id=u1 consent.identity=granted
    09:00  consent      cookie=c1 consent.identity=denied
    10:00  "Signed In"  user_id=u1 cookie=c1
  ]],
  expect = { refused = { { "user_id=u1", "cookie=c1", because = "consent" } } },
}

scenario "neither given nor denied but something else is not a yes" {
  given = [[
    09:00  "Signed In"  user_id=u1 cookie=c1 consent.identity=unknown
  ]],
  expect = { refused = { { "user_id=u1", "cookie=c1", because = "consent" } } },
}

scenario "nobody says yes on an event that contradicts itself" {
  given = [[
    09:00  consent      user_id=u1 user_id=u2 consent.identity=granted
    10:00  "Signed In"  user_id=u1 cookie=c1
  ]],
  expect = {
    contradictory = { 1 },
    refused = { { "user_id=u1", "cookie=c1", because = "consent" } },
  },
}

scenario "a no on an event that contradicts itself is a no of everybody on it" {
  given = [[
    08:00  "Signed In"  user_id=u1 cookie=c1 consent.identity=granted
    09:00  consent      user_id=u1 user_id=u2 consent.identity=denied
  ]],
  expect = {
    contradictory = { 2 },
    refused = { { "user_id=u1", "cookie=c1", because = "consent" } },
  },
}

scenario "a yes to one purpose ties by that purpose's rule only" {
  given = [[
    09:00  "Advert Opened"  user_id=u1 cookie=c1 consent.ads=granted
    09:10  "Signed In"      user_id=u1 cookie=c1
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "cookie=c1" } },
    refused = { { "user_id=u1", "cookie=c1", because = "consent" } },
  },
}

scenario "a no to one purpose leaves the other purpose's tie" {
  given = [[
    09:00  "Advert Opened"  user_id=u1 cookie=c1 consent.ads=granted
    09:10  "Signed In"      user_id=u1 cookie=c1 consent.identity=granted
    10:00  consent          cookie=c1 consent.ads=denied
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "cookie=c1" } },
    refused = { { "user_id=u1", "cookie=c1", because = "consent" } },
  },
}

scenario "a no given after the sign-out is about the next user's stretch" {
  given = [[
    09:00  "Signed In"   user_id=u1 idfv=i1 consent.identity=granted
    09:10  "Signed Out"  idfv=i1
    09:20  consent       idfv=i1 consent.identity=denied
    09:05  page          idfv=i1
  ]],
  expect = { profiles = 2, owner = { [4] = "user_id=u1" }, other_owner = { { 1, 3 } } },
}

scenario "a tie without consent still shows that the browser is used by two" {
  given = [[
    09:00  "Signed In"  user_id=u1 cookie=c1 consent.identity=granted
    10:00  "Signed In"  user_id=u2 cookie=c1
    11:00  page         cookie=c1
  ]],
  expect = {
    shared = { "cookie=c1" },
    owner = { [3] = "anonymous" },
    refused = {
      { "user_id=u1", "cookie=c1", because = "shared" },
      { "user_id=u2", "cookie=c1", because = "consent" },
    },
  },
}

scenario "an address last used without consent is nobody's, not the one's before" {
  given = [[
    09:00  "Signed In"     user_id=u1 email=ann@example.com consent.identity=granted
    10:00  "Signed In"     user_id=u2 email=ann@example.com
    11:00  "Email Opened"  email=ann@example.com
  ]],
  expect = {
    owner = { [3] = "anonymous" },
    refused = {
      { "user_id=u1", "email=ann@example.com", because = "consent" },
      { "user_id=u2", "email=ann@example.com", because = "consent" },
    },
  },
}

scenario "a yes in the second of a no of another event does not help" {
  given = [[
    09:00  "Signed In"  user_id=u1 cookie=c1 consent.identity=granted
    09:00  consent      cookie=c1 consent.identity=denied
  ]],
  expect = { refused = { { "user_id=u1", "cookie=c1", because = "consent" } } },
}
