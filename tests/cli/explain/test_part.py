#!/usr/bin/env python3
"""kinfold explain reads only the part of the log that can have a say about whom it is asked about: its documents are, byte for byte,
those of reading everything (KF_WHOLE_LOG=1). Random rule sets with every policy, and the retail example with and without the rules
that ask about other people. KF_PART_CASES (from 20 on with every person of the example) and KF_TEST_SEED; the seed is printed."""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

binary = sys.argv[1]
repo = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
cases = int(os.environ.get("KF_PART_CASES") or 3)
each = 1 if cases >= 20 else 12  # of the people of the retail example
some = None if 20 <= cases <= 50 else 16  # of the identifiers of a random workspace
seed = int(os.environ.get("KF_TEST_SEED") or int.from_bytes(os.urandom(4), "big"))
print("KF_TEST_SEED=%d" % seed)
NAMES = ["user_id", "email", "device_id", "anonymous_id"]
POLICIES = ["last_login", "first_login", "ambiguous", "split_by_login", "reset_on_logout"]
HEAD = '  title = "t", owner = "o@example.com", because = "b",\n'
GROUPS = 10
OPTIONS = {"segment": "--segment", "suppress": "--suppression", "channel": "--channel", "export": "--export", "score": "--score",
           "fraud": "--fraud", "trait": "--trait", "computed": "--trait"}
# Who is among the best cannot be said from a part.
BEST = """computed "visits" { title = "t", owner = "o@example.com", because = "b", is = any_event():count() }
segment "all" { title = "t", owner = "o@example.com", because = "b", purpose = "x", who = any_event() }
export "best" { title = "t", owner = "o@example.com", because = "b", segment = "all", channel = "any", to = "crm_file", identifiers = { "email" },
  top = { 60, by = trait "visits" } }
channel "any" { title = "t", owner = "o@example.com", because = "b", contact = "email" }
"""


def rules(rng):
    out = ["identifiers {", "  user_id = { rank = 1, per_profile = 1 },", "  phone = { rank = 9 },"]
    for rank, ns in enumerate(NAMES[1:], 2):
        policy = rng.choice(POLICIES)
        o = ["rank = %d" % rank, 'when_shared = "%s"' % policy]
        o += ['logout = "Out"'] if policy == "reset_on_logout" else []
        o += ['normalise = "email"'] + (['hashed = "sha256"'] if rng.random() < 0.3 else []) if ns == "email" else []
        o += [rng.choice(["per_profile = 2", "per_profile = { 2, within = days(7) }"])] if rng.random() < 0.5 else []
        o += ["expires_after = days(3)"] if rng.random() < 0.2 else []
        o += [rng.choice(['history = "none"', "history = days(2)"])] if rng.random() < 0.2 else []
        o += ["shared_above = 2"] if rng.random() < 0.3 else []
        out.append("  %s = { %s }," % (ns, ", ".join(o)))
    out.append('}\nignore_values { device_id = { "junk*" } }')
    out += ["limits { max_identifiers = 5 }"] if rng.random() < 0.3 else []
    consent = '  requires_consent = "identity",\n' if rng.random() < 0.3 else ""
    out.append('link "all" {\n%s  when = any_event(),\n  connect = { "user_id", "email", "device_id", "anonymous_id" },\n'
               '  strength = "observed",\n%s}' % (HEAD, consent))
    out.append('link "in" {\n%s  when = event "In",\n  connect = { "user_id", "device_id" },\n  strength = "verified",\n}' % HEAD)
    if rng.random() < 0.5:  # names what the event does not carry
        when = rng.choice(["", '  ends = date "2026-01-03",\n'])  # over at the last run, not at --at
        out.append('transfer "moved" {\n%s%s  when = event "Moved",\n  identifier = "device_id",\n'
                   '  to = { "properties.new_owner", as = "user_id" },\n}' % (HEAD, when))
    if rng.random() < 0.5:
        out.append('never_link "apart" {\n%s  when = event { "Spl*", "In" },\n'
                   '  separate = { "user_id", { "properties.other", as = "user_id" } },\n}' % HEAD)
    out.append('trait "email" {\n%s  from = "traits.email", keep = "newest", type = "text",\n}' % HEAD)
    out.append('computed "orders" {\n%s  is = event "In":count(),\n}' % HEAD)
    out.append('segment "ins" {\n%s  who = event "In":count():at_least(2),\n}' % HEAD)
    out.append('suppress "outs" {\n%s  who = event "Out",\n  blocks = everything,\n}' % HEAD)
    if rng.random() < 0.5:  # looks at events that share an identifier only
        out.append('fraud "many" {\n%s  look_at = identifier "device_id",\n  suspicious = event "In":count():at_least(3),\n  action = "mark",\n}' % HEAD)
    return "\n".join(out) + "\n"


