#!/usr/bin/env python3
"""Every word that `expect` knows, held and not held:  kinds.py KINFOLD

The rules are shop.lua, the events are the same throughout. A row is a piece of `expect` and what is said of it, nothing where it holds."""
import json
import os
import re
import subprocess
import sys
import tempfile

KINFOLD = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
GIVEN = """
    2026-03-01 10:00  "Order Completed"  user_id=u1 email=a@x.test order_id=o1 revenue=60
      currency=EUR consent.marketing=granted
    2026-03-02 10:00  "Order Completed"  user_id=u1 order_id=o2 revenue=60 currency=EUR
    2026-03-01 11:00  "Order Completed"  user_id=u2 email=b@x.test order_id=p1 revenue=150 currency=EUR
      consent.marketing=granted
    2026-03-02 11:00  "Email Bounced"    user_id=u2 email=b@x.test
    2026-03-02 12:00  "Order Completed"  user_id=u3 order_id=o2 revenue=2000 currency=EUR trait.plan=pro
      device_id=d1 coupon=qa-1
    2026-03-02 12:01  page  user_id=u3 device_id=d1 context.campaign.source=news context.campaign.medium=email
    2026-03-02 12:02  page  user_id=u3 device_id=d1
    2026-03-02 12:03  page  user_id=u3 user_id=u4
    2026-03-01 12:30  "Order Completed"  user_id=u5 email=e@x.test order_id=q1 revenue=70 currency=XAU
    2026-03-01 12:31  "Order Completed"  user_id=u5 order_id=q2 revenue=70 currency=EUR consent.marketing=granted
"""
ROWS = [
    # segments: complete, by any identifier of a profile
    ("segments = { buyers = { 'user_id=u1' } }", []),
    ("segments = { buyers = { 'email=a@x.test', 'user_id=u1' } }", []),
    ("segments = { loyal = {} }", []),
    ("segments = { buyers = {} }", ["segment buyers: not expected user_id=u1"]),
    ("segments = { buyers = { 'email=b@x.test' } }", ["segment buyers: missing email=b@x.test; not expected user_id=u1"]),
    ("segments = { byers = {} }", ['there is no segment "byers"']),
    ("segments = { buyers = { 'user_id=u9' } }", ["user_id=u9 was never seen", "segment buyers: not expected user_id=u1"]),
    # suppressed
    ("suppressed = { bounced = { 'user_id=u2' } }", []),
    ("suppressed = { bounced = { 'user_id=u1', 'user_id=u2' } }", ["suppress bounced: missing user_id=u1"]),
    # flags, by event number
    ("flags = { test = { 5 } }", []),
    ("flags = { test = { 1 } }", ["flag test: missing event 1; not expected event 5"]),
    ("flags = { test = { 5, 99 } }", ["there is no event 99: 'given' has 10"]),
    # traits and computed traits
    ("traits = { ['user_id=u3'] = { plan = 'pro', orders = 1, spent = money(2000, 'EUR') } }", []),
    ("traits = { ['user_id=u1'] = { plan = 'missing' } }", []),
    ("traits = { ['user_id=u5'] = { spent = 'undecided' } }", []),
    ("traits = { ['user_id=u3'] = { plan = 'free', orders = 2 } }",
     ["trait orders of user_id=u3: expected 2, was 1", "trait plan of user_id=u3: expected 'free', was 'pro'"]),
    ("traits = { ['user_id=u1'] = { spent = money(120, 'SEK') } }", ["trait spent of user_id=u1: expected 120.00 SEK, was 120.00 EUR"]),
    ("traits = { ['user_id=u1'] = { plam = 'free' } }", ['there is no trait "plam"']),
    # scores and bands
    ("scores = { warmth = { ['user_id=u1'] = 25, ['user_id=u3'] = 60 } }, bands = { warmth = { ['user_id=u3'] = 'hot' } }", []),
    ("scores = { warmth = { ['user_id=u3'] = 65 } }", ["score warmth of user_id=u3: expected 65, was 60"]),
    ("bands = { warmth = { ['user_id=u1'] = 'hot' } }", ["band warmth of user_id=u1: expected 'hot', was 'warm'"]),
    ("bands = { heat = { ['user_id=u1'] = 'hot' } }", ['there is no score "heat"']),
    # custom
    ("custom = { lucky = { ['user_id=u1'] = 2 } }", []),
    ("custom = { lucky = { ['user_id=u1'] = 3 } }", ["custom lucky of user_id=u1: expected 3, was 2"]),
    # consent: granted, denied, conflict, unknown
    ("consent = { ['user_id=u1'] = { marketing = 'granted' }, ['user_id=u3'] = { marketing = 'unknown' } }", []),
    ("consent = { ['user_id=u2'] = { marketing = 'denied' } }", ["consent marketing of user_id=u2: expected 'denied', was 'granted'"]),
    ("consent = { ['user_id=u1'] = { marketing = 'yes' } }", ["consent is granted, denied, conflict or unknown, not 'yes'"]),
    # eligible: the address; complete, and nobody else may be reached
    ("eligible = { mail = { ['user_id=u1'] = 'a@x.test', ['user_id=u5'] = 'e@x.test' } }", []),
    ("eligible = { mail = { ['user_id=u1'] = 'a@x.test', ['user_id=u2'] = 'missing', ['email=e@x.test'] = 'e@x.test' } }", []),
    ("eligible = { mail = { ['user_id=u1'] = 'b@x.test', ['user_id=u5'] = 'e@x.test' } }", ["channel mail, the address of user_id=u1: expected 'b@x.test', was 'a@x.test'"]),
    ("eligible = { mail = {} }", ["channel mail, who may be reached now: not expected user_id=u1, user_id=u5"]),
    # eligible_from: the first instant
    ("eligible_from = { mail = { ['user_id=u1'] = '2026-03-03 00:00' } }", []),
    ("eligible_from = { mail = { ['user_id=u1'] = instant '2026-03-04T00:00:00Z' } }",
     ["channel mail, the first instant of user_id=u1: expected 2026-03-04T00:00:00Z, was 2026-03-03T00:00:00Z"]),
    # fraud: events by number, what else is looked at by name
    ("fraud = { doubled = { reject = { 5 }, suspicious = { 9 } } }", []),  # what cannot be decided is suspicious
    ("fraud = { doubled = { reject = {} } }", ["rejected by fraud doubled: not expected event 5"]),
    ("fraud = { doubled = { suspicious = { 5, 9 } } }", ["suspicious by fraud doubled: missing event 5"]),
    ("fraud = { farm = { suspicious = { 'device_id=d1' } } }", []),
    ("fraud = { farm = { suspicious = { 'device_id=d2' } } }", ["suspicious by fraud farm: missing device_id=d2; not expected device_id=d1"]),
    ("fraud = { farm = { suspicious = { 5, 'device_id=d1' } } }", ["fraud farm does not look at events: name what it looks at"]),
    ("fraud = { farm = { suspect = {} } }", ["'fraud' knows reject suspicious, not 'suspect'"]),
    # quality: bad events of how many
    ("quality = { order_shape = { bad = { 9 }, of = 6 } }", []),
    ("quality = { order_shape = { bad = { 2, 9 }, of = 5 } }",
     ["bad by expect order_shape: missing event 2", "checked by expect order_shape: expected 5, was 6"]),
    ("quality = { order_shape = { evil = {} } }", ["'quality' knows bad of, not 'evil'"]),
    # exported
    ("exported = { newsletter = { 'user_id=u1' } }", []),
    ("exported = { newsletter = { 'user_id=u2' } }", ["export newsletter: missing user_id=u2; not expected user_id=u1"]),
    # undecided: no rate for gold
    ("undecided = { segments = { buyers = { 'user_id=u5' } } }", []),
    ("undecided = { segments = { buyers = {} } }", ["undecided segment buyers: not expected user_id=u5"]),
    ("undecided = { segmnts = {} }", ["'undecided' knows segments suppressed channels, not 'segmnts'"]),
    # identity
    ("profiles = 4, together = { { 'user_id=u1', 'email=a@x.test' } }, apart = { { 'user_id=u1', 'user_id=u2' } }", []),
    ("profiles = 7", ["profiles: expected 7, was 4"]),
    ("together = { { 'user_id=u1', 'user_id=u2' } }", ["together: user_id=u1 and user_id=u2 are not one person's"]),
    ("apart = { { 'user_id=u1', 'email=a@x.test' } }", ["apart: user_id=u1 and email=a@x.test are one person's"]),
    ("exactly = { { 'user_id=u1', 'email=a@x.test' }, { 'user_id=u2', 'email=b@x.test' }, { 'user_id=u3' }, { 'user_id=u5', 'email=e@x.test' } }", []),
    ("exactly = { { 'user_id=u1' }, { 'user_id=u2', 'email=b@x.test' }, { 'user_id=u3', 'user_id=u5' } }",
     ["exactly: the profile of user_id=u1: not expected email=a@x.test", "exactly: the profile of user_id=u3: missing user_id=u5",
      "exactly: one more profile: not expected user_id=u5, email=e@x.test"]),
    ("owner = { [4] = 'user_id=u2' }", []),
    ("owner = { [4] = 'user_id=u1' }", ["owner of event 4: expected user_id=u1, was user_id=u2"]),
    ("owner = { [44] = 'user_id=u1' }", ["owner: event 44 is in no profile"]),
    ("same_owner = { { 1, 2 } }, other_owner = { { 1, 3 } }", []),
    ("same_owner = { { 1, 3 } }", ["same_owner: events 1 and 3 are not, but of user_id=u1 and user_id=u2"]),
    ("other_owner = { { 1, 2 } }", ["other_owner: events 1 and 2 are both of user_id=u1"]),
    ("contradictory = { 8 }", []),
    ("contradictory = { 1 }", ["contradictory: missing event 1; not expected event 8"]),
    ("refused = { { 'user_id=u1', 'user_id=u2', because = 'per_profile' } }",
     ["refused: user_id=u1 and user_id=u2 are not, because of per_profile"]),
    # channels of touches; what is not evaluated yet says so
    ("channels = { default = { [6] = 'Email' } }", []),
    ("channels = { default = { [6] = 'Direct' } }", ["channel group default, event 6: expected 'Direct', was 'Email'"]),
]
problems = []


