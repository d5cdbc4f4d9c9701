#!/usr/bin/env python3
"""A log that somebody laid hands on: the first broken line is named, nothing runs by it, nothing is added to it."""
import json
import os
import shutil

from office import HOME, approve_all, check, check_in, clock, done, edit, fits, key, kinfold, lines, office, plan, publish, read, rules, says, sign, write

shop = office("shop")
approve_all(shop)  # what ran before, as it is
says("run", 0, "run", "-q", cwd=shop)
rules(shop, 2)
approve_all(shop)
says("run", 0, "run", "-q", cwd=shop)
sound = lines(shop)
check("lines", len(sound), 6)
for line in sound:
    fits("kinfold.approval-1", json.loads(line))
log = os.path.join(shop, "approvals.jsonl")


def verdict(what, text, line, why):
    write(text, log)
    r = kinfold("log", "--verify", "--json", cwd=shop)
    d = json.loads(r.stdout)
    check(what, (r.returncode, d["sound"], d.get("line")), (1, False, line))
    check_in("%s: why" % what, why, d.get("why", ""))
    return d


def joined(rows):
    return "".join(r + "\n" for r in rows)


# ---- each member of a line, changed as somebody would who wants it to pass ----
new = {"number": 9, "at": "2026-07-02T00:00:00Z", "kind": "reject", "role": "privacy", "who": "Leo", "mail": "leo@example.com", "verdict": "No changes.",
       "rules": "0" * 64, "before": "1" * 64, "plan": "2" * 64, "data": "3" * 64, "engine": "9.9.9", "text": "4" * 64, "because": "because",
       "key": key("Leo")[1], "previous": "5" * 64, "hash": "6" * 64, "signature": "A" * 86 + "=="}
fourth = json.loads(sound[3])
check("members of an approval", sorted(set(fourth) - set(new)), [])
for name in fourth:
    row = json.dumps(dict(fourth, **{name: new[name]}), separators=(",", ":"), ensure_ascii=False)
    verdict("'%s' is changed" % name, joined(sound[:3] + [row] + sound[4:]), 4,
            "its signature is not by the key" if name == "signature" else "it was changed after it was signed")
sixth = json.loads(sound[5])
for name in ("folder", "files", "rules", "text"):
    row = json.dumps(dict(sixth, **{name: "published/0003-x/rules" if name == "folder" else "0" * 64}), separators=(",", ":"))
    verdict("'%s' of a publication is changed" % name, joined(sound[:5] + [row]), 6, "it was changed after it was signed")
for name in ("because", "mail", "verdict"):
    row = json.dumps({k: v for k, v in fourth.items() if k != name}, separators=(",", ":"))
    verdict("'%s' is taken out" % name, joined(sound[:3] + [row] + sound[4:]), 4, "it is no entry" if name == "because" else "it was changed after")
verdict("another member", joined(sound[:3] + [sound[3].replace('{"number"', '{"note":1,"number"')] + sound[4:]), 4, "it was changed after it was signed")
verdict("a member twice", joined(sound[:3] + [sound[3].replace('{"number":4', '{"number":4,"number":4')] + sound[4:]), 4, "it is no entry of this log")
verdict("another layout", joined(sound[:3] + [json.dumps(fourth)] + sound[4:]), 4, "it is no entry of this log")

# ---- lines that are moved, taken out, put in ----
verdict("two lines change places", joined(sound[:2] + [sound[3], sound[2]] + sound[4:]), 3, "one was taken out, or moved")
verdict("a line is taken out", joined(sound[:1] + sound[2:]), 2, "one was taken out, or moved")
verdict("the first is taken out", joined(sound[1:]), 1, "one was taken out, or moved")
verdict("a line is there twice", joined(sound[:4] + sound[3:]), 5, "two branches signed apart from each other")
verdict("the last is taken out", joined(sound[:5]), 5, "the approval log was cut: it ends with line 5")
verdict("all but one are taken out", joined(sound[:1]), 1, "names line 6")
verdict("nothing is left", "", 0, "the approval log was cut: it ends with line 0")
os.rename(os.path.join(shop, "published/current"), os.path.join(shop, "current"))
verdict("the last is taken out, and the pointer too", joined(sound[:5]), 5, "run 3 saw line 6")
write(joined(sound[:5]), log)
check("another line is signed", sign(shop, "Pia", "privacy", plan(shop), "--reject").returncode, 0)
verdict("... and others are put in", read(log), 6, "run 3 saw another line 6")
os.rename(os.path.join(shop, "current"), os.path.join(shop, "published/current"))
verdict("other lines with the pointer there", read(log), 6, "is not the one that published/current names")

