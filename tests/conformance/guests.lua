-- Guests have no account: one address is one guest.
identifiers {
  crm_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, per_profile = 1, normalise = "email", when_shared = "last_login" },
  phone = { rank = 3, per_profile = 1, normalise = "phone", when_shared = "last_login" },
  session_id = { rank = 4, when_shared = "last_login" },
  cookie = { rank = 5, when_shared = "last_login" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "shop@example.com",
  because = "The order form sends what was typed and where.",
  when = any_event(),
  connect = { "crm_id", "email", "phone", "session_id", "cookie" },
  strength = "observed",
}

scenario "two guests who order in one browser are two guests, and the browser is the later one's" {
  given = [[
    09:00  "Guest Checkout"  email=tara@example.com cookie=111
    10:00  "Guest Checkout"  email=uma@example.com cookie=111
    10:05  page              cookie=111
  ]],
  expect = {
    profiles = 2,
    exactly = { { "email=tara@example.com" }, { "email=uma@example.com", "cookie=111" } },
    owner = { [1] = "email=tara@example.com", [3] = "email=uma@example.com" },
    refused = { { "email=tara@example.com", "cookie=111", because = "per_profile" } },
  },
}

scenario "a trial address in two customer records counts for the later record" {
  given = [[
    09:00  "Signed In"  crm_id=Jane cookie=c1
    09:01  "Signed In"  crm_id=John cookie=c2
    09:02  identify     crm_id=Jane email=test@example.test
    09:03  identify     crm_id=John email=test@example.test
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "crm_id=Jane", "cookie=c1" },
      { "crm_id=John", "cookie=c2", "email=test@example.test" },
    },
    refused = { { "crm_id=Jane", "email=test@example.test", because = "per_profile" } },
  },
}

scenario "a number taken over from another customer replaces the own one" {
  given = [[
    09:00  identify  crm_id=Ines email=ines@example.com phone=+15550100001
    09:01  identify  crm_id=Omar email=omar@example.com phone=+15550100002
    09:02  identify  crm_id=Omar phone=+15550100001
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "crm_id=Ines", "email=ines@example.com" },
      { "crm_id=Omar", "email=omar@example.com", "phone=+15550100001" },
    },
    refused = {
      { "crm_id=Ines", "phone=+15550100001", because = "per_profile" },
      { "crm_id=Omar", "phone=+15550100002", because = "per_profile" },
    },
  },
}

scenario "a second address in one session is a second guest" {
  given = [[
    09:00  identify  email=first@example.com session_id=s1
    09:05  identify  email=second@example.com session_id=s1
    09:10  page      session_id=s1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "email=first@example.com" }, { "email=second@example.com", "session_id=s1" } },
    owner = {
      [1] = "email=first@example.com", [2] = "email=second@example.com",
      [3] = "email=second@example.com",
    },
  },
}

scenario "a second address in one session that is known already leads to the guest who has it" {
  given = [[
    2025-12-01 09:00  identify  email=second@example.com session_id=s0
    2026-01-01 09:00  identify  email=first@example.com session_id=s1
    2026-01-01 09:05  identify  email=second@example.com session_id=s1
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "email=first@example.com" },
      { "email=second@example.com", "session_id=s0", "session_id=s1" },
    },
    same_owner = { { 1, 3 } },
  },
}

scenario "a customer with a new address is found by the new one" {
  given = [[
    09:00  identify        crm_id=Jane email=old@example.com
    2026-02-01 09:00  identify        crm_id=Jane email=new@example.com
    2026-02-02 09:00  "Email Opened"  email=new@example.com
    2026-02-03 09:00  "Email Opened"  email=old@example.com
  ]],
  expect = {
    profiles = 2,
    exactly = { { "crm_id=Jane", "email=new@example.com" }, { "email=old@example.com" } },
    owner = { [3] = "crm_id=Jane", [4] = "anonymous" },
    refused = { { "crm_id=Jane", "email=old@example.com", because = "per_profile" } },
  },
}
