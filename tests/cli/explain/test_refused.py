#!/usr/bin/env python3
"""Each reason for which a link is refused: its place, the sentence that says what would join the two, and that it does once it is so."""
import json
import os
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "steward"))
from shop import Workspace, check, done, event  # noqa: E402

base = tempfile.mkdtemp()
RULE = """
link "%s" {
  title = "%s",
  owner = "analytics@example.com",
  because = "A test.",
  when = event "%s",
  connect = { %s },
  strength = "verified",%s
}
"""
ACCOUNT = RULE % ("account", "Accounts have addresses", "Account Updated", '"user_id", "email"', "")
LOGIN = RULE % ("login", "Signing in", "Signed In", '"user_id", "device_id"', "")
MAIL = RULE % ("mail", "Mail is opened on a device", "Newsletter Confirmed", '"email", "device_id"', "")


def identifiers(**more):
    lines = {"user_id": "rank = 1", "email": 'rank = 2, normalise = "email"', "device_id": "rank = 3"}
    return "identifiers {\n%s}\n" % "".join("  %s = { %s%s },\n" % (k, v, ", " + more[k] if k in more else "") for k, v in lines.items())


def workspace(name, rules, events):
    w = Workspace(base, name, [events])
    with open(os.path.join(w.dir, "rules", "identity.lua"), "w") as f:
        f.write(rules)
    return w.run()


def line(w, start):
    with open(os.path.join(w.dir, "rules", "identity.lua")) as f:
        for n, text in enumerate(f, 1):
            if text.strip().startswith(start):
                return "rules/identity.lua:%d" % n
    raise SystemExit("no line " + start)


def refused(reason, w, a, b, place, wanted, blocking):
    """By the rules and data of `w`; place: the beginning of a line of the rules."""
    code, out, _ = w.call("explain", a, "--and", b, "--json", "--reveal")
    d = json.loads(out)
    found = [r for r in d["refused"] if r["reason"] == reason]
    at = line(w, place) if place else None
    wanted = wanted.replace("@", at or "")
    check("%s: refused" % reason, (code, d["same"], [(r["reason"], r["limit"], r["joined_if"]) for r in found]), (1, False, [(reason, at, wanted)]))
    check("%s: in the way" % reason, sorted(found[0]["blocking"]) if found else None, blocking)
    code, out, _ = w.call("explain", a, "--and", b, "--reveal")
    text = " ".join(out.split())
    check("%s: on the screen" % reason, (code, "joined if " + wanted in text), (1, True))
    check("%s: in 100 columns" % reason, [t for t in out.splitlines() if len(t) > 100], [])


def joined(reason, w, a, b):
    code, out, _ = w.call("explain", a, "--and", b, "--json", "--reveal")
    check("%s: once it is so they are one" % reason, (code, json.loads(out)["same"]), (0, True))


# ---- consent ----
CONSENT = """
consent "identity" {
  title = "May be tied to the account",
  owner = "privacy@example.com",
  because = "A test.",
  from = { "segment:Functional" },
}
""" + RULE % ("login", "Signing in", "Signed In", '"user_id", "device_id"', '\n  requires_consent = "identity",')
rows = [event(0, "Account Updated", "u-a", "a@example.org"), event(1, "Signed In", "u-a", device="d-1")]
rules = identifiers() + ACCOUNT + CONSENT
refused("consent", workspace("consent", rules, rows), "user_id:u-a", "device_id:d-1", 'link "login"',
        "one of the two had granted 'identity' before or with the event, and neither had said anything else since", [])
rows[1]["context"]["consent"] = {"categoryPreferences": {"Functional": True}}
joined("consent", workspace("consent_given", rules, rows), "user_id:u-a", "device_id:d-1")

