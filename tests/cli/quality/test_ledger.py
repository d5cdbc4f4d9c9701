#!/usr/bin/env python3
"""The freshness ledger: is it late, since when, and what waits for it."""
from stall import Stall, check, check_in, done, golden

MIDNIGHT = 1774994400  # 2026-03-31T22:00:00Z, 2026-04-01 00:00 in Berlin
s = Stall("ledger")
s.must("run", "-q")


def status(now):
    d = s.json("status", "--now", now)
    return d, {x["name"]: x for x in d["sources"]}, {(x["kind"], x["name"]): x for x in d["ledger"]}


d, src, led = status("2026-04-01T01:00:00+02:00")
check("run at", (d["run"], d["run_at"]), (1, "2026-03-31T22:00:00Z"))
check("states", {n: x["state"] for n, x in src.items()}, {"web": "silent", "tills": "fresh", "returns": "waiting"})
check("tills: schedule", (src["tills"]["due"], src["tills"]["next"], src["tills"]["delivered"]),
      ("2026-03-31T20:00:00Z", "2026-04-01T20:00:00Z", "2026-03-31T22:00:00Z"))
check("tills: figures", (src["tills"]["records"], src["tills"]["events"], src["tills"]["quarantined"], src["tills"]["last_event"]),
      (4, 3, 1, "2026-03-29T01:00:00Z"))
check("tills: lag", src["tills"]["lag_seconds"], 2 * 86400 + 22 * 3600)
check("web: late share", (src["web"]["late"], src["web"]["events"]), (1, 68))
check("returns: waits since", (src["returns"]["waits_for_approval"], src["returns"]["waits_since"]), (True, "2026-03-31T22:00:00Z"))

# Which sources feed what; a source that never came is known by the event its options name.
check("buyers", (led["segment", "buyers"]["sources"], led["segment", "buyers"]["stalest"]), (["web"], "web"))
check("at_till", (led["segment", "at_till"]["sources"], led["segment", "at_till"]["state"]), (["tills"], "fresh"))
check("returners", (led["segment", "returners"]["sources"], led["segment", "returners"]["stalest"], led["segment", "returners"]["state"]),
      (["web", "returns"], "returns", "waiting"))
check("mail: what suppresses it feeds it, too", (led["export", "mail"]["sources"], led["export", "mail"]["stalest"]), (["web", "returns"], "returns"))
check("sales", led["report", "sales"]["stalest"], "web")
check("answer", (d["reliable"], d["reasons"]), ("with care", ["returns waits for approval", "web is silent"]))

# The next evening it is due again, and it has not come.
d, src, led = status("2026-04-01T22:00:01+02:00")
check("overdue", (src["tills"]["state"], src["tills"]["due"], src["tills"]["next"]), ("overdue", "2026-04-01T20:00:00Z", "2026-04-02T20:00:00Z"))
check("overdue: what waits", (led["segment", "at_till"]["stalest"], led["segment", "at_till"]["state"]), ("tills", "overdue"))
check("a second before", status("2026-04-01T21:59:59+02:00")[1]["tills"]["state"], "fresh")
check("after two days", status("2026-04-03T00:00:00+02:00")[0]["reasons"][0], "the last run was 2 days ago")
check("after two days: answer", status("2026-04-03T00:00:00+02:00")[0]["reliable"], "no")
golden("status.txt", s.must("status", "--now", "2026-04-01T22:00:01+02:00").replace(s.dir, "STALL"))
golden("status.json", s.must("status", "--json", "--now", "2026-04-01T22:00:01+02:00").replace(s.dir, "STALL"))
check("lines of at most 100 columns", [l for l in s.must("status").replace(s.dir, "").splitlines() if len(l) > 100], [])

# Why, in one line.
late = ("--now", "2026-04-01T22:00:01+02:00")
for name, want in (
        ("at_till", "segment at_till is delayed by tills: its newest event is of 2026-03-29 03:00 (3 days ago), overdue since 2026-04-01 22:00, "
                    "last came 2026-04-01 00:00\n"),
        ("tills", "source tills: its newest event is of 2026-03-29 03:00 (3 days ago), overdue since 2026-04-01 22:00, last came 2026-04-01 00:00; "
                  "it feeds segment at_till\n")):
    check("why " + name, s.must("status", "--why", name, *late), want)
check("why at_till, in time", s.must("status", "--why", "at_till", "--now", "2026-04-01T01:00:00+02:00"),
      "segment at_till is not delayed, and as fresh as tills: its newest event is of 2026-03-29 03:00 (2 days ago), on time, next 2026-04-01 22:00\n")
why = s.must("status", "--why", "returners", *late)
for part in ("segment returners is delayed by returns: ", ", since 2026-04-01 00:00; 'kinfold source approve returns' releases it\n"):
    check_in("why returners: " + part, part, why)
check("why: JSON", s.json("status", "--why", "at_till", *late)["why"] + "\n", s.must("status", "--why", "at_till", *late))
check("why nobody", s.call("status", "--why", "nobody")[0], 64)
check_in("why, misspelt", "; did you mean 'buyers'?", s.call("status", "--why", "byers")[2])