def expect(what, have, want):
    if have != want:
        problems.append(f"{what}: expected {want!r}, was {have!r}")


def results(folder, name, text, *words):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        f.write(open(os.path.join(HERE, "shop.lua"), encoding="utf-8").read() + text)
    done = subprocess.run([KINFOLD, "test", name, "--json", *words], cwd=folder, text=True, capture_output=True, timeout=300,
                          env=dict(os.environ, NO_COLOR="1"))
    try:
        return json.loads(done.stdout)
    except ValueError:
        problems.append(f"{name}: {done.stderr or done.stdout}")
        return {"results": []}


def main():
    with tempfile.TemporaryDirectory() as tmp:
        text = "".join(f'\nscenario "row {i}" {{\n  given = [[{GIVEN}  ]],\n  as_of = "2026-03-03 00:00",\n  expect = {{ {row} }},\n}}\n'
                       for i, (row, _) in enumerate(ROWS))
        doc = results(tmp, "rows_test.lua", text)
        expect("rows", len(doc["results"]), len(ROWS))
        for (row, want), r in zip(ROWS, doc["results"]):
            said = [re.sub(r"^rows_test\.lua:\d+: ", "", line) for line in (r["problem"] or "").splitlines()]
            expect(row, said, want)
            expect(f"{row}: passed", r["passed"], not want)
        expect("passed and failed", (doc.get("passed"), doc.get("failed")), (sum(not w for _, w in ROWS), sum(bool(w) for _, w in ROWS)))
        waits = "".join(f'\nscenario "waits {i}" {{\n  given = [[{GIVEN}  ]],\n  expect = {{ {row} }},\n}}\n' for i, row in enumerate(
            ("credit = { last_click = { [3] = { [1] = money(1, 'EUR') } } }", "credit = {}, profiles = 9")))
        doc = results(tmp, "waits_test.lua", waits)
        expect("what waits", [(r["verdict"], r["not_evaluated_yet"]) for r in doc["results"]],
               [("not_evaluated_yet", "credit"), ("failed", "credit")])
    for p in problems:
        print(p)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
