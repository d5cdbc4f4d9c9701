#!/usr/bin/env python3
"""The figures of identity against the tables they must follow from:  run.py KINFOLD"""
import os
import random
import re
import sqlite3
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "steward"))
from shop import Workspace, check, done, event, people  # noqa: E402

base = tempfile.mkdtemp(prefix="kf_figures_")
BINS = [("1", 1, 1), ("2", 2, 2), ("3", 3, 3), ("4-5", 4, 5), ("6-10", 6, 10), ("11-50", 11, 50), ("51+", 51, 10 ** 9)]


def cookie(n, name, anonymous, **more):
    return dict(event(n, name, **more), anonymousId=anonymous)


def rows():
    """Pat's account and addresses (4) hang together with the phone of the newsletter and its cookies (3) by one confirmation; Quinn's by two
    different ones; Rob's cookie is confirmed on a device with nothing else. Sue's tablet was Tom's before."""
    out = list(people())
    out += [event(100 + i, "Account Updated", "u-pat", "pat%d@example.org" % i, day=5) for i in range(3)]
    out += [event(103, "Newsletter Confirmed", None, "pat1@example.org", device="dev-pat", day=6)]
    out += [cookie(104 + i, "Signed In", "anon-pat%d" % i, device="dev-pat", day=7) for i in range(2)]
    out += [event(110 + i, "Account Updated", "u-quinn", "quinn%d@example.org" % i, day=5) for i in range(3)]
    out += [event(113 + i, "Newsletter Confirmed", None, "quinn%d@example.org" % i, device="dev-quinn", day=6) for i in range(2)]
    out += [cookie(116 + i, "Signed In", "anon-quinn%d" % i, device="dev-quinn", day=7) for i in range(2)]
    out += [event(120 + i, "Account Updated", "u-rob", "rob%d@example.org" % i, day=5) for i in range(3)]
    out += [event(123, "Newsletter Confirmed", None, "rob0@example.org", device="dev-rob", day=6)]
    out += [event(130, "Signed In", "u-tom", device="dev-tablet", day=3), event(131, "Signed In", "u-sue", device="dev-tablet", day=9),
            event(132, "Page Seen", None, device="dev-tablet", day=10)]
    return out


def make(name, files):
    return Workspace(base, name, files).run()


# ---- the same figures, from the tables and the records ----

def stored_values(w):
    out = {}
    for ns, profile, n in w.ask("SELECT n.name, i.profile, count(*) FROM identifier i JOIN namespace n ON n.id = i.namespace"
                                " WHERE i.profile IS NOT NULL AND i.same_as IS NULL AND i.joined_to IS NULL GROUP BY 1, 2"):
        out.setdefault(ns, []).append(n)
    return {ns: {"values": sum(c), "most": max(c), "profiles_with": {name: sum(a <= x <= b for x in c) for name, a, b in BINS}}
            for ns, c in out.items()}


def shared_identifiers(w):
    ids = w.ask("SELECT n.name, i.value FROM identifier i JOIN namespace n ON n.id = i.namespace WHERE i.id IN (SELECT identifier FROM shared_identifier)"
                " OR i.isolated IN ('shared', 'shared_above') OR i.id IN (SELECT identifier FROM identifier_span WHERE isolated IN ('shared', 'shared_above'))"
                " OR i.id IN (SELECT identifier FROM identifier_span WHERE profile IS NOT NULL GROUP BY identifier HAVING count(DISTINCT profile) > 1)")
    return set(ids)


def carried(e):
    context = e.get("context", {})
    traits = context.get("traits", {})
    ids = [("user_id", e.get("userId")), ("anonymous_id", e.get("anonymousId")), ("device_id", context.get("device", {}).get("id")),
           ("email", traits.get("email", "").strip().lower()), ("phone", traits.get("phone"))]
    return {i for i in ids if i[1]}


def shared_events(events, shared):
    out = {"any": 0}
    for e in events:
        hit = carried(e) & shared
        out["any"] += bool(hit)
        for ns in {i[0] for i in hit}:
            out[ns] = out.get(ns, 0) + 1
    return out


def weak_links(w, large):
    """Observed links, both sides of at least two, by taking each out. None of the large people here has an identifier that was cut."""
    name = {i: "%s:%s" % (ns, v) for i, ns, v in w.ask("SELECT i.id, n.name, i.value FROM identifier i JOIN namespace n ON n.id = i.namespace")}
    big = {p for p, n in w.ask("SELECT id, identifiers FROM profile") if n >= large}
    of = dict(w.ask("SELECT id, profile FROM identifier"))
    cut = {i for i, in w.ask("SELECT DISTINCT identifier FROM identifier_span")}
    links = [r for r in w.ask("SELECT a, b, strength, count FROM link ORDER BY id") if of[r[0]] in big and not {r[0], r[1]} & cut]
    out = []
    for at, (a, b, strength, count) in enumerate(links):
        sides = []
        for start in (a, b):
            seen, todo = {start}, [start]
            while todo:
                x = todo.pop()
                for k, (p, q, _, _) in enumerate(links):
                    if k != at and x in (p, q):
                        y = q if p == x else p
                        if y not in seen:
                            seen.add(y)
                            todo.append(y)
            sides.append(seen)
        if strength == "observed" and b not in sides[0] and min(map(len, sides)) >= 2:
            out.append({name[a]: len(sides[0]), name[b]: len(sides[1]), "count": count})
    return out


