identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, per_profile = 3, normalise = "email" },
  phone = { rank = 3, per_profile = 3, normalise = "phone" },
  anonymous_id = { rank = 4, when_shared = "split_by_login" },
  device_id = { rank = 5, when_shared = "split_by_login" },
}

limits { max_identifiers = 10 }

link "login" {
  title = "Signing in ties the account to the device",
  owner = "analytics@example.com",
  because = "A password was typed.",
  when = event "Signed In",
  connect = { "user_id", "anonymous_id", "device_id" },
  strength = "verified",
}

link "account" {
  title = "An account has the addresses and numbers it was given",
  owner = "accounts@example.com",
  because = "They were confirmed.",
  when = event "Account Updated",
  connect = { "user_id", "email", "phone" },
  strength = "verified",
}

link "newsletter" {
  title = "A confirmed address belongs to the device that confirmed it",
  owner = "lifecycle@example.com",
  because = "Only the owner of the mailbox can follow the link.",
  when = event "Newsletter Confirmed",
  connect = { "email", "device_id" },
  strength = "observed",
}
