-- What single events say (RULES 3 and 4): consent, flags, fraud, touches. Names begin with what they show.

local word = use "lib/says"
local says, worth = word.says, word.worth

consent "banner" {
  title = "Said on the banner",
  owner = "words@example.com",
  because = "The most restrictive counts by default.",
  from = { "segment:Banner", "google:ad_storage", "gpc" },
}

consent "letter" {
  title = "Said for an address",
  owner = "words@example.com",
  because = "The newest counts, for each address.",
  granted = event "Letter On",
  denied = event "Letter Off",
  merge = "newest",
  contact = "email",
  expires_after = days(30),
}

says("banner_granted", consent "banner":is "granted")
says("banner_conflict", consent "banner":is "conflict")
says("banner_old", consent "banner":older_than(days(7)))
says("free_granted", consent "free":is "granted")
says("letter_granted", consent "letter":is "granted")
says("letter_email", consent "letter":for_contact "email":is "granted")

scenario "consent: granted, denied, conflict, unknown; the most restrictive of one event" {
  given = [[
    2026-01-01 10:00  page  user_id=yes   context.consent.category_preferences.Banner=true
    2026-01-01 10:00  page  user_id=no    context.consent.category_preferences.Banner=false
    2026-01-01 10:00  page  user_id=both  context.consent.category_preferences.Banner=true
      consent.banner=denied
    2026-01-01 10:00  page  user_id=two   context.consent.category_preferences.Banner=true
    2026-01-02 10:00  page  user_id=two   email=two@example.com consent.banner=granted
    2026-01-03 10:00  page  email=two@example.com consent.banner=denied
    2026-01-01 10:00  consent  user_id=event device_id=apart consent.banner=granted consent.free=granted
    2026-01-01 10:00  page  user_id=none
  ]],
  cases = {
    {
      "by merge = most_restrictive",
      as_of = "2026-01-08 09:59:59",
      expect = {
        consent = {
          ["user_id=yes"] = { banner = "granted", free = "unknown" },
          ["user_id=no"] = { banner = "denied" },
          ["user_id=both"] = { banner = "denied" },
          ["user_id=two"] = { banner = "conflict" },
          ["user_id=event"] = { banner = "granted", free = "granted" },
          ["user_id=none"] = { banner = "unknown" },
        },
        segments = {
          banner_granted = { "user_id=yes", "user_id=event" },
          banner_conflict = { "user_id=two" },
          free_granted = { "user_id=event" },
          banner_old = {},
        },
      },
    },
    {
      "a week after the newest statement",
      as_of = "2026-01-08 10:00",
      expect = {
        segments = {
          banner_old = { "user_id=yes", "user_id=no", "user_id=both", "user_id=event" },
        },
      },
    },
  },
}

scenario "consent by newest, kept for each address, expiring" {
  given = [[
    2026-01-01 10:00  "Letter On"   user_id=1 email=a@example.com
    2026-01-02 10:00  "Letter Off"  user_id=1 email=b@example.com
    2026-01-01 10:00  "Letter On"   user_id=2 email=c@example.com
    2026-01-03 10:00  "Letter Off"  user_id=2 email=c@example.com
    2026-01-03 10:00  "Letter Off"  user_id=3 email=d@example.com
    2026-01-05 10:00  "Letter On"   user_id=3 email=d@example.com
  ]],
  cases = {
    {
      "while it holds",
      as_of = "2026-01-31 09:59:59",
      expect = {
        consent = {
          ["user_id=1"] = { letter = "granted" },
          ["user_id=2"] = { letter = "denied" },
          ["user_id=3"] = { letter = "granted" },
        },
        segments = {
          letter_granted = { "user_id=1", "user_id=3" },
          letter_email = { "user_id=1", "user_id=3" },
        },
      },
    },
    {
      "a grant of 30 days is unknown, a refusal stays",
      as_of = "2026-01-31 10:00:00.000000001",
      expect = {
        consent = { ["user_id=2"] = { letter = "denied" }, ["user_id=3"] = { letter = "granted" } },
        segments = { letter_granted = { "user_id=3" } },
      },
    },
  },
}

flag "marked" {
  title = "Made by ourselves",
  owner = "words@example.com",
  because = "A mark alone changes nothing.",
  when = property "mark":is(true),
}

flag "dropped" {
  title = "Left out",
  owner = "words@example.com",
  because = "Such events count nowhere.",
  when = all {
    event "Click",
    identifier "user_id":starts_with "test",
  },
  leave_out = true,
}

says("marked_one", flag "marked")
says("clicked", event "Click")
worth("clicks", event "Click":count())

scenario "flags mark single events; leave_out takes them from everything" {
  given = [[
    10:00  Click  user_id=1 mark=true
    10:00  Click  user_id=2 mark=false
    10:00  Click  user_id=test3
    10:00  Other  user_id=test3
  ]],
  expect = {
    flags = { marked = { 1 }, dropped = { 3 } },
    segments = { marked_one = { "user_id=1" }, clicked = { "user_id=1", "user_id=2" } },
    traits = { ["user_id=1"] = { clicks = 1 }, ["user_id=test3"] = { clicks = 0 } },
  },
}

