#!/usr/bin/env python3
"""Runs Kinfold and the DuckDB baseline in turn and compares; called by tests/bench/run."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

binary, workspace, data, n, profile, runs, kit, work, python, out = sys.argv[1:]
n, runs = int(n), int(runs)


def measured(command, **kw):
    """Seconds, CPU seconds, peak RSS in MB of a whole process."""
    started = time.perf_counter()
    p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)
    text, errors = p.stdout.read(), p.stderr.read()
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        sys.exit("%s: exit %d\n%s%s" % (" ".join(command), p.returncode, text.decode()[-2000:], errors.decode()[-2000:]))
    return {"wall": time.perf_counter() - started, "cpu": usage.ru_utime + usage.ru_stime, "rss": usage.ru_maxrss / 1024}


def kinfold():
    ws = os.path.join(work, "ws")
    shutil.rmtree(ws, ignore_errors=True)
    shutil.copytree(workspace, ws)
    os.symlink(data, os.path.join(ws, "events.jsonl"))
    r = measured([binary, "run", "--quiet"], cwd=ws)
    r["stored"] = os.path.getsize(os.path.join(ws, "kinfold.db")) / 1e6
    return r


def duckdb():
    db = os.path.join(work, "duck.db")
    for f in (db, db + ".wal"):
        if os.path.exists(f):
            os.unlink(f)
    r = measured([python, os.path.join(kit, "duckdb_baseline.py"), data, "--db", db])
    r["stored"] = os.path.getsize(db) / 1e6
    return r


def checksum(directory):
    text = subprocess.run([sys.executable, os.path.join(kit, "check.py"), directory], check=True, capture_output=True, text=True).stdout
    return json.loads(text)


engines = {"kinfold": kinfold}
if python:
    engines["duckdb --db"] = duckdb
result = {name: [] for name in engines}
for i in range(runs):
    for name, run in engines.items():
        result[name].append(run())

dump = os.path.join(work, "dump")
shutil.rmtree(dump, ignore_errors=True)
subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "dump.py"), os.path.join(work, "ws", "kinfold.db"), dump], check=True)
mine = checksum(dump)
same = None
if python:
    other = os.path.join(work, "dump-duckdb")
    shutil.rmtree(other, ignore_errors=True)
    os.makedirs(other)
    subprocess.run([python, os.path.join(kit, "duckdb_baseline.py"), data, "--dump", other], check=True, stdout=subprocess.DEVNULL)
    theirs = checksum(other)
    same = mine == theirs

median = {name: {k: statistics.median(r[k] for r in rows) for k in rows[0]} for name, rows in result.items()}
print("%s, %d events, median of %d runs, whole processes, results stored" % (profile, n, runs))
print("%-12s %9s %11s %9s %9s %10s" % ("engine", "wall s", "events/s", "cpu s", "RSS MB", "stored MB"))
for name, m in median.items():
    print("%-12s %9.2f %11.0f %9.2f %9.0f %10.0f" % (name, m["wall"], n / m["wall"], m["cpu"], m["rss"], m["stored"]))
ratio = None
if python:
    ratio = statistics.median(d["wall"] / k["wall"] for k, d in zip(result["kinfold"], result["duckdb --db"]))
    print("ratio        %9.2f times the speed of duckdb --db, %.2f of its memory" % (
        ratio, median["kinfold"]["rss"] / median["duckdb --db"]["rss"]))
    print("checksums    %s" % ("equal" if same else "DIFFER: " + ", ".join(
        t for t in mine if mine[t] != theirs.get(t))))
document = {"schema": "kinfold.bench/1", "profile": profile, "events": n, "runs": result, "median": median, "ratio": ratio,
            "checksums": mine, "equal": same}
if out:
    with open(out, "w") as f:
        json.dump(document, f, indent=1)
else:
    print(json.dumps(document))
sys.exit(0 if same in (True, None) else 1)
