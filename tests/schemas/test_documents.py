#!/usr/bin/env python3
"""Each kind of document that the program prints or writes, against its schema:  test_documents.py KINFOLD

A name in core without a schema fails, and so does a schema that no document was held against here. Every document is also spoilt, member
by member, and has to be refused then: a schema that takes anything is none."""
import copy
import glob
import json
import os
import re
import shutil
import signal
import sqlite3
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "cli", "basics"), os.path.join(ROOT, "tests", "cli", "steward")]
import basics  # noqa: E402
import shop as steward  # noqa: E402
from basics import HOME, done, edit, expect, kinfold, problems  # noqa: E402

try:
    import jsonschema
except ImportError:
    jsonschema = None

NOT_OURS = {"sarif-2.1.0": "check --format sarif"}
DRAFT = "https://json-schema.org/draft/2020-12/schema"
ANNA = "email:anna@example.com"
validators, seen, branches = {}, {}, {}


def is_time(text):
    """Times are UTC, to the nanosecond at most."""
    return not isinstance(text, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", text) is not None


def validator(name):
    if name not in validators:
        path = os.path.join(HERE, name + ".json")
        if not os.path.exists(path):
            return None
        formats = jsonschema.FormatChecker(())
        formats.checks("date-time")(is_time)
        validators[name] = jsonschema.Draft202012Validator(json.loads(read(path)), format_checker=formats)
    return validators[name]


def fits(what, d, name=None):
    """Holds a document against the schema of its name."""
    name = name or d["schema"].replace("/", "-")
    v = validator(name)
    if not v:
        problems.append("%s: there is no schema %s.json" % (what, name))
        return d
    for e in list(v.iter_errors(d))[:3]:
        for inner in ([e] + sorted(e.context or [], key=lambda c: -len(c.absolute_path)))[:3]:
            problems.append("%s: %s: at %s: %.250s" % (what, name, "/".join(map(str, inner.absolute_path)), inner.message))
    seen.setdefault(name, d)
    return d


def say(cwd, *words, status=0, name=None, env=None):
    r = kinfold(*words, "--json", cwd=cwd, env=env)
    what = " ".join(words)
    expect("%s: exit" % what, (r.returncode, r.stderr if r.returncode not in (status, 1) else ""), (status, ""))
    try:
        return fits(what, json.loads(r.stdout), name)
    except ValueError:
        problems.append("%s: no document: %.300s%.300s" % (what, r.stdout, r.stderr))
        return {}


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def branch(name, holds):
    """What one of the documents must have shown; a branch that none takes is not looked at."""
    branches[name] = branches.get(name, False) or bool(holds)


# ---- the schemas themselves ----

def places(schema, path=""):
    """Every part of a schema that says something of an object."""
    if isinstance(schema, list):
        for i, s in enumerate(schema):
            yield from places(s, "%s/%d" % (path, i))
    elif isinstance(schema, dict):
        if "properties" in schema and isinstance(schema["properties"], dict):
            yield path, schema
        for k, s in schema.items():
            yield from places(s, "%s/%s" % (path, k))


def case_schemas():
    for file in sorted(glob.glob(os.path.join(HERE, "*.json"))):
        name = os.path.basename(file)[:-len(".json")]
        if name in NOT_OURS:
            continue
        schema = json.loads(read(file))
        jsonschema.Draft202012Validator.check_schema(schema)
        expect("%s: draft, title" % name, (schema.get("$schema"), re.sub(r"/(?=\d+$)", "-", schema.get("title", ""))), (DRAFT, name))
        expect("%s: says what it is" % name, len(schema.get("description", "")) > 20, True)
        for path, part in places(schema):
            expect("%s%s: closed" % (name, path), "additionalProperties" in part or "unevaluatedProperties" in part, True)
            expect("%s%s: required members are described" % (name, path), sorted(set(part.get("required", [])) - set(part["properties"])), [])


def case_names():
    """Every name that the program can print has a schema, and the other way round."""
    names = set()
    for file in glob.glob(os.path.join(ROOT, "core", "**", "*.[ch]"), recursive=True):
        names |= {n.replace("/", "-") for n in re.findall(r'"(kinfold\.[a-z_-]+/\d+)"', read(file))}
    files = {os.path.basename(f)[:-len(".json")] for f in glob.glob(os.path.join(HERE, "*.json"))} - set(NOT_OURS)
    expect("names in core without a schema", sorted(names - files), [])
    expect("schemas of no name in core", sorted(files - names), [])


def spoilt(d):
    """The document with one mistake each: a member too many, one of another type, one missing."""
    yield "a member too many", dict(d, surplus=1)
    for key in d:
        x = copy.deepcopy(d)
        x[key] = {"not": "this"} if not isinstance(d[key], dict) else 17
        yield "%s is something else" % key, x
    for key in ("schema", "$schema"):
        if key in d:
            yield "no %s" % key, {k: v for k, v in d.items() if k != key}


def case_teeth():
    for name, d in sorted(seen.items()):
        if name in NOT_OURS:
            continue
        for what, x in spoilt(d):
            expect("%s: %s is refused" % (name, what), validator(name).is_valid(x), False)


# ---- documents ----

def case_of_no_workspace():
    say(HOME, "version")
    say(HOME, "help")
    say(HOME, "help", "explain")
    say(HOME, "completion", "bash")
    say(HOME, "completion", "zsh")
    say(HOME, "check", "--explain", "all")
    say(HOME, "check", "--explain", "KF0001")
    new = say(HOME, "init", "made")
    more = say(os.path.join(HOME, "made"), "init", "--ci", "github")
    expect("init: template", (new["template"], more["template"]), ("retail", None))


def case_connectors():
    folder = os.path.join(HOME, "plugins")
    os.mkdir(folder)
    with open(os.path.join(folder, "source_broken.so"), "w") as f:
        f.write("no connector")
    d = say(HOME, "plugin", "list", "--plugin-dir", folder)
    branch("a connector that does not load", [p["name"] for p in d["plugins"] if not p["loads"]] == ["source_broken"])
    types = set()
    for p in d["plugins"]:
        if p["loads"]:
            types |= {o["type"] for o in say(HOME, "plugin", "show", p["name"])["options"]}
            branch("a connector without cases", say(HOME, "plugin", "check", p["name"])["cases"] == [])
    branch("options of many types", len(types) >= 5)
    own = os.path.join(HOME, "own")
    shipped = next(p["file"] for p in d["plugins"] if p["name"] == "source_csv")
    case = os.path.join(own, "testdata", "wrong")
    os.makedirs(case)
    shutil.copy(shipped, own)
    for end, text in (("input.csv", "a\n1\n"), ("options.yaml", ""), ("expected.jsonl", "{}\n")):
        with open(os.path.join(case, end), "w") as f:
            f.write(text)
    d = say(HOME, "plugin", "check", os.path.join(own, "source_csv.so"), status=1)
    branch("a self-test that fails", d.get("ok") is False)


def case_run(example):
    d = say(example, "run")
    branch("quarantine", len(d["quarantine"]) > 2)
    branch("refused links", len(d["refused"]) > 2)
    expect("run: sources add up", sum(s["events"] for s in d["sources"]), d["events"])
    branch("nothing new", say(example, "run")["nothing_new"])
    folder = os.path.join(HOME, "plain")
    shutil.copytree(os.path.join(HOME, "made"), folder)
    os.remove(os.path.join(folder, "data", "web.jsonl"))
    open(os.path.join(folder, "data", "web.jsonl"), "w").close()
    say(folder, "run", "--force")
    interrupted(folder)


def interrupted(folder):
    """At a read of the first file, where calls can be interposed."""
    if "KF_INTERPOSE" not in os.environ:
        print("SKIP: nothing is interposed in a build with sanitizers: no run is interrupted")
        branch("interrupted", True)
        return
    env = dict(basics.ENV, LD_PRELOAD=os.environ["KF_INTERPOSE"], KF_SIGNAL_FILES="/data/", KF_SIGNAL_AT="1", KF_SIGNAL=str(int(signal.SIGINT)))
    os.remove(os.path.join(folder, "kinfold.db"))
    branch("interrupted", say(folder, "run", "-j1", status=130, env=env)["interrupted"])


def case_explain(example, small):
    d = say(small, "explain", ANNA)
    branch("masked", d["masked"] and "anna@" not in json.dumps(d))
    d = say(small, "explain", ANNA, "--reveal")
    branch("--reveal", not d["masked"] and ANNA in d["identifiers"])
    say(small, "explain", ANNA, "--candidate")
    say(small, "explain", ANNA, "--at", "2026-01-01")
    nobody = "email:office@example.net"
    branch("an identifier of nobody", say(small, "explain", nobody, status=1)["profile"] is None)
    two = say(small, "explain", ANNA, "user_id:u1001")
    branch("two that are one", two["same"] and len(two["path"]) >= 1)
    for other in ("email:gus@example.com", nobody):
        branch("two that are not", not say(small, "explain", ANNA, other, status=1)["same"])
    for folder, who in people(example) + people(small):
        d = say(folder, "explain", who)
        branch("refused links of a person", d["refused"])
        branch("suppressions of a person", d["suppressions"])
        branch("fraud of a person", d["fraud"])
        branch("earlier identifiers", d["earlier_identifiers"])
        branch("consent in conflict", any(c["state"] == "conflict" for c in d["consent"]))
    for words in (("--segment", "vip_at_risk"), ("--suppression", "no_marketing_consent"), ("--score", "churn_risk"), ("--channel", "email"),
                  ("--export", "vip_call_list")):
        say(small, "explain", ANNA, *words)
        say(small, "explain", *words)
    say(small, "explain", ANNA, "--fraud", "coupon_reuse")
    say(small, "explain", ANNA, "--trait", "country")
    order = next(json.loads(line) for line in read(small, "data", "web.jsonl").splitlines() if '"Order Completed"' in line)
    say(small, "explain", "--attribution", order["properties"]["order_id"])
    expect("layout of a .dot", say(small, "explain", ANNA, "--graph", os.path.join(HOME, "a.dot"))["layout"], "none")
    expect("layout of a picture", say(small, "explain", ANNA, "--graph", os.path.join(HOME, "a.svg"))["layout"] in ("dot", "own"), True)


def people(folder):
    """Who has most identifiers, whose device somebody else had, too, and who is under suspicion or has said yes and no: the branches lie there."""
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(folder, "kinfold.db"), uri=True)
    try:
        found = {who for sql in ("SELECT profile_id FROM profiles ORDER BY identifiers DESC, profile_id LIMIT 20",
                                 "SELECT DISTINCT profile_id FROM identifiers WHERE namespace = 'device_id' ORDER BY 1 LIMIT 10",
                                 "SELECT profile_id FROM profile WHERE id IN (SELECT profile FROM fraud) ORDER BY 1 LIMIT 5",
                                 "SELECT profile_id FROM profile WHERE id IN (SELECT profile FROM consent WHERE state = 'conflict')")
                 for who, in db.execute(sql) if who}
    finally:
        db.close()
    return [(folder, who) for who in sorted(found)]


