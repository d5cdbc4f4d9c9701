#!/usr/bin/env python3
"""What `kinfold test` says, byte by byte, in its four forms:  golden.py KINFOLD

KF_GOLDEN_WRITE=1 writes golden/report.*; read the difference before committing it."""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

KINFOLD = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMAS = os.path.join(HERE, "../../schemas")
FORMS = (("txt", ["--coverage"]), ("json", ["--json", "--coverage", "--min", "90%"]), ("xml", ["--format", "junit"]), ("tap", ["--format", "tap"]),
         ("list.txt", ["--list"]), ("list.json", ["--list", "--json"]))
problems = []


def expect(what, have, want):
    if have != want:
        problems.append(f"{what}: expected {want!r}, was {have!r}")


def read(*path):
    with open(os.path.join(HERE, *path), encoding="utf-8") as f:
        return f.read()


def kinfold(folder, *words):
    return subprocess.run([KINFOLD, "test", "report_test.lua", *words], cwd=folder, capture_output=True, timeout=300,
                          env=dict(os.environ, NO_COLOR="1"))


def held_against_schema(name, document):
    try:
        import jsonschema
    except ImportError:
        print("skipped: python3-jsonschema is not here")
        return
    for e in jsonschema.Draft202012Validator(json.loads(read(SCHEMAS, name))).iter_errors(document):
        problems.append(f"{name}: {list(e.absolute_path)}: {e.message[:200]}")


def junit(text):
    root = ET.fromstring(text)
    suite = root.find("testsuite")
    expect("junit counts", [suite.get(k) for k in ("tests", "failures", "errors", "skipped")], ["9", "3", "1", "2"])
    cases = list(suite)
    expect("junit cases", len(cases), 9)
    expect("junit failures", [c.get("name") for c in cases if c.find("failure") is not None],
           ["who buys twice is a buyer", "values: do not hold", "people"])
    expect("junit errors", [c.get("name") for c in cases if c.find("error") is not None], ["no clock"])
    expect("junit skipped", [c.find("skipped").get("message") for c in cases if c.find("skipped") is not None],
           ["todo: the shop has no guests yet", "not evaluated yet: credit"])


def tap(text):
    lines = text.splitlines()
    expect("tap", lines[:2], ["TAP version 14", "1..9"])
    marks = [l for l in lines if l.startswith(("ok ", "not ok "))]
    expect("tap numbers", [l.split(" - ")[0].split()[-1] for l in marks], [str(i + 1) for i in range(9)])
    expect("tap todo", [l.split(" # TODO ")[1] for l in marks if " # TODO " in l],
           ["the shop has no guests yet", "wait for <device_id>", "not evaluated yet: credit"])
    expect("tap failures", sum(l.startswith("not ok") and "# TODO" not in l for l in marks), 4)
    expect("tap hides a # of a name", sum("credit \\# is for later" in l for l in marks), 1)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        with open(os.path.join(tmp, "report_test.lua"), "w", encoding="utf-8") as f:
            f.write(read("shop.lua") + "\n" + read("golden", "report_test.lua"))
        said = {}
        for form, words in FORMS:
            done = kinfold(tmp, *words)
            said[form] = done.stdout.decode()
            expect(f"{form}: status", done.returncode, 0 if "list" in form else 1)
            expect(f"{form}: the same on one thread and on four",
                   [kinfold(tmp, *words, "-j", n).stdout == done.stdout for n in ("1", "4")], [True, True])
            path = os.path.join(HERE, "golden", "report." + form)
            if os.environ.get("KF_GOLDEN_WRITE"):
                with open(path, "w", encoding="utf-8") as f:
                    f.write(said[form])
            expect(f"golden/report.{form}", said[form] == (read(path) if os.path.exists(path) else None), True)
        document = json.loads(said["json"])
        held_against_schema("kinfold.test-1.json", document)
        held_against_schema("kinfold.test_list-1.json", json.loads(said["list.json"]))
        expect("figures", [document[k] for k in ("passed", "failed", "todo", "could_not_run", "not_evaluated_yet", "unexpected_passes")],
               [3, 4, 2, 1, 1, 1])
        expect("the text says the same", said["txt"].splitlines()[-1],
               "3 passed, 4 failed, 1 todo, 1 not evaluated yet, 1 marked as todo and holding")
        expect("no line beyond 100 columns", [l for l in said["txt"].splitlines() if len(l) > 100 and "http" not in l], [])
        junit(said["xml"])
        tap(said["tap"])
    for p in problems:
        print(p)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
