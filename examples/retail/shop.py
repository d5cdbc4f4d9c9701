"""The invented shop: its people, devices, catalogue and the crowd that visits it. Used by generate.py."""
import base64
import csv
import hashlib
import io
import json
import random
from datetime import datetime, timedelta, timezone

UTC = timezone.utc
BEGIN = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
OPENING = datetime(2025, 12, 31, 23, 0, tzinfo=UTC)  # New Year in Berlin; nothing happens before it
END = datetime(2026, 6, 30, 15, 0, tzinfo=UTC)  # nor after it

FIRST = """Ada Alma Bela Carlo Dina Edda Emil Fina Gero Hanno Ilka Ines Jarl Jola Kaja Karlo Lene Levi Malte Mira
Nils Nora Odin Olga Piet Pola Quirin Rafa Runa Selma Sven Tilda Timo Ulla Udo Vera Vito Wanda Wim Ylva""".split()
LAST = """Apfelkern Birnbaum Butterblum Distelfink Eulenspiel Fichtenberg Gansblum Haselnuss Igelhof Johanniskraut
Kieselstein Lindenblatt Mohnfeld Nebelhorn Ofenrohr Pflaumenhut Quittenmus Rosenkohl Sonnentau Tannenzapf Uferschilf
Veilchenau Wiesengrund Zimtstern""".split()

COUNTRIES = {  # share, currency, time zone, locale, price factor in hundredths
    "DE": (55, "EUR", "Europe/Berlin", "de-DE", 100),
    "AT": (12, "EUR", "Europe/Vienna", "de-AT", 102),
    "NL": (10, "EUR", "Europe/Amsterdam", "nl-NL", 104),
    "CH": (12, "CHF", "Europe/Zurich", "de-CH", 115),
    "SE": (11, "SEK", "Europe/Stockholm", "sv-SE", 1120),
}
CATALOGUE = [  # id, name, category, price in cents
    ("p-101", "Wool scarf", "accessories", 2490), ("p-102", "Felt hat", "accessories", 3990),
    ("p-103", "Leather belt", "accessories", 2990), ("p-104", "Canvas bag", "accessories", 1990),
    ("p-201", "Rain jacket", "outdoor", 11990), ("p-202", "Trekking boots", "outdoor", 14950),
    ("p-203", "Daypack 22 l", "outdoor", 7450), ("p-204", "Thermos flask", "outdoor", 2450),
    ("p-205", "Tent for two", "outdoor", 21900), ("p-301", "Linen shirt", "clothing", 4990),
    ("p-302", "Striped jumper", "clothing", 5990), ("p-303", "Denim trousers", "clothing", 6990),
    ("p-304", "Summer dress", "clothing", 5490), ("p-305", "Socks, three pairs", "clothing", 1290),
    ("p-401", "Teapot", "home", 3490), ("p-402", "Beeswax candle", "home", 990),
    ("p-403", "Wool blanket", "home", 8900), ("p-404", "Wall clock", "home", 4450),
    ("p-501", "Wooden train", "toys", 3290), ("p-502", "Kite", "toys", 1890),
]
PRODUCT = {p[0]: p for p in CATALOGUE}

WEB_AGENTS = [
    ("Mozilla/5.0 (X11; Linux x86_64) ExampleBrowser/12.1", "Linux", "x86_64"),
    ("Mozilla/5.0 (Windows NT 10.0) ExampleBrowser/12.3", "Windows", "10"),
    ("Mozilla/5.0 (Macintosh) ExampleBrowser/11.9", "macOS", "14.4"),
    ("Mozilla/5.0 (iPhone) ExampleBrowser/12.2 Mobile", "iOS", "17.4"),
    ("Mozilla/5.0 (Android 14) ExampleBrowser/12.3 Mobile", "Android", "14"),
]
CAMPAIGNS = [  # id, name, ad group id, ad group
    ("2001", "brand_search", "3001", "shop name"),
    ("2002", "outdoor_search", "3002", "boots"),
    ("2003", "home_search", "3003", "blankets"),
]
CONSENT = {
    "all": {"Functional": True, "Analytics": True, "Advertising": True},
    "measured": {"Functional": True, "Analytics": True, "Advertising": False},
    "none": {"Functional": False, "Analytics": False, "Advertising": False},
    "absent": None,
}


