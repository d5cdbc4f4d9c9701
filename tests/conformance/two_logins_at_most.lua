-- At most two logins a customer: a login of unknown origin is not swallowed by the household whose
-- browser it used.
identifiers {
  crm_id = { rank = 1, per_profile = 1 },
  login_id = { rank = 2, per_profile = 2 },
  cookie = { rank = 3, when_shared = "last_login" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "The site sends a login only for who signed in.",
  when = any_event(),
  connect = { "crm_id", "login_id", "cookie" },
  strength = "verified",
}

scenario "a third login on a family browser stays by itself" {
  given = [[
    09:00  identify     crm_id=Tara login_id=ID_A
    09:01  identify     crm_id=Tara login_id=ID_B
    09:02  "Signed In"  login_id=ID_A cookie=111
    09:03  "Signed In"  login_id=ID_C cookie=111
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "crm_id=Tara", "login_id=ID_A", "login_id=ID_B" },
      { "login_id=ID_C", "cookie=111" },
    },
    refused = { { "login_id=ID_A", "cookie=111", because = "per_profile" } },
  },
}

scenario "a household with two logins is one customer" {
  given = [[
    09:00  identify     crm_id=Tara login_id=ID_A
    09:02  "Signed In"  login_id=ID_A cookie=111
    09:03  "Signed In"  login_id=ID_C cookie=111
  ]],
  expect = {
    profiles = 1,
    exactly = { { "crm_id=Tara", "login_id=ID_A", "login_id=ID_C", "cookie=111" } },
  },
}
