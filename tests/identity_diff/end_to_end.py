#!/usr/bin/env python3
"""Compares `kinfold test --resolve --json` with the reference model on whole rule files: what the program reads, normalises,
links and resolves against what the model does.

    end_to_end.py --kinfold BIN [--shared DIR] [--cases N] [--seed S] [--keep DIR] [FILE...]

Without FILE: the shared scenarios, Kinfold's own (tests/conformance), every case that ever differed (regressions/), and N random
ones of three kinds. KF_RANDOM_CASES overrides N. The seed is fresh unless given, and printed. Every tenth random case is also
given in all ways that must not matter (`kinfold test`). Prints SKIP and ends well where lupa or ../shared/identity are not there.
"""
import argparse, glob, json, os, random, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENTED = '{\n  title = "t", owner = "o@example.com", because = "b",\n  when ='


def whole(text):
    """The model asks no title, owner and because of a rule; Kinfold does."""
    return text if "title = " in text else text.replace("{\n  when =", DOCUMENTED)


def junk(oracle, rules, text):
    """Does the name in a decision stand for a value that the rules drop?"""
    ns, v = text.split("=", 1)
    conf = rules.ns[ns]
    v = oracle.normalise(conf.get("normalise"), v)
    return (v is None or any(oracle.glob(p.lower(), v.lower()) for p in rules.ignore.get(ns, []))
            or bool(conf.get("matches") and not oracle.glob(conf["matches"], v)))


def without_junk(oracle, rules, decisions):
    """Kinfold departs from the model here (README): a value that is dropped before anything else is no identifier, so a decision
    about it is about nobody, and a transfer to it is a transfer to nobody. The model would let it name and order what is real."""
    out = []
    for d in decisions:
        verb, *ids = oracle.positional(d)
        if any(junk(oracle, rules, i) for i in ids):
            continue
        if isinstance(d, dict) and d.get("to") and junk(oracle, rules, d["to"]):
            d = {k: v for k, v in d.items() if k != "to"}
        out.append(d)
    return out


def model(oracle, path):
    """What the model says about each scenario; None: it cannot compute it."""
    rules, out = oracle.Rules(path), []
    for sc in rules.scenarios:
        try:
            kept = without_junk(oracle, rules, sc.get("decisions", []))
            res = oracle.check(rules, dict(sc, expect={}, decisions=kept))[0]
            out.append(json.loads(json.dumps(oracle.summary(res, sc["name"]))))
        except OverflowError:  # a length of history before minus infinity
            out.append(None)
    return out


def kinfold(binary, paths, *words):
    done = subprocess.run([binary, "test", *words, *paths], capture_output=True, text=True)
    return done, done.stdout.splitlines()


def differences(oracle, binary, paths):
    """(scenarios compared, passed over, [(path, scenario, what differs)])"""
    done, lines = kinfold(binary, paths, "--resolve", "--json")
    n = skipped = at = 0
    bad = []
    for path in paths:
        for want in model(oracle, path):
            got = json.loads(lines[at]) if at < len(lines) else None
            at += 1
            if want is None:
                skipped += 1
                continue
            n += 1
            if got != want:
                diff = {k: (want[k], got.get(k)) for k in want if want[k] != got.get(k)} if got else done.stderr
                bad.append((path, want["scenario"], diff))
    if at != len(lines) or done.returncode != 0:
        bad.append((paths[0], "all", f"{len(lines)} answers to {at} scenarios, exit {done.returncode}: {done.stderr[:500]}"))
    return n, skipped, bad


def files_of(folder, shared):
    own = os.path.join(HERE, "..", "conformance")
    found = sorted(glob.glob(os.path.join(shared, "scenarios", "*.lua"))) + sorted(glob.glob(os.path.join(folder, "*.lua")))
    return found + [p for p in sorted(glob.glob(os.path.join(own, "*.lua"))) if not os.path.basename(p).startswith("kinfold_")]


def random_files(folder, seed, n, kinds):
    for k in range(n):
        name, make = kinds[k % len(kinds)]
        path = os.path.join(folder, f"{name}_{seed}_{k:06d}.lua")
        with open(path, "w") as f:
            f.write(whole(make(random.Random(seed * 1_000_003 + k))))
        yield path


def keep(folder, paths):
    os.makedirs(folder, exist_ok=True)
    for p in paths:
        if os.path.exists(p):
            with open(p) as src, open(os.path.join(folder, os.path.basename(p)), "w") as out:
                out.write(src.read())


def run_random(a, oracle, kinds, bad):
    total = skipped = varied = 0
    with tempfile.TemporaryDirectory() as tmp:
        batch = []
        for path in random_files(tmp, a.seed, a.cases, kinds):
            batch.append(path)
            if len(batch) < 200 and not path.endswith(f"{a.cases - 1:06d}.lua"):
                continue
            n, s, b = differences(oracle, a.kinfold, batch)
            some = batch[::10]
            done, lines = kinfold(a.kinfold, some, "--json")
            b += [(p, r["scenario"], r["problem"]) for r in json.loads(done.stdout or '{"results":[]}')["results"]
                  if not r["passed"] for p in some if r["where"].startswith(p)]
            if done.returncode and not b:
                b.append((some[0], "variations", done.stderr[:500]))
            total, skipped, varied, bad = total + n, skipped + s, varied + len(some), bad + b
            if b and a.keep:
                keep(a.keep, {p for p, _, _ in b})
            for p in batch:
                os.unlink(p)
            batch = []
    return total, skipped, varied, bad


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--kinfold", required=True)
    ap.add_argument("--shared", default=os.environ.get("KF_SHARED") or os.path.join(HERE, "..", "..", "..", "shared"))
    ap.add_argument("--cases", type=int, default=300)
    ap.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    ap.add_argument("--keep")
    ap.add_argument("files", nargs="*")
    a = ap.parse_args()
    a.cases = int(os.environ.get("KF_RANDOM_CASES") or a.cases)
    folder = os.path.join(a.shared, "identity")
    if not os.path.exists(os.path.join(folder, "oracle.py")):
        print(f"SKIP: no oracle.py in {folder}")
        return 0
    try:
        import lupa.lua54  # noqa: F401
    except ImportError:
        print("SKIP: the Python package lupa is not installed")
        return 0
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    import oracle, random_scenarios
    import nasty_scenarios, spelled_scenarios
    kinds = [("random", random_scenarios.one), ("nasty", nasty_scenarios.one), ("spelled", spelled_scenarios.one)]
    start = time.time()
    fixed, passed_over, bad = 0, 0, []
    for path in a.files or files_of(os.path.join(HERE, "regressions"), folder):
        n, s, b = differences(oracle, a.kinfold, [path])
        fixed, passed_over, bad = fixed + n, passed_over + s, bad + b
    total = skipped = varied = 0
    if not a.files:
        total, skipped, varied, bad = run_random(a, oracle, kinds, bad)
    for path, name, diff in bad[:20]:
        print(f"{path}: {name}:")
        for w, x in diff.items() if isinstance(diff, dict) else [("", diff)]:
            print(f"  {w}:\n    model   {x[0]}\n    kinfold {x[1]}" if isinstance(diff, dict) else f"  {x}")
    print(f"seed {a.seed}: {fixed} written and {total} random scenarios compared, {varied} also in other orders and out of stores, "
          f"{passed_over + skipped} the model cannot compute, {len(bad)} differ, {time.time() - start:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
