-- An address that more customers give than a household could have is nobody's address.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email", when_shared = "last_login", shared_above = 3 },
  phone = { rank = 3, normalise = "phone", when_shared = "first_login", shared_above = 2 },
}

link "seen_together" {
  title = "What one event carries is one person's",
  owner = "crm@example.com",
  because = "They come out of one customer record.",
  when = any_event(),
  connect = { "user_id", "email", "phone" },
  strength = "verified",
}

scenario "four customers with the sender address of a newsletter stay four customers" {
  given = [[
    09:00  identify         user_id=u1 email=noreply@example.com
    09:10  identify         user_id=u2 email=noreply@example.com
    09:20  identify         user_id=u3 email=noreply@example.com
    09:30  identify         user_id=u4 email=noreply@example.com
    10:00  "Email Bounced"  email=noreply@example.com
  ]],
  expect = {
    profiles = 5,
    exactly = { { "user_id=u1" }, { "user_id=u2" }, { "user_id=u3" }, { "user_id=u4" } },
    owner = { [5] = "anonymous" },
    shared = { "email=noreply@example.com" },
    refused = {
      { "user_id=u1", "email=noreply@example.com", because = "shared_above" },
      { "user_id=u4", "email=noreply@example.com", because = "shared_above" },
    },
  },
}

scenario "three customers may still share a mailbox, and the last of them has it" {
  given = [[
    09:00  identify        user_id=u1 email=office@example.com
    09:10  identify        user_id=u2 email=office@example.com
    09:20  identify        user_id=u3 email=office@example.com
    10:00  "Email Opened"  email=office@example.com
  ]],
  expect = {
    profiles = 3,
    exactly = { { "user_id=u1" }, { "user_id=u2" }, { "user_id=u3", "email=office@example.com" } },
    owner = { [4] = "user_id=u3" },
  },
}

scenario "a reception desk's mailbox is nobody's although its customers came years apart" {
  given = [[
    2023-01-01 09:00  identify        user_id=u1 email=desk@example.com
    2024-01-01 09:00  identify        user_id=u2 email=desk@example.com
    2025-01-01 09:00  identify        user_id=u3 email=desk@example.com
    2026-01-01 09:00  identify        user_id=u4 email=desk@example.com
    2023-06-01 09:00  "Email Opened"  email=desk@example.com
  ]],
  expect = {
    owner = { [5] = "anonymous" },
    shared = { "email=desk@example.com" },
  },
}

scenario "one customer may use the own address as often as there are days" {
  given = [[
    09:00  identify        user_id=u1 email=ann@example.com
    09:01  identify        user_id=u1 email=ann@example.com
    09:02  identify        user_id=u1 email=ann@example.com
    09:03  identify        user_id=u1 email=ann@example.com
    09:04  identify        user_id=u1 email=ann@example.com
    10:00  "Email Opened"  email=ann@example.com
  ]],
  expect = {
    profiles = 1,
    exactly = { { "user_id=u1", "email=ann@example.com" } },
    owner = { [6] = "user_id=u1" },
  },
}

scenario "three guests leave the number of their hotel, and the first guest does not own it" {
  given = [[
    09:00  identify         user_id=u1 phone=+15550100300
    09:10  identify         user_id=u2 phone=+15550100300
    09:20  identify         user_id=u3 phone=+15550100300
    09:30  identify         user_id=u1 email=ann@example.com
    10:00  "Call Answered"  phone=+15550100300
  ]],
  expect = {
    profiles = 4,
    exactly = { { "user_id=u1", "email=ann@example.com" }, { "user_id=u2" }, { "user_id=u3" } },
    owner = { [5] = "anonymous" },
    shared = { "phone=+15550100300" },
  },
}
