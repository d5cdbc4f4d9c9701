-- What people allowed, from the wording of the banner, the newsletter and customer service to the
-- purposes that the other files ask for. Nothing said means not granted.

consent "identity" {
  title = "Visits and devices may be recognised as the same customer's",
  owner = "privacy@example.com",
  because = "Banner, switch 'Functional'. One no on any device is a no.",
  from = { "segment:Functional" },
  merge = "most_restrictive",
}

consent "analytics" {
  title = "Visits may be counted and compared",
  owner = "privacy@example.com",
  because = "Banner, switch 'Analytics'.",
  from = { "segment:Analytics", "google:analytics_storage" },
  merge = "most_restrictive",
}

consent "ads" {
  title = "Advertising elsewhere may use what the customer did here",
  owner = "privacy@example.com",
  because = "Banner, switch 'Advertising'. A browser that sends Global Privacy Control says no.",
  from = { "segment:Advertising", "google:ad_user_data", "gpc" },
  merge = "most_restrictive",
}

consent "marketing" {
  title = "Offers may be sent to this address",
  owner = "privacy@example.com",
  because = "Double opt-in or a form signed in a store; asked again after two years.",
  granted = any {
    event "Newsletter Confirmed",
    event "identify":from_source "crm":where { ["traits.marketing_ok"] = true },
  },
  denied = any {
    event "Newsletter Unsubscribed",
    event "Email Marked As Spam",
    event "identify":from_source "crm":where { ["traits.marketing_ok"] = false },
  },
  contact = "email",
  merge = "newest",
  expires_after = months(24),
}
