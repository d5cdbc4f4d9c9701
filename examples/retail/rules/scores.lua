-- Estimates. They never enter identity and never decide alone about a person.

local orders = event "Order Completed":once_per "order_id"

score "churn_risk" {
  title = "How likely is this customer to stop buying?",
  owner = "data-science@example.com",
  because = "Score card agreed with service; every point can be explained.",
  start = 20,
  add = {
    {
      points = 35,
      when = orders:last_time():older_than(days(60)),
      label = "no order for 60 days",
    },
    {
      points = 20,
      when = none {
        event "page":within(days(30)),
        event "screen":within(days(30)),
      },
      label = "no visit for 30 days",
    },
    {
      points = 15,
      when = event "Email Sent"
        :where { kind = "marketing" }
        :newest(5)
        :not_followed_by(event "Email Opened", days(7), { same = "message_id" })
        :count()
        :at_least(4),
      label = "does not open our mail",
    },
    {
      points = -25,
      when = trait "loyalty_tier":is_one_of { "gold", "platinum" },
      label = "loyalty programme",
    },
  },
  range = { 0, 100 },
  bands = {
    { "low", 0 },
    { "medium", 40 },
    { "high", 70 },
  },
}
