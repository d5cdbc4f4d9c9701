-- What events come to, and values worked out of values (RULES 2 and 3).

local word = use "lib/says"
local says, worth = word.says, word.worth

local read = event "Read"
worth("read_count", read:count())
worth("read_days", read:days())
worth("read_distinct", read:distinct "page")
worth("read_distinct_devices", read:distinct(identifier "device_id"))
worth("read_sum", read:sum "n")
worth("read_average", read:average "n")
worth("read_min", read:min "n")
worth("read_max", read:max "n")
worth("read_most", read:most_frequent "page")
worth("read_first", read:first "page")
worth("read_last", read:last "page")
worth("read_first_time", read:first_time())
worth("read_last_time", read:last_time())

scenario "aggregates of events; those without the property are passed over" {
  zone = "Europe/Berlin",
  given = [[
    2026-03-01 22:59  Read  user_id=1 page=a n=1 device_id=d1
    2026-03-01 23:00  Read  user_id=1 page=b n=2 device_id=d1
    2026-03-02 10:00  Read  user_id=1 page=b n=0.5 device_id=d2
    2026-03-02 11:00  Read  user_id=1 page=a
    2026-03-02 12:00  Read  user_id=1 n=3
    2026-03-02 12:00  Read  user_id=text n=abc
    2026-03-02 12:00  page  user_id=none
  ]],
  expect = {
    traits = {
      ["user_id=1"] = {
        read_count = 5,
        read_days = 2,
        read_distinct = 2,
        read_distinct_devices = 2,
        read_sum = 6.5,
        read_average = 1.625,
        read_min = 0.5,
        read_max = 3,
        read_most = "a",
        read_first = "a",
        read_last = "a",
        read_first_time = "2026-03-01T22:59:00Z",
        read_last_time = "2026-03-02T12:00:00Z",
      },
      ["user_id=none"] = {
        read_count = 0,
        read_days = 0,
        read_distinct = 0,
        read_sum = 0,
        read_average = "missing",
        read_min = "missing",
        read_max = "missing",
        read_most = "missing",
        read_first = "missing",
        read_last = "missing",
        read_first_time = "missing",
        read_last_time = "missing",
      },
      ["user_id=text"] = {
        read_count = 1,
        read_distinct = 0,
        read_sum = "undecided",
        read_average = "undecided",
        read_min = "undecided",
        read_max = "undecided",
      },
    },
  },
}

scenario "the most frequent of equals is the newest, of one instant the first by its bytes" {
  given = [[
    10:00  Read  user_id=newest page=b
    10:01  Read  user_id=newest page=a
    10:02  Read  user_id=newest page=b
    10:03  Read  user_id=newest page=a
    10:04  Read  user_id=newest page=c
    10:00  Read  user_id=bytes  page=z
    10:00  Read  user_id=bytes  page=b
  ]],
  expect = {
    traits = {
      ["user_id=newest"] = { read_most = "a", read_first = "b", read_last = "c" },
      -- first and last go by time and event id
      ["user_id=bytes"] = { read_most = "b", read_first = "z", read_last = "b" },
    },
  },
}

worth("gap", time_between(event "Asked", event "Answered"))
says("quick_answer", time_between(event "Asked", event "Answered"):less_than(hours(1)))

worth(
  "answer_share",
  ratio(
    event "Answered":count(),
    event "Asked":count()
  )
)

worth(
  "answer_lead",
  difference(
    event "Answered":count(),
    event "Asked":count()
  )
)

worth(
  "talk",
  total(
    event "Answered":count(),
    event "Asked":count(),
    10
  )
)

worth("since_asked", days_since(event "Asked":last_time()))
worth("talk_level", bucket(event "Asked":count(), { { "some", 1 }, { "many", 3 } }))

worth(
  "spent_level",
  bucket(event "Paid":sum "price", {
    { "low", money(0, "EUR") },
    { "high", money("9.99", "EUR") },
  })
)

says(
  "third",
  ratio(
    event "Answered":count(),
    event "Asked":count()
  ):is(percent(50))
)