# What kinfold.yaml expects of a source: warn_after, error_after, of the newest record (tills: 2026-03-29 03:00; web: 2026-03-02 17:00).
sound = s.read("kinfold.yaml")
s.write("kinfold.yaml", sound.replace("path: web.jsonl, cadence: realtime", "path: web.jsonl, cadence: realtime, warn_after: 60d")
        .replace("    cadence: schedule\n", "    cadence: schedule\n    warn_after: 2d\n    error_after: 4d\n"))


def lateness(now, code):
    d = s.json("status", "--fail-late", "--now", now, code=code)
    x = {x["name"]: x for x in d["sources"]}["tills"]
    return d["reliable"], x["state"], x["late_since"], x["error_since"], [r for r in d["reasons"] if "late" in r]


check("limits", [x["warn_after_seconds"] for x in status("2026-04-01T01:00:00+02:00")[0]["sources"]], [60 * 86400, 2 * 86400, None])
check("web: its limit goes before twelve hours", status("2026-04-01T01:00:00+02:00")[1]["web"]["state"], "fresh")
check("to the second", status("2026-03-31T01:00:00Z")[1]["tills"]["state"], "fresh")
check("late: a warning", lateness("2026-03-31T01:00:01Z", 0), ("with care", "late", "2026-03-31T01:00:00Z", None, ["tills is late"]))
check("late: an error", lateness("2026-04-02T01:00:01Z", 1),
      ("no", "late", "2026-03-31T01:00:00Z", "2026-04-02T01:00:00Z", ["tills is late beyond its error_after"]))
check("late and only warned of, but overdue", lateness("2026-04-01T20:00:01Z", 1)[:2], ("with care", "late"))
check("late: what waits", status("2026-03-31T01:00:01Z")[2]["segment", "at_till"]["state"], "late")
check("late: why", s.must("status", "--why", "at_till", "--now", "2026-03-31T01:00:01Z"),
      "segment at_till is delayed by tills: its newest event is of 2026-03-29 03:00 (2 days ago), late since 2026-03-31 03:00, warn_after 2 days\n")
check("late: why, an error", s.must("status", "--why", "at_till", "--now", "2026-04-02T01:00:01Z"),
      "segment at_till is delayed by tills: its newest event is of 2026-03-29 03:00 (4 days ago), late since 2026-03-31 03:00, error_after 4 days\n")
check_in("late: the table", "late since 2026-03-31", s.must("status", "--now", "2026-03-31T01:00:01Z"))
s.write("kinfold.yaml", s.read("kinfold.yaml").replace("warn_after: 60d", "warn_after: 30d"))
check_in("late since after the last run: it may be the run", "late since 2026-04-01 18:00, warn_after 30 days; nothing was read since 2026-04-01 00:00",
         s.must("status", "--why", "web", "--now", "2026-04-01T22:00:01+02:00"))
check("late, and no error_after: fails", s.call("status", "--fail-late", "--now", "2026-04-01T22:00:01+02:00")[0], 1)
check("late: -q tells on failure", s.must("status", "--fail-late", "-q", "--now", "2026-04-01T22:00:01+02:00", code=1)[:32], "Can I rely on the numbers today?")
check("late: -q is silent on success", s.must("status", "-q", "--now", "2026-04-01T22:00:01+02:00"), "")
check("late: without the flag", s.call("status", "--now", "2026-04-01T22:00:01+02:00")[0], 0)
s.write("kinfold.yaml", sound)

# The evening's delivery comes.
s.clock = MIDNIGHT + 86400
s.write("tills.csv", "t-5,2026-04-01T20:00:00+02:00,u1,5.00,EUR\n", "a")
s.must("run", "-q")
d, src, led = status("2026-04-02T01:00:00+02:00")
check("it came", (src["tills"]["state"], src["tills"]["delivered"], src["tills"]["last_event"]),
      ("fresh", "2026-04-01T22:00:00Z", "2026-04-01T18:00:00Z"))
check("web did not", (src["web"]["delivered"], src["returns"]["waits_since"]), ("2026-03-31T22:00:00Z", "2026-03-31T22:00:00Z"))

# Released, and read: it feeds what it named.
s.write("kinfold.yaml", s.read("kinfold.yaml").replace("cadence: approval", "cadence: approval\n    approved_by: Ada"))
s.clock += 3600
s.must("run", "-q")
d, src, led = status("2026-04-02T02:00:00+02:00")
check("released", (src["returns"]["state"], src["returns"]["waits_for_approval"], src["returns"]["waits_since"]), ("fresh", False, None))
check("released: feeds", led["segment", "returners"]["sources"], ["web", "returns"])

# An expectation of severity error that does not hold, and rules that were changed.
s.write("rules/stall.lua", 'expect "euro" { title = "Euro", owner = "a@stall", because = "L.", check = "money", on = event "Order Completed",'
        ' amounts = "revenue", currencies = { "EUR" }, severity = "error" }\n', "a")
check("rules changed", "the rules have changed since the run" in status("2026-04-02T02:00:00+02:00")[0]["reasons"], True)
s.must("run", "-q")
d, src, led = status("2026-04-02T02:00:00+02:00")
check("an expectation fails", (d["reliable"], d["failed"], d["reasons"][0]), ("no", ["euro"], "euro does not hold ('kinfold quality')"))
done()
