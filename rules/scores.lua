-- Score cards: points that add up, each with a sentence. A score sorts and suggests; it never joins
-- identifiers and never decides alone about a person.

local orders = event "Order Completed":once_per "order_id"

score "churn_risk" {
  title = "How many signs are there that this customer is leaving?",
  owner = "lifecycle@example.com",
  because = "Agreed with service line by line; explain shows the points of each customer.",
  start = 10,
  add = {
    {
      points = 30,
      when = orders:last_time():older_than(days(60)),
      label = "nothing ordered for 60 days",
    },
    {
      points = 20,
      when = none { event { "page", "screen" }:within(days(30)) },
      label = "not seen for 30 days",
    },
    {
      points = 15,
      when = event "Email Sent"
        :newest(5)
        :not_followed_by(event "Email Opened", days(7), { same = "message_id" })
        :count()
        :at_least(3),
      label = "three of the last five mails left unopened",
    },
    {
      points = 15,
      when = event "Ticket Opened":within(days(60)):count():at_least(2),
      label = "two complaints in 60 days",
    },
    {
      points = -20,
      when = trait "loyalty_tier":is_one_of { "gold", "platinum" },
      label = "in an upper loyalty tier",
    },
  },
  range = { 0, 100 },
  bands = {
    { "low", 0 },
    { "medium", 35 },
    { "high", 60 },
  },
}

score "engagement" {
  title = "How close is this customer to the shop at the moment?",
  owner = "lifecycle@example.com",
  because = "Who is close needs no voucher, and who is far no fourth mail a week.",
  add = {
    {
      points = 40,
      when = orders:within(days(60)),
      label = "ordered within 60 days",
    },
    {
      points = 30,
      when = trait "active_days_30d":at_least(4),
      label = "here on four days of the last 30",
    },
    {
      points = 20,
      when = event "Email Opened":within(days(30)),
      label = "opened a mail within 30 days",
    },
    {
      points = 10,
      when = any_event():on "app":within(days(30)),
      label = "used the app within 30 days",
    },
  },
  bands = {
    { "far", 0 },
    { "near", 30 },
    { "close", 70 },
  },
}
