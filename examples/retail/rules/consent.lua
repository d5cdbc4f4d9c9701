-- What people allowed: from the banner's and customer service's wording to our purposes.

consent "identity" {
  title = "Browsers and apps may be tied to the account",
  owner = "privacy@example.com",
  because = "Banner text 7, switch 'functional'.",
  from = { "segment:Functional" },
  merge = "most_restrictive",
}

consent "analytics" {
  title = "Visits may be measured",
  owner = "privacy@example.com",
  because = "Banner text 7, switch 'analytics'.",
  from = { "segment:Analytics" },
  merge = "most_restrictive",
}

consent "ads" {
  title = "Ads on other sites may be chosen by what the person did here",
  owner = "privacy@example.com",
  because = "Banner text 7, switch 'advertising'; browsers that send Sec-GPC have said no.",
  from = { "segment:Advertising", "gpc" },
  merge = "most_restrictive",
}

consent "marketing" {
  title = "We may write to this address, or call, with offers",
  owner = "privacy@example.com",
  because = "Double opt-in; a grant that nobody used for two years is asked for again.",
  granted = any {
    event "Newsletter Confirmed",
    event "identify":from_source "crm":where { ["traits.marketing_ok"] = true },
  },
  denied = any {
    event "Newsletter Unsubscribed",
    event "identify":from_source "crm":where { ["traits.marketing_ok"] = false },
  },
  contact = "email",
  merge = "newest",
  expires_after = months(24),
}

flag "test_traffic" {
  title = "Events made by ourselves",
  owner = "analytics@example.com",
  because = "Reports and audiences are about customers.",
  when = any {
    identifier "email":ends_with("@shop.example.com"),
    property "context.ip":in_list "office_networks",
    event "Order Completed":where { coupon = is("QA-100"):ignoring_case() },
  },
  leave_out = true,
}
