-- Tests as methods of what is asked, days of the week, normalised traits, bases and reasons.

local word = use "lib/says"
local says = word.says
local owner = "words@example.com"

local function time_trait(name, type, normalise, personal)
  trait(name) {
    title = "Trait " .. name,
    owner = owner,
    because = "Tests are methods, too.",
    from = "traits." .. name,
    type = type,
    normalise = normalise,
    personal = personal,
  }
end

time_trait("called_at", "time")
time_trait("town", "text")
time_trait("mail", "text", "email", "contact")
time_trait("phone_number", "text", "phone", "contact")
time_trait("lower_word", "text", "lower")
time_trait("trimmed_word", "text", "trim")

says("called_at_night", trait("called_at"):at_hours("22:00", "06:00"))
says("called_after", trait("called_at"):after(instant "2026-01-05T22:00:00Z"))
says("town_one_of", trait("town"):is_one_of { "Bonn", "Ulm" })
says("town_matches", trait("town"):matches "B*n")
says("town_any_case", trait("town"):is("bonn"):ignoring_case())
says("town_not", trait("town"):is_not "Bonn")

scenario "tests are methods of what is asked" {
  given = [[
    10:00  identify  user_id=1 trait.called_at="2026-01-05T22:00:00Z" trait.town=Bonn
    10:00  identify  user_id=2 trait.called_at="2026-01-05T21:59:59Z" trait.town=Ulm
    10:00  identify  user_id=3 trait.called_at="2026-01-06T05:59:59Z" trait.town=BONN
    10:00  identify  user_id=4 trait.called_at="2026-01-06T06:00:00Z"
  ]],
  expect = {
    segments = {
      called_at_night = { "user_id=1", "user_id=3" },
      called_after = { "user_id=3", "user_id=4" },
      town_one_of = { "user_id=1", "user_id=2" },
      town_matches = { "user_id=1" },
      town_any_case = { "user_id=1", "user_id=3" },
      town_not = { "user_id=2", "user_id=3", "user_id=4" },
    },
  },
}

scenario "a trait may be written in one way: as an address, a number, small, without blanks" {
  given = [[
    10:00  identify  user_id=1 trait.mail=" Ann@Example.COM " trait.phone_number="+49 (30) 1234-567"
      trait.lower_word=" ABC " trait.trimmed_word=" A B "
  ]],
  expect = {
    traits = {
      ["user_id=1"] = {
        mail = "ann@example.com",
        phone_number = "+49301234567",
        lower_word = "abc",
        trimmed_word = "A B",
      },
    },
  },
}

local days = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" }
for _, day in ipairs(days) do
  says("due_" .. day, event "Due On":where { at = on_weekday { day } })
end

scenario "each day of the week is itself" {
  given = [[
    2026-01-01 10:00  "Due On"  user_id=mo at=2026-03-02
    2026-01-01 10:00  "Due On"  user_id=tu at=2026-03-03
    2026-01-01 10:00  "Due On"  user_id=we at=2026-03-04
    2026-01-01 10:00  "Due On"  user_id=th at=2026-03-05
    2026-01-01 10:00  "Due On"  user_id=fr at=2026-03-06
    2026-01-01 10:00  "Due On"  user_id=sa at=2026-03-07
    2026-01-01 10:00  "Due On"  user_id=su at=2026-03-08
  ]],
  expect = {
    segments = {
      due_monday = { "user_id=mo" },
      due_tuesday = { "user_id=tu" },
      due_wednesday = { "user_id=we" },
      due_thursday = { "user_id=th" },
      due_friday = { "user_id=fr" },
      due_saturday = { "user_id=sa" },
      due_sunday = { "user_id=su" },
    },
  },
}

local function based(name, basis)
  segment(name) {
    title = "Held on the basis " .. basis,
    owner = owner,
    because = "A purpose has a basis.",
    who = event "Based",
    purpose = "service",
    legal_basis = basis,
    requires_consent = basis == "consent" and "service" or nil,
  }
end

based("based_consent", "consent")
based("based_contract", "contract")
based("based_obligation", "legal_obligation")
based("based_vital", "vital_interest")
based("based_public", "public_task")
based("based_legitimate", "legitimate_interest")

scenario "a basis is documentation: it changes nobody's membership, consent has to be asked for" {
  given = [[
    10:00  Based  user_id=1 consent.service=granted
    10:00  Based  user_id=2
  ]],
  expect = {
    segments = {
      based_consent = { "user_id=1" },
      based_contract = { "user_id=1", "user_id=2" },
      based_obligation = { "user_id=1", "user_id=2" },
      based_vital = { "user_id=1", "user_id=2" },
      based_public = { "user_id=1", "user_id=2" },
      based_legitimate = { "user_id=1", "user_id=2" },
    },
  },
}

local function because_of(reason)
  suppress("stopped_" .. reason) {
    title = "Stopped: " .. reason,
    owner = owner,
    because = "Each reason is a word of its own.",
    who = event "Stopped":where { why = reason },
    blocks = { "post" },
    reason = reason,
  }
end

because_of("erased")
because_of("legal_hold")
because_of("global_opt_out")
because_of("bounce")
because_of("channel_opt_out")
because_of("purpose")
because_of("jurisdiction")
because_of("test")
because_of("fraud_hold")

channel "post" {
  title = "Letters",
  owner = owner,
  because = "Suppressions block it.",
  contact = "user_id",
  eligible = any {
    event "Stopped",
    event "Free",
  },
}

scenario "every reason stops" {
  given = [[
    10:00  Stopped  user_id=1 why=erased
    10:00  Stopped  user_id=2 why=legal_hold
    10:00  Stopped  user_id=3 why=global_opt_out
    10:00  Stopped  user_id=4 why=bounce
    10:00  Stopped  user_id=5 why=channel_opt_out
    10:00  Stopped  user_id=6 why=purpose
    10:00  Stopped  user_id=7 why=jurisdiction
    10:00  Stopped  user_id=8 why=test
    10:00  Stopped  user_id=9 why=fraud_hold
    10:00  Stopped  user_id=10 why=nothing
    10:00  Free     user_id=11
  ]],
  expect = {
    suppressed = {
      stopped_erased = { "user_id=1" },
      stopped_legal_hold = { "user_id=2" },
      stopped_global_opt_out = { "user_id=3" },
      stopped_bounce = { "user_id=4" },
      stopped_channel_opt_out = { "user_id=5" },
      stopped_purpose = { "user_id=6" },
      stopped_jurisdiction = { "user_id=7" },
      stopped_test = { "user_id=8" },
      stopped_fraud_hold = { "user_id=9" },
    },
    eligible = { post = { ["user_id=10"] = "10", ["user_id=11"] = "11" } },
  },
}

fraud "uncredited" {
  title = "Clicks that earn nothing",
  owner = owner,
  because = "A rejected click is no touch that counts.",
  look_at = event "Ad Click",
  reject = property "ad_group":is "bad",
  action = "no_credit",
}

scenario "no_credit leaves the event and its touch" {
  given = [[
    10:00  "Ad Click"  user_id=1 ad_group=bad
    10:00  "Ad Click"  user_id=2 ad_group=good
  ]],
  expect = {
    fraud = { uncredited = { reject = { 1 }, suspicious = {} } },
    segments = { touched_click = { "user_id=1", "user_id=2" } },
  },
}
