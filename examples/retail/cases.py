"""The cases that are in the data on purpose, and the page that lists them. Used by generate.py.

Nothing here draws a random number, so every id below is the same for every seed.
"""
from datetime import timedelta

from shop import Device, Person, World, at, anonymous, digest, gclid, guid, iso, salesforce_id, CAMPAIGNS

NO_ADID = "00000000-0000-0000-0000-000000000000"
FARM_DAY = "04-18"
BOTS = [
    "ExampleBot/2.1 (+https://bot.example.net/about)",
    "shopcrawler/0.9 (price watch; https://crawler.example.org)",
    "Mozilla/5.0 (compatible; exampleBOT-images/1.0)",
]


def browser(name, ip, agent=1):
    return Device("web", name, ip, agent)


def phone(name, ip, kind="android", adid=None, version="4.2.1"):
    return Device(kind, f"app-{name}", ip, device_id=f"dev-{name}", advertising_id=adid or guid("case", name),
                  token=f"tok-{name}", version=version)


def person(n, first, last, country="DE", consent="all", email=None):
    return Person(f"u{n}", first, last, email or f"{first}.{last}@example.com".lower(), country, consent)


def view(w, when, who, device, product, known=True, **more):
    w.track("Product Viewed", at(when), who if known else anonymous(who), device, {"product_id": product}, **more)


def sign_up(w, when, who, device, newsletter=False):
    w.page(at(when), who, device, "/account/new")
    w.sign_up(at(when) + timedelta(minutes=3), who, device)
    if newsletter:
        w.track("Newsletter Confirmed", at(when) + timedelta(minutes=9), anonymous(who), device, {"email": who.email})


# ------------------------------------------------------------------ people

def people(w: World):
    w.said = {}
    family(w)
    crm_cases(w)
    consent_cases(w)
    money_cases(w)
    fraud_cases(w)
    clock_cases(w)
    call_list(w)
    baskets(w)


def family(w):
    anna = Person("u1001", "Anna", "Apfelkern", "anna@example.com")
    ben = Person("u1002", "Ben", "Apfelkern", "ben@example.com")
    laptop, mobile = browser("web-anna-laptop", "10.21.4.17"), phone("anna-phone", "10.77.3.9")
    desk, tablet = browser("web-ben-desk", "10.21.4.17", 0), phone("family-tablet", "10.21.4.17")

    first = at("01-06 19:12")
    w.page(first, anna, laptop, "/outdoor/boots", "cpc")
    w.said["anna_gclid"] = gclid(laptop.anonymous_id, first)
    view(w, "01-06 19:13", anna, laptop, "p-202", False)
    view(w, "01-06 19:17", anna, laptop, "p-203", False)
    w.page(at("01-09 20:05"), anna, laptop, "/outdoor/boots")
    view(w, "01-09 20:06", anna, laptop, "p-202", False)
    sign_up(w, "01-20 18:40", anna, laptop, newsletter=True)
    w.order(at("01-20 19:02"), anna, laptop, ["p-202"], 12990, "WELCOME10", order_id="o-anna-1")

    touch = at("02-10 07:31")
    w.install_app(at("02-10 07:36"), mobile, "socialpark_int", "app_spring", touch)
    w.track("Application Opened", at("02-10 07:37"), anna, mobile, {"version": "4.2.1"})
    w.signed_in(at("02-10 07:38"), anna, mobile)
    w.install(touch, at("02-10 07:36"), mobile, "af_complete_registration", at("02-10 07:39"), "socialpark_int",
              "app_spring", "u1001")

    sign_up(w, "02-01 20:10", ben, desk)
    w.order(at("02-01 20:31"), ben, desk, ["p-102"], 3990, order_id="o-ben-1")

    w.install_app(at("02-12 17:00"), tablet)
    w.signed_in(at("02-14 09:00"), anna, tablet)
    view(w, "02-14 09:04", anna, tablet, "p-403")
    w.order(at("02-14 09:20"), anna, tablet, ["p-403"], 8900, order_id="o-anna-2")
    w.signed_in(at("02-14 19:00"), ben, tablet)
    view(w, "02-14 19:05", ben, tablet, "p-501", False, message_id="m-tablet-evening")
    view(w, "02-14 19:09", ben, tablet, "p-502", False)
    w.signed_in(at("03-08 10:00"), anna, tablet)
    view(w, "03-08 10:03", anna, tablet, "p-304", False, message_id="m-tablet-morning")
    w.signed_in(at("03-08 20:00"), ben, tablet)
    w.order(at("03-08 20:15"), ben, tablet, ["p-501"], 3290, order_id="o-ben-2")
    view(w, "03-21 16:00", ben, tablet, "p-502", False)

    w.page(at("03-15 11:02"), anna, laptop, "/outdoor", "mail", known=True)
    w.order(at("03-15 11:20"), anna, laptop, ["p-203"], 7450, order_id="o-anna-3")
    w.refund(at("03-25 09:30"), "o-anna-3", 2000, "EUR", anna, "Reißverschluss beschädigt")
    w.said["anna_till"] = w.till(at("04-02 13:22"), anna, 4820, "Berlin")
    w.track("Application Opened", at("04-20 18:00"), anna, mobile, {"version": "4.2.1"})
    w.emit("screen", "Outdoor", at("04-20 18:01"), anna, mobile, {})
    w.order(at("04-20 18:10"), anna, mobile, ["p-201"], 11900, order_id="o-anna-4")
    w.page(at("05-20 08:15"), anna, laptop, "/sale", "mail", known=True)
    for week, opened in enumerate([3, None, 5, None, None, None, None, None]):
        w.mail(at("01-27 08:00") + timedelta(days=19 * week), anna, "weekly",
               timedelta(hours=opened) if opened else None)
    w.mail(at("05-22 08:00"), ben, "order_tips", kind="service")
    w.contact(1, anna, at("06-10 09:00"), "+49 30 23125-001", tier="silver", marketing=True)
    w.contact(2, ben, at("04-11 09:00"), "+49 30 23125-002", tier="", marketing=False)


