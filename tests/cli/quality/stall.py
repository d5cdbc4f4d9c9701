"""A market stall whose data has every fault once or more, and the program on it."""
import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile

KINFOLD = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
BASE = tempfile.mkdtemp(prefix="kinfold-stall-")
atexit.register(shutil.rmtree, BASE, ignore_errors=True)
failures = 0

YAML = """zone: Europe/Berlin
currency: EUR
rules: rules
store: kinfold.db
sources:
  - { name: web, plugin: source_segment, path: web.jsonl, cadence: realtime }
  - name: tills
    plugin: source_csv
    path: tills.csv
    cadence: schedule
    cron: "0 22 * * *"
    options: { event: Till Sale, message_id: [id], fields: { id: receipt, at: time, card: { to: user_id, as: identifier }, total: { to: revenue, type: money }, currency: currency } }
  - name: returns
    plugin: source_csv
    path: returns.csv
    cadence: approval
    options: { event: Order Refunded, zone: UTC, fields: { at: time, card: { to: user_id, as: identifier } } }
destinations:
  - { name: file, plugin: destination_csv, options: { path: out.csv } }
money: [revenue, total, shipping, tax, discount]
"""
RULES = """identifiers { user_id = { rank = 1 }, email = { rank = 2, normalise = "email" } }
link "login" {
  title = "Signing in", owner = "a@stall", because = "A password.",
  when = any { any_event(), event "identify" }, connect = { "user_id", "email" }, strength = "verified",
}
consent "marketing" { title = "Offers", owner = "p@stall", because = "A tick.", from = { "segment:Marketing" } }
channel "email" { title = "Mail", owner = "m@stall", because = "Cheap.", contact = "email", requires_consent = "marketing" }
suppress "returned" { title = "Returned goods", owner = "m@stall", because = "Cross.", who = event "Order Refunded", blocks = everything }
flag "office" {
  title = "Our own", owner = "a@stall", because = "We test.", when = event "Product Viewed":where { coupon = "OFFICE" }, leave_out = true,
}
segment "buyers" { title = "Bought", owner = "m@stall", because = "Thanks.", who = event "Order Completed" }
segment "at_till" { title = "At the till", owner = "m@stall", because = "Thanks.", who = event "Till Sale" }
segment "returners" { title = "Brought back", owner = "m@stall", because = "Ask.", who = event "Order Refunded" }
export "mail" {
  title = "Mail to buyers", owner = "m@stall", because = "Weekly.", segment = "buyers", channel = "email", to = "file", identifiers = { "email" },
}
attribution "sales" {
  title = "Credit", owner = "m@stall", because = "Budget.", outcome = event "Order Completed", value = "revenue", model = "last", look_back = days(30),
}
"""
DAY = "2026-03-02T"


class Web:
    """Lines of the web source; an event is received a second after it happened unless said."""
    def __init__(self):
        self.lines, self.n = [], 0

    def add(self, name=None, at="10:00:00", id=None, user="u1", received=None, sent=None, kind="track", context=None, **properties):
        self.n += 1
        time = at if "T" in at else DAY + at + "Z"
        e = {"type": kind, "messageId": id or "m-%03d" % self.n, "userId": user, "timestamp": time}
        e["receivedAt"] = received or time
        if sent:
            e.update(originalTimestamp=sent[0], sentAt=sent[1])
            del e["timestamp"]
        if name:
            e["event"] = name
        if context:
            e["context"] = context
        if properties:
            e["traits" if kind == "identify" else "properties"] = properties
        self.lines.append(json.dumps(e))
        return self


