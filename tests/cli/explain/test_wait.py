#!/usr/bin/env python3
"""kinfold explain of segments with entry_wait and exit_wait: who is in, who is out, who is on the way, as text and as a document; and
what time alone does against deciding again at that instant."""
from datetime import datetime, timedelta
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.join(here, "..", "..", "..")
sys.path.insert(0, os.path.join(here, "..", "basics"))
from basics import HOME, done, expect, expect_in, kinfold, problems  # noqa: E402

try:
    import jsonschema
except ImportError:
    jsonschema = None
    print("SKIP: schemas are not looked at, python3-jsonschema is not installed")

AS_OF = "2026-03-20T12:00:00Z"
RULES = """
identifiers { user_id = { rank = 1, per_profile = 1 } }
link "l" { title = "t", owner = "o@example.com", because = "b", when = any_event(), connect = { "user_id" }, strength = "verified" }
segment "keen" { title = "t", owner = "o@example.com", because = "b", purpose = "p", who = event "Visit":within(days(10)),
  entry_wait = days(3), exit_wait = days(7) }
segment "brief" { title = "t", owner = "o@example.com", because = "b", purpose = "p", who = event "Visit":within(days(2)),
  entry_wait = days(3) }
segment "loyal" { title = "t", owner = "o@example.com", because = "b", purpose = "p", who = event "Visit":within(days(10)),
  exit_wait = months(1) }
segment "plain" { title = "t", owner = "o@example.com", because = "b", purpose = "p", who = event "Visit":within(days(10)) }
"""
VISITS = {"ina": ["2026-03-01", "2026-03-09", "2026-03-18"], "eve": ["2026-03-19"], "xen": ["2026-03-01", "2026-03-05"], "out": ["2026-02-01"]}

folder = os.path.join(HOME, "waits")
os.makedirs(os.path.join(folder, "rules"))
with open(os.path.join(folder, "kinfold.yaml"), "w") as f:
    f.write("zone: UTC\ncurrency: EUR\nstore: kinfold.db\nrules: rules\nsources:\n  - name: s\n    plugin: source_segment\n"
            "    path: events.jsonl\n    cadence: schedule\n")
with open(os.path.join(folder, "rules", "all.lua"), "w") as f:
    f.write(RULES)
with open(os.path.join(folder, "events.jsonl"), "w") as f:
    for who, days in VISITS.items():
        for day in days:
            f.write(json.dumps({"type": "track", "event": "Visit", "userId": who, "messageId": who + day, "timestamp": day + "T12:00:00Z"}) + "\n")
r = kinfold("run", "-q", "--as-of", AS_OF, cwd=folder)
expect("run", (r.returncode, r.stderr), (0, ""))


def document(who, segment, *more):
    r = kinfold("explain", "user_id:" + who, "--segment", segment, "--json", *more, cwd=folder)
    expect("%s, %s: exit" % (who, segment), (r.returncode, r.stderr), (0, ""))
    d = json.loads(r.stdout)
    if jsonschema:
        with open(os.path.join(root, "tests", "schemas", "kinfold.explain-rule-1.json")) as f:
            for e in jsonschema.Draft202012Validator(json.load(f)).iter_errors(d):
                problems.append("%s, %s: %s at %s" % (who, segment, e.message, list(e.path)))
    return d


def screen(who, segment):
    r = kinfold("explain", "user_id:" + who, "--segment", segment, cwd=folder)
    expect("%s, %s: exit" % (who, segment), (r.returncode, r.stderr), (0, ""))
    expect("%s, %s: columns" % (who, segment), [line for line in r.stdout.splitlines() if len(line) > 100], [])
    return " ".join(r.stdout.split())


CASES = [
    # who, segment: state, conditions hold, which wait runs; nearest: becomes, wait; by time: at, state
    ("ina", "keen", ("member", True, None), ("no member", "once that has held for 7 days (exit_wait)"), ("2026-04-04T12:00:00Z", "no member")),
    ("eve", "keen", ("no member", True, "entry"), ("still no member", "before 22 March 2026 12:00"), ("2026-03-22T12:00:00Z", "member")),
    ("xen", "keen", ("member", False, "exit"), ("still a member", "before 22 March 2026 12:00"), ("2026-03-22T12:00:00Z", "no member")),
    ("out", "keen", ("no member", False, None), ("a member", "once that has held for 3 days (entry_wait)"), (None, None)),
    ("eve", "brief", ("no member", True, "entry"), ("still no member", None), (None, None)),
    ("out", "brief", ("no member", False, None), ("a member", "once that has held for 3 days (entry_wait)"), (None, None)),
    ("ina", "loyal", ("member", True, None), ("no member", "once that has held for 1 month (exit_wait)"), ("2026-04-28T12:00:00Z", "no member")),
    ("xen", "loyal", ("member", False, "exit"), ("still a member", "before 15 April 2026 12:00"), ("2026-04-15T12:00:00Z", "no member")),
    ("out", "loyal", ("no member", False, None), ("a member", None), (None, None)),
]


