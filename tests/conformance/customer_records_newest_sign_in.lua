-- Seven kinds below a customer record; what two records claim goes to the newer claim, and only the
-- record itself is limited.
identifiers {
  crm_id = { rank = 1, per_profile = 1 },
  login_id = { rank = 2, when_shared = "last_login" },
  email = { rank = 3, normalise = "email", when_shared = "last_login" },
  phone = { rank = 4, normalise = "phone", when_shared = "last_login" },
  gaid = { rank = 5, when_shared = "last_login" },
  idfa = { rank = 6, when_shared = "last_login" },
  cookie = { rank = 7, when_shared = "last_login" },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "analytics@example.com",
  because = "Both systems send an identifier only for who signed in.",
  when = any_event(),
  connect = { "crm_id", "login_id", "email", "phone", "gaid", "idfa", "cookie" },
  strength = "verified",
}

scenario "a browser first used by Jane ends with John, who signed in after her" {
  given = [[
    08:00  identify     crm_id=Jane email=jane@example.com
    08:00  identify     crm_id=John email=john@example.com
    09:00  "Signed In"  crm_id=Jane email=jane@example.com cookie=browser_1
    10:00  "Signed In"  crm_id=John email=john@example.com cookie=browser_1
  ]],
  expect = {
    profiles = 2,
    exactly = {
      { "crm_id=Jane", "email=jane@example.com" },
      { "crm_id=John", "email=john@example.com", "cookie=browser_1" },
    },
    refused = { { "crm_id=Jane", "cookie=browser_1", because = "per_profile" } },
  },
}

scenario "Omar signs in on the browser of Ines and takes it along with his own" {
  given = [[
    09:00  identify     crm_id=Ines email=ines@example.com
    09:01  "Signed In"  crm_id=Ines cookie=111
    09:02  identify     crm_id=Omar email=omar@example.com
    09:03  "Signed In"  crm_id=Omar cookie=222
    09:04  "Signed In"  crm_id=Omar cookie=111
  ]],
  expect = {
    exactly = {
      { "crm_id=Ines", "email=ines@example.com" },
      { "crm_id=Omar", "email=omar@example.com", "cookie=111", "cookie=222" },
    },
  },
}

scenario "the family computer changes hands, everybody keeps the own telephone" {
  given = [[
    09:00  identify     crm_id=Ines email=ines@example.com phone=+15550100001
    09:01  "Signed In"  crm_id=Ines cookie=111
    09:02  "Signed In"  crm_id=Ines cookie=222 idfa=A-A-A
    09:03  identify     crm_id=Omar email=omar@example.com phone=+15550100002
    09:04  "Signed In"  crm_id=Omar cookie=333
    09:05  "Signed In"  crm_id=Omar cookie=444 gaid=B-B-B
    09:06  "Signed In"  crm_id=Omar cookie=111
  ]],
  expect = {
    profiles = 2,
    exactly = {
      {
        "crm_id=Ines", "email=ines@example.com", "phone=+15550100001", "idfa=A-A-A", "cookie=222",
      },
      {
        "crm_id=Omar", "email=omar@example.com", "phone=+15550100002", "gaid=B-B-B",
        "cookie=111", "cookie=333", "cookie=444",
      },
    },
    refused = { { "crm_id=Ines", "cookie=111", because = "per_profile" } },
  },
}

scenario "a lent telephone goes with its browser to whoever signed in on both last" {
  given = [[
    09:00  identify     crm_id=Ines email=ines@example.com phone=+15550100001
    09:01  "Signed In"  crm_id=Ines cookie=111
    09:02  "Signed In"  crm_id=Ines cookie=222 idfa=A-A-A
    09:03  identify     crm_id=Omar email=omar@example.com phone=+15550100002
    09:04  "Signed In"  crm_id=Omar cookie=333
    09:05  "Signed In"  crm_id=Omar cookie=444 gaid=B-B-B
    09:06  "Signed In"  crm_id=Omar cookie=222 idfa=A-A-A
  ]],
  expect = {
    exactly = {
      { "crm_id=Ines", "email=ines@example.com", "phone=+15550100001", "cookie=111" },
      {
        "crm_id=Omar", "email=omar@example.com", "phone=+15550100002", "gaid=B-B-B", "idfa=A-A-A",
        "cookie=222", "cookie=333", "cookie=444",
      },
    },
    refused = {
      { "crm_id=Ines", "cookie=222", because = "per_profile" },
      { "crm_id=Ines", "idfa=A-A-A", because = "per_profile" },
    },
  },
}

