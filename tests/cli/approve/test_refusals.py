#!/usr/bin/env python3
"""Who may not sign, what may not be signed, and what is said then."""
import json
import os
import pty
import select
import shutil
import time

from office import (HOME, KEYS, KINFOLD, PEOPLE, block, check, check_in, clock, done, edit, environment, fits, key, kinfold, lines, office, plan, publish, read, rules,
                    says, schema, seal, sign, write)

shop = office("shop", limits="limits: { max_segment_change: 50% }\n")
rules(shop, 2)
plan(shop)
A = ["approve", "change.plan", "--because", "looked at it", "--yes"]


def refused(what, part, *words, code=77, cwd=shop):
    before = lines(cwd)
    says(what, code, *words, cwd=cwd, part=part)
    check("%s: nothing was written" % what, lines(cwd), before)


# ---- who ----
refused("another role", "Ada may sign for analytics and sources, not for privacy", *A, "--as", "privacy", "--key", key("Ada")[0])
refused("a publisher", "nightly may sign for publish, not for analytics", *A, "--as", "analytics", "--key", key("nightly")[0])
refused("a stranger", "is nobody's in kinfold.yaml", *A, "--as", "privacy", "--key", key("Mo")[0])
refused("no key of one's own", "is one of kinfold.yaml's; name yours with --key FILE", *A, "--as", "privacy")
refused("no such role", "--as wants privacy or analytics, not 'privcy'; did you mean 'privacy'?", *A, "--as", "privcy", code=64)
refused("no role", "say for whom you sign: --as privacy or --as analytics", *A, code=64)
refused("no reason", "say --because", "approve", "change.plan", "--as", "privacy", "--key", key("Pia")[0], "--yes", code=64)
refused("a blank reason", "say --because", "approve", "change.plan", "--as", "privacy", "--because", " ", "--key", key("Pia")[0], "--yes", code=64)
refused("nobody to ask", "nobody can be asked here: read what is signed, then say --yes", "approve", "change.plan", "--as", "privacy", "--because", "x",
        "--key", key("Pia")[0], code=64)
os.chmod(key("Pia")[0], 0o640)
refused("a key that others may read", "is a secret key that others may read (mode 640)", *A, "--as", "privacy", "--key", key("Pia")[0])
os.chmod(key("Pia")[0], 0o600)
refused("no key", "cannot read", *A, "--as", "privacy", "--key", "nowhere.key", code=66)
write("{}", HOME, "odd.key")
os.chmod(os.path.join(HOME, "odd.key"), 0o600)
refused("what is no key", "is no secret key", *A, "--as", "privacy", "--key", os.path.join(HOME, "odd.key"), code=65)

# ---- four eyes ----
check("Leo signs for analytics", sign(shop, "Leo", "analytics").returncode, 0)
refused("Leo signs for privacy too", "Leo has approved these rules for analytics already (line 1), and four eyes are demanded", *A, "--as", "privacy", "--key",
        key("Leo")[0])
two = office("two", more="  four_eyes: false\n")
rules(two, 2)
plan(two)
check("without four eyes: one", sign(two, "Leo", "analytics").returncode, 0)
check("without four eyes: and the other", sign(two, "Leo", "privacy").returncode, 0)
check("without four eyes: published", publish(two, "-q").returncode, 0)
edit(two, "kinfold.yaml", "four_eyes: false", "four_eyes: true")
says("four eyes are demanded afterwards", 77, "run", cwd=two, part="four eyes are demanded, and both are Leo's")

# ---- which plan ----
refused("no plan", "cannot read nowhere.plan", "approve", "nowhere.plan", *A[2:], "--as", "privacy", "--key", key("Pia")[0], code=66)
d = json.loads(read(shop, "change.plan"))
d["verdict"] = "No changes."
write(json.dumps(d), shop, "edited.plan")
refused("a plan edited by hand", "is not as it was written", "approve", "edited.plan", *A[2:], "--as", "privacy", "--key", key("Pia")[0], code=65)
for what, change, part in (
        ("another engine", {"engine": "0.0.9"}, "the plan was made by Kinfold 0.0.9, this is 0.1.0"),
        ("a sample", {"sample": True}, "are those of a sample: make it of all data")):
    write(json.dumps(seal(dict(json.loads(read(shop, "change.plan")), **change))), shop, "other.plan")
    refused(what, part, "approve", "other.plan", *A[2:], "--as", "privacy", "--key", key("Pia")[0])
