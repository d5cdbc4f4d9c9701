"""Random rule files about values: how they are spelled, normalised, matched, ignored and quoted.

random_scenarios.py and nasty_scenarios.py have values that are normalised already; here one value is written in many ways, and
some are nobody's.
"""

EMAILS = ["a@x.test", "A@X.test", " a@x.test", "b@x.test", "B@x.TEST", "a@@x.test", "@x.test", "a@", "no mail", "test@x.test",
          "\u00c4nn@x.test", "\u00e4nn@x.test", "a.b+c@x.test", "\u0430@x.test"]
PHONES = ["+15550100", "+1 (555) 0100", "1-555-0100", "+1 555", "none", "0049 30 1234567", "+49301234567", "1234567890123456"]
LOWERS = ["Kim", "kim", " KIM ", "\u0130x", "stra\u00dfe", "STRASSE", "null", "NULL", "lee"]
PLAINS = ["u1", "U1", " u1", "u2 ", "u2", "u3", "null", "nil-7", "x*y", "x?y", "#4", "'q'", "a=b", "caf\u00e9", ""]
DEVICES = ["D-1", "d-1", "D-22", "D-2", "E-1", "D-\u20ac", "0000"]

POOLS = {"email": EMAILS, "phone": PHONES, "login": LOWERS, "user_id": PLAINS, "device_id": DEVICES}
NORMALISE = {"email": "email", "phone": "phone", "login": "lower"}
IGNORES = {"email": ["test@*", "*@Y.test"], "phone": ["+1555*"], "login": ["NULL", "l?e"], "user_id": ["null", "NIL*", "x?y", ""],
           "device_id": ["0*", "D-2?"]}
POLICIES = ["last_login", "first_login", "ambiguous", "split_by_login"]


def quoted(v):
    return '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"'


def namespace(rng, ns, rank):
    opts = [f"rank = {rank}", f'when_shared = "{rng.choice(POLICIES)}"']
    if rng.random() < 0.6:
        opts.append(f"per_profile = {rng.choice([1, 1, 2])}")
    if ns in NORMALISE and rng.random() < 0.85:
        opts.append(f'normalise = "{NORMALISE[ns]}"')
    elif ns not in NORMALISE and rng.random() < 0.3:
        opts.append('normalise = "trim"')
    if ns == "device_id" and rng.random() < 0.5:
        opts.append(f'matches = "{rng.choice(["D-?", "D-*", "?-1", "*"])}"')
    if rng.random() < 0.15:
        opts.append(f"shared_above = {rng.randint(1, 3)}")
    return f"  {ns} = {{ {', '.join(opts)} }},"


def one(rng):
    names = rng.sample(sorted(POOLS), rng.randint(2, 5))
    out = ["identifiers {"] + [namespace(rng, ns, k + 1) for k, ns in enumerate(names)] + ["}\n"]
    ignored = [n for n in names if rng.random() < 0.4]
    if ignored:
        rows = ", ".join(f"{n} = {{ {', '.join(quoted(v) for v in rng.sample(IGNORES[n], rng.randint(1, len(IGNORES[n]))) )} }}"
                         for n in ignored)
        out.append(f"ignore_values {{ {rows} }}\n")
    cols = ", ".join(f'"{n}"' for n in names)
    out.append(f'link "all" {{\n  when = any_event(),\n  connect = {{ {cols} }},\n  strength = "observed",\n}}\n')
    if rng.random() < 0.3:
        out.append(f'never_link "apart" {{\n  when = event "Split",\n'
                   f'  separate = {{ "{names[0]}", {{ "properties.other", as = "{names[0]}" }} }},\n}}\n')
    if rng.random() < 0.3:
        out.append(f'transfer "moved" {{\n  when = event "Account Moved",\n  identifier = "{names[-1]}",\n'
                   f'  to = {{ "properties.other", as = "{names[0]}" }},\n}}\n')
    lines, t = [], 0
    pool = {n: rng.sample(POOLS[n], min(len(POOLS[n]), rng.randint(3, 6))) for n in names}
    for _ in range(rng.randint(4, 12)):
        t += rng.choice([0, 1, 1, 45, 700])
        have = [n for n in names if rng.random() < 0.6] or [rng.choice(names)]
        name = rng.choice(["page", "identify", '"Signed In"', "Split", '"Account Moved"', "alias"])
        if name == "alias" or rng.random() < 0.1:
            have = have + [rng.choice(have)]
        other = f" other={quoted(rng.choice(pool[names[0]]))}" if name in ("Split", '"Account Moved"') else ""
        lines.append(f"    2026-01-{1 + t // 1440:02d} {t // 60 % 24:02d}:{t % 60:02d}:{rng.choice(['00', '00', '30'])}  {name}  "
                     + "  ".join(f"{n}={quoted(rng.choice(pool[n]))}" for n in have) + other)
    rows = []
    while rng.random() < 0.4 and len(rows) < 3:
        n = rng.choice(names)
        real = [v for v in pool[n] if v.strip()]
        if len(real) > 1:
            x, y = rng.sample(real, 2)
            rows.append(f'{{ "{rng.choice(["join", "unlink", "keep_apart"])}", {quoted(n + "=" + x)}, {quoted(n + "=" + y)} }}')
    extra = f"  decisions = {{ {', '.join(rows)} }},\n" if rows else ""
    out.append('scenario "random" {\n  given = [[\n' + "\n".join(lines) + "\n  ]],\n" + extra + "  expect = {},\n}\n")
    return "\n".join(out)
