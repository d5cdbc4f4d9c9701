#!/usr/bin/env python3
"""kinfold simulate: the built-in stories by rules of several sizes, and events of one's own."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "steward"))
from shop import check, done, kinfold  # noqa: E402

base = tempfile.mkdtemp()
retail = os.path.join(here, "..", "..", "..", "examples", "retail")
STORIES = ("shared-device", "duplicate-email", "account-transfer", "junk-ids", "recycled-phone", "family", "kiosk")


def call(folder, *words, given=None):
    p = subprocess.run([kinfold, "-C", folder, "simulate", *words], capture_output=True, text=True, input=given, timeout=120)
    return p.returncode, p.stdout, p.stderr


def play(folder, *words, given=None):
    code, out, err = call(folder, *words, "--json", given=given)
    if code:
        sys.exit("simulate %s: %d %s" % (words, code, err))
    return json.loads(out)


def workspace(name, rules):
    folder = os.path.join(base, name)
    os.makedirs(os.path.join(folder, "rules"))
    with open(os.path.join(folder, "kinfold.yaml"), "w") as f:
        f.write("zone: UTC\ncurrency: EUR\nrules: rules\nstore: kinfold.db\nsources: []\n")
    with open(os.path.join(folder, "rules", "identity.lua"), "w") as f:
        f.write(rules)
    return folder


def people(d):
    return [(p["identifiers"], p["events"]) for p in d["people"]]


def why(d):
    return sorted((r["a"], r["b"], r["reason"]) for r in d["refused"])


# ---- the shop of the examples ----
d = play(retail, "--scenario", "shared-device")
check("schema and story", (d["schema"], d["scenario"], d["notes"]), ("kinfold.simulate/1", "shared-device", []))
check("a tablet in turns", people(d), [(["user_id:anna", "anonymous_id:tablet"], [1, 2, 5, 6]), (["user_id:ben"], [3, 4])])
check("told in the shop's words", d["given"].splitlines()[0],
      '2026-01-05 09:00  "Signed In" user_id=anna anonymous_id=tablet consent.identity=granted')
check("kept by its rule", {(k["rule"], k["where"], k["strength"]) for k in d["kept"]}, {("login", "rules/identity.lua:48", "verified")})
d = play(retail, "--scenario", "duplicate-email")
check("one mailbox, two records", people(d), [(["crm_id:anna"], [1]), (["crm_id:ben"], [2]), ([], [3])])
check("is nobody's", (d["nobody"], why(d)), ([{"identifier": "email:office@example.com", "reason": "shared"}], [
    ("crm_id:anna", "email:office@example.com", "shared"), ("crm_id:ben", "email:office@example.com", "shared")]))
d = play(retail, "--scenario", "account-transfer")
check("handed over", people(d), [(["crm_id:anna", "email:anna@example.com"], [1, 2, 4]),
                                 (["crm_id:ben", "user_id:shop", "email:ben@example.com"], [3, 5, 6])])
d = play(retail, "--scenario", "junk-ids")
check("junk joins nobody", len(d["people"]), 5)
check("and is named", [(x["identifier"], x["because"]) for x in d["dropped"]],
      [(i, "the rules ignore it") for i in ("user_id:null", "user_id:undefined", "email:noreply@example.com", "phone:0000000000")])
d = play(retail, "--scenario", "recycled-phone")
check("a number that was somebody else's", people(d), [(["crm_id:anna"], [1, 2]), (["crm_id:ben", "phone:+493023125001"], [3, 4])])
d = play(retail, "--scenario", "family")
check("a family", people(d), [(["user_id:anna"], [1, 2]), (["user_id:ben", "anonymous_id:phone-ben", "anonymous_id:tablet"], [3, 4, 5, 6]), ([], [7])])
d = play(retail, "--scenario", "kiosk")
check("a kiosk goes from one to the next", [p["events"] for p in d["people"]], [[1, 2, 3], [4, 5], [6, 7, 8]])

# ---- after each event ----
d = play(retail, "--scenario", "shared-device", "--steps")
check("who has the tablet after each event", [[p["person"] for p in s["people"] if "anonymous_id:tablet" in p["identifiers"]] for s in d["steps"]],
      [[1], [1], [2], [2], [1], [1]])
check("numbered", [s["after"] for s in d["steps"]], [1, 2, 3, 4, 5, 6])
check("the last step is the end", {k: d["steps"][-1][k] for k in ("people", "kept", "refused", "nobody", "dropped")},
      {k: d[k] for k in ("people", "kept", "refused", "nobody", "dropped")})
code, out, _ = call(retail, "--scenario", "shared-device", "--steps")
check("as text", (code, [l for l in out.splitlines() if l.startswith("After ")][2]),
      (0, "After   3  2026-01-06 19:00  Signed In  user_id:ben anonymous_id:tablet  person 2's"))

# ---- rules that know only accounts and devices ----
small = workspace("small", '''
identifiers {
  member = { rank = 1, per_profile = 1 },
  browser = { rank = 2, when_shared = "reset_on_logout", logout = "Goodbye" },
}
link "hello" {
  title = "Members say hello", owner = "a@example.com", because = "They type a password.",
  when = event "Hello", connect = { "member", "browser" }, strength = "verified",
}
''')
d = play(small, "--scenario", "kiosk")
check("names of the rules at hand", [e["name"] for e in d["events"]],
      ["Hello", "Goodbye", "Page Seen", "Hello", "Goodbye", "Hello", "Goodbye", "Page Seen"])
check("after a sign-out the kiosk is who signs in next, or a stranger's", people(d),
      [(["member:anna"], [1, 2]), (["member:ben"], [3, 4, 5]), (["member:cleo"], [6, 7]), (["browser:kiosk"], [8])])
d = play(small, "--scenario", "duplicate-email")
check("what is not declared is said", d["notes"], ["the rules declare no mailbox: what the story says of one is left out"])
check("and left out", (d["events"], d["people"]), ([], []))
d = play(small, "--scenario", "account-transfer")
check("no transfer rule is said", [n for n in d["notes"] if n.startswith("no transfer rule is declared")] != [], True)
loose = workspace("loose", 'identifiers {\n  member = { rank = 1, per_profile = 1 },\n  browser = { rank = 2 },\n}\n')
d = play(loose, "--scenario", "shared-device")
check("no link rule is said once", d["notes"], ["no link rule ties member to browser: an event that names both joins nothing"])
check("so nothing is joined", (d["kept"], d["refused"]), ([], []))
for folder in (retail, small, loose):
    for story in STORIES:
        code, out, err = call(folder, "--scenario", story, "--steps")
        check("%s in %s" % (story, os.path.basename(folder)), (code, err), (0, ""))

# ---- one's own events ----
mine = '''# two accounts, one address
2026-03-01 10:00  identify  source=crm crm_id=c1 email=pat@example.org
11:00             identify  source=crm crm_id=c2 email=pat@example.org shoe_size=42
12:00             "Signed In" user_id=u1 device_token=x idfa=abc
'''
d = play(retail, "-", given=mine)
check("from stdin", ([e["time"] for e in d["events"]], len(d["people"])), (["2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z"], 3))
check("masked", ("pat@example.org" in json.dumps(d), d["given"]), (False, None))
check("what the rules do not declare", d["notes"], ["idfa is no identifier of these rules: it was taken for a property"])
d = play(retail, "-", "--reveal", given=mine)
check("revealed", why(d), [("crm_id:c1", "email:pat@example.org", "shared"), ("crm_id:c2", "email:pat@example.org", "shared")])
with open(os.path.join(base, "mine.txt"), "w") as f:
    f.write(mine)
check("from a file", play(retail, os.path.join(base, "mine.txt"), "--reveal")["people"], d["people"])
check("no event at all", (call(retail, "-", given="")[0], play(retail, "-", given="# nothing\n")["people"]), (0, []))

# ---- what is wrong ----
for words, given, status, part in (
        ([], None, 64, "wants a FILE of events"),
        (["-", "--scenario", "kiosk"], "", 64, "wants a FILE of events"),
        (["--scenario", "ghost"], None, 64, "there is no scenario 'ghost'; there are shared-device, duplicate-email"),
        ([os.path.join(base, "none.txt")], None, 66, "none.txt: No such file"),
        (["-"], "10:00\n", 65, "an event is DATE TIME NAME key=value"),
        (["-"], "noon page user_id=u\n", 65, "no time"),
        (["-"], '10:00 page user_id="u\n', 65, "a quote is not closed"),
        (["-"], "10:00 page user_id=\0\n", 65, "is no text"),
        (["-"], "# " + "x" * (1 << 20) + "\n", 124, "longer than 1 MiB"),
        (["-", "--steps"], "10:00 page user_id=u\n" * 501, 124, "at most 500 events, not 501")):
    code, out, err = call(retail, *words, given=given)
    check("%s %.20r" % (" ".join(words)[-20:], given), (code, out, part in err), (status, "", True))
check("a place in the text", "stdin:2" in call(retail, "-", given="10:00 page user_id=u\nnoon page\n")[2], True)
check("no workspace", call(base, "--scenario", "kiosk")[0] not in (0, 1), True)
shutil.rmtree(base)
done()
