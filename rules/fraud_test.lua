-- What fraud.lua promises. Times are UTC.

-- The same event again and again, a minute apart.
local function repeated(times, hour, event)
  local lines = {}
  for minute = 0, times - 1 do
    lines[minute + 1] = string.format("2026-03-02 %02d:%02d %s", hour, minute, event)
  end
  return table.concat(lines, "\n") .. "\n"
end

scenario "a program that says so is left out of everything" {
  given = [[
    2026-03-02 10:00  "Product Viewed"  anonymous_id=a1 product_id=p1 platform=web
      context.user_agent="Mozilla/5.0 (compatible; ExampleBot/2.1)"
    2026-03-02 10:00  "Product Viewed"  anonymous_id=a2 product_id=p1 platform=web
      context.user_agent="Mozilla/5.0 (Macintosh)"
    2026-03-02 10:00  "Product Viewed"  anonymous_id=a3 product_id=p1 platform=web
  ]],
  expect = {
    fraud = { bots = { reject = { 1 }, suspicious = {} } },
    traits = {
      ["anonymous_id=a1"] = { active_days_30d = 0 },
      ["anonymous_id=a2"] = { active_days_30d = 1 },
    },
  },
}

scenario "twenty ad clicks an hour are many, sixty are made by a machine" {
  given = repeated(20, 8, '"Ad Click" device_id=d1')
    .. repeated(21, 10, '"Ad Click" device_id=d2')
    .. repeated(60, 12, '"Ad Click" device_id=d3')
    .. "2026-03-02 12:00:30 \"Ad Click\" device_id=d3",
  expect = {
    fraud = { click_flood = { reject = { "device_id=d3" }, suspicious = { "device_id=d2" } } },
  },
}

scenario "an install three seconds after the click was not downloaded in between" {
  given = [[
    2026-03-02 10:00:00  "Ad Click"               device_id=d1
    2026-03-02 10:00:02  "Application Installed"  device_id=d1
    2026-03-02 11:00:00  "Ad Click"               device_id=d2
    2026-03-02 11:00:03  "Application Installed"  device_id=d2
    2026-03-02 12:00:00  "Ad Click"               device_id=d3
    2026-03-02 12:00:15  "Application Installed"  device_id=d3
    2026-03-02 12:00:00  "Ad Click"               device_id=d4
    2026-03-02 12:00:01  "Application Installed"  device_id=d5
  ]],
  expect = { fraud = { click_injection = { reject = { 1 }, suspicious = { 3 } } } },
}

scenario "a network that installs by the dozen is looked at, by the two dozen refused" {
  given = repeated(8, 8, '"Application Installed" platform=android context.ip=203.0.113.7')
    .. repeated(9, 10, '"Application Installed" platform=android context.ip=198.51.100.7')
    .. repeated(13, 12, '"Application Installed" platform=android context.ip=192.0.2.77')
    .. repeated(13, 12, '"Application Installed" platform=android context.ip=192.0.2.99'),
  expect = {
    fraud = { install_burst = { reject = { "192.0.2.0/24" }, suspicious = { "198.51.100.0/24" } } },
  },
}

local function accounts(n, device)
  local lines = {}
  for i = 1, n do
    lines[i] = string.format(
      '2026-03-02 10:%02d "Account Created" user_id=%sx%d device_id=%s', i, device, i, device
    )
  end
  return table.concat(lines, "\n") .. "\n"
end

scenario "four accounts are a family, five are odd, ten are refused" {
  given = accounts(4, "d4")
    .. accounts(5, "d5")
    .. accounts(10, "d10")
    .. '2026-01-10 10:00 "Account Created" user_id=old device_id=d4\n'
    .. '2026-01-10 10:00 "Account Created" user_id=older device_id=d5',
  expect = {
    fraud = {
      many_accounts_one_device = { reject = { "device_id=d10" }, suspicious = { "device_id=d5" } },
    },
  },
}

scenario "the welcome coupon welcomes once" {
  given = [[
    2026-03-02 10:00  "Order Completed"  user_id=u1 device_id=d1 order_id=o1 coupon=WELCOME10
    2026-03-03 10:00  "Order Completed"  user_id=u1 device_id=d1 order_id=o2 coupon=WELCOME10
    2026-03-04 10:00  "Order Completed"  user_id=u2 device_id=d1 order_id=o3 coupon=WELCOME10
    2026-03-05 10:00  "Order Completed"  user_id=u3 device_id=d1 order_id=o4 coupon=WELCOME10
    2026-03-06 10:00  "Order Completed"  user_id=u4 device_id=d1 order_id=o5 coupon=WELCOME10
    2026-03-06 10:00  "Order Completed"  user_id=u5 device_id=d1 order_id=o6 coupon=SPRING
    2026-05-05 10:00  "Order Completed"  user_id=u6 device_id=d1 order_id=o7 coupon=WELCOME10
  ]],
  expect = { fraud = { coupon_reuse = { reject = { 5 }, suspicious = { 3, 4 } } } },
}

scenario "four refused cards are a bad day, five are tried out" {
  given = repeated(4, 8, '"Payment Failed" user_id=u1 context.ip=203.0.113.1')
    .. repeated(5, 9, '"Payment Failed" user_id=u2 context.ip=203.0.113.2')
    .. repeated(8, 10, '"Payment Failed" user_id=u3 context.ip=203.0.113.3')
    .. repeated(8, 10, '"Payment Failed" user_id=u4 context.ip=203.0.113.3'),
  expect = {
    fraud = { card_testing = { reject = { "203.0.113.3" }, suspicious = { "203.0.113.2" } } },
  },
}

scenario "Vienna and New York are not two hours apart, Vienna and Berlin may be" {
  given = [[
    2026-03-02 09:00  "Signed In"  user_id=u1 context.location.latitude=48.2
      context.location.longitude=16.4
    2026-03-02 11:00  "Signed In"  user_id=u1 context.location.latitude=40.7
      context.location.longitude=-74.0
    2026-03-02 09:00  "Signed In"  user_id=u2 context.location.latitude=48.2
      context.location.longitude=16.4
    2026-03-02 11:00  "Signed In"  user_id=u2 context.location.latitude=52.5
      context.location.longitude=13.4
  ]],
  expect = { fraud = { impossible_travel = { suspicious = { 2 }, reject = {} } } },
}

scenario "an order that is reported again is left out" {
  given = [[
    2026-03-02 10:00  "Order Completed"  user_id=u1 order_id=o1 revenue=40 currency=EUR
    2026-03-02 10:05  "Order Completed"  user_id=u1 order_id=o1 revenue=40 currency=EUR
    2026-03-02 10:06  "Order Completed"  user_id=u1 order_id=o2 revenue=40 currency=EUR
  ]],
  expect = {
    fraud = { duplicate_orders = { reject = { 2 }, suspicious = {} } },
    traits = { ["user_id=u1"] = { orders_total = 2, net_revenue_365d = money(80, "EUR") } },
  },
}