scenario "values of values: a part that is missing makes them missing" {
  given = [[
    2026-03-01 10:00  Asked     user_id=1
    2026-03-01 12:00  Asked     user_id=1
    2026-03-01 12:59  Answered  user_id=1
    2026-03-01 10:00  Asked     user_id=2
    2026-03-01 10:00  Asked     user_id=2
    2026-03-01 10:00  Asked     user_id=2
    2026-03-01 11:00  Answered  user_id=2
    2026-03-01 10:00  Answered  user_id=3
    2026-03-01 10:00  Paid      user_id=3 price=9.98 currency=EUR
    2026-03-01 10:00  Paid      user_id=2 price=9.99 currency=EUR
    2026-03-01 10:00  Paid      user_id=1 price=-1 currency=EUR
  ]],
  as_of = "2026-03-03 11:59:59",
  expect = {
    traits = {
      ["user_id=1"] = {
        answer_share = percent(50),
        answer_lead = -1,
        talk = 13,
        since_asked = 1,
        talk_level = "some",
        spent_level = "missing",
      },
      ["user_id=2"] = {
        answer_lead = -2,
        talk = 14,
        since_asked = 2,
        talk_level = "many",
        spent_level = "high",
      },
      ["user_id=3"] = {
        gap = "missing",
        answer_share = "missing",
        answer_lead = 1,
        talk = 11,
        since_asked = "missing",
        talk_level = "missing",
        spent_level = "low",
      },
    },
    segments = { quick_answer = { "user_id=1" }, third = { "user_id=1" } },
  },
}

says(
  "exact_third",
  ratio(
    event "Hit":count(),
    event "Shot":count()
  ):more_than(0.3333333333333333)
)

says(
  "not_above_third",
  ratio(
    event "Hit":count(),
    event "Shot":count()
  ):at_most(0.3333333333333334)
)

says("mean_price", event "Shot":average "price":more_than(money("0.33", "EUR")))
says("mean_price_cents", event "Shot":average "price":at_least(money("0.34", "EUR")))

scenario "shares and averages are compared as fractions" {
  given = [[
    10:00  Shot  user_id=1 price=0.33 currency=EUR
    10:01  Shot  user_id=1 price=0.33 currency=EUR
    10:02  Shot  user_id=1 price=0.34 currency=EUR
    10:03  Hit   user_id=1
    10:00  Shot  user_id=2 price=0.33 currency=EUR
    10:00  Shot  user_id=3 price=0.34 currency=EUR
    10:03  Hit   user_id=3
  ]],
  expect = {
    segments = {
      exact_third = { "user_id=1", "user_id=3" },
      not_above_third = { "user_id=1", "user_id=2" },
      mean_price = { "user_id=1", "user_id=3" },
      mean_price_cents = { "user_id=3" },
    },
  },
}

local bill = event "Billed"
says("billed", bill:sum "total":at_least(money("10.00", "EUR")))
says("billed_dollars", bill:sum "total":at_least(money(10, "USD")))
says("one_bill", bill:where { total = at_least(money(10, "EUR")) })
worth("billed_total", bill:sum "total")
worth("billed_yen", bill:sum "total", "JPY")

scenario "amounts are converted at the rate of the event's own day, once, half to even" {
  given = [[
    2026-01-05 10:00  Billed  user_id=euro   total=10 currency=EUR
    2026-01-05 10:00  Billed  user_id=less   total=9.99 currency=EUR
    2026-01-05 10:00  Billed  user_id=usd    total=12.50 currency=USD
    2026-01-06 10:00  Billed  user_id=usd6   total=11.11 currency=USD
    2026-01-05 10:00  Billed  user_id=even   total=0.25 currency=SEK
    2026-01-05 10:00  Billed  user_id=odd    total=0.35 currency=SEK
    2026-01-05 10:00  Billed  user_id=norate total=100 currency=NOK
    2026-01-05 10:00  Billed  user_id=nocur  total=100
    2026-01-05 10:00  Billed  user_id=text   total=much currency=EUR
    2026-01-05 10:00  Billed  user_id=gone   currency=EUR
    2026-01-05 10:00  Billed  user_id=item   products='[{"total":1}]' currency=EUR
  ]],
  expect = {
    segments = {
      billed = { "user_id=euro", "user_id=usd", "user_id=usd6" },
      billed_dollars = { "user_id=euro", "user_id=less", "user_id=usd", "user_id=usd6" },
      one_bill = { "user_id=euro", "user_id=usd", "user_id=usd6" },
    },
    undecided = {
      segments = {
        billed = { "user_id=norate", "user_id=nocur", "user_id=text" },
        one_bill = { "user_id=norate", "user_id=nocur", "user_id=text" },
      },
    },
    traits = {
      ["user_id=usd"] = { billed_total = money(10, "EUR"), billed_yen = money(1600, "JPY") },
      ["user_id=usd6"] = { billed_total = money(10, "EUR") },
      ["user_id=even"] = { billed_total = money("0.02", "EUR") },
      ["user_id=odd"] = { billed_total = money("0.04", "EUR") },
      ["user_id=norate"] = { billed_total = "undecided" },
      ["user_id=gone"] = { billed_total = money(0, "EUR") },
    },
  },
}

