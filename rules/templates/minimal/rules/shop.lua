-- One file to begin with. What an identifier is worth, what joins two of them, who may be written to.

identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, per_profile = 3, normalise = "email" },
  anonymous_id = { rank = 3, when_shared = "last_login" },
}

link "sign_in" {
  title = "A sign-in joins the browser, the account and its address",
  owner = "you@example.com",
  because = "Who signs in knows the password.",
  when = event "Signed In",
  connect = { "user_id", "email", "anonymous_id" },
  strength = "verified",
}

consent "marketing" {
  title = "Mail with offers is welcome",
  owner = "you@example.com",
  because = "Said by a tick that nobody set beforehand.",
  granted = event "Newsletter Subscribed",
  denied = event "Newsletter Unsubscribed",
  contact = "email",
  merge = "newest",
}

segment "welcome_back" {
  title = "Ordered before, but not in the last 90 days",
  owner = "you@example.com",
  because = "A mail that says what is new.",
  purpose = "marketing",
  requires_consent = "marketing",
  who = event "Order Completed":last_time():older_than(days(90)),
}

suppress "no_consent" {
  title = "No mail without consent",
  owner = "you@example.com",
  because = "GDPR article 6(1)(a).",
  who = consent "marketing":is_not("granted"),
  blocks = { "email" },
}

channel "email" {
  title = "Mail",
  owner = "you@example.com",
  because = "The only way we write to customers so far.",
  contact = "email",
  requires_consent = "marketing",
}

export "welcome_back" {
  title = "Whom to write to",
  owner = "you@example.com",
  because = "Uploaded to the mail service by hand.",
  segment = "welcome_back",
  channel = "email",
  to = "mail_file",
  identifiers = { "email" },
  mode = "full",
}