def case_export(small):
    send = ("export", "--segment", "vip_at_risk", "--to", "crm_file")
    expect("export: dry", [say(small, *send, "--dry-run")[k] for k in ("dry_run", "written")], [True, False])
    expect("export", [say(small, *send)[k] for k in ("dry_run", "written")], [False, True])
    expect("profiles", [say(small, "export", "--profiles", "--out", os.path.join(HOME, "p." + end), *more)["masked"]
                        for end, more in (("csv", ()), ("jsonl", ("--reveal",)))], [True, False])
    d = say(small, "export", "--person", ANNA)
    branch("a person, masked", d["masked"] and "anna@" not in json.dumps(d))
    d = say(small, "export", "--person", ANNA, "--reveal")
    branch("a person, --reveal", "anna@" in json.dumps(d) and {e["type"] for e in d["events"]} > {"track"})
    file, page = os.path.join(HOME, "anna.json"), os.path.join(HOME, "anna.html")
    say(small, "export", "--person", ANNA, "--out", file)
    say(small, "export", "--person", ANNA, "--out", file, "--html", page)
    expect("the file of a person", fits("anna.json", json.loads(read(file)))["masked"], False)


def case_simulate(small):
    for story in ("shared-device", "duplicate-email", "account-transfer", "junk-ids", "recycled-phone", "family", "kiosk"):
        d = say(small, "simulate", "--scenario", story)
        for part in ("refused", "nobody", "dropped"):
            branch("simulate: " + part, d[part])
    say(small, "simulate", "--scenario", "family", "--steps")
    with open(os.path.join(HOME, "few.txt"), "w") as f:
        f.write('2026-01-05 09:00 "Signed In" user_id=u1 email=a@example.com cookie=c1 consent.marketing=granted\n2026-01-05 09:10 "Page Seen"\n')
    d = say(small, "simulate", os.path.join(HOME, "few.txt"))
    branch("simulate: masked", d["given"] is None and d["notes"])
    branch("simulate: events of nobody", any(e["person"] is None for e in d["events"]))
    branch("simulate: --reveal", "a@example.com" in say(small, "simulate", os.path.join(HOME, "few.txt"), "--reveal")["given"])


