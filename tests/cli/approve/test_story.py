#!/usr/bin/env python3
"""The whole story: keys, a plan, two signatures, publication, runs and exports behind it, and back."""
import json
import os
import re
import shutil
import stat
import subprocess
import sys

from office import (HERE, HOME, check, check_in, clock, done, edit, environment, golden, key, kinfold, lines, members, office, plan, publish, read, rules, says,
                    schema, sign, write)

# What that page takes from a package, over the library that Kinfold has anyway.
NACL = """import ctypes
import ctypes.util
sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))


class VerifyKey:
    def __init__(self, key):
        self.key = key

    def verify(self, message, signature):
        if len(signature) != 64 or sodium.crypto_sign_verify_detached(signature, message, ctypes.c_ulonglong(len(message)), self.key):
            raise ValueError("bad signature")
"""

# ---- before anything is published ----
shop = office("shop")
first, n = members(shop)
check("buyers before", n, 4)
golden("run-nothing-published", says("run: nothing is published", 77, "run", cwd=shop, part="nothing is published yet") + kinfold("run", cwd=shop).stderr)
says("export: nothing is published", 77, "export", "--export", "letters", cwd=shop, part="Next: 'kinfold publish', then 'kinfold run'")
check("export: nothing was written", os.path.exists(os.path.join(shop, "out/letters.csv")), False)
says("export --dry-run is allowed", 0, "export", "--export", "letters", "--dry-run", cwd=shop)
says("export --person is allowed", 0, "export", "--person", "user_id:u1", cwd=shop)
says("run --published: nothing is", 77, "run", "--published", cwd=shop, part="nothing is published yet: 'kinfold publish' does that")
says("publish: nobody has approved", 77, "publish", "--key", key("nightly")[0], cwd=shop, part="privacy has not signed, analytics has not signed")
check("log: nobody has signed", says("log", 0, "log", cwd=shop), "Nothing was ever signed here.\n")
says("publish --previous: nothing was", 66, "publish", "--previous", "--because", "x", "--key", key("nightly")[0], cwd=shop)

# ---- a change, as privacy and analytics sign it ----
rules(shop, 2)
plan(shop)
clock[0] += 60
golden("approve-analytics", says("approve as analytics", 0, "approve", "change.plan", "--as", "analytics", "--because", "as we said on Monday", "--key",
                                 key("Ada")[0], "--yes", cwd=shop))
says("once more the same", 1, "approve", "change.plan", "--as", "analytics", "--because", "again", "--key", key("Ada")[0], "--yes", cwd=shop,
     part="Line 1 of approvals.jsonl says so already; nothing was written.")
says("publish: privacy is missing", 77, "publish", "--key", key("nightly")[0], cwd=shop, part="privacy has not signed, analytics approved (Ada)")
clock[0] += 60
d = schema("kinfold.approve-1", says("approve as privacy", 0, "approve", "change.plan", "--as", "privacy", "--because", "no new purpose", "--key", key("Pia")[0],
                                     "--yes", "--json", cwd=shop))
check("approved by all", (d["approved"], d["missing"], d["line"], d["who"], d["written"]), (True, [], 2, "Pia", True))
second = d["rules"]
says("run: approved, not published", 77, "run", cwd=shop, part="they are approved, and 'kinfold publish' puts them in force")
golden("publish-dry-run", says("publish --dry-run", 0, "publish", "--dry-run", cwd=shop))
check("a dry run writes nothing", (len(lines(shop)), os.path.exists(os.path.join(shop, "published"))), (2, False))
clock[0] += 60
golden("publish", says("publish", 0, "publish", "--key", key("nightly")[0], cwd=shop))
at = schema("kinfold.published-1", read(shop, "published/current"))
check("the pointer names line and rules", (at["line"], at["rules"], at["hash"]), (3, second, json.loads(lines(shop)[2])["hash"]))
check("the snapshot is the files", read(shop, at["folder"], "segments.lua"), read(shop, "rules/segments.lua"))
d = schema("kinfold.publish-1", says("publish again", 0, "publish", "--json", cwd=shop))
check("nothing new", (d["nothing_new"], d["written"], d["line"], len(lines(shop))), (True, False, 3, 3))

# ---- what runs then ----
says("export: not run yet", 77, "export", "--export", "letters", cwd=shop, part="Next: 'kinfold run --published'")
says("run", 0, "run", "-q", cwd=shop)
check("buyers after", members(shop), (second, 5))
says("export", 0, "export", "--export", "letters", cwd=shop)
check("letters", len(read(shop, "out/letters.csv").splitlines()), 6)
rules(shop, 1)
golden("run-edited", says("run: the tree was edited", 77, "run", cwd=shop, part="are not the published ones") + kinfold("run", cwd=shop).stderr)
says("run --published while the tree is edited", 0, "run", "--published", "-q", "--force", cwd=shop)
check("the published rules decided", members(shop), (second, 5))
says("export still", 0, "export", "--export", "letters", "-q", cwd=shop)
says("a steward's decision is run with the published rules", 0, "decide", "keep-apart", "user_id:u1", "user_id:u2", "--because", "twins", "--run", cwd=shop)
check("the published rules decided again", members(shop), (second, 5))
rules(shop, 2)
edit(shop, "rules/segments.lua", "Who bought", "Those who bought")
says("another title means the same", 0, "run", "-q", "--force", cwd=shop)

