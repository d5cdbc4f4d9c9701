#!/usr/bin/env python3
"""kinfold decide: what a decision says it would change against what the next run makes of it, and that it lasts:  test_decide.py KINFOLD"""
import itertools
import os
import random
import tempfile

from shop import Workspace, check, difference, done, event, people

base = tempfile.mkdtemp(prefix="kf_decide_")


def members(w, segment):
    return {p for (p,) in w.ask("SELECT profile_id FROM members WHERE segment = ?", segment)}


def owners(w):
    """event id -> profile id, from the touched tables that name events: the links' newest events are not enough, so ask explain's store."""
    return dict(w.ask("SELECT profile_id, events FROM profile"))


def changes_as_said(name, *decision):
    """A dry-run's figures are those of the stores before and after."""
    w = Workspace(base, name).run()
    before = w.raw()
    said = w.decide(*decision, "--dry-run")
    check(name + ": a dry-run writes nothing", w.raw() == before, True)
    check(name + ": it says that it has no effect", said["effect"], "none")
    old = {k: (len(w.people()), members(w, k)) for k in ("buyers", "reachable")}
    events = owners(w)
    made = w.decide(*decision)
    check(name + ": it waits for a run", (made["effect"], w.people() == w.people()), ("next run", True))
    check(name + ": nothing holds before it", (owners(w), w.ask("SELECT decisions FROM run")), (events, [(0,)]))
    w.run()
    check(name + ": the run took it in", w.ask("SELECT max(decisions) FROM run"), [(made["decision"]["number"],)])
    c = said["changes"]
    check(name + ": profiles", (c["profiles"]["before"], c["profiles"]["after"]), (old["buyers"][0], len(owners(w))))
    moved = sum(max(0, n - events.get(p, 0)) for p, n in owners(w).items())
    check(name + ": events moved", c["events_moved"], moved)
    for segment in ("buyers", "reachable"):
        row = next((s for s in c["segments"] if s["name"] == segment), None)
        after = members(w, segment)
        check(name + ": " + segment, (row["before"], row["after"]) if row else (len(after),) * 2, (len(old[segment][1]), len(after)))
        if row and not c["profiles"]["merged"]:
            check(name + ": net change", row["added"] - row["removed"], len(after) - len(old[segment][1]))
    return w, said


# ---- each verb ----
w, said = changes_as_said("unlink", "unlink", "email:anna@example.org", "user_id:u-anna")
check("unlinked mailbox goes with its device", w.who("email:anna@example.org"), ["device_id:dev-mail", "email:anna@example.org"])
check("it splits one person", said["changes"]["profiles"]["split"], 1)
check("the refusal is kept", w.ask("SELECT DISTINCT reason FROM refused WHERE a = 'anna@example.org' OR b = 'anna@example.org'"), [("unlinked",)])

w, said = changes_as_said("join", "join", "user_id:u-ina", "user_id:u-ina2")
check("joined accounts are one", w.who("user_id:u-ina"),
      ["email:ina2@example.org", "email:ina@example.org", "user_id:u-ina", "user_id:u-ina2"])
check("it merges people", said["changes"]["profiles"]["merged"], 1)

w, said = changes_as_said("apart", "keep-apart", "device_id:dev-mail", "user_id:u-anna")
check("kept apart", "device_id:dev-mail" in w.who("user_id:u-anna"), False)

w, said = changes_as_said("transfer", "transfer", "email:anna@example.org", "--at", "2026-03-03", "--to", "user_id:u-ben")
check("transferred mailbox is the new owner's", w.who("email:anna@example.org"),
      ["device_id:dev-mail", "email:anna@example.org", "email:ben@example.org", "user_id:u-ben"])
check("its past is not", w.ask("SELECT count(*) FROM spans WHERE value = 'anna@example.org'"), [(2,)])

