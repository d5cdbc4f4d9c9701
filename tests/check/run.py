#!/usr/bin/env python3
"""What `kinfold check` says:  run.py KINFOLD CASE

Every case works in a folder of its own; see the functions named case_*. KF_GOLDEN_WRITE=1 writes the expected outputs of `golden` and
`broken`; read the difference before committing it."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

from codes import BASE, CODES
from mistakes import MISTAKES, PLAN

KINFOLD = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMAS = os.path.join(HERE, "..", "schemas")
ENV = dict({k: v for k, v in os.environ.items() if k not in ("KF_THREADS",)}, NO_COLOR="1", LC_ALL="C.UTF-8")
problems = []


def expect(what, have, want):
    if have != want:
        problems.append("%s: expected %r, was %r" % (what, want, have))


def kinfold(cwd, *words):
    return subprocess.run([KINFOLD, *words], cwd=cwd, env=ENV, stdin=subprocess.DEVNULL, text=True, capture_output=True, timeout=120)


def validate(name, document):
    try:
        import jsonschema
    except ImportError:
        print("skipped: python3-jsonschema is not here")
        return
    with open(os.path.join(SCHEMAS, name)) as f:
        for e in jsonschema.Draft202012Validator(json.load(f)).iter_errors(document):
            problems.append("%s: %s at %s" % (name, e.message, list(e.absolute_path)))


def document(cwd, *words):
    done = kinfold(cwd, "check", "--json", *words)
    d = json.loads(done.stdout)
    validate("kinfold.check-1.json", d)
    return d


def write(folder, files):
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())


def rows_of_data():
    """30 people, 30 addresses, and 25 devices of which each is used by two people or more."""
    rows = ["at,user,email,device,revenue,currency"]
    for i in range(60):
        rows.append("2026-03-%02dT10:00:00Z,u%d,u%d@example.com,d%d,12.50,EUR" % (1 + i % 28, i % 30, i % 30, i % 25))
    return "\n".join(rows) + "\n"


FIELDS = ('sources:\n  - name: till\n    plugin: source_csv\n    path: data/till.csv\n    options:\n      type: track\n      event: "Order Completed"\n'
          '      fields:\n        at: { to: time }\n        user: { to: user_id, as: identifier }\n        email: { to: email, as: identifier }\n'
          '        device: { to: device, as: identifier }\n        revenue: { to: revenue, type: money }\n        currency: currency\n')
LINKS = ('link "basis" { title = "T", owner = "a@example.com", because = "B", when = event "Order Completed", '
         'connect = { "user_id", "%s" }, strength = "observed" }\n')


def workspace(folder, case):
    if isinstance(case, str):
        case = {"rules": case}
    yaml = BASE + case.get("yaml", "")
    files = dict(case.get("files", {}))
    if case.get("data"):
        yaml += FIELDS
        files["data/till.csv"] = rows_of_data()
    files["rules/rules.lua"] = case.get("raw") or case["rules"]
    files["kinfold.yaml"] = yaml
    write(folder, files)
    if case.get("data"):
        write(folder, {"rules/links.lua": LINKS % "device"})
        done = kinfold(folder, "run", "-q")
        expect("run of a case with data: %s" % done.stderr, done.returncode, 0)
        os.remove(os.path.join(folder, "rules/links.lua"))
    return folder


def codes_of(folder):
    return [d["code"] for d in document(folder)["diagnostics"]]


def case_codes(tmp):
    """Each code is raised by rules that deserve it, and not by rules beside them that do not."""
    known = [c["code"] for c in json.loads(kinfold(tmp, "check", "--explain", "all", "--json").stdout)["codes"]]
    expect("codes with a case", sorted(CODES), sorted(known))
    for code, (bad, good) in CODES.items():
        d = document(workspace(os.path.join(tmp, code, "bad"), bad))
        of_code = [x for x in d["diagnostics"] if x["code"] == code]
        if not of_code:
            problems.append("%s is not raised; but %r" % (code, [(x["code"], x["message"]) for x in d["diagnostics"]]))
            continue
        for x in of_code:
            expect("%s has a sentence and help" % code, bool(x["message"]) and bool(x["help"]), True)
            if code not in ("KF0004", "KF0901"):  # of a file as a whole; of a key that is not there
                expect("%s has a place" % code, x["line"] > 0 and x["column"] > 0, True)
                expect("%s has its line" % code, bool(x["source"]), True)
        have = codes_of(workspace(os.path.join(tmp, code, "good"), good))
        expect("%s beside" % code, [c for c in have if c == code or c < "KF0400"], [])


def case_explain(tmp):
    every = json.loads(kinfold(tmp, "check", "--explain", "all", "--json").stdout)
    validate("kinfold.codes-1.json", every)
    numbers = [c["code"] for c in every["codes"]]
    expect("no code twice, ascending", numbers, sorted(set(numbers)))
    for c in every["codes"]:
        page = kinfold(tmp, "check", "--explain", c["code"].lower())
        expect(c["code"], page.returncode, 0)
        flat = " ".join(page.stdout.split())
        for part in ("%s (%s): %s" % (c["code"], c["severity"], c["title"]), "Why " + c["cause"], "For example " + c["example"],
                     "What to do " + c["cure"]):
            if " ".join(part.split()) not in flat:
                problems.append("%s: %r is not on the page\n%s" % (c["code"], part, page.stdout))
        expect("%s: width" % c["code"], [l for l in page.stdout.splitlines() if len(l) > 100 and c["example"] not in l], [])
        expect("%s: how to allow" % c["code"], "-- allow " + c["code"] in page.stdout, c["severity"] != "error")
        validate("kinfold.code-1.json", json.loads(kinfold(tmp, "check", "--explain", c["code"], "--json").stdout))
        for part in ("cause", "cure"):
            expect("%s: %s is a sentence" % (c["code"], part), c[part][-1], ".")
    no = kinfold(tmp, "check", "--explain", "KF9999")
    expect("no such code", (no.returncode, no.stdout, "there is no code 'KF9999'" in no.stderr), (64, "", True))


def case_golden(tmp):
    for name in ("golden", "broken"):
        folder = os.path.join(tmp, name)
        shutil.copytree(os.path.join(HERE, name), folder)
        for form in ("text", "plain", "json", "sarif", "junit"):
            done = kinfold(folder, "check", "--format", form)
            got = "exit %d\n" % done.returncode
            for stream, text in (("stderr", done.stderr), ("stdout", done.stdout)):
                text = text.replace(KINFOLD, "kinfold").replace(os.path.realpath(tmp), "HOME").replace(tmp, "HOME")
                text = re.sub(r"looked for source_csvv\.so in .*", "looked for source_csvv.so in ...", text) if form in ("text", "plain") else \
                    re.sub(r"looked for source_csvv\.so in [^\"<&\n]*", "looked for source_csvv.so in ...", text)
                text = re.sub(r'"semanticVersion":"[^"]*"', '"semanticVersion":"V"', text)
                if form == "sarif" and stream == "stdout":
                    validate("sarif-2.1.0.json", json.loads(text))
                if form in ("json", "sarif") and stream == "stdout":
                    text = json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
                if text:
                    got += "-- %s\n%s" % (stream, text)
            path = os.path.join(HERE, "%s.%s" % (name, form))
            if os.environ.get("KF_GOLDEN_WRITE"):
                with open(path, "w") as f:
                    f.write(got)
            with open(path) as f:
                want = f.read()
            if got != want:
                problems.append("%s: expected\n%s\nwas\n%s" % (path, want, got))


def case_mistakes(tmp):
    """Mistakes of people, and what is said of each; advice that is wrong is worse than none."""
    said = ""
    for name, rules in MISTAKES:
        folder = workspace(os.path.join(tmp, name), {"rules": rules, "files": {"rules/plan.lua": PLAN}})
        done = kinfold(folder, "check")
        expect("%s: exit" % name, done.returncode, 78)
        said += "== %s\n%s\n" % (name, done.stderr.replace(KINFOLD, "kinfold"))
        for line in done.stderr.splitlines():
            expect("%s: width" % name, len(line) <= 150, True)
    path = os.path.join(HERE, "mistakes.text")
    if os.environ.get("KF_GOLDEN_WRITE"):
        with open(path, "w") as f:
            f.write(said)
    with open(path) as f:
        have, want = said.split("\n\n"), f.read().split("\n\n")
    expect("mistakes", len(have), len(want))
    for h, w in zip(have, want):
        expect((w.splitlines() or ["the end"])[0], h, w)
    expect("each has advice of its own", [b.splitlines()[0] for b in said.split("\n== ") if "help: " not in b], [])
    expect("a window is advised for windows alone", [b.splitlines()[0] for b in said.split("== ")[1:] if "within(days(7))" in b], ["days for a window"])


def case_keys(tmp):
    """KEYS.md has every key of kinfold.yaml, and its example is one."""
    config = os.path.join(HERE, "..", "..", "core", "config")
    keys = set()
    for name in sorted(os.listdir(config)):
        if name.endswith(".c"):
            with open(os.path.join(config, name)) as f:
                keys |= {k for table in re.findall(r"struct kf_schema_key \w+\[\] = \{(.*?)\};", f.read(), re.S)
                         for k in re.findall(r'\{"(\w+)",', table)}
    with open(os.path.join(config, "KEYS.md")) as f:
        page = f.read()
    expect("tables were found", len(keys) > 45 and {"zone", "warn_after", "max_merges", "ignore_case", "until"} <= keys, True)
    # `mask` and `carry` stand inside the example of what they belong to
    expect("keys without a word", sorted(k for k in keys if not re.search(r"`(\{ )?%s(: [^`]*)?`" % k, page)), [])
    yaml = re.search(r"^```yaml\n(.*?)^```", page, re.S | re.M)[1]
    write(tmp, {"kinfold.yaml": yaml, "rules/a.lua": "local n = 1\n"})
    expect("the example", [x["message"] for x in document(tmp)["diagnostics"]], [])


def case_formats(tmp):
    folder = os.path.join(tmp, "w")
    shutil.copytree(os.path.join(HERE, "golden"), folder)
    d = document(folder)
    found = [(x["file"], x["line"], x["column"], x["severity"], x["code"], x["message"]) for x in d["diagnostics"]]
    expect("found", len(found) > 10, True)
    expect("counts", (d["errors"], d["warnings"], d["notes"]), tuple(sum(x[3] == s for x in found) for s in ("error", "warning", "note")))
    plain = kinfold(folder, "check", "--format", "plain")
    lines = [re.fullmatch(r"(.*?):(\d+):(\d+): (error|warning|note): (KF\d{4}): (.*)", l) for l in plain.stdout.splitlines()]
    expect("plain: every line", None in lines, False)
    expect("plain", [(m[1], int(m[2]), int(m[3]), m[4], m[5], m[6]) for m in lines if m], found)
    expect("plain: nothing else", plain.stderr, "")
    sarif = json.loads(kinfold(folder, "check", "--format", "sarif").stdout)
    validate("sarif-2.1.0.json", sarif)
    run = sarif["runs"][0]
    rules = [r["id"] for r in run["tool"]["driver"]["rules"]]
    expect("sarif: rules are those met", sorted(rules), sorted(set(x[4] for x in found)))
    for r, x in zip(run["results"], found):
        place = r["locations"][0]["physicalLocation"]
        expect("sarif", (place["artifactLocation"]["uri"], place["region"]["startLine"], r["level"], r["ruleId"]), (x[0], x[1], x[3], x[4]))
        expect("sarif: index", rules[r["ruleIndex"]], r["ruleId"])
        with open(os.path.join(folder, x[0]), encoding="utf-8") as f:
            line = f.read().splitlines()[x[1] - 1]
        expect("sarif: column in characters", line[:place["region"]["startColumn"] - 1].encode(), line.encode()[:x[2] - 1])
        expect("sarif: snippet", place["region"]["snippet"]["text"], line)
    expect("sarif: results", len(run["results"]), len(found))
    for words, failing in (((), 0), (("--strict",), d["warnings"])):
        done = kinfold(folder, "check", "--format", "junit", *words)
        tree = xml.fromstring(done.stdout)
        expect("junit: exit", done.returncode, 1 if words else 0)
        expect("junit: failures", (int(tree.get("failures")), len(tree.findall(".//failure"))), (failing, failing))
        expect("junit: tests", int(tree.get("tests")), len(tree.findall(".//testcase")))
        expect("junit: suites", sorted(s.get("name") for s in tree), ["rules/segments.lua", "rules/sending.lua"])
        expect("junit: suites add up", sum(int(s.get("tests")) for s in tree), int(tree.get("tests")))
    text = kinfold(folder, "check")
    expect("text: each", len(re.findall(r"^\S+:\d+:\d+: (?:error|warning|note)\[KF\d{4}\]: ", text.stderr, re.M)), len(found))
    for block in re.split(r"^(?=\S+:\d+:\d+: )", text.stderr, flags=re.M)[1:]:
        head, line, caret = block.splitlines()[:3]
        column = int(head.split(":")[2])
        source = line.split(" | ", 1)[1]
        expect("text: the caret stands below", caret.split(" | ", 1)[1], " " * len(source.encode()[:column - 1].decode()) + "^")
        expect("text: help", block.splitlines()[3].startswith("help: "), True)
    where = kinfold(tmp, "-C", "w", "check", "--format", "plain")
    expect("plain from elsewhere", [l.split(":")[0] for l in where.stdout.splitlines()], ["w/" + x[0] for x in found])
    bad = kinfold(folder, "check", "--format", "html")
    expect("no such format", (bad.returncode, bad.stdout, "--format wants" in bad.stderr), (64, "", True))
    expect("same again", kinfold(folder, "check", "--json").stdout, kinfold(folder, "check", "--format", "json").stdout)


def case_exits(tmp):
    notes = 'trait "x" { title = "T", owner = "a@example.com", because = "B", from = "traits.x" }\n'
    warns = 'segment "s" { title = "T", owner = "a@example.com", because = "B", who = event "A":count():at_least(0) }\n'
    for name, rules, plain, strict in (("clean", "local n = 1\n", 0, 0), ("notes", notes, 0, 0), ("warnings", warns, 0, 1), ("errors", "x = 1\n", 78, 78),
                                       ("limit", "while true do end\n", 124, 124)):
        folder = workspace(os.path.join(tmp, name), rules)
        expect(name, kinfold(folder, "check").returncode, plain)
        expect(name + " --strict", kinfold(folder, "check", "--strict").returncode, strict)
    purposes = 'consent "marketing" { title = "T", owner = "a@example.com", because = "B", from = "gpc" }\n' + warns.replace(":count():at_least(0)", "")
    for purpose, severity in (("marketting", "warning"), ("shoes", "note")):  # a slip lets nobody pass
        d = document(workspace(os.path.join(tmp, purpose), purposes.replace('who =', 'requires_consent = "%s", who =' % purpose)))
        expect(purpose, [(x["code"], x["severity"]) for x in d["diagnostics"]], [("KF0109", severity)])
    folder = workspace(os.path.join(tmp, "no_rules"), "local n = 1\n")
    shutil.rmtree(os.path.join(folder, "rules"))
    done = kinfold(folder, "check", "--format", "plain")
    expect("no rules", (done.returncode, done.stdout.split(": ")[:3]), (66, ["kinfold.yaml:0:0", "error", "KF0004"]))
    done = kinfold(tmp, "check", "--format", "plain")
    expect("no workspace", (done.returncode, done.stdout.split(": ")[:3]), (66, ["kinfold.yaml:0:0", "error", "KF0901"]))
    allowed = workspace(os.path.join(tmp, "allowed"), warns.rstrip() + " -- allow KF0402\n")
    expect("allowed on the line", codes_of(allowed), [])
    allowed = workspace(os.path.join(tmp, "above"), "-- allow KF0402, KF0401: counted on purpose\n" + warns)
    expect("allowed above", codes_of(allowed), [])
    allowed = workspace(os.path.join(tmp, "other"), "-- allow KF0401\n" + warns)
    expect("another code is allowed", codes_of(allowed), ["KF0402"])


def case_data(tmp):
    """How often a name was seen, and what may be meant."""
    head = 'title = "T", owner = "a@example.com", because = "B",'
    rules = ('identifiers { user_id = { rank = 1, per_profile = 1 }, email = { rank = 2 }, device = { rank = 3 } }\n'
             'segment "s" { %s who = all { event "Order Complete", event "Order Completed":sum "revenu":at_least(3) } }\n'
             'segment "t" { %s who = event "Order Complete":within(days(3)) }\n' % (head, head))
    folder = workspace(os.path.join(tmp, "w"), {"rules": rules, "data": True})
    d = document(folder)
    expect("compared", (d["compared_with_data"], d["not_compared"]), (True, None))
    said = [(x["code"], x["message"], x["help"]) for x in d["diagnostics"]]
    expect("event", ("KF0601", "no event 'Order Complete' was ever read (and in 1 more place)", "did you mean 'Order Completed' (seen 60 times)?") in said, True)
    expect("property", ("KF0602", "no event that was read has 'revenu'", "did you mean 'revenue' (seen 60 times)?") in said, True)
    expect("text", "names compared with 60 events of the last run" in kinfold(folder, "check").stdout, True)
    os.remove(os.path.join(folder, "kinfold.db"))
    d = document(folder)
    expect("not compared", (d["compared_with_data"], [x["code"] for x in d["diagnostics"] if x["code"] >= "KF06"]), (False, []))
    expect("why not", "nothing is read before" in d["not_compared"], True)
    with open(os.path.join(folder, "kinfold.db"), "w") as f:
        f.write("no store")
    expect("a damaged store is said and no mistake of the rules", (document(folder)["ok"], document(folder)["compared_with_data"]), (True, False))


def case_clean(tmp):
    """The rules that we hand out raise nothing, before and after a run."""
    kinfold(tmp, "init", "shop")
    shop = os.path.join(tmp, "shop")
    expect("before a run", document(shop)["diagnostics"], [])
    expect("run", kinfold(shop, "run", "-q").returncode, 0)
    expect("after a run", document(shop)["diagnostics"], [])
    expect("strict", kinfold(shop, "check", "--strict").returncode, 0)


with tempfile.TemporaryDirectory(prefix="kf_check_") as home:
    globals()["case_" + sys.argv[2]](os.path.realpath(home))
print("\n".join(problems[:60]) or "as expected")
sys.exit(1 if problems else 0)
