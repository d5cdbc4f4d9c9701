-- Who is one customer. The connectors say which field of a record is which identifier; this file
-- says how much an identifier is worth, what joins two of them, and what keeps them apart.
-- Whoever changes it: `kinfold dry-run` shows who would be merged and who would be split.

identifiers {
  user_id = { rank = 1, per_profile = 1 },
  crm_id = { rank = 2, per_profile = 1 },
  email = {
    rank = 3,
    per_profile = 4,
    normalise = "email",
    when_shared = "ambiguous",
    shared_above = 10,
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
    per_profile = { 40, within = days(30) },
    when_shared = "split_by_login",
    history = days(30),
  },
  push_token = { rank = 6, per_profile = 15, when_shared = "last_login" },
  device_id = { rank = 7, per_profile = 10, when_shared = "split_by_login" },
  advertising_id = {
    rank = 8,
    per_profile = 10,
    normalise = "lower",
    matches = "????????-????-????-????-????????????",
    when_shared = "ambiguous",
  },
}

-- Values that software writes when it knows nobody. They would make one customer out of thousands.
ignore_values {
  user_id = { "null", "undefined", "none", "guest", "anonymous", "0", "-1" },
  crm_id = { "null", "none", "n/a", "0" },
  email = { "noreply@*", "no-reply@*", "*@example.invalid" },
  phone = { "0000000*", "1234567*" },
  device_id = { "null", "unknown" },
  advertising_id = { "00000000-0000-0000-0000-000000000000" },
}

limits { max_identifiers = 150 }

link "sign_in" {
  title = "A sign-in shows which account this browser, app or device is used for",
  owner = "analytics@example.com",
  because = "Only who knows the password gets in. People may refuse to be recognised (banner).",
  when = event "Signed In",
  connect = { "user_id", "anonymous_id", "push_token", "device_id" },
  strength = "verified",
  requires_consent = "identity",
}

link "sign_up" {
  title = "The address given for a new account belongs to the account",
  owner = "accounts@example.com",
  because = "Receipts and lost passwords go there; an account cannot be run without it.",
  legal_basis = "contract",
  when = event "Account Created",
  connect = { "user_id", "email" },
  strength = "verified",
}

link "crm_record" {
  title = "What stands in one customer record belongs to one customer",
  owner = "service@example.com",
  because = "Service compares name and order number with the caller before it saves.",
  legal_basis = "contract",
  when = event "identify":from_source "crm",
  connect = { "crm_id", "user_id", "email", "phone" },
  strength = "declared",
}

link "merged_record" {
  title = "Two customer records that service merged are reported as a pair",
  owner = "service@example.com",
  because = "Each profile has one record; joining two for good is a steward's decision.",
  legal_basis = "contract",
  when = event "alias":from_source "crm",
  connect = { "crm_id" },
  strength = "observed",
}

link "order_address" {
  title = "The address that an order confirmation goes to was typed in this browser",
  owner = "analytics@example.com",
  because = "Guests have no account. Typed is not proved, so stronger evidence goes before it.",
  when = event "Order Completed",
  connect = { "email", "anonymous_id" },
  strength = "observed",
  requires_consent = "identity",
}

link "newsletter_confirmed" {
  title = "Who opened the confirmation link reads that mailbox",
  owner = "lifecycle@example.com",
  because = "The link is in the mail and nowhere else (double opt-in).",
  when = event "Newsletter Confirmed",
  connect = { "email", "anonymous_id" },
  strength = "verified",
  requires_consent = "identity",
}

link "app_on_device" {
  title = "An installed app, its push address and its device go together",
  owner = "app@example.com",
  because = "Messages could not be delivered otherwise; it says nothing about a person.",
  legal_basis = "contract",
  when = any_event():on "app",
  connect = { "anonymous_id", "push_token", "device_id" },
  strength = "observed",
}

link "advertising_on_device" {
  title = "The advertising id is that of the device the app runs on",
  owner = "performance@example.com",
  because = "Tells which campaign brought an app customer; asked for in the app.",
  when = any_event():on "app",
  connect = { "device_id", "advertising_id" },
  strength = "observed",
  requires_consent = "ads",
}

never_link "declared_separate" {
  title = "Two accounts that their owner wants kept separate are never joined",
  owner = "privacy@example.com",
  because = "Work and home, or two people behind one screen: they said so, that settles it.",
  when = event "Accounts Declared Separate",
  separate = { "user_id", { "properties.other_user_id", as = "user_id" } },
}

transfer "account_passed_on" {
  title = "An account that changes hands belongs to its new owner from that day on",
  owner = "accounts@example.com",
  because = "What the former owner did stays with the former owner, and is not shown to the new one.",
  when = event "Account Passed On",
  identifier = "user_id",
  to = { "properties.new_email", as = "email" },
}
