-- Lengths, dates and tests of times (RULES 2). A profile is named after its time.

local word = use "lib/says"
local says = word.says

local function at(name, test)
  says("at_" .. name, event "Due":where { at = test })
end

at("within_days", within(days(7)))
at("older_days", older_than(days(7)))
at("next_days", within_next(days(14)))
at("within_hours", within(hours(36)))
at("within_weeks", within(weeks(1)))
at("within_minutes", within(minutes(1.5)))
at("within_seconds", within(seconds(0.5)))
at("older_months", older_than(months(1)))
at("within_months", within(months(1)))
at("within_years", within(years(1)))

scenario "within is less than the length, older is the rest, an instant counts by the nanosecond" {
  given = [[
    2026-03-01 10:00  "Due"  user_id=now       at="2026-03-31T10:00:00Z"
    2026-03-01 10:00  "Due"  user_id=after     at="2026-03-31T10:00:00.000000001Z"
    2026-03-01 10:00  "Due"  user_id=half      at="2026-03-31T09:59:59.500000001Z"
    2026-03-01 10:00  "Due"  user_id=half_old  at="2026-03-31T09:59:59.5Z"
    2026-03-01 10:00  "Due"  user_id=90s       at="2026-03-31T09:58:30Z"
    2026-03-01 10:00  "Due"  user_id=36h       at="2026-03-29T22:00:00Z"
    2026-03-01 10:00  "Due"  user_id=7d_less   at="2026-03-24T10:00:00.000000001Z"
    2026-03-01 10:00  "Due"  user_id=7d        at="2026-03-24T10:00:00Z"
    2026-03-01 10:00  "Due"  user_id=feb_less  at="2026-02-28T10:00:00.000000001Z"
    2026-03-01 10:00  "Due"  user_id=feb       at="2026-02-28T10:00:00Z"
    2026-03-01 10:00  "Due"  user_id=year_less at="2025-03-31T10:00:00.000000001Z"
    2026-03-01 10:00  "Due"  user_id=year      at="2025-03-31T10:00:00Z"
    2026-03-01 10:00  "Due"  user_id=14d_less  at="2026-04-14T09:59:59.999999999Z"
    2026-03-01 10:00  "Due"  user_id=14d       at="2026-04-14T10:00:00Z"
    2026-03-01 10:00  "Due"  user_id=gone
    2026-03-01 10:00  "Due"  user_id=text      at=soon
  ]],
  as_of = "2026-03-31 10:00",
  expect = {
    segments = {
      at_within_days = {
        "user_id=now", "user_id=half", "user_id=half_old", "user_id=90s", "user_id=36h",
        "user_id=7d_less",
      },
      at_within_weeks = {
        "user_id=now", "user_id=half", "user_id=half_old", "user_id=90s", "user_id=36h",
        "user_id=7d_less",
      },
      at_older_days = {
        "user_id=7d", "user_id=feb_less", "user_id=feb", "user_id=year_less", "user_id=year",
      },
      at_within_hours = { "user_id=now", "user_id=half", "user_id=half_old", "user_id=90s" },
      at_within_minutes = { "user_id=now", "user_id=half", "user_id=half_old" },
      at_within_seconds = { "user_id=now", "user_id=half" },
      at_within_months = {
        "user_id=now", "user_id=half", "user_id=half_old", "user_id=90s", "user_id=36h",
        "user_id=7d_less", "user_id=7d", "user_id=feb_less",
      },
      at_older_months = { "user_id=feb", "user_id=year_less", "user_id=year" },
      at_within_years = {
        "user_id=now", "user_id=half", "user_id=half_old", "user_id=90s", "user_id=36h",
        "user_id=7d_less", "user_id=7d", "user_id=feb_less", "user_id=feb", "user_id=year_less",
      },
      at_next_days = { "user_id=after", "user_id=14d_less" },
    },
    undecided = {
      segments = {
        at_within_days = { "user_id=text" },
        at_older_days = { "user_id=text" },
        at_next_days = { "user_id=text" },
      },
    },
  },
}

trait "day" {
  title = "A day of the customer",
  owner = "words@example.com",
  because = "Dates have an age in whole days.",
  from = "traits.day",
  type = "date",
}

local day = trait "day"
says("day_within", day:within(days(7)))
says("day_older", day:older_than(days(7)))
says("day_next", day:within_next(days(14)))
says("day_older_years", day:older_than(years(18)))
says("day_within_months", day:within(months(1)))
says("day_next_months", day:within_next(months(1)))
says("day_before", day:before(date "2026-03-31"))
says("day_after", day:after(date "2026-03-31"))
says("day_since", day:since(date "2026-03-31"))
says("day_between", day:between(date "2026-03-25", date "2026-03-31"))
says("day_is", day:is(date "2026-03-31"))
says("day_anniversary", day:anniversary(days(3)))
says("day_this_month", day:in_month "this")
says("day_next_month", day:in_month "next")
says("day_march", day:in_month(3))
says("day_weekend", day:on_weekday { "saturday", "sunday" })