scenario "pages without a sign-in go with the latest sign-in, signed-in pages stay" {
  given = [[
    09:00  page         cookie=c1
    09:10  "Signed In"  crm_id=Kurt cookie=c1
    09:20  page         cookie=c1
    10:00  "Signed In"  crm_id=Nell cookie=c1
    10:10  page         cookie=c1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "crm_id=Kurt" }, { "crm_id=Nell", "cookie=c1" } },
    owner = {
      [1] = "crm_id=Nell", [2] = "crm_id=Kurt", [3] = "crm_id=Nell", [4] = "crm_id=Nell",
      [5] = "crm_id=Nell",
    },
  },
}

scenario "the browser returns when its first user signs in once more" {
  given = [[
    09:00  page         cookie=c1
    09:10  "Signed In"  crm_id=Kurt cookie=c1
    09:20  page         cookie=c1
    10:00  "Signed In"  crm_id=Nell cookie=c1
    10:10  page         cookie=c1
    11:00  "Signed In"  crm_id=Kurt cookie=c1
  ]],
  expect = {
    profiles = 2,
    exactly = { { "crm_id=Kurt", "cookie=c1" }, { "crm_id=Nell" } },
    owner = {
      [1] = "crm_id=Kurt", [2] = "crm_id=Kurt", [3] = "crm_id=Kurt", [4] = "crm_id=Nell",
      [5] = "crm_id=Kurt",
    },
    refused = { { "crm_id=Nell", "cookie=c1", because = "per_profile" } },
  },
}

scenario "a member and a guest whom no limit keeps apart melt into one person on one browser" {
  given = [[
    09:00  "Signed In"        crm_id=Tara cookie=111
    10:00  "Guest Checkout"   email=uma@example.com cookie=111
  ]],
  expect = {
    profiles = 1,
    exactly = { { "crm_id=Tara", "email=uma@example.com", "cookie=111" } },
  },
}

scenario "a login without a customer record is drawn into the household that uses it" {
  given = [[
    09:00  identify     crm_id=Tara login_id=ID_A
    09:01  identify     crm_id=Tara login_id=ID_B
    09:02  "Signed In"  login_id=ID_A cookie=111
    09:03  "Signed In"  login_id=ID_C cookie=111
  ]],
  expect = {
    profiles = 1,
    exactly = {
      { "crm_id=Tara", "login_id=ID_A", "login_id=ID_B", "login_id=ID_C", "cookie=111" },
    },
  },
}

scenario "two customers gave one address; who gave it last has it" {
  given = [[
    09:00  identify     crm_id=Ines email=family@example.com
    09:01  "Signed In"  crm_id=Ines cookie=111
    09:02  identify     crm_id=Omar email=omar@example.com
    09:03  "Signed In"  crm_id=Omar cookie=222
    09:04  identify     crm_id=Omar email=family@example.com
    09:05  "Email Opened"  email=family@example.com
  ]],
  expect = {
    exactly = {
      { "crm_id=Ines", "cookie=111" },
      { "crm_id=Omar", "email=omar@example.com", "email=family@example.com", "cookie=222" },
    },
    owner = { [1] = "crm_id=Ines", [6] = "crm_id=Omar" },
  },
}

scenario "two customers gave one telephone number; who gave it last has it" {
  given = [[
    09:00  identify  crm_id=Ines phone=+15550100001
    09:01  identify  crm_id=Omar phone=+15550100002
    09:02  identify  crm_id=Ines phone=+15550100003
    09:03  identify  crm_id=Omar phone=+15550100003
  ]],
  expect = {
    exactly = {
      { "crm_id=Ines", "phone=+15550100001" },
      { "crm_id=Omar", "phone=+15550100002", "phone=+15550100003" },
    },
    refused = { { "crm_id=Ines", "phone=+15550100003", because = "per_profile" } },
  },
}

scenario "booking a login on another customer does not take the first customer's devices along" {
  given = [[
    09:00  identify     crm_id=Tara login_id=ID_A
    09:01  identify     crm_id=Tara login_id=ID_B
    09:02  "Signed In"  login_id=ID_A cookie=111
    09:03  identify     crm_id=Uma login_id=ID_C
    09:04  identify     crm_id=Uma login_id=ID_D
    09:05  "Signed In"  login_id=ID_C cookie=222
    09:06  identify     crm_id=Tara login_id=ID_D
  ]],
  expect = {
    exactly = {
      { "crm_id=Tara", "login_id=ID_A", "login_id=ID_B", "login_id=ID_D", "cookie=111" },
      { "crm_id=Uma", "login_id=ID_C", "cookie=222" },
    },
    refused = { { "crm_id=Uma", "login_id=ID_D", because = "per_profile" } },
  },
}