def refused(w):
    out = {r: {"links": n, "observations": c} for r, n, c in w.ask("SELECT reason, count(*), sum(count) FROM link_refused GROUP BY 1")}
    return out


def compare(what, w, events, f):
    names = {n["name"]: n for n in f["namespaces"]}
    stored = stored_values(w)
    check(what + ": namespaces by rank", list(names), ["user_id", "email", "phone", "anonymous_id", "device_id"])
    check(what + ": values", {ns: {k: n[k] for k in ("values", "most", "profiles_with")} for ns, n in names.items() if n["values"]}, stored)
    shared = shared_identifiers(w)
    check(what + ": shared", {ns: n["shared"] for ns, n in names.items() if n["shared"]},
          {ns: sum(i[0] == ns for i in shared) for ns in {i[0] for i in shared}})
    on = shared_events(events, shared)
    check(what + ": events with a shared one", dict({ns: n["events_with_shared"] for ns, n in names.items() if n["shared"]}, any=f["events_with_shared"]), on)
    check(what + ": events with an identifier", f["events_with_identifiers"], sum(bool(carried(e)) for e in events))
    check(what + ": refused", {r: v for r, v in f["refused"].items() if v["links"]}, refused(w))
    check(what + ": no two keys", f["profiles_with_two_keys"], 0)


w = make("shop", [rows()])
f = w.json("status", "--identity", "--large", "5", "--reveal")["identity"]
compare("status", w, rows(), f)
check("a person's key", [n["name"] for n in f["namespaces"] if n["persons_key"]], ["user_id"])
check("limits", {n["name"]: n["limit"] for n in f["namespaces"]}, {"user_id": 1, "email": 3, "phone": 3, "anonymous_id": None, "device_id": None})
check("shared are these", shared_identifiers(w), {("email", "team@example.org"), ("device_id", "dev-s"), ("device_id", "dev-tablet")})
check("largest", [(p["profile"], p["identifiers"], p["events"]) for p in f["largest_profiles"]],
      w.ask("SELECT profile_id, identifiers, events FROM profile ORDER BY identifiers DESC, profile_id LIMIT 10"))
found = [{x["a"]: x["a_side"], x["b"]: x["b_side"], "count": x["count"]} for x in f["weakest_links"]]
check("weak links", found, [{"email:pat1@example.org": 4, "device_id:dev-pat": 3, "count": 1}])
check("weak links, taken out one by one", sorted(map(str, [sorted(x.items()) for x in found])),
      sorted(map(str, [sorted(x.items()) for x in weak_links(w, 5)])))
check("of everybody large", w.json("status", "--large", "8")["identity"]["weak_links"], 0)
check("no alarm", (f["alarm"], f["stored_profiles_with_two_keys"]), (False, 0))
check("not asked", "identity" in w.json("status"), False)

# ---- masked, in words, whatever the order ----
text = w.must("status", "--identity", "--large", "5")
check("masked", [v for v in ("pat1@", "team@", "+49151") if v in text], [])
check("in words", [s in text for s in ("0 profiles with more than one value of a person's key", "1 observed link is all that holds a profile together")], [True, True])
check("share in words", re.search(r"^  any +(\d+) +([\d.]+) %$", text, re.M).groups(),
      (str(f["events_with_shared"]), "%.1f" % (100.0 * f["events_with_shared"] / f["events_with_identifiers"])))
check("100 columns", [line for line in text.splitlines() if len(line) > 100], [])
for n in (2, 5):
    mixed = rows()
    random.Random(n).shuffle(mixed)
    other = make("files%d" % n, [mixed[i::n] for i in range(n)])
    check("%d files" % n, other.json("status", "--identity", "--large", "5", "--reveal", "-j", str(n))["identity"], f)

# ---- a labelled sample ----
pairs = os.path.join(base, "pairs.csv")
LABELS = [("user_id:u-pat", "email:PAT0@example.org", "same"), ("user_id:u-pat", "device_id:dev-pat", "same"),
          ("email=anna@example.org", "user_id=u-anna", "same"), ("user_id:u-ina", "user_id:u-ina2", "same"),
          ("user_id:u-dan", "email:team@example.org", "same"), ("user_id:u-pat", "user_id:u-rob", "different"),
          ("email:pat2@example.org", "anonymous_id:anon-pat1", "different"), ("user_id:u-ben", "user_id:never", "same")]
with open(pairs, "w") as out:
    out.write("a,b,label\n# by hand\n\n" + "".join('%s,"%s",%s\n' % p for p in LABELS))
p = w.json("status", "--pairs", pairs)["identity"]["pairs"]
of = {}
for profile, ids in w.people().items():
    of.update({i: profile for i in ids})


