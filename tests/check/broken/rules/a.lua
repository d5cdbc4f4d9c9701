segment "a" {
  title = "A", owner = "crm", because = "Test.",
  who = all {
    evnt "Order Completed",
	event "Order Completed":withn(days(3)),
    trait "age":between(10, 5),
  },
}
