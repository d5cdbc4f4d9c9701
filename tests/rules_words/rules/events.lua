-- Which events: names, windows, filters (RULES 3). A profile is named after what is peculiar about it.

local word = use "lib/says"
local says, worth = word.says, word.worth

says("named", event "Order Completed")
says("either", event { "Cart Viewed", "Order Completed" })
says("glob", event "Cart *")
says("typed", event "identify")
says("anything", any_event())

scenario "events by name, by a list of names, by a glob, by type; any_event is what a person did" {
  given = [[
    10:00  "Order Completed"  user_id=order
    10:00  "Cart Viewed"      user_id=cart
    10:00  "Cart Emptied"     user_id=empty
    10:00  "A Cart Viewed"    user_id=other
    10:00  identify           user_id=identify
    10:00  page               user_id=page
    10:00  screen             user_id=screen
    10:00  group              user_id=group group.account=a
    10:00  consent            user_id=consent consent.ads=granted
  ]],
  expect = {
    segments = {
      named = { "user_id=order" },
      either = { "user_id=order", "user_id=cart" },
      glob = { "user_id=cart", "user_id=empty" },
      typed = { "user_id=identify" },
      anything = {
        "user_id=order", "user_id=cart", "user_id=empty", "user_id=other", "user_id=page",
        "user_id=screen",
      },
    },
  },
}

local visit = event "Visit"
says("in_days", visit:within(days(30)))
says("in_ago", visit:between_ago(days(30), days(60)))
says("in_since", visit:since(date "2026-03-01"))
says("in_since_instant", visit:since(instant "2026-03-01T10:00:00Z"))
says("in_since_week", visit:since(date "2026-03-01", days(7)))
says("in_between", visit:between(date "2026-03-01", date "2026-03-02"))

scenario "windows of events, each end to the second" {
  as_of = "2026-03-31 10:00",
  given = [[
    2026-03-01 10:00:01  Visit  user_id=30d_less
    2026-03-01 10:00:00  Visit  user_id=30d
    2026-01-30 10:00:01  Visit  user_id=60d_less
    2026-01-30 10:00:00  Visit  user_id=60d
    2026-03-01 00:00:00  Visit  user_id=day
    2026-02-28 23:59:59  Visit  user_id=eve
    2026-03-02 23:59:59  Visit  user_id=second
    2026-03-03 00:00:00  Visit  user_id=third
    2026-03-07 23:59:59  Visit  user_id=week
    2026-03-08 00:00:00  Visit  user_id=8
    2026-03-31 10:00:00  Visit  user_id=now
    2026-03-31 10:00:01  Visit  user_id=later
  ]],
  expect = {
    segments = {
      in_days = {
        "user_id=30d_less", "user_id=second", "user_id=third", "user_id=week", "user_id=8",
        "user_id=now",
      },
      in_ago = { "user_id=30d", "user_id=60d_less", "user_id=day", "user_id=eve" },
      in_since = {
        "user_id=30d_less", "user_id=30d", "user_id=day", "user_id=second", "user_id=third",
        "user_id=week", "user_id=8", "user_id=now",
      },
      in_since_instant = {
        "user_id=30d_less", "user_id=30d", "user_id=second", "user_id=third", "user_id=week",
        "user_id=8", "user_id=now",
      },
      in_since_week = {
        "user_id=30d_less", "user_id=30d", "user_id=day", "user_id=second", "user_id=third",
        "user_id=week",
      },
      in_between = { "user_id=30d_less", "user_id=30d", "user_id=day", "user_id=second" },
    },
  },
}

says("after_sign_up", event "Trial Used":since(event "Signed Up":first_time(), days(7)))
says("ever_after_sign_up", event "Trial Used":since(event "Signed Up":first_time()))

