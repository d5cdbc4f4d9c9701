-- Tests of texts, numbers, versions and lists (RULES 2). A profile is named after what it said.

local word = use "lib/says"
local says = word.says

local function text(name, test)
  says("text_" .. name, event "Text":where { v = test })
end

text("is", is "ab")
text("plain", "ab")
text("is_not", is_not "ab")
text("is_one_of", is_one_of { "ab", "c" })
text("is_none_of", is_none_of { "ab", "c" })
text("exists", exists())
text("missing", missing())
text("contains", contains "b")
text("starts_with", starts_with "ab")
text("ends_with", ends_with "ab")
text("matches", matches "a*b?")

text(
  "all",
  all {
    starts_with "a",
    ends_with "b",
  }
)

text(
  "any",
  any {
    starts_with "x",
    ends_with "c",
  }
)

text(
  "none",
  none {
    starts_with "a",
    is "c",
  }
)

scenario "texts compare by bytes, and missing passes only missing and what is negative" {
  given = [[
    10:00  "Text"  user_id=ab   v=ab
    10:00  "Text"  user_id=AB   v=AB
    10:00  "Text"  user_id=abc  v=abc
    10:00  "Text"  user_id=xab  v=xab
    10:00  "Text"  user_id=c    v=c
    10:00  "Text"  user_id=aab  v=aab
    10:00  "Text"  user_id=null v=null
    10:00  "Text"  user_id=gone
    10:00  "Text"  user_id=void v=""
    10:00  "Text"  user_id=blank v=" "
  ]],
  expect = {
    segments = {
      text_is = { "user_id=ab" },
      text_plain = { "user_id=ab" },
      text_is_not = {
        "user_id=AB", "user_id=abc", "user_id=xab", "user_id=c", "user_id=aab", "user_id=null",
        "user_id=gone", "user_id=void", "user_id=blank",
      },
      text_is_one_of = { "user_id=ab", "user_id=c" },
      text_is_none_of = {
        "user_id=AB", "user_id=abc", "user_id=xab", "user_id=aab", "user_id=null", "user_id=gone",
        "user_id=void", "user_id=blank",
      },
      text_exists = {
        "user_id=ab", "user_id=AB", "user_id=abc", "user_id=xab", "user_id=c", "user_id=aab",
        "user_id=blank",
      },
      text_missing = { "user_id=null", "user_id=gone", "user_id=void" },
      text_contains = { "user_id=ab", "user_id=abc", "user_id=xab", "user_id=aab" },
      text_starts_with = { "user_id=ab", "user_id=abc" },
      text_ends_with = { "user_id=ab", "user_id=xab", "user_id=aab" },
      text_matches = { "user_id=abc" },
      text_all = { "user_id=ab", "user_id=aab" },
      text_any = { "user_id=abc", "user_id=c", "user_id=xab" },
      text_none = {
        "user_id=AB", "user_id=xab", "user_id=null", "user_id=gone", "user_id=void",
        "user_id=blank",
      },
    },
  },
}

local function folded(name, test)
  says("folded_" .. name, event "Fold":where { v = test:ignoring_case() })
end

folded("is", is "Straße")
folded("is_not", is_not "Straße")
folded("one_of", is_one_of { "STRASSE", "ΣΊΣΥΦΟΣ" })
folded("none_of", is_none_of { "STRASSE", "ΣΊΣΥΦΟΣ" })
folded("contains", contains "ÄRGER")
folded("starts", starts_with "éc")
folded("ends", ends_with "ÑO")
folded("matches", matches "?Z*")
says("cased", event "Fold":where { v = starts_with "éc" })

scenario "case is folded by Unicode's simple folding, one letter for one letter" {
  given = [[
    10:00  "Fold"  user_id=1 v="STRAẞE"
    10:00  "Fold"  user_id=2 v="straße"
    10:00  "Fold"  user_id=3 v="strasse"
    10:00  "Fold"  user_id=4 v="σίσυφος"
    10:00  "Fold"  user_id=5 v="kein Ärger hier"
    10:00  "Fold"  user_id=6 v="ÉCOLE"
    10:00  "Fold"  user_id=7 v="Año"
    10:00  "Fold"  user_id=8 v="äzur"
    10:00  "Fold"  user_id=9 v="ézz"
    10:00  "Fold"  user_id=10 v="écru"
  ]],
  expect = {
    segments = {
      folded_is = { "user_id=1", "user_id=2" },
      folded_is_not = {
        "user_id=3", "user_id=4", "user_id=5", "user_id=6", "user_id=7", "user_id=8", "user_id=9",
        "user_id=10",
      },
      folded_one_of = { "user_id=3", "user_id=4" },
      folded_none_of = {
        "user_id=1", "user_id=2", "user_id=5", "user_id=6", "user_id=7", "user_id=8", "user_id=9",
        "user_id=10",
      },
      folded_contains = { "user_id=5" },
      folded_starts = { "user_id=6", "user_id=10" },
      folded_ends = { "user_id=7" },
      folded_matches = { "user_id=8", "user_id=9" },
      cased = { "user_id=10" },
    },
  },
}