def iso(t):
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + f"{t.microsecond // 1000:03d}Z"


def berlin(t):
    """Clock time in Berlin of 2026: summer time from 29 March to 25 October, 01:00 UTC."""
    summer = datetime(2026, 3, 29, 1, tzinfo=UTC) <= t < datetime(2026, 10, 25, 1, tzinfo=UTC)
    return t + timedelta(hours=2 if summer else 1)


def at(text):
    """'01-20 18:40[:05]' of 2026, UTC."""
    text = text if text.count(":") == 2 else text + ":00"
    return datetime.strptime("2026-" + text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def units(cents):
    return round(cents / 100, 2)


def digest(*parts):
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def guid(*parts, upper=False):
    h = digest("guid", *parts)
    text = f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:32]}"
    return text.upper() if upper else text


def gclid(*parts):
    raw = hashlib.sha256("/".join(map(str, ("gclid",) + parts)).encode()).digest()
    return "Cj0KCQ" + base64.urlsafe_b64encode(raw[:21]).decode()


def salesforce_id(n, length=18):
    """003…: the 15 characters that tell upper from lower case, and the three that make up for it."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    tail, k = "", int(digest("crm", n)[:12], 16)
    for _ in range(5):
        tail, k = tail + letters[k % 62], k // 62
    short = f"0035g0{n:04d}{tail}"
    if length == 15:
        return short
    suffix = "".join(
        alphabet[sum(1 << i for i, c in enumerate(short[at5:at5 + 5]) if c.isupper())] for at5 in (0, 5, 10))
    return short + suffix


class Person:
    def __init__(self, user_id, first, last, email, country="DE", consent="all", phone=None):
        self.user_id, self.first, self.last, self.email = user_id, first, last, email
        self.country, self.consent, self.phone = country, consent, phone
        _, self.currency, self.zone, self.locale, self.factor = COUNTRIES[country]


class Device:
    """A browser (`kind` web) or an installed app (ios, android)."""

    def __init__(self, kind, anonymous_id, ip, agent=0, device_id=None, advertising_id=None, token=None, version=None):
        self.kind, self.anonymous_id, self.ip, self.agent = kind, anonymous_id, ip, agent
        self.device_id, self.advertising_id, self.token, self.version = device_id, advertising_id, token, version
        self.appsflyer_id = None

    def context(self):
        if self.kind == "web":
            agent, os, version = WEB_AGENTS[self.agent]
            return {"ip": self.ip, "userAgent": agent, "os": {"name": os, "version": version}}
        ios = self.kind == "ios"
        device = {"id": self.device_id, "type": self.kind, "model": "Phone 9" if ios else "Slate 4"}
        if self.advertising_id:
            device["advertisingId"] = self.advertising_id
        if self.token:
            device["token"] = self.token
        return {"ip": self.ip, "device": device, "app": {"name": "Shop", "version": self.version or "4.2.1"},
                "os": {"name": "iOS" if ios else "Android", "version": "17.4" if ios else "14"}}


class World:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.web, self.app, self.contacts, self.clicks, self.installs = [], [], [], [], []
        self.refunds, self.tills, self.notes = [], [], {}
        self.serial = 0

    # -- chance, from random() alone
    def below(self, n):
        return int(self.rng.random() * n)

    def pick(self, items):
        return items[self.below(len(items))]

    def chance(self, percent):
        return self.rng.random() * 100 < percent

    def weighted(self, pairs):
        left = self.rng.random() * sum(w for _, w in pairs)
        for value, w in pairs:
            left -= w
            if left < 0:
                return value
        return pairs[-1][0]

    def some_time(self, first=BEGIN, last=END):
        """A moment of a shopping day between two instants."""
        span = max(1, (last - first).days)
        day = (first + timedelta(days=self.below(span))).replace(hour=0, minute=0, second=0, microsecond=0)
        return day + timedelta(hours=6 + self.below(15), minutes=self.below(60), seconds=self.below(60))

    def number(self):
        self.serial += 1
        return self.serial

    # -- events
    def emit(self, kind, name, t, person=None, device=None, props=None, traits=None, context=None, consent="person",
             to=None, message_id=None, extra=None, late=None, skew=None):
        """One Segment event; `device` None: sent by a server. Returns it, or None outside the half year."""
        if not OPENING <= t <= END:
            return None
        n = self.number()
        e = {"type": kind}
        if kind == "track":
            e["event"] = name
        elif name:
            e["name"] = name
        e["messageId"] = message_id or f"m{n:05d}-{digest('m', n)[:8]}"
        if device:
            e["anonymousId"] = device.anonymous_id
        if person and person.user_id:
            e["userId"] = person.user_id
        wait = late or timedelta(milliseconds=200 + int(digest("w", n)[:4], 16) % 1800)
        off = skew or timedelta()
        e["timestamp"] = iso(t)
        e["originalTimestamp"] = iso(t + off)
        e["sentAt"] = iso(t + off + wait)
        e["receivedAt"] = iso(t + wait)
        e["channel"] = "server" if not device else "browser" if device.kind == "web" else "mobile"
        ctx = device.context() if device else {}
        if device and person and person.locale:
            ctx["locale"], ctx["timezone"] = person.locale, person.zone
        who = CONSENT[person.consent] if consent == "person" and person and device else \
            CONSENT.get(consent) if isinstance(consent, str) else consent
        if who is not None:
            ctx["consent"] = {"categoryPreferences": who}
        for k, v in (context or {}).items():
            ctx[k] = {**ctx[k], **v} if isinstance(v, dict) and k in ctx else v
        e["context"] = ctx
        if traits is not None:
            e["traits"] = traits
        if props is not None:
            e["properties"] = props
        e.update(extra or {})
        (to if to is not None else self.app if device and device.kind != "web" else self.web).append(e)
        return e

    def page(self, t, person, device, path="/", source=None, known=False):
        """A page that may start a session with a campaign; `source`: cpc, mail, social, organic."""
        who = person if known else anonymous(person)
        page = {"url": "https://www.shop.example.com" + path}
        ctx = {"page": page}
        if source == "cpc":
            camp = CAMPAIGNS[int(digest("c", device.anonymous_id, t)[:4], 16) % 3]
            click = gclid(device.anonymous_id, t)
            ctx["campaign"] = {"source": "google", "medium": "cpc", "name": camp[1], "gclid": click}
            page["url"] += "?gclid=" + click
            self.click(click, camp, t)
        elif source == "mail":
            ctx["campaign"] = {"source": "newsletter", "medium": "email", "name": berlin(t).strftime("week_%V")}
        elif source == "social":
            ctx["campaign"] = {"source": "example-social", "medium": "cpc", "name": "spring_outfits"}
        elif source == "organic":
            page["referrer"] = "https://search.example.net/"
        return self.emit("page", None, t, who, device, {"path": path}, context=ctx)

    def track(self, name, t, person, device=None, props=None, **more):
        return self.emit("track", name, t, person, device, props or {}, **more)

    def signed_in(self, t, person, device, **more):
        return self.track("Signed In", t, person, device, {"method": "password"}, **more)

    def sign_up(self, t, person, device):
        traits = {"email": person.email, "firstName": person.first, "lastName": person.last,
                  "address": {"country": person.country}}
        self.emit("identify", None, t, person, device, traits=traits)
        self.track("Account Created", t + timedelta(seconds=2), person, device, {"method": "password"},
                   context={"traits": {"email": person.email}})
        self.signed_in(t + timedelta(seconds=3), person, device)

    def order(self, t, person, device, basket, cents=None, coupon=None, known=True, order_id=None, currency=None,
              steps=True, **more):
        """Cart, checkout and order. `basket`: product ids. `cents`: what the goods shall sum to."""
        who = person if known else anonymous(person)
        currency = currency or person.currency
        factor = {"EUR": COUNTRIES[person.country][4] if person.currency == "EUR" else 100,
                  "CHF": 115, "SEK": 1120, "GBP": 88}[currency]
        items, total = [], 0
        for pid in basket:
            price = PRODUCT[pid][3] * factor // 100
            items.append([pid, price])
            total += price
        if cents:
            items[-1][1] += cents - total
            total = cents
        n = self.number()
        order_id = order_id or f"o-{n:05d}"
        cart = "k" + order_id[1:]
        if steps:
            for k, (pid, price) in enumerate(items):
                self.track("Product Added", t - timedelta(minutes=9 - k), who, device,
                           {"cart_id": cart, "product_id": pid, "price": units(price), "currency": currency,
                            "quantity": 1})
            if coupon:
                self.track("Coupon Applied", t - timedelta(minutes=3), who, device,
                           {"cart_id": cart, "coupon": coupon})
            self.track("Checkout Started", t - timedelta(minutes=2), who, device,
                       {"cart_id": cart, "email": person.email, "revenue": units(total), "currency": currency})
        shipping = 0 if total >= 5000 * factor // 100 else 490 * factor // 100
        tax = total * 19 // 100
        props = {"order_id": order_id, "cart_id": cart, "email": person.email, "revenue": units(total),
                 "shipping": units(shipping), "tax": units(tax), "total": units(total + shipping + tax),
                 "currency": currency, "shipping_address": {"country": person.country},
                 "products": [{"product_id": pid, "category": PRODUCT[pid][2], "price": units(price), "quantity": 1}
                              for pid, price in items]}
        if coupon:
            props["coupon"] = coupon
        self.track("Order Completed", t, who, device, props, **more)
        return order_id, total, currency

    def mail(self, t, person, template, opened=None, bounced=None, kind="marketing"):
        """A mail that the mail service reports by address; with the account where the service knows it."""
        n = self.number()
        props = {"email": person.email, "message_id": f"mail-{n:05d}", "template": template, "kind": kind}
        self.track("Email Sent", t, person, None, props)
        if opened:
            self.track("Email Opened", t + opened, anonymous(person), None,
                       {"email": person.email, "message_id": props["message_id"]})
        if bounced:
            self.track("Email Bounced", t + timedelta(minutes=1), anonymous(person), None,
                       {"email": person.email, "message_id": props["message_id"], "type": bounced})

    # -- other systems
    def click(self, click_id, camp, t):
        self.clicks.append((t, click_id, camp))

    def contact(self, n, person, changed, phone="", length=18, tier="", marketing=None, opted_out=False,
                do_not_call=False, deleted=False, master="", created=None, email=None, user_id=None):
        self.contacts.append({
            "Id": salesforce_id(n, length), "Email": person.email if email is None else email, "Phone": phone,
            "FirstName": person.first, "LastName": person.last, "HasOptedOutOfEmail": str(opted_out).lower(),
            "DoNotCall": str(do_not_call).lower(), "IsDeleted": str(deleted).lower(), "MasterRecordId": master,
            "CreatedDate": iso(created or BEGIN - timedelta(days=100 + n % 400)), "LastModifiedDate": iso(changed),
            "CurrencyIsoCode": person.currency, "Loyalty_Tier__c": tier,
            "Shop_User_Id__c": (person.user_id or "") if user_id is None else user_id,
            "Marketing_OK__c": "" if marketing is None else str(marketing).lower()})
        return salesforce_id(n)

    def install(self, touch, t, device, event="install", event_time=None, media="", campaign="", user_id="",
                revenue="", currency="", value="", agent=None, ip=None):
        """A row of AppsFlyer's raw data; times are UTC, as its exports write them."""
        stamp = lambda x: x.strftime("%Y-%m-%d %H:%M:%S") if x else ""
        ios = device.kind == "ios"
        self.installs.append({
            "Attributed Touch Type": "click" if touch else "", "Attributed Touch Time": stamp(touch),
            "Install Time": stamp(t), "Event Time": stamp(event_time or t), "Event Name": event, "Event Value": value,
            "Event Revenue": revenue, "Event Revenue Currency": currency, "Media Source": media or "organic",
            "Campaign": campaign, "AppsFlyer ID": device.appsflyer_id,
            "IDFA": (device.advertising_id or "") if ios else "",
            "Advertising ID": "" if ios else (device.advertising_id or ""), "IP": ip or device.ip,
            "App Version": device.version or "4.2.1", "Platform": device.kind, "Customer User ID": user_id,
            "User Agent": agent or ("ExampleApp/4.2 (Phone 9)" if ios else "ExampleApp/4.2 (Slate 4)")})

    def install_app(self, t, device, media="", campaign="", touch=None):
        device.appsflyer_id = f"{int(t.timestamp() * 1000)}-{int(digest('af', device.device_id)[:12], 16)}"
        self.install(touch, t, device, media=media, campaign=campaign)
        self.track("Application Installed", t + timedelta(seconds=4), None, device,
                   {"version": device.version or "4.2.1"}, consent="absent")

    def refund(self, t, order_id, cents, currency, person, reason):
        self.refunds.append((t, f"r-{len(self.refunds) + 1:04d}", order_id, cents, currency, person.user_id or "",
                             reason))

    def till(self, t, person, cents, store, by="email"):
        n = len(self.tills) + 1
        self.tills.append((t, f"t-{n:05d}", store, person.email if by == "email" else "",
                           person.user_id if by == "card" else "", cents, "EUR"))
        return f"t-{n:05d}"

    # -- files
    def write(self, out):
        for name in ("web", "app"):
            events = getattr(self, name)
            events.sort(key=lambda e: (e["receivedAt"], e["messageId"]))
            lines = [json.dumps(e, ensure_ascii=False, separators=(",", ":")) for e in events]
            for place, line in self.notes.get("lines", {}).get(name, []):
                lines.insert(place - 1, line)
            self.save(out / f"{name}.jsonl", "\n".join(lines) + "\n")
        self.contacts.sort(key=lambda c: (c["LastModifiedDate"], c["Id"]))
        self.table(out / "contacts.csv", self.contacts, quoting=csv.QUOTE_ALL,
                   ragged=self.notes.get("ragged_contact"))
        self.installs.sort(key=lambda r: (r["Event Time"], r["AppsFlyer ID"], r["Event Name"]))
        self.table(out / "appsflyer_installs.csv", self.installs)
        self.write_ads(out)
        self.write_tills(out)
        rates = [f"{day},{cur},{rate}" for day, cur, rate in exchange_rates()]
        self.save(out / "rates.csv", "day,currency,rate\n" + "\n".join(rates) + "\n")

    def save(self, path, text, encoding="utf-8"):
        path.write_bytes(text.encode(encoding))

    def table(self, path, rows, quoting=csv.QUOTE_MINIMAL, ragged=None):
        buf = io.StringIO()
        w = csv.DictWriter(buf, fieldnames=list(rows[0]), quoting=quoting, lineterminator="\n")
        w.writeheader()
        w.writerows(rows)
        lines = buf.getvalue().splitlines()
        if ragged:
            lines.insert(ragged[0] - 1, ragged[1])
        self.save(path, "\n".join(lines) + "\n")

    def write_ads(self, out):
        customer = {"id": "1234567890", "currencyCode": "EUR", "timeZone": "Europe/Berlin"}
        dump = lambda row: json.dumps(row, separators=(",", ":"))
        rows = []
        for t, click_id, camp in sorted(self.clicks):
            rows.append(dump({
                "clickView": {"gclid": click_id}, "campaign": {"id": camp[0], "name": camp[1]},
                "adGroup": {"id": camp[2], "name": camp[3]},
                "segments": {"date": berlin(t).strftime("%Y-%m-%d"), "device": "DESKTOP", "adNetworkType": "SEARCH"},
                "customer": customer}))
        self.save(out / "google_ads_clicks.jsonl", "\n".join(rows) + "\n")
        cost, flat = [], ["campaign.id,campaign.name,adGroup.id,adGroup.name,segments.date,metrics.costMicros,"
                          "metrics.clicks,metrics.impressions,customer.currencyCode"]
        for day in range(181):
            date = (BEGIN + timedelta(days=day)).strftime("%Y-%m-%d")
            for camp in CAMPAIGNS:
                h = int(digest("cost", date, camp[0])[:8], 16)
                clicks = 3 + h % 9
                micros = clicks * (180000 + h % 140000)
                shown = clicks * (18 + h % 13)
                cost.append(dump({
                    "campaign": {"id": camp[0], "name": camp[1]}, "adGroup": {"id": camp[2], "name": camp[3]},
                    "segments": {"date": date},
                    "metrics": {"costMicros": str(micros), "clicks": str(clicks), "impressions": str(shown)},
                    "customer": {"currencyCode": "EUR"}}))
                flat.append(f"{camp[0]},{camp[1]},{camp[2]},{camp[3]},{date},{micros},{clicks},{shown},EUR")
        self.save(out / "google_ads_cost.jsonl", "\n".join(cost) + "\n")
        self.save(out / "google_ads_cost.csv", "\n".join(flat) + "\n")

    def write_tills(self, out):
        rows = ["Erstattungsnummer;Bestellnummer;Datum;Kunde;Betrag;Währung;Grund"]
        for t, number, order_id, cents, currency, user_id, reason in sorted(self.refunds):
            amount = f"{cents // 100},{cents % 100:02d}"
            rows.append(";".join((number, order_id, berlin(t).strftime("%d.%m.%Y %H:%M"), user_id, amount, currency,
                                  reason)))
        ragged = self.notes.get("ragged_refund")
        if ragged:
            rows.insert(ragged[0] - 1, ragged[1])
        self.save(out / "refunds.csv", "\r\n".join(rows) + "\r\n", "latin-1")
        rows = ["receipt_no,store,sold_at,email,customer_card,total,currency"]
        for t, number, store, email, card, cents, currency in sorted(self.tills):
            rows.append(f"{number},{store},{berlin(t).strftime('%Y-%m-%d %H:%M')},{email},{card},"
                        f"{cents // 100}.{cents % 100:02d},{currency}")
        self.save(out / "offline_conversions.csv", "\n".join(rows) + "\n")


