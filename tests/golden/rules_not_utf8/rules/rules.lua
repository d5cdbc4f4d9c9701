segment "café" {
}
