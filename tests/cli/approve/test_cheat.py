#!/usr/bin/env python3
"""Somebody who wants other rules to decide than those that were approved, and may write files, but has no key: each way is refused with what to do."""
import json
import os
import shutil
import sqlite3

from office import (HOME, PEOPLE, approve_all, block, check, check_in, clock, done, edit, key, kinfold, lines, members, office, plan, publish, read, rules, says, seal,
                    sign, write)

LIST = "lists:\n  stop: { values: [u6] }\n"
STOP = """suppress "no_letters" {
  title = "Wants no letters",
  owner = "ada@example.com",
  because = "They asked.",
  list = "stop",
  blocks = { "post" },
  reason = "channel_opt_out",
}
"""


def made(name, **more):
    write(STOP, HOME, name, "rules/stop.lua")
    return office(name, limits=LIST + more.pop("limits", ""), **more)


def copy(of, name):
    to = os.path.join(HOME, name)
    shutil.copytree(of, to, symlinks=True)
    return to


def refused(what, code, part, *words, cwd):
    before, run = lines(cwd), members(cwd)
    r = kinfold(*words, cwd=cwd)
    check("%s: exit" % what, r.returncode, code)
    check_in(what, part, " ".join((r.stdout + r.stderr).split()))
    check("%s: nothing changed" % what, (lines(cwd), members(cwd)), (before, run))


def approve(role, who, file="change.plan"):
    return ["approve", file, "--because", "looked at it", "--yes", "--as", role, "--key", key(who)[0]]


PUBLISH = ["publish", "--key", key("nightly")[0]]
shop = made("shop")
digest = approve_all(shop)
says("run", 0, "run", "-q", cwd=shop)

# ---- a plan from elsewhere ----
other = made("other")
with open(os.path.join(other, "data/web.jsonl"), "a") as f:
    f.write(json.dumps({"messageId": "x", "type": "track", "event": "Order Completed", "userId": "u9", "timestamp": "2026-06-05T10:00:00Z"}) + "\n")
write(read(other, "kinfold.yaml").split("approval:")[0], other, "kinfold.yaml")
says("another workspace", 0, "run", "-q", cwd=other)
write(read(shop, "kinfold.yaml"), other, "kinfold.yaml")
for folder in (shop, other):
    rules(folder, 2)
    plan(folder)
shutil.copy(os.path.join(other, "change.plan"), os.path.join(shop, "replay.plan"))
refused("a plan of another workspace", 77, "replay.plan is stale: ", *approve("privacy", "Pia", "replay.plan"), cwd=shop)
d = json.loads(read(shop, "replay.plan"))
mine = json.loads(read(shop, "change.plan"))
d.update(data=mine["data"], config=mine["config"], run=mine["run"], rules=mine["rules"])
write(json.dumps(seal(d), ensure_ascii=False), shop, "replay.plan")
refused("and with this one's names on it", 77, "worked out again, there is something else in", *approve("privacy", "Pia", "replay.plan"), cwd=shop)
shutil.copy(os.path.join(shop, "approvals.jsonl"), os.path.join(other, "approvals.jsonl"))
refused("approvals of another workspace do not publish what they do not name", 77, "are not approved", *PUBLISH, cwd=other)

# ---- a list between the signatures and the publication ----
late = copy(shop, "late")
for role, who in (("analytics", "Ada"), ("privacy", "Pia")):
    check("%s signs" % who, sign(late, who, role).returncode, 0)
edit(late, "kinfold.yaml", "values: [u6]", "values: [nobody]")
refused("then the list is edited", 77, "kinfold.yaml differs: list stop changed (+1 -1 values)", *PUBLISH, cwd=late)
edit(late, "kinfold.yaml", "values: [nobody]", "values: [u6]")
check("as it was signed", publish(late, "-q").returncode, 0)
says("it runs", 0, "run", "-q", cwd=late)
edit(late, "kinfold.yaml", "values: [u6]", "values: [nobody]")
refused("edited behind the publication", 77, "kinfold.yaml differs: list stop changed (+1 -1 values)", "run", cwd=late)
refused("nothing is sent", 77, "kinfold.yaml differs: list stop changed (+1 -1 values)", "export", "--export", "letters", cwd=late)
refused("a plan that was signed does not come back", 77, "is stale", *approve("privacy", "Pia"), cwd=late)
rules(shop, 3)

# ---- files beside the ones that were approved ----
beside = copy(shop, "beside")
write("lists:\n  stop: { values: [nobody] }\n", beside, "rules/kinfold.settings")
says("settings in the tree are nobody's", 0, "run", "--force", "-q", cwd=beside)
check("the list of kinfold.yaml holds", json.loads(says("explain", 0, "explain", "user_id:u6", "--suppression", "no_letters", "--json", cwd=beside))["holds"], True)
folder = json.loads(read(shop, "published/current"))["folder"]
for what, change in (
        ("a rule of the snapshot", lambda w: edit(w, folder + "/segments.lua", "at_least(3)", "at_least(1)")),
        ("its settings", lambda w: edit(w, folder + "/kinfold.settings", '"u6"', '"nobody"')),
        ("its settings taken out", lambda w: (os.unlink(os.path.join(w, folder, "kinfold.settings")), edit(w, "kinfold.yaml", "[u6]", "[nobody]"))),
        ("a rule more", lambda w: write(STOP.replace("no_letters", "more"), w, folder, "more.lua"))):
    w = copy(shop, "snapshot")
    change(w)
    refused(what, 77, "is not what was published (line 3 of the log): a file in it was changed. Bring it back from version control, or publish again", "run", "--published",
            "--force", cwd=w)
    refused("%s: diff" % what, 77, "is not what was published", "diff", "published", cwd=w)
    shutil.rmtree(w)