def event(rng, pool, t, n):
    have = {ns: rng.choice(pool[ns]) for ns in NAMES if rng.random() < 0.5}
    if not have:
        have = {"anonymous_id": rng.choice(pool["anonymous_id"])}
    name = rng.choice(["Page", "In", "In", "In", "Out", "Split", "Moved"])
    e = {"messageId": "m%d" % n, "type": "track", "event": name, "properties": {},
         "timestamp": "2026-01-%02dT%02d:%02d:00.000Z" % (1 + t // 1440, t % 1440 // 60, t % 60)}
    e["context"] = {"device": {"id": have["device_id"]}} if "device_id" in have else {}
    if rng.random() < 0.1:
        e["context"]["device"] = {"id": "junk%d" % rng.randint(0, 1)}  # of everybody, and ignored
    if "user_id" in have:
        e["userId"] = have["user_id"]
    if "anonymous_id" in have:
        e["anonymousId"] = have["anonymous_id"]
    if "email" in have:
        e["context"]["traits"] = {"email": rng.choice([str, str.upper])(have["email"])}
    if rng.random() < 0.4:
        e["context"]["consent"] = {"categoryPreferences": {"identity": rng.random() < 0.7}}
    other = rng.choice(pool["user_id"] + ["nobody else%d" % rng.randint(0, 1)])  # the latter of all groups, and carried by no event
    e["properties"] = {"Split": {"other": other}, "Moved": {"new_owner": other}}.get(name, {})
    return e


def call(ws, *words, **env):
    return subprocess.run([binary, *words], cwd=ws, capture_output=True, text=True, env=dict(os.environ, **env))


def must(ws, *words):
    done = call(ws, *words)
    if done.returncode:
        sys.exit("%s: exit %d\n%s" % (" ".join(words), done.returncode, done.stderr[-3000:]))
    return done


def both(ws, words):
    narrow, whole = call(ws, "explain", *words), call(ws, "explain", *words, KF_WHOLE_LOG="1")
    a, b = [(d.returncode, d.stdout, d.stderr) for d in (narrow, whole)]
    if a != b or a[0] not in (0, 1, 66):
        sys.exit("%s: %s differs\n--- the part\n%s\n--- everything\n%s" % (ws, " ".join(words), a, b))
    return a[0]


def workspace(base, k):
    rng = random.Random(seed * 1000003 + k)
    ws = os.path.join(base, "case%d" % k)
    os.makedirs(os.path.join(ws, "rules"))
    with open(os.path.join(ws, "kinfold.yaml"), "w") as f:
        f.write("zone: UTC\ncurrency: EUR\nstore: kinfold.db\nrules: rules\nsources:\n  - name: s\n    plugin: source_segment\n"
                "    path: events.jsonl\n    cadence: schedule\n")
    with open(os.path.join(ws, "rules", "all.lua"), "w") as f:
        f.write(rules(rng))
    pools, events = [], []
    for g in range(GROUPS):
        pool = {ns: ["g%d%s%d" % (g, ns[0], i) + ("@x.test" if ns == "email" else "") for i in range(rng.randint(2, 3))] for ns in NAMES}
        pools.append(pool)
        t = 0
        for _ in range(rng.randint(4, 14)):
            t += rng.choice([0, 0, 1, 30, 600, 3000])
            events.append(event(rng, pool, t, len(events)))
    rng.shuffle(events)
    with open(os.path.join(ws, "events.jsonl"), "w") as f:
        f.writelines(json.dumps(e) + "\n" for e in events)
    must(ws, "run", "-q")
    seen = sorted({e["context"]["device"]["id"] for e in events if "device" in e["context"]} - {"junk0", "junk1"})
    users = sorted({e["userId"] for e in events if "userId" in e})
    for verb in ["join", rng.choice(["unlink", "keep-apart", "join"])]:  # mostly of two groups
        x, y = rng.sample(seen, 2)
        must(ws, "decide", verb, "device_id:" + x, "device_id:" + y if verb == "join" else "user_id:" + rng.choice(users),
             "--because", "b", "--by", "me")
    for x in rng.sample(seen, 2):  # with one that nobody has, of a kind that nobody has
        must(ws, "decide", "join", "device_id:" + x, "phone:+4930123456", "--because", "b", "--by", "me")
    must(ws, "run", "-q")
    return ws, ["%s:%s" % (ns, v) for pool in pools for ns in NAMES for v in pool[ns]], rng


def questions(ws, ids, rng, some):
    ids = ids if some is None else rng.sample(ids, min(some, len(ids)))
    out = [[i, "--json"] for i in ids] + [[i, "--reveal"] for i in ids[::5]]
    for i in ids[::4]:
        out += [[i, "--and", rng.choice(ids), "--json"], [i, "--json", "--at", "2026-01-02"]]
    return out


def compare(ws, asked):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda words: both(ws, words), asked))