fraud "cards" {
  title = "Cards used by many",
  owner = "words@example.com",
  because = "with_same looks at everybody's events.",
  look_at = event "Card Used",
  allow = property "card":is "house",
  reject = event "Card Used":with_same "card":within(days(1)):profiles():at_least(3),
  suspicious = event "Card Used":with_same { "card" }:distinct(identifier "user_id"):at_least(2),
}

says("card_any", fraud "cards")
says("card_reject", fraud "cards":is "reject")
says("card_suspicious", fraud "cards":is "suspicious")

says(
  "card_not_reject",
  all {
    event "Card Used",
    fraud "cards":is_not "reject",
  }
)

scenario "fraud about events: allow, reject, suspicious in this order; windows end with the event" {
  given = [[
    2026-01-01 10:00:00  "Card Used"  user_id=1 card=x
    2026-01-01 11:00:00  "Card Used"  user_id=2 card=x
    2026-01-02 09:59:59  "Card Used"  user_id=3 card=x
    2026-01-02 11:00:00  "Card Used"  user_id=4 card=x
    2026-01-01 10:00:00  "Card Used"  user_id=5 card=house
    2026-01-01 10:00:00  "Card Used"  user_id=6 card=house
    2026-01-01 10:00:00  "Card Used"  user_id=7 card=house
    2026-01-01 10:00:00  "Card Used"  user_id=8
    2026-01-01 10:01:00  "Card Used"  user_id=9
  ]],
  expect = {
    fraud = { cards = { reject = { 3 }, suspicious = { 2, 4 } } },
    segments = {
      card_any = { "user_id=2", "user_id=3", "user_id=4" },
      card_reject = { "user_id=3" },
      card_suspicious = { "user_id=2", "user_id=4" },
      card_not_reject = {
        "user_id=1", "user_id=2", "user_id=4", "user_id=5", "user_id=6", "user_id=7", "user_id=8",
        "user_id=9",
      },
    },
  },
}

fraud "points" {
  title = "Points of an order",
  owner = "words@example.com",
  because = "Signals add up.",
  look_at = event "Scored",
  signals = {
    {
      points = 30,
      when = property "a":is(1),
      label = "a",
    },
    {
      points = 30,
      when = property "b":is(1),
      label = "b",
    },
    {
      points = 40,
      when = property "c":more_than(0),
      label = "c",
    },
  },
  flag_at = 30,
  reject_at = 100,
  action = "hold",
}

scenario "points: suspicious from flag_at, reject from reject_at; undecided is suspicious, never reject" {
  given = [[
    10:00  Scored  user_id=0
    10:00  Scored  user_id=1 a=1
    10:00  Scored  user_id=2 a=1 b=1
    10:00  Scored  user_id=3 a=1 b=1 c=1
    10:00  Scored  user_id=4 a=1 b=1 c=x
    10:00  Scored  user_id=5 c=x
  ]],
  expect = {
    fraud = { points = { reject = { 4 }, suspicious = { 2, 3, 5, 6 } } },
    eligible = {
      note = {
        ["user_id=0"] = "0",
        ["user_id=1"] = "1",
        ["user_id=2"] = "2",
        ["user_id=4"] = "4",
        ["user_id=5"] = "5",
      },
    },
  },
}

channel "note" {
  title = "Notes",
  owner = "words@example.com",
  because = "A profile on hold is reached by nothing.",
  contact = "user_id",
  eligible = event "Scored",
}

fraud "device" {
  title = "Devices that click too often",
  owner = "words@example.com",
  because = "About identifiers all events that carry them count.",
  look_at = identifier "device_id",
  reject = event "Device Click":count():at_least(3),
  suspicious = event "Device Click":within(days(1)):count():at_least(2),
}

fraud "campaign" {
  title = "Campaigns with too many",
  owner = "words@example.com",
  because = "About values of a property.",
  look_at = property "context.campaign.source",
  suspicious = event "Device Click":count():at_least(2),
}

fraud "net" {
  title = "Networks with too many",
  owner = "words@example.com",
  because = "About prefixes of addresses.",
  look_at = network(24),
  suspicious = event "Device Click":count():at_least(2),
  action = "mark",
}

scenario "fraud about identifiers, properties and networks; the clock is as_of" {
  given = [[
    2026-01-01 10:00  "Device Click"  device_id=a context.campaign.source=s context.ip=192.0.2.1
    2026-01-01 11:00  "Device Click"  device_id=a context.campaign.source=t context.ip=192.0.2.255
    2026-01-01 10:00  "Device Click"  device_id=b context.campaign.source=t context.ip=192.0.3.1
    2026-01-01 10:00  "Device Click"  device_id=c context.ip=2001:db8:1:1::1
    2026-01-01 10:00  "Device Click"  device_id=c context.ip=2001:db8:1:2::1
    2026-01-01 10:00  "Device Click"  device_id=c context.ip=2001:db8:2::1
  ]],
  cases = {
    {
      "within a day",
      as_of = "2026-01-02 09:59:59",
      expect = {
        fraud = {
          device = { reject = { "device_id=c" }, suspicious = { "device_id=a" } },
          campaign = { reject = {}, suspicious = { "t" } },
          net = { reject = {}, suspicious = { "192.0.2.0/24", "2001:db8:1::/48" } },
        },
      },
    },
    {
      "a day later",
      as_of = "2026-01-02 10:00",
      expect = { fraud = { device = { reject = { "device_id=c" }, suspicious = {} } } },
    },
  },
}

