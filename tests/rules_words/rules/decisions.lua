-- Kinds that decide who is meant, who is reached and what is sent (RULES 4).

local word = use "lib/says"
local says, worth = word.says, word.worth
local owner = "words@example.com"

segment "waiting" {
  title = "A member only after two days of it, until one day without",
  owner = owner,
  because = "Waits keep people from going in and out.",
  who = event "Ping":within(days(3)),
  entry_wait = days(2),
  exit_wait = days(1),
}

scenario "entry_wait and exit_wait: from the instant it has held, until it has not held, throughout" {
  given = [[2026-01-01 10:00 Ping user_id=1]],
  cases = {
    { "a second less", as_of = "2026-01-03 09:59:59", expect = { segments = { waiting = {} } } },
    {
      "two days",
      as_of = "2026-01-03 10:00",
      expect = { segments = { waiting = { "user_id=1" } } },
    },
    -- it stops holding on 4 January 10:00
    {
      "out, but not for a day",
      as_of = "2026-01-05 09:59:59",
      expect = { segments = { waiting = { "user_id=1" } } },
    },
    { "out for a day", as_of = "2026-01-05 10:00", expect = { segments = { waiting = {} } } },
  },
}

segment "agreed" {
  title = "Both agreed to",
  owner = owner,
  because = "A segment may require statements.",
  who = event "Asked For",
  requires_consent = { "one", "two" },
}

segment "agreed_one" {
  title = "One agreed to",
  owner = owner,
  because = "A segment may require a statement.",
  who = event "Asked For",
  requires_consent = "one",
  max_size = 1,
  purpose = "marketing",
  legal_basis = "consent",
  tags = { "words" },
  ticket = "W-1",
}

says("asked_agreed", segment "agreed_one")

scenario "requires_consent is as if granted stood in who: one, or all of a list" {
  given = [[
    10:00  "Asked For"  user_id=both consent.one=granted consent.two=granted
    10:00  "Asked For"  user_id=one  consent.one=granted
    10:00  "Asked For"  user_id=no   consent.one=granted consent.two=denied
    10:00  "Asked For"  user_id=none
  ]],
  expect = {
    segments = {
      agreed = { "user_id=both" },
      agreed_one = { "user_id=both", "user_id=one", "user_id=no" },
      asked_agreed = { "user_id=both", "user_id=one", "user_id=no" },
    },
  },
}

segment "in_season" {
  title = "Only in March",
  owner = owner,
  because = "Rules may hold for a time.",
  who = event "Season",
  starts = date "2026-03-01",
  ends = date "2026-04-01",
}

says("asks_season", segment "in_season")

says(
  "asks_no_season",
  all {
    event "Season",
    none { segment "in_season" },
  }
)

scenario "starts is included, ends is excluded; outside them asking is false" {
  given = [[2026-01-01 10:00 Season user_id=1]],
  cases = {
    {
      "before",
      as_of = "2026-02-28 23:59:59",
      expect = {
        segments = { in_season = {}, asks_season = {}, asks_no_season = { "user_id=1" } },
      },
    },
    {
      "from the first instant",
      as_of = "2026-03-01 00:00",
      expect = {
        segments = {
          in_season = { "user_id=1" },
          asks_season = { "user_id=1" },
          asks_no_season = {},
        },
      },
    },
    {
      "to the last",
      as_of = "2026-03-31 23:59:59",
      expect = { segments = { in_season = { "user_id=1" } } },
    },
    { "and not longer", as_of = "2026-04-01 00:00", expect = { segments = { in_season = {} } } },
  },
}

suppress "bounced" {
  title = "Addresses that bounced",
  owner = owner,
  because = "per_contact blocks the address only.",
  who = event "Bounced",
  blocks = { "mail", "text" },
  reason = "bounce",
  per_contact = "email",
}

suppress "refused" {
  title = "On the list",
  owner = owner,
  because = "A list blocks everything.",
  list = "refused_addresses",
  blocks = everything,
  reason = "global_opt_out",
  cannot_be_overridden = true,
}

suppress "unclear" {
  title = "Where a number is none",
  owner = owner,
  because = "Undecided suppresses.",
  who = event "Strike":sum "n":at_least(3),
  blocks = { "mail" },
}

channel "mail" {
  title = "Mail",
  owner = owner,
  because = "Consent, suppressions and what is said of the person hold.",
  contact = { "email", "device_id" },
  requires_consent = "mailing",
  eligible = event "Joined",
}

channel "text" {
  title = "Texts",
  owner = owner,
  because = "One suppression is overridden.",
  contact = "email",
  eligible = event "Joined",
  overrides = { "bounced", "refused" },
}

says("is_refused", suppress "refused")
says("can_mail", channel "mail")