def anonymous(person):
    """The same visitor before anybody signed in: consent and locale stay, the account does not."""
    if person is None:
        return None
    return Person(None, person.first, person.last, person.email, person.country, person.consent)


def exchange_rates():
    """Every Monday from before the first event; a row holds until the next."""
    day = datetime(2025, 12, 29, tzinfo=UTC)
    while day <= END:
        k = (day - datetime(2025, 12, 29, tzinfo=UTC)).days // 7
        yield day.strftime("%Y-%m-%d"), "CHF", f"{10580 + (k * 37) % 130}"[:1] + "." + f"{10580 + (k * 37) % 130}"[1:]
        yield day.strftime("%Y-%m-%d"), "SEK", f"0.0{8870 + (k * 53) % 190}"
        day += timedelta(days=7)


# ------------------------------------------------------------------ the crowd

def new_person(w, n, user=True):
    country = w.weighted([(c, v[0]) for c, v in COUNTRIES.items()])
    first, last = w.pick(FIRST), w.pick(LAST)
    email = f"{first}.{last}{n}@example.{w.pick(['com', 'org', 'net'])}".lower()
    consent = w.weighted([("all", 64), ("measured", 18), ("none", 10), ("absent", 8)])
    return Person(f"u{n}" if user else None, first, last, email, country, consent)