scenario "since a time that is asked; where that is missing there are no events" {
  given = [[
    2026-03-01 10:00  "Signed Up"   user_id=same
    2026-03-01 10:00  "Trial Used"  user_id=same
    2026-03-01 10:00  "Signed Up"   user_id=before
    2026-03-01 09:59  "Trial Used"  user_id=before
    2026-03-01 10:00  "Signed Up"   user_id=week
    2026-03-08 10:00  "Trial Used"  user_id=week
    2026-03-01 10:00  "Signed Up"   user_id=less
    2026-03-08 09:59  "Trial Used"  user_id=less
    2026-03-08 09:59  "Trial Used"  user_id=never
  ]],
  expect = {
    segments = {
      after_sign_up = { "user_id=same", "user_id=less" },
      ever_after_sign_up = { "user_id=same", "user_id=less", "user_id=week" },
    },
  },
}

local calendar = { "day", "week", "month", "quarter", "year" }
for _, unit in ipairs(calendar) do
  says("this_" .. unit, event "Dated":this(unit))
  says("previous_" .. unit, event "Dated":previous(unit))
end

scenario "calendar units of the workspace's zone; a week begins on Monday" {
  zone = "Europe/Berlin",
  -- Wednesday, 15 April 2026, 12:00 in Berlin
  as_of = "2026-04-15 10:00",
  given = [[
    2026-04-14 22:00  Dated  user_id=today
    2026-04-14 21:59  Dated  user_id=yesterday
    2026-04-12 22:00  Dated  user_id=monday
    2026-04-12 21:59  Dated  user_id=sunday
    2026-04-05 22:00  Dated  user_id=last_monday
    2026-04-05 21:59  Dated  user_id=last_sunday
    2026-03-31 22:00  Dated  user_id=april
    2026-03-31 21:59  Dated  user_id=march_end
    2026-02-28 23:00  Dated  user_id=march
    2026-02-28 22:59  Dated  user_id=february
    2025-12-31 23:00  Dated  user_id=january
    2025-12-31 22:59  Dated  user_id=december
    2024-12-31 23:00  Dated  user_id=2025
    2024-12-31 22:59  Dated  user_id=2024
  ]],
  expect = {
    segments = {
      this_day = { "user_id=today" },
      previous_day = { "user_id=yesterday" },
      this_week = { "user_id=today", "user_id=yesterday", "user_id=monday" },
      previous_week = { "user_id=sunday", "user_id=last_monday" },
      this_month = {
        "user_id=today", "user_id=yesterday", "user_id=monday", "user_id=sunday",
        "user_id=last_monday", "user_id=last_sunday", "user_id=april",
      },
      previous_month = { "user_id=march_end", "user_id=march" },
      this_quarter = {
        "user_id=today", "user_id=yesterday", "user_id=monday", "user_id=sunday",
        "user_id=last_monday", "user_id=last_sunday", "user_id=april",
      },
      previous_quarter = {
        "user_id=march_end", "user_id=march", "user_id=february", "user_id=january",
      },
      this_year = {
        "user_id=today", "user_id=yesterday", "user_id=monday", "user_id=sunday",
        "user_id=last_monday", "user_id=last_sunday", "user_id=april", "user_id=march_end",
        "user_id=march", "user_id=february", "user_id=january",
      },
      previous_year = { "user_id=december", "user_id=2025" },
    },
  },
}

says("from_crm", event "Seen":from_source "crm")
says("on_web", event "Seen":on "web")
says("on_ios", event "Seen":on "ios")
says("on_android", event "Seen":on "android")
says("on_server", event "Seen":on "server")
says("on_app", event "Seen":on "app")
says("on_two", event "Seen":on { "web", "server" })

