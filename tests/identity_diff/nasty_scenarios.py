"""Random rule files that are nastier than random_scenarios.py of ../shared/identity.

More of everything that interacts: many decisions (joins within and across namespaces, contradicting ones), several transfer
and consent rules, equal times, aliases of several namespaces, ranks with gaps, limits of every kind at once, link rules that
do not connect all namespaces, events of times before 1970.
"""

POLICIES = ["last_login", "first_login", "ambiguous", "split_by_login", "reset_on_logout"]


def head(rng, names):
    out, rank = ["identifiers {"], rng.choice([0, 0, 0, 1])
    for k, ns in enumerate(names):
        rank += rng.choice([1, 1, 1, 3])
        opts = [f"rank = {rank}"]
        if rng.random() < (0.7 if k == 0 else 0.5):
            opts.append(rng.choice(["per_profile = 1", "per_profile = 1", "per_profile = 2", "per_profile = 3",
                                    "per_profile = { 1, within = days(2) }", "per_profile = { 2, within = hours(30) }",
                                    "per_profile = { 2, within = minutes(2) }"]))
        policy = rng.choice(POLICIES)
        opts.append(f'when_shared = "{policy}"')
        if policy == "reset_on_logout":
            opts.append(f'logout = "{rng.choice(["Out", "Out", "In"])}"')
        if rng.random() < 0.15:
            opts.append(rng.choice(["expires_after = days(2)", "expires_after = minutes(5)", "expires_after = hours(1)"]))
        if rng.random() < 0.2:
            opts.append(rng.choice(['history = "none"', "history = minutes(1)", "history = days(1)", 'history = "all"']))
        if rng.random() < 0.12:
            opts.append(f"shared_above = {rng.randint(1, 3)}")
        out.append(f"  {ns} = {{ {', '.join(opts)} }},")
    return out + ["}\n"]


def rules(rng, names):
    out = []
    purposes = ["identity", "profiling"]
    for k in range(rng.randint(1, 4)):
        some = names if k == 0 and rng.random() < 0.6 else rng.sample(names, rng.randint(2, len(names)))
        cols = ", ".join(f'"{n}"' for n in some)
        when = "any_event()" if rng.random() < 0.4 else f'event "{rng.choice(["In", "page", "alias", "identify", "Moved"])}"'
        consent = f'\n  requires_consent = "{rng.choice(purposes)}",' if rng.random() < 0.3 else ""
        out.append(f'link "l{k}" {{\n  when = {when},\n  connect = {{ {cols} }},\n'
                   f'  strength = "{rng.choice(["observed", "observed", "verified", "declared"])}",{consent}\n}}\n')
    for k in range(rng.choice([0, 0, 1, 2])):
        one, two = rng.choice(names), rng.choice(names)
        other = f'{{ "properties.other", as = "{two}" }}' if rng.random() < 0.6 else f'"{two}"'
        out.append(f'never_link "n{k}" {{\n  when = event "{rng.choice(["Split", "In"])}",\n'
                   f'  separate = {{ "{one}", {other} }},\n}}\n')
    for k in range(rng.choice([0, 0, 1, 2])):
        weak, strong = rng.sample(names, 2)
        to = rng.choice([f', to = "{strong}"', f', to = {{ "properties.other", as = "{strong}" }}', ""])
        out.append(f'transfer "m{k}" {{\n  when = event "{rng.choice(["Moved", "Moved", "Split"])}",\n'
                   f'  identifier = "{weak}"{to},\n}}\n')
    if rng.random() < 0.2:
        out.append(f"limits {{ max_identifiers = {rng.randint(2, 6)} }}\n")
    return out


def event(rng, names, pool, t):
    have = [n for n in names if rng.random() < 0.5] or [rng.choice(names)]
    name = rng.choice(["page", "In", "In", "In", "In", "Out", "identify", "alias", "consent", "Split", "Moved"])
    if name == "alias" or rng.random() < 0.06:
        have = have + rng.choices(have, k=rng.randint(1, 2))
    extra = ""
    while rng.random() < 0.3:
        extra += f" consent.{rng.choice(['identity', 'identity', 'profiling'])}={rng.choice(['granted', 'granted', 'denied'])}"
    if name in ("Split", "Moved", "In") and rng.random() < 0.6:
        extra += f" other={rng.choice(pool[rng.choice(names)])}"
    day, minute = divmod(t, 1440)
    date = f"1969-12-{30 + day:02d}" if day < 2 else f"1970-01-{day - 1:02d}"
    return (f"    {date} {minute // 60:02d}:{minute % 60:02d}  {name}  "
            + "  ".join(f"{n}={rng.choice(pool[n])}" for n in have) + extra)


def decisions(rng, names, pool):
    rows, some = [], lambda: (lambda n: f"{n}={rng.choice(pool[n])}")(rng.choice(names))
    few = [some() for _ in range(4)]  # so that decisions meet
    while rng.random() < 0.6 and len(rows) < 7:
        verb = rng.choice(["unlink", "keep_apart", "join", "join", "transfer"])
        if verb == "transfer":
            to = f', to = "{rng.choice(few + [some()])}"' if rng.random() < 0.7 else ""
            at = rng.choice(["1969-12-30 00:01", "1969-12-30 00:30", "1970-01-01 00:00", "1970-01-02 12:00"])
            rows.append(f'{{ "transfer", "{some()}", at = "{at}"{to} }}')
            continue
        if verb == "join" and rng.random() < 0.5:
            n = rng.choice(names)
            x, y = (f"{n}={v}" for v in rng.choices(pool[n], k=2))
        else:
            x, y = rng.choice(few), rng.choice(few + [some()])
        if x != y:
            rows.append(f'{{ "{verb}", "{x}", "{y}" }}')
    return f"  decisions = {{ {', '.join(rows)} }},\n" if rows else ""


def one(rng):
    big = rng.random() < 0.1  # larger worlds: clusters of many, several components
    names = ["user_id", "crm_id", "email", "phone", "device_id", "anonymous_id"]
    names = sorted(rng.sample(names, rng.randint(2, 5)), key=names.index)
    out = head(rng, names) + rules(rng, names)
    pool = {n: [f"{n[0]}{k}" for k in range(rng.randint(5, 14) if big else rng.randint(2, 5))] for n in names}
    lines, t = [], rng.choice([0, 0, 1400, 2800])
    steps = rng.choice([[0], [0, 0, 1], [0, 1, 1, 30, 600, 1500], [1, 2, 3], [0, 700, 1440, 2880]])
    for _ in range(rng.randint(40, 110) if big else rng.randint(3, 26)):
        t += rng.choice(steps)
        lines.append(event(rng, names, pool, min(t, 1440 * 30)))
    rng.shuffle(lines)
    extra = decisions(rng, names, pool)
    if rng.random() < 0.15:
        extra += f'  as_of = "1970-01-{rng.randint(1, 9):02d} 00:{rng.randint(0, 3):02d}",\n'
    out.append('scenario "nasty" {\n  given = [[\n' + "\n".join(lines) + "\n  ]],\n" + extra + "  expect = {},\n}\n")
    return "\n".join(out)