def normal(text):
    ns, value = re.split("[:=]", text, maxsplit=1)
    return ns + ":" + (value.lower() if ns == "email" else value)


known = [(of.get(normal(a)), of.get(normal(b)), label) for a, b, label in LABELS if "never" not in b]
one = [(a is not None and a == b, label) for a, b, label in known]
count = {k: one.count(v) for k, v in (("same_in_one", (True, "same")), ("under_merged", (False, "same")), ("over_merged", (True, "different")),
                                     ("different_apart", (False, "different")))}
check("pairs: counts", {k: p[k] for k in count}, count)
check("pairs: these", count, {"same_in_one": 3, "under_merged": 2, "over_merged": 1, "different_apart": 1})
check("pairs: left out", (p["pairs"], p["unseen"]), (7, 1))
check("pairs: precision, recall", (p["precision"], p["recall"]), (0.75, 0.6))
check("pairs: errors", [(e["line"], e["error"]) for e in p["errors"]], [(10, "over_merged"), (7, "under_merged"), (8, "under_merged")])
check("pairs: masked", ["pat2@" in str(p), "team@" in str(p)], [False, False])
check("pairs: shown when asked", w.json("status", "--pairs", pairs, "--reveal")["identity"]["pairs"]["errors"][0]["a"], "email:pat2@example.org")
text = w.must("status", "--pairs", pairs)
check("pairs: in words", ["precision 75.0 %: 1 over-merged of 4 in one profile" in text, "recall 60.0 %: 2 under-merged of 5 that are the same" in text],
      [True, True])
for what, line, code, said in (("no label", "user_id:a,user_id:b,maybe", 65, "same or different"), ("two cells", "user_id:a,same", 65, "same or different"),
                               ("no identifier", "anna,user_id:b,same", 65, "is no identifier"), ("undeclared", "mail:a,user_id:b,same", 65, "no rule declares"),
                               ("nothing", "a,b,label", 65, "holds no pair"), ("quote", '"user_id:a,user_id:b,same', 65, "")):
    with open(pairs, "w") as out:
        out.write(line + "\n")
    r = w.call("status", "--pairs", pairs)
    check("pairs: " + what, (r[0], said in r[2], r[1]), (code, True, ""))
check("pairs: no file", w.call("status", "--pairs", os.path.join(base, "none.csv"))[0], 66)
with open(pairs, "w") as out:
    out.write("user_id:u-pat,user_id:u-rob,different\n")
p = w.json("status", "--pairs", pairs)["identity"]["pairs"]
check("pairs: nothing to divide by", (p["precision"], p["recall"]), (None, None))

# ---- before and after ----
rules = os.path.join(w.dir, "rules", "identity.lua")
old = w.json("status", "--identity")["identity"]
ids = {i for i, in w.ask("SELECT profile_id FROM profile")}
with open(rules) as r:
    text = r.read()
with open(rules, "w") as r:
    r.write(text.replace("email = { rank = 2, per_profile = 3", "email = { rank = 2, per_profile = 1"))
d = w.json("dry-run")["identity"]
words = w.must("dry-run")
w.run()
new = w.json("status", "--identity")["identity"]
compare("after", w, rows(), new)
now = {i for i, in w.ask("SELECT profile_id FROM profile")}
SAME = ("namespaces", "profiles_with_two_keys", "events_with_identifiers", "events_with_shared", "refused")
check("dry-run: before", {k: d["before"][k] for k in SAME}, {k: old[k] for k in SAME})
check("dry-run: after", {k: d["after"][k] for k in SAME}, {k: new[k] for k in SAME})
check("dry-run: something differs", old["refused"] != new["refused"], True)
check("dry-run: ids", (d["ids_gone"], d["ids_new"]), (len(ids - now), len(now - ids)))
check("status: the same ids", (old["ids_gone"], old["ids_new"], new["ids_gone"], new["ids_new"]), (None, None, len(ids - now), len(now - ids)))
check("status: ids in words", "  %d profile ids of the run before lead elsewhere now, %d are new\n" % (len(ids - now), len(now - ids)) in
      w.must("status", "--identity"), True)
check("dry-run: ids differ", len(now - ids) > 0, True)
check("dry-run: refused in words", re.search(r"^    per_profile +(\d+) +(\d+)$", words, re.M).groups(),
      (str(old["refused"]["per_profile"]["links"]), str(new["refused"]["per_profile"]["links"])))

# ---- a store that joins two accounts ----
db = sqlite3.connect(w.store)
with db:
    db.execute("UPDATE identifier SET profile = (SELECT profile FROM identifier WHERE value = 'u-ben') WHERE value = 'u-ina'")
db.close()
code, text, _ = w.call("status", "--identity")
check("alarm", (code, "1 profile with more than one value of a person's key: the store is not to be trusted" in text), (1, True))
check("alarm as JSON", w.call("status", "--identity", "--json")[1].count('"alarm":true'), 1)
check("plain status says nothing", w.call("status")[0], 0)
w.run("--force")
check("gone after a run", w.json("status", "--identity")["identity"]["alarm"], False)
done()