def crm_cases(w):
    frida, gustav = person(0, "Frida", "Nebelhorn"), person(0, "Gustav", "Nebelhorn")
    for who, n, when in ((frida, 11, "01-14 10:00"), (gustav, 12, "02-03 10:00")):
        who.user_id = None
        w.contact(n, who, at(when), f"+49 30 23125-0{n}", email="office@example.net", marketing=True)
    w.track("Email Sent", at("02-20 08:00"), None, None,
            {"email": "office@example.net", "message_id": "mail-office", "template": "weekly", "kind": "marketing"})
    w.track("Email Opened", at("02-20 09:00"), None, None,
            {"email": "office@example.net", "message_id": "mail-office"}, message_id="m-office-opened")
    jule = person(0, "Jule", "Kieselstein")
    jule.user_id = None
    keeper = w.contact(14, jule, at("03-05 10:00"), "+49 30 23125-014", marketing=True)
    w.contact(13, jule, at("03-05 10:00"), "+49 30 23125-014", deleted=True, master=keeper)

    ann = person(1021, "Kornelia", "Lindenblatt", email="kornelia@firm.example.org")
    bob = person(1021, "Lutz", "Mohnfeld", email="lutz@firm.example.org")
    w.contact(21, ann, at("01-08 10:00"), "+49 30 23125-021")
    w.contact(22, bob, at("02-25 10:00"), "+49 30 23125-022", user_id="")
    firm = person(1021, "Firm", "Account", email="orders@firm.example.org")
    w.order(at("01-19 09:30"), firm, None, ["p-404", "p-401"], order_id="o-firm-1", steps=False)
    w.emit("group", None, at("01-19 09:31"), firm, None, traits={"name": "Example Office Ltd", "plan": "standard"},
           extra={"groupId": "acct-77"})
    w.track("Account Handed Over", at("03-02 00:00"), firm, None, {"new_crm_id": salesforce_id(22)},
            message_id="m-firm-handover")
    w.order(at("03-16 09:30"), firm, None, ["p-404"], order_id="o-firm-2", steps=False)

    hedda, ivo = person(1031, "Hedda", "Ofenrohr"), person(1032, "Ivo", "Pflaumenhut")
    sign_up(w, "01-11 17:00", hedda, browser("web-hedda", "10.40.1.3"))
    sign_up(w, "04-27 17:00", ivo, browser("web-ivo", "10.41.1.3"))
    w.contact(31, hedda, at("01-15 10:00"), "+49 30 23125-031")
    w.contact(32, ivo, at("05-11 10:00"), "+49 30 23125-031")

    shy = browser("web-junk-1", "10.42.1.3")
    for k, (user, when) in enumerate((("null", "02-02 12:00"), ("undefined", "02-03 12:00"), ("null", "03-03 12:00"))):
        who = person(0, "Nobody", "Known")
        who.user_id = user
        device = shy if k == 0 else browser(f"web-junk-{k + 1}", f"10.42.{k + 1}.3")
        w.page(at(when), who, device, "/", known=True)
        w.signed_in(at(when) + timedelta(minutes=1), who, device)
    for k in range(3):
        device = phone(f"junk-{k + 1}", f"10.43.{k + 1}.3", "ios", NO_ADID)
        w.install_app(at(f"02-{11 + k} 12:00"), device)
    nora, odin = person(0, "Nora", "Quittenmus"), person(0, "Odin", "Rosenkohl")
    nora.user_id = odin.user_id = None
    w.contact(41, nora, at("02-09 10:00"), "0000000000", user_id="null")
    w.contact(42, odin, at("02-10 10:00"), "0000000000", user_id="n/a", email="noreply@example.com")

    legacy = person(1071, "Rafa", "Sonnentau")
    home = browser("web-rafa", "10.44.1.3")
    sign_up(w, "02-16 10:00", legacy, home)
    w.emit("alias", None, at("02-16 10:20"), legacy, None, extra={"previousId": "legacy-4711"})
    old = person(0, "Rafa", "Sonnentau")
    old.user_id = "legacy-4711"
    w.order(at("01-13 10:00"), old, None, ["p-104"], order_id="o-legacy-1", steps=False)