def second(at, by):
    return (datetime.fromisoformat(at.replace("Z", "+00:00")) + timedelta(seconds=by)).strftime("%Y-%m-%dT%H:%M:%SZ")


for who, segment, state, nearest, time in CASES:
    d, name = document(who, segment), "%s, %s" % (who, segment)
    expect(name + ": state", (d["state"], d["wait"]["conditions"], d["wait"]["runs"]), state)
    expect(name + ": nearest", [(n["becomes"], n["wait"], n["size"]) for n in d["nearest"]], [(*nearest, 1)])
    turn = d["nearest"][0]["changes"][0][0]
    expect(name + ": turned", turn["to"], not state[1])
    expect(name + ": by time", ((d["by_time"]["at"] or "")[:19], d["by_time"]["state"]), ((time[0] or "")[:19], time[1]))
    if time[0]:  # what was foreseen is what deciding again then finds
        at = d["by_time"]["at"]
        expect(name + ": then", document(who, segment, "--at", second(at, 1))["state"], time[1])
        expect(name + ": before", document(who, segment, "--at", second(at, -1))["state"], state[0])
expect("lengths", [document("ina", s)["wait"] for s in ("keen", "brief", "loyal")],
       [{"entry": "3 days", "exit": "7 days", "conditions": True, "runs": None}, {"entry": "3 days", "exit": None, "conditions": False, "runs": None},
        {"entry": None, "exit": "1 month", "conditions": True, "runs": None}])
plain = document("ina", "plain")
expect("nothing of it without waits", (plain["waits"], "wait" in plain, "wait" in plain["nearest"][0]), (False, False, False))

# ---- screens ----
for who, segment, *parts in (
        ("ina", "keen", "is in segment 'keen' t", "enters when the conditions have held for 3 days (entry_wait) leaves when the conditions have not held for 7 days (exit_wait)",
         "no member with 1 change, once that has held for 7 days (exit_wait): 1.", "will leave on 4 April 2026 12:00 if nothing happens"),
        ("eve", "keen", "is not in segment 'keen': the conditions hold, but not for 3 days yet", "still no member with 1 change before 22 March 2026 12:00: 1.",
         "will enter on 22 March 2026 12:00 if nothing happens"),
        ("xen", "keen", "is in segment 'keen': the conditions hold no more, but not for 7 days yet", "still a member with 1 change before 22 March 2026 12:00: 1.",
         "will leave on 22 March 2026 12:00 if nothing happens"),
        ("out", "keen", "is not in segment 'keen' t", "a member with 1 change, once that has held for 3 days (entry_wait): 1.", "nothing changes, however long"),
        ("eve", "brief", "the conditions hold, but not for 3 days yet", "enters when the conditions have held for 3 days (entry_wait) ",
         "still no member with 1 change: 1.", "nothing changes, however long"),
        ("xen", "loyal", "leaves when the conditions have not held for 1 month (exit_wait)", "before 15 April 2026 12:00")):
    found = screen(who, segment)
    for part in parts:
        expect_in("%s, %s: screen" % (who, segment), part, found)
expect("nothing of it without waits", "wait" in screen("ina", "plain"), False)

r = kinfold("explain", "--segment", "keen", cwd=folder)
for part in ("2 of 4 people are in segment 'keen'", "  leaves when the conditions have not held for 7 days (exit_wait)\n  below: who the conditions hold for now, "
             "not who has waited\n"):
    expect_in("everybody", part, r.stdout)

# ---- a wait that was over goes on being over: members of the run ----
run = json.loads(kinfold("run", "--force", "--json", "--as-of", AS_OF, cwd=folder).stdout)
expect("members of the run", {s["name"]: s["members"] for s in run["segments"]},
       {s: sum(document(who, s)["holds"] for who in VISITS) for s in ("brief", "keen", "loyal", "plain")})
done()