d = json.loads(read(shop, "change.plan"))
for what, c in (("a terminal's command", "\u009b2J"), ("another direction of reading", "\u202e"), ("a carriage return", "a\r")):
    write(json.dumps(seal(dict(d, summary=d["summary"] + c)), ensure_ascii=False), shop, "odd.plan")
    refused(what, "holds control characters, which would hide what is signed", "approve", "odd.plan", *A[2:], "--as", "privacy", "--key", key("Pia")[0], code=65)
refused("a reason of commands", "without control characters", "approve", "change.plan", "--because", "x\x1b[2J", "--yes", "--as", "privacy", "--key", key("Pia")[0],
        code=64)
for what, where, lie in (("a segment", "segments", lambda f: f["segments"][0].update(after=4, added=0)), ("who is contacted", "consent", lambda f: f.update(consent=[])),
                         ("a limit", "limits", lambda f: f["limits"][0].update(found="no segment changes"))):
    d = json.loads(read(shop, "change.plan"))
    lie(d["figures"])
    write(json.dumps(seal(d), ensure_ascii=False), shop, "lie.plan")
    refused("a plan that lies about %s" % what, "worked out again, there is something else in %s." % where, "approve", "lie.plan", *A[2:], "--as", "privacy",
            "--key", key("Pia")[0])
d = json.loads(read(shop, "change.plan"))
write(json.dumps(seal(dict(d, verdict="No changes.")), ensure_ascii=False), shop, "lie.plan")
refused("a plan that lies in its first line", "there is something else in verdict.", "approve", "lie.plan", *A[2:], "--as", "privacy", "--key", key("Pia")[0])
trusting = os.path.join(HOME, "trusting")
shutil.copytree(shop, trusting)
check("unless it is trusted", sign(trusting, "Pia", "privacy", "lie.plan", "--trust-figures").returncode, 0)
rules(shop, 1)
refused("the rules were edited since", "change.plan is stale: the rules are ", *A, "--as", "privacy", "--key", key("Pia")[0])
plan(shop, "much.plan", "--max-segment-change", "10%")
refused("a limit is broken", "the plan breaks max-segment-change (segment buyers changes by 50.0% (+2 -0 of 4); allowed: 10%)", "approve", "much.plan", *A[2:],
        "--as", "privacy", "--key", key("Pia")[0])
r = sign(shop, "Pia", "privacy", "much.plan", "--despite-limits", because="a one-off")
check("despite the limit", (r.returncode, json.loads(lines(shop)[-1])["limits_broken"]), (0, True))
check_in("despite the limit: said", "BROKEN", r.stdout)
rules(shop, 2)
with open(os.path.join(shop, "data/web.jsonl"), "a") as f:
    for i in range(7):
        f.write(json.dumps({"messageId": "n%d" % i, "type": "track", "event": "Order Completed", "userId": "u1", "timestamp": "2026-06-07T10:00:0%dZ" % i}) + "\n")
yaml = read(shop, "kinfold.yaml")
write(yaml.split("approval:")[0], shop, "kinfold.yaml")
rules(shop, 3)
says("a run in between", 0, "run", "-q", cwd=shop)
rules(shop, 2)
write(yaml, shop, "kinfold.yaml")
r = kinfold(*A, "--as", "privacy", "--key", key("Pia")[0], cwd=shop)
check("the data have moved on: exit", r.returncode, 77)
check_in("the data have moved on", "run 2 has read other data since", r.stderr)
check_in("the data have moved on: by how much", "7 events more", r.stderr)
r = sign(shop, "Pia", "privacy", "change.plan", "--reject")
check("but it can be rejected", r.returncode, 0)

