#!/usr/bin/env python3
"""Killed before every call of a signature and of a publication that changes a file, on a full disk and on a broken one: the old set or the new.

KF_INTERPOSE: the library that makes calls fail (tests/fault); not there in builds with sanitizers."""
import json
import os
import shutil
import subprocess
import sys

from office import HOME, KINFOLD, approve_all, check, clock, done, environment, key, kinfold, lines, members, office, plan, read, rules, sign

INTERPOSE = os.environ.get("KF_INTERPOSE")
if not INTERPOSE:
    print("SKIP: nothing makes calls fail in this build (KF_INTERPOSE)")
    sys.exit(0)

shop = office("shop")
old = approve_all(shop)
kinfold("run", "-q", cwd=shop)
rules(shop, 2)
plan(shop)
sign(shop, "Ada", "analytics")
unsigned = os.path.join(HOME, "unsigned")
shutil.copytree(shop, unsigned)
sign(shop, "Pia", "privacy")
new = json.loads(read(shop, "change.plan"))["rules"]["after"]
clock[0] += 60
SIGN = ["approve", "change.plan", "--as", "privacy", "--because", "x", "--key", key("Pia")[0], "--yes"]
PUBLISH = ["publish", "--key", key("nightly")[0]]
trial = os.path.join(HOME, "trial")


def fresh(of):
    shutil.rmtree(trial, ignore_errors=True)
    shutil.copytree(of, trial)


def run(words, **env):
    return kinfold(*words, cwd=trial, env=dict(env, LD_PRELOAD=INTERPOSE, KF_FAULT_FILES=trial))


def calls(words, of):
    fresh(of)
    log = os.path.join(HOME, "calls")
    if os.path.exists(log):
        os.unlink(log)
    r = run(words, KF_FAULT_LOG=log)
    assert r.returncode == 0, r.stderr
    return read(log).splitlines()


def sound(what):
    r = kinfold("log", "--verify", "--json", cwd=trial)
    d = json.loads(r.stdout)
    check("%s: the log is sound" % what, (r.returncode, d.get("why")), (0, None))
    return d


def in_force():
    """What a run decides with now."""
    r = kinfold("run", "--published", "-q", "--force", cwd=trial)
    return (r.stderr, members(trial)) if r.returncode == 0 else (r.stderr, None)


OLD, NEW = ("", (old, 4)), ("", (new, 5))
before = len(lines(unsigned))

# ---- a signature: there, or not ----
moments = calls(SIGN, unsigned)
check("a signature is a write and what brings it to the disk", [m.split()[0] for m in moments], ["write", "fsync"])
for how in ("kill", "ENOSPC", "EIO"):
    for n in range(1, len(moments) + 1):
        what = "%s before call %d (%s) of approve" % (how, n, moments[n - 1])
        fresh(unsigned)
        r = run(SIGN, KF_FAULT=how, KF_FAULT_AT=str(n))
        if how == "kill":
            check("%s: killed" % what, r.returncode, -9)
        elif how == "EIO" or moments[n - 1].startswith("write"):
            check("%s: said" % what, (r.returncode in (73, 74), r.stderr.count("\n")), (True, 1))
        have = len(lines(trial))
        check("%s: all or nothing" % what, have in (before, before + 1), True)
        sound(what)
        again = kinfold(*SIGN, cwd=trial)
        check("%s: and then it works" % what, (again.returncode, len(lines(trial))), (1 if have > before else 0, before + 1))
        sound(what)

# ---- half a line, as a power cut leaves it ----
fresh(unsigned)
row = lines(shop)[before]
with open(os.path.join(trial, "approvals.jsonl"), "a") as f:
    f.write(row[:200])
check("half a line is told", "behind line %d is half a line" % before in sound("half a line")["remarks"][0], True)
check("half a line decides nothing", in_force(), OLD)
check("and is written over", (kinfold(*SIGN, cwd=trial).returncode, len(lines(trial))), (0, before + 1))
sound("half a line")

# ---- a publication: the old set, or the new ----
moments = calls(PUBLISH, shop)
snapshot, pointer = [i for i, m in enumerate(moments) if m.startswith("rename") or "current.new" in m][:2]
check("the snapshot is whole, then comes the line, then the pointer", [m.split()[0] for m in moments[snapshot:pointer + 1]],
      ["rename", "fsync", "write", "fsync", "create"])
seen = set()
for how in ("kill", "ENOSPC", "EIO"):
    for n in range(1, len(moments) + 1):
        what = "%s before call %d (%s) of publish" % (how, n, moments[n - 1].replace(trial, ""))
        fresh(shop)
        r = run(PUBLISH, KF_FAULT=how, KF_FAULT_AT=str(n))
        if how == "kill":
            check("%s: killed" % what, r.returncode, -9)
        elif how == "EIO":
            check("%s: said" % what, (r.returncode in (73, 74), r.stderr.count("\n")), (True, 1))
        now = in_force()
        check("%s: old or new" % what, now in (OLD, NEW), True)
        seen.add((how, now == NEW))
        sound(what)
        kinfold(*PUBLISH, cwd=trial)
        check("%s: and then it works" % what, in_force(), NEW)
        check("%s: with one line" % what, len(lines(trial)), len(lines(shop)) + 1)
        check("%s: and nothing left behind" % what, sorted(n for n in os.listdir(os.path.join(trial, "published")) if n.startswith(".")), [])
        check("%s: no remark" % what, sound(what)["remarks"], [])
# ---- several at once: one publishes, the others see that or try again ----
for n in range(12):
    fresh(shop)
    all_at_once = [subprocess.Popen([KINFOLD, *PUBLISH, "-q"], cwd=trial, env=environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(4)]
    codes = sorted(p.wait() for p in all_at_once)
    for p in all_at_once:
        p.stderr.close()
    check("at once %d: one at least, the others too or later" % n, (codes[0], sorted(set(codes) - {0, 75})), (0, []))
    check("at once %d: one line" % n, len(lines(trial)), len(lines(shop)) + 1)
    check("at once %d: in force" % n, in_force(), NEW)
    sound("at once %d" % n)
check("both were seen", {("kill", False), ("kill", True)} <= seen, True)
done()
