identifiers { user_id = { rank = 1, per_profile = 1 } }

computed "purchases" {
  title = "Purchases so far",
  owner = "analytics@example.com",
  because = "Compared with a count over the raw file.",
  is = event "purchase":count(),
}

trait "channel" {
  title = "Channel the customer came by last",
  owner = "analytics@example.com",
  because = "Compared with the raw file.",
  from = { "properties.acquisition_channel" },
  keep = "newest",
}

segment "buyers_of_spring" {
  title = "Bought in the 60 days before the end of the data",
  owner = "analytics@example.com",
  because = "Compared with a query over the raw file.",
  who = event "purchase":within(days(60)),
}

segment "left_the_cart" {
  title = "Put something into the cart and bought nothing within a day",
  owner = "analytics@example.com",
  because = "Compared with a query over the raw file.",
  who = event "add_to_cart":not_followed_by(event "purchase", days(1)),
}
