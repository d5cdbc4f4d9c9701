#!/usr/bin/env python3
"""Writes the records of the template retail, which `kinfold init` copies:  sample.py [--check]

The same bytes on every machine: nothing is random and no clock is read. --check compares and changes nothing. All people are
invented; domains are example.*, addresses those of RFC 5737, telephone numbers those kept free for film and drama."""
import json
import os
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "rules", "templates", "retail", "data")
SHOP = "https://shop.example.com"
BROWSER = "Mozilla/5.0 (Windows NT 10.0) ExampleBrowser/14.1"
GOODS = {
    "tent": ("p-101", "camping", 189.0),
    "stove": ("p-102", "camping", 84.0),
    "boots": ("p-201", "shoes", 149.9),
    "socks": ("p-202", "shoes", 18.0),
    "jacket": ("p-301", "clothing", 210.0),
    "cap": ("p-302", "clothing", 24.5),
}
streams = {"web": [], "app": [], "mail": []}
count = 0


def event(stream, at, call, name=None, user=None, anonymous=None, context=None, **properties):
    """`at`: "2026-04-20 18:02", UTC. Later by a second each, as they arrive."""
    global count
    count += 1
    day, clock = at.split(" ")
    moment = "%sT%s:00.000Z" % (day, clock)
    e = {"type": call, "messageId": "m-%04d" % count}
    if name:
        e["event" if call == "track" else "name"] = name
    if user:
        e["userId"] = user
    if anonymous:
        e["anonymousId"] = anonymous
    e["timestamp"] = moment
    e["receivedAt"] = moment.replace(":00.000Z", ":01.000Z")
    e["channel"] = {"web": "browser", "app": "mobile", "mail": "server"}[stream]
    e["context"] = context or {}
    e["traits" if call == "identify" else "properties"] = properties
    streams[stream].append((e["timestamp"], json.dumps(e, ensure_ascii=False, separators=(",", ":"))))


def browser(ip, yes=None, campaign=None, page="/"):
    """yes: "FAA" switches Functional, Analytics and Advertising on, "f" would switch Functional off; None: no banner."""
    c = {"ip": ip, "userAgent": BROWSER, "locale": "de-DE", "timezone": "Europe/Berlin", "page": {"url": SHOP + page}}
    if yes:
        c["consent"] = {"categoryPreferences": {
            "Functional": yes[0] == "F", "Analytics": yes[1] == "A", "Advertising": yes[2] == "A"}}
    if campaign:
        c["campaign"] = {"source": campaign, "medium": "cpc", "name": "outdoor"}
    return c


def device(number, token=None, yes="FAA"):
    c = {"device": {"id": number, "type": "android", "model": "Slate 8"}, "os": {"name": "Android", "version": "15"},
         "app": {"name": "Shop", "version": "3.2.0"}, "timezone": "Europe/Berlin", "ip": "203.0.113.50",
         "consent": {"categoryPreferences": {"Functional": yes[0] == "F", "Analytics": True, "Advertising": yes[2] == "A"}}}
    if token:
        c["device"]["token"] = token
    return c


def order(stream, at, number, user, goods, context=None, anonymous=None, country="DE", coupon=None, email=None, cart=None):
    items = [{"product_id": GOODS[g][0], "category": GOODS[g][1], "price": GOODS[g][2], "quantity": 1} for g in goods]
    revenue = round(sum(GOODS[g][2] for g in goods), 2)
    p = {"order_id": number, "revenue": revenue, "shipping": 4.9, "tax": 0, "total": round(revenue + 4.9, 2), "currency": "EUR",
         "products": items, "shipping_address": {"country": country}}
    p.update({k: v for k, v in (("coupon", coupon), ("email", email), ("cart_id", cart)) if v})
    event(stream, at, "track", "Order Completed", user, anonymous, context, **p)


def account(at, user, email, ip, anonymous, yes="FAA", campaign=None):
    event("web", at, "page", "Home", anonymous=anonymous, context=browser(ip, yes, campaign))
    event("web", at[:-1] + "4", "track", "Account Created", user, context=browser(ip), email=email)
    event("web", at[:-1] + "5", "track", "Signed In", user, anonymous, browser(ip))


def newsletter(at, email):
    event("mail", at, "track", "Newsletter Confirmed", email=email)


def mail(at, number, email, opened=None):
    event("mail", at, "track", "Email Sent", message_id=number, email=email, kind="marketing")
    if opened:
        event("mail", opened, "track", "Email Opened", message_id=number, email=email)