scenario "suppressions by condition, by list and by address; undecided suppresses" {
  given = [[
    2026-01-01 10:00  Joined   user_id=1 email=old@example.com consent.mailing=granted
    2026-01-02 10:00  Joined   user_id=1 email=new@example.com
    2026-01-03 10:00  Bounced  user_id=1 email=new@example.com
    2026-01-01 10:00  Joined   user_id=2 email=no@example.com consent.mailing=granted
    2026-01-01 10:00  Joined   user_id=3 email=three@example.com consent.mailing=granted
    2026-01-01 10:00  Strike   user_id=3 n=2
    2026-01-01 10:00  Joined   user_id=4 email=four@example.com consent.mailing=granted
    2026-01-01 10:00  Strike   user_id=4 n=x
    2026-01-01 10:00  Joined   user_id=5 email=five@example.com consent.mailing=granted
    2026-01-01 10:00  Strike   user_id=5 n=3
    2026-01-01 10:00  Joined   user_id=6 email=six@example.com
    2026-01-01 10:00  Joined   user_id=7 device_id=d7 consent.mailing=granted
    2026-01-01 10:00  "Never Joined"  user_id=8 email=eight@example.com consent.mailing=granted
  ]],
  expect = {
    suppressed = {
      bounced = { "user_id=1" },
      refused = { "user_id=2" },
      unclear = { "user_id=4", "user_id=5" },
    },
    eligible = {
      mail = {
        ["user_id=1"] = "old@example.com",
        ["user_id=3"] = "three@example.com",
        ["user_id=7"] = "d7",
      },
      text = {
        ["user_id=1"] = "new@example.com",
        ["user_id=3"] = "three@example.com",
        ["user_id=4"] = "four@example.com",
        ["user_id=5"] = "five@example.com",
        ["user_id=6"] = "six@example.com",
      },
    },
    segments = {
      is_refused = { "user_id=2" },
      can_mail = { "user_id=1", "user_id=3", "user_id=7" },
    },
  },
}

channel "capped" {
  title = "One a day and two a week",
  owner = owner,
  because = "Caps count what was sent.",
  contact = "email",
  eligible = event "Cap Me",
  sent = event "Sent":where { kind = "news" },
  at_most = { { 1, days(1) }, { 2, days(7) } },
}

channel "capped_once" {
  title = "One a month",
  owner = owner,
  because = "One cap needs no list.",
  contact = "email",
  eligible = event "Cap Me",
  sent = event "Sent",
  at_most = { 1, months(1) },
}

scenario "caps count what was sent in the length up to now, and say until when they put off" {
  given = [[
    2026-01-01 10:00  "Cap Me"  user_id=1 email=a@example.com
    2026-01-02 10:00  Sent      user_id=1 email=a@example.com kind=news
    2026-01-04 10:00  Sent      user_id=1 email=a@example.com kind=news
    2026-01-05 09:00  Sent      user_id=1 email=a@example.com kind=bill
  ]],
  cases = {
    {
      "two in the week",
      as_of = "2026-01-05 10:00",
      expect = {
        eligible = { capped = {}, capped_once = {} },
        eligible_from = {
          capped = { ["user_id=1"] = "2026-01-09 10:00" },
          capped_once = { ["user_id=1"] = "2026-02-05 09:00" },
        },
      },
    },
    {
      "a week after the first",
      as_of = "2026-01-09 10:00",
      expect = { eligible = { capped = { ["user_id=1"] = "a@example.com" } } },
    },
    {
      "a month after the last",
      as_of = "2026-02-05 09:00",
      expect = { eligible = { capped_once = { ["user_id=1"] = "a@example.com" } } },
    },
  },
}

trait "timezone" {
  title = "Zone of the person",
  owner = owner,
  because = "Quiet hours are theirs.",
  from = "context.timezone",
}

channel "quiet" {
  title = "Not at night",
  owner = owner,
  because = "Quiet hours go by the person's clock.",
  contact = "email",
  eligible = event "Quiet Please",
  quiet_hours = { from = "21:00", to = "07:00", zone = "person" },
}

channel "quiet_sunday" {
  title = "Not at night nor on Sundays",
  owner = owner,
  because = "Whole days are quiet, too.",
  contact = "email",
  eligible = event "Quiet Please",
  quiet_hours = { from = "21:00", to = "07:00", zone = "workspace", whole_days = { "sunday" } },
}