def consent_cases(w):
    selma = person(1041, "Selma", "Tannenzapf")
    home = browser("web-selma", "10.50.1.3")
    w.page(at("01-28 20:00"), selma, home, "/home", "organic")
    sign_up(w, "02-04 20:00", selma, home, newsletter=True)
    w.order(at("02-18 20:00"), selma, home, ["p-403", "p-401", "p-201", "p-205"], order_id="o-selma-1")
    w.mail(at("03-03 08:00"), selma, "weekly", timedelta(hours=2))
    w.page(at("05-10 21:00"), selma, home, "/privacy", known=True)
    selma.consent = "none"
    w.track("Consent Preferences Saved", at("05-10 21:04"), selma, home, message_id="m-selma-withdraws")
    w.track("Newsletter Unsubscribed", at("05-10 21:05"), anonymous(selma), None, {"email": selma.email})
    w.page(at("06-02 21:00"), selma, home, "/", known=False)
    w.contact(51, selma, at("05-11 07:00"), "+49 30 23125-051", opted_out=True, marketing=False)

    sven = person(1042, "Sven", "Uferschilf", consent="none")
    w.page(at("03-12 19:00"), sven, browser("web-sven", "10.51.1.3"), "/")
    sign_up(w, "03-12 19:10", sven, browser("web-sven", "10.51.1.3"))
    w.order(at("03-12 19:40"), sven, browser("web-sven", "10.51.1.3"), ["p-302"], order_id="o-sven-1")
    tilda = person(1043, "Tilda", "Veilchenau")
    sign_up(w, "02-20 12:00", tilda, browser("web-tilda", "10.52.1.3"), newsletter=True)
    w.mail(at("03-02 08:00"), tilda, "weekly", bounced="hard")


