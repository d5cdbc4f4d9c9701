-- stopped at 3: expected
segment "x" {
  title = = 1
}
