#!/usr/bin/env python3
"""kinfold explain of two people, of one at another time, and by the rules as they are in the files."""
import json
import os
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "steward"))
from shop import Workspace, check, done  # noqa: E402

base = tempfile.mkdtemp()
w = Workspace(base, "two").run()


def line(name):
    """rules/identity.lua:N of the line that begins with `name`."""
    with open(os.path.join(w.dir, "rules", "identity.lua")) as f:
        for n, text in enumerate(f, 1):
            if text.strip().startswith(name):
                return "rules/identity.lua:%d" % n
    raise SystemExit("no line " + name)


def two(a, b, *more):
    code, out, _ = w.call("explain", a, "--and", b, "--json", "--reveal", *more)
    return code, json.loads(out)


def flat(text):
    """Without the line ends: long lines go on in the next one."""
    return " ".join(text.split())


def refused(d):
    return sorted((r["a"], r["b"], r["rule"], r["where"], r["reason"], r["limit"]) for r in d["refused"])


# ---- one person ----
code, d = two("email:anna@example.org", "device_id:dev-anna")
check("one person: exit", code, 0)
check("one person", (d["schema"], d["same"], d["joined_by_hand"]), ("kinfold.explain-two/1", True, False))
check("her chain, weakest link first", [(s["step"], s["a"], s["b"], s["rule"], s["where"], s["strength"], s["event"]["record"], s["event"]["name"])
                                        for s in d["path"]],
      [(1, "user_id:u-anna", "email:anna@example.org", "account", line('link "account"'), "verified", "data/00.jsonl:1", "Account Updated"),
       (2, "user_id:u-anna", "device_id:dev-anna", "login", line('link "login"'), "verified", "data/00.jsonl:2", "Signed In")])
code, d = two("device_id:dev-mail", "user_id:u-anna")
check("what is only observed is the weakest", [(s["step"], s["rule"], s["strength"]) for s in d["path"]],
      [(1, "newsletter", "observed"), (2, "account", "verified")])
text = w.must("explain", "device_id:dev-mail", "--and", "user_id:u-anna", "--reveal")
check("the same as text", text.splitlines()[:3],
      ["They are one person.", "The strongest chain between them, and its links, weakest first:",
       "  device_id:dev-mail \u2013 email:anna@example.org \u2013 user_id:u-anna"])
check("its first link", flat("\n".join(text.splitlines()[3:5])),
      "1. email:anna@example.org and device_id:dev-mail: link newsletter (%s), observed, seen 1 time, last on 2026-03-05 10:00 by "
      "Newsletter Confirmed, data/00.jsonl:15" % line('link "newsletter"'))
check("both ways of asking are one", w.must("explain", "device_id:dev-mail", "user_id:u-anna", "--reveal"), text)

# ---- two people ----
code, d = two("user_id:u-dan", "user_id:u-eve")
check("two people: exit", (code, d["same"]), (1, False))
place = line("email =")
check("a shared mailbox stands between", refused(d),
      [("user_id:u-dan", "email:team@example.org", "account", line('link "account"'), "shared", place),
       ("user_id:u-eve", "email:team@example.org", "account", line('link "account"'), "shared", place)])
check("who is in the way", [r["blocking"] for r in d["refused"]], [["user_id:u-dan", "user_id:u-eve"]] * 2)
check("when they would be one", "when_shared of email is ambiguous (%s)" % place in d["refused"][0]["joined_if"], True)

code, d = two("user_id:u-anna", "user_id:u-cleo")
check("a tablet in turns", (code, d["both_had"], d["refused"]), (1, ["device_id:dev-s"], []))
check("what a link would break", d["limits"][0],
      "A link between them would be refused: user_id allows a person 1 value (%s); they have user_id:u-anna, user_id:u-cleo" % line("user_id ="))
code, d = two("user_id:u-anna", "user_id:u-ben")
check("nothing between", (code, d["both_had"], d["refused"]), (1, [], []))
check("nothing between, as text", "No event names an identifier of both" in w.call("explain", "user_id:u-anna", "--and", "user_id:u-ben")[1], True)
code, out, _ = w.call("explain", "device_id:gil-00", "--reveal")
check("too many identifiers", (code, "joined if a person could have more than 10 identifiers: max_identifiers (%s)" % line("limits") in flat(out)), (1, True))
code, d = two("user_id:u-ina", "email:ina2@example.org")
check("accounts of two people", (code, d["limits"][0].endswith("they have user_id:u-ina, user_id:u-ina2")), (1, True))