scenario "the day of a rate is the workspace's, and only the scenario's rates hold" {
  rates = { ["2026-01-05"] = { USD = "0.8" }, ["2026-01-06"] = { USD = "0.9" } },
  cases = {
    {
      "in UTC it is still the 5th",
      given = [[2026-01-05 23:30 Billed user_id=1 total=100 currency=USD]],
      expect = { traits = { ["user_id=1"] = { billed_total = money(80, "EUR") } } },
    },
    {
      "in Berlin it is the 6th",
      zone = "Europe/Berlin",
      given = [[2026-01-05 23:30 Billed user_id=1 total=100 currency=USD]],
      expect = { traits = { ["user_id=1"] = { billed_total = money(90, "EUR") } } },
    },
    {
      "crowns have no rate here",
      given = [[2026-01-05 10:00 Billed user_id=1 total=100 currency=SEK]],
      expect = { traits = { ["user_id=1"] = { billed_total = "undecided" } } },
    },
  },
}

says("item_price", event "Basket":each "products":where { price = at_least(money(5, "EUR")) })

scenario "the currency of an item goes before that of its event" {
  given = [[
    2026-01-05 10:00  Basket  user_id=own   currency=EUR products='[{"price":50,"currency":"SEK"}]'
    2026-01-05 10:00  Basket  user_id=dear  currency=SEK products='[{"price":5,"currency":"EUR"}]'
    2026-01-05 10:00  Basket  user_id=cheap currency=EUR products='[{"price":49.9,"currency":"SEK"}]'
    2026-01-05 10:00  Basket  user_id=event currency=SEK products='[{"price":50}]'
    2026-01-05 10:00  Basket  user_id=none  products='[{"price":50}]'
  ]],
  expect = {
    segments = { item_price = { "user_id=own", "user_id=dear", "user_id=event" } },
    undecided = { segments = { item_price = { "user_id=none" } } },
  },
}

says("fast", travel_speed(event "Sign", { within = hours(48), from_km = 500 }):at_least(1000))
worth("speed", travel_speed(event "Sign", { within = hours(48), from_km = 500 }))
worth("speed_plain", travel_speed(event "Sign"))

scenario "the greatest speed between two successive places" {
  given = [[
    09:00  Sign  user_id=far  context.location.latitude=0 context.location.longitude=0
    10:00  Sign  user_id=far  context.location.latitude=0 context.location.longitude=9
    09:00  Sign  user_id=slow context.location.latitude=0 context.location.longitude=0
    11:00  Sign  user_id=slow context.location.latitude=0 context.location.longitude=9
    09:00  Sign  user_id=near context.location.latitude=0 context.location.longitude=0
    09:01  Sign  user_id=near context.location.latitude=0 context.location.longitude=4
    2026-01-01 09:00  Sign  user_id=late context.location.latitude=0 context.location.longitude=0
    2026-01-03 09:00  Sign  user_id=late context.location.latitude=0 context.location.longitude=90
    09:00  Sign  user_id=none
  ]],
  expect = {
    segments = { fast = { "user_id=far" } },
    traits = {
      -- nine degrees of the equator are 1000.75 km, at a radius of 6371 km
      ["user_id=far"] = { speed = 1000, speed_plain = 1000 },
      ["user_id=slow"] = { speed = 500 },
      ["user_id=near"] = { speed = "missing", speed_plain = 26686 },
      ["user_id=late"] = { speed = "missing", speed_plain = 208 },
      ["user_id=none"] = { speed = "missing", speed_plain = "missing" },
    },
  },
}
