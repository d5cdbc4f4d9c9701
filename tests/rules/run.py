#!/usr/bin/env python3
"""The default rules and what `kinfold init` makes of them:  run.py KINFOLD SOURCE CASE

Every case works in a folder of its own and asserts values; see the functions named case_*."""
import csv
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BINARY, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
RULES = os.path.join(SOURCE, "rules")
N_RULES, N_CASES, N_WAITING = 94, 127, 2  # what waits expects credit, which is not evaluated yet
problems = []


def expect(what, have, want):
    if have != want:
        problems.append("%s: expected %r, was %r" % (what, want, have))


def kinfold(folder, *words, status=0, binary=BINARY):
    done = subprocess.run([binary, *words], cwd=folder, text=True, capture_output=True, env=dict(os.environ, NO_COLOR="1"))
    if status is not None and done.returncode != status:
        problems.append("kinfold %s: exit %d, not %d\n%s%s" % (" ".join(words), done.returncode, status, done.stdout, done.stderr))
    return done


def answer(folder, *words, status=0):
    return json.loads(kinfold(folder, *words, "--json", status=status).stdout or "{}")


def rows(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def text_of(path):
    return bytes_of(path).decode("utf-8")


def rule_files(tests):
    return [p for p in sorted(glob.glob(os.path.join(RULES, "*.lua"))) if p.endswith("_test.lua") == tests]


def defined(text):
    """(kind, name, start, end) of every rule with a name; a rule ends with the first } at the margin."""
    for m in re.finditer(r'^([a-z_]+) "([a-z0-9_]+)" \{\n.*?^\}\n', text, re.S | re.M):
        yield m.group(1), m.group(2), m.start(), m.end()


def check_clean(folder, rules):
    c = answer(folder, "check")
    expect("check ok", c.get("ok"), True)
    expect("check diagnostics", c.get("diagnostics"), [])
    expect("check rules", c.get("rules"), rules)


def check_scenarios(folder, passed):
    t = answer(folder, "test")
    waiting = [r["not_evaluated_yet"] for r in t.get("results", []) if r["verdict"] == "not_evaluated_yet"]
    expect("scenarios that fail", [r for r in t.get("results", []) if not r["passed"] and not r["not_evaluated_yet"]], [])
    expect("cases passed", (t.get("passed"), t.get("failed")), (passed, 0))
    return waiting


def case_sample(tmp):
    done = subprocess.run([sys.executable, os.path.join(SOURCE, "tests", "rules", "sample.py"), "--check"], text=True, capture_output=True)
    expect("sample.py --check", (done.returncode, done.stdout), (0, ""))


def case_retail(tmp):
    made = answer(tmp, "init", "shop")
    shop = os.path.join(tmp, "shop")
    expect("template", made.get("template"), "retail")
    found = sorted(os.path.relpath(os.path.join(d, f), shop) for d, _, files in os.walk(shop) for f in files)
    expect("files", made.get("files"), found)
    names = sorted(os.path.basename(p) for p in rule_files(False) + rule_files(True))
    expect("rule files", sorted(f[6:] for f in found if re.fullmatch(r"rules/\w+\.lua", f)), names)
    for name in names:
        expect(name, bytes_of(os.path.join(shop, "rules", name)), bytes_of(os.path.join(RULES, name)))
    for name in (".luarc.json", ".gitignore", "kinfold.yaml", "README.md", "rules/meta/kinfold.lua"):
        expect(name, name in found, True)
    json.loads(text_of(os.path.join(shop, ".luarc.json")))
    check_clean(shop, N_RULES)
    expect("scenarios that wait", check_scenarios(shop, N_CASES), ["credit"] * N_WAITING)
    words = text_of(os.path.join(shop, "rules", "meta", "workspace.lua"))
    for name in ("search_engines", "social_sites"):
        expect("editors know " + name, '"%s"' % name in words, True)
    kinfold(shop, "dry-run")
    expect("a dry-run writes nothing", os.path.exists(os.path.join(shop, "kinfold.db")), False)
    ran = kinfold(shop, "run").stdout
    for line in ("102 events from 5 sources", "Quarantined 1 record", "bad_json  1  at data/web.jsonl:64", "23 profiles from 63 identifiers"):
        expect("run says '%s'" % line, line in ran, True)
    refused = dict(re.findall(r"^  (?:refused|       )  ([a-z_]+) +(\d+)  \w", ran, re.M))
    expect("run says what was refused", refused, {"shared": "2", "consent": "1", "per_profile": "1"})
    members = dict(re.findall(r"^  ([a-z_0-9]+) +(\d+) +\d+ +\d+ +\d+", ran, re.M))
    want = {"vip": 5, "vip_at_risk": 3, "champions": 1, "cart_abandoners": 2, "new_customers": 4, "reactivated": 1, "discount_hunters": 1,
            "lapsing": 1, "second_order_due": 1, "app_and_web": 1, "high_churn_risk": 1, "lost_customers": 0}
    expect("members", {k: int(members.get(k, -1)) for k in want}, want)
    anna = kinfold(shop, "explain", "email:anna@example.com", "--reveal").stdout
    expect("Anna's accounts", "user_id:u1001" in anna and "u1007" not in anna, True)
    expect("Anna is at risk", re.search(r"^  in  vip_at_risk ", anna, re.M) is not None, True)
    two = kinfold(shop, "explain", "email:anna@example.com", "email:gus@example.com", status=None).stdout
    expect("Anna and Gus", "are two people" in two and "device_id:d-kitchen" in two, True)
    sent = answer(shop, "export", "--segment", "vip_at_risk", "--to", "crm_file")
    expect("export", {k: sent.get(k) for k in ("export", "members", "sent", "no_consent", "suppressed_by")},
           {"export": "vip_call_list", "members": 3, "sent": 1, "no_consent": 1, "suppressed_by": {"call_opt_out": 1, "do_not_contact": 1}})
    expect("the call list", rows(os.path.join(shop, "out", "vip_call_list.csv")),
           [{"crm_id": "0035g00002An001AAA", "email": "anna@example.com", "phone": "+493023125101", "first_name": "Anna",
             "last_name": "Aster", "churn_risk": "75", "days_since_order": "90", "net_revenue_365d": "373.00"}])
    kinfold(shop, "export", "--segment", "cart_abandoners", "--to", "mail_file")
    expect("reminders", [r["email"] for r in rows(os.path.join(shop, "out", "cart_reminder.csv"))], ["emil@example.com"])
    kinfold(shop, "export", "--segment", "champions", "--to", "ads_file")
    expect("hashed champions", [r["email"] for r in rows(os.path.join(shop, "out", "champions.csv"))],
           [hashlib.sha256(b"dana@example.com").hexdigest()])


def case_minimal(tmp):
    kinfold(tmp, "init", "--template", "minimal", "deep/down/crm")
    crm = os.path.join(tmp, "deep", "down", "crm")
    expect("rule files", sorted(os.listdir(os.path.join(crm, "rules"))), ["meta", "shop.lua", "shop_test.lua"])
    check_clean(crm, 7)
    expect("scenarios that wait", check_scenarios(crm, 3), [])
    kinfold(crm, "dry-run")
    ran = kinfold(crm, "run").stdout
    expect("run", "7 events from 1 source" in ran and "3 profiles from 7 identifiers" in ran, True)
    kinfold(crm, "export", "--segment", "welcome_back", "--to", "mail_file")
    expect("welcome back", rows(os.path.join(crm, "out", "welcome_back.csv")), [{"email": "anna@example.com"}])


def case_refuses(tmp):
    bad = kinfold(tmp, "init", "--template", "retial", "shop", status=64)
    expect("unknown template", "there is no template 'retial'" in bad.stderr, True)
    os.makedirs(os.path.join(tmp, "shop", "rules"))
    mine = os.path.join(tmp, "shop", "rules", "traits.lua")
    with open(mine, "w", encoding="utf-8") as f:
        f.write("-- mine\n")
    there = kinfold(tmp, "init", "shop", status=73)
    expect("a file that is there", "shop/rules/traits.lua is there already" in there.stderr, True)
    expect("it is kept", text_of(mine), "-- mine\n")
    expect("nothing else is written", os.listdir(os.path.join(tmp, "shop")), ["rules"])
    # a program without its rules
    os.makedirs(os.path.join(tmp, "alone", "bin"))
    alone = os.path.join(tmp, "alone", "bin", "kinfold")
    shutil.copy(BINARY, alone)
    expect("no rules", "share/kinfold/rules" in kinfold(tmp, "init", "other", status=66, binary=alone).stderr, True)
    # as `cmake --install` lays it out
    shutil.copytree(RULES, os.path.join(tmp, "alone", "share", "kinfold", "rules"))
    kinfold(tmp, "init", "other", binary=alone)
    expect("installed", bytes_of(os.path.join(tmp, "other", "rules", "fraud.lua")), bytes_of(os.path.join(RULES, "fraud.lua")))


def in_place(tmp, rules):
    """A workspace whose rules are those of the source tree, templates and all."""
    yaml = text_of(os.path.join(RULES, "templates", "retail", "kinfold.yaml"))
    expect("one line says where the rules are", yaml.count("\nrules: rules\n"), 1)
    with open(os.path.join(tmp, "kinfold.yaml"), "w", encoding="utf-8") as f:
        f.write(yaml.replace("\nrules: rules\n", "\nrules: %s\n" % rules))


def case_in_place(tmp):
    in_place(tmp, RULES)
    check_clean(tmp, N_RULES)
    check_scenarios(tmp, N_CASES)
    # Every rule that is asked by name stands by name in what some scenario expects.
    given = re.compile(r"given = \[\[.*?\]\]", re.S)
    promised = "".join(given.sub("", text_of(p)) for p in rule_files(True))
    for path in rule_files(False):
        for kind, name, _, _ in defined(text_of(path)):
            if kind not in ("link", "never_link", "transfer") and not re.search(r"\b%s\b" % name, promised):
                problems.append('%s "%s" stands in no scenario\'s expect' % (kind, name))


def case_needed(tmp):
    """Takes each rule out of force in turn and wants a promise broken."""
    rules = os.path.join(tmp, "rules")
    os.mkdir(rules)
    for p in rule_files(False) + rule_files(True):
        shutil.copy(p, rules)
    in_place(tmp, "rules")
    tried = 0
    for path in rule_files(False):
        text = text_of(path)
        copy = os.path.join(rules, os.path.basename(path))
        parts = list(defined(text)) + [(m.group(1), m.group(1), m.start(), m.end()) for m in
                                       re.finditer(r"^(ignore_values|limits) \{.*?\}\n", text, re.S | re.M)]
        for kind, name, start, end in parts:
            if kind == "attribution":  # not evaluated yet: its promises wait
                continue
            tried += 1
            without = without_rule(kind, text[start:end])
            with open(copy, "w", encoding="utf-8") as f:
                f.write(text[:start] + without + text[end:])
            t = answer(tmp, "test", "--as-given", status=None)
            if not t.get("failed"):
                problems.append('%s "%s" can be taken away and every promise is kept (%r)' % (kind, name, t.get("passed")))
        with open(copy, "w", encoding="utf-8") as f:
            f.write(text)
    expect("rules tried", tried, N_RULES - 3)  # all but the table of identifiers and attribution


def without_rule(kind, text):
    """A rule that is not in force holds for nobody, but others may still ask for it."""
    return "" if kind in ("ignore_values", "limits") else text.replace("\n}", '\n  starts = date "2999-01-01",\n}')


def case_meta(tmp):
    """The description for editors has the words that rule files have, and no others."""
    described = set(re.findall(r"^function ([a-z_]+)\(", text_of(os.path.join(RULES, "meta", "kinfold.lua")), re.M))
    os.mkdir(os.path.join(tmp, "rules"))
    with open(os.path.join(tmp, "kinfold.yaml"), "w", encoding="utf-8") as f:
        f.write("zone: UTC\n")
    file = os.path.join(tmp, "rules", "words.lua")
    with open(file, "w", encoding="utf-8") as f:
        f.write("local words = { %s }\n" % ", ".join(sorted(described)))
    expect("words", answer(tmp, "check").get("diagnostics"), [])
    with open(file, "w", encoding="utf-8") as f:
        f.write("local words = { bukket }\n")
    expect("a word that is none", answer(tmp, "check", status=78).get("ok"), False)
    known = set()
    for path in glob.glob(os.path.join(SOURCE, "core", "lua", "words*.c")):
        known |= set(re.findall(r'\{"([a-z_]+)", word_\w+, \w+\}', text_of(path)))
    expect("words of core that are not described", sorted(known - described), [])
    expect("words of core were found", len(known) > 30, True)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        globals()["case_" + sys.argv[3]](tmp)
    for p in problems:
        print(p)
    print("%s: %s" % (sys.argv[3], "%d problems" % len(problems) if problems else "as promised"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
