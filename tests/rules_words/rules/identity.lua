identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, per_profile = 5, normalise = "email", when_shared = "last_login" },
  device_id = { rank = 3, per_profile = 5, when_shared = "ambiguous" },
}

link "together" {
  title = "Identifiers of one event are one person",
  owner = "words@example.com",
  because = "Scenarios give a user and an address in one line.",
  when = any_event(),
  connect = { "user_id", "email", "device_id" },
  strength = "verified",
}
