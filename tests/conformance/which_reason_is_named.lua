-- One refused link, several reasons it could be refused for: which one is told.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, normalise = "email" },
  phone = { rank = 3, normalise = "phone", shared_above = 2 },
}

link "record" {
  title = "What stands in one customer record is one customer's",
  owner = "crm@example.com",
  because = "The record is written while the customer stands at the counter.",
  when = event "Record Saved",
  connect = { "user_id", "email", "phone" },
  strength = "observed",
}

link "survey" {
  title = "Survey answers show an account's address",
  owner = "privacy@example.com",
  because = "Respondents were promised to be asked first.",
  when = event "Survey Answered",
  connect = { "user_id", "email" },
  strength = "observed",
  requires_consent = "identity",
}

scenario "a number of everybody is named before the mailbox it was typed with" {
  given = [[
    09:00  "Record Saved"  user_id=u1 email=desk@example.com
    09:10  "Record Saved"  user_id=u2 email=desk@example.com
    09:20  "Record Saved"  user_id=u1 phone=+15550100300
    09:30  "Record Saved"  user_id=u2 phone=+15550100300
    09:40  "Record Saved"  user_id=u3 phone=+15550100300
    10:00  "Record Saved"  email=desk@example.com phone=+15550100300
  ]],
  expect = {
    exactly = { { "user_id=u1" }, { "user_id=u2" }, { "user_id=u3" } },
    owner = { [6] = "anonymous" },
    shared = { "email=desk@example.com", "phone=+15550100300" },
    refused = {
      { "user_id=u1", "email=desk@example.com", because = "shared" },
      { "email=desk@example.com", "phone=+15550100300", because = "shared_above" },
    },
  },
}

scenario "a missing consent is named before a shared mailbox" {
  given = [[
    09:00  "Record Saved"     user_id=u1 email=desk@example.com
    09:10  "Record Saved"     user_id=u2 email=desk@example.com
    09:20  "Survey Answered"  user_id=u3 email=desk@example.com
  ]],
  expect = {
    profiles = 3,
    shared = { "email=desk@example.com" },
    refused = {
      { "user_id=u1", "email=desk@example.com", because = "shared" },
      { "user_id=u2", "email=desk@example.com", because = "shared" },
      { "user_id=u3", "email=desk@example.com", because = "consent" },
    },
  },
}
