"""A workspace that demands approval, the people of it, and the program as they type it.

Pia signs for privacy, Ada for analytics, Leo for both, the machine `nightly` publishes; Mo is a stranger. Whatever is signed here is signed
at one instant (SOURCE_DATE_EPOCH), a minute later each time."""
import atexit
import base64
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

KINFOLD = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
HOME = tempfile.mkdtemp(prefix="kinfold-approve-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
START = 1782900000  # 2026-07-01T10:00:00Z
clock = [START]
failures = 0


def check(what, found, wanted):
    global failures
    if found == wanted:
        print("  ok   %s: %.90r" % (what, found))
    else:
        failures += 1
        print("  FAIL %s:\n    found  %.900r\n    wanted %.900r" % (what, found, wanted))


def check_in(what, part, whole):
    if part in whole:
        print("  ok   %s: %.90r" % (what, part))
    else:
        check(what, whole, part)


def done():
    print("%d failures" % failures)
    sys.exit(1 if failures else 0)


def environment(**more):
    e = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "KF_THREADS", "XDG_CONFIG_HOME")}
    e.update(HOME=HOME, LC_ALL="C.UTF-8", SOURCE_DATE_EPOCH=str(clock[0]), **more)
    return e


def kinfold(*words, cwd=HOME, env=None, **more):
    return subprocess.run([KINFOLD, *words], cwd=cwd, env=environment(**(env or {})), stdin=more.pop("stdin", subprocess.DEVNULL), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **more)


def says(what, code, *words, cwd, part=None, **more):
    """Runs it, checks the exit status and what it says (a refusal on stderr), and gives stdout."""
    r = kinfold(*words, cwd=cwd, **more)
    check("%s: exit" % what, (r.returncode, r.stderr if r.returncode != code else ""), (code, ""))
    if part:
        check_in(what, part, r.stdout + r.stderr)
    return r.stdout


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def write(text, *path):
    os.makedirs(os.path.dirname(os.path.join(*path)), exist_ok=True)
    with open(os.path.join(*path), "w", encoding="utf-8") as f:
        f.write(text)


def edit(folder, file, old, new):
    text = read(folder, file)
    assert old in text, (file, old)
    write(text.replace(old, new, 1), folder, file)


KEYS = {}


def key(name):
    """Its file and public key; made when first asked for."""
    if name not in KEYS:
        path = os.path.join(HOME, "keys", name.lower() + ".key")
        made = kinfold("key", "new", name, "--no-passphrase", "--out", path, "--json")
        assert made.returncode == 0, made.stderr
        KEYS[name] = (path, json.loads(made.stdout)["public"])
    return KEYS[name]


PEOPLE = (("Pia", "privacy"), ("Ada", "analytics, sources"), ("Leo", "privacy, analytics"), ("nightly", "publish"))


def block(people=PEOPLE, more=""):
    rows = "".join('    - { name: %s, mail: %s@example.com, key: "%s", roles: [%s] }\n' % (n, n.lower(), key(n)[1], r) for n, r in people)
    return "approval:\n  required: [privacy, analytics]\n%s  people:\n%s" % (more, rows)


RULES = """segment "buyers" {
  title = "Who bought at least %d times",
  owner = "ada@example.com",
  because = "They get a letter.",
  purpose = "marketing",
  who = event "Order Completed":count():at_least(%d),
}

channel "post" {
  title = "Letters",
  owner = "ada@example.com",
  because = "Whoever bought has given an address.",
  contact = "user_id",
}

export "letters" {
  title = "The letter",
  owner = "ada@example.com",
  because = "The letter.",
  segment = "buyers",
  channel = "post",
  to = "file",
  identifiers = { "user_id" },
}
"""
IDENTITY = """identifiers { user_id = { rank = 1, per_profile = 1 } }
"""


def rules(folder, least):
    write(RULES % (least, least), folder, "rules/segments.lua")


