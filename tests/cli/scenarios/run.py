#!/usr/bin/env python3
"""`kinfold test` over files and folders, and bad input:  run.py KINFOLD"""
import json, os, subprocess, sys, tempfile

KINFOLD = os.path.abspath(sys.argv[1])
problems = []
LINK = ('link "seen" {\n  title = "t", owner = "o@example.com", because = "b",\n  when = any_event(),\n'
        '  connect = { "user_id", "email" },\n  strength = "observed",\n}\n')
IDS = "identifiers {\n  user_id = { rank = 1, per_profile = 1 },\n  email = { rank = 2, normalise = \"email\" },\n}\n"


def expect(what, have, want):
    if have != want:
        problems.append(f"{what}: expected {want!r}, was {have!r}")


def expect_in(what, part, whole):
    if part not in whole:
        problems.append(f"{what}: expected {part!r} in\n{whole[:1500]}")


def kinfold(folder, *words):
    return subprocess.run([KINFOLD, *words], cwd=folder, text=True, capture_output=True, timeout=120,
                          env=dict(os.environ, NO_COLOR="1", KF_THREADS="2"))


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return name


def scenario(name, more="", profiles=1):
    return (f'scenario "{name}" {{\n  given = [[\n    09:00  page  user_id=u1 email=a@x.test\n  ]],\n{more}'
            f"  expect = {{ profiles = {profiles} }},\n}}\n")


def paths(tmp):
    write(tmp, "suite/one.lua", IDS + LINK + scenario("first") + scenario("second"))
    write(tmp, "suite/deep/two.lua", IDS + LINK + scenario("third", profiles=2))
    write(tmp, "suite/notes.txt", "no rule file")
    done = kinfold(tmp, "test", "suite")
    expect("a folder with a failure", (done.returncode, done.stdout.splitlines()[-1]), (1, "2 passed, 1 failed"))
    expect_in("the failure", "deep/two.lua:15: profiles: expected 2, was 1", done.stdout)
    doc = json.loads(kinfold(tmp, "test", "suite/one.lua", "suite/deep", "--json").stdout)
    expect("the document", (doc["schema"], doc["passed"], doc["failed"], doc["todo"]), ("kinfold.test/1", 2, 1, 0))
    expect("its rows", [(r["scenario"], r["passed"]) for r in doc["results"]], [("first", True), ("second", True), ("third", False)])
    expect("a filter", kinfold(tmp, "test", "suite", "--filter", "cond").stdout, "1 passed, 0 failed\n")
    expect("as given", kinfold(tmp, "test", "suite/one.lua", "--as-given").stdout, "2 passed, 0 failed\n")
    expect("through whole stores", kinfold(tmp, "test", "suite/one.lua", "--full-store").stdout, "2 passed, 0 failed\n")
    stores = os.path.join(tmp, "stores")
    os.mkdir(stores)
    three = subprocess.run([KINFOLD, "test", "suite/one.lua", "-j", "3"], cwd=tmp, text=True, capture_output=True, timeout=120,
                           env=dict(os.environ, TMPDIR=stores))
    expect("on three threads, and nothing is left of the stores", (three.stdout, os.listdir(stores)), ("2 passed, 0 failed\n", []))
    nowhere = subprocess.run([KINFOLD, "test", "suite/one.lua"], cwd=tmp, text=True, capture_output=True, timeout=120,
                             env=dict(os.environ, TMPDIR=os.path.join(tmp, "nowhere")))
    expect("no folder for stores", nowhere.returncode, 1)
    expect_in("it says so", "nowhere/kinfold-test-", nowhere.stdout)
    one = json.loads(kinfold(tmp, "test", "--resolve", "--json", "suite/deep/two.lua").stdout)
    expect("what it resolves to", one, {"scenario": "third", "profiles": [["email=a@x.test", "user_id=u1"]], "count": 1,
                                        "events": {"1": 1}, "refused": [], "shared": [], "contradictory": []})
    bad = kinfold(tmp, "test", "--resolve", "suite")
    expect("resolve without json", (bad.returncode, bad.stderr), (64, "error: --resolve prints JSON: say --json too\n"))
    expect("no such path", kinfold(tmp, "test", "nowhere").returncode, 66)


def with_a_workspace(tmp):
    write(tmp, "lonely.lua", scenario("lonely"))
    alone = kinfold(tmp, "test", "lonely.lua")
    expect("no identifiers, no workspace", alone.returncode, 66)
    expect_in("it says why", "lonely.lua brings no identifiers and needs a workspace", alone.stderr)
    ws = os.path.join(tmp, "ws")
    write(ws, "kinfold.yaml", "zone: UTC\n")
    write(ws, "rules/identity.lua", IDS + LINK)
    write(ws, "rules/shop_test.lua", scenario("of the workspace"))
    write(ws, "rules/more_test.lua", scenario("another of the workspace"))
    write(ws, "extra.lua", scenario("from outside"))
    write(ws, "own.lua", IDS + LINK + scenario("with its own"))
    for words, want in ((["test"], 2), (["test", "rules"], 2), (["test", "rules/shop_test.lua"], 1), (["test", "extra.lua"], 1),
                        (["test", "own.lua"], 1), (["test", "rules", "extra.lua", "own.lua"], 4)):
        expect(" ".join(words), kinfold(ws, *words).stdout, f"{want} passed, 0 failed\n")


