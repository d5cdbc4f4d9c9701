-- Every kind of mistake that an analyst may make in an afternoon.

trait "plan" {
  title = "Plan", owner = "crm@example.com", because = "What is paid for.",
  from = "traits.plan",
}

trait "age" {
  title = "Age", owner = "crm@example.com", because = "Law.",
  from = "traits.age",
  type = "number",
}

segment "both_plans" {
  title = "Füße müssen passen", owner = "crm@example.com", because = "Test.",
  who = all {
    trait "plan":is("pro"),
    trait "plan":is("free"),
  },
}

segment "old_and_young" {
  title = "Nobody", owner = "crm@example.com", because = "Test.",
  who = all {
    trait "age":at_least(65), --[[ ä ö ü ]] trait "age":between(20, 10),
  },
}

segment "recent" {
  title = "A month", owner = "crm@example.com", because = "Test.",
  who = event "Order Completed":within(days(30)),
}

segment "yearly" {
  title = "A year", owner = "crm@example.com", because = "Test.",
  purpose = "marketing",
  who = event "Order Completed":within(days(730)):count():at_least(0),
}

segment "quarterly" {
  title = "A quarter", owner = "crm@example.com", because = "Test.",
  who = event "Order Completed":within(days(90)),
}

score "risk" {
  title = "Risk", owner = "crm@example.com", because = "Test.",
  add = {
    { points = 20, when = segment "recent", label = "recent" },
    { points = -5, when = trait "age":less_than(18), label = "young" },
  },
  bands = { { "low", 0 }, { "high", 50 } },
}
