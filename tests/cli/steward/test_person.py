#!/usr/bin/env python3
"""kinfold export --person: everything of one person, nothing of others, as JSON and as a page:  test_person.py KINFOLD"""
import html.parser
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "browser"))
import browser

from shop import Workspace, check, done, event, people

base = tempfile.mkdtemp(prefix="kf_person_")
rows = list(people()) + [event(80, "Page <b>&\"seen", "u-anna", day=13, note="<script>alert(1)</script>")]
w = Workspace(base, "shop", [rows]).run()

shown = w.must("export", "--person", "email:anna@example.org")
doc = json.loads(shown)
check("masked by default", (doc["schema"], doc["masked"], [v for v in ("anna@", "Annabella", "4915100001") if v in shown]), ("kinfold.person/1", True, []))
check("events only by name", sorted({k for e in doc["events"] for k in e}), ["name", "source", "time"])

doc = json.loads(w.must("export", "--person", "email:anna@example.org", "--reveal"))
check("identifiers", sorted(i["kind"] + ":" + i["value"] for i in doc["identifiers"]),
      ["device_id:dev-anna", "device_id:dev-mail", "email:anna@example.org", "phone:+4915100001", "user_id:u-anna"])
check("a device that was hers for a time", [(i["value"], i["until"]) for i in doc["earlier_identifiers"]], [("dev-s", "2026-03-04T10:00:09Z")])
check("why they are one", sorted((l["rule"], l["observations"]) for l in doc["why_one_person"]),
      [("account", 1), ("account", 1), ("login", 1), ("login", 1), ("newsletter", 1)])
check("values with their reasons", {v["column"]: (v["value"], v["because"]) for v in doc["values"]},
      {"first_name": ("Annabella", "Letters begin with it."), "revenue": ("30.00 EUR", "Segments ask for it.")})
check("segments with purpose and legal basis", {s["name"]: (s["purpose"], s["legal_basis"]) for s in doc["segments"]},
      {"buyers": ("service", "contract"), "reachable": ("service", "contract")})
mine = [r["messageId"] for r in rows if r.get("userId") == "u-anna" or r["messageId"] in ("m4", "m5", "m14", "m15")]
check("all her events and no other", [e["id"] for e in doc["events"]], mine)
text = json.dumps(doc)
check("nothing of others", [v for v in ("u-cleo", "u-ben", "cleo@", "ben@", "team@") if v in text], [])

# ---- files ----
out, page = os.path.join(base, "anna.json"), os.path.join(base, "anna.html")
said = w.must("export", "--person", "user_id:u-anna", "--out", out, "--html", page)
check("says so", said.count("unmasked"), 2)
check("for its owner only", [oct(os.stat(p).st_mode & 0o777) for p in (out, page)], ["0o600", "0o600"])
check("the file is the document", json.load(open(out)), doc)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text, self.loads, self.tags = [], "", [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag != "meta":
            self.open.append(tag)
        self.loads += [v for k, v in attrs if k in ("src", "href", "action") and not v.startswith("#")]

    def handle_endtag(self, tag):
        check("well nested", self.open.pop(), tag) if self.open[-1] != tag else self.open.pop()

    def handle_data(self, data):
        self.text += data


parsed = Page()
parsed.feed(open(page).read())
check("nothing is loaded, nothing runs, all is closed", (parsed.loads, "script" in parsed.tags, parsed.open), ([], False, []))
check("what she may read is on it", [v for v in ("anna@example.org", "+4915100001", "dev-s", "Annabella", "30.00 EUR", "<script>alert(1)</script>",
                                                 "Page <b>&\"seen", "Letters begin with it.", "They get a card at Christmas.") if v not in parsed.text], [])
check("nothing of others", [v for v in ("u-cleo", "u-ben", "team@") if v in parsed.text], [])

check("in a browser", browser.faults(page), [])

# ---- after an erasure there is nothing to give ----
w.must("erase", "user_id:u-anna", "--because", "x", "--by", "y")
check("nothing left", w.call("export", "--person", "email:anna@example.org")[0], 66)
check("nobody", w.call("export", "--person", "email:nobody@example.org")[0], 66)
done()
