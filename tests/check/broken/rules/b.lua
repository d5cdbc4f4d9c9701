segment "b" {
  title = "B"
  owner = "b@example.com",
}