# ---- two branches ----
write(joined(sound), log)
theirs = os.path.join(HOME, "branch")
shutil.copytree(shop, theirs)
rules(shop, 4)
rules(theirs, 5)
sign(shop, "Ada", "analytics", plan(shop))
sign(theirs, "Pia", "privacy", plan(theirs))
ours, other = lines(shop)[6], lines(theirs)[6]
verdict("both lines are kept", joined(sound + [ours, other]), 8, "it follows line 6, and so does line 7: two branches signed apart from each other")
d = verdict("git's marks are committed", joined(sound + ["<<<<<<< HEAD", ours, "=======", other, ">>>>>>> theirs"]), 7, "it is the mark of a merge conflict")
write(joined(sound + [ours, other]), log)
r = kinfold("log", "--verify", cwd=shop)
check_in("said as a place", "approvals.jsonl:8: broken: it follows line 6", r.stdout)
says("the log prints what it can, and refuses", 77, "log", cwd=shop, part="the approval log is broken in line 8")
says("nothing runs", 77, "run", cwd=shop, part="the approval log is broken in line 8")
says("nothing leaves", 77, "export", "--export", "letters", cwd=shop, part="the approval log is broken in line 8")
check("nothing is added", sign(shop, "Pia", "privacy", "change.plan").returncode, 77)
check("nothing is published", publish(shop).returncode, 77)
write(joined(sound + [ours]), log)
rules(shop, 5)
shutil.copy(os.path.join(theirs, "change.plan"), shop)
check("signed again behind the other branch", sign(shop, "Pia", "privacy", "change.plan").returncode, 0)
says("sound again", 0, "log", "--verify", cwd=shop, part="8 lines are sound")

# ---- other people's keys ----
write(joined(sound), log)
edit(shop, "kinfold.yaml", key("Pia")[1], key("Mo")[1])
d = verdict("the key of a person is another one", joined(sound), 2, "it says 'Pia', but the key is none of those that kinfold.yaml has of them")
edit(shop, "kinfold.yaml", key("Mo")[1], key("Pia")[1])
edit(shop, "kinfold.yaml", "name: Pia", "name: Ada Two")
edit(shop, "kinfold.yaml", "name: Ada,", "name: Pia,")
verdict("the name of another key", joined(sound), 2, "it says 'Pia', but the key is that of 'Ada Two'")
edit(shop, "kinfold.yaml", "name: Pia,", "name: Ada,")
r = kinfold("log", "--verify", cwd=shop)
check("somebody has another name now", (r.returncode, "line 2: Pia is called Ada Two in kinfold.yaml now" in r.stdout), (0, True))
says("and what she signed counts", 0, "run", "--published", "-q", "--force", cwd=shop)
check_in("and shows", "Ada Two  approves for privacy", says("log", 0, "log", cwd=shop))
edit(shop, "kinfold.yaml", "name: Ada Two", "name: Pia")

# ---- the snapshot and the pointer ----
says("sound", 0, "log", "--verify", cwd=shop)
folder = json.loads(read(shop, "published/current"))["folder"]
for what, file, old, bad in (("a rule", "segments.lua", "at_least(2)", "at_least(1)"), ("a comment", "identity.lua", "identifiers", "-- x\nidentifiers")):
    edit(shop, os.path.join(folder, file), old, bad)
    says("%s of the snapshot is changed" % what, 77, "run", "--published", cwd=shop, part="a file in it was changed")
    edit(shop, os.path.join(folder, file), bad, old)
write("-- more\n", shop, folder, "more.lua")
says("a file is put in", 77, "run", "--published", cwd=shop, part="a file in it was changed")
os.unlink(os.path.join(shop, folder, "more.lua"))
rules(shop, 2)
says("as it was", 0, "run", "--published", "-q", cwd=shop)
pointer = read(shop, "published/current")
write("nonsense", shop, "published/current")
says("the pointer is nonsense", 77, "run", cwd=shop, part="published/current is not what 'kinfold publish' wrote")
first = json.loads(sound[2])
write(json.dumps({"schema": "kinfold.published/1", "rules": first["rules"], "folder": first["folder"], "line": 3, "hash": first["hash"]}), shop, "published/current")
says("a pointer that is set back decides nothing", 0, "run", "-q", "--force", cwd=shop)
r = kinfold("log", "--verify", "--json", cwd=shop)
check("and is told", (r.returncode, "published/current names an older line" in json.loads(r.stdout)["remarks"][0]), (0, True))
clock[0] += 60
says("publish mends it", 0, "publish", cwd=shop, part="was mended")
check("as it was", json.loads(read(shop, "published/current")), json.loads(pointer))
done()