def new_browser(w, n, k=0):
    ip = f"10.{n % 200}.{(n * 7 + k) % 250}.{1 + w.below(250)}"
    return Device("web", "w-" + digest("w", n, k)[:12], ip, w.below(len(WEB_AGENTS)))


def new_phone(w, n):
    ios = w.chance(45)
    adid = guid("ad", n, upper=ios)
    if ios and w.chance(60):
        adid = "00000000-0000-0000-0000-000000000000"  # tracking not allowed
    return Device("ios" if ios else "android", "a-" + digest("a", n)[:12],
                  f"10.{n % 200}.{(n * 11) % 250}.{1 + w.below(250)}", device_id=guid("dev", n, upper=ios),
                  advertising_id=adid, token="tok-" + digest("tok", n)[:16],
                  version=w.pick(["4.1.0", "4.2.1", "4.10.0"]))


def look_around(w, t, person, device, source=None, known=False, most=1):
    w.page(t, person, device, w.pick(["/", "/outdoor", "/home", "/sale"]), source, known)
    for k in range(w.below(most + 1)):
        p = w.pick(CATALOGUE)
        who = person if known else anonymous(person)
        w.track("Product Viewed", t + timedelta(minutes=1 + k), who, device,
                {"product_id": p[0], "category": p[2], "price": units(p[3] * person.factor // 100),
                 "currency": person.currency})


SOURCES = [(None, 30), ("cpc", 25), ("organic", 25), ("social", 12), ("mail", 8)]


def newsletter(w, person, device, first, mails):
    t = first
    w.track("Newsletter Confirmed", t, anonymous(person), device, {"email": person.email})
    for _ in range(mails):
        t += timedelta(days=7 * (1 + w.below(4)), minutes=w.below(90))
        w.mail(t, person, "weekly", timedelta(hours=1 + w.below(40)) if w.chance(45) else None,
               "soft" if w.chance(2) else None)
    if w.chance(6):
        w.track("Newsletter Unsubscribed", t + timedelta(days=1), anonymous(person), None, {"email": person.email})
        return False
    return True


def customer(w, n):
    person, browser = new_person(w, n), new_browser(w, n)
    start = w.some_time(BEGIN, END - timedelta(days=9))
    if w.chance(30):
        look_around(w, start - timedelta(days=1 + w.below(6)), person, browser, w.weighted(SOURCES))
    w.page(start, person, browser, "/", w.weighted(SOURCES))
    w.sign_up(start + timedelta(minutes=4), person, browser)
    marketing = None
    if w.chance(60):
        marketing = newsletter(w, person, browser, start + timedelta(minutes=20), 1 + w.below(4))
    phone = None
    if w.chance(46):
        phone = new_phone(w, n)
        when = start + timedelta(days=w.below(20), hours=2)
        touch = when - timedelta(minutes=1 + w.below(300)) if w.chance(55) else None
        if when < END:
            w.install_app(when, phone, "socialpark_int" if touch else "", "app_spring" if touch else "", touch)
            w.signed_in(when + timedelta(minutes=2), person, phone)
            if w.chance(50):
                w.install(touch, when, phone, "af_complete_registration", when + timedelta(minutes=3),
                          "socialpark_int" if touch else "", "app_spring" if touch else "", person.user_id)
    t = start + timedelta(hours=1)
    for k in range(w.weighted([(0, 20), (1, 34), (2, 20), (3, 12), (4, 7), (6, 5), (8, 2)])):
        basket = [w.pick(CATALOGUE)[0] for _ in range(w.weighted([(1, 60), (2, 30), (3, 10)]))]
        device = phone if phone and w.chance(65) else browser
        if t > END:
            break
        if device is phone:
            w.track("Application Opened", t - timedelta(minutes=12), person, device, {"version": device.version})
            w.emit("screen", "Home", t - timedelta(minutes=11), person, device, {})
        else:
            look_around(w, t - timedelta(minutes=14), person, device, w.weighted(SOURCES), k > 0)
        oid, cents, currency = w.order(t, person, device, basket, coupon="WELCOME10" if k == 0 and w.chance(15) else
                                       "SPRING5" if w.chance(8) else None, steps=w.chance(25))
        if w.chance(12):
            back = t + timedelta(days=3 + w.below(25))
            if back < END:
                w.refund(back, oid, cents if w.chance(50) else cents // 2, currency, person,
                         w.pick(["Größe passt nicht", "gefällt nicht", "beschädigt", "zu spät"]))
        t += timedelta(days=4 + w.below(40), minutes=w.below(300))
    if w.chance(25):
        t = w.some_time(start + timedelta(days=1), END)
        p = w.pick(CATALOGUE)
        w.page(t, person, browser, "/", w.weighted(SOURCES), True)
        w.track("Product Added", t + timedelta(minutes=4), person, browser,
                {"cart_id": f"k-left-{n}", "product_id": p[0], "price": units(p[3] * person.factor // 100),
                 "currency": person.currency, "quantity": 1})
    if w.chance(20):
        w.track("Signed Out", min(t + timedelta(minutes=9), END), person, browser)
    if person.country in ("DE", "AT") and w.chance(30):
        for _ in range(1 + w.below(3)):
            w.till(w.some_time(start, END), person, 900 + 10 * w.below(900), w.pick(["Berlin", "Köln", "Wien"]),
                   w.pick(["email", "card"]))
    if w.chance(76):
        changed = w.some_time(start, END - timedelta(days=1))
        tel = f"+49 30 23125-{n % 900 + 100}" if person.country == "DE" and n < 2900 else f"+44 7700 900{n % 1000:03d}"
        w.contact(n, person, changed, phone=tel if w.chance(70) else "", length=15 if w.chance(15) else 18,
                  tier=w.weighted([("", 50), ("bronze", 25), ("silver", 17), ("gold", 8)]),
                  marketing=marketing if marketing is not None else (True if w.chance(15) else None),
                  opted_out=marketing is False, do_not_call=w.chance(6), created=start - timedelta(days=w.below(2)))


def crowd(w):
    for n in range(3001, 3161):  # visitors who stay unknown
        person, browser = new_person(w, n, False), new_browser(w, n)
        for _ in range(1 + w.below(2)):
            look_around(w, w.some_time(), person, browser, w.weighted(SOURCES))
    for n in range(3201, 3261):  # readers
        person, browser = new_person(w, n, False), new_browser(w, n)
        t = w.some_time(BEGIN, END - timedelta(days=10))
        w.page(t - timedelta(minutes=6), person, browser, "/newsletter", w.weighted(SOURCES))
        newsletter(w, person, browser, t, 1 + w.below(4))
    for n in range(3301, 3361):  # guests
        person, browser = new_person(w, n, False), new_browser(w, n)
        t = w.some_time(BEGIN + timedelta(days=1), END - timedelta(days=1))
        look_around(w, t - timedelta(minutes=20), person, browser, w.weighted(SOURCES))
        w.order(t, person, browser, [w.pick(CATALOGUE)[0]], known=False, steps=w.chance(30))
    for n in range(3401, 3431):  # known to customer service only
        person = new_person(w, n, False)
        w.contact(n, person, w.some_time(BEGIN, END - timedelta(days=1)), phone=f"+44 7700 900{n % 1000:03d}",
                  tier="bronze", marketing=w.chance(40), length=18)
    for n in range(2001, 2201):
        customer(w, n)
