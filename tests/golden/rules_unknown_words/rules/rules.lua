segment "vip" {
  title = "T",
  owner = "a@b.example",
  because = "B.",
  who = all {
    trait "lifecycle_stge":is("new"),
    event "A":witin(days(3)),
  },
  exept = event "B",
}
trait "lifecycle_stage" {
  title = "T",
  owner = "a@b.example",
  because = "B.",
  from = { "traits.stage" },
}