def money_cases(w):
    timo = person(1051, "Timo", "Wiesengrund")
    sign_up(w, "01-10 15:00", timo, browser("web-timo", "10.60.1.3"))
    w.order(at("01-12 15:00"), timo, browser("web-timo", "10.60.1.3"), ["p-205"], order_id="o-timo-1")
    w.refund(at("06-24 10:15"), "o-timo-1", 21900, "EUR", timo, "Gewährleistung nach fünf Monaten")
    ulla, vera = person(1061, "Ulla", "Zimtstern", "CH"), person(1062, "Vera", "Birnbaum", "SE")
    lake, lab = browser("web-ulla", "10.61.1.3", 2), browser("web-vera", "10.62.1.3", 3)
    sign_up(w, "01-15 18:00", ulla, lake, newsletter=True)
    w.order(at("01-16 18:00"), ulla, lake, ["p-203"], 10000, order_id="o-ulla-1")
    w.order(at("03-17 18:00"), ulla, lake, ["p-203"], 7450, order_id="o-ulla-2", currency="EUR")
    w.refund(at("04-01 12:00"), "o-ulla-1", 10000, "CHF", ulla, "gefällt nicht")
    sign_up(w, "02-15 18:00", vera, lab)
    w.order(at("02-16 18:00"), vera, lab, ["p-301"], 50000, order_id="o-vera-1")
    w.order(at("03-18 18:00"), vera, lab, ["p-301"], 50000, order_id="o-vera-2")
    wim = person(1063, "Wim", "Butterblum", "NL")
    sign_up(w, "03-20 18:00", wim, browser("web-wim", "10.63.1.3"))
    w.order(at("03-21 18:00"), wim, browser("web-wim", "10.63.1.3"), ["p-401"], order_id="o-wim-1", currency="GBP")
    ada = person(1081, "Ada", "Distelfink")
    home = browser("web-ada", "10.64.1.3")
    sign_up(w, "06-05 18:00", ada, home)
    for k, name in enumerate(("m-ada-order", "m-ada-reload")):
        w.order(at(f"06-06 18:0{k}"), ada, home, ["p-304"], order_id="o-ada-1", steps=k == 0, message_id=name)
    testers = (("qa@shop.example.com", None, "10.65.1.3", "o-test-1"), ("dina.test@example.org", "QA-100", "10.65.2.3",
               "o-test-2"), ("udo.office@example.org", None, "198.51.100.5", "o-test-3"))
    for k, (email, coupon, ip, order_id) in enumerate(testers):
        who = person(1085 + k, "Quality", "Assurance", email=email)
        w.order(at(f"03-0{k + 3} 10:00"), who, browser(f"web-test-{k + 1}", ip), ["p-402"], coupon=coupon,
                order_id=order_id, steps=False)


def fraud_cases(w):
    shared = phone("coupon-phone", "10.70.1.3")
    w.install_app(at("05-03 10:00"), shared)
    for k, first in enumerate(("Emil", "Edda", "Enno")):
        who = person(1091 + k, first, "Eulenspiel")
        w.signed_in(at(f"05-0{k + 4} 11:00"), who, shared)
        w.order(at(f"05-0{k + 4} 11:10"), who, shared, ["p-402", "p-305"], coupon="WELCOME10", steps=False,
                order_id=f"o-coupon-{k + 1}")
    mira = person(1101, "Mira", "Fichtenberg")
    here, there = browser("web-mira", "10.71.1.3"), browser("web-not-mira", "192.0.2.77", 0)
    sign_up(w, "03-01 09:00", mira, here)
    place = lambda city, lat, lon: {"location": {"city": city, "latitude": lat, "longitude": lon}}
    w.signed_in(at("04-09 09:00"), mira, here, context=place("Berlin", 52.52, 13.4))
    w.signed_in(at("04-09 11:00"), mira, there, context=place("Sydney", -33.87, 151.21),
                message_id="m-mira-sydney")


