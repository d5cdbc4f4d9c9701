#!/usr/bin/env python3
"""Every finding of the checklist: how many, of how many, where."""
import csv
import glob
import json
import os
import re
import sys

from stall import BASE, HERE, RULES, Stall, check, check_in, done, golden

sys.path.insert(0, os.path.join(HERE, "../../browser"))
import browser  # noqa: E402

EXPECT = """
expect "names" { title = "Names", owner = "a@stall", because = "One name.", check = "names",
  names = { "Order *", "Product Viewed", "Step *", "Local", "Early", "Late", "Till Sale" }, severity = "error", allow = percent(5) }
expect "orders" { title = "Orders", owner = "a@stall", because = "Value.", check = "properties", on = event "Order Completed",
  needs = { "order_id", "currency" }, properties = { quantity = at_least(1) }, others = "forbidden" }
expect "money" { title = "Money", owner = "a@stall", because = "Ledger.", check = "money", on = event "Order Completed",
  amounts = { "revenue", "total" }, currencies = { "EUR" }, adds_up = { total = { "revenue", "shipping", "tax" } } }
expect "times" { title = "Times", owner = "a@stall", because = "Order.", check = "time", stale = days(30), skew = minutes(10) }
expect "twice" { title = "Once", owner = "a@stall", because = "Once.", check = "duplicates", on = event "Order Completed", key = "order_id" }
expect "tests" { title = "Tests", owner = "a@stall", because = "Labels.", check = "test_traffic", flag = "office",
  looks_like = property "is_test":is(true) }
expect "channels" { title = "Channels", owner = "p@stall", because = "Law.", check = "activation", channels = { "email" }, severity = "error" }
"""
s = Stall("findings", EXPECT)
s.must("run", "-q")
d = s.json("quality", "--all")
found = {(c["rule"], c["detail"]): (c["bad"], c["of"]) for c in d["checks"]}

# 68 events of the web and two copies, three of the tills. Tracks: all but two that identify: 69.
WANT = {
    "name_variant": (1, 69), "dynamic_name": (11, 69), "required_missing": (3, 39), "type_mismatch": (1, 69),
    "no_offset": (1, 71), "future": (2, 71), "stale": (1, 71), "clock_skew": (1, 71), "zone_mismatch": (1, 3), "dst_gap": (1, 71),
    "no_currency": (1, 43), "currency": (1, 42), "decimals": (1, 41), "sign": (1, 42), "adds_up": (1, 39),
    "looks_like_test": (3, 71), "unlabelled": (2, 3), "no_consent_said": (1, 2), "same_id": (2, 73), "same_id_other_content": (1, 2), "same_content": (1, 71),
    "same_order": (1, 38), "consent_unknown": (1, 2),
}
for detail, want in WANT.items():
    check("built in: " + detail, found.pop((None, detail), None), want)
RULED = {
    ("names", "name_variant"): (1, 68), ("names", "dynamic_name"): (1, 68), ("names", "unplanned_event"): (1, 68),
    ("orders", "required_missing"): (2, 39), ("orders", "type_mismatch"): (1, 39), ("orders", "value_not_permitted"): (0, 39),
    ("orders", "undecided"): (0, 39), ("orders", "additional_property"): (39, 39),
    ("money", "no_currency"): (1, 39), ("money", "currency"): (2, 39), ("money", "decimals"): (1, 39), ("money", "sign"): (1, 39),
    ("money", "adds_up"): (2, 39),
    ("times", "future"): (2, 70), ("times", "stale"): (1, 70), ("times", "clock_skew"): (1, 70), ("times", "no_offset"): (1, 70),
    ("times", "dst_gap"): (1, 70), ("times", "zone_mismatch"): (1, 3),
    ("twice", "same_key"): (1, 38), ("tests", "unlabelled"): (1, 2),
    ("channels", "no_consent"): (0, 1), ("channels", "no_suppression"): (0, 1),
}
for key, want in RULED.items():
    check("%s: %s" % key, found.pop(key, None), want)
check("nothing else is found", found, {})
check("quarantine", [(q["reason"], q["record"]) for q in d["quarantine"]], [("bad_time", "tills.csv:5")])
check("which hold", sorted({c["rule"] for c in d["checks"] if c["rule"] and not c["passed"]}),
      ["money", "orders", "tests", "times", "twice"])

# Where: the record, the field, the source.
at = {c["detail"]: c for c in d["checks"] if not c["rule"]}
for detail, record, field in (("type_mismatch", "web.jsonl:38", "properties.quantity"), ("currency", "web.jsonl:33", "properties.currency"),
                              ("decimals", "web.jsonl:34", "properties.revenue"), ("sign", "web.jsonl:35", "properties.revenue"),
                              ("adds_up", "web.jsonl:36", "properties.total"), ("same_order", "web.jsonl:39", "properties.order_id"),
                              ("zone_mismatch", "web.jsonl:60", "context.timezone")):
    check("where: " + detail, (at[detail]["examples"], at[detail]["fields"]), ([record], [{"name": field, "bad": 1}]))
