#!/usr/bin/env python3
"""One golden case: run.py KINFOLD CASE [--sanitized]

A case is a folder:
  kinfold.yaml, rules/, data/   a workspace (rules/ and data/ only where they matter)
  prepare.py                    makes input that is too large or too broken to be kept; runs in the copied workspace
  stdin.py                      writes standard input; its writes end when Kinfold has enough
  limits                        "seconds N" and "mb N": what the run may take at most
  expected                      exit code, what a person sees, and the quarantine, row by row
KF_GOLDEN_WRITE=1 writes `expected` instead; read the diff before committing it.
"""
import os, re, resource, shutil, sqlite3, subprocess, sys, tempfile, threading, time

RULES = "identifiers { user_id = { rank = 1 }, anonymous_id = { rank = 2 } }\n"


def feed(script, pipe):
    """The generator's own process would count as memory of a child: it runs here."""
    try:
        exec(compile(open(script).read(), script, "exec"), {"out": pipe})
        pipe.close()
    except BrokenPipeError:
        pass


def quarantine(store):
    if not os.path.exists(store):
        return []
    db = sqlite3.connect(store)
    db.text_factory = lambda b: b.decode("utf-8", "backslashreplace")
    rows = db.execute("SELECT * FROM quarantine ORDER BY id")
    names = [c[0] for c in rows.description]
    out = []
    for row in rows:
        r = dict(zip(names, row))
        raw = r["raw"] if isinstance(r["raw"], str) else (r["raw"] or b"").decode("utf-8", "backslashreplace")
        raw = raw.encode("unicode_escape").decode()
        out.append("%s:%s %s: %s | %s" % (r["file"], r["record"], r["reason"], r["detail"],
                                          raw if len(raw) <= 80 else raw[:80] + "…"))
    return out


def steady(text, work):
    """Without what differs from run to run."""
    text = text.replace(work + "/", "").replace(work, ".")
    text = re.sub(r"\d+\.\d+ s\b", "N s", text)
    text = re.sub(r"\(\d+\.\d+ MB\)", "(N MB)", text)
    return text.split("\nTry next")[0].rstrip() + "\n"


def run(kinfold, case, sanitized):
    work = os.path.realpath(tempfile.mkdtemp(prefix="kf_golden_"))
    try:
        shutil.copytree(case, work, dirs_exist_ok=True)
        if not os.path.isdir(work + "/rules"):
            os.mkdir(work + "/rules")
            open(work + "/rules/identity.lua", "w").write(RULES)
        if os.path.exists(work + "/prepare.py"):
            subprocess.run([sys.executable, "prepare.py"], cwd=work, check=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        started = time.monotonic()
        with open(work + "/.out", "wb") as out, open(work + "/.err", "wb") as err:
            stdin = os.path.exists(work + "/stdin.py")
            p = subprocess.Popen([kinfold, "run"], cwd=work, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                                 stdout=out, stderr=err, env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120"})
            if stdin:
                threading.Thread(target=feed, args=(work + "/stdin.py", p.stdin), daemon=True).start()
            code = p.wait()
        took = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        got = "exit %d\n" % code
        for name in (".err", ".out"):
            text = steady(open(work + "/" + name, errors="backslashreplace").read(), work)
            if text.strip():
                got += {".err": "-- messages\n", ".out": "-- result\n"}[name] + text
        rows = quarantine(work + "/kinfold.db")
        if rows:
            got += "-- quarantine\n" + "\n".join(rows[:60]) + "\n"
            if len(rows) > 60:
                got += "and %d more\n" % (len(rows) - 60)
        return got, took, max(after, before) / 1024
    finally:
        shutil.rmtree(work, ignore_errors=True)


def main():
    kinfold, case = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
    sanitized = "--sanitized" in sys.argv
    got, took, mb = run(kinfold, case, sanitized)
    path = case + "/expected"
    if os.environ.get("KF_GOLDEN_WRITE"):
        open(path, "w").write(got)
    want = open(path).read() if os.path.exists(path) else "(no expectation)\n"
    bad = []
    if got != want:
        bad.append("expected\n%s\ngot\n%s" % (want, got))
    if os.path.exists(case + "/limits") and not sanitized:
        for line in open(case + "/limits"):
            what, most = line.split()
            have = took if what == "seconds" else mb
            print("%s: %.1f of at most %s" % (what, have, most))
            if have > float(most):
                bad.append("%s: %.1f, at most %s" % (what, have, most))
    print("\n".join(bad) or "as expected")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
