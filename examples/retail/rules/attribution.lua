-- From touches to credit. The first group that fits names a touch's channel.

channel_group "default" {
  title = "Channels as the marketing reports name them",
  owner = "performance@example.com",
  because = "Short enough to be known by heart.",
  { name = "Direct", when = touch { direct = true } },
  {
    name = "Paid Search",
    when = touch { source = in_list "search_engines", medium = matches "*cp*" },
  },
  { name = "Paid Social", when = touch { source = in_list "social_sites" } },
  { name = "Email", when = touch { medium = is_one_of { "email", "newsletter" } } },
  {
    name = "Organic Search",
    when = touch { medium = missing(), referrer = in_list "search_engines" },
  },
  { name = "Referral", when = touch { referrer = exists() } },
}

local bad_touches = any {
  fraud "click_farm",
  fraud "late_clicks",
}

attribution "last_click" {
  title = "All credit to the last touch that was not direct",
  owner = "performance@example.com",
  because = "What the advertising platforms report; kept for comparison.",
  outcome = event "Order Completed",
  once_per = "order_id",
  value = "revenue",
  look_back = days(30),
  model = "last_non_direct",
  ignore = bad_touches,
  refunds = { event "Order Refunded", value = "refund", same = "order_id" },
}

attribution "position_40_20_40" {
  title = "First and last touch 40 % each, the middle shares 20 %",
  owner = "performance@example.com",
  because = "Budget talks.",
  outcome = event "Order Completed",
  once_per = "order_id",
  value = "revenue",
  look_back = days(30),
  model = "position",
  ignore = bad_touches,
  refunds = { event "Order Refunded", value = "refund", same = "order_id" },
}