def anna():
    """Valuable, silent since April, may be called. In the mornings the tablet is hers."""
    account("2025-11-28 18:00", "u1001", "anna@example.com", "203.0.113.10", "w-anna", campaign="google")
    order("web", "2025-12-03 19:20", "o-1001", "u1001", ["tent"], browser("203.0.113.10"), "w-anna")
    newsletter("2025-12-03 19:40", "anna@example.com")
    order("web", "2026-02-11 20:05", "o-1002", "u1001", ["boots"], browser("203.0.113.10"), "w-anna")
    event("app", "2026-03-30 07:10", "track", "Application Installed", None, "tab-kitchen", device("d-kitchen"))
    event("app", "2026-03-30 07:12", "track", "Signed In", "u1001", "tab-kitchen", device("d-kitchen"))
    order("app", "2026-04-02 07:30", "o-1003", "u1001", ["stove"], device("d-kitchen"), "tab-kitchen")
    event("web", "2026-04-20 18:02", "page", "Returns", "u1001", "w-anna", browser("203.0.113.10", page="/returns"))
    for number, day in enumerate(("2026-05-05", "2026-05-19", "2026-06-02", "2026-06-16"), 1):
        mail(day + " 08:00", "a-%d" % number, "anna@example.com")


def gus():
    """Signs in on the same tablet in the evening; one order in May."""
    event("web", "2026-05-09 17:00", "track", "Account Created", "u1007", context=browser("203.0.113.10"), email="gus@example.com")
    event("app", "2026-05-10 19:00", "track", "Signed In", "u1007", "tab-kitchen", device("d-kitchen"))
    order("app", "2026-05-10 19:20", "o-1010", "u1007", ["cap", "socks"], device("d-kitchen"), "tab-kitchen")
    event("app", "2026-05-11 19:30", "track", "Product Viewed", None, "tab-kitchen", device("d-kitchen"), product_id="p-301")
    newsletter("2026-05-12 19:00", "gus@example.com")


def others_at_risk():
    """Bert does not want calls, Cleo did not agree to offers, Paula is on the list of objections."""
    for user, name, ip, goods in (("u1002", "bert@example.com", "203.0.113.11", ["jacket", "tent"]),
                                  ("u1003", "cleo@example.com", "203.0.113.12", ["jacket", "boots"]),
                                  ("u1012", "paula@example.net", "203.0.113.13", ["jacket", "stove", "boots"])):
        account("2026-01-12 10:00", user, name, ip, "w-" + user)
        order("web", "2026-01-15 11:00", "o-2" + user[2:], user, goods, browser(ip), "w-" + user)


def dana():
    """A champion: four orders since March, the last one reported twice."""
    account("2026-03-01 09:00", "u1004", "dana@example.com", "203.0.113.14", "w-dana")
    newsletter("2026-03-01 09:30", "dana@example.com")
    for number, (day, goods) in enumerate((("2026-03-03", ["boots"]), ("2026-04-07", ["jacket"]), ("2026-05-12", ["socks", "cap"]),
                                           ("2026-06-22", ["stove"])), 1):
        order("web", day + " 12:00", "o-400%d" % number, "u1004", goods, browser("203.0.113.14"), "w-dana", "AT")
    order("web", "2026-06-22 12:03", "o-4004", "u1004", ["stove"], browser("203.0.113.14"), "w-dana", "AT")
    for number, day in enumerate(("2026-06-03", "2026-06-10", "2026-06-24"), 1):
        mail(day + " 07:30", "d-%d" % number, "dana@example.com", day + " 08:15")
    event("app", "2026-06-25 06:30", "track", "Application Installed", None, "app-dana", device("d-dana"))
    event("app", "2026-06-25 06:31", "track", "Signed In", "u1004", "app-dana", device("d-dana", "tok-dana"))
    event("app", "2026-06-30 06:40", "track", "Application Opened", "u1004", "app-dana", device("d-dana", "tok-dana"))


def carts():
    """Emil left a cart and may be reminded; so did Jan, whose address bounces, and Kim, who never agreed."""
    for user, email, ip in (("u1005", "emil@example.com", "203.0.113.15"), ("u1010", "jan@example.com", "203.0.113.16"),
                            ("u1011", "kim@example.com", "203.0.113.17")):
        account("2026-06-29 16:30", user, email, ip, "w-" + user)
        if email != "kim@example.com":
            newsletter("2026-06-29 16:50", email)
        event("web", "2026-06-29 17:00", "track", "Product Added", user, "w-" + user, browser(ip), cart_id="k-" + user,
              product_id="p-201", price=149.9, currency="EUR")
    event("mail", "2026-06-30 05:00", "track", "Email Bounced", email="jan@example.com", type="hard")


def buyers():
    """Fay is new, Hugo comes for the coupons, Ida is back after nine months."""
    account("2026-06-20 15:00", "u1006", "fay@example.com", "203.0.113.18", "w-fay")
    order("web", "2026-06-20 15:20", "o-1006", "u1006", ["boots", "socks"], browser("203.0.113.18"), "w-fay", "CH")
    account("2026-04-01 11:00", "u1008", "hugo@example.com", "203.0.113.19", "w-hugo", "FAa")
    for number, (day, coupon) in enumerate((("2026-04-01", "WELCOME10"), ("2026-04-22", "SPRING"), ("2026-05-20", "MAY")), 1):
        order("web", day + " 11:30", "o-800%d" % number, "u1008", ["cap"], browser("203.0.113.19"), "w-hugo", coupon=coupon)
    account("2025-09-01 13:00", "u1009", "ida@example.com", "203.0.113.20", "w-ida")
    newsletter("2025-09-01 13:10", "ida@example.com")
    order("web", "2025-09-01 13:20", "o-9001", "u1009", ["socks"], browser("203.0.113.20"), "w-ida")
    order("web", "2026-06-25 13:20", "o-9002", "u1009", ["jacket"], browser("203.0.113.20"), "w-ida")


