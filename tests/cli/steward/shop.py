"""The people that the tests here decide about, and the workspace they are in.

Anna and Cleo share a tablet (dev-s); Dan and Eve write from team@example.org; record 24 names two accounts; Flo has more mailboxes than the
rules allow, Gil more devices; Hal signs in on nothing. Everybody else is alone."""
import glob
import json
import os
import shutil
import sqlite3
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "..", "determinism"))
from logical import RUNS, contents, difference  # noqa: E402

kinfold = os.path.abspath(sys.argv[1])
failures = 0
bases = set()


def check(what, found, wanted):
    global failures
    if found == wanted:
        print("  ok   %s: %.100r" % (what, found))
    else:
        failures += 1
        print("  FAIL %s:\n    found  %.400r\n    wanted %.400r" % (what, found, wanted))


def done():
    for base in bases:
        shutil.rmtree(base)
    print("%d failures" % failures)
    sys.exit(1 if failures else 0)


def event(n, name, user=None, mail=None, phone=None, device=None, day=None, traits=None, **properties):
    e = {"messageId": "m%d" % n, "type": "track", "event": name, "timestamp": "2026-03-%02dT10:00:%02dZ" % (day or 1 + n // 3, n % 60)}
    if user:
        e["userId"] = user
    t = dict(traits or {}, **({"email": mail} if mail else {}), **({"phone": phone} if phone else {}))
    context = {}
    if t:
        context["traits"] = t
    if device:
        context["device"] = {"id": device}
    if context:
        e["context"] = context
    if properties:
        e["properties"] = properties
    return e


def people():
    """About 60 events, numbered in the order of time."""
    rows = [
        ("Account Updated", "u-anna", "anna@example.org", "+4915100001", None, {"first_name": "Annabella"}, {}),
        ("Signed In", "u-anna", None, None, "dev-anna", None, {}),
        ("Order Completed", "u-anna", None, None, None, None, {"order_id": "o1", "revenue": 30, "currency": "EUR"}),
        ("Signed In", "u-anna", None, None, "dev-s", None, {}),
        ("Page Seen", None, None, None, "dev-s", None, {"page": "boots"}),
        ("Page Seen", None, None, None, "dev-anna", None, {"page": "hats"}),
        ("Account Updated", "u-ben", "ben@example.org", None, None, {"first_name": "Ben"}, {}),
        ("Order Completed", "u-ben", None, None, None, None, {"order_id": "o2", "revenue": 20, "currency": "EUR"}),
        ("Account Updated", "u-cleo", "cleo@example.org", None, None, None, {}),
        ("Signed In", "u-cleo", None, None, "dev-s", None, {}),
        ("Page Seen", None, None, None, "dev-s", None, {"page": "gloves"}),
        ("Order Completed", "u-cleo", None, None, "dev-s", None,
         {"order_id": "o3", "revenue": 10, "currency": "EUR", "gift_for": "anna@example.org", "products": [
             {"product_id": "p1", "note": "for Anna <Anna@Example.org>"}]}),
        ("Account Updated", "u-dan", "team@example.org", None, None, None, {}),
        ("Account Updated", "u-eve", "team@example.org", None, None, None, {}),
        ("Newsletter Confirmed", None, "anna@example.org", None, "dev-mail", None, {}),
        ("Message Sent", None, "ANNA@example.org ", None, None, None, {"template": "welcome"}),
    ] + [("Account Updated", "u-flo", "flo%d@example.org" % i, None, None, None, {}) for i in range(4)] + [
        ("Signed In", "u-gil", None, None, "gil-%02d" % i, None, {}) for i in range(12)] + [
        ("Signed In", "u-hal", None, None, None, None, {}),
        ("Account Updated", "u-ina", "ina@example.org", None, None, None, {}),
        ("Account Updated", "u-ina2", "ina2@example.org", None, None, None, {}),
        ("Order Completed", "u-ina2", None, None, None, None, {"order_id": "o4", "revenue": 5, "currency": "EUR"}),
    ]
    for n, (name, user, mail, phone, device, traits, properties) in enumerate(rows):
        yield event(n, name, user, mail, phone, device, None, traits, **properties)


def write(path, events):
    with open(path, "w") as f:
        for e in events:
            f.write(json.dumps(e) + "\n")


class Workspace:
    def __init__(self, base, name, files=None):
        """files: lists of events, a file each."""
        bases.add(base)
        self.dir = os.path.join(base, name)
        shutil.copytree(os.path.join(here, "workspace"), self.dir)
        for d in ("data", "store", "out"):
            os.mkdir(os.path.join(self.dir, d))
        for i, events in enumerate(files or [list(people())]):
            write(os.path.join(self.dir, "data", "%02d.jsonl" % i), events)

    def call(self, *args):
        p = subprocess.run([kinfold, "-C", self.dir, *args], capture_output=True, text=True, timeout=120)
        return p.returncode, p.stdout, p.stderr

    def must(self, *args):
        code, out, err = self.call(*args)
        if code:
            sys.exit("kinfold %s failed (%d): %s%s" % (" ".join(args), code, out, err))
        return out

    def json(self, *args):
        return json.loads(self.must(*args, "--json"))

    def run(self, *args):
        self.must("run", "-q", *args)
        return self

    def decide(self, *args):
        return self.json("decide", *args, "--because", "a test", "--by", "tester")

    @property
    def store(self):
        return os.path.join(self.dir, "store", "kinfold.db")

    def ask(self, sql, *args):
        db = sqlite3.connect("file:%s?mode=ro" % self.store, uri=True)
        try:
            return db.execute(sql, args).fetchall()
        finally:
            db.close()

    def people(self):
        """The identifiers of everybody, as sets."""
        out = {}
        for profile, ns, value in self.ask("SELECT profile_id, namespace, value FROM identifiers WHERE profile_id IS NOT NULL"
                                           " AND same_as IS NULL"):
            out.setdefault(profile, set()).add(ns + ":" + value)
        return out

    def who(self, identifier):
        """Everything of the person who has the identifier; None: nobody."""
        return next((sorted(ids) for ids in self.people().values() if identifier in ids), None)

    def logical(self):
        """What the store says, without the log of decisions and which run it was."""
        out = contents(self.store, None, RUNS)
        for name in ("decision", "erasure", "tombstone", "event_block"):
            out.pop(name)
        out["run"] = [tuple((k, v) for k, v in row if k not in ("decisions", "erasures")) for row in out["run"]]
        return out

    def raw(self):
        """Every byte in the folder of the store."""
        out = b""
        for path in sorted(glob.glob(os.path.join(self.dir, "store", "*"))):
            out += open(path, "rb").read()
        return out