scenario "where events come from; app is ios or android" {
  given = [[
    10:00  Seen  user_id=web     platform=web
    10:00  Seen  user_id=ios     platform=ios
    10:00  Seen  user_id=android platform=android
    10:00  Seen  user_id=server  platform=server source=crm
    10:00  Seen  user_id=none
  ]],
  expect = {
    segments = {
      from_crm = { "user_id=server" },
      on_web = { "user_id=web" },
      on_ios = { "user_id=ios" },
      on_android = { "user_id=android" },
      on_server = { "user_id=server" },
      on_app = { "user_id=ios", "user_id=android" },
      on_two = { "user_id=web", "user_id=server" },
    },
  },
}

local order = event "Ordered"
worth("orders", order:count())
worth("orders_once", order:once_per "order_id":count())
worth("newest_two", order:newest(2):sum "n")
worth("oldest_two", order:oldest(2):sum "n")
worth("oldest_once", order:once_per "order_id":oldest(2):sum "n")
worth("newest_then_big", order:newest(2):where { n = at_least(4) }:count())
worth("products", order:each "products":count())
worth("dear_products", order:each "products":where { price = at_least(money(10, "EUR")) }:count())
worth("product_total", order:each "products":sum "price")
says("one_product_twice", order:each "products":per "id":count():at_least(2))
says("one_shop_thrice", order:per "shop":count():at_least(3))

scenario "once_per keeps the first, newest and oldest the last and first, each counts elements" {
  given = [[
    10:00  Ordered  user_id=1 n=1 order_id=a shop=x currency=EUR
      products='[{"id":"p","price":10},{"id":"q","price":9.99}]'
    11:00  Ordered  user_id=1 n=2 order_id=a shop=y currency=EUR products='[{"id":"p","price":20}]'
    12:00  Ordered  user_id=1 n=4 shop=x
    13:00  Ordered  user_id=1 n=8 shop=y currency=EUR products='[]'
    14:00  Ordered  user_id=1 n=16 order_id=b shop=x
    10:00  Ordered  user_id=2 n=1 shop=x currency=EUR products='[{"id":"p","price":1}]'
    11:00  Ordered  user_id=2 n=2 shop=y currency=EUR products='[{"id":"q","price":1}]'
    12:00  Ordered  user_id=2 n=2 shop=z
    10:00  page     user_id=3
  ]],
  expect = {
    traits = {
      ["user_id=1"] = {
        orders = 5,
        orders_once = 4,
        newest_two = 24,
        oldest_two = 3,
        oldest_once = 5,
        newest_then_big = 2,
        products = 3,
        dear_products = 2,
        product_total = money("39.99", "EUR"),
      },
      ["user_id=2"] = { orders = 3, orders_once = 3, products = 2, newest_then_big = 0 },
      ["user_id=3"] = { orders = 0, newest_two = 0, products = 0, product_total = money(0, "EUR") },
    },
    segments = { one_product_twice = { "user_id=1" }, one_shop_thrice = { "user_id=1" } },
  },
}

local added = event "Added"
says("bought_after", added:followed_by(event "Bought", hours(1)))
says("bought_cart_after", added:followed_by(event "Bought", hours(1), { same = "cart" }))

says(
  "same_device_after",
  added:followed_by(event "Bought", hours(1), { same = identifier "device_id" })
)

says(
  "same_both_after",
  added:followed_by(event "Bought", hours(1), { same = { "cart", identifier "device_id" } })
)

says("left", added:not_followed_by(event "Bought", hours(1)))
says("left_cart", added:not_followed_by(event "Bought", hours(1), { same = "cart" }))
says("left_ever", added:not_followed_by(event "Bought"))
says("left_ever_cart", added:not_followed_by(event "Bought", { same = "cart" }))

