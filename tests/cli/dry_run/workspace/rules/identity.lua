identifiers {
  user_id = { rank = 1, per_profile = 1 },
  email = { rank = 2, per_profile = 3, normalise = "email" },
  device_id = { rank = 3 },
}

link "account" {
  title = "An account has the address it was opened with",
  owner = "accounts@example.com",
  because = "The contract says so.",
  when = event "Account Created",
  connect = { "user_id", "email" },
  strength = "verified",
}

link "newsletter" {
  title = "A confirmed address belongs to the device that confirmed it",
  owner = "lifecycle@example.com",
  because = "Only the owner of the mailbox can follow the link.",
  when = event "Newsletter Confirmed",
  connect = { "email", "device_id" },
  strength = "verified",
}

flag "test_order" {
  title = "Orders of our own staff",
  owner = "analytics@example.com",
  because = "They would look like customers.",
  when = event "Order Completed":where { coupon = "STAFF" },
}