# ---- the same step twice: another set in force in between ----
step = office("step")
rules(step, 2)
plan(step, "a.plan")
rules(step, 4)
plan(step, "b.plan")
for who, role in (("Ada", "analytics"), ("Pia", "privacy")):
    rules(step, 4)
    check("b for %s" % role, sign(step, who, role, "b.plan").returncode, 0)
    rules(step, 2)
    check("a for %s" % role, sign(step, who, role, "a.plan").returncode, 0)
rules(step, 4)
check("b is published", publish(step, "-q").returncode, 0)
rules(step, 2)
refused("a compares with what is no longer in force", "are in force since: 'kinfold run --published', then dry-run and approve again", "publish", "--key",
        key("nightly")[0], cwd=step)
refused("and cannot be signed again", "a.plan is stale: it compares with the rules", "approve", "a.plan", *A[2:], "--as", "analytics", "--key", key("Ada")[0],
        cwd=step)

# ---- people who went ----
left = office("left")
rules(left, 2)
plan(left)
for who, role in (("Ada", "analytics"), ("Pia", "privacy")):
    sign(left, who, role)
rules(left, 2)
refused("a key without the role publish", "Pia may sign for privacy, not for publish", "publish", "--key", key("Pia")[0], cwd=left)
check("published", publish(left, "-q").returncode, 0)
says("run", 0, "run", "-q", cwd=left)
edit(left, "kinfold.yaml", "roles: [privacy] }", "roles: [privacy], until: 2026-07-01 }")
says("until her last day she counts", 0, "run", "-q", cwd=left)
clock[0] += 86400
r = kinfold(*A, "--as", "privacy", "--key", key("Pia")[0], cwd=left)
check("after it she cannot sign", (r.returncode, "the key of Pia has ended: what it signs now does not count" in r.stderr), (77, True))
says("what she signed counts", 0, "run", "-q", "--force", cwd=left)
late = os.path.join(HOME, "late")
shutil.copytree(left, late)
check("Ada goes on signing", sign(late, "Ada", "analytics", "change.plan", "--reject").returncode, 0)
clock[0] -= 3 * 86400
check("a clock that is set back signs", sign(late, "Pia", "privacy", "change.plan", "--reject").returncode, 0)
check("but cannot come before what stands above", says("log", 0, "log", cwd=late).splitlines()[-1].split("  ")[3], "Pia (key had ended)")
check_in("which is told", "line 5: by the clock of Pia it was signed more than a day before line 4", " ".join(says("verify", 0, "log", "--verify", cwd=late).split()))
check_in("and does not count", "privacy approved (Pia), analytics rejected (Ada)", kinfold("run", cwd=late).stderr)
clock[0] += 3 * 86400
edit(left, "kinfold.yaml", "until: 2026-07-01", "until: 2026-06-30")
says("a key that had ended before", 77, "run", cwd=left, part="privacy has not signed")
check_in("the log says so", "Pia (key had ended)", says("log", 0, "log", cwd=left))
write(read(left, "kinfold.yaml").split("approval:")[0] + block([p for p in PEOPLE if p[0] != "Pia"]), left, "kinfold.yaml")
says("somebody who was taken out", 77, "run", cwd=left, part="privacy has not signed")
check_in("verify says so and is content", "the key of Pia is not in kinfold.yaml (any more)", says("verify", 0, "log", "--verify", cwd=left))
write(read(left, "kinfold.yaml").split("approval:")[0] + "approval: required\n", left, "kinfold.yaml")
says("nobody is named", 77, *A, "--as", "privacy", "--key", key("Pia")[0], cwd=left, part="it names nobody who may sign: add people under 'approval:'")

