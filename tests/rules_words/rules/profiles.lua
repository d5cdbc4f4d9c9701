-- What is asked of profiles besides their events (RULES 3), and how conditions combine.

local word = use "lib/says"
local says, worth = word.says, word.worth

local function kept(name, keep, type, from)
  trait(name) {
    title = "Trait kept by " .. name,
    owner = "words@example.com",
    because = "Each way of keeping a value is shown.",
    from = from or "traits.v",
    keep = keep,
    type = type,
  }
end

kept("v_newest", "newest")
kept("v_default")
kept("v_oldest", "oldest")
kept("v_first", "first_non_empty")
kept("v_set", "set", "list")
kept("v_frequent", "most_frequent")
kept("v_by_source", by_source { "crm", "web" })
kept("n_min", "min", "number", "traits.n")
kept("n_max", "max", "number", "traits.n")
kept("n_sum", "sum", "number", "traits.n")
kept("n_by_source", by_source { "crm" }, "number", "traits.n")
kept("from_event", "newest", "text", { { event "Plan Chosen", "plan" }, "traits.v" })

scenario "a trait keeps one value of many" {
  given = [[
    10:00  identify  user_id=1 trait.v=b trait.n=1 source=crm
    11:00  identify  user_id=1 trait.v=a trait.n=2 source=web
    12:00  identify  user_id=1 trait.v=b trait.n=4 source=crm
    13:00  identify  user_id=1 trait.v=c trait.n=3 source=app
    10:00  identify  user_id=2 trait.v=""
    11:00  identify  user_id=2 trait.v=x
    12:00  identify  user_id=2 trait.v=null
    12:30  "Plan Chosen"  user_id=2 plan=pro
    10:00  identify  user_id=3 trait.v=y
    11:00  identify  user_id=3 trait.v=z
  ]],
  expect = {
    traits = {
      ["user_id=1"] = {
        v_newest = "c",
        v_default = "c",
        v_oldest = "b",
        v_first = "b",
        v_set = { "a", "b", "c" },
        v_frequent = "b",
        v_by_source = "b",
        n_min = 1,
        n_max = 4,
        -- the newest of each source: 4 of crm, 2 of given, 3 of web
        n_sum = 9,
        n_by_source = 4,
        from_event = "c",
      },
      -- an explicit null deletes under newest and by_source
      ["user_id=2"] = {
        v_newest = "missing",
        v_oldest = "x",
        v_first = "x",
        v_set = { "x" },
        v_frequent = "x",
        v_by_source = "missing",
        from_event = "pro",
        n_sum = "missing",
      },
      ["user_id=3"] = { v_frequent = "z", v_newest = "z", v_oldest = "y" },
    },
  },
}

kept("t_number", nil, "number", "traits.number")
kept("t_boolean", nil, "boolean", "traits.boolean")
kept("t_date", nil, "date", "traits.date")
kept("t_time", nil, "time", "traits.time")
kept("t_version", nil, "version", "traits.version")
kept("t_list", nil, "list", "traits.list")

trait "t_money" {
  title = "An amount",
  owner = "words@example.com",
  because = "Each type is shown.",
  from = { { event "Balance", "total" } },
  type = "money",
  unit = "EUR",
}

trait "short" {
  title = "Forgotten after a day",
  owner = "words@example.com",
  because = "What is not needed is forgotten.",
  from = "traits.v",
  forget_after = days(1),
}

says("t_number_above", trait "t_number":more_than(2))
says("t_boolean_is", trait "t_boolean":is(true))
says("t_boolean_not", trait "t_boolean":is_not(true))
says("t_version_from", trait "t_version":at_least(version "1.10"))
says("t_list_has", trait "t_list":contains "x")
says("t_money_from", trait "t_money":at_least(money(10, "EUR")))
says("t_time_after", trait "t_time":after(date "2026-01-01"))
says("t_undeclared", trait "nickname":is "Bo")

scenario "types of traits; a value of another type is undecided" {
  given = [[
    2026-01-05 10:00  identify  user_id=1 trait.number=3 trait.boolean=true trait.date=2026-02-03
      trait.time="2026-01-02T00:00:00Z" trait.version="1.10" trait.list='["x","y"]' trait.nickname=Bo
    2026-01-05 10:00  Balance   user_id=1 total=12.5 currency=USD
    2026-01-05 10:00  identify  user_id=2 trait.number=2 trait.boolean=false trait.version="1.9"
      trait.list='["y"]' trait.time="2026-01-01T23:59:59Z" trait.nickname=bo
    2026-01-05 10:00  Balance   user_id=2 total=9.99 currency=EUR
    2026-01-05 10:00  identify  user_id=3 trait.number=many
  ]],
  expect = {
    segments = {
      t_number_above = { "user_id=1" },
      t_boolean_is = { "user_id=1" },
      t_boolean_not = { "user_id=2", "user_id=3" },
      t_version_from = { "user_id=1" },
      t_list_has = { "user_id=1" },
      t_money_from = { "user_id=1" },
      t_time_after = { "user_id=1" },
      t_undeclared = { "user_id=1" },
    },
    undecided = { segments = { t_number_above = { "user_id=3" } } },
    traits = {
      ["user_id=1"] = {
        t_number = 3,
        t_boolean = true,
        t_date = date "2026-02-03",
        t_time = "2026-01-02T00:00:00Z",
        t_version = "1.10",
        t_list = { "x", "y" },
        t_money = money(10, "EUR"),
      },
    },
  },
}