def clock_cases(w):
    pola = person(1111, "Pola", "Haselnuss")
    tab = phone("pola-phone", "10.72.1.3")
    w.install_app(at("03-02 08:00"), tab)
    w.signed_in(at("03-02 08:02"), pola, tab, skew=timedelta(hours=3))
    view(w, "03-02 08:05", pola, tab, "p-401", skew=timedelta(hours=3), message_id="m-pola-ahead")
    quirin = person(1112, "Quirin", "Igelhof")
    hut = phone("quirin-phone", "10.73.1.3", "ios")
    w.install_app(at("02-01 08:00"), hut)
    w.signed_in(at("02-01 08:02"), quirin, hut)
    view(w, "02-02 09:00", quirin, hut, "p-202", late=timedelta(days=41), message_id="m-quirin-late")


def call_list(w):
    """People beside Anna who pass, or just do not pass, on the way to the call list."""
    rows = [  # number, first, last, country, orders (day, cents in own currency), what is special
        (1121, "Runa", "Johanniskraut", "DE", (("02-03", 21900), ("03-14", 14950)), "do_not_call"),
        (1122, "Levi", "Gansblum", "DE", (("02-05", 21900), ("03-24", 14950)), "no_marketing"),
        (1123, "Lene", "Gansblum", "DE", (("02-06", 21900), ("06-12", 14950)), "ordered_lately"),
        (1124, "Kaja", "Nebelhorn", "SE", (("02-07", 220000), ("03-03", 180000)), "country"),
        (1125, "Jarl", "Ofenrohr", "AT", (("02-08", 21900), ("03-05", 14950)), "no_phone"),
        (1126, "Gero", "Kieselstein", "DE", (("02-09", 21900), ("03-06", 14950)), "gold"),
        (1127, "Ines", "Lindenblatt", "AT", (("02-10", 21900), ("03-07", 14950)), ""),
        (1128, "Karlo", "Mohnfeld", "DE", (("02-11", 15000), ("03-08", 14999)), "one_cent"),
        (1129, "Vito", "Apfelkern", "DE", (("02-12", 15000), ("03-09", 15000)), "exactly_300"),
    ]
    for k, (n, first, last, country, orders, special) in enumerate(rows):
        who = person(n, first, last, country)
        device = browser(f"web-{first.lower()}", f"10.80.{k + 1}.3", k % 5)
        sign_up(w, "01-3" + str(k % 2) + f" 1{k}:00", who, device, newsletter=special != "no_marketing")
        for j, (day, cents) in enumerate(orders):
            w.order(at(day + " 17:00"), who, device, ["p-205"], cents, order_id=f"o-{first.lower()}-{j + 1}")
        w.contact(60 + k, who, at("05-02 09:00") + timedelta(hours=k),
                  "" if special == "no_phone" else f"+49 30 23125-0{60 + k}", tier="gold" if special == "gold" else "",
                  marketing=False if special == "no_marketing" else True, do_not_call=special == "do_not_call")


def baskets(w):
    for k, (n, first) in enumerate(((1141, "Nils"), (1142, "Olga"), (1143, "Piet"))):
        who = person(n, first, "Quittenmus", "NL")
        device = browser(f"web-{first.lower()}", f"10.90.{k + 1}.3")
        sign_up(w, f"06-2{k} 12:00", who, device, newsletter=n != 1143)
        w.track("Product Added", at("06-27 18:00"), who, device,
                {"cart_id": f"k-{first.lower()}", "product_id": "p-401", "price": 34.9, "currency": "EUR",
                 "quantity": 1})
    who = person(1142, "Olga", "Quittenmus", "NL")
    w.track("Order Completed", at("06-27 20:10"), who, browser("web-olga", "10.90.2.3"),
            {"order_id": "o-olga-1", "cart_id": "k-olga", "email": who.email, "revenue": 34.9, "shipping": 4.9,
             "tax": 6.63, "total": 46.43, "currency": "EUR", "shipping_address": {"country": "NL"},
             "products": [{"product_id": "p-401", "category": "home", "price": 34.9, "quantity": 1}]})


# ------------------------------------------------------------------ machines

