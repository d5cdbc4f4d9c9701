identifiers {
  user_id = { rank = 1, per_profile = 1 },
  anonymous_id = { rank = 2, when_shared = "last_login" },
}

link "browser" {
  title = "A signed-in browser belongs to the account",
  owner = "analytics@example.com",
  because = "The tracker writes both together.",
  when = any_event(),
  connect = { "user_id", "anonymous_id" },
  strength = "observed",
}

computed "events" {
  title = "Events",
  owner = "analytics@example.com",
  because = "Compared with the raw file.",
  is = any_event():count(),
}
