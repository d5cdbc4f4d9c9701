#!/usr/bin/env python3
"""What core/store/README.md says of a store, held against one:  run.py KINFOLD README [EXTENSION.so]

The shop beside this file is run; then every view has the columns that the read-me lists, none is missing, and each question under
"Questions" gives the answer below it. Questions about `event` need the extension and SQLite's shell."""
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
binary, readme = os.path.abspath(sys.argv[1]), sys.argv[2]
extension = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 and shutil.which("sqlite3") else None
EMPTY = {"decisions", "erasures", "approvals"}  # what people decided: nobody has
failures = 0


def check(ok, what, *more):
    global failures
    failures += not ok
    print("%s %s" % ("ok  " if ok else "FAIL", what))
    for m in () if ok else more:
        print("     %s" % (m,))


def listed(text):
    """The views of the read-me's table, each with its columns."""
    views = {}
    for names, columns in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.*) \|$", text[text.index("## Views"):text.index("## Questions")], re.M):
        for name in re.findall(r"`(\w+)`", names):
            views[name] = re.findall(r"`(\w+)`", columns.split(";")[0].split(":")[0])
    return views


def columns_of(store, name):
    return [d[0] for d in store.execute('SELECT * FROM "%s" LIMIT 0' % name).description]


def views(store, text):
    want = listed(text)
    have = [n for (n,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'view'")]
    check(set(have) | {"event"} == set(want), "every view is listed", set(have) ^ set(want))
    for name in sorted(set(have) & set(want)):
        is_ = columns_of(store, name)
        check(is_[:len(want[name])] == want[name] if name == "profiles" else is_ == want[name], name + " has the columns", is_, want[name])
        check(bool(store.execute('SELECT count(*) FROM "%s"' % name).fetchone()[0]) != (name in EMPTY), name + " has rows")


def comments(store):
    """Every table says what a row is."""
    for name, sql in store.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1"):
        check(name == "purpose" or re.match(r"CREATE TABLE \w+\( -- \w", sql), "%s is explained" % name, sql)


def findings(store):
    """An amount that is no number is the record's fault, one without a rate for its day is not."""
    have = store.execute("SELECT finding, bad, \"of\", events FROM findings WHERE rule = 'order_value' ORDER BY 1").fetchall()
    want = [("type_mismatch", 1, 6, '["w-13"]'), ("undecided", 1, 6, '["w-08"]'), ("value_not_permitted", 0, 6, "[]")]
    check(have == want, "findings of order_value", have)


def answer(store, path, sql):
    if not re.search(r"\bFROM event\b", sql):
        return ["|".join("" if v is None else str(v) for v in row) for row in store.execute(sql)]
    if not extension:
        return None
    done = subprocess.run(["sqlite3", path, "-cmd", ".load " + extension, sql], capture_output=True, text=True)
    return (done.stdout + done.stderr).splitlines()


def main():
    with open(readme) as f:
        text = f.read()
    with tempfile.TemporaryDirectory() as tmp:
        ws = os.path.join(tmp, "shop")
        shutil.copytree(os.path.join(here, "shop"), ws)
        done = subprocess.run([binary, "run"], cwd=ws, capture_output=True, text=True)
        check(done.returncode == 0, "kinfold run", done.stdout + done.stderr)
        path = os.path.join(ws, "kinfold.db")
        store = sqlite3.connect(path)
        views(store, text)
        comments(store)
        findings(store)
        asked = re.findall(r"^```sql\n(.*?)^```\n\n```\n(.*?)^```$", text[text.index("## Questions"):], re.S | re.M)
        check(len(asked) >= 3, "the read-me asks questions")
        for sql, want in asked:
            have = answer(store, path, sql)
            check(have is None or have == want.splitlines(), "skipped (no extension): " + sql if have is None else sql.split("\n")[0], have)
        if extension:
            have = subprocess.run(["sqlite3", "-header", path, "-cmd", ".load " + extension, "SELECT * FROM event LIMIT 1"],
                                  capture_output=True, text=True)
            check(have.stdout.split("\n")[0].split("|") == listed(text)["event"], "event has the columns", have.stdout, have.stderr)
        store.close()
    sys.exit(1 if failures else 0)


main()
