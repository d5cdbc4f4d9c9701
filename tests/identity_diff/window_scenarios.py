"""Random worlds about limits within a stretch of time: few accounts, very many devices that several of them claim, and
devices of several spans. Times are dense around the length of the window, so that windows are full, nearly full and just
not full, and clusters of many first observations are asked about each other again and again."""

POLICIES = ["last_login", "first_login", "ambiguous", "split_by_login"]


def one(rng):
    length = rng.choice([5, 20, 60])
    limit = rng.randint(1, 9)
    person = rng.choice(["", "per_profile = 2, ", f"per_profile = {{ 1, within = minutes({length}) }}, "])
    often = rng.choice(["", "", f"expires_after = minutes({rng.randint(2, length)}), ", "history = minutes(3), "])
    out = ["identifiers {",
           f'  user_id = {{ rank = 1, {person}when_shared = "{rng.choice(POLICIES)}" }},',
           f'  device_id = {{ rank = 2, per_profile = {{ {limit}, within = minutes({length}) }}, {often}when_shared = "{rng.choice(POLICIES)}" }},',
           f'  anonymous_id = {{ rank = 3, per_profile = {{ {rng.randint(1, 12)}, within = minutes({rng.choice([3, length])}) }}, '
           f'when_shared = "{rng.choice(POLICIES)}" }},',
           "}\n"]
    for name, strength in (("In", "verified"), ("page", "observed")):
        out.append(f'link "{name}" {{\n  when = event "{name}",\n  connect = {{ "user_id", "device_id", "anonymous_id" }},\n'
                   f'  strength = "{strength}",\n}}\n')
    if rng.random() < 0.3:
        out.append(f"limits {{ max_identifiers = {rng.randint(8, 60)} }}\n")
    users, devices, cookies = rng.randint(1, 9), rng.randint(2, 40), rng.randint(1, 40)
    lines, t = [], 0
    for _ in range(rng.randint(30, 220)):
        t = max(0, t + rng.choice([0, 0, 1, 1, 2, length - 1, length, -3, -length]))
        have = [f"user_id=u{rng.randrange(users)}"] if rng.random() < 0.7 else []
        if rng.random() < 0.8 or not have:
            have.append(f"device_id=d{rng.randrange(devices)}")
        if rng.random() < 0.5:
            have.append(f"anonymous_id=a{rng.randrange(cookies)}")
        day, minute = divmod(t, 1440)
        lines.append(f"    2026-01-{1 + day % 28:02d} {minute // 60:02d}:{minute % 60:02d}  {rng.choice(['In', 'page', 'page'])}  "
                     + "  ".join(have))
    out.append('scenario "windows" {\n  given = [[\n' + "\n".join(lines) + "\n  ]],\n  expect = {},\n}\n")
    return "\n".join(out)