scenario "a trait is forgotten when its newest value is as old as forget_after" {
  given = [[2026-01-05 10:00 identify user_id=1 trait.v=a]],
  cases = {
    {
      "a second before",
      as_of = "2026-01-06 09:59:59",
      expect = { traits = { ["user_id=1"] = { short = "a" } } },
    },
    {
      "then",
      as_of = "2026-01-06 10:00",
      expect = { traits = { ["user_id=1"] = { short = "missing" } } },
    },
  },
}

says("changed_lately", trait "v_newest":last_changed():within(days(1)))
says("was_a", trait "v_newest":previous():is "a")
says("went_back", trait "v_newest":is(trait "v_oldest"))

scenario "when a trait took its value, and which it had before" {
  given = [[
    2026-01-05 10:00  identify  user_id=1 trait.v=a
    2026-01-06 10:00  identify  user_id=1 trait.v=b
    2026-01-07 10:00  identify  user_id=1 trait.v=b
    2026-01-05 10:00  identify  user_id=2 trait.v=a
    2026-01-07 10:00  identify  user_id=2 trait.v=a
  ]],
  cases = {
    {
      "less than a day after the change",
      as_of = "2026-01-07 09:59:59",
      expect = { segments = { changed_lately = { "user_id=1" }, was_a = { "user_id=1" } } },
    },
    {
      "a day after: the same value again is no change",
      as_of = "2026-01-07 10:00",
      expect = {
        segments = { changed_lately = {}, was_a = { "user_id=1" }, went_back = { "user_id=2" } },
      },
    },
  },
}

says("has_email", identifier "email":exists())
says("no_email", identifier "email":missing())
says("two_emails", identifier "email":count():at_least(2))
says("example_email", identifier "email":ends_with "@example.com")
says("not_example", identifier "email":is_none_of { "a@example.com", "b@example.org" })
says("listed_email", identifier "email":in_list "refused_addresses")

scenario "identifiers: of several one must pass, for negative tests none may be it" {
  given = [[
    10:00  Hello  user_id=1 email=a@example.com
    11:00  Hello  user_id=1 email=b@example.org
    10:00  Hello  user_id=2 email=c@example.net
    10:00  Hello  user_id=3
    10:00  Hello  user_id=4 email=NO@example.com
  ]],
  expect = {
    segments = {
      has_email = { "user_id=1", "user_id=2", "user_id=4" },
      no_email = { "user_id=3" },
      two_emails = { "user_id=1" },
      example_email = { "user_id=1", "user_id=4" },
      not_example = { "user_id=2", "user_id=3", "user_id=4" },
      listed_email = { "user_id=4" },
    },
  },
}

says("in_account", member { account = exists() })
says("in_acme", member { account = "acme" })
says("in_both", member { account = "acme", team = starts_with "red" })
says("pro_account", account_trait "plan":is "pro")
says("busy_account", members { of = "account", who = event "Worked" }:at_least(2))

worth(
  "colleagues",
  members {
    of = "account",
    who = any {
      event "Worked",
      event "Hired",
    },
  }
)

scenario "groups: from a group event until the user is removed" {
  given = [[
    2026-01-05 10:00  group   user_id=1 group.account=acme trait.plan=pro
    2026-01-05 10:00  group   user_id=1 group.team=red1
    2026-01-05 10:00  group   user_id=2 group.account=acme
    2026-01-05 10:00  group   user_id=2 group.team=blue
    2026-01-05 10:00  group   user_id=3 group.account=solo trait.plan=free
    2026-01-05 10:00  group   user_id=5 group.account=solo
    2026-01-05 10:30  Hired   user_id=3
    2026-01-05 11:00  Worked  user_id=1
    2026-01-05 11:00  Worked  user_id=2
    2026-01-05 11:00  Worked  user_id=3
    2026-01-05 11:00  Worked  user_id=4
    2026-01-06 10:00  "Account Removed User"  user_id=2 group.account=acme
  ]],
  cases = {
    {
      "while all are there",
      as_of = "2026-01-06 09:59",
      expect = {
        segments = {
          in_account = { "user_id=1", "user_id=2", "user_id=3", "user_id=5" },
          in_acme = { "user_id=1", "user_id=2" },
          in_both = { "user_id=1" },
          pro_account = { "user_id=1", "user_id=2" },
          busy_account = { "user_id=1", "user_id=2" },
        },
        traits = { ["user_id=1"] = { colleagues = 2 }, ["user_id=3"] = { colleagues = 1 } },
      },
    },
    {
      "when one has gone",
      as_of = "2026-01-06 10:00",
      expect = {
        segments = {
          in_account = { "user_id=1", "user_id=3", "user_id=5" },
          in_acme = { "user_id=1" },
          pro_account = { "user_id=1" },
          busy_account = {},
        },
      },
    },
  },
}

