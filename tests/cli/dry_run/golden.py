#!/usr/bin/env python3
"""Whole reports of `kinfold dry-run` and `kinfold diff` on examples/retail:  golden.py KINFOLD

A case is a list of edits of the example's rules. Text and JSON are held against golden/, JSON, plan and lines against tests/schemas, pages
are opened in Chromium. KF_GOLDEN_WRITE=1 writes golden/ instead; read the difference before committing it."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "../../.."))
sys.path.insert(0, os.path.join(ROOT, "tests", "browser"))
import browser  # noqa: E402

try:
    import jsonschema
except ImportError:
    jsonschema = None
    print("SKIP: no python3-jsonschema: documents are not held against their schemas")

kinfold = os.path.abspath(sys.argv[1])
write = os.environ.get("KF_GOLDEN_WRITE") == "1"
problems = []

CASES = {
    "decisions": [
        ("segments.lua", 'at_least(money(300, "EUR"))', 'at_least(money(200, "EUR"))'),
        ("segments.lua", 'score "churn_risk":at_least(60)', 'score "churn_risk":at_least(55)'),
        ("scores.lua", "points = 35", "points = 45"),
    ],
    "consent": [
        ("suppression.lua", 'who = consent "marketing":is_not("granted")', 'who = consent "marketing":is("denied")'),
        ("segments.lua", '  purpose = "marketing",\n  requires_consent = "marketing",\n  who = all {\n    orders:within(days(365))',
         '  purpose = "marketing",\n  who = all {\n    orders:within(days(365))'),
        ("channel.lua", '  contact = "phone",\n  requires_consent = "marketing",\n', '  contact = "phone",\n'),
    ],
    "identity": [
        ("identity.lua", "user_id = { rank = 2, per_profile = 1 }", "user_id = { rank = 2, per_profile = 2 }"),
        ("identity.lua", "crm_id = { rank = 1, per_profile = 1 }", "crm_id = { rank = 1, per_profile = 2 }"),
        ("identity.lua", 'per_profile = 5,\n    normalise = "email"', 'per_profile = 1,\n    normalise = "email"'),
    ],
}


def expect(what, have, want):
    if have != want:
        problems.append("%s: expected %.400r, was %.400r" % (what, want, have))


def call(folder, *words, codes=(0,)):
    r = subprocess.run([kinfold, "-C", folder, *words], capture_output=True, text=True, timeout=120)
    if r.returncode not in codes:
        problems.append("%s: exit %d\n%s" % (" ".join(words), r.returncode, r.stderr[-1500:]))
    return r.stdout


def golden(name, text):
    path = os.path.join(HERE, "golden", name)
    if write:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "w", encoding="utf-8").write(text)
        return
    old = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
    if text != old:
        a, b = old.splitlines(), text.splitlines()
        n = next((i for i in range(min(len(a), len(b))) if a[i] != b[i]), min(len(a), len(b)))
        problems.append("%s differs in line %d:\n  was %.300s\n  is  %.300s" % (name, n + 1, (a + [""])[n] if n <= len(a) else "", (b + [""])[n] if n <= len(b) else ""))


def schema(name, document):
    if jsonschema:
        form = json.load(open(os.path.join(ROOT, "tests", "schemas", name + ".json")))
        for e in list(jsonschema.Draft202012Validator(form).iter_errors(document))[:5]:
            problems.append("%s: %s: %.300s" % (name, "/".join(str(p) for p in e.absolute_path), e.message))


def plan(case, folder, d, path):
    p = json.load(open(path))
    schema("kinfold.plan-1", p)
    alone = {k: v for k, v in p.items() if k != "digest"}
    expect("%s: the plan's digest" % case, p["digest"], hashlib.sha256(
        json.dumps(alone, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest())
    same = {k: v for k, v in d.items() if k not in ("schema", "verdict", "summary", "seconds")}
    expect("%s: the plan says what the document says" % case, p["figures"], same)
    expect("%s: what the plan is bound to" % case, (p["rules"]["before"], p["rules"]["after"], p["verdict"]), (d["rules_before"], d["rules_after"], d["verdict"]))
    again = path + ".again"
    call(folder, "dry-run", "-q", "--out", again)
    expect("%s: the plan again" % case, open(again).read(), open(path).read())


def lines(case, folder, d):
    row = [json.loads(l) for l in call(folder, "dry-run", "--full").splitlines()]
    for r in row[:1] + row[1:60] + row[-1:]:
        schema("kinfold.dry-run-full-1", r)
    expect("%s: first and last line" % case, (row[0]["verdict"], row[-1]["summary"], row[-1]["profiles"]), (d["verdict"], d["summary"], len(row) - 2))
    for key, sets in (("segments", d["segments"]), ("suppressions", d["suppressions"]), ("audiences", d["audiences"]), ("channels", d["channels"])):
        for s in sets:
            if d["identity"]["merged"] or d["identity"]["split"]:
                continue  # people are counted as they are on the side in question
            found = [sum(s["name"] in r.get(key, {}).get(w, ()) for r in row[1:-1]) for w in ("added", "removed")]
            expect("%s: lines of %s %s" % (case, key, s["name"]), found, [s["added"], s["removed"]])
    for s in d["scores"]:
        moved = [r["scores"][s["name"]] for r in row[1:-1] if s["name"] in r.get("scores", {})]
        both = [(float(m["before"]), float(m["after"])) for m in moved if m["before"] and m["after"]]
        if not d["identity"]["merged"]:
            expect("%s: lines of score %s" % (case, s["name"]), [sum(b > a for a, b in both), sum(b < a for a, b in both)], [s["higher"], s["lower"]])


def figures_of(d):
    """Everything that counts, without examples and words."""
    keep = ("name", "purpose", "before", "after", "added", "removed", "kept", "undecided_after", "newly", "higher", "lower", "histogram", "bands")
    return {k: [{x: v for x, v in r.items() if x in keep} for r in d[k]] for k in ("segments", "suppressions", "channels", "audiences", "consent", "fraud", "scores")}


def case(name, base, ran, pages):
    folder = os.path.join(base, name)
    shutil.copytree(ran, folder)
    for file, old, new in CASES[name]:
        path = os.path.join(folder, "rules", file)
        text = open(path).read()
        if old not in text:
            sys.exit("%s: %s does not hold %r" % (name, file, old))
        open(path, "w").write(text.replace(old, new, 1))
    golden(name + ".txt", call(folder, "dry-run"))
    d = json.loads(call(folder, "dry-run", "--json"))
    schema("kinfold.dry-run-1", d)
    shown = {k: v for k, v in d.items() if k != "seconds"}
    golden(name + ".json", json.dumps(shown, indent=1, ensure_ascii=False) + "\n")
    golden(name + ".diff.txt", re.sub(r"'[^' ]*kinfold dry-run'", "'kinfold dry-run'", call(folder, "diff")))
    x = json.loads(call(folder, "diff", "--json"))
    schema("kinfold.diff-1", x)
    expect("%s: diff and dry-run name the same edits" % name, x["rules"], d["rules"])
    page = os.path.join(base, name + ".html")
    call(folder, "dry-run", "-q", "--html", page, "--out", os.path.join(base, name + ".plan"))
    html = open(page, encoding="utf-8").read()
    expect("%s: the page says the verdict" % name, d["verdict"].replace("'", "&#39;") in html or d["verdict"] in html, True)
    pages.append(page)
    plan(name, folder, d, os.path.join(base, name + ".plan"))
    lines(name, folder, d)
    # the other way round: what was before is after
    back = os.path.join(base, name + "_back")
    shutil.copytree(folder, back)
    shutil.rmtree(back + "/rules")
    shutil.copytree(ran + "/rules", back + "/rules")
    r = json.loads(call(back, "dry-run", "--json", "--since", os.path.join(folder, "rules")))
    if not d["identity"]["rules_differ"]:
        turned = figures_of(r)
        for k, rows in figures_of(d).items():
            for a, b in zip(rows, turned[k]):
                expect("%s: %s %s backwards" % (name, k, a.get("name")), (a["before"], a["after"], a.get("added"), a.get("removed"), a.get("higher")) if "before" in a else a.get("higher"),
                       (b["after"], b["before"], b.get("removed"), b.get("added"), b.get("lower")) if "before" in b else b.get("lower"))
    return d


def against_a_run(name, base, ran, d):
    """What a dry-run says of segments, suppressions and channels is what a run makes."""
    folder = os.path.join(base, name + "_run")
    shutil.copytree(os.path.join(base, name), folder)
    after = json.loads(call(folder, "run", "--json"))
    expect("%s: members as of a run" % name, {s["name"]: s["members"] for s in after["segments"]}, {s["name"]: s["after"] for s in d["segments"]})
    expect("%s: profiles as of a run" % name, after["profiles"], d["identity"]["after"]["profiles"])
    for s in d["audiences"]:
        e = json.loads(call(folder, "export", "--export", s["name"], "--dry-run", "--json", codes=(0, 1)))
        expect("%s: export %s" % (name, s["name"]), e["may_be_sent"], s["after"])


def git(base, ran):
    """Rules of a revision."""
    folder = os.path.join(base, "git")
    shutil.copytree(ran, folder)
    env = dict(os.environ, GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example.com", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@example.com")
    for words in (["init", "-q"], ["add", "rules"], ["commit", "-q", "-m", "rules"]):
        if subprocess.run(["git", *words], cwd=folder, env=env, capture_output=True).returncode:
            print("SKIP: git is not there")
            return
    path = os.path.join(folder, "rules", "segments.lua")
    open(path, "a").write("\n-- a word\n")
    expect("git: a comment", json.loads(call(folder, "diff", "HEAD", "--json"))["same_meaning"], True)
    text = open(path).read()
    open(path, "w").write(text.replace('at_least(money(300, "EUR"))', 'at_least(money(200, "EUR"))', 1))
    x = json.loads(call(folder, "diff", "HEAD", "--json"))
    expect("git: an edit", [(e["path"], e["before"], e["after"]) for e in x["rules"][0]["edits"]], [("who.all[1].at_least", "300.00 EUR", "200.00 EUR")])
    expect("git: exits", [subprocess.run([kinfold, "-C", folder, "diff", *w], capture_output=True).returncode for w in
                          (["HEAD"], ["HEAD", "--exit-code"], ["HEAD", "--detailed-exit"], ["HEAD", "HEAD", "--exit-code"], ["nowhere"], ["--upload-pack=x"])],
           [0, 1, 2, 0, 66, 64])
    d = json.loads(call(folder, "dry-run", "--since", "HEAD", "--json"))
    expect("git: dry-run since", (d["compared_with"].split(" (")[0], [s["name"] for s in d["segments"] if s["added"]]), ("git HEAD", ["vip_at_risk"]))


def limits(base):
    folder = os.path.join(base, "consent")
    wanted = {"--max-newly-without-consent": 1, "--max-newly-contactable": 1, "--max-newly-suppressed": 0, "--max-undecided": 1, "--max-newly-flagged": 0}
    for option, code in wanted.items():
        r = subprocess.run([kinfold, "-C", folder, "dry-run", "-q", option, "0"], capture_output=True, text=True)
        expect("limit %s" % option, (r.returncode, r.stderr.startswith("kinfold: Over the limit: " + option) if code else r.stderr), (code, True if code else ""))
    r = subprocess.run([kinfold, "-C", folder, "dry-run", "-q", "--max-audience-change", "10%"], capture_output=True, text=True)
    expect("limit of audiences", (r.returncode, "export" in r.stderr), (1, True))


def main():
    with tempfile.TemporaryDirectory(prefix="kf_dry_golden_") as base:
        ran, pages = os.path.join(base, "ran"), []
        shutil.copytree(os.path.join(ROOT, "examples", "retail"), ran)
        first = json.loads(call(ran, "dry-run", "--json"))
        schema("kinfold.dry-run-1", first)
        call(ran, "dry-run", "-q", "--html", os.path.join(base, "first.html"), "--out", os.path.join(base, "first.plan"))
        pages.append(os.path.join(base, "first.html"))
        p = json.load(open(os.path.join(base, "first.plan")))
        schema("kinfold.plan-1", p)
        call(ran, "run", "-q")
        golden("same.txt", call(ran, "dry-run"))
        r = json.loads(call(ran, "diff", "--json"))
        expect("no difference", (r["same_meaning"], r["rules"]), (True, []))
        for name in CASES:
            d = case(name, base, ran, pages)
            if not d["identity"]["rules_differ"]:
                expect("%s: the data of the first plan are the run's" % name, json.load(open(os.path.join(base, name + ".plan")))["data"], p["data"])
            against_a_run(name, base, ran, d)
        git(base, ran)
        limits(base)
        problems.extend(browser.faults(*pages))
    for x in problems:
        print("FAIL", x)
    print("%d problems" % len(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
