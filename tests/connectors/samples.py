#!/usr/bin/env python3
"""Every connector's sample as a workspace of its own:  samples.py KINFOLD PLUGINS

`plugins/NAME/sample.yaml` is read as kinfold.yaml. Of a source each record of the sample beside it becomes an event; a destination must be
accepted with its options."""
import csv
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

binary, plugins = os.path.abspath(sys.argv[1]), sys.argv[2]
failures = seen = 0


def check(what, found, wanted):
    global failures
    if found != wanted:
        failures += 1
        print("FAIL %s: found %r, wanted %r" % (what, found, wanted))


def records(path):
    with open(path, encoding="utf-8", newline="") as f:
        if path.endswith(".jsonl"):
            return sum(1 for line in f if line.strip())
        return sum(1 for row in csv.reader(f, delimiter=";" if ";" in f.readline() else ",") if row)


for folder in sorted(glob.glob(os.path.join(plugins, "*_*"))):
    name = os.path.basename(folder)
    if name == "_template":
        continue
    seen += 1
    sample = os.path.join(folder, "sample.yaml")
    check("%s has a sample" % name, os.path.exists(sample), True)
    if not os.path.exists(sample):
        continue
    with tempfile.TemporaryDirectory() as ws:
        shutil.copy(sample, os.path.join(ws, "kinfold.yaml"))
        os.mkdir(os.path.join(ws, "rules"))
        with open(os.path.join(ws, "rules", "identity.lua"), "w") as f:
            f.write("identifiers { user_id = { rank = 1, per_profile = 1 } }\n")
        for data in glob.glob(os.path.join(folder, "sample.*")):
            shutil.copy(data, ws)
        done = subprocess.run([binary, "-C", ws, "check", "--json"], capture_output=True, text=True)
        check("%s: check" % name, (done.returncode, done.stderr), (0, ""))
        if not name.startswith("source_"):
            continue
        done = subprocess.run([binary, "-C", ws, "run", "--json"], capture_output=True, text=True)
        check("%s: run" % name, done.returncode, 0)
        source = json.loads(done.stdout)["sources"][0] if done.returncode == 0 else {}
        data = [p for p in glob.glob(os.path.join(folder, "sample.*")) if not p.endswith(".yaml")]
        check("%s: one file of records" % name, len(data), 1)
        check("%s: events" % name, source.get("events"), records(data[0]))
        check("%s: quarantined" % name, source.get("quarantined"), 0)
print("%d samples, %d failures" % (seen, failures))
sys.exit(1 if failures or seen < 7 else 0)
