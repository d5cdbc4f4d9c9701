#!/usr/bin/env python3
"""The six tables of the reference job as TSV files, out of a Kinfold store:  dump.py STORE DIR

Runs after the clock has stopped: it only reads what the store holds already."""
import os
import sqlite3
import sys

PREFIX = {"anonymous_id": "a:", "device_id": "d:", "user_id": "u:", "email": "e:"}
CURRENCIES = ("EUR", "USD", "GBP", "JPY", "KWD")


def main(store, directory):
    os.makedirs(directory, exist_ok=True)
    db = sqlite3.connect("file:%s?mode=ro" % store, uri=True)
    db.text_factory = bytes
    least, count = {}, {}
    ids = []
    for ns, value, profile in db.execute(
            "SELECT n.name, i.value, i.profile FROM identifier i JOIN namespace n ON n.id = i.namespace"
            " WHERE i.same_as IS NULL AND i.profile IS NOT NULL"):
        name = PREFIX[ns.decode()].encode() + value
        ids.append((name, profile))
        count[profile] = count.get(profile, 0) + 1
        if profile not in least or name < least[profile]:
            least[profile] = name

    def table(name, rows):
        with open(os.path.join(directory, name + ".tsv"), "wb") as f:
            for row in rows:
                f.write(b"\t".join(text(v) for v in row) + b"\n")

    def text(v):
        return b"" if v is None else v if isinstance(v, bytes) else b"%d" % v

    def boolean(v):
        return None if v is None else b"true" if v else b"false"

    table("identities", ((name, least[p]) for name, p in ids))
    table("profiles", ((least[i], count[i], n, orders, first, last, email, country, plan, boolean(m), boolean(a))
                       for i, n, orders, first, last, email, country, plan, m, a in db.execute(
        "SELECT id, events, orders, first_ms, last_ms, email, country, plan, marketing, analytics FROM profile") if i in least))

    def revenue():
        columns = ", ".join("revenue_rows_{0}, revenue_{0}, revenue_365_{0}".format(c.lower()) for c in CURRENCIES)
        for row in db.execute("SELECT id, %s FROM profile" % columns):
            for k, c in enumerate(CURRENCIES):
                n, minor, year = row[1 + 3 * k:4 + 3 * k]
                if n:
                    yield least[row[0]], c.encode(), minor or 0, year or 0

    table("revenue", revenue())

    def touches():
        last, seq = None, 0
        for p, t, source, medium, name, click in db.execute(
                "SELECT profile, time_ms, source, medium, campaign, click_id FROM touch ORDER BY profile, seq"):
            seq = seq + 1 if p == last else 1
            last = p
            yield least[p], seq, t, source, medium, name, click

    table("touches", touches())
    table("segments", ((least[p], s) for p, s in db.execute(
        "SELECT m.profile, r.name FROM membership m JOIN rule r ON r.id = m.rule")))
    table("suppressions", ((least[p],) for (p,) in db.execute("SELECT DISTINCT profile FROM suppression")))


main(*sys.argv[1:])
