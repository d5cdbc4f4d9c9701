#!/usr/bin/env python3
"""kinfold erase: nothing of an erased person is left in any byte of the store's folder, others keep what is theirs, and neither replays nor
other deliveries of the same records bring the person back:  test_erase.py KINFOLD"""
import hashlib
import json
import os
import tempfile

from shop import Workspace, check, difference, done, event, people, write

base = tempfile.mkdtemp(prefix="kf_erase_")
ANNA = [b"anna@example.org", b"+4915100001", b"4915100001", b"u-anna", b"dev-anna", b"dev-mail", b"Annabella"]
BECAUSE = ("--because", "request 4711", "--by", "officer")


def left(w, values=ANNA):
    """Which values are in the raw bytes of the store, its journal, its lock, whatever lies there."""
    raw = w.raw().lower()
    return [v.decode() for v in values if v.lower() in raw]


def without_anna(rows):
    """The same shop as if Anna had never been there: what the rule erasure/1 says goes and what it says is blanked."""
    for e in rows:
        text = json.dumps(e).lower()
        device = e.get("context", {}).get("device", {}).get("id")
        mail = e.get("context", {}).get("traits", {}).get("email", "").strip().lower()
        if e.get("userId") == "u-anna" or mail == "anna@example.org" or device in ("dev-anna", "dev-mail") or e["messageId"] == "m4":
            continue
        if "anna@example.org" in text:
            e = json.loads(json.dumps(e))
            p = e["properties"]
            p["gift_for"] = "[erased]"
            p["products"][0]["note"] = "[erased]"
        yield e


def bare(w, *masks):
    """What a store says, without which files it was read from."""
    out = w.logical()
    for name in ("source_file", "symbol", "source_status"):
        out.pop(name)
    out["run"] = [tuple((k, v) for k, v in row if k not in ("data_digest", "read_bytes", "duplicates", "as_of_ns")) for row in out["run"]]
    return out


# ---- what would go, and what goes ----
w = Workspace(base, "shop")
with open(os.path.join(w.dir, "data", "01.jsonl"), "w") as f:  # a record that is no event, and names her
    f.write('{"messageId":"bad1","type":"track","event":"X","userId":"u-anna","context":{"traits":{"email":"Anna@example.org"}},"timestamp":"never"}\n')
w.run()
w.must("export", "--export", "mail")
check("she is in an export", b"anna@example.org" in open(os.path.join(w.dir, "out", "mail.csv"), "rb").read(), True)
w.decide("keep-apart", "email:anna@example.org", "user_id:u-cleo")
w.must("decide", "unlink", "user_id:u-ben", "device_id:dev-s", "--because", "asked by anna@example.org", "--by", "tester")
log = os.path.join(base, "before.jsonl")
w.must("decide", "export", log)
w.run()
check("all of it is there", left(w), [v.decode() for v in ANNA])
before = w.raw()
others = {p: ids for p, ids in w.people().items() if "user_id:u-anna" not in ids}
said = w.json("erase", "email:anna@example.org", "--dry-run")
check("a dry-run writes nothing", w.raw() == before, True)
check("it is masked", "anna@" in json.dumps(said["identifiers"]), False)
check("what would go", {k: said["counts"][k] for k in ("people", "identifiers", "events", "events_edited", "links", "traits", "memberships",
                                                       "quarantined", "decisions", "blocks")},
      {"people": 1, "identifiers": 5, "events": 8, "events_edited": 1, "links": 5, "traits": 2, "memberships": 2, "quarantined": 1, "decisions": 2,
       "blocks": 1})
check("the tablet stays", said["stay"], ["device_id:dev-s"])
check("sources", [(os.path.basename(s["file"]), s["records"]) for s in said["sources"]], [("00.jsonl", 9)])
check("the export is named", [os.path.basename(p) for p in said["elsewhere"]], ["mail.csv"])
check("nothing without a reason", w.call("erase", "user_id:u-anna")[0], 64)
source = {p: hashlib.sha256(open(os.path.join(w.dir, "data", p), "rb").read()).hexdigest() for p in os.listdir(os.path.join(w.dir, "data"))}
gone = w.json("erase", "email:anna@example.org", "--because", "she, anna@example.org, asked", "--by", "officer")
check("the same as was said", (gone["counts"], gone["erased"]), (said["counts"], True))
check("nothing is left in any byte", left(w), [])
check("others are who they were", w.people(), others)
check("source files are untouched", source == {
    p: hashlib.sha256(open(os.path.join(w.dir, "data", p), "rb").read()).hexdigest() for p in os.listdir(os.path.join(w.dir, "data"))}, True)