check("where: no_offset", (at["no_offset"]["examples"], at["no_offset"]["sources"]), (["tills.csv:2"], [{"name": "tills", "bad": 1}]))
check("where: dst_gap", at["dst_gap"]["examples"], ["tills.csv:3"])
check("the earliest three", at["dynamic_name"]["examples"], ["web.jsonl:45", "web.jsonl:46", "web.jsonl:47"])

# Rows: as many as are bad, each once, masked.
d = s.json("quality", "--rows", "bad", code=0)
check("only what is asked to be written", sorted(os.listdir(s.path("bad"))),
      sorted("%s-%s.csv" % (c["rule"] or "built_in", c["detail"]) for c in d["checks"] if c["bad"] and c["detail"] not in ("same_id", "same_id_other_content")))
for c in d["checks"]:
    if c["rows"]:
        with open(s.path(c["rows"]), newline="") as f:
            rows = list(csv.DictReader(f))
        check("rows of " + c["rows"], (len(rows), ["%s:%s" % (r["file"], r["record"]) for r in rows[:3]]), (c["bad"], c["examples"]))
check("a row", s.read("bad/built_in-currency.csv").splitlines()[1],
      "web.jsonl,33,web,2026-03-02T11:00:32Z,2026-03-02T11:00:32Z,track,Order Completed,m-033,properties.currency,EURO")

# One rule, one check, one finding; a name that is none.
check("--check of a rule", {c["rule"] for c in s.json("quality", "--check", "money", code=0)["checks"]}, {None, "money"})
check("--check of a finding", [(c["rule"], c["detail"]) for c in s.json("quality", "--check", "stale")["checks"]], [("times", "stale"), (None, "stale")])
check_in("--check of nothing", "names no expect rule", s.call("quality", "--check", "nonsense")[2])
check("--check of nothing: exit", s.call("quality", "--check", "nonsense")[0], 64)

# Before a run the sources are looked at: the same figures.
fresh = Stall("fresh", EXPECT)
a, b = fresh.json("quality", "--all", code=0), s.json("quality", "--all", code=0)
check("sources: looked at", (a["looked_at"], a["run"], b["looked_at"], b["run"]), ("sources", None, "run", 1))
strip = [[{k: v for k, v in c.items() if k != "history"} for c in x["checks"]] for x in (a, b)]
lost = [[c for c in x if c["detail"] == "same_id_other_content"][0] for x in strip]
check("sources: the copy itself is still there", [(c["bad"], c["of"], c["examples"]) for c in lost], [(1, 2, ["web.jsonl:70"]), (1, 2, [])])
check("sources: the same findings", [c for c in strip[0] if c not in lost], [c for c in strip[1] if c not in lost])
check("sources: nothing is stored", os.path.exists(fresh.path("kinfold.db")), False)

# The trend: what was repaired goes down.
s.write("web.jsonl", s.read("web.jsonl").replace('"EURO"', '"EUR"').replace('"m-033"', '"m-033b"'))
os.remove(s.path("kinfold.db"))
s.must("run", "-q")
s.write("web.jsonl", json.dumps({"type": "track", "messageId": "more", "userId": "u9", "event": "Order Completed", "timestamp": "2026-03-02T18:00:00Z",
                                 "properties": {"order_id": "o-last", "revenue": 1, "currency": "XEU1", "quantity": 1}}) + "\n", "a")
s.must("run", "-q")
c = [c for c in s.json("quality", "--all")["checks"] if (c["rule"], c["detail"]) == ("money", "currency")][0]
check("trend", (c["bad"], c["of"], c["history"]), (2, 40, [{"run": 1, "bad": 1, "of": 39}]))
check_in("trend: text", "up from 2.56 %", s.must("quality", "--check", "money"))
golden("quality.txt", s.must("quality"))
golden("quality.json", s.must("quality", "--json"))
check("lines of at most 100 columns", [l for l in s.must("quality", "--all").splitlines() if len(l) > 100], [])

# A page.
s.must("quality", "--html", "quality.html", "-q")
page = s.read("quality.html")
for part in ("Data quality", "Expectations", "The checklist", "web.jsonl:36", "a local time that the clocks skipped that night", "Holds back"):
    check_in("page: " + part, part, page)
check("page: nothing from elsewhere", re.findall(r"""(?:src|href)=["']https?:""", page), [])
check("page: the same bytes again", (s.must("quality", "--html", "again.html", "-q"), s.read("again.html"))[1], page)
check("page: in a browser", browser.faults(s.path("quality.html")), [])
done()
