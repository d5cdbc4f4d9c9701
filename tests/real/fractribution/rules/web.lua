identifiers {
  user_id = { rank = 1, per_profile = 1 },
  anonymous_id = { rank = 2, when_shared = "last_login" },
}

link "browser" {
  title = "A signed-in browser belongs to the account",
  owner = "analytics@example.com",
  because = "The tracker writes both together.",
  when = any_event(),
  connect = { "user_id", "anonymous_id" },
  strength = "observed",
}

computed "revenue" {
  title = "Revenue so far",
  owner = "analytics@example.com",
  because = "Compared with the publisher's conversions.",
  is = any_event():sum "revenue",
  unit = "USD",
}

channel_group "default" {
  title = "Channels as the publisher of the data names them",
  owner = "analytics@example.com",
  because = "Compared with the publisher's sessions.",
  { name = "Direct", when = touch { source = "(direct)" } },
  { name = "Video", when = touch { source = "youtube.com" } },
  {
    name = "Search",
    when = any {
      touch { medium = "organic" },
      touch { medium = "cpc" },
    },
  },
  { name = "Referral", when = touch { medium = "referral" } },
}

segment "came_by_search" {
  title = "Came by a search engine, paid or not",
  owner = "analytics@example.com",
  because = "Compared with the publisher's sessions.",
  who = touch { channel = "Search" },
}

segment "came_by_video" {
  title = "Came by a video",
  owner = "analytics@example.com",
  because = "Compared with the publisher's sessions.",
  who = touch { channel = "Video" },
}