scenario "followed_by looks for less than its length, with the same value, and waits until it is over" {
  given = [[
    10:00  Added   user_id=in    cart=a device_id=d1
    10:59:59  Bought  user_id=in cart=a device_id=d1
    10:00  Added   user_id=edge  cart=a device_id=d2
    11:00  Bought  user_id=edge  cart=a device_id=d2
    10:00  Added   user_id=other cart=a device_id=d3
    10:30  Bought  user_id=other cart=b device_id=d3
    10:00  Added   user_id=nocart device_id=d4
    10:30  Bought  user_id=nocart device_id=d5
    11:30  Added   user_id=fresh cart=a
    10:30  Bought  user_id=early cart=a
    10:31  Added   user_id=early cart=a
  ]],
  cases = {
    {
      "while the newest hour runs",
      as_of = "2026-01-01 12:29:59",
      expect = {
        segments = {
          bought_after = { "user_id=in", "user_id=other", "user_id=nocart" },
          bought_cart_after = { "user_id=in" },
          same_device_after = { "user_id=in", "user_id=other" },
          same_both_after = { "user_id=in" },
          left = { "user_id=edge", "user_id=early" },
          left_cart = { "user_id=edge", "user_id=early", "user_id=other" },
          left_ever = { "user_id=fresh", "user_id=early" },
          left_ever_cart = { "user_id=fresh", "user_id=early", "user_id=other" },
        },
      },
    },
    {
      "when it is over",
      as_of = "2026-01-01 12:30",
      expect = {
        segments = {
          left = { "user_id=edge", "user_id=early", "user_id=fresh" },
          left_cart = { "user_id=edge", "user_id=early", "user_id=other", "user_id=fresh" },
        },
      },
    },
  },
}

says("burst", event "Tick":in_any(hours(1)):count():at_least(3))
says("burst_more", event "Tick":in_any(hours(1)):sum "n":more_than(6))
says("burst_distinct", event "Tick":in_any(hours(1)):distinct "n":at_least(3))
says("burst_days", event "Tick":in_any(days(2)):days():at_least(2))

scenario "in_any asks windows that end at one of the events" {
  given = [[
    10:00:00  Tick  user_id=in   n=1
    10:30:00  Tick  user_id=in   n=2
    10:59:59  Tick  user_id=in   n=4
    10:00:00  Tick  user_id=edge n=1
    10:30:00  Tick  user_id=edge n=2
    11:00:00  Tick  user_id=edge n=4
    10:00:00  Tick  user_id=same n=3
    10:10:00  Tick  user_id=same n=3
    10:20:00  Tick  user_id=same n=1
    2026-01-02 10:00:00  Tick  user_id=day n=1
    2026-01-03 09:59:59  Tick  user_id=day n=1
    2026-01-02 10:00:00  Tick  user_id=far n=1
    2026-01-04 10:00:00  Tick  user_id=far n=1
  ]],
  expect = {
    segments = {
      burst = { "user_id=in", "user_id=same" },
      burst_more = { "user_id=in", "user_id=same" },
      burst_distinct = { "user_id=in" },
      burst_days = { "user_id=day" },
    },
  },
}

says("steps", sequence { event "Step One", event "Step Two", event "Step Three" })

says(
  "quick_steps",
  sequence { event "Step One", event "Step Two", event "Step Three", within = hours(1) }
)

scenario "a sequence is in order, and each step comes within the length of the one before" {
  given = [[
    10:00  "Step One"    user_id=quick
    10:59  "Step Two"    user_id=quick
    11:58  "Step Three"  user_id=quick
    10:00  "Step One"    user_id=edge
    11:00  "Step Two"    user_id=edge
    11:30  "Step Three"  user_id=edge
    10:00  "Step One"    user_id=later
    10:30  "Step One"    user_id=later
    11:20  "Step Two"    user_id=later
    12:10  "Step Three"  user_id=later
    10:00  "Step Two"    user_id=order
    10:10  "Step One"    user_id=order
    10:20  "Step Three"  user_id=order
    10:00  "Step One"    user_id=short
    10:10  "Step Two"    user_id=short
  ]],
  expect = {
    segments = {
      steps = { "user_id=quick", "user_id=edge", "user_id=later" },
      quick_steps = { "user_id=quick", "user_id=later" },
    },
  },
}