# ---- the log ----
w = Workspace(base, "log").run()
clean = w.logical()
first = w.decide("join", "user_id:u-ina", "user_id:u-ina2")
check("masked", "ina@example.org" in str(w.decide("unlink", "email:ina@example.org", "user_id:u-ina")), False)
again = w.call("decide", "join", "user_id:u-ina2", "user_id:u-ina", "--because", "x", "--by", "y")
check("said already", (again[0], "Decision 1 says so already" in again[1]), (1, True))
late = w.decide("keep-apart", "user_id:u-ina", "user_id:u-ina2")
check("the later word holds and says so", late["overrides"], 1)
w.run()
check("kept apart after a join", w.who("user_id:u-ina"), ["user_id:u-ina"])
states = [(d["number"], d["verb"], d["state"], d.get("state_by")) for d in w.json("decide", "list")["decisions"]]
check("states", states, [(1, "join", "overridden", 3), (2, "unlink", "holds", None), (3, "keep_apart", "holds", None)])
w.decide("undo", "3")
w.run()
check("an undo gives the earlier word back", "user_id:u-ina2" in w.who("user_id:u-ina"), True)
check("undone twice", w.call("decide", "undo", "3", "--because", "x", "--by", "y")[0], 1)
w.decide("undo", "4")
w.run()
check("an undo can be undone", w.who("user_id:u-ina"), ["user_id:u-ina"])
for n in ("5", "1", "2", "3"):
    code, out, err = w.call("decide", "undo", n, "--because", "all of it", "--by", "tester")
    check("undo " + n, code, 1 if n == "3" else 0)
w.run()
check("undo of everything gives what was before", difference(clean, w.logical()), None)
check("and the log keeps all of it", len(w.json("decide", "list")["decisions"]), 8)
check("nothing new", "Nothing new" in w.must("run"), True)

# ---- what lasts ----
w = Workspace(base, "lasts").run()
w.decide("join", "user_id:u-ina", "user_id:u-ina2")
w.decide("transfer", "device_id:dev-s", "--at", "2026-03-04T12:00:00Z", "--to", "user_id:u-ben")
w.decide("unlink", "email:never@example.org", "user_id:u-anna")
w.decide("keep-apart", "user_id:u-ben", "phone:+4915100001")
w.decide("undo", "4")
w.run()
want = w.logical()
w.run("--force")
check("a forced run changes nothing", difference(want, w.logical()), None)
log = os.path.join(w.dir, "log.jsonl")
said = w.json("decide", "export", log)
check("exported", (said["decisions"], oct(os.stat(log).st_mode & 0o777)), (5, "0o600"))
check("imported again", {k: w.json("decide", "import", log)[k] for k in ("added", "known")}, {"added": 0, "known": 5})
text = open(log).read()
for name, files, threads in (("rebuilt", None, "1"), ("shuffled", 3, "4"), ("single", 36, "2")):
    rows = list(people())
    random.Random(name).shuffle(rows)
    other = Workspace(base, name, [rows[i::files] for i in range(files)] if files else None)
    other.run("-j", threads)
    got = other.json("decide", "import", log)
    check(name + ": imported", (got["added"], got["known"], got["never_seen"]), (5, 0, 1))
    other.run("-j", threads)
    other.must("decide", "export", log + "2")
    check(name + ": the file is the same", open(log + "2").read() == text, True)
    a, b = want, other.logical()
    for x in (a, b):
        x.pop("source_file", None)
        x.pop("symbol", None)
        x["run"] = [tuple((k, v) for k, v in row if k not in ("data_digest", "read_bytes")) for row in x["run"]]
    check(name + ": the same people", difference(a, b), None)

# ---- identifiers that come later ----
w = Workspace(base, "later", [list(people())]).run()
said = w.decide("keep-apart", "email:new@example.org", "user_id:u-ben")
check("never seen", len(said["never_seen"]), 1)
w.run()
check("nobody has it", w.who("email:new@example.org"), None)
with open(os.path.join(w.dir, "data", "01.jsonl"), "w") as f:
    import json
    f.write(json.dumps(event(90, "Account Updated", "u-ben", "new@example.org", day=13)) + "\n")
w.run()
check("the decision waited", w.ask("SELECT reason FROM refused WHERE a = 'new@example.org' OR b = 'new@example.org'"), [("keep_apart",)])