code, out, _ = w.call("explain", "email:team@example.org", "--and", "user_id:u-dan", "--reveal")
check("one is nobody's", (code, out.splitlines()[:2]),
      (1, ["email:team@example.org and user_id:u-dan are not one person.", "  email:team@example.org belongs to nobody now: shared"]))
check("only what stands between the two", len(flat(out).split("was refused")[1:]), 1)
code, out, _ = w.call("explain", "email:team@example.org", "--reveal")
check("alone, all its refusals", (code, len(flat(out).split("was refused")[1:])), (1, 2))
check("itself twice is the same", w.call("explain", "email:team@example.org", "--and", "email:team@example.org", "--reveal")[1], out)

# ---- decisions ----
w.must("decide", "unlink", "user_id:u-ben", "email:ben@example.org", "--because", "wrong", "--by", "me", "--run")
code, out, _ = w.call("explain", "email:ben@example.org", "--and", "user_id:u-ben", "--reveal")
check("unlinked", (code, "was refused: unlinked" in flat(out), "joined if decision 1 were undone (kinfold decide undo 1)" in flat(out)), (1, True, True))
w.must("decide", "join", "user_id:u-ina", "user_id:u-ina2", "--because", "one", "--by", "me", "--run")
code, d = two("user_id:u-ina", "user_id:u-ina2")
check("one by hand", (code, d["same"], d["joined_by_hand"], d["path"]), (0, True, True, []))
w.must("decide", "keep-apart", "user_id:u-cleo", "email:cleo@example.org", "--because", "no", "--by", "me", "--run")
code, out, _ = w.call("explain", "user_id:u-cleo", "--and", "email:cleo@example.org", "--reveal")
check("kept apart", (code, "in the way: user_id:u-cleo, email:cleo@example.org" in flat(out),
                     "decision 3 were undone" in flat(out)), (1, True, True))

# ---- another time ----
first = w.json("explain", "device_id:dev-s", "--at", "2026-03-02")
check("whose the tablet was", "user_id:u-anna" in first["identifiers"], True)
check("what it was then", (first["as_of"], first["rules"]), ("2026-03-02T23:59:59.999999999Z", "last run"))
check("and later", "user_id:u-cleo" in w.json("explain", "device_id:dev-s")["identifiers"], True)
check("since when", [s["identifier"] for s in w.json("explain", "device_id:dev-s")["current_spans"]], ["device_id:dev-s"])
code, out, _ = w.call("explain", "device_id:dev-mail", "--at", "2026-03-02")
check("not seen yet", (code, out), (1, "device_id:dev-mail had not been seen by 2026-03-02 23:59\n"))
code, _, err = w.call("explain", "device_id:dev-s", "--at", "yesterday")
check("no time", (code, "--at wants a day or an instant" in err), (64, True))
code, _, err = w.call("explain", "user_id:u-dan", "user_id:u-eve", "--and", "user_id:u-ben")
check("three", (code, "two are compared" in err), (64, True))

# ---- other rules ----
path = os.path.join(w.dir, "rules", "identity.lua")
with open(path) as f:
    rules = f.read()
with open(path, "w") as f:
    f.write(rules.replace('normalise = "email" }', 'normalise = "email", when_shared = "last_login" }'))
code, d = two("user_id:u-eve", "email:team@example.org")
check("by the last run's rules it is nobody's", (code, d["same"], d["b_is_nobodys"], [r["reason"] for r in d["refused"]]),
      (1, False, True, ["shared"]))
code, d = two("user_id:u-eve", "email:team@example.org", "--candidate")
check("by the rules in the files", (code, d["same"], [s["rule"] for s in d["path"]]), (0, True, ["account"]))
check("said in the document", w.json("explain", "user_id:u-eve", "--candidate")["rules"], "files")
check("and on the screen", "By the rules as they are in the files now" in w.must("explain", "user_id:u-eve", "--candidate"), True)
with open(path, "w") as f:
    f.write("identifiers {")
check("rules that do not load", (w.call("explain", "user_id:u-eve", "--candidate")[0], w.call("explain", "user_id:u-eve")[0]), (78, 0))
done()
