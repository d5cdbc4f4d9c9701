-- When are two identifiers the same customer? The connectors say which field of a record is which
-- identifier; this file says what that is worth.

identifiers {
  crm_id = { rank = 1, per_profile = 1 },
  user_id = { rank = 2, per_profile = 1 },
  email = {
    rank = 3,
    per_profile = 5,
    normalise = "email",
    when_shared = "ambiguous",
    shared_above = 20,
  },
  phone = {
    rank = 4,
    per_profile = 3,
    normalise = "phone",
    when_shared = "last_login",
    expires_after = days(540),
  },
  anonymous_id = {
    rank = 5,
    per_profile = { 50, within = days(30) },
    when_shared = "split_by_login",
    history = days(30),
  },
  push_token = { rank = 6, per_profile = 20, when_shared = "last_login" },
  device_id = { rank = 7, per_profile = 10, when_shared = "split_by_login" },
  appsflyer_id = { rank = 8, per_profile = 10, when_shared = "split_by_login" },
  advertising_id = {
    rank = 9,
    normalise = "lower",
    matches = "????????-????-????-????-????????????",
    when_shared = "ambiguous",
  },
}

ignore_values {
  user_id = { "null", "undefined", "guest", "n/a", "0" },
  crm_id = { "null", "n/a" },
  email = { "noreply@*", "*@example.invalid" },
  phone = { "0000000*" },
  advertising_id = { "00000000-0000-0000-0000-000000000000" },
}

limits { max_identifiers = 100 }

link "login" {
  title = "Signing in ties this browser or app to the account",
  owner = "analytics@example.com",
  because = "The person entered a password. Record of processing 12, based on consent.",
  ticket = "PRIV-118",
  when = event "Signed In",
  connect = { "user_id", "anonymous_id", "push_token", "device_id" },
  strength = "verified",
  requires_consent = "identity",
}

link "account" {
  title = "An account has the address it was opened with",
  owner = "accounts@example.com",
  because = "The contract cannot be kept without it.",
  legal_basis = "contract",
  when = event "Account Created",
  connect = { "user_id", "email" },
  strength = "verified",
}

link "crm_record" {
  title = "A customer record names account, address and phone of one person",
  owner = "crm@example.com",
  because = "Customer service checks the person before writing the record.",
  legal_basis = "contract",
  when = event "identify":from_source "crm",
  connect = { "crm_id", "user_id", "email", "phone" },
  strength = "declared",
}

link "checkout_email" {
  title = "The address typed at the checkout belongs to this browser",
  owner = "analytics@example.com",
  because = "Order mail goes there; it may be a friend's, so it is only an observation.",
  when = event { "Checkout Started", "Order Completed" },
  connect = { "email", "anonymous_id" },
  strength = "observed",
  requires_consent = "identity",
}

link "newsletter_confirmed" {
  title = "A confirmed newsletter address belongs to the browser that confirmed it",
  owner = "lifecycle@example.com",
  because = "Only the owner of the mailbox can follow the link (double opt-in).",
  when = event "Newsletter Confirmed",
  connect = { "email", "anonymous_id" },
  strength = "verified",
  requires_consent = "identity",
}

link "app_installation" {
  title = "An app writes its installation, its device and its push address together",
  owner = "app@example.com",
  because = "The app needs them to work; no person is named by them.",
  legal_basis = "contract",
  when = any_event():on "app",
  connect = { "anonymous_id", "push_token", "device_id", "advertising_id" },
  strength = "observed",
}

link "measured_installation" {
  title = "AppsFlyer's number of an installation belongs to the advertising id beside it",
  owner = "performance@example.com",
  because = "Installs are paid by it; no person is named by them.",
  legal_basis = "legitimate_interest",
  when = event "Install Attributed",
  connect = { "appsflyer_id", "advertising_id" },
  strength = "observed",
}

link "measured_registration" {
  title = "The account that AppsFlyer reports used the installation it reports",
  owner = "performance@example.com",
  because = "Tells which campaign brought customers. Record of processing 14, based on consent.",
  when = event "af_complete_registration",
  connect = { "user_id", "appsflyer_id" },
  strength = "observed",
  requires_consent = "identity",
}

link "renamed_account" {
  title = "Customer numbers of the old shop are announced by an alias",
  owner = "accounts@example.com",
  because = "One account a person: each is refused and listed until a steward has joined the two.",
  legal_basis = "contract",
  when = event "alias",
  connect = { "user_id" },
  strength = "observed",
}

transfer "account_handed_over" {
  title = "A company account passes to a colleague",
  owner = "accounts@example.com",
  because = "The company names the new contact in writing; the old one keeps what was theirs.",
  when = event "Account Handed Over",
  identifier = "user_id",
  to = { "properties.new_crm_id", as = "crm_id" },
}