# ---- keys ----
r = kinfold("key", "new", "Zoe", "--role", "privacy", "--role", "sources", "--no-passphrase")
check_in("the line to paste", '    - { name: "Zoe", key: "ed25519:', r.stdout)
check("with its roles", r.stdout.splitlines()[-1].endswith("roles: [privacy, sources] }"), True)
check("one line names one key", r.stdout.count("ed25519:"), 1)
check_in("no such role", "--role wants privacy, analytics, publish or sources, not 'privat'; did you mean 'privacy'?",
         kinfold("key", "new", "Yan", "--role", "privat").stderr)
check("twice", (kinfold("key", "new", "Zoe").returncode, "a key is never written over" in kinfold("key", "new", "Zoe").stderr), (73, True))
check("no name", kinfold("key", "new").returncode, 64)
check_in("show", "Zoe, without a passphrase\n", kinfold("key", "show").stdout)
check_in("show in a workspace", "in kinfold.yaml: Ada, analytics and sources", kinfold("key", "show", "--key", key("Ada")[0], cwd=shop).stdout)
os.unlink(os.path.join(HOME, ".config/kinfold/zoe.key"))

# ---- a locked key, and a question on a terminal ----
with open(os.path.join(HOME, "phrase"), "w") as f:
    f.write("correct horse\n")
with open(os.path.join(HOME, "wrong"), "w") as f:
    f.write("battery staple\n")
for f in ("phrase", "wrong"):
    os.chmod(os.path.join(HOME, f), 0o600)
made = schema("kinfold.key-new-1", kinfold("key", "new", "Uma", "--passphrase-file", "phrase", "--json").stdout)
fits("kinfold.key-1", json.loads(read(made["file"])))
fits("kinfold.key-1", json.loads(read(key("Pia")[0])))
check("locked", (made["locked"], made["file"]), (True, os.path.join(HOME, ".config/kinfold/uma.key")))
check("the secret is not in the file as it is", "lock" in json.loads(read(made["file"])), True)
KEYS["Uma"] = (made["file"], made["public"])
desk = office("desk", PEOPLE + (("Uma", "privacy"),))
rules(desk, 2)
plan(desk)
U = ["approve", "change.plan", "--as", "privacy", "--because", "x"]
refused("locked, nobody to ask", "is locked and there is no terminal to ask on", *U, "--yes", code=64, cwd=desk)
refused("another passphrase", "this is not the passphrase of the key", *U, "--yes", "--passphrase-file", os.path.join(HOME, "wrong"), cwd=desk)


def terminal(words, answers, cwd):
    """Types an answer whenever the screen has stood still behind its question; the exit status and what was on the screen."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execve(KINFOLD, [KINFOLD, *words], environment(TERM="dumb"))
    screen, answers, end = "", list(answers), time.time() + 60
    while time.time() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                got = os.read(fd, 4096).decode()
            except OSError:
                break
            if not got:
                break
            screen += got
        if answers and answers[0][0] in screen:
            os.write(fd, answers.pop(0)[1].encode())
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), screen.replace("\r\n", "\n")


code, screen = terminal(U, [("[yes/no]", "no\n")], desk)
check("no", (code, lines(desk)), (1, []))
check_in("no: read before it was asked", "segment buyers                       4      5    +1", screen.split("[yes/no]")[0])
check_in("no: said", "nothing was signed", screen)
code, screen = terminal(U, [("[yes/no]", "yes\n"), ("Passphrase of", "correct horse\n")], desk)
check("yes, with the passphrase", (code, len(lines(desk))), (0, 1))
check("which is not on the screen", "correct horse" in screen, False)
check_in("the question names who", "Sign as Uma (privacy)? [yes/no]", screen)
code, screen = terminal(["key", "new", "Vic"], [("empty: none", "one\n"), ("Once more", "two\n")], HOME)
check("two passphrases", (code, "the two passphrases differ; nothing was written" in screen, os.path.exists(os.path.join(HOME, ".config/kinfold/vic.key"))),
      (64, True, False))
code, screen = terminal(["key", "new", "Vic"], [("empty: none", "one\n"), ("Once more", "one\n")], HOME)
check("the same twice", (code, schema("kinfold.key-show-1", kinfold("key", "show", "--json").stdout)["keys"][1]["locked"]), (0, True))
done()
