-- Who must not be contacted or exported, whatever a segment says.

suppress "erasure_requested" {
  title = "Who asked to be forgotten hears nothing while that is being done",
  owner = "privacy@example.com",
  because = "GDPR article 17.",
  legal_basis = "legal_obligation",
  reason = "erased",
  who = event "Erasure Requested",
  blocks = everything,
  cannot_be_overridden = true,
}

suppress "bounced_address" {
  title = "An address that bounces is not written to",
  owner = "lifecycle@example.com",
  because = "Mail providers block senders that go on.",
  reason = "bounce",
  per_contact = "email",
  who = any {
    event "Email Bounced":where { type = "hard" }:within(days(365)),
    event "Email Bounced":where { type = "soft" }:within(days(30)):days():at_least(5),
  },
  blocks = { "email" },
}

suppress "do_not_call" {
  title = "Who asked service not to be called is not called",
  owner = "service@example.com",
  because = "Objection noted in the customer record.",
  legal_basis = "legal_obligation",
  reason = "channel_opt_out",
  who = trait "do_not_call":is(true),
  blocks = { "phone" },
  cannot_be_overridden = true,
}

suppress "no_more_mail" {
  title = "Who asked service for no more mail gets none",
  owner = "service@example.com",
  because = "Objection noted in the customer record.",
  legal_basis = "legal_obligation",
  reason = "channel_opt_out",
  who = trait "has_opted_out_of_email":is(true),
  blocks = { "email" },
  cannot_be_overridden = true,
}

suppress "no_marketing_consent" {
  title = "No marketing without consent",
  owner = "privacy@example.com",
  because = "GDPR article 6(1)(a); opt-in is proved by the confirmation mail.",
  legal_basis = "consent",
  reason = "purpose",
  who = consent "marketing":is_not("granted"),
  blocks = { "email", "phone" },
}

suppress "suspected_fraud" {
  title = "Nothing is sent while a suspicion is being looked at",
  owner = "fraud@example.com",
  because = "Vouchers are what the abuse is about.",
  reason = "fraud_hold",
  who = any {
    fraud "coupon_abuse",
    fraud "impossible_travel",
  },
  blocks = { "email", "phone" },
}
