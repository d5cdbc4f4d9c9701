-- Predictions and attribution: they parse, are checked and documented, and say that they are not
-- evaluated yet. Momentum needs no fitting.

local word = use "lib/says"
local owner = "words@example.com"

local function predicts(name, model, bands, valid_for)
  score(name) {
    title = "Score by " .. name,
    owner = owner,
    because = "A model is a word, too.",
    model = model,
    bands = bands,
    valid_for = valid_for,
  }
end

local order = event "Model Order"

predicts(
  "by_bgnbd",
  bgnbd {
    purchases = order,
    value = "revenue",
    predicts = "value",
    horizon = weeks(52),
    unit = weeks(1),
    discount = percent(1),
  },
  percentiles { { "low", 0 }, { "high", 0.8 } },
  days(30)
)

predicts("by_churn", bgnbd { purchases = order, predicts = "churn", horizon = weeks(4) })
predicts("by_purchases", bgnbd { purchases = order, predicts = "purchases", horizon = weeks(4) })
predicts("by_alive", bgnbd { purchases = order, predicts = "alive", horizon = weeks(4) })

predicts(
  "by_logistic",
  logistic {
    outcome = order,
    horizon = days(30),
    features = { orders = order:count(), loyal = order:count():at_least(3) },
    ridge = 1,
  }
)

predicts(
  "by_rfm",
  rfm { purchases = order, value = "revenue", bins = 5 },
  { { "best", recency = { 4, 5 }, frequency = { 4, 5 }, value = { 4, 5 } } }
)

predicts("by_file", file "models/churn.json")

scenario "a fitted score is undecided as long as nothing was fitted" {
  given = [[10:00 "Model Order" user_id=1 revenue=1 currency=EUR]],
  expect = {
    scores = {
      by_bgnbd = { ["user_id=1"] = "undecided" },
      by_churn = { ["user_id=1"] = "undecided" },
      by_purchases = { ["user_id=1"] = "undecided" },
      by_alive = { ["user_id=1"] = "undecided" },
      by_logistic = { ["user_id=1"] = "undecided" },
      by_rfm = { ["user_id=1"] = "undecided" },
      by_file = { ["user_id=1"] = "undecided" },
    },
    bands = {
      by_bgnbd = { ["user_id=1"] = "undecided" },
      by_rfm = { ["user_id=1"] = "undecided" },
    },
  },
}

-- The share of a week's pace in a month's (ANALYTICS 5).
predicts("by_momentum", momentum { of = event "Active", short = days(7), long = days(28) })
predicts("by_default", momentum { of = event "Active" })
word.says("steady", score("by_momentum"):is(1))
word.says("slower", score("by_momentum"):between(0.66696, 0.66698))
word.says("faster", score("by_default"):between(1.80238, 1.80239))

local function daily(user, from, to)
  local lines = {}
  for day = from, to do
    local month = day <= 31 and 1 or 2
    local of_month = day <= 31 and day or day - 31
    lines[#lines + 1] = string.format(
      "2026-%02d-%02d 10:00 Active user_id=%s", month, of_month, user
    )
  end
  return table.concat(lines, "\n") .. "\n"
end

scenario "momentum: steady is 1, silence is less, coming back is more" {
  given = daily("steady", 1, 56)
    .. daily("silent", 22, 49)
    .. daily("back", 21, 21)
    .. daily("back", 50, 56),
  as_of = "2026-02-25 12:00",
  expect = {
    segments = {
      steady = { "user_id=steady" },
      slower = { "user_id=silent" },
      faster = { "user_id=back" },
    },
  },
}

local function credits(name, model, more)
  attribution(name) {
    title = "Credit by " .. name,
    owner = owner,
    because = "A model of credit is a word, too.",
    outcome = order,
    model = model,
    value = more and "revenue" or nil,
    once_per = more and "order_id" or nil,
    touches = more and touch { medium = exists() } or nil,
    look_back = more and days(14) or nil,
    half_life = more and days(3) or nil,
    channels = more and "default" or nil,
    ignore = more and fraud "uncredited" or nil,
    same_touch_within = more and minutes(30) or nil,
    refunds = more and { event = event "Refund", value = "refund", same = "order_id" } or nil,
  }
end

credits("credit_last", "last")
credits("credit_first", "first")
credits("credit_last_non_direct", "last_non_direct")
credits("credit_linear", "linear")
credits("credit_position", "position")
credits("credit_time_decay", "time_decay", true)
credits("credit_markov", "markov")
credits("credit_shapley", "shapley")
credits("credit_counterfactual", "path_counterfactual")

attribution "credit_shares" {
  title = "Credit by shares",
  owner = owner,
  because = "Shares may be said.",
  outcome = order,
  credit = { first = percent(40), middle = percent(20), last = percent(40) },
}

scenario "credit is not evaluated yet" {
  given = [[
    10:00  page           user_id=1
    10:10  "Model Order"  user_id=1
  ]],
  cases = {
    { "last", expect = { credit = { credit_last = { [2] = { [1] = 1 } } } } },
    { "first", expect = { credit = { credit_first = { [2] = { [1] = 1 } } } } },
    { "last_non_direct", expect = { credit = { credit_last_non_direct = { [2] = { [1] = 1 } } } } },
    { "linear", expect = { credit = { credit_linear = { [2] = { [1] = 1 } } } } },
    { "position", expect = { credit = { credit_position = { [2] = { [1] = 1 } } } } },
    { "time_decay", expect = { credit = { credit_time_decay = { [2] = { [1] = 1 } } } } },
    { "markov", expect = { credit = { credit_markov = { [2] = { [1] = 1 } } } } },
    { "shapley", expect = { credit = { credit_shapley = { [2] = { [1] = 1 } } } } },
    {
      "path_counterfactual",
      expect = { credit = { credit_counterfactual = { [2] = { [1] = 1 } } } },
    },
    { "shares", expect = { credit = { credit_shares = { [2] = { [1] = 1 } } } } },
  },
}