def case_stewards():
    both = steward.event(70, "Page Seen", "u-kim", day=12)
    both["context"] = {"externalIds": [{"id": "u-lou", "type": "user_id", "encoding": "none", "collection": "users"}]}
    w = steward.Workspace(HOME, "desk", [list(steward.people()) + [both]]).run()
    d = say(w.dir, "review")
    for kind in ("shared", "contradictory", "refused", "dangling"):
        branch("review: " + kind, d["counts"][kind])
    branch("review: oversize", say(w.dir, "review", "--oversize", "3", "--kind", "oversize")["counts"]["oversize"])
    say(w.dir, "review", "--reveal")
    why = ("--because", "a test", "--by", "tester")
    pair = ("user_id:u-anna", "user_id:u-cleo")
    branch("decide: changes", say(w.dir, "decide", "join", *pair, *why, "--dry-run")["changes"]["any"])
    branch("decide: next run", say(w.dir, "decide", "keep-apart", *pair, *why)["effect"] == "next run")
    branch("decide: said already", say(w.dir, "decide", "keep-apart", *pair, *why, status=1)["said_already"] == 1)
    branch("decide: overrides", say(w.dir, "decide", "join", *pair, *why)["overrides"] == 1)
    branch("decide: never seen", say(w.dir, "decide", "unlink", "email:new@example.org", "user_id:u-anna", *why)["never_seen"])
    say(w.dir, "decide", "transfer", "email:anna@example.org", "--at", "2026-03-05", "--to", "user_id:u-dan", *why)
    branch("decide: undo", say(w.dir, "decide", "undo", "3", *why)["decision"].get("undoes") == 3)
    branch("decide: now", say(w.dir, "decide", "unlink", "user_id:u-anna", "email:anna@example.org", *why, "--run")["effect"] == "now")
    d = say(w.dir, "decide", "list")
    expect("states", {e["state"] for e in d["decisions"]}, {"holds", "undone", "overridden"})
    say(w.dir, "explain", "user_id:u-anna", "user_id:u-cleo")
    branch("erase: would", not say(w.dir, "erase", "user_id:u-dan", "--dry-run")["erased"])
    d = say(w.dir, "erase", "user_id:u-dan", *why)
    branch("erase: first receipt", d["receipt"]["previous"] == "")
    branch("erase: next receipt", say(w.dir, "erase", "user_id:u-eve", *why)["receipt"]["previous"] == d["receipt"]["hash"])
    say(w.dir, "explain", "user_id:u-dan", status=1)
    file = os.path.join(HOME, "decisions.jsonl")
    say(w.dir, "decide", "export", file)
    other = steward.Workspace(HOME, "other").run()
    branch("decide import", say(other.dir, "decide", "import", file)["added"] > 3)