scenario "a date has an age in whole days of the workspace's zone, today being 0" {
  zone = "Europe/Berlin",
  given = [[
    2026-01-01 10:00  identify  user_id=today    trait.day=2026-03-31
    2026-01-01 10:00  identify  user_id=six      trait.day=2026-03-25
    2026-01-01 10:00  identify  user_id=seven    trait.day=2026-03-24
    2026-01-01 10:00  identify  user_id=tomorrow trait.day=2026-04-01
    2026-01-01 10:00  identify  user_id=thirteen trait.day=2026-04-13
    2026-01-01 10:00  identify  user_id=fourteen trait.day=2026-04-14
    2026-01-01 10:00  identify  user_id=adult    trait.day=2008-03-31
    2026-01-01 10:00  identify  user_id=minor    trait.day=2008-04-01
    2026-01-01 10:00  identify  user_id=feb      trait.day=2026-02-28
    2026-01-01 10:00  identify  user_id=march    trait.day=2026-03-01
    2026-01-01 10:00  identify  user_id=april    trait.day=2026-04-30
    2026-01-01 10:00  identify  user_id=may      trait.day=2026-05-01
  ]],
  -- 31 March has begun in Berlin
  as_of = "2026-03-30 22:00",
  expect = {
    segments = {
      day_within = { "user_id=today", "user_id=six" },
      day_older = {
        "user_id=seven", "user_id=adult", "user_id=minor", "user_id=feb", "user_id=march",
      },
      day_next = { "user_id=today", "user_id=tomorrow", "user_id=thirteen" },
      day_older_years = { "user_id=adult" },
      day_within_months = { "user_id=today", "user_id=six", "user_id=seven", "user_id=march" },
      day_next_months = {
        "user_id=today", "user_id=tomorrow", "user_id=thirteen", "user_id=fourteen",
      },
      day_before = {
        "user_id=six", "user_id=seven", "user_id=adult", "user_id=minor", "user_id=feb",
        "user_id=march",
      },
      day_after = {
        "user_id=tomorrow", "user_id=thirteen", "user_id=fourteen", "user_id=april", "user_id=may",
      },
      day_since = {
        "user_id=today", "user_id=tomorrow", "user_id=thirteen", "user_id=fourteen",
        "user_id=april", "user_id=may",
      },
      day_between = { "user_id=today", "user_id=six" },
      day_is = { "user_id=today" },
      day_anniversary = { "user_id=today", "user_id=tomorrow", "user_id=adult", "user_id=minor" },
      day_this_month = {
        "user_id=today", "user_id=six", "user_id=seven", "user_id=adult", "user_id=march",
      },
      day_next_month = {
        "user_id=tomorrow", "user_id=thirteen", "user_id=fourteen", "user_id=minor",
        "user_id=april",
      },
      day_march = {
        "user_id=today", "user_id=six", "user_id=seven", "user_id=adult", "user_id=march",
      },
      day_weekend = { "user_id=feb", "user_id=march" },
    },
  },
}

scenario "29 February is kept on the 28th in other years, and on its own in leap years" {
  given = [[
    2026-01-01 10:00  identify  user_id=leap trait.day=1992-02-29
    2026-01-01 10:00  identify  user_id=last trait.day=1992-02-28
  ]],
  cases = {
    {
      "three days before",
      as_of = "2027-02-25 12:00",
      expect = { segments = { day_anniversary = {} } },
    },
    {
      "two days before",
      as_of = "2027-02-26 00:00",
      expect = { segments = { day_anniversary = { "user_id=leap", "user_id=last" } } },
    },
    {
      "on the 28th",
      as_of = "2027-02-28 23:59:59",
      expect = { segments = { day_anniversary = { "user_id=leap", "user_id=last" } } },
    },
    { "in March", as_of = "2027-03-01 00:00", expect = { segments = { day_anniversary = {} } } },
    {
      "on the 29th of a leap year",
      as_of = "2028-02-29 00:00",
      expect = { segments = { day_anniversary = { "user_id=leap" } } },
    },
  },
}

says("point_before", event "Point":where { at = before(instant "2026-03-01T10:00:00Z") })
says("point_after", event "Point":where { at = after(instant "2026-03-01T10:00:00Z") })
says("point_since", event "Point":where { at = since(instant "2026-03-01T11:00:00+01:00") })

says(
  "point_between",
  event "Point"
    :where { at = between(instant "2026-03-01T10:00:00Z", instant "2026-03-01T11:00:00Z") }
)

says("point_day_before", event "Point":where { at = before(date "2026-03-01") })
says("point_day_after", event "Point":where { at = after(date "2026-03-01") })
says("point_day_since", event "Point":where { at = since(date "2026-03-01") })
says("point_days", event "Point":where { at = between(date "2026-03-01", date "2026-03-01") })
says("point_night", event "Point":where { at = at_hours("22:00", "06:00") })
says("point_noon", event "Point":where { at = at_hours("10:00", "11:00") })
says("point_sunday", event "Point":where { at = on_weekday { "sunday" } })
says("point_april", event "Point":where { at = in_month(4) })
says("point_asked", event "Point":where { at = before(property "event.time") })