def office(name, people=PEOPLE, more="", least=3, limits=""):
    """Six people, of whom n bought n times; one run with `least` 3 before anybody demanded approval."""
    folder = os.path.join(HOME, name)
    events = [{"messageId": "m%d.%d" % (n, i), "type": "track", "event": "Order Completed", "userId": "u%d" % n,
               "timestamp": "2026-06-%02dT10:00:00Z" % (i + 1)} for n in range(1, 7) for i in range(n)]
    write("".join(json.dumps(e) + "\n" for e in events), folder, "data/web.jsonl")
    write(IDENTITY, folder, "rules/identity.lua")
    rules(folder, least)
    base = "sources:\n  - { name: web, plugin: source_segment, path: data/*.jsonl, cadence: realtime }\n" \
           "destinations:\n  - { name: file, plugin: destination_csv, options: { path: out/letters.csv } }\n" + limits
    write(base, folder, "kinfold.yaml")
    r = kinfold("run", "-q", cwd=folder)
    assert r.returncode == 0, r.stderr
    write(base + block(people, more), folder, "kinfold.yaml")
    return folder


def members(folder):
    """Of the last run: the digest of its rules, and how many buyers."""
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(folder, "kinfold.db"), uri=True)
    try:
        run = db.execute("SELECT rules_digest FROM run ORDER BY number DESC LIMIT 1").fetchone()[0]
        return run, db.execute("SELECT count(*) FROM membership m JOIN rule r ON r.id = m.rule WHERE r.name = 'buyers'").fetchone()[0]
    finally:
        db.close()


def plan(folder, name="change.plan", *more):
    r = kinfold("dry-run", "--out", name, "-q", *more, cwd=folder)
    assert r.returncode in (0, 1), r.stderr
    return name


def seal(d):
    """A plan that somebody wrote who knows how its digest is made."""
    d.pop("digest", None)
    d["digest"] = hashlib.sha256(json.dumps(d, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    return d


def sign(folder, who, role, file="change.plan", *more, because="looked at it"):
    clock[0] += 60
    return kinfold("approve", file, "--as", role, "--because", because, "--key", key(who)[0], "--yes", *more, cwd=folder)


def publish(folder, *more, who="nightly"):
    clock[0] += 60
    return kinfold("publish", "--key", key(who)[0], *more, cwd=folder)


def approve_all(folder):
    """Plan, both signatures, publication; the digest."""
    plan(folder)
    for who, role in (("Ada", "analytics"), ("Pia", "privacy")):
        r = sign(folder, who, role)
        assert r.returncode == 0, r.stderr
    r = publish(folder, "--json")
    assert r.returncode == 0, r.stderr
    return json.loads(r.stdout)["rules"]


def lines(folder):
    path = os.path.join(folder, "approvals.jsonl")
    return read(path).splitlines() if os.path.exists(path) else []


def fits(name, document):
    """The document is of a schema of tests/schemas."""
    import jsonschema
    bad = sorted(e.message for e in jsonschema.Draft202012Validator(json.loads(read(HERE, "../../schemas", name + ".json"))).iter_errors(document))
    check("fits %s" % name, bad, [])


def schema(name, text):
    d = json.loads(text)
    fits(name, d)
    return d


def golden(name, text):
    """The whole screen; what differs from run to run (keys, digests) is named, not shown."""
    names = {}

    def stand_in(m):
        return names.setdefault(m.group(0), "<%s%d>" % ("key" if m.group(0).startswith("ed25519") else "digest", len(names) + 1))
    text = re.sub(r"ed25519:[A-Za-z0-9+/]{43}=", stand_in, text.replace(HOME, "HOME"))
    text = re.sub(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b", stand_in, text)
    path = os.path.join(HERE, "golden", name + ".txt")
    if os.environ.get("KF_GOLDEN_WRITE"):
        write(text, path)
    check("golden %s" % name, text, read(path) if os.path.exists(path) else None)