def case_workbench(small):
    """The documents of the rules' own commands once; tests/cli and tests/check look at them in full."""
    say(small, "check")
    r = kinfold("check", "--format", "sarif", cwd=small)
    fits("check --format sarif", json.loads(r.stdout), "sarif-2.1.0")
    say(small, "fmt", "--check")
    say(small, "test", "--filter", "account")
    say(small, "test", "--list")
    say(small, "quality")
    say(small, "status", "--identity")
    with open(os.path.join(HOME, "pairs.csv"), "w") as f:
        f.write("%s,user_id:u1001,same\n%s,email:gus@example.com,same\n%s,user_id:u1001,different\n" % (ANNA, ANNA, ANNA))
    branch("labelled pairs", say(small, "status", "--pairs", os.path.join(HOME, "pairs.csv"))["identity"]["pairs"]["errors"])
    say(small, "status", "--why", "vip_at_risk")
    say(small, "docs")
    say(small, "docs", "--uses", "email")
    say(small, "docs", "--out", os.path.join(HOME, "catalogue"))
    edit(small, "rules/traits.lua", '{ "large", money(300, "EUR") }', '{ "large", money(400, "EUR") }')
    say(small, "diff")
    say(small, "dry-run")
    lines = kinfold("dry-run", "--full", cwd=small).stdout.splitlines()
    for line in lines[:3] + lines[-1:]:
        fits("dry-run --full", json.loads(line), "kinfold.dry-run-full-1")


