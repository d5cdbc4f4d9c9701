-- A function that runs into a limit, or fails, says neither yes nor no: nobody becomes a member
-- of anything for it, and whoever it should suppress is suppressed.

identifiers { user_id = { rank = 1 } }

custom "endless" {
  title = "Never comes back",
  owner = "privacy@example.com",
  because = "An attack.",
  reads = { event "A" },
  returns = "condition",
  check = function(c)
    while true do end
  end,
}

custom "failing" {
  title = "Fails",
  owner = "privacy@example.com",
  because = "A mistake.",
  reads = { event "A" },
  returns = "condition",
  check = function(c)
    return nil + 1
  end,
}

suppress "held_by_endless" {
  title = "Left alone, since nobody knows",
  owner = "privacy@example.com",
  because = "Silence is safe.",
  who = custom "endless",
  blocks = everything,
}

suppress "held_by_failing" {
  title = "Left alone, since nobody knows",
  owner = "privacy@example.com",
  because = "Silence is safe.",
  who = custom "failing",
  blocks = everything,
}

segment "found" {
  title = "Found by a function that fails",
  owner = "privacy@example.com",
  because = "Must stay empty.",
  who = custom "failing",
}

scenario "undecided suppression suppresses, undecided membership is none" {
  given = [[
    2026-01-05 10:00  A  user_id=u1
  ]],
  expect = {
    segments = { found = {} },
    suppressed = { held_by_endless = { "user_id=u1" }, held_by_failing = { "user_id=u1" } },
    undecided = { segments = { found = { "user_id=u1" } } },
  },
}