def machines(w):
    for k in range(48):
        device = browser(f"web-bot-{k + 1:02d}", f"198.51.100.{200 + k % 16}")
        w.emit("page", None, at(f"0{1 + k % 6}-{1 + k % 27:02d} 03:{k:02d}"), None, device, {"path": "/sale"},
               context={"userAgent": BOTS[k % 3], "page": {"url": "https://www.shop.example.com/sale"}})
    start = at(FARM_DAY + " 02:00")
    for k in range(120):
        device = phone(f"farm-{k:03d}", f"203.0.113.{1 + k % 40}", adid=NO_ADID if k % 6 == 0 else guid("farm", k))
        t = start + timedelta(seconds=67 * k)
        touch = t + timedelta(seconds=5) if k % 20 == 7 else t - timedelta(seconds=1 + k % 4)
        device.appsflyer_id = f"1776477600{k:03d}-{int(digest('farm', k)[:12], 16)}"
        w.install(touch, t, device, media="clickgarden_int", campaign="spring_installs")
        if k % 2 == 0:
            w.track("Application Installed", t + timedelta(seconds=3), None, device, {"version": "4.2.1"},
                    message_id=f"m-farm-{k:03d}")
    for k in range(60):
        t = at("04-17 01:00") + timedelta(seconds=41 * k)
        device = browser(f"web-farm-{k:02d}", f"203.0.113.{41 + k % 20}", 4)
        w.page(t, None, device, "/sale", "cpc")
    w.click(gclid("nobody"), CAMPAIGNS[1], at("03-03 10:00"))


def deliveries(w):
    """What the wire does: deliveries that come twice, lines that are broken."""
    again = []
    for events in (w.web, w.app):
        mine = [e for e in events if e["messageId"] in ("m-ada-order", "m-tablet-evening")]
        more = events[150::83]
        for k, e in enumerate(mine + more):
            copy = dict(e)
            if k % 2:
                later = lambda s: s[:11] + f"{(int(s[11:13]) + 1) % 24:02d}" + s[13:]
                if copy["receivedAt"][11:13] < "23":
                    copy["sentAt"], copy["receivedAt"] = later(copy["sentAt"]), later(copy["receivedAt"])
            again.append(copy["messageId"])
            events.append(copy)
    w.said["again"] = len(again)
    ctx = '"context":{"ip":"10.99.1.1"}'
    stamp = '"timestamp":"2026-03-03T10:00:00.000Z"'
    w.notes["lines"] = {
        "web": [
            (101, '{"type":"page","messageId":"m-bad-1","anonymousId":"w-bad-1",' + stamp + ',"properties":{"path":"/sa'),
            (202, '{"type":"track","event":"Product Viewed","messageId":"m-bad-2","anonymousId":"w-bad-2",' + ctx + "}"),
            (303, '{"messageId":"m-bad-3","anonymousId":"w-bad-3",' + stamp + "," + ctx + "}"),
            (404, '{"type":"trakc","event":"Product Viewed","messageId":"m-bad-4","anonymousId":"w-bad-4",' + stamp + "}"),
            (505, '["type","page","messageId","m-bad-5"]'),
        ],
        "app": [
            (77, '{"type":"screen","name":"Home","messageId":"m-bad-6","anonymousId":"a-bad-6","timestamp":"yesterday"}'),
            (155, '{"type":"track","event":"Application Opened","messageId":"m-bad-7",,' + stamp + "}"),
        ],
    }
    w.notes["ragged_contact"] = (40, f'"{salesforce_id(98)}","ragged@example.com","+49 30 23125-098"')
    w.notes["ragged_refund"] = (20, "r-9999;o-anna-2;12.03.2026 10:00")


# ------------------------------------------------------------------ the page