# ---- shared_above ----
mails = ["a%d@example.org" % i for i in range(3)]
rows = [event(i, "Account Updated", "u-a", m) for i, m in enumerate(mails)] + [event(9 + i, "Newsletter Confirmed", None, m, device="d-1") for i, m in enumerate(mails)]
w = workspace("above", identifiers(device_id="shared_above = 2") + ACCOUNT + MAIL, rows)
code, out, _ = w.call("explain", "user_id:u-a", "--and", "device_id:d-1", "--json", "--reveal")
d = json.loads(out)
check("shared_above: each tie is refused", sorted((r["reason"], r["limit"], r["joined_if"], r["b"]) for r in d["refused"]),
      sorted(("shared_above", line(w, "device_id ="),
              "device_id:d-1 were tied to at most 2 values of a stronger kind: shared_above of device_id (%s); a steward can drop the other ties "
              "(kinfold decide unlink) or say that both people are one (kinfold decide join)" % line(w, "device_id ="), "device_id:d-1") for m in mails))
check("shared_above: in the way", sorted(d["refused"][0]["blocking"]), ["email:" + m for m in mails])
joined("shared_above", workspace("above_3", identifiers(device_id="shared_above = 3") + ACCOUNT + MAIL, rows), "user_id:u-a", "device_id:d-1")

# ---- never_link ----
NEVER = """
never_link "spouses" {
  title = "Whoever names a spouse names another person",
  owner = "privacy@example.com",
  because = "A test.",
  when = event "Spouse Named",
  separate = { "user_id", { "properties.spouse", as = "user_id" } },
}
"""
rows = [event(0, "Account Updated", "u-a", "x@example.org"), event(1, "Account Updated", "u-b", "x@example.org"),
        event(2, "Spouse Named", "u-a", spouse="u-b"), event(3, "Account Updated", "u-b", "x@example.org")]
rules = identifiers(email='when_shared = "last_login"') + ACCOUNT
refused("never_link", workspace("never", rules + NEVER, rows), "user_id:u-a", "email:x@example.org", 'never_link "spouses"',
        "the rule 'spouses' (@) did not part user_id:u-a and user_id:u-b", ["user_id:u-a", "user_id:u-b"])
joined("never_link", workspace("never_more", rules, rows), "user_id:u-a", "user_id:u-b")

# ---- per_profile ----
rows = [event(i, "Account Updated", "u-f", "f%d@example.org" % i) for i in range(4)]
w = workspace("three", identifiers(email="per_profile = 3") + ACCOUNT, rows)
out = [r for r in w.json("explain", "user_id:u-f", "--reveal")["refused"]]
check("per_profile: one is too many", [(r["a"], r["reason"]) for r in out], [("user_id:u-f", "per_profile")])
refused("per_profile", w, "user_id:u-f", out[0]["b"], "email =",
        "email allowed a person more than 3 values (@), or a steward said that two of those in the way are one (kinfold decide join)",
        ["email:f%d@example.org" % i for i in range(4)])
joined("per_profile", workspace("four", identifiers(email="per_profile = 4") + ACCOUNT, rows), "user_id:u-f", out[0]["b"])

# ---- within ----
rows = [event(i, "Account Updated", "u-w", "w%d@example.org" % i) for i in range(3)]
w = workspace("two", identifiers(email="per_profile = { 2, within = days(7) }") + ACCOUNT, rows)
out = [r for r in w.json("explain", "user_id:u-w", "--reveal")["refused"]]
check("within: one is too many", [(r["a"], r["reason"]) for r in out], [("user_id:u-w", "within")])
refused("within", w, "user_id:u-w", out[0]["b"], "email =",
        "email allowed a person more than 2 values within 7 days (@), or a steward said that two of those in the way are one (kinfold decide join)",
        ["email:w%d@example.org" % i for i in range(3)])
joined("within", workspace("more", identifiers(email="per_profile = { 3, within = days(7) }") + ACCOUNT, rows), "user_id:u-w", out[0]["b"])
rows[2]["timestamp"] = "2026-03-20T10:00:00Z"
joined("within, later", workspace("later", identifiers(email="per_profile = { 2, within = days(7) }") + ACCOUNT, rows), "user_id:u-w", "email:w2@example.org")
done()