# ---- at once ----
w = Workspace(base, "once").run()
check("at once", w.decide("join", "user_id:u-ina", "user_id:u-ina2", "--run")["effect"], "now")
check("it holds", "user_id:u-ina2" in w.who("user_id:u-ina"), True)
said = w.decide("transfer", "user_id:u-dan", "--at", "2026-03-05", "--to", "email:ben@example.org")
text = w.must("decide", "transfer", "email:ben@example.org", "--at", "2026-03-05", "--to", "user_id:u-dan", "--because", "x", "--by", "y")
check("a circle of transfers is said", "circle of transfers" in text, True)
w.run()

# ---- what cannot be decided ----
w = Workspace(base, "wrong")
check("before the first run", w.call("decide", "list")[0], 66)
w.run()
because = ("--because", "x", "--by", "y")
for args, code, words in (
        (("unlink", "email:a@x.org", "user_id:u"), 64, "--because"),
        (("unlink", "email:a@x.org", "user_id:u", "--because", "  "), 64, "--because"),
        (("unlnk", "email:a@x.org", "user_id:u", *because), 64, "did you mean 'unlink'"),
        (("unlink", "emial:a@x.org", "user_id:u", *because), 64, "did you mean 'email'"),
        (("unlink", "email:nobody", "user_id:u", *because), 64, "names nobody"),
        (("unlink", "email:a@x.org", *because), 64, "wants two identifiers"),
        (("unlink", "email:a@x.org", "email: A@X.org", *because), 64, "one identifier"),
        (("unlink", "user-7", "user_id:u", *because), 64, "is no identifier"),
        (("unlink", "email:a@x.org", "user_id:u", "--at", "2026-01-01", *because), 64, "belong to a transfer"),
        (("transfer", "email:a@x.org", *because), 64, "wants --at"),
        (("transfer", "email:a@x.org", "--at", "soon", *because), 64, "not 'soon'"),
        (("transfer", "email:a@x.org", "--at", "2026-01-01", "--to", "email:A@x.org", *because), 64, "one identifier"),
        (("undo", "7", *because), 64, "there is no decision 7"),
        (("undo", "x", *because), 64, "there is no decision x")):
    got = w.call("decide", *args)
    check("refused: " + " ".join(args[:3]), (got[0], words in got[2]), (code, True))
for text, words in (('{"decision":"merge"}', '"decision" must be'), ('[1]', "no JSON object"), ('{"decision":"join","a":"user_id=1","by":"x","because":"y"}', "both"),
                    ('{"decision":"join","a":"user_id=1","b":"user_id=2"}', '"by" and "because"'),
                    ('{"decision":"undo","undoes":"00","by":"x","because":"y"}', "earlier decision"),
                    ('{"decision":"transfer","a":"user_id=1","by":"x","because":"y"}', 'needs "at"'),
                    ('{"decision":"join","a":"user_id=1","b":"user_id=2","by":"x","because":"y","key":"0123456789abcdef"}', "changed after")):
    path = os.path.join(w.dir, "bad.jsonl")
    open(path, "w").write('{"decision":"join","a":"user_id=8","b":"user_id=9","by":"x","because":"y"}\n' + text + "\n")
    got = w.call("decide", "import", path)
    check("not imported: " + text[:40], (got[0], words in got[2], "bad.jsonl:2" in got[2]), (65, True, True))
check("nothing was imported", w.json("decide", "list")["decisions"], [])

# ---- the order of independent decisions does not matter ----
plain = [("join", "user_id:u-ina", "user_id:u-ina2"), ("unlink", "email:anna@example.org", "user_id:u-anna"),
         ("transfer", "device_id:dev-s", "--at", "2026-03-04T12:00:00Z")]
stores = []
for i, order in enumerate(itertools.permutations(plain)):
    w = Workspace(base, "order%d" % i).run()
    for d in order:
        w.decide(*d)
    stores.append(w.run().logical())
check("any order of independent decisions", {difference(stores[0], s) for s in stores[1:]}, {None})
done()
