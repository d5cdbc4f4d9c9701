identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, per_profile = 3, normalise = "email", shared_above = 10 },
  anonymous_id = {
    rank = 3, per_profile = { 20, within = days(30) }, when_shared = "split_by_login",
    history = days(30), expires_after = days(400),
  },
}

ignore_values { user_id = { "null", "0" }, email = { "noreply@*" } }

limits { max_identifiers = 50 }

link "login" {
  title = "Signing in ties this browser to the account",
  owner = "accounts@example.com",
  because = "Only the customer has the password.",
  when = event "Signed In",
  connect = { "user_id", "anonymous_id" },
  strength = "verified",
  requires_consent = "identity",
}

link "checkout" {
  title = "The address typed at the checkout belongs to the account and the browser",
  owner = "accounts@example.com",
  because = "Receipts | invoices go there.",
  legal_basis = "contract",
  when = event "Order Completed",
  connect = { "user_id", "email", "anonymous_id" },
  strength = "observed",
}

never_link "declared_separate" {
  title = "Two accounts that are to stay two",
  owner = "privacy@example.com",
  because = "The customer said so.",
  when = event "Declared Separate",
  separate = { "user_id", { "properties.other_user_id", as = "user_id" } },
}

transfer "handed_over" {
  title = "An account that is handed over is the new owner's from then on",
  owner = "accounts@example.com",
  because = "What was before stays with who did it.",
  when = event "Handed Over",
  identifier = "user_id",
  to = { "properties.new_email", as = "email" },
}