def bad_rules(tmp):
    def said(name, text):
        done = kinfold(tmp, "test", write(tmp, name, text))
        expect(f"{name} does not load", done.returncode, 78)
        return done.stderr
    ranks = said("ranks.lua", IDS.replace("rank = 2", "rank = 1") + LINK)
    expect_in("ranks", "'email' and 'user_id' have the same rank", ranks)
    zero = said("zero.lua", 'identifiers {\n  user_id = { rank = 1, per_profile = 0 },\n  email = { rank = 2, shared_above = 0, '
                'expires_after = days(0), per_profile = { 0, within = days(0) } },\n}\nlimits { max_identifiers = 0 }\n' + LINK)
    for key, of in (("per_profile", "user_id"), ("shared_above", "email"), ("expires_after", "email"), ("per_profile", "email"),
                    ("within", "email"), ("max_identifiers", "limits")):
        expect_in("a limit of nothing", f"'{key}' of '{of}' is 0; a limit begins above it", zero)
    expect("six of them", zero.count("is 0; a limit begins"), 6)
    names = said("names.lua", IDS + LINK.replace('"email" }', '"emial" }'))
    expect_in("a name nobody declares", "did you mean 'email'", names)
    mail = said("mail.lua", IDS.replace("per_profile = 1", 'domains = { ["x.test"] = { ignore = { "dots" } } }') + LINK)
    expect_in("domains of no address", "'user_id' has rules for mail domains and is no mail address", mail)
    expect_in("an unknown way", "emial", said("way.lua", IDS.replace('"email"', '"emial"') + LINK))


def bad_decisions(tmp):
    for row, why in (('{ "unlink", "emial=a@x.test", "user_id=u1" }', "is about an identifier that no rule declares, 'emial'"),
                     ('{ "part", "email=a@x.test", "user_id=u1" }', "is join, unlink, keep_apart or transfer, not 'part'"),
                     ('{ "transfer", "email=a@x.test" }', "is a transfer and needs 'at', its instant"),
                     ('{ "transfer", "email=a@x.test", at = "soon" }', "has no time in 'soon'"),
                     ('{ "join", "email=a@x.test" }', "is VERB and two identifiers"),
                     ('{ "join", "a@x.test", "user_id=u1" }', "wants namespace=value, not 'a@x.test'")):
        text = IDS + LINK + scenario("s", "  decisions = {\n    { \"unlink\", \"user_id=u1\", \"user_id=u2\" },\n    " + row + ",\n  },\n")
        done = kinfold(tmp, "test", write(tmp, "decision.lua", text))
        expect(row, done.returncode, 1)
        expect_in(row, "decision 2 " + why, done.stdout)


def values_that_deceive(tmp):
    """Never one with what they look like, stored and found again as they are, and told of."""
    ws = os.path.join(tmp, "odd")
    write(ws, "kinfold.yaml", "zone: UTC\nsources:\n  - name: web\n    plugin: source_segment\n    path: events.jsonl\n")
    write(ws, "rules/identity.lua", IDS + LINK)
    users = ["u1", "u1\u0000", "u1\u0000x", "\u202eu1", "u\u200b1", "p\u0430ul", "paul", "x" * 1000, "y" * 20000]
    rows = [{"type": "track", "event": "Seen", "messageId": f"m{k}", "timestamp": f"2026-01-01T09:{k:02d}:00Z", "userId": u,
             "receivedAt": f"2026-01-01T09:{k:02d}:00Z"} for k, u in enumerate(users)]
    write(ws, "events.jsonl", "".join(json.dumps(r) + "\n" for r in rows))
    ran = kinfold(ws, "run")
    expect("the run", ran.returncode, 0)
    expect_in("seven people of seven values", "7 profiles from 7 identifiers", ran.stdout)
    expect_in("one record is quarantined", "Quarantined 1 record", ran.stdout)
    told = kinfold(ws, "quality", "--json")
    expect("quality", (told.returncode, told.stderr), (0, ""))
    doc = json.loads(told.stdout or '{"checks": []}')
    found = {r["detail"]: (r["bad"], r["of"]) for r in doc["checks"] if r["check"] == "identifiers"}
    expect("what quality tells", found, {"control_characters": (2, 8), "invisible_characters": (2, 8), "mixed_scripts": (1, 8),
                                         "too_long": (1, 8)})
    again = kinfold(ws, "run", "--force")
    expect_in("out of the store the same", "7 profiles from 7 identifiers", again.stdout)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        for part in (paths, with_a_workspace, bad_rules, bad_decisions, values_that_deceive):
            part(tmp)
    for p in problems:
        print(p)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
