-- Who is left alone, whatever a segment says. What cannot be decided counts as suppressed.

suppress "erasure_requested" {
  title = "Whoever asked to be deleted hears nothing more",
  owner = "privacy@example.com",
  because = "GDPR article 17; deleting takes days, silence starts at once.",
  legal_basis = "legal_obligation",
  reason = "erased",
  who = event "Erasure Requested",
  blocks = everything,
  cannot_be_overridden = true,
}

suppress "do_not_contact" {
  title = "Addresses and numbers on our list of objections",
  owner = "privacy@example.com",
  because = "GDPR article 21: objections come by letter too, and hold for good.",
  legal_basis = "legal_obligation",
  reason = "global_opt_out",
  list = "do_not_contact",
  blocks = everything,
  cannot_be_overridden = true,
}

suppress "mail_bounced" {
  title = "An address that does not take mail gets none",
  owner = "lifecycle@example.com",
  because = "Senders who go on end up in everybody's spam folder.",
  reason = "bounce",
  per_contact = "email",
  who = any {
    event "Email Bounced":where { type = "hard" }:within(days(180)),
    event "Email Bounced":where { type = "soft" }:within(days(14)):days():at_least(3),
  },
  blocks = { "email" },
}

suppress "mail_opt_out" {
  title = "No mail for customers who told service so",
  owner = "service@example.com",
  because = "Said is said, on whichever line.",
  legal_basis = "legal_obligation",
  reason = "channel_opt_out",
  who = trait "has_opted_out_of_email":is(true),
  blocks = { "email" },
  cannot_be_overridden = true,
}

suppress "call_opt_out" {
  title = "No calls for customers who told service so",
  owner = "service@example.com",
  because = "Said is said, on whichever line.",
  legal_basis = "legal_obligation",
  reason = "channel_opt_out",
  who = trait "do_not_call":is(true),
  blocks = { "phone" },
  cannot_be_overridden = true,
}

suppress "no_marketing_consent" {
  title = "Offers only to those who agreed to offers",
  owner = "privacy@example.com",
  because = "GDPR article 6(1)(a), UWG section 7: not granted, unknown and contradictory are a no.",
  legal_basis = "consent",
  reason = "purpose",
  who = consent "marketing":is_not("granted"),
  blocks = { "email", "push", "phone" },
}

suppress "no_ads_consent" {
  title = "No list to an advertising platform without the customer's yes",
  owner = "privacy@example.com",
  because = "Handing data on is a purpose of its own.",
  legal_basis = "consent",
  reason = "purpose",
  who = consent "ads":is_not("granted"),
  blocks = { "ads" },
}

suppress "open_complaint" {
  title = "No offers while a complaint is open",
  owner = "service@example.com",
  because = "First the answer, then the offer.",
  reason = "purpose",
  who = event "Ticket Opened"
    :within(days(60))
    :not_followed_by(event "Ticket Closed", { same = "ticket_id" }),
  blocks = { "email", "push", "ads" },
}

suppress "under_age" {
  title = "Nobody under 16 is advertised to",
  owner = "privacy@example.com",
  because = "GDPR article 8; the parents would have to agree.",
  legal_basis = "legal_obligation",
  reason = "jurisdiction",
  who = trait "birthday":within(years(16)),
  blocks = { "email", "push", "phone", "ads" },
  cannot_be_overridden = true,
}

suppress "fraud_hold" {
  title = "Nothing goes out while a suspicion is checked",
  owner = "fraud@example.com",
  because = "Vouchers are what such accounts are opened for.",
  reason = "fraud_hold",
  who = any {
    fraud "coupon_reuse",
    fraud "impossible_travel",
    fraud "card_testing",
  },
  blocks = { "email", "push", "phone" },
}