says("listed_value", event "Listed":where { v = in_list "colours" })
says("listed_network", event "Listed":where { v = in_list "office" })
says("listed_pattern", event "Listed":where { v = in_list "agents" })
says("listed_any_case", event "Listed":where { v = in_list "agents_any_case" })

scenario "a list of kinfold.yaml holds values, networks or patterns" {
  given = [[
    10:00  "Listed"  user_id=1 v=red
    10:00  "Listed"  user_id=2 v="dark red"
    10:00  "Listed"  user_id=3 v=dark
    10:00  "Listed"  user_id=4 v=Red
    10:00  "Listed"  user_id=5 v=192.0.2.0
    10:00  "Listed"  user_id=6 v=192.0.2.255
    10:00  "Listed"  user_id=7 v=192.0.3.0
    10:00  "Listed"  user_id=8 v=2001:db8:1::1
    10:00  "Listed"  user_id=9 v=2001:db9::1
    10:00  "Listed"  user_id=10 v="some bot here"
    10:00  "Listed"  user_id=11 v="Bot"
    10:00  "Listed"  user_id=12 v=curl/8.1
    10:00  "Listed"  user_id=13 v=curl/10.1
    10:00  "Listed"  user_id=14
  ]],
  expect = {
    segments = {
      listed_value = { "user_id=1", "user_id=2" },
      listed_network = { "user_id=5", "user_id=6", "user_id=8" },
      listed_pattern = { "user_id=10", "user_id=12" },
      listed_any_case = { "user_id=10", "user_id=11" },
    },
  },
}

local function number(name, test)
  says("number_" .. name, event "Number":where { v = test })
end

number("is", 3)
number("is_not", is_not(3))
number("at_least", at_least(3))
number("at_most", at_most(3))
number("more_than", more_than(3))
number("less_than", less_than(3))
number("between", between(2.5, 3))
number("percent", percent(5))
number("tenths", at_least(0.3))

scenario "numbers are exact, and between includes both ends" {
  given = [[
    10:00  "Number"  user_id=2.49 v=2.49
    10:00  "Number"  user_id=2.5  v=2.5
    10:00  "Number"  user_id=2.99 v=2.999999999999999
    10:00  "Number"  user_id=3    v=3
    10:00  "Number"  user_id=3.0  v=3.000
    10:00  "Number"  user_id=3.01 v=3.000000000000001
    10:00  "Number"  user_id=5pc  v=0.05
    10:00  "Number"  user_id=0.3  v=0.3
    10:00  "Number"  user_id=0.29 v=0.29999999999999998
    10:00  "Number"  user_id=gone
  ]],
  expect = {
    segments = {
      number_is = { "user_id=3", "user_id=3.0" },
      number_is_not = {
        "user_id=2.49", "user_id=2.5", "user_id=2.99", "user_id=3.01", "user_id=5pc",
        "user_id=0.3", "user_id=0.29", "user_id=gone",
      },
      number_at_least = { "user_id=3", "user_id=3.0", "user_id=3.01" },
      number_at_most = {
        "user_id=2.49", "user_id=2.5", "user_id=2.99", "user_id=3", "user_id=3.0", "user_id=5pc",
        "user_id=0.3", "user_id=0.29",
      },
      number_more_than = { "user_id=3.01" },
      number_less_than = {
        "user_id=2.49", "user_id=2.5", "user_id=2.99", "user_id=5pc", "user_id=0.3",
        "user_id=0.29",
      },
      number_between = { "user_id=2.5", "user_id=2.99", "user_id=3", "user_id=3.0" },
      number_percent = { "user_id=5pc" },
      number_tenths = {
        "user_id=2.49", "user_id=2.5", "user_id=2.99", "user_id=3", "user_id=3.0", "user_id=3.01",
        "user_id=0.3",
      },
    },
  },
}

says("release_at_least", event "Release":where { v = at_least(version "4.10") })
says("release_is", event "Release":where { v = version "4.10" })
says("release_less", event "Release":where { v = less_than(version "4.10") })

