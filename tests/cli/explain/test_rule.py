#!/usr/bin/env python3
"""kinfold explain of one decision, of everybody, of orders; each report as text and as a document with a schema.

Golden screens lie in golden/; KF_GOLDEN_WRITE=1 writes them. Read the difference before committing it."""
from datetime import datetime, timedelta
import json
import os
import re
import shutil
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.join(here, "..", "..", "..")
sys.path.insert(0, os.path.join(here, "..", "basics"))
from basics import HOME, done, expect, expect_in, kinfold, problems, shop  # noqa: E402

try:
    import jsonschema
except ImportError:
    jsonschema = None
    print("SKIP: schemas are not looked at, python3-jsonschema is not installed")

ANNA = "email:anna@example.com"
folder = shop("rule")
used = set()


def text(*words, status=0, at=folder):
    r = kinfold("explain", *words, cwd=at)
    expect("explain %s: exit" % " ".join(words), (r.returncode, r.stderr if r.returncode == 0 else ""), (status, ""))
    for line in r.stdout.splitlines():
        if len(line) > 100:
            problems.append("explain %s: %d columns: %s" % (" ".join(words), len(line), line))
    return r.stdout


def document(*words, status=0, at=folder):
    r = kinfold("explain", *words, "--json", cwd=at)
    expect("explain %s --json: exit" % " ".join(words), r.returncode, status)
    d = json.loads(r.stdout)
    used.add(d["schema"])
    if jsonschema:
        with open(os.path.join(root, "tests", "schemas", d["schema"].replace("/", "-") + ".json")) as f:
            for e in jsonschema.Draft202012Validator(json.load(f)).iter_errors(d):
                problems.append("explain %s: %s at %s" % (" ".join(words), e.message, list(e.path)))
    return d


