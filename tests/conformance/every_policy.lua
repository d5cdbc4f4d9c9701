-- One story under every policy: two people sign in with the same thing, one after the other.
identifiers {
  user_id = { rank = 1, per_profile = 1 },
  undecided_id = { rank = 2 },
  ambiguous_id = { rank = 3, when_shared = "ambiguous" },
  newest_id = { rank = 4, when_shared = "last_login" },
  oldest_id = { rank = 5, when_shared = "first_login" },
  turns_id = { rank = 6, when_shared = "split_by_login" },
  reset_id = { rank = 7, when_shared = "reset_on_logout", logout = "Signed Out" },
}

link "signed_in" {
  title = "Signing in shows what is the user's",
  owner = "analytics@example.com",
  because = "A password was entered.",
  when = event "Signed In",
  connect = {
    "user_id", "undecided_id", "ambiguous_id", "newest_id", "oldest_id", "turns_id", "reset_id",
  },
  strength = "verified",
}

scenario "no policy means that what is shared is nobody's and a person is asked" {
  given = [[
    09:00  "Signed In"  user_id=u1 undecided_id=x
    09:10  page         undecided_id=x
    09:20  "Signed In"  user_id=u2 undecided_id=x
    09:30  page         undecided_id=x
  ]],
  expect = {
    profiles = 3,
    shared = { "undecided_id=x" },
    same_owner = { { 2, 4 } },
    owner = { [2] = "anonymous" },
    refused = {
      { "user_id=u1", "undecided_id=x", because = "shared" },
      { "user_id=u2", "undecided_id=x", because = "shared" },
    },
  },
}

scenario "ambiguous: nobody's, before, between and after the two" {
  given = [[
    08:50  page         ambiguous_id=x
    09:00  "Signed In"  user_id=u1 ambiguous_id=x
    09:10  page         ambiguous_id=x
    09:20  "Signed In"  user_id=u2 ambiguous_id=x
    09:30  page         ambiguous_id=x
  ]],
  expect = {
    shared = { "ambiguous_id=x" },
    same_owner = { { 1, 3, 5 } },
    other_owner = { { 2, 4, 5 } },
  },
}

scenario "ambiguous: one user alone is no question" {
  given = [[
    09:00  "Signed In"  user_id=u1 ambiguous_id=x
    09:20  "Signed In"  user_id=u1 ambiguous_id=x
  ]],
  expect = { profiles = 1, exactly = { { "user_id=u1", "ambiguous_id=x" } }, shared = {} },
}

scenario "newest: the second user has it with all that was done on it alone" {
  given = [[
    08:50  page         newest_id=x
    09:00  "Signed In"  user_id=u1 newest_id=x
    09:10  page         newest_id=x
    09:20  "Signed In"  user_id=u2 newest_id=x
    09:30  page         newest_id=x
  ]],
  expect = {
    profiles = 2,
    owner = { [1] = "user_id=u2", [3] = "user_id=u2", [5] = "user_id=u2", [2] = "user_id=u1" },
    refused = { { "user_id=u1", "newest_id=x", because = "per_profile" } },
  },
}

scenario "oldest: the first user keeps it with all that was done on it alone" {
  given = [[
    08:50  page         oldest_id=x
    09:00  "Signed In"  user_id=u1 oldest_id=x
    09:10  page         oldest_id=x
    09:20  "Signed In"  user_id=u2 oldest_id=x
    09:30  page         oldest_id=x
  ]],
  expect = {
    profiles = 2,
    owner = { [1] = "user_id=u1", [3] = "user_id=u1", [5] = "user_id=u1", [4] = "user_id=u2" },
    refused = { { "user_id=u2", "oldest_id=x", because = "per_profile" } },
  },
}

scenario "turns: what came before the first sign-in is the first user's, then each has a turn" {
  given = [[
    08:50  page         turns_id=x
    09:00  "Signed In"  user_id=u1 turns_id=x
    09:10  page         turns_id=x
    09:20  "Signed In"  user_id=u2 turns_id=x
    09:30  page         turns_id=x
  ]],
  expect = {
    profiles = 2,
    same_owner = { { 1, 2, 3 }, { 4, 5 } },
    exactly = { { "user_id=u1" }, { "user_id=u2", "turns_id=x" } },
    shared = {},
  },
}

scenario "turns: a user who signs in again and again has one turn" {
  given = [[
    09:00  "Signed In"  user_id=u1 turns_id=x
    09:10  "Signed In"  user_id=u1 turns_id=x
    09:20  page         turns_id=x
    09:30  "Signed In"  user_id=u1 turns_id=x
  ]],
  expect = { profiles = 1, same_owner = { { 1, 2, 3, 4 } } },
}

scenario "reset: after the sign-out it is a stranger's until the next sign-in" {
  given = [[
    09:00  "Signed In"   user_id=u1 reset_id=x
    09:10  "Signed Out"  reset_id=x
    09:15  page          reset_id=x
    09:20  "Signed Out"  reset_id=x
    09:25  "Signed In"   user_id=u2 reset_id=x
    09:30  page          reset_id=x
  ]],
  expect = {
    profiles = 3,
    same_owner = { { 1, 2 }, { 3, 4 }, { 5, 6 } },
    other_owner = { { 2, 3, 5 } },
  },
}

scenario "reset: without a sign-out it goes in turns" {
  given = [[
    09:00  "Signed In"  user_id=u1 reset_id=x
    09:10  page         reset_id=x
    09:20  "Signed In"  user_id=u2 reset_id=x
    09:30  page         reset_id=x
  ]],
  expect = { profiles = 2, same_owner = { { 1, 2 }, { 3, 4 } } },
}

scenario "reset: a sign-in in the second of the sign-out is still before it" {
  given = [[
    09:00  "Signed In"   user_id=u1 reset_id=x
    09:10  "Signed Out"  reset_id=x
    09:10  page          reset_id=x
    09:11  page          reset_id=x
  ]],
  expect = { same_owner = { { 1, 2, 3 } }, other_owner = { { 3, 4 } } },
}

scenario "reset: a sign-out told by an event with two accounts still ends the stretch" {
  given = [[
    09:00  "Signed In"   user_id=u1 reset_id=x
    09:10  "Signed Out"  user_id=u1 user_id=u2 reset_id=x
    09:20  page          reset_id=x
  ]],
  expect = { contradictory = { 2 }, owner = { [3] = "anonymous" }, other_owner = { { 1, 3 } } },
}

scenario "five things of one user are five things of one user under all five policies" {
  given = [[
    09:00  "Signed In"  user_id=u1 ambiguous_id=x newest_id=x oldest_id=x turns_id=x reset_id=x
    09:10  page         reset_id=x
    09:20  page         turns_id=x
  ]],
  expect = {
    profiles = 1,
    exactly = {
      {
        "user_id=u1", "ambiguous_id=x", "newest_id=x", "oldest_id=x", "turns_id=x", "reset_id=x",
      },
    },
  },
}
