segment "vip" {
  title = "T",
  owner = "a@b.example",
  because = "B.",
  who = all {
    evnt "A",
  },
}
