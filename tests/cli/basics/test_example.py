#!/usr/bin/env python3
"""The screen that examples/run ends with.  test_example.py KINFOLD SOURCE"""
import os
import re
import sqlite3
import subprocess
import sys

from basics import ENV, HOME, KINFOLD, done, expect, expect_in, number, problems

source = os.path.abspath(sys.argv[2])
here = os.path.join(HOME, "somewhere")
os.mkdir(here)


def example(folder):
    return subprocess.run([os.path.join(source, "examples", "run"), folder], cwd=here, env=dict(ENV, KINFOLD=KINFOLD), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)


r = example("copy")
text = r.stdout
expect("examples/run", r.returncode, 0)
store = sqlite3.connect(os.path.join(here, "copy", "kinfold.db"))


def stored(sql):
    return [tuple(row) for row in store.execute(sql)]


# What is on the screen is what is in the store.
expect("events", number(text, r"^([\d,]+) events from \d+ sources in [\d.]+ s$"), stored("SELECT sum(events) FROM sources")[0][0])
expect("profiles", number(text, r"^([\d,]+) profiles from [\d,]+ identifiers$"), stored("SELECT count(*) FROM profiles")[0][0])
expect("quarantined", number(text, r"^Quarantined ([\d,]+) records"), stored("SELECT sum(rejected) FROM sources")[0][0])
sources = {m[0]: int(m[1].replace(",", "")) for m in re.findall(r"^  (\w+) +[\d,]+ +([\d,]+) +\d+ +\d+", text.split("\n\n")[0], re.M)}
expect("sources", sources, dict(stored("SELECT name, events FROM sources")))
head, table = re.search(r"^(  segment +members.*)\n((?:  .*\n)+)", text, re.M).groups()
members = {m[0]: int(m[1]) for m in re.findall(r"^  (\w+) +(\d+) +\d+ +\d+ +\d+", table, re.M)}
expect("segments", {k: v for k, v in members.items() if v}, dict(stored("SELECT segment, count(*) FROM members GROUP BY 1")))
expect("who is suppressed in vip_at_risk", re.search(r"^  vip_at_risk .*  (\w+ \d+)$", table, re.M).group(1), "do_not_call 1")
joined = re.search(r"^  joined   ((?:.*,\n)*.*)\n", text, re.M).group(1)
joined = {m[0]: int(m[1]) for m in re.findall(r"(\w+) (\d+)", joined)}
expect("joined by a rule that the data hold one case of", joined.get("account_handed_over"), 1)
expect("joined by the rules of the example", sorted(joined), sorted(n for n, in stored("SELECT name FROM rules") if n in joined))
expect("joined", sum(joined.values()) > 2000, True)
refused = {m[0]: int(m[1]) for m in re.findall(r"^  (?:refused|       )  (\w+) +(\d+)  \w", text, re.M)}
expect("refused", refused, dict(stored("SELECT reason, count(*) FROM refused GROUP BY 1")))
expect_in("fraud flags", "  fraud ", text)
expect("columns", [l for l in text.splitlines() if len(l) > 100 and not l.startswith(("Stored", "    "))], [])

# The commands at its end work as printed, from where it was started.
after = [l.strip() for l in text.split("Try next\n")[1].splitlines() if l.startswith("    ")]
expect("commands to go on with", len(after), 3)
for line in after:
    ran = subprocess.run(["bash", "-c", line], cwd=here, env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    expect(line, (ran.returncode, ran.stderr), (0, ""))

# A second time starts afresh; a folder of somebody's own is left alone.
os.remove(os.path.join(here, "copy", "kinfold.yaml"))
expect("again", example("copy").returncode, 0)
os.mkdir(os.path.join(here, "mine"))
r = example("mine")
expect("a folder that is not its own", (r.returncode, os.listdir(os.path.join(here, "mine"))), (73, []))
done()