fraud "left" {
  title = "Programs",
  owner = "words@example.com",
  because = "Rejected events are left out.",
  look_at = event "Bot Click",
  reject = property "agent":in_list "agents",
  action = "leave_out",
}

worth("bot_clicks", event "Bot Click":count())

scenario "action leave_out takes rejected events away" {
  given = [[
    10:00  "Bot Click"  user_id=1 agent="a bot"
    10:00  "Bot Click"  user_id=1 agent="a browser"
  ]],
  expect = {
    fraud = { left = { reject = { 1 }, suspicious = {} } },
    traits = { ["user_id=1"] = { bot_clicks = 1 } },
  },
}

says("touched_cpc", touch { medium = "cpc" })
says("touched_direct", touch { direct = true })

says(
  "touched_campaign",
  touch { campaign = "spring", source = starts_with "goo", term = "t", content = "c" }
)

says("first_cpc", first_touch { medium = "cpc" })
says("last_cpc", last_touch { medium = "cpc" })
says("touch_then_order", touch { medium = "cpc" }:followed_by(event "Touched Order", days(1)))
says("touched_kind", touch { kind = "visit", medium = "cpc" })
says("touched_click", touch { kind = "click" })
says("touched_view", touch { kind = "view" })
says("touched_ad", touch { ad_group = "g1", creative = "c1", placement = "p1" })
says("touched_referrer", touch { referrer = "example.org" })
says("touched_click_id", touch { click_id = exists() })
says("touched_channel", touch { channel = "Paid" })
worth("touches", touch {}:count())

channel_group "default" {
  title = "Channels",
  owner = "words@example.com",
  because = "The first group that holds names the channel.",
  { name = "Direct", when = touch { direct = true } },
  { name = "Paid", when = touch { medium = "cpc" } },
  { name = "Cost", when = touch { medium = starts_with "cp" } },
}

scenario "touches: fields, first and last, a session starts after 30 minutes or with a new campaign" {
  given = [[
    10:00  page  user_id=1 context.campaign.source=google context.campaign.medium=cpc
      context.campaign.name=spring context.campaign.term=t context.campaign.content=c
    10:29  page  user_id=1
    10:58:59  page  user_id=1
    11:28:59  page  user_id=1
    11:30  page  user_id=1 context.campaign.source=news context.campaign.medium=email
    11:35  "Touched Order"  user_id=1
    10:00  page  user_id=2
    10:10  page  user_id=2 context.campaign.source=bing context.campaign.medium=cpm
    10:20  page  user_id=2 context.campaign.source=bing context.campaign.medium=cpc
    10:00  page  user_id=3 context.page.referrer="https://example.org/a"
    10:00  page  user_id=4 platform=server context.campaign.medium=cpc
    10:00  page  user_id=5 click_id=c1
    10:00  "Ad Click"   user_id=6 context.campaign.medium=cpc ad_group=g1 creative=c1 placement=p1
    10:00  "Ad Viewed"  user_id=7 context.campaign.medium=cpc ad_group=g2
  ]],
  as_of = "2026-01-02 00:00",
  expect = {
    segments = {
      touched_cpc = { "user_id=1", "user_id=2", "user_id=6", "user_id=7" },
      touched_direct = { "user_id=1", "user_id=2" },
      touched_campaign = { "user_id=1" },
      first_cpc = { "user_id=1", "user_id=6", "user_id=7" },
      last_cpc = { "user_id=2", "user_id=6", "user_id=7" },
      touch_then_order = { "user_id=1" },
      touched_kind = { "user_id=1", "user_id=2" },
      touched_referrer = { "user_id=3" },
      touched_click_id = { "user_id=5" },
      touched_click = { "user_id=6" },
      touched_view = { "user_id=7" },
      touched_ad = { "user_id=6" },
      touched_channel = { "user_id=1", "user_id=2", "user_id=6", "user_id=7" },
    },
    traits = {
      ["user_id=1"] = { touches = 3 },
      ["user_id=2"] = { touches = 3 },
      ["user_id=3"] = { touches = 1 },
      ["user_id=4"] = { touches = 0 },
    },
    channels = {
      default = {
        [1] = "Paid",
        [4] = "Direct",
        [5] = "Unassigned",
        [7] = "Direct",
        [8] = "Cost",
        [9] = "Paid",
        [10] = "Unassigned",
        [12] = "Unassigned",
        [13] = "Paid",
        [14] = "Paid",
      },
    },
  },
}