check("decisions no longer say about whom", [(a.split("=")[0], why) for a, why in w.ask("SELECT a, why FROM decision ORDER BY number")],
      [("erased", "a test"), ("user_id", "[erased]")])
check("the record in quarantine is empty", w.ask("SELECT length(raw), detail FROM quarantine"), [(0, "the record named somebody who was erased")])
check("erased now", w.call("explain", "email:anna@example.org")[0], 1)
check("erased already", "erased already" in w.call("erase", "email:ANNA@example.org", *BECAUSE)[2], True)

# ---- the receipt ----
r = gone["receipt"]
row = w.ask("SELECT number, at_ms, who, why, rule, counts, previous, hash FROM erasure")
check("one receipt", len(row), 1)
number, at, who, why, rule, counts, previous, digest = row[0]
check("it says who, why, by which rule, and names nobody", (number, who, why, rule, json.loads(counts)), (1, "officer", "[erased]", "erasure/1", r["counts"]))
stones = w.ask("SELECT coalesce(namespace, ''), hash FROM tombstone WHERE erasure = 1 ORDER BY hash")
text = "%d %d\0%s" % (number, at, "\0".join((previous, who, why, rule, counts))) + "".join("\n%s %s" % s for s in stones)
check("its hash can be worked out again", hashlib.sha256(text.encode()).hexdigest(), digest)
check("tombstones", (len(stones), r["tombstones"], sum(1 for ns, _ in stones if ns)), (13, 13, 5))

# ---- as if she had never been there ----
never = Workspace(base, "never", [list(without_anna(people()))]).run()
a, b = bare(w), bare(never)
a.pop("quarantine"), b.pop("quarantine")
a["run"] = [tuple((k, v) for k, v in row if k not in ("quarantined", "read_records", "read_events")) for row in a["run"]]
b["run"] = [tuple((k, v) for k, v in row if k not in ("quarantined", "read_records", "read_events")) for row in b["run"]]
a["identifier"] = [row for row in a["identifier"] if dict(row)["value"] != "u-cleo" or True]
check("the store is as if she had never been there", difference(a, b), None)

# ---- she does not come back ----
want = w.people()
w.run("--force")
check("not by a forced run", (w.people(), left(w)), (want, []))
os.utime(os.path.join(w.dir, "data", "00.jsonl"))
with open(os.path.join(w.dir, "data", "00.jsonl"), "a") as f:  # it has grown: all of it is read again
    f.write(json.dumps(event(60, "Order Completed", "u-ben", day=13, order_id="o9", revenue=7, currency="EUR")) + "\n")
w.run()
check("not by a replay", (w.people(), left(w)), (want, []))
check("what else came is there", w.ask("SELECT revenue FROM profiles JOIN identifiers USING (profile_id) WHERE value = 'u-ben'"), [("27.00",)]
      if isinstance(w.ask("SELECT revenue FROM profiles LIMIT 1")[0][0], str) else [(27,)])
write(os.path.join(w.dir, "data", "02.jsonl"), [dict(e, messageId="again-" + e["messageId"]) for e in people() if e.get("userId") == "u-anna"] + [
    event(61, "Account Updated", "u-ben", "ben2@example.org", day=14, traits={"friend": "Anna@Example.org"}),
    event(62, "Account Updated", "u-new", "anna@example.org", day=14)])
w.run()
check("not by another delivery with other ids", left(w), [])
check("whoever uses her mailbox later is somebody else, without it", w.who("user_id:u-new"), ["user_id:u-new"])
check("others' new events are in", "email:ben2@example.org" in w.who("user_id:u-ben"), True)
check("nothing new", "Nothing new" in w.must("run"), True)

# ---- her decisions do not come back with an old file of them ----
check("known by its key", {k: w.json("decide", "import", log)[k] for k in ("added", "known")}, {"added": 0, "known": 2})
check("still nothing", left(w), [])
check("no new decision names her", w.call("decide", "unlink", "email:Anna@example.org", "user_id:u-ben", *BECAUSE)[0], 64)
w.must("decide", "unlink", "user_id:u-ina", "user_id:u-ben", "--because", "said anna@example.org", "--by", "x")
check("nor does its reason", left(w), [])

