segment "a" {
  title = "T",
  owner = "a@b.example",
  because = "B.",
  who = segment "b",
}
segment "b" {
  title = "T",
  owner = "a@b.example",
  because = "B.",
  who = none { segment "a" },
}