def nuisances():
    """What every shop finds in its data: coupons used twice, bots, ourselves, values of nobody, guests who said no."""
    for user, day in (("u1021", "2026-06-10"), ("u1022", "2026-06-11")):
        event("app", day + " 20:00", "track", "Account Created", user, context=device("d-voucher"), email=user + "@example.org")
        order("app", day + " 20:10", "o-" + user, user, ["socks"], device("d-voucher"), coupon="WELCOME10")
    for minute in ("00", "01"):
        event("web", "2026-06-15 03:" + minute, "page", "Sale", anonymous="w-bot",
              context={"ip": "198.51.100.9", "userAgent": "ExampleBot/2.1 (+https://bot.example.net)", "page": {"url": SHOP + "/sale"}})
    order("web", "2026-06-16 09:00", "o-test", "u-test", ["tent"], browser("192.0.2.5"))
    for minute, email in (("10", "lia@example.com"), ("20", "max@example.com")):
        event("web", "2026-06-17 10:" + minute, "track", "Account Created", "null", context=browser("203.0.113.21"), email=email)
    event("web", "2026-06-18 11:00", "page", "Home", anonymous="w-guest", context=browser("203.0.113.22", "faa"))
    order("web", "2026-06-18 11:20", "o-guest", None, ["cap"], browser("203.0.113.22"), "w-guest", email="nora@example.com")
    event("web", "2026-07-01 10:05", "page", "Home", anonymous="w-late", context=browser("203.0.113.23", "FAA"))


CONTACTS = """\
"Id","Email","Phone","FirstName","LastName","MailingCountry","HasOptedOutOfEmail","DoNotCall","MasterRecordId","LastModifiedDate","Loyalty_Tier__c","Account_Type__c","Shop_User_Id__c","Marketing_OK__c"
"0035g00002An001AAA","anna@example.com","+49 30 23125-101","Anna","Aster","DE","false","false","","2026-04-21T09:00:00.000Z","silver","customer","u1001","true"
"0035g00002Be002AAA","bert@example.com","+49 30 23125-102","Bert","Birke","DE","false","true","","2026-02-02T09:00:00.000Z","","customer","u1002","true"
"0035g00002Cl003AAA","cleo@example.com","+49 30 23125-103","Cleo","Clematis","DE","false","false","","2026-02-03T09:00:00.000Z","","customer","u1003","false"
"0035g00002Da004AAA","dana@example.com","+43 1 2312-5104","Dana","Distel","AT","false","false","","2026-03-05T09:00:00.000Z","gold","customer","u1004","true"
"0035g00002Pa012AAA","paula@example.net","+49 30 23125-190","Paula","Platane","DE","false","false","","2026-02-04T09:00:00.000Z","","customer","u1012","true"
"0035g00002Of021AAA","office@example.net","","Olga","Orchidee","DE","false","false","","2026-03-10T09:00:00.000Z","","business","",""
"0035g00002Of022AAA","office@example.net","","Otto","Olive","DE","false","false","","2026-03-11T09:00:00.000Z","","business","",""
"0035g00002Da099AAA","dana.old@example.com","","Dana","Distel","AT","false","false","0035g00002Da004AAA","2026-03-05T09:05:00.000Z","","customer","",""
"""
REFUNDS = """\
refund_no,order_no,paid_at,customer,amount,currency
r-1001,o-1002,2026-02-25 10:00,u1001,49.90,EUR
r-4001,o-4002,2026-04-15 10:00,u1004,24.50,EUR
"""


def files():
    for story in (anna, gus, others_at_risk, dana, carts, buyers, nuisances):
        story()
    out = {"contacts.csv": CONTACTS, "refunds.csv": REFUNDS}
    for name, lines in streams.items():
        lines.sort(key=lambda x: x[0])
        out[name + ".jsonl"] = "".join(line + "\n" for _, line in lines)
    again = out["web.jsonl"].splitlines(True)[0]
    out["web.jsonl"] += again + out["web.jsonl"].splitlines(True)[-1][:60] + "\n"  # delivered twice; cut off
    return out


def main():
    stale = 0
    for name, text in files().items():
        path = os.path.join(FOLDER, name)
        if sys.argv[1:] == ["--check"]:
            if open(path, encoding="utf-8").read() != text:
                print("%s is not what sample.py writes" % name)
                stale = 1
        else:
            os.makedirs(FOLDER, exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
    return stale


if __name__ == "__main__":
    sys.exit(main())
