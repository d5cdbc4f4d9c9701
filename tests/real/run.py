#!/usr/bin/env python3
"""Kinfold on third-party data:  run.py KINFOLD [NAME...]

Each workspace beside this file is run as a user would run it; then the store is compared with figures worked out here from the raw files
alone, by SQLite over a plain import. Exit 77 (skipped) when the data are not there."""
import csv
import gzip
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
shared = os.environ.get("KF_SHARED") or os.path.join(here, "..", "..", "..", "shared")
failures = 0


def raw(db, name, path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(os.path.join(shared, "data", path), "rt", encoding="utf-8-sig", newline="") as f:
        rows = csv.reader(f)
        columns = next(rows)
        db.execute("CREATE TABLE %s (%s)" % (name, ", ".join('"%s"' % c for c in columns)))
        db.executemany("INSERT INTO %s VALUES (%s)" % (name, ", ".join("?" * len(columns))), rows)


def equal(what, mine, theirs):
    global failures
    if mine == theirs:
        print("  ok   %s: %s" % (what, mine if not isinstance(mine, (list, dict)) else "%d rows" % len(mine)))
        return
    failures += 1
    print("  FAIL %s" % what)
    if isinstance(mine, dict):
        for k in sorted(set(mine) | set(theirs), key=str):
            if mine.get(k) != theirs.get(k):
                print("       %s: kinfold %r, raw file %r" % (k, mine.get(k), theirs.get(k)))
                break
    else:
        print("       kinfold %.300r\n       raw     %.300r" % (mine, theirs))


def one(db, sql):
    return db.execute(sql).fetchone()[0]


def people(store, ns, column):
    """A column of the profile table by identifier."""
    return dict(store.execute("SELECT i.value, p.%s FROM identifier i JOIN profile p ON p.id = i.profile "
                              "WHERE i.namespace = '%s' AND i.same_as IS NULL" % (column, ns)))


def members(store, ns, segment):
    return sorted(v for (v,) in store.execute(
        "SELECT i.value FROM membership m JOIN rule r ON r.id = m.rule AND r.name = ? JOIN identifier i ON i.profile = m.profile "
        "WHERE i.namespace = ? AND i.same_as IS NULL", (segment, ns)))


def ecom(store, db):
    raw(db, "e", "ecom/ecom.csv.gz")
    db.execute("CREATE VIEW d AS SELECT DISTINCT * FROM e")
    equal("events", one(store, "SELECT sum(events) FROM profile"), one(db, "SELECT count(*) FROM d"))
    equal("duplicates", one(store, "SELECT sum(duplicates) FROM source"), one(db, "SELECT count(*) FROM e") - one(db, "SELECT count(*) FROM d"))
    equal("profiles", one(store, "SELECT count(*) FROM profile"), one(db, "SELECT count(DISTINCT user_id) FROM d"))
    equal("purchases by user", people(store, "user_id", "purchases"),
          dict(db.execute("SELECT user_id, sum(event = 'purchase') FROM d GROUP BY 1")))
    equal("buyers_of_spring", members(store, "user_id", "buyers_of_spring"), [u for (u,) in db.execute(
        "SELECT DISTINCT user_id FROM d WHERE event = 'purchase' AND julianday(timestamp) > "
        "(SELECT julianday(max(timestamp)) - 60 FROM d) ORDER BY 1")])
    equal("left_the_cart", members(store, "user_id", "left_the_cart"), [u for (u,) in db.execute(
        "SELECT DISTINCT user_id FROM d a WHERE event = 'add_to_cart' AND strftime('%s', timestamp) + 86400 <= "
        "(SELECT strftime('%s', max(timestamp)) + 0 FROM d) AND NOT EXISTS (SELECT 1 FROM d b WHERE b.user_id = a.user_id AND "
        "b.event = 'purchase' AND b.timestamp > a.timestamp AND strftime('%s', b.timestamp) - strftime('%s', a.timestamp) < 86400) ORDER BY 1")])


def orders(store, db):
    raw(db, "o", "orders/orders.csv")
    db.execute("CREATE VIEW d AS SELECT DISTINCT * FROM o")
    equal("events", one(store, "SELECT sum(events) FROM profile"), one(db, "SELECT count(*) FROM d"))
    equal("profiles", one(store, "SELECT count(*) FROM profile"), one(db, "SELECT count(DISTINCT customer_id) FROM d"))
    equal("revenue by customer, cents", people(store, "crm_id", "revenue"),
          dict(db.execute("SELECT customer_id, sum(revenue) * 100 FROM d GROUP BY 1")))
    equal("good_and_gone", members(store, "crm_id", "good_and_gone"), [u for (u,) in db.execute(
        "SELECT customer_id FROM d GROUP BY 1 HAVING sum(revenue) >= 500 AND "
        "julianday(max(order_date)) <= (SELECT julianday(max(order_date)) - 365 FROM d) ORDER BY 1")])


def shopify(store, db):
    raw(db, "o", "shopify/shopify_order_data.csv")
    raw(db, "c", "shopify/shopify_customer_data.csv")
    equal("events", one(store, "SELECT sum(events) FROM profile"),
          one(db, "SELECT (SELECT count(DISTINCT id) FROM o) + (SELECT count(DISTINCT id || updated_at) FROM c)"))
    equal("profiles", one(store, "SELECT count(*) FROM profile"),
          one(db, "SELECT count(*) FROM (SELECT customer_id FROM o WHERE customer_id <> '' UNION SELECT id FROM c)"))
    theirs = {}
    for k, n in db.execute("SELECT customer_id, count(DISTINCT id) FROM o GROUP BY 1"):
        theirs[k] = n
    for (k,) in db.execute("SELECT id FROM c"):
        theirs.setdefault(k, 0)
    equal("orders by customer", people(store, "crm_id", "orders"), theirs)
    # An address on two accounts belongs to neither: never merged because they look alike.
    equal("shared addresses", sorted(v for (v,) in store.execute(
        "SELECT value FROM identifier WHERE namespace = 'email_hash' AND isolated = 'shared'")), sorted(v for (v,) in db.execute(
            "SELECT email FROM (SELECT email, customer_id AS id FROM o UNION SELECT email, id FROM c) WHERE email <> '' "
            "GROUP BY email HAVING count(DISTINCT id) > 1")))


def fractribution(store, db):
    raw(db, "e", "fractribution/source/snowplow_fractribution_events.csv")
    equal("events", one(store, "SELECT sum(events) FROM profile"), one(db, "SELECT count(DISTINCT event_id) FROM e"))
    equal("visitors", sorted(v for (v,) in store.execute(
        "SELECT value FROM identifier WHERE namespace = 'anonymous_id' AND same_as IS NULL")),
        sorted(v for (v,) in db.execute("SELECT DISTINCT domain_userid FROM e WHERE domain_userid <> ''")))


def main(binary, *names):
    if not os.path.isdir(os.path.join(shared, "data", "ecom")):
        print("skipped: %s is not there" % os.path.join(shared, "data"))
        sys.exit(77)
    for check in (ecom, orders, shopify, fractribution):
        if names and check.__name__ not in names:
            continue
        print(check.__name__)
        with tempfile.TemporaryDirectory() as tmp:
            ws = os.path.join(tmp, "ws")
            shutil.copytree(os.path.join(here, check.__name__), ws)
            os.symlink(os.path.abspath(os.path.join(shared, "data")), os.path.join(ws, "data"))
            done = subprocess.run([binary, "run"], cwd=ws, capture_output=True, text=True)
            if done.returncode:
                print("  FAIL kinfold run: exit %d\n%s%s" % (done.returncode, done.stdout, done.stderr))
                global failures
                failures += 1
                continue
            store = sqlite3.connect(os.path.join(ws, "kinfold.db"))
            check(store, sqlite3.connect(":memory:"))
            store.close()
    sys.exit(1 if failures else 0)


main(*sys.argv[1:])
