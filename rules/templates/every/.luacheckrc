-- For luacheck: the words of rule files. `kinfold check` knows more.
std = {
  read_globals = {
    "assert", "error", "ipairs", "math", "pairs", "select", "string", "table", "tonumber", "tostring",
    "type",
  },
}
max_line_length = 100
read_globals = {
  "account_trait", "after", "all", "anniversary", "any", "any_event", "at_hours", "at_least",
  "at_least_of", "at_most", "attribution", "before", "between", "bgnbd", "bucket", "by_source",
  "channel", "channel_group", "computed", "consent", "contains", "custom", "date", "days",
  "days_since", "difference", "ends_with", "event", "everything", "exists", "expect", "export",
  "file", "first_touch", "flag", "fraud", "holdout", "hours", "identifier", "identifiers",
  "ignore_values", "in_list", "in_month", "instant", "is", "is_none_of", "is_not", "is_one_of",
  "last_touch", "less_than", "limits", "link", "logistic", "matches", "member", "members",
  "minutes", "missing", "momentum", "money", "months", "more_than", "network", "never_link",
  "none", "older_than", "on_weekday", "percent", "percentiles", "property", "ratio", "rfm",
  "scenario", "score", "seconds", "segment", "sequence", "since", "starts_with", "suppress",
  "time_between", "total", "touch", "trait", "transfer", "travel_speed", "use", "version", "weeks",
  "within", "within_next", "years",
}
exclude_files = { "rules/meta" }