def case_approval(small):
    """From a key to what is published, with the files that are written on the way."""
    edit(small, "kinfold.yaml", "cadence: realtime", "cadence: approval")
    made = {n: say(small, "key", "new", n, "--no-passphrase", "--out", os.path.join(HOME, n + ".key")) for n in ("pia", "ada")}
    with open(os.path.join(small, "kinfold.yaml"), "a") as f:
        f.write("approval:\n  people:\n" + "".join('    - { name: %s, key: "%s", roles: [%s] }\n' % (n, made[n]["public"], r)
                                                   for n, r in (("pia", "privacy"), ("ada", "analytics"))))
    key = made["ada"]["file"]
    say(small, "key", "show", "--key", key)
    fits("a key", json.loads(read(key)))
    expect("dry-run --out", kinfold("dry-run", "--out", "a.plan", "-q", cwd=small).returncode in (0, 1), True)
    fits("a plan", json.loads(read(small, "a.plan")))
    for n, r in (("pia", "privacy"), ("ada", "analytics")):
        say(small, "approve", "a.plan", "--as", r, "--because", "looked at it", "--key", made[n]["file"], "--yes")
    say(small, "publish", "--dry-run")
    say(small, "publish", "--key", key, "--because", "all is well")
    fits("published/current", json.loads(read(small, "published", "current")))
    for line in read(small, "approvals.jsonl").splitlines():
        fits("approvals.jsonl", json.loads(line), "kinfold.approval-1")
    say(small, "log")
    say(small, "log", "--verify")
    say(small, "source", "list")
    say(small, "source", "approve", "web", "--because", "known", "--key", made["pia"]["file"], "--yes")


def main():
    case_names()
    if not jsonschema:
        print("SKIP: python3-jsonschema is not installed, no document is held against its schema")
        done()
    example = os.path.join(tempfile.mkdtemp(dir=HOME), "retail")
    shutil.copytree(os.path.join(ROOT, "examples", "retail"), example)
    small = basics.shop("small")
    case_schemas()
    case_of_no_workspace()
    case_connectors()
    case_run(example)
    case_explain(example, small)
    case_export(small)
    case_simulate(small)
    case_stewards()
    case_workbench(small)
    case_approval(small)
    expect("branches that no document took", sorted(b for b, taken in branches.items() if not taken), [])
    files = {os.path.basename(f)[:-len(".json")] for f in glob.glob(os.path.join(HERE, "*.json"))}
    expect("schemas that no document was held against", sorted(files - set(seen)), [])
    case_teeth()
    print("%d schemas, %d branches" % (len(seen), len(branches)))
    done()


main()