# ---- a second erasure; the chain of receipts; several at once; a shared mailbox alone ----
r2 = w.json("erase", "user_id:u-ben", "email:team@example.org", *BECAUSE)["receipt"]
check("two at once", (r2["number"], r2["previous"], r2["counts"]["people"]), (2, digest, 1))
check("a shared mailbox can be erased alone", (left(w, [b"u-ben", b"ben@example.org", b"team@example.org"]), w.who("user_id:u-dan")), ([], ["user_id:u-dan"]))
check("nobody", w.call("erase", "email:nobody@example.org", *BECAUSE)[0], 66)

# ---- rules that name somebody ----
x = Workspace(base, "rules")
rule = os.path.join(x.dir, "rules", "ignore.lua")
open(rule, "w").write('ignore_values { email = { "test@example.org" } } -- not ben@example.org\n')
x.run()
code, out, err = x.call("erase", "email:ben@example.org", "--json", *BECAUSE)
check("a rule that names him is said", (code, [os.path.basename(p) for p in json.loads(out)["elsewhere"]], json.loads(out)["in_rules"]),
      (1, ["ignore.lua"], 1))
check("and nothing but it", left(x, [b"ben@example.org", b"u-ben"]), ["ben@example.org"])
open(rule, "w").write('ignore_values { email = { "test@example.org" } }\n')
x.run("--force")
check("gone when the rule is", left(x, [b"ben@example.org", b"u-ben"]), [])

# ---- a store made from nothing, from the same files ----
path = os.path.join(base, "log.jsonl")
check("receipts travel with the decisions", {k: w.json("decide", "export", path)[k] for k in ("decisions", "erasures")}, {"decisions": 3, "erasures": 2})
check("they name nobody", [v.decode() for v in ANNA if v.lower() in open(path, "rb").read().lower()], [])
fresh = Workspace(base, "fresh")
for name in os.listdir(os.path.join(w.dir, "data")):
    with open(os.path.join(fresh.dir, "data", name), "wb") as f:
        f.write(open(os.path.join(w.dir, "data", name), "rb").read())
fresh.run()
check("all are back", (len(left(fresh)), fresh.who("user_id:u-ben") is None), (len(ANNA), False))
said = fresh.json("decide", "import", path)
check("imported", {k: said[k] for k in ("added", "erasures_added")}, {"added": 3, "erasures_added": 2})
said = fresh.json("decide", "import", path)
check("known now", {k: said[k] for k in ("added", "known", "erasures_added")}, {"added": 0, "known": 3, "erasures_added": 0})
fresh.run()
w.run()
check("gone again with the next run", (left(fresh), left(fresh, [b"u-ben", b"team@example.org"])), ([], []))
check("the same people", fresh.people(), w.people())
fresh.must("decide", "export", path + "2")
check("the same file", open(path + "2").read() == open(path).read(), True)
lines = open(path).read().split("\n")
for what, text, words in (("changed", lines[0].replace('"by":"officer"', '"by":"nobody"'), "its hash is another"),
                          ("out of order", lines[1], "does not end with"), ("cut", '{"erasure":1}', "no receipt")):
    other = Workspace(base, what).run()
    open(path + "3", "w").write(text + "\n")
    got = other.call("decide", "import", path + "3")
    check("a receipt that was " + what, (got[0], words in got[2]), (65, True))

# ---- with the log compressed, with any threads, while the rules on disk are being changed ----
for name, compression, threads in (("small", "small", "1"), ("fast", "fast", "4")):
    x = Workspace(base, name)
    path = os.path.join(x.dir, "kinfold.yaml")
    open(path, "a").write("")
    text = open(path).read().replace("compression: none", "compression: " + compression)
    open(path, "w").write(text)
    x.run()
    open(os.path.join(x.dir, "rules", "new.lua"), "w").write("this is no rule")
    x.json("erase", "user_id:u-anna", "-j", threads, *BECAUSE)
    check(name + ": gone", (left(x), x.people()), ([], {k: v for k, v in others.items()}))
done()