# ---- the log, and back ----
rules(shop, 4)
plan(shop)
check("third: Ada", sign(shop, "Ada", "analytics").returncode, 0)
check("third: Pia", sign(shop, "Pia", "privacy").returncode, 0)
check("third: published", publish(shop, "-q").returncode, 0)
says("third: run", 0, "run", "-q", cwd=shop)
third, n = members(shop)
check("third: buyers", n, 3)
says("--previous wants a reason", 64, "publish", "--previous", "--key", key("nightly")[0], cwd=shop, part="say --because")
clock[0] += 60
golden("publish-previous", says("back", 0, "publish", "--previous", "--because", "too few letters", "--key", key("nightly")[0], cwd=shop))
says("run: the tree is the third", 77, "run", cwd=shop, part="run --published")
says("run --published", 0, "run", "--published", "-q", cwd=shop)
check("back: buyers", members(shop), (second, 5))
says("back once more: there was none before", 66, "publish", "--previous", "--because", "x", "--key", key("nightly")[0], cwd=shop,
     part="these rules were the first")
golden("log", says("log", 0, "log", cwd=shop))
golden("log-verify", says("log --verify", 0, "log", "--verify", cwd=shop))
d = schema("kinfold.log-1", says("log --json", 0, "log", "--json", cwd=shop))
check("what was signed, in order", [(e["kind"], e["who"]) for e in d["lines"]],
      [("approve", "Ada"), ("approve", "Pia"), ("publish", "nightly"), ("approve", "Ada"), ("approve", "Pia"), ("publish", "nightly"), ("back", "nightly")])
check("in force", (d["published"], d["sound"]), (second, True))
check("about one set only", [e["line"] for e in json.loads(says("log --rules", 0, "log", "--rules", third[:8], "--json", cwd=shop))["lines"]], [4, 5, 6])
d = schema("kinfold.log-verify-1", says("log --verify --json", 0, "log", "--verify", "--json", cwd=shop))
check("sound", (d["sound"], d["lines"], d["remarks"]), (True, 7, []))

# ---- and without Kinfold, as the page for officers says it ----
program = re.search(r"```python\n(.*?)```", read(HERE, "../../../core/cli/APPROVAL.md"), re.S).group(1)
write(NACL, HOME, "lib/nacl/signing.py")
write("", HOME, "lib/nacl/__init__.py")


def elsewhere():
    return subprocess.run([sys.executable, "-c", program], cwd=shop, env=environment(PYTHONPATH=os.path.join(HOME, "lib")), stderr=subprocess.PIPE, text=True)


r = elsewhere()
check("the log is sound for another program", (r.returncode, r.stderr), (0, ""))
good = read(shop, "approvals.jsonl")
for what, bad in (("a reason", good.replace("no new purpose", "no New purpose")), ("a signature", good.replace('"signature":"', '"signature":"A', 1)),
                  ("a line", good.split("\n", 1)[1])):
    write(bad, shop, "approvals.jsonl")
    check("and not with %s changed" % what, elsewhere().returncode, 1)
write(good, shop, "approvals.jsonl")

# ---- again to the third: it is approved still, and compares with what is in force ----
says("the third once more", 0, "publish", "-q", "--key", key("nightly")[0], cwd=shop)
says("and run", 0, "run", "-q", cwd=shop)
check("third again", members(shop), (third, 3))

# ---- privacy pulls the brake ----
r = sign(shop, "Pia", "privacy", "change.plan", "--reject", because="a complaint")
check("reject", r.returncode, 0)
golden("run-rejected", says("run: taken back", 77, "run", cwd=shop, part="privacy rejected (Pia)") + kinfold("run", cwd=shop).stderr)
says("run --published: taken back", 77, "run", "--published", cwd=shop, part="are no longer approved")
says("export: taken back", 77, "export", "--export", "letters", cwd=shop, part="are no longer approved")
check("back to the second", publish(shop, "--previous", "--because", "a complaint").returncode, 0)
says("run the second", 0, "run", "--published", "-q", cwd=shop)
check("second again", members(shop), (second, 5))
says("the third cannot come back", 77, "publish", "--key", key("nightly")[0], cwd=shop, part="privacy rejected (Pia)")

# ---- a checkout without a store, as a privacy officer has it ----
desk = os.path.join(HOME, "desk")
shutil.copytree(shop, desk)
os.unlink(os.path.join(desk, "kinfold.db"))
rules(shop, 5)
rules(desk, 5)
plan(shop)
shutil.copy(os.path.join(shop, "change.plan"), desk)
r = sign(desk, "Pia", "privacy")
check("signed at a desk", r.returncode, 0)
check_in("and told what could not be seen", "There is no store here", r.stdout)

# ---- what was signed is not for others to write ----
check("the key is the owner's only", stat.S_IMODE(os.stat(key("Ada")[0]).st_mode), 0o600)
check("stdout of -q is empty", sign(desk, "Ada", "analytics", "change.plan", "-q").stdout, "")
del environment
done()