scenario "quiet hours are clock times, the first included, the last not" {
  given = [[
    2026-01-01 10:00  "Quiet Please"  user_id=ny email=ny@example.com context.timezone=America/New_York
    2026-01-01 10:00  "Quiet Please"  user_id=ws email=ws@example.com
  ]],
  cases = {
    {
      -- Saturday, 15:59:59 in New York
      "the last second of the evening",
      as_of = "2026-01-03 20:59:59",
      expect = {
        eligible = {
          quiet = { ["user_id=ny"] = "ny@example.com", ["user_id=ws"] = "ws@example.com" },
          quiet_sunday = { ["user_id=ny"] = "ny@example.com", ["user_id=ws"] = "ws@example.com" },
        },
      },
    },
    {
      "21:00 in the workspace",
      as_of = "2026-01-03 21:00",
      expect = {
        eligible = { quiet = { ["user_id=ny"] = "ny@example.com" }, quiet_sunday = {} },
        eligible_from = {
          quiet = { ["user_id=ws"] = "2026-01-04 07:00" },
          -- Sunday is quiet as a whole, and so is the night to Monday
          quiet_sunday = {
            ["user_id=ny"] = "2026-01-05 07:00",
            ["user_id=ws"] = "2026-01-05 07:00",
          },
        },
      },
    },
    {
      "21:00 in New York",
      as_of = "2026-01-05 02:00",
      expect = {
        eligible = { quiet = {} },
        eligible_from = {
          quiet = { ["user_id=ny"] = "2026-01-05 12:00", ["user_id=ws"] = "2026-01-05 07:00" },
        },
      },
    },
    {
      "07:00 in the workspace",
      as_of = "2026-01-05 07:00",
      expect = {
        eligible = {
          quiet = { ["user_id=ws"] = "ws@example.com" },
          quiet_sunday = { ["user_id=ny"] = "ny@example.com", ["user_id=ws"] = "ws@example.com" },
        },
      },
    },
  },
}

score "card" {
  title = "Points",
  owner = owner,
  because = "Points add up and are cut off at the ends.",
  start = 10,
  add = {
    {
      points = 50,
      when = event "Good",
      label = "good",
    },
    {
      points = 45.5,
      when = event "Better",
      label = "better",
    },
    {
      points = -30,
      when = event "Bad",
      label = "bad",
    },
    {
      points = 1,
      when = event "Number":sum "n":at_least(1),
      label = "a number",
    },
  },
  range = { 0, 100 },
  bands = {
    { "low", 0 },
    { "middle", 60 },
    { "high", 100 },
  },
}

says("card_high", score "card":band "high")
says("card_upper", score "card":band { "middle", "high" })
says("card_60", score "card":at_least(60))

scenario "a score adds points up, is cut off at its range, and has a band up to the next" {
  given = [[
    10:00  Other   user_id=10
    10:00  Good    user_id=60
    10:00  Better  user_id=55
    10:00  Good    user_id=100
    10:00  Better  user_id=100
    10:00  Bad     user_id=0
    10:00  Good    user_id=u
    10:00  Number  user_id=u n=x
    10:00  Number  user_id=11 n=1
  ]],
  expect = {
    scores = {
      card = {
        ["user_id=10"] = 10,
        ["user_id=60"] = 60,
        ["user_id=55"] = 55.5,
        ["user_id=100"] = 100,
        ["user_id=0"] = 0,
        ["user_id=11"] = 11,
        ["user_id=u"] = "undecided",
      },
    },
    bands = {
      card = {
        ["user_id=10"] = "low",
        ["user_id=60"] = "middle",
        ["user_id=55"] = "low",
        ["user_id=100"] = "high",
      },
    },
    segments = {
      card_high = { "user_id=100" },
      card_upper = { "user_id=60", "user_id=100" },
      card_60 = { "user_id=60", "user_id=100" },
    },
    undecided = { segments = { card_60 = { "user_id=u" } } },
  },
}

custom "long_name" {
  title = "Names of more than three letters",
  owner = owner,
  because = "No word counts letters.",
  reads = { trait "v_newest", event "Named" },
  returns = "condition",
  check = function(c)
    local n = 0
    for _ in c.events(event "Named") do
      n = n + 1
    end
    return n > 0 and c.trait.v_newest ~= nil and #c.trait.v_newest > 3
  end,
}

custom "length" {
  title = "Letters of a name",
  owner = owner,
  because = "No word counts letters.",
  reads = { trait "v_newest" },
  returns = "number",
  check = function(c)
    return #c.trait.v_newest
  end,
}

says("named_long", custom "long_name")
says("length_4", custom "length":at_least(4))