def golden(name, *words):
    path = os.path.join(here, "golden", name)
    is_json = name.endswith(".json")
    found = json.dumps(document(*words), indent=1, ensure_ascii=False, sort_keys=True) + "\n" if is_json else text(*words)
    if os.environ.get("KF_GOLDEN_WRITE"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(found)
    with open(path, encoding="utf-8") as f:
        expect("golden/%s" % name, found, f.read())


# ---- whole screens ----
for kind, name in (("segment", "vip_at_risk"), ("segment", "champions"), ("suppression", "no_marketing_consent"), ("channel", "email"),
                   ("export", "vip_call_list"), ("score", "churn_risk"), ("trait", "country"), ("trait", "value_step")):
    golden("%s_%s.txt" % (kind, name), ANNA, "--" + kind, name)
    golden("%s_%s.json" % (kind, name), ANNA, "--" + kind, name)
for kind, name in (("segment", "vip_at_risk"), ("suppression", "fraud_hold"), ("channel", "email"), ("export", "vip_call_list"), ("score", "churn_risk")):
    golden("everybody_%s_%s.txt" % (kind, name), "--" + kind, name)
    golden("everybody_%s_%s.json" % (kind, name), "--" + kind, name)
golden("fraud_coupon_reuse.txt", "fd6ce61f9264e20b", "--fraud", "coupon_reuse")
golden("fraud_coupon_reuse.json", "fd6ce61f9264e20b", "--fraud", "coupon_reuse")

# ---- what they say ----
d = document(ANNA, "--segment", "vip_at_risk")
expect("a member", (d["state"], d["holds"], d["rule"]["name"], d["rule"]["where"]), ("member", True, "vip_at_risk", "rules/segments.lua:53"))
expect("when she leaves", (d["by_time"]["at"], d["by_time"]["state"]), ("2026-12-03T19:20:00Z", "no member"))
first = d["nearest"][0]["changes"][0]
expect("what would put her out", (d["nearest"][0]["becomes"], d["nearest"][0]["size"], first[0]["need"], first[0]["amount"], first[0]["by_time"]),
       ("no member", 1, "one more 'Order Refunded' (once per refund_id) in the last 365 days with a refund of at least 73.01 EUR",
        {"amount": "73.01", "currency": "EUR"}, "2026-12-03T19:20:00Z"))
expect("evidence of the first condition", [e["record"] for e in d["conditions"][2]["events"]],
       ["data/web.jsonl:8", "data/web.jsonl:21", "data/refunds.csv:2", "data/app.jsonl:3"])
said = [c for c in d["conditions"] if c["needs"] == "consent to 'marketing' is granted"][0]
expect("who consented, and where", [(s["said"], s["event"]["record"], s["where"]) for s in said["statements"]],
       [("granted", "data/mail.jsonl:2", "rules/consent.lua:28"), ("granted", "data/contacts.csv:2", "rules/consent.lua:28")])
d = document(ANNA, "--segment", "champions")
expect("two changes", [[c["need"] for c in way] for way in d["nearest"][0]["changes"]],
       [["one more 'Order Completed' (once per order_id)", "one more 'Order Completed' (once per order_id) in the last 365 days"]])
d = document(ANNA, "--trait", "net_revenue_365d")
expect("what a computed trait is made of", [(p["depth"], p["was"], len(p["events"])) for p in d["parts"]], [(0, "373.00 EUR", 0), (1, "422.90 EUR", 3), (1, "49.90 EUR", 1)])
expect("and what it will be", (d["by_time"]["at"], d["by_time"]["value"]), ("2026-12-03T19:20:00Z", "184.00 EUR"))
d = document("829c775a400702fc", "--fraud", "duplicate_orders")
expect("an order reported twice", (d["verdict"], d["reject"], d["looked_at"][0]["verdict"], d["looked_at"][0]["event"]["record"]),
       ("reject", 1, "reject", "data/web.jsonl:48"))
expect("its evidence", [e["record"] for e in d["looked_at"][0]["conditions"][-1]["events"]], ["data/web.jsonl:47", "data/web.jsonl:48"])

# ---- masked ----
for words in ((ANNA, "--segment", "vip_at_risk"), (ANNA, "--channel", "email"), (ANNA, "--trait", "first_name"), (ANNA, "--export", "vip_call_list")):
    for found in (text(*words), json.dumps(document(*words))):
        expect("%s is masked" % (words,), [v for v in ("anna@example.com", "Anna ", '"Anna"', "+49") if v in found.replace("+49***", "")], [])
expect("unmasked", document(ANNA, "--trait", "first_name", "--reveal")["value"], "Anna")

# ---- a list: which of her identifiers is on it ----
paula = ("email:paula@example.net", "--suppression", "do_not_contact")
needs = "an identifier is on the list 'do_not_contact'"
expect("the list", [(c["needs"], c["was"]) for c in document(*paula, "--reveal")["conditions"]], [(needs, "email:paula@example.net")])
expect("the list, masked", [(c["needs"], "paula" in c["was"], c["was"][:7]) for c in document(*paula)["conditions"]], [(needs, False, "email:p")])
expect("Anna is not on it", [(c["needs"], c["was"]) for c in document(ANNA, *paula[1:])["conditions"]], [(needs, None)])
with open(os.path.join(folder, "list_test.lua"), "w") as f:
    f.write('scenario "nobody objects" {\n  given = [[\n    2026-03-01 10:00  "Account Created"  user_id=u1 email=paula@example.net\n  ]],\n'
            '  expect = { suppressed = { do_not_contact = {} } },\n}\n')
failed = kinfold("test", "list_test.lua", cwd=folder).stdout
expect("a scenario says it too", needs + ": was email=paula@example.net" in failed and "0 passed, 1 failed" in failed, True)
os.unlink(os.path.join(folder, "list_test.lua"))

# ---- everybody: the figures are those of the run ----
run = json.loads(kinfold("run", "--force", "--json", cwd=folder).stdout)
for s in run["segments"]:
    d = document("--segment", s["name"])
    expect("%s: as many as the run found" % s["name"], (d["hold"], d["undecided"], d["lack_consent"], d["people"]),
           (s["members"], s["undecided"], s["no_consent"], run["profiles"]))
    expect("%s: the last step is who is in" % s["name"], d["steps"][-1]["left"], s["members"])
    expect("%s: steps only lose" % s["name"], [x["left"] for x in d["steps"]], sorted((x["left"] for x in d["steps"]), reverse=True))
    for c in d["conditions"]:
        expect("%s, condition %d: everybody" % (s["name"], c["number"]), c["true"] + c["false"] + c["undecided"], run["profiles"])
expect("who is kept out by consent alone", [c["keeps_out"] for c in document("--segment", "vip_at_risk")["conditions"] if c["needs"].startswith("consent")], [1])

# ---- words that are wrong ----
for words, part in (((ANNA, "--segment", "vipp"), "there is no segment 'vipp'; did you mean 'vip'?"), ((ANNA, "--segment", "vip", "--score", "churn_risk"), "one decision at a time"),
                    ((ANNA, "--segment", "nothing"), "there is no segment 'nothing'; there are "), ((ANNA, "--score", "risk"), "there is no score 'risk'; there are churn_risk, engagement"),
                    ((ANNA, "--trait", "churn_risk"), "there is no trait 'churn_risk'; it is a score, ask with --score"),
                    (("--segment", "vip", "--and", ANNA), "--and goes with an ID before it"),
                    ((ANNA, "email:gus@example.com", "--segment", "vip"), "about one person"), (("--trait", "country"), "whom?"), ((), "whom?")):
    r = kinfold("explain", *words, cwd=folder)
    expect("%s: exit" % (words,), r.returncode, 64)
    expect_in("%s: said" % (words,), part, r.stderr)

# ---- erased ----
gone = shop("gone")
shutil.copytree(gone, os.path.join(HOME, "kept"))
r = kinfold("erase", "user_id:u1001", "--because", "asked for by letter", "--by", "privacy", "--yes", cwd=gone)
if r.returncode:
    r = kinfold("erase", "user_id:u1001", "--because", "asked for by letter", "--by", "privacy", cwd=gone)
expect("erase", (r.returncode, r.stderr), (0, ""))
found = text(ANNA, status=1, at=gone)
expect("erased, not never seen", re.sub(r"on \d+ \w+ \d{4} [\d:]+", "on DAY", found.replace("\n  ", " ")),
       "email:a***@e***.com~7ba4 was erased on DAY, receipt 1, by privacy: asked for by letter\n")
d = document(ANNA, "--segment", "vip", status=1, at=gone)
expect("as a document", (d["schema"], d["receipt"], d["by"]), ("kinfold.explain-erased/1", 1, "privacy"))
expect("never seen stays so", kinfold("explain", "email:nobody@example.com", cwd=gone).returncode, 66)

# ---- orders ----
retail = os.path.join(tempfile.mkdtemp(dir=HOME), "retail")
shutil.copytree(os.path.join(root, "examples", "retail"), retail)
expect("run of the example", kinfold("run", "-q", cwd=retail).returncode, 0)
with open(os.path.join(retail, "data", "web.jsonl")) as f:
    orders = [json.loads(line) for line in f if '"Order Completed"' in line][:40]
touches = 0
for o in orders[::8]:
    d = document("--attribution", o["properties"]["order_id"], at=retail)
    expect("no credit is made up", ("not evaluated yet" in d["note"], [a["evaluated"] for a in d["attribution"]]), (True, [False, False]))
    for a in d["attribution"]:
        touches += len(a["touches"])
        expect("touches lie in the time looked back", [t for t in a["touches"] if not a["since"] < t["time"] <= d["event"]["time"]], [])
expect("some of them have touches", touches > 0, True)
expect_in("said on the screen", "Attribution is not evaluated yet", text("--attribution", orders[0]["properties"]["order_id"], at=retail))
expect("no such order", kinfold("explain", "--attribution", "no-such", cwd=retail).returncode, 66)

# ---- everything about one person: what every page says again is said twice ----
consent = text(ANNA, at=retail).split("\nConsent\n")[1].split("\n\n")[0]
expect("consent, shortened", (consent.count("30 more alike"), len(re.findall(r"^    (granted|denied) ", consent, re.M))), (3, 8))

# ---- an id that was given out before somebody signed in ----
before = re.search(r"profile ([0-9a-f]{16})", text("anonymous_id:app-anna-phone", "--at", "2026-02-10T07:37:30Z", at=retail)).group(1)
now = document(ANNA, "--segment", "vip_at_risk", at=retail)["profile"]
expect("her id was another", before != now, True)
expect("it leads to her", text(before, "--segment", "vip_at_risk", at=retail).splitlines()[:2],
       ["Profile %s is part of profile %s." % (before, now), text(ANNA, "--segment", "vip_at_risk", at=retail).splitlines()[0]])
expect("also in a document", document(before, "--segment", "vip_at_risk", at=retail)["profile"], now)
expect("her own is not said twice", "is part of" in text(now, at=retail), False)

# ---- of nobody ----
for word in ("user_id:null", "email:"):
    r = kinfold("explain", word, cwd=retail)
    expect("%s: exit" % word, r.returncode, 66)
    expect_in("%s: not said to be unseen" % word, word + " is no identifier by these rules", r.stderr)
firm = "email:orders@firm.example.org"
expect_in("whose events it is in", "2 events carry it, the newest of email:l***@f***.org~d586 on 2026-03-16 10:30, data/web.jsonl:1481;",
          " ".join(text(firm, status=1, at=retail).split()))
d = json.loads(kinfold("explain", firm, "--json", cwd=retail).stdout)
expect("as a document", (d["profile"], d["isolated"], d["events"], d["newest"]["record"]), (None, None, 2, "data/web.jsonl:1481"))

# ---- time alone: what was foreseen is what deciding again at that instant finds ----
names = ("anna", "ben", "gus", "eva", "dora", "carl", "hanna", "ida")
people = sorted(set(re.findall(r"profile ([0-9a-f]{16})", "".join(kinfold("explain", "email:%s@example.com" % n, cwd=folder).stdout for n in names))))
foreseen = 0
for p in people:
    for s in run["segments"]:
        d = document(p, "--segment", s["name"])
        at = d["by_time"]["at"]
        if not at:
            continue
        foreseen += 1
        second_before = (datetime.fromisoformat(at.replace("Z", "+00:00")) - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        expect("%s of %s at %s" % (s["name"], p, at), document(p, "--segment", s["name"], "--as-of", at)["state"], d["by_time"]["state"])
        expect("%s of %s before %s" % (s["name"], p, at), document(p, "--segment", s["name"], "--as-of", second_before)["state"], d["state"])
expect("some are foreseen", foreseen > 5, True)

expect("every kind of document was looked at", sorted(used), ["kinfold.explain-erased/1", "kinfold.explain-fraud/1", "kinfold.explain-funnel/1", "kinfold.explain-outcome/1",
                                                             "kinfold.explain-rule/1", "kinfold.explain-trait/1"])
done()
