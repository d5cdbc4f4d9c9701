-- People with two accounts, aliases among several values, and what decides when nothing else does.
identifiers {
  user_id = { rank = 1, per_profile = 2 },
  email = { rank = 2, normalise = "email", per_profile = 1 },
  phone = { rank = 3, normalise = "phone", per_profile = 1 },
  cookie = { rank = 4 },
  ticket_id = { rank = 5 },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "They come from one visit; a ticket changes hands too often.",
  when = any_event(),
  connect = { "user_id", "email", "phone", "cookie" },
  strength = "observed",
}

scenario "one account on two browsers is one person with two browsers" {
  given = [[
    09:00  page         email=ann@example.com cookie=c1
    09:10  page         email=bob@example.com cookie=c2
    09:20  "Signed In"  user_id=u1 cookie=c1
    09:30  "Signed In"  user_id=u1 cookie=c2
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "user_id=u1", "email=bob@example.com", "cookie=c1", "cookie=c2" },
      { "email=ann@example.com" },
    },
    refused = { { "email=ann@example.com", "cookie=c1", because = "per_profile" } },
  },
}

scenario "of two numbers given in the same second the smaller account keeps its own" {
  given = [[
    08:00  alias            user_id=u0 user_id=u1
    09:00  identify         user_id=u0 phone=+15550100009
    09:00  identify         user_id=u1 phone=+15550100001
    09:30  "Text Received"  phone=+15550100001
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "user_id=u0", "user_id=u1", "phone=+15550100009" },
      { "phone=+15550100001" },
    },
    owner = { [4] = "anonymous" },
    refused = { { "user_id=u1", "phone=+15550100001", because = "per_profile" } },
  },
}

scenario "an alias about tickets is not heard where no rule connects tickets" {
  given = [[
    09:00  page   ticket_id=t1
    09:10  page   ticket_id=t2
    09:20  alias  ticket_id=t1 ticket_id=t2
  ]],
  expect = {
    profiles = 2,
    exactly = { { "ticket_id=t1" }, { "ticket_id=t2" } },
  },
}

scenario "three names in one alias are tied pair by pair: losing one leaves the pair" {
  given = [[
    09:00  alias  cookie=c1 cookie=c2 cookie=c3
    09:10  page   cookie=c1
    09:20  page   cookie=c2
    09:30  page   cookie=c3
  ]],
  decisions = {
    { "unlink", "cookie=c1", "cookie=c2" },
    { "unlink", "cookie=c1", "cookie=c3" },
  },
  expect = {
    profiles = 2,
    exactly = { { "cookie=c1" }, { "cookie=c2", "cookie=c3" } },
    same_owner = { { 3, 4 } },
  },
}

scenario "an alias about accounts leaves the browser that sent it alone" {
  given = [[
    09:00  page   cookie=c1
    09:10  alias  user_id=u1 user_id=u2 cookie=c1
    09:20  page   cookie=c1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "user_id=u1", "user_id=u2" }, { "cookie=c1" } },
    owner = { [1] = "anonymous", [3] = "anonymous" },
  },
}