local a, b, c = event "A", event "B", event "C"

says(
  "all_of",
  all {
    a,
    b,
  }
)

says(
  "any_of",
  any {
    a,
    b,
  }
)

says(
  "none_of",
  none {
    a,
    b,
  }
)

says(
  "two_of",
  at_least_of(2, {
    a,
    b,
    c,
  })
)

says(
  "nested",
  all {
    any {
      a,
      b,
    },
    none {
      all {
        a,
        b,
      },
      c,
    },
  }
)

says(
  "but",
  any {
    a,
    b,
  },
  c
)

says(
  "not_but",
  all {
    a,
    none { segment "but" },
  }
)

scenario "combinations, inside each other too; except takes away" {
  given = [[
    10:00  A  user_id=a
    10:00  B  user_id=b
    10:00  A  user_id=ab
    10:00  B  user_id=ab
    10:00  A  user_id=ac
    10:00  C  user_id=ac
    10:00  A  user_id=abc
    10:00  B  user_id=abc
    10:00  C  user_id=abc
    10:00  D  user_id=d
  ]],
  expect = {
    segments = {
      all_of = { "user_id=ab", "user_id=abc" },
      any_of = { "user_id=a", "user_id=b", "user_id=ab", "user_id=ac", "user_id=abc" },
      none_of = { "user_id=d" },
      two_of = { "user_id=ab", "user_id=ac", "user_id=abc" },
      nested = { "user_id=a", "user_id=b" },
      but = { "user_id=a", "user_id=b", "user_id=ab" },
      not_but = { "user_id=ac", "user_id=abc" },
    },
  },
}

-- A number that is no number: undecided.
local bad = event "Odd":sum "n":at_least(1)
says("u_plain", bad)

says(
  "u_all_false",
  all {
    bad,
    event "Never",
  }
)

says(
  "u_all_true",
  all {
    bad,
    event "Odd",
  }
)

says(
  "u_any_true",
  any {
    bad,
    event "Odd",
  }
)

says(
  "u_any_false",
  any {
    bad,
    event "Never",
  }
)

says("u_none", none { bad })

says(
  "u_none_true",
  none {
    bad,
    event "Odd",
  }
)

says(
  "u_two",
  at_least_of(2, {
    bad,
    event "Odd",
    event "Even",
  })
)

says("u_except", event "Odd", bad)
says("u_count", event "Odd":where { n = more_than(1) }:count():at_least(2))
says("u_exists", event "Odd":where { n = more_than(1) })
says("u_asked", segment "u_plain")

scenario "three values: what is undecided spreads unless the answer is known without it" {
  given = [[
    10:00  Odd   user_id=bad n=x
    10:00  Odd   user_id=two n=x
    10:00  Even  user_id=two
    10:00  Odd   user_id=good n=2
    10:00  Odd   user_id=enough n=2
    10:00  Odd   user_id=enough n=3
    10:00  Odd   user_id=enough n=x
    10:00  Odd   user_id=never n=2
    10:00  Never user_id=never
    10:00  Odd   user_id=small n=1
  ]],
  expect = {
    segments = {
      u_plain = { "user_id=good", "user_id=never", "user_id=small" },
      u_all_false = { "user_id=never" },
      u_all_true = { "user_id=good", "user_id=never", "user_id=small" },
      u_any_true = {
        "user_id=bad", "user_id=two", "user_id=good", "user_id=enough", "user_id=never",
        "user_id=small",
      },
      u_any_false = { "user_id=good", "user_id=never", "user_id=small" },
      u_none = {},
      u_none_true = {},
      u_two = { "user_id=two", "user_id=good", "user_id=never", "user_id=small" },
      u_except = {},
      u_count = { "user_id=enough" },
      u_exists = { "user_id=good", "user_id=enough", "user_id=never" },
      u_asked = { "user_id=good", "user_id=never", "user_id=small" },
    },
    undecided = {
      segments = {
        u_plain = { "user_id=bad", "user_id=two", "user_id=enough" },
        u_all_false = {},
        u_all_true = { "user_id=bad", "user_id=two", "user_id=enough" },
        u_any_true = {},
        u_any_false = { "user_id=bad", "user_id=two", "user_id=enough" },
        u_none = { "user_id=bad", "user_id=two", "user_id=enough" },
        u_none_true = {},
        u_two = { "user_id=bad", "user_id=enough" },
        u_except = { "user_id=bad", "user_id=two", "user_id=enough" },
        u_count = {},
        u_exists = { "user_id=bad", "user_id=two" },
        u_asked = { "user_id=bad", "user_id=two", "user_id=enough" },
      },
    },
  },
}
