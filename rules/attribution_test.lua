-- What attribution.lua promises. Times are UTC. Credit is not evaluated yet: its scenarios say so,
-- and begin to count by themselves when it is.

scenario "a campaign's words say which channel it is" {
  given = [[
    2026-03-01 09:00  page  user_id=u1 context.campaign.source=google context.campaign.medium=cpc
    2026-03-01 09:00  page  user_id=u2 context.campaign.source=Bing context.campaign.medium=PPC
    2026-03-01 09:00  page  user_id=u3 context.campaign.source=instagram
      context.campaign.medium=paid_social
    2026-03-01 09:00  page  user_id=u4 context.campaign.source=partner context.campaign.medium=cpa
    2026-03-01 09:00  page  user_id=u5 context.campaign.source=partner context.campaign.medium=cpc
    2026-03-01 09:00  page  user_id=u6 context.campaign.source=google context.campaign.medium=cpm
    2026-03-01 09:00  page  user_id=u7 context.campaign.source=example.org
      context.campaign.medium=Banner
    2026-03-01 09:00  page  user_id=u8 context.campaign.source=crm context.campaign.medium=Email
    2026-03-01 09:00  page  user_id=u9 context.campaign.source=spring_newsletter
      context.campaign.medium=link
    2026-03-01 09:00  page  user_id=u10 context.campaign.source=example.org
      context.campaign.medium=affiliates
    2026-03-01 09:00  page  user_id=u11 context.campaign.source=app
      context.campaign.medium=mobile_push
    2026-03-01 09:00  page  user_id=u12 context.campaign.source=shop context.campaign.medium=sms
    2026-03-01 09:00  page  user_id=u13 context.campaign.source=facebook
      context.campaign.medium=post
    2026-03-01 09:00  page  user_id=u14 context.campaign.source=duckduckgo
      context.campaign.medium=organic
    2026-03-01 09:00  page  user_id=u15 context.campaign.source=example.org
      context.campaign.medium=referral
    2026-03-01 09:00  page  user_id=u16 context.campaign.source=poster context.campaign.medium=qr
  ]],
  expect = {
    channels = {
      default = {
        [1] = "Paid Search",
        [2] = "Paid Search",
        [3] = "Paid Social",
        [4] = "Paid Other",
        [5] = "Paid Other",
        [6] = "Display",
        [7] = "Display",
        [8] = "Email",
        [9] = "Newsletter",
        [10] = "Affiliates",
        [11] = "Push",
        [12] = "SMS",
        [13] = "Organic Social",
        [14] = "Organic Search",
        [15] = "Referral",
        [16] = "Unassigned",
      },
    },
  },
}

scenario "without words it is where people come from that counts" {
  given = [[
    2026-03-01 09:00  page  user_id=u1
    2026-03-01 09:00  page  user_id=u2 context.page.url="https://shop.example.com/cart"
      context.page.referrer="https://shop.example.com/"
    2026-03-01 09:00  page  user_id=u3 context.page.referrer="https://www.google.de/"
    2026-03-01 09:00  page  user_id=u4 context.page.referrer="https://www.google.de/"
      context.campaign.gclid=abc
    2026-03-01 09:00  page  user_id=u5 context.page.referrer="https://l.instagram.com/?u=1"
    2026-03-01 09:00  page  user_id=u6 context.page.referrer="https://blog.example.org/tents"
  ]],
  expect = {
    channels = {
      default = {
        [1] = "Direct",
        [2] = "Direct",
        [3] = "Organic Search",
        [4] = "Paid Search",
        [5] = "Organic Social",
        [6] = "Referral",
      },
    },
  },
}

scenario "an order is owed to what brought people, not to the visit it was made in" {
  given = [[
    2026-03-01 10:00  page  user_id=u1 context.campaign.source=google context.campaign.medium=cpc
    2026-03-05 10:00  page  user_id=u1 context.campaign.source=crm context.campaign.medium=email
    2026-03-08 10:00  page  user_id=u1
    2026-03-08 10:10  "Order Completed"  user_id=u1 order_id=o1 revenue=100 currency=EUR
  ]],
  expect = {
    channels = { default = { [1] = "Paid Search", [2] = "Email", [3] = "Direct" } },
    credit = {
      last_touch = { [4] = { [2] = money(100, "EUR") } },
      first_and_last = {
        [4] = { [1] = money(40, "EUR"), [2] = money(20, "EUR"), [3] = money(40, "EUR") },
      },
    },
  },
}

scenario "what began it has its share for less than ninety days" {
  given = [[
    2026-03-01 10:00  page  user_id=u1 context.campaign.source=google context.campaign.medium=cpc
    2026-03-01 10:00  page  user_id=u2 context.campaign.source=google context.campaign.medium=cpc
    2026-05-30 09:40  page  user_id=u1
    2026-05-30 09:59  "Order Completed"  user_id=u1 order_id=o1 revenue=100 currency=EUR
    2026-05-30 09:50  page  user_id=u2
    2026-05-30 10:00  "Order Completed"  user_id=u2 order_id=o2 revenue=100 currency=EUR
  ]],
  expect = {
    credit = {
      first_and_last = {
        [4] = { [1] = money(50, "EUR"), [3] = money(50, "EUR") },
        [6] = { [5] = money(100, "EUR") },
      },
    },
  },
}