scenario "custom functions: a condition or a number; what fails is undecided" {
  given = [[
    10:00  Named  user_id=1 trait.v=Anna
    10:00  Named  user_id=2 trait.v=Bo
    10:00  Named  user_id=3
    10:00  Other  user_id=4 trait.v=Carla
  ]],
  expect = {
    custom = {
      long_name = {
        ["user_id=1"] = true,
        ["user_id=2"] = false,
        ["user_id=3"] = false,
        ["user_id=4"] = false,
      },
      length = { ["user_id=1"] = 4, ["user_id=2"] = 2, ["user_id=3"] = "undecided" },
    },
    segments = { named_long = { "user_id=1" }, length_4 = { "user_id=1", "user_id=4" } },
    undecided = { segments = { length_4 = { "user_id=3" } } },
  },
}

segment "sendable" {
  title = "May be sent",
  owner = owner,
  because = "Exports take a segment.",
  who = event "Joined",
}

export "all_mail" {
  title = "Everybody who may get mail",
  owner = owner,
  because = "The channel's consent and suppressions hold.",
  segment = "sendable",
  channel = "mail",
  to = "crm_file",
  identifiers = { "email" },
  fields = { "v_newest", "card" },
  mode = "full",
}

export "best_mail" {
  title = "The two with the most",
  owner = owner,
  because = "The highest, ties by profile.",
  segment = "sendable",
  channel = "mail",
  to = "crm_file",
  identifiers = { "email" },
  mode = "delta",
  requires_consent = "more",
  holdout = event "Held Out",
  top = { 2, by = trait "n_max" },
}

scenario "exports take who may be reached, with consent, without the held out, the highest only" {
  given = [[
    2026-01-01 10:00  Joined  user_id=1 email=a@example.com consent.mailing=granted consent.more=granted
    2026-01-01 10:00  Joined  user_id=2 email=b@example.com consent.mailing=granted consent.more=granted
    2026-01-01 10:00  Joined  user_id=3 email=c@example.com consent.mailing=granted consent.more=granted
    2026-01-01 10:00  Joined  user_id=4 email=d@example.com consent.mailing=granted
    2026-01-01 10:00  Joined  user_id=5 email=e@example.com consent.more=granted
    2026-01-01 10:00  Joined  user_id=6 email=f@example.com consent.mailing=granted consent.more=granted
    2026-01-01 10:00  Joined  user_id=7 email=no@example.com consent.mailing=granted
    2026-01-01 11:00  identify  user_id=1 trait.n=1
    2026-01-01 11:00  identify  user_id=2 trait.n=2
    2026-01-01 11:00  identify  user_id=3 trait.n=3
    2026-01-01 11:00  identify  user_id=4 trait.n=4
    2026-01-01 11:00  identify  user_id=6 trait.n=6
    2026-01-01 11:00  "Held Out"  user_id=6
  ]],
  expect = {
    exported = {
      all_mail = { "user_id=1", "user_id=2", "user_id=3", "user_id=4", "user_id=6" },
      best_mail = { "user_id=2", "user_id=3" },
    },
  },
}

segment "few" {
  title = "Two at most",
  owner = owner,
  because = "More would be a mistake of the rule.",
  who = event "Few",
  max_size = 2,
}

channel "few_mail" {
  title = "Mail to few",
  owner = owner,
  because = "Exports go by a channel.",
  contact = "email",
}

export "few_mail" {
  title = "Mail to few",
  owner = owner,
  because = "Over max_size exports stop; nobody is picked.",
  segment = "few",
  channel = "few_mail",
  to = "crm_file",
  identifiers = { "email" },
}

scenario "up to max_size a segment is exported, above it nobody is" {
  given = [[
    10:00  Few  user_id=1 email=1@example.com
    10:00  Few  user_id=2 email=2@example.com
  ]],
  cases = {
    { "two", expect = { exported = { few_mail = { "user_id=1", "user_id=2" } } } },
    {
      "three",
      given = [[10:00 Few user_id=3 email=3@example.com]],
      expect = {
        segments = { few = { "user_id=1", "user_id=2", "user_id=3" } },
        exported = { few_mail = {} },
      },
    },
  },
}

says("held_a", holdout(percent(50), "a"))
says("held_b", holdout(percent(50), "b"))
says("held_less", holdout(percent(10), "a"))

scenario "holdout is a stable share by keyed hash: another salt, other profiles; fewer are among the more" {
  given = [[
    10:00  Hold  user_id=1
    10:00  Hold  user_id=2
    10:00  Hold  user_id=3
    10:00  Hold  user_id=4
    10:00  Hold  user_id=5
    10:00  Hold  user_id=6
    10:00  Hold  user_id=7
    10:00  Hold  user_id=8
    10:00  Hold  user_id=9
  ]],
  expect = {
    segments = {
      held_a = { "user_id=2", "user_id=3", "user_id=5", "user_id=8", "user_id=9" },
      held_b = { "user_id=1", "user_id=2", "user_id=4", "user_id=5", "user_id=9" },
      held_less = { "user_id=8" },
    },
  },
}