scenario "instants against instants and whole days" {
  given = [[
    2026-03-01 10:30  "Point"  user_id=9     at="2026-03-01T09:59:59.999Z"
    2026-03-01 10:30  "Point"  user_id=10    at="2026-03-01T10:00:00Z"
    2026-03-01 10:30  "Point"  user_id=11    at="2026-03-01T11:00:00Z"
    2026-03-01 10:30  "Point"  user_id=11a   at="2026-03-01T11:00:00.000000001Z"
    2026-03-01 10:30  "Point"  user_id=eve   at="2026-02-28T22:59:59.999999999Z"
    2026-03-01 10:30  "Point"  user_id=first at="2026-02-28T23:00:00Z"
    2026-03-01 10:30  "Point"  user_id=last  at="2026-03-01T22:59:59.999999999Z"
    2026-03-01 10:30  "Point"  user_id=next  at="2026-03-01T23:00:00Z"
    2026-03-01 10:30  "Point"  user_id=six   at="2026-03-31T04:00:00Z"
    2026-03-01 10:30  "Point"  user_id=five  at="2026-03-31T03:59:59Z"
    2026-03-01 10:30  "Point"  user_id=ten   at="2026-03-31T20:00:00Z"
    2026-03-01 10:30  "Point"  user_id=april at="2026-03-31T22:00:00Z"
  ]],
  as_of = "2026-04-10 00:00",
  zone = "Europe/Berlin",
  expect = {
    segments = {
      point_before = { "user_id=9", "user_id=eve", "user_id=first" },
      point_after = {
        "user_id=11", "user_id=11a", "user_id=last", "user_id=next", "user_id=six", "user_id=five",
        "user_id=ten", "user_id=april",
      },
      point_since = {
        "user_id=10", "user_id=11", "user_id=11a", "user_id=last", "user_id=next", "user_id=six",
        "user_id=five", "user_id=ten", "user_id=april",
      },
      point_between = { "user_id=10", "user_id=11" },
      point_day_before = { "user_id=eve" },
      point_day_after = {
        "user_id=next", "user_id=six", "user_id=five", "user_id=ten", "user_id=april",
      },
      point_day_since = {
        "user_id=9", "user_id=10", "user_id=11", "user_id=11a", "user_id=first", "user_id=last",
        "user_id=next", "user_id=six", "user_id=five", "user_id=ten", "user_id=april",
      },
      point_days = {
        "user_id=9", "user_id=10", "user_id=11", "user_id=11a", "user_id=first", "user_id=last",
      },
      point_night = {
        "user_id=eve", "user_id=first", "user_id=last", "user_id=next", "user_id=five",
        "user_id=ten", "user_id=april",
      },
      point_noon = { "user_id=9" },
      point_sunday = {
        "user_id=9", "user_id=10", "user_id=11", "user_id=11a", "user_id=first", "user_id=last",
      },
      point_april = { "user_id=april" },
      point_asked = { "user_id=9", "user_id=10", "user_id=eve", "user_id=first" },
    },
  },
}

says("clock_month", event "Clock":within(months(1)))

scenario "a skipped clock time is the first after the gap, a doubled one the earlier" {
  zone = "Europe/Berlin",
  cases = {
    {
      -- a month before 28 April 02:30 were 28 March 02:30; a month before 29 April 02:30 would be
      -- 29 March 02:30, which is skipped: 03:00, which is 01:00 UTC
      "in the gap of March",
      given = [[
        2026-03-29 01:00:00  "Clock"  user_id=gap
        2026-03-29 01:00:01  "Clock"  user_id=later
      ]],
      as_of = "2026-04-29 00:30",
      expect = { segments = { clock_month = { "user_id=later" } } },
    },
    {
      -- a month before 25 November 02:30 is 25 October 02:30, twice: the earlier is 00:30 UTC
      "in the doubled hour of October",
      given = [[
        2026-10-25 00:30:00  "Clock"  user_id=first
        2026-10-25 00:30:01  "Clock"  user_id=later
        2026-10-25 01:30:00  "Clock"  user_id=second
      ]],
      as_of = "2026-11-25 01:30",
      expect = { segments = { clock_month = { "user_id=later", "user_id=second" } } },
    },
    {
      -- a month before 30 March 11:00 in Berlin is 28 February 11:00, which is 10:00 UTC
      "a day that does not exist is the month's last",
      given = [[
        2026-02-28 10:00:00  "Clock"  user_id=last
        2026-02-28 10:00:01  "Clock"  user_id=later
      ]],
      as_of = "2026-03-30 09:00",
      expect = { segments = { clock_month = { "user_id=later" } } },
    },
  },
}