def order(w, id, **more):
    p = dict(order_id=id, revenue=20.0, shipping=3.0, tax=2.0, total=25.0, currency="EUR", quantity=1)
    p.update(more)
    w.add("Order Completed", at="11:%02d:%02d" % (w.n // 60, w.n % 60), **{k: v for k, v in p.items() if v is not None})


def web():
    w = Web()
    for i in range(30):                                                          # 1-30: sound orders
        order(w, "o-%d" % i)
    order(w, None)                                                               # 31: required_missing
    order(w, "o-x", currency=None)                                               # 32: required_missing, no_currency
    order(w, "o-euro", currency="EURO")                                          # 33: currency, required_missing (a currency)
    order(w, "o-yen", currency="JPY", revenue=20.5, total=25.5)                  # 34: decimals
    order(w, "o-minus", revenue=-20.0, total=-15.0)                              # 35: sign
    order(w, "o-sum", total=26.0)                                                # 36: adds_up
    order(w, "o-sale", total=22.0, discount=3.0)                                 # 37: right, with the discount
    order(w, "o-text", quantity="two")                                           # 38: type_mismatch
    order(w, "o-7")                                                              # 39: same_order
    w.add("Order Refunded", at="12:00:00", revenue=-5, currency="EUR")           # 40: negative, and right
    w.add("Product Viewed", at="12:01:00", id="twin-1", sku="a")                 # 41
    w.add("Product Viewed", at="12:01:00", id="twin-2", sku="a")                 # 42: same_content
    w.add("Product Viewed", at="12:02:00", sku="b").add("product_viewed", at="12:03:00", sku="b")  # 43, 44: name_variant
    w.add("View u-1234567", at="12:04:00")                                       # 45: dynamic_name
    for i in range(10):
        w.add("Step %d" % i, at="12:05:%02d" % i)                                # 46-55: ten names that differ in a number
    w.add("Late", at="2026-01-01T10:00:00Z", received=DAY + "10:00:00Z")         # 56: stale
    w.add("Early", at="13:00:00", received=DAY + "12:54:59Z")                    # 57: future, by a second
    w.add("Early", at="13:00:00", received=DAY + "12:55:00Z", user="u2")         # 58: five minutes: allowed
    w.add("Slow Clock", sent=(DAY + "09:00:00Z", DAY + "09:00:01Z"), received=DAY + "12:00:01Z")  # 59: clock_skew, by three hours
    w.add("Local", at="14:00:00", received=DAY + "13:00:01Z", context={"timezone": "Europe/Berlin"})  # 60: zone_mismatch, and future
    w.add("Local", at="14:00:00", received=DAY + "14:00:01Z", user="u2", context={"timezone": "Europe/Berlin"})  # 61: right
    w.add("Local", at="14:00:00", received=DAY + "14:00:02Z", context={"timezone": "UTC"})            # 62: right
    w.add("Product Viewed", at="15:00:00", is_test=True)                         # 63: looks_like_test, unlabelled
    w.add("Product Viewed", at="15:01:00", is_test=True, coupon="OFFICE")        # 64: looks_like_test, and labelled
    w.add("Product Viewed", at="15:02:00", is_test=False)                        # 65: no test
    w.add("Product Viewed", at="15:03:00", context={"userAgent": "Mozilla/5.0 HeadlessChrome/120"})   # 66: looks_like_test, unlabelled
    w.add(kind="identify", user="u1", at="16:00:00", email="ida@stall.shop")     # 67: no_consent_said
    w.add(kind="identify", user="u2", at="16:00:01", email="bo@stall.shop", context={"consent": {"categoryPreferences": {"Marketing": True}}})  # 68
    w.add("Product Viewed", at="15:03:00", id="m-066", context={"userAgent": "Mozilla/5.0 HeadlessChrome/120"})  # delivered again: same_id
    w.add("Product Viewed", at="15:02:00", id="m-065", received=DAY + "15:10:00Z", sku="other")           # the same, and says something else
    return w.lines


TILLS = """id,at,card,total,currency
t-1,2026-03-02 09:00:00,u1,5.00,EUR
t-2,2026-03-29 02:30:00,u2,5.00,EUR
t-3,2026-03-02T09:30:00+01:00,u3,5.00,EUR
t-4,yesterday,u3,5.00,EUR
"""  # t-1: no_offset; t-2: dst_gap; t-3: sound; t-4: quarantined
RETURNS = "at,card\n2026-03-02T10:00:00Z,u1\n"


def check(what, found, wanted):
    global failures
    if found == wanted:
        print("  ok   %s: %.90r" % (what, found))
    else:
        failures += 1
        print("  FAIL %s:\n    found  %.1500r\n    wanted %.1500r" % (what, found, wanted))


def check_in(what, part, whole):
    check(what, part if part in whole else whole, part)


def done():
    sys.exit(1 if failures else 0)


class Stall:
    def __init__(self, name, rules=""):
        self.dir = os.path.join(BASE, name)
        os.makedirs(self.path("rules"))
        self.write("kinfold.yaml", YAML)
        self.write("rules/stall.lua", RULES + rules)
        self.write("web.jsonl", "\n".join(web()) + "\n")
        self.write("tills.csv", TILLS)
        self.write("returns.csv", RETURNS)
        self.clock = 1774994400  # 2026-03-31T22:00:00Z, midnight in Berlin

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text, mode="w"):
        with open(self.path(name), mode) as f:
            f.write(text)

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def call(self, *words):
        r = subprocess.run([KINFOLD, *words], cwd=self.dir, capture_output=True, text=True,
                           env=dict(os.environ, SOURCE_DATE_EPOCH=str(self.clock), USER="tester", LC_ALL="C.UTF-8"))
        return r.returncode, r.stdout, r.stderr

    def must(self, *words, code=0):
        r = self.call(*words)
        if r[0] != code:
            check("%s: exit" % " ".join(words), r, code)
        return r[1]

    def json(self, *words, code=0):
        d = json.loads(self.must(*words, "--json", code=code))
        valid(d)
        return d


def valid(d):
    import jsonschema
    with open(os.path.join(HERE, "../../schemas", d["schema"].replace("/", "-") + ".json")) as f:
        bad = sorted(e.message for e in jsonschema.Draft202012Validator(json.load(f)).iter_errors(d))
    check("%s: schema" % d["schema"], bad, [])


def golden(name, text):
    path = os.path.join(HERE, "golden", name)
    if os.environ.get("KF_GOLDEN_WRITE"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
    with open(path) as f:
        check(name, text, f.read())
