-- The tablet of a household goes with the newest sign-in.
identifiers {
  crm_id = { rank = 1, per_profile = 1 },
  login_id = { rank = 2 },
  cookie = { rank = 3, when_shared = "last_login" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "Without a sign-in the app sends a cookie alone.",
  when = any_event(),
  connect = { "crm_id", "login_id", "cookie" },
  strength = "verified",
}

scenario "Summer signs in after Tom and has the cookie" {
  given = [[
    09:00  identify  crm_id=Tom cookie=111
    10:00  identify  crm_id=Summer cookie=111
    11:00  page      cookie=111
  ]],
  expect = {
    profiles = 2,
    exactly = { { "crm_id=Tom" }, { "crm_id=Summer", "cookie=111" } },
    owner = { [1] = "crm_id=Tom", [3] = "crm_id=Summer" },
    refused = { { "crm_id=Tom", "cookie=111", because = "per_profile" } },
  },
}

scenario "a tablet that is known by logins only still goes to the newer customer" {
  given = [[
    09:00  identify  crm_id=Tom login_id=ID_A
    09:01  identify  crm_id=Tom login_id=ID_B
    09:02  identify  login_id=ID_A cookie=111
    09:03  identify  crm_id=Summer login_id=ID_C
    09:04  identify  crm_id=Summer login_id=ID_D
    09:05  identify  login_id=ID_C cookie=222
    09:06  identify  login_id=ID_C cookie=111
  ]],
  expect = {
    exactly = {
      { "crm_id=Tom", "login_id=ID_A", "login_id=ID_B" },
      { "crm_id=Summer", "login_id=ID_C", "login_id=ID_D", "cookie=111", "cookie=222" },
    },
  },
}