def document(w):
    crm = lambda n: f"`{salesforce_id(n)}`"
    bad = w.notes["lines"]
    counts = [("web.jsonl", len(w.web) + len(bad["web"]), "lines"), ("app.jsonl", len(w.app) + len(bad["app"]), "lines"),
              ("contacts.csv", len(w.contacts) + 1, "rows"), ("appsflyer_installs.csv", len(w.installs), "rows"),
              ("google_ads_clicks.jsonl", len(w.clicks), "lines"), ("google_ads_cost.jsonl", 181 * 3, "lines"),
              ("refunds.csv", len(w.refunds) + 1, "rows"), ("offline_conversions.csv", len(w.tills), "rows")]
    table = "\n".join(f"| {name} | {n} {unit} |" for name, n, unit in counts)
    places = "\n".join(f"| {name}.jsonl:{place} | {why} |" for name, place, why in (
        ("web", 101, "JSON that ends in the middle"), ("web", 202, "no time at all"), ("web", 303, "no type"),
        ("web", 404, "type `trakc`"), ("web", 505, "a list instead of an object"),
        ("app", 77, "the time is `yesterday`"), ("app", 155, "JSON with two commas")))
    return f"""<!-- written by generate.py -->
# The cases in the data

Half a year, {iso(at("01-01 00:00"))[:10]} to 2026-06-30; look at it as of 2026-07-01. Times are UTC unless said. All
people, domains, networks and numbers are invented or reserved for documentation.

| file | holds |
|---|---|
{table}

`google_ads_cost.csv` is `google_ads_cost.jsonl` as a table, for `source_csv` or a spreadsheet.

## People

| case | ids | what should come out |
|---|---|---|
| Anna | `user_id=u1001`, `email=anna@example.com`, {crm(1)} (CRM), `anonymous_id=web-anna-laptop`, `anonymous_id=app-anna-phone`, `device_id=dev-anna-phone` | one profile; the visits of 6 and 9 January, before the account of 20 January, are hers |
| Anna's ad click | gclid `{w.said["anna_gclid"]}` on 6 January | the same value in `web.jsonl` and `google_ads_clicks.jsonl`; her first touch is google / cpc |
| Anna's orders | `o-anna-1` 129.90, `o-anna-2` 89.00 (on the tablet), `o-anna-3` 74.50 of which 20.00 refunded, `{w.said["anna_till"]}` 48.20 (till), `o-anna-4` 119.00 on 20 April | 5 orders, 460.60 EUR, 440.60 EUR net; none in the last 60 days: `vip_at_risk`, on the call list |
| Ben | `user_id=u1002`, `email=ben@example.com`, {crm(2)}, `anonymous_id=web-ben-desk` | never joined with Anna; orders `o-ben-1`, `o-ben-2`; said no to marketing |
| family tablet | `device_id=dev-family-tablet`, `anonymous_id=app-family-tablet`, `push_token=tok-family-tablet`: Anna signs in 14 February 09:00, Ben 19:00, Anna 8 March 10:00, Ben 20:00 | event `m-tablet-evening` (19:05, not signed in) is Ben's, `m-tablet-morning` (8 March 10:03) is Anna's; at the end the tablet is Ben's; its advertising id, seen with both, is shared and belongs to nobody |
| one mailbox, two CRM records | `email=office@example.net` on {crm(11)} and {crm(12)} | two profiles; the mailbox is shared and belongs to neither, nor does `m-office-opened` |
| merged CRM record | {crm(13)} is deleted, `MasterRecordId` names {crm(14)} | the deleted record makes no customer of its own |
| account handed over | `user_id=u1021` from {crm(21)} to {crm(22)} on 2 March (`m-firm-handover`); group `acct-77` | `o-firm-1` stays with the old contact, `o-firm-2` goes to the new one |
| recycled phone | `phone=+493023125031` on {crm(31)} (January, `u1031`) and {crm(32)} (May, `u1032`) | the number is with `u1032`; the two stay apart |
| junk ids | `userId` `null` and `undefined` (`anonymous_id=web-junk-1` to `-3`), advertising id `{NO_ADID}` (`dev-junk-1` to `-3` and many others), phone `0000000000` ({crm(41)}, {crm(42)}), account `null` and `n/a`, `noreply@example.com` | dropped and counted; they join nobody |
| alias | `previousId` `legacy-4711`, `userId` `u1071` | refused, because a profile has one account (`per_profile`); a steward may `join` them |
| consent withdrawn | `u1041`, {crm(51)}, `anonymous_id=web-selma`: everything denied on 10 May (`m-selma-withdraws`), newsletter left | the browser is no longer tied to the account, nor what it did before; marketing denied; spent over 300 EUR but is in no marketing segment |
| never consented | `u1042`, `anonymous_id=web-sven` | account and browser are two profiles; refusals say `consent` |
| hard bounce | `u1043`, `email=tilda.veilchenau@example.com` | `bounced_address` blocks e-mail |
| late refund | `u1051`, order `o-timo-1` of 12 January (219.00), refunded 24 June | restates January's credit; net revenue 0.00 |
| two currencies | `u1061`: `o-ulla-1` 100.00 CHF (refunded in CHF), `o-ulla-2` 74.50 EUR; `u1062`: twice 500.00 SEK | converted at the rate of each event's own day (`rates.csv`, a rate holds until the next) |
| no rate | `u1063`, order `o-wim-1` in GBP | sums of revenue are undecided; quality reports the currency |
| reloaded thank-you page | `u1081`, order `o-ada-1` twice (`m-ada-order`, `m-ada-reload`) | one order; the second is rejected as `duplicate_orders`; first-time buyer |
| test orders | `o-test-1` (address `qa@shop.example.com`), `o-test-2` (coupon `QA-100`), `o-test-3` (office network 198.51.100.0/28); `u1085` to `u1087` | flag `test_traffic`; count nowhere |
| one coupon, three accounts | `u1091`, `u1092`, `u1093` on `device_id=dev-coupon-phone`, orders `o-coupon-1` to `-3` | the third order is rejected as `coupon_abuse` |
| impossible travel | `u1101`, Berlin and two hours later Sydney on 9 April (`m-mira-sydney`) | suspicious |
| clock three hours ahead | `m-pola-ahead`: `originalTimestamp` 11:05, happened 08:05 on 2 March | counted at 08:05; skew reported |
| 41 days offline | `m-quirin-late`: happened 2 February, received 15 March | counted in February; stale |
| carts | `u1141` left `k-nils` on 27 June; `u1142` ordered `k-olga` two hours later; `u1143` has no marketing consent | only `u1141` is a cart abandoner |

## On the way to the call list

All of them but `u1128` spent 300 EUR or more, were last seen in winter or spring and signed up in January.

| account | why it is or is not called |
|---|---|
| `u1001`, `u1127`, `u1129` | called; `u1129` spent exactly 300.00 EUR |
| `u1121` | in `vip_at_risk`, but asked not to be called (`do_not_call`) |
| `u1122` | said no to marketing: not even in the segment |
| `u1123` | ordered on 12 June: not at risk |
| `u1124` | in the segment, but lives in Sweden, where service does not call |
| `u1125` | in the segment, but has no phone number |
| `u1126` | gold customer: the score card takes 25 points off, 50 is below 60 |
| `u1128` | spent 299.99 EUR |

Of the crowd (default seed) `u2060`, `u2086`, `u2113` and `u2195` are in `vip_at_risk` too, as of 2026-07-01 12:00 UTC; so it has ten
members. `u2060` and `u2195` have no phone number.

## Machines

| case | ids | what should come out |
|---|---|---|
| bots | `anonymous_id=web-bot-01` to `web-bot-48`, three user agents, addresses 198.51.100.200 to .215 | rejected by `bots`, left out |
| click farm | network 203.0.113.0/24: 60 ad clicks on 17 April, 120 installs of `clickgarden_int` from 18 April 02:00 (AppsFlyer) and 60 `Application Installed` (`m-farm-…`), one every 67 seconds | network rejected by `click_farm`; no credit |
| clicks after the install | of those, every 20th from the eighth: touch five seconds after the install (6 rows) | rejected by `late_clicks` |

## The wire

{w.said["again"]} deliveries come twice with the same `messageId`, half of them byte for byte, half an hour later with new `sentAt` and
`receivedAt`; among them `m-ada-order` and `m-tablet-evening`. They count once.

| quarantined | why |
|---|---|
{places}
| contacts.csv:40 | three cells of fifteen |
| refunds.csv:20 | three cells of seven |

`refunds.csv` is Latin-1 with semicolons, decimal commas, CRLF and Berlin clock times; `offline_conversions.csv` has Berlin clock
times too; about one CRM id in seven is written with 15 characters.
"""
