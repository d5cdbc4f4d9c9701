#!/usr/bin/env python3
"""The scenarios as data, for other implementations (README.md).

    export.py FILE.lua...                  a JSON object a line for each scenario
    export.py --check ANSWERS FILE.lua...  compares answers, a JSON object a line in the same order, with what is expected

    export.py --kinfold BIN FILE.lua...    the same with the answers of Kinfold

Needs the Python package lupa (Lua 5.4); prints SKIP and ends well without it."""
import itertools, json, os, re, shlex, subprocess, sys

try:
    import lupa.lua54 as lupa
except ImportError:
    print("SKIP: the Python package lupa is not installed")
    sys.exit(0)

TYPES = {"identify", "page", "screen", "track", "group", "alias", "consent"}
PRELUDE = """
local add = ...
for _, kind in ipairs { "identifiers", "ignore_values", "limits" } do
  _G[kind] = function(body) add(kind, "", body) end
end
for _, kind in ipairs { "link", "never_link", "transfer", "scenario" } do
  _G[kind] = function(name) return function(body) add(kind, name, body) end end
end
event = function(name) return { event = name } end
any_event = function() return { event = "*" } end
for unit, seconds in pairs { seconds = 1, minutes = 60, hours = 3600, days = 86400 } do
  _G[unit] = function(n) return n * seconds end
end
"""


def plain(v):
    if lupa.lua_type(v) != "table":
        return v
    keys = list(v.keys())
    if keys and sorted(map(str, keys)) == sorted(str(i + 1) for i in range(len(keys))):
        return [plain(v[i + 1]) for i in range(len(keys))]
    return {str(k): plain(v[k]) for k in keys}


def load(path):
    rules, scenarios = {"identifiers": {}, "ignore_values": {}, "limits": {}, "link": [], "never_link": [], "transfer": []}, []

    def add(kind, name, body):
        body = plain(body)
        if kind == "scenario":
            scenarios.append(dict(body, name=name))
        elif isinstance(rules[kind], list):
            rules[kind].append(dict(body, name=name))
        else:
            rules[kind].update(body)
    lua = lupa.LuaRuntime()
    lua.execute(PRELUDE, add)
    with open(path, encoding="utf-8") as f:
        lua.execute(f.read())
    return rules, scenarios


def events_of(text, namespaces):
    out, day = [], "2026-01-01"
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if re.fullmatch(r"\d{4}-\d\d-\d\d", words[0]):
            day = words.pop(0)
        clock, name = words[0], words[1]
        e = {"n": len(out) + 1, "time": f"{day}T{clock if len(clock) == 8 else clock + ':00'}Z",
             "type": name if name in TYPES else "track", "name": name, "identifiers": [], "consent": {}, "properties": {}}
        for key, value in (w.split("=", 1) for w in words[2:]):
            if key in namespaces:
                e["identifiers"].append([key, value])
            elif key.startswith("consent."):
                if e["consent"].get(key[8:], "granted") == "granted":
                    e["consent"][key[8:]] = value
            else:
                e["properties"][key] = value
        out.append(e)
    return out


def exported(path):
    rules, scenarios = load(path)
    for sc in scenarios:
        events = events_of(sc["given"], rules["identifiers"])
        yield {"file": os.path.basename(path), "scenario": sc["name"], "rules": rules, "events": events,
               "decisions": sc.get("decisions", []), "as_of": sc.get("as_of") or max([e["time"] for e in events], default=None),
               "expect": sc.get("expect", {})}


# ---- comparing answers ----

def normal(rules, text):
    ns, v = text.split("=", 1)
    kind = rules["identifiers"][ns].get("normalise")
    if kind == "phone":
        return ns + "=" + re.sub(r"[^0-9+]", "", v)
    return ns + "=" + (v.strip().lower() if kind in ("email", "lower") else v.strip())


def pairs(groups):
    return [p for g in groups for p in itertools.combinations(g, 2)]


def numbered(m):
    return m.items() if isinstance(m, dict) else ((i + 1, v) for i, v in enumerate(m))


def failures(sc, got):
    """What a line of answers can show: partitions, events, refusals, shared and contradictory ones. `owner` names spans by their
    identifiers at an earlier time and is shown only where the identifier is still the profile's."""
    want, norm = sc["expect"], lambda s: normal(sc["rules"], s)
    home = {i: k for k, g in enumerate(got["profiles"]) for i in g}
    if "profiles" in want and want["profiles"] != got["count"]:
        yield f"profiles: expected {want['profiles']}, was {got['count']}"
    if "exactly" in want:
        groups = sorted(sorted(norm(i) for i in g) for g in want["exactly"])
        if groups != sorted(sorted(g) for g in got["profiles"]):
            yield f"exactly: expected {groups}, was {got['profiles']}"
    for word, same in (("together", True), ("apart", False)):
        for a, b in pairs(want.get(word, [])):
            x, y = home.get(norm(a)), home.get(norm(b))
            if (x is not None and x == y) != same:
                yield f"{word}: {a} and {b}"
    for word, same in (("same_owner", True), ("other_owner", False)):
        for a, b in pairs(want.get(word, [])):
            x, y = got["events"].get(str(a)), got["events"].get(str(b))
            if None in (x, y) or (x == y) != same:
                yield f"{word}: {a} and {b}"
    for n, _ in numbered(want.get("owner", {})):
        if str(n) not in got["events"]:
            yield f"owner: event {n} is in no profile"
    refused = {(frozenset((a, b)), why) for a, b, why in got["refused"]}
    for row in want.get("refused", []):
        a, b, why = (row["1"], row["2"], row.get("because")) if isinstance(row, dict) else (*row, None)
        if not any(ends == {norm(a), norm(b)} and why in (None, w) for ends, w in refused):
            yield f"refused: {a} and {b} ({why})"
    for s in want.get("shared", []):
        if norm(s) not in got["shared"]:
            yield f"shared: {s}"
    if "contradictory" in want and sorted(want["contradictory"] or []) != got["contradictory"]:
        yield f"contradictory: expected {want['contradictory']}, was {got['contradictory']}"


def main(argv):
    answers = None
    if argv and argv[0] == "--check":
        with open(argv[1], encoding="utf-8") as f:
            answers, argv = [json.loads(line) for line in f], argv[2:]
    binary = argv[1] if argv and argv[0] == "--kinfold" else None
    argv = argv[2:] if binary else argv
    paths = argv if len(argv) == 1 else [p for p in argv if not os.path.basename(p).startswith("kinfold_")]
    found = [sc for p in paths for sc in exported(p)]
    if binary:
        done = subprocess.run([binary, "test", "--resolve", "--json", *paths], capture_output=True, text=True, check=True)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
    if answers is None:
        for sc in found:
            print(json.dumps(sc, ensure_ascii=False))
        return 0
    bad = [] if len(answers) == len(found) else [f"{len(answers)} answers to {len(found)} scenarios"]
    for sc, got in zip(found, answers):
        bad += [f"{sc['file']}: {sc['scenario']}: {x}" for x in failures(sc, got)]
    print("\n".join(bad + [f"{len(found)} scenarios, {len(bad)} problems"]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