def pictures(ws, ids, rng):
    """The file as well as the report: by turns of one and of two."""
    for words in [[rng.choice(ids)], rng.sample(ids, 2)]:
        seen = []
        for whole in "0", "1":
            done = call(ws, "explain", *words, "--graph", "x.dot", KF_WHOLE_LOG=whole)
            seen.append((done.returncode, done.stdout, open(os.path.join(ws, "x.dot")).read() if done.returncode == 0 else done.stderr))
            if done.returncode == 0:
                os.remove(os.path.join(ws, "x.dot"))
        assert seen[0] == seen[1], (words, seen)


def random_cases(base):
    n = 0
    for k in range(cases):
        ws, ids, rng = workspace(base, k)
        asked = questions(ws, ids, rng, some)
        one = next(i for i in ids if call(ws, "explain", i, "--json").returncode == 0)
        profile = json.loads(call(ws, "explain", one, "--json").stdout)["profile"]
        asked += [[profile, "--json"], [one, "--segment", "ins", "--json"], ["user_id:nobody", "--json"], ["device_id:junk0", "--json"]]
        codes = compare(ws, asked)
        assert codes.count(0) > len(codes) // 8 and 66 in codes, codes
        pictures(ws, ids, rng)
        n += len(codes)
        shutil.rmtree(ws)
    return n


def names(ws, kind):
    return subprocess.run(["sqlite3", os.path.join(ws, "kinfold.db"), "SELECT name FROM rules WHERE kind = '%s'" % kind],
                          capture_output=True, text=True, check=True).stdout.split()


def read_only(ws, words):
    """Nothing beside the store is needed, and nothing of it is changed."""
    store = os.path.join(ws, "kinfold.db")
    before = open(store, "rb").read()
    os.chmod(store, 0o400)
    os.chmod(ws, 0o500)
    try:
        assert both(ws, words) == 0
    finally:
        os.chmod(ws, 0o700)
    assert open(store, "rb").read() == before


def retail(base):
    n = 0
    for fraud in (True, False):  # with them, of two people, where nobody is decided about
        ws = os.path.join(base, "retail%d" % fraud)
        shutil.copytree(os.path.join(repo, "examples", "retail"), ws, ignore=shutil.ignore_patterns("kinfold.db*"))
        if not fraud:  # only these rules ask what other people did
            path = os.path.join(ws, "rules", "fraud.lua")
            text = open(path).read()
            for name in "click_farm", "duplicate_orders", "coupon_abuse":
                at = text.index('fraud "%s" {' % name)
                end = text.index("\n}\n", at) + 3
                text = text[:at] + ('fraud "%s" {\n%s  look_at = event "Order Completed",\n'
                                    '  reject = event "Order Completed":count():at_least(9),\n}\n' % (name, HEAD)) + text[end:]
            open(path, "w").write(text)
            with open(os.path.join(ws, "rules", "best.lua"), "w") as f:
                f.write(BEST)
        must(ws, "run", "-q")
        rows = subprocess.run(["sqlite3", os.path.join(ws, "kinfold.db"), "SELECT DISTINCT namespace || ':' || value, profile_id FROM identifiers"
                               " WHERE profile_id IS NOT NULL ORDER BY 1"], capture_output=True, text=True, check=True).stdout.splitlines()
        rng, seen, asked = random.Random(seed), set(), []
        decisions = [[option, name] for kind, option in OPTIONS.items() for name in names(ws, kind)]
        for row in rows:
            ident, profile = row.rsplit("|", 1)
            if profile not in seen:  # every person
                seen.add(profile)
                if not fraud:
                    decision = decisions[len(seen) % len(decisions)]
                    asked.append([ident, *decision, "--json"])
                asked += [[ident, "--json"]] if not fraud else [[ident, "--and", rng.choice(rows).rsplit("|", 1)[0], "--json"]]
        assert len(seen) > 50, len(seen)
        n += len(compare(ws, asked[::each]))
        if not fraud:
            n += sum(both(ws, [one[0], "--export", "best", "--json"]) == 0 for one in asked[: 400 // each])
            read_only(ws, asked[0])
    return n


with tempfile.TemporaryDirectory() as home:
    n = random_cases(home)
    m = retail(home)
    print("%d questions about %d random workspaces and %d about the retail example: the same" % (n, cases, m))