scenario "versions compare number by number" {
  given = [[
    10:00  "Release"  user_id=1 v="4.9"
    10:00  "Release"  user_id=2 v="4.10"
    10:00  "Release"  user_id=3 v="4.10.1"
    10:00  "Release"  user_id=4 v="4.2.99"
    10:00  "Release"  user_id=5 v="10"
  ]],
  expect = {
    segments = {
      release_at_least = { "user_id=2", "user_id=3", "user_id=5" },
      release_is = { "user_id=2" },
      release_less = { "user_id=1", "user_id=4" },
    },
  },
}

local function list(name, test)
  says("list_" .. name, event "List":where { v = test })
end

list("is", is "a")
list("is_not", is_not "a")
list("none_of", is_none_of { "a", "b" })
list("contains", contains "a")
list("contains_number", contains(2))
list("starts", starts_with "a")
list("more", more_than(2))
list("exists", exists())
list("missing", missing())

scenario "of a list one must pass, for negative tests none may be it; contains is an element" {
  given = [[
    10:00  "List"  user_id=ab    v='["a","b"]'
    10:00  "List"  user_id=b     v='["b"]'
    10:00  "List"  user_id=abc   v='["abc"]'
    10:00  "List"  user_id=empty v='[]'
    10:00  "List"  user_id=blank v='["",null]'
    10:00  "List"  user_id=23    v='[2,3]'
    10:00  "List"  user_id=c     v='["c"]'
  ]],
  expect = {
    segments = {
      list_is = { "user_id=ab" },
      list_is_not = { "user_id=b", "user_id=abc", "user_id=empty", "user_id=blank", "user_id=c" },
      list_none_of = { "user_id=abc", "user_id=empty", "user_id=blank", "user_id=c" },
      list_contains = { "user_id=ab" },
      list_contains_number = { "user_id=23" },
      list_starts = { "user_id=ab", "user_id=abc" },
      list_more = { "user_id=23" },
      list_exists = { "user_id=ab", "user_id=b", "user_id=abc", "user_id=23", "user_id=c" },
      list_missing = { "user_id=empty", "user_id=blank" },
    },
    undecided = {
      segments = {
        list_is = { "user_id=23" },
        list_is_not = { "user_id=23" },
        list_starts = { "user_id=23" },
        list_more = { "user_id=ab", "user_id=b", "user_id=abc", "user_id=c" },
        list_exists = {},
      },
    },
  },
}

trait "limit" {
  title = "Limit of the customer",
  owner = "words@example.com",
  because = "A test may compare with it.",
  from = "traits.limit",
  type = "number",
}

trait "colour" {
  title = "Favourite colour",
  owner = "words@example.com",
  because = "A test may compare with it.",
  from = "traits.colour",
}

says("other_trait", event "Other":where { v = more_than(trait "limit") })
says("other_trait_not", event "Other":where { c = is_not(trait "colour") })
says("other_property", event "Other":where { v = more_than(property "w") })
says("other_none", event "Other":where { v = none { more_than(property "w") } })
says("trait_trait", trait "limit":at_least(trait "floor"))

trait "floor" {
  title = "Least limit of the customer",
  owner = "words@example.com",
  because = "A test may compare with it.",
  from = "traits.floor",
  type = "number",
}

scenario "the value of a test may be another trait or property; missing is as if the tested were" {
  given = [[
    10:00  "Other"  user_id=above v=6 w=5 c=red  trait.limit=5 trait.colour=red trait.floor=5
    10:00  "Other"  user_id=same  v=5 w=5 c=blue trait.limit=5 trait.colour=red trait.floor=6
    10:00  "Other"  user_id=none  v=5     c=red
  ]],
  expect = {
    segments = {
      other_trait = { "user_id=above" },
      other_trait_not = { "user_id=same", "user_id=none" },
      other_property = { "user_id=above" },
      other_none = { "user_id=same", "user_id=none" },
      trait_trait = { "user_id=above" },
    },
  },
}

says(
  "dotted",
  event "Dotted":where { ["context.app.version"] = "1", ["end"] = "x", ["traits.t"] = 1 }
)

says("rooted", event "Dotted":where { ["properties.end"] = "x", ["a.b"] = 2 })

scenario "paths with and without a root, and words that Lua reserves" {
  given = [[
    10:00  "Dotted"  user_id=1 context.app.version="1" end=x traits.t=1 a='{"b":2}'
    10:00  "Dotted"  user_id=2 context.app.version="1" end=y traits.t=1 a='{"b":2}'
    10:00  "Dotted"  user_id=3 context.app.version="2" end=x traits.t=1 a='{"b":3}'
    10:00  "Dotted"  user_id=4 context.app.version="1" end=x traits.t=2 a='{"b":3}'
  ]],
  expect = { segments = { dotted = { "user_id=1" }, rooted = { "user_id=1" } } },
}