# ---- the store ----
w = copy(shop, "store")
db = sqlite3.connect(os.path.join(w, "kinfold.db"))
db.execute("UPDATE rule_file SET text = replace(text, 'at_least(3)', 'at_least(1)')")
db.commit()
db.close()
refused("rules in the store that nobody decided with", 77, "it was changed by hand, or is of another version. Next: 'kinfold run --published --force'", "export",
        "--export", "letters", cwd=w)
says("which mends it", 0, "run", "--published", "--force", "-q", cwd=w)
says("and it is sent", 0, "export", "--export", "letters", cwd=w)
w = copy(shop, "store_list")
db = sqlite3.connect(os.path.join(w, "kinfold.db"))
db.execute("UPDATE rule_file SET text = replace(text, 'u6', 'nobody') WHERE name LIKE '%kinfold.settings'")
db.commit()
db.close()
refused("a list in the store", 77, "kinfold.yaml differs: list stop changed", "export", "--export", "letters", cwd=w)

# ---- links ----
w = copy(shop, "links")
write(read(w, "rules/segments.lua").replace("at_least(3)", "at_least(1)"), w, "elsewhere/segments.lua")
os.unlink(os.path.join(w, "rules/segments.lua"))
os.symlink("../elsewhere/segments.lua", os.path.join(w, "rules/segments.lua"))
refused("a rule file that is a link to another", 77, "are not the published ones", "run", cwd=w)
write(read(shop, "rules/segments.lua"), w, "elsewhere/segments.lua")
says("a link to the same is the same", 0, "run", "--force", "-q", cwd=w)
write(read(w, "elsewhere/segments.lua").replace("at_least(3)", "at_least(1)"), w, "elsewhere/segments.lua")
refused("until it is another", 77, "are not the published ones", "run", cwd=w)
shutil.rmtree(os.path.join(w, folder))
os.symlink("../../rules", os.path.join(w, folder))
refused("a snapshot that is a link to the tree", 77, "is not what was published", "run", "--published", "--force", cwd=w)
w = copy(shop, "pipe")
os.mkfifo(os.path.join(w, "rules/wait.lua"))
refused("a pipe is not waited for", 66, "wait.lua: it is no file", "run", cwd=w)
w = copy(shop, "round")
os.symlink(".", os.path.join(w, "rules/again"))
check("a link to itself ends", kinfold("run", cwd=w).returncode in (66, 77, 78), True)
current = json.loads(read(shop, "published/current"))
for what, change in (("a folder elsewhere", {"folder": "../other/rules"}), ("another line", {"line": 1}), ("another hash", {"hash": "0" * 64})):
    w = copy(shop, "pointer")
    write(json.dumps(dict(current, **change)), w, "published/current")
    r = kinfold("run", "--published", "--force", cwd=w)
    check("a pointer with %s decides nothing else" % what, (r.returncode in (0, 77), members(w)[0]), (True, digest))
    shutil.rmtree(w)

# ---- the log, without a key ----
rows = lines(shop)
for what, text in (("cut", rows[:2]), ("in another order", [rows[1], rows[0], rows[2]]), ("one taken out", [rows[0], rows[2]]),
                   ("one more", rows + [rows[1]]), ("one forged", rows + [json.dumps(dict(json.loads(rows[2]), number=4, previous=json.loads(rows[2])["hash"]),
                                                                                     separators=(",", ":"))])):
    w = copy(shop, "log")
    write("".join(r + "\n" for r in text), w, "approvals.jsonl")
    r = kinfold("run", "--force", cwd=w)
    check("the log %s" % what, (r.returncode, members(w)[0]), (77, digest))
    check("the log %s: what to do is said" % what, any(p in r.stderr for p in ("version control", "kinfold log --verify", "the log was cut")), True)
    shutil.rmtree(w)

# ---- people who are not asked any more ----
w = copy(shop, "people")
write(read(w, "kinfold.yaml").split("approval:")[0] + block([p for p in PEOPLE if p[0] != "Ada"] + [("Mo", "analytics")]), w, "kinfold.yaml")
refused("who approved it is gone, and another has her role", 77, "analytics has not signed", "run", "--force", cwd=w)
refused("she cannot sign", 77, "is nobody's in kinfold.yaml", *approve("analytics", "Ada"), cwd=w)

# ---- limits that were moved for the plan ----
tight = made("tight", limits="limits: { max_segment_change: 10%, max_newly_contactable: 0 }\n")
rules(tight, 2)
plan(tight, "loose.plan", "--max-segment-change", "90%")
check("the plan says that it passes", json.loads(read(tight, "loose.plan"))["passed"], True)
refused("a plan held against another limit", 77, "the plan was held against max-segment-change 90%, and kinfold.yaml allows 10: make it again without "
        "--max-segment-change", *approve("privacy", "Pia", "loose.plan"), cwd=tight)
d = json.loads(read(tight, "loose.plan"))
d["limits"] = [x for x in d["limits"] if x["limit"] != "max-newly-contactable"]
write(json.dumps(seal(d), ensure_ascii=False), tight, "fewer.plan")
refused("a plan without one", 77, "the plan was held against", *approve("privacy", "Pia", "fewer.plan"), cwd=tight)
r = sign(tight, "Pia", "privacy", "loose.plan", "--despite-limits")
check("despite the limit it is signed, and kept", (r.returncode, json.loads(lines(tight)[-1])["limits_broken"]), (0, True))
done()
