-- How people came, in a dozen names, and which of these visits and clicks an order is owed to. The
-- first group that fits names the channel. Order and limits follow what web analytics has by default.

local paid = any {
  matches("*cp*"):ignoring_case(),
  starts_with("paid"):ignoring_case(),
  is_one_of({ "ppc", "retargeting" }):ignoring_case(),
}
local display = is_one_of({ "display", "banner", "interstitial", "expandable", "cpm" })
  :ignoring_case()

channel_group "default" {
  title = "Channels as reports and budgets name them",
  owner = "performance@example.com",
  because = "Two reports can be compared only if both call the same visit by the same name.",
  { name = "Direct", when = touch { direct = true } },
  { name = "Display", when = touch { medium = display } },
  {
    name = "Paid Search",
    when = any {
      touch { source = in_list "search_engines", medium = paid },
      -- tagged by the platform itself: a click id, and no words
      touch { source = missing(), referrer = in_list "search_engines", click_id = exists() },
    },
  },
  { name = "Paid Social", when = touch { source = in_list "social_sites", medium = paid } },
  { name = "Paid Other", when = touch { medium = paid } },
  { name = "Email", when = touch { medium = matches("e*mail"):ignoring_case() } },
  { name = "Newsletter", when = touch { source = matches("*newsletter*"):ignoring_case() } },
  { name = "Affiliates", when = touch { medium = starts_with("affiliate"):ignoring_case() } },
  { name = "Push", when = touch { medium = matches("*push"):ignoring_case() } },
  { name = "SMS", when = touch { medium = is("sms"):ignoring_case() } },
  {
    name = "Organic Social",
    when = any {
      touch { source = in_list "social_sites" },
      touch { source = missing(), referrer = in_list "social_sites" },
    },
  },
  {
    name = "Organic Search",
    when = any {
      touch { medium = is("organic"):ignoring_case() },
      touch { source = missing(), referrer = in_list "search_engines" },
    },
  },
  {
    name = "Referral",
    when = any {
      touch { medium = is("referral"):ignoring_case() },
      touch { source = missing(), medium = missing(), referrer = exists() },
    },
  },
}

local nobody_clicked = any {
  fraud "click_flood",
  fraud "click_injection",
  fraud "install_burst",
}

attribution "last_touch" {
  title = "The whole order to the last click or visit that was not direct",
  owner = "performance@example.com",
  because = "What advertising platforms report; theirs and ours are compared every week.",
  outcome = event "Order Completed",
  once_per = "order_id",
  value = "revenue",
  look_back = days(30),
  model = "last_non_direct",
  ignore = nobody_clicked,
  refunds = { event "Order Refunded", value = "refund", same = "order_id" },
}

attribution "first_and_last" {
  title = "40 % to what began it, 40 % to what ended it, the rest to what lay between",
  owner = "performance@example.com",
  because = "Budgets: whoever only pays the last click stops paying for those who bring new people.",
  outcome = event "Order Completed",
  once_per = "order_id",
  value = "revenue",
  look_back = days(90),
  model = "position",
  same_touch_within = minutes(30),
  ignore = nobody_clicked,
  refunds = { event "Order Refunded", value = "refund", same = "order_id" },
}
