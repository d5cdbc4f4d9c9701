#!/usr/bin/env python3
"""Kinfold on third-party data:  run.py KINFOLD [EXTENSION.so] [NAME...]

Each workspace beside this file is run as a user would run it; then the store is read as an analyst would read it, through its views, and
compared with figures worked out here from the raw files alone, by SQLite over a plain import. Exit 77 (skipped) when the data are not
there."""
import csv
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
shared = os.environ.get("KF_SHARED") or os.path.join(here, "..", "..", "..", "shared")
failures = 0
extension = None


def raw(db, name, path):
    """A CSV file as a table of texts, nothing trimmed or converted."""
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


def rows(db, sql):
    return sorted(tuple(r) for r in db.execute(sql))


def people(store, ns, column):
    """A column of the profiles by identifier."""
    return dict(store.execute('SELECT value, "%s" FROM identifiers JOIN profiles USING (profile_id) WHERE namespace = ? AND same_as IS NULL'
                              % column, (ns,)))


def members(store, ns, segment, view="members"):
    return sorted(v for (v,) in store.execute(
        "SELECT value FROM %s JOIN identifiers USING (profile_id) WHERE namespace = ? AND same_as IS NULL AND segment = ?" % view,
        (ns, segment)))


def log(ws, sql):
    """A question to the table `event`, which SQLite's own shell knows with Kinfold's extension; None: not built, or no shell."""
    if not extension or not shutil.which("sqlite3"):
        return None
    done = subprocess.run(["sqlite3", "-json", os.path.join(ws, "kinfold.db"), "-cmd", ".load " + extension, sql], capture_output=True, text=True)
    if done.returncode or done.stderr:
        sys.exit("sqlite3: %s" % done.stderr)
    return sorted(tuple(r.values()) for r in json.loads(done.stdout or "[]"))


def iso(text):
    """SQL: a raw file's time as the store's views write it."""
    return "strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', %s)" % text


def ecom(store, db, ws):
    raw(db, "e", "ecom/ecom.csv.gz")
    db.execute("CREATE TABLE d AS SELECT DISTINCT * FROM e")
    db.execute("CREATE INDEX d_user ON d(user_id, timestamp)")
    records, events = one(db, "SELECT count(*) FROM e"), one(db, "SELECT count(*) FROM d")
    equal("what was read", rows(store, "SELECT records, events, duplicates, rejected FROM sources"), [(records, events, records - events, 0)])
    equal("events of profiles", one(store, "SELECT sum(events) FROM profiles"), events)
    equal("as_of", one(store, "SELECT as_of FROM runs"), one(db, "SELECT %s FROM d" % iso("max(timestamp)")))
    equal("profiles", one(store, "SELECT count(*) FROM profiles"), one(db, "SELECT count(DISTINCT user_id) FROM d"))
    for column, sql in (("events", "count(*)"), ("purchases", "sum(event = 'purchase')"), ("first_seen", iso("min(timestamp)")),
                        ("last_seen", iso("max(timestamp)"))):
        equal(column + " by user", people(store, "user_id", column), dict(db.execute("SELECT user_id, %s FROM d GROUP BY 1" % sql)))
    # Of the newest events of a user all name one channel: no tie has to be broken.
    newest = "SELECT DISTINCT user_id, acquisition_channel FROM d JOIN (SELECT user_id u, max(timestamp) t FROM d GROUP BY 1) ON u = user_id " \
        "AND t = timestamp"
    equal("users with one newest channel", one(db, "SELECT count(*) = count(DISTINCT user_id) FROM (%s)" % newest), 1)
    equal("channel by user", people(store, "user_id", "channel"), dict(db.execute(newest)))
    equal("buyers_of_spring", members(store, "user_id", "buyers_of_spring"), [u for (u,) in db.execute(
        "SELECT DISTINCT user_id FROM d WHERE event = 'purchase' AND julianday(timestamp) > "
        "(SELECT julianday(max(timestamp)) - 60 FROM d) ORDER BY 1")])
    equal("left_the_cart", members(store, "user_id", "left_the_cart"), [u for (u,) in db.execute(
        "SELECT DISTINCT user_id FROM d a WHERE event = 'add_to_cart' AND strftime('%s', timestamp) + 86400 <= "
        "(SELECT strftime('%s', max(timestamp)) + 0 FROM d) AND NOT EXISTS (SELECT 1 FROM d b WHERE b.user_id = a.user_id AND "
        "b.event = 'purchase' AND b.timestamp > a.timestamp AND strftime('%s', b.timestamp) - strftime('%s', a.timestamp) < 86400) ORDER BY 1")])
    in_log = log(ws, "SELECT value, time, name, json ->> '$.fields.\"properties.session_id\"' FROM event JOIN identifiers USING (profile_id)")
    if in_log is not None:
        equal("the log, event by event", in_log, rows(db, "SELECT user_id, %s, event, session_id FROM d" % iso("timestamp")))


def orders(store, db, ws):
    raw(db, "o", "orders/orders.csv")
    db.execute("CREATE TABLE d AS SELECT DISTINCT * FROM o")
    equal("what was read", rows(store, "SELECT records, events, duplicates, rejected FROM sources"),
          rows(db, "SELECT (SELECT count(*) FROM o), count(*), (SELECT count(*) FROM o) - count(*), 0 FROM d"))
    equal("profiles", one(store, "SELECT count(*) FROM profiles"), one(db, "SELECT count(DISTINCT customer_id) FROM d"))
    equal("addresses of customers", rows(store, "SELECT c.value, e.value FROM identifiers c JOIN identifiers e USING (profile_id) "
                                         "WHERE c.namespace = 'crm_id' AND e.namespace = 'email' AND e.same_as IS NULL"),
          rows(db, "SELECT DISTINCT customer_id, lower(email) FROM d"))
    equal("links", rows(store, "SELECT rule, a, b, count FROM links"), rows(
        db, "SELECT 'order', customer_id, lower(email), count(*) FROM d GROUP BY 2, 3"))
    equal("orders by customer", people(store, "crm_id", "orders"), dict(db.execute("SELECT customer_id, count(*) FROM d GROUP BY 1")))
    equal("revenue by customer", people(store, "crm_id", "revenue"),
          dict(db.execute("SELECT customer_id, sum(revenue) * 1.0 FROM d GROUP BY 1")))
    equal("first orders", people(store, "crm_id", "first_seen"),
          dict(db.execute("SELECT customer_id, %s FROM d GROUP BY 1" % iso("min(order_date)"))))
    equal("good_and_gone", members(store, "crm_id", "good_and_gone"), [u for (u,) in db.execute(
        "SELECT customer_id FROM d GROUP BY 1 HAVING sum(revenue) >= 500 AND "
        "julianday(max(order_date)) <= (SELECT julianday(max(order_date)) - 365 FROM d) ORDER BY 1")])
    in_log = log(ws, "SELECT value, substr(time, 1, 10), json ->> '$.fields.\"properties.revenue\"' FROM event JOIN identifiers "
                     "USING (profile_id) WHERE namespace = 'crm_id'")
    if in_log is not None:
        equal("the log, order by order", in_log, rows(db, "SELECT customer_id, order_date, revenue + 0 FROM d"))


def shopify(store, db, ws):
    raw(db, "o", "shopify/shopify_order_data.csv")
    raw(db, "c", "shopify/shopify_customer_data.csv")
    equal("what was read", dict(store.execute("SELECT name, events FROM sources")),
          {"orders": one(db, "SELECT count(DISTINCT id) FROM o"),
           "customers": one(db, "SELECT count(*) FROM (SELECT DISTINCT id, updated_at FROM c)")})
    customers = "(SELECT customer_id AS id, email FROM o WHERE customer_id <> '' UNION SELECT id, email FROM c)"
    equal("profiles", one(store, "SELECT count(*) FROM profiles"), one(db, "SELECT count(DISTINCT id) FROM %s" % customers))
    all_of = "SELECT DISTINCT id, %s FROM " + customers + " k"
    equal("orders by customer", people(store, "crm_id", "orders"),
          dict(db.execute(all_of % "(SELECT count(DISTINCT o.id) FROM o WHERE customer_id = k.id)")))
    # Nobody states what a dollar is worth in pounds: those sums are undecided, not nought.
    equal("revenue by customer", people(store, "crm_id", "revenue"), dict(db.execute(
        all_of % "(SELECT CASE WHEN sum(currency <> 'GBP') THEN NULL ELSE ifnull(round(sum(total_price), 2), 0.0) END FROM o "
        "WHERE customer_id = k.id)")))
    equal("undecided for want of a rate", rows(store, "SELECT value, rule, why FROM not_decided JOIN identifiers USING (profile_id) "
                                               "WHERE namespace = 'crm_id'"),
          rows(db, "SELECT DISTINCT customer_id, 'spent_in_pounds', 'there is no exchange rate for the day of an amount' FROM o "
               "WHERE currency <> 'GBP'"))
    equal("spent_in_pounds", members(store, "crm_id", "spent_in_pounds"), [k for (k,) in db.execute(
        "SELECT customer_id FROM o GROUP BY 1 HAVING sum(currency <> 'GBP') = 0 AND sum(total_price) >= 5 ORDER BY 1")])
    equal("state by customer", people(store, "crm_id", "state"),
          dict(db.execute(all_of % "(SELECT state FROM c WHERE c.id = k.id)")))
    # An address on two accounts belongs to neither: never merged because they look alike.
    shared_address = "SELECT email FROM %s WHERE email <> '' GROUP BY email HAVING count(DISTINCT id) > 1" % customers
    equal("shared addresses", rows(store, "SELECT namespace, value FROM shared"), rows(db, "SELECT 'email_hash', email FROM (%s)" % shared_address))
    equal("links refused", rows(store, "SELECT a, b, reason FROM refused"),
          rows(db, "SELECT DISTINCT id, email, 'shared' FROM %s WHERE email IN (%s)" % (customers, shared_address)))
    equal("links followed", rows(store, "SELECT a, b FROM links"),
          rows(db, "SELECT DISTINCT id, email FROM %s WHERE email <> '' AND email NOT IN (%s)" % (customers, shared_address)))


def findings(binary, ws):
    """What the built-in checklist found: (bad, of) by finding. Not stored, for the rules expect nothing."""
    done = subprocess.run([binary, "quality", "--json"], cwd=ws, capture_output=True, text=True)
    return {c["detail"]: (c["bad"], c["of"]) for c in json.loads(done.stdout)["checks"] if not c["rule"]}


def no_offset(column):
    """SQL: a time that does not say of which zone it is, like "2020-09-11 13:26:15.000 "."""
    return "NOT (rtrim(%s) GLOB '*Z' OR substr(rtrim(%s), 11) GLOB '*[+-]*')" % (column, column)


def ecom_quality(found, db):
    records, events = one(db, "SELECT count(*) FROM e"), one(db, "SELECT count(*) FROM d")
    equal("quality: same_id", found["same_id"], (records - events, records))
    equal("quality: no_offset", found["no_offset"], (one(db, "SELECT count(*) FROM d WHERE " + no_offset("timestamp")), events))
    spellings = "SELECT replace(replace(lower(event), ' ', '_'), '-', '_') k, event e, count(*) n FROM d GROUP BY 2"
    equal("quality: name_variant", found["name_variant"],
          (one(db, "SELECT ifnull(sum(n), 0) - ifnull(sum(m), 0) FROM (SELECT sum(n) n, max(n) m FROM (%s) GROUP BY k)" % spellings), events))
    equal("quality: same_content", found["same_content"], (0, events))  # ids are made of the content
    equal("quality: future, stale", (found["future"], found["stale"]), ((0, events), (0, events)))  # nothing says when it was received


def shopify_quality(found, db):
    orders, customers = one(db, "SELECT count(DISTINCT id) FROM o"), one(db, "SELECT count(*) FROM (SELECT DISTINCT id, updated_at FROM c)")
    equal("quality: no_offset", found["no_offset"],
          (one(db, "SELECT count(DISTINCT id) FROM o WHERE " + no_offset("created_at")) +
           one(db, "SELECT count(*) FROM (SELECT DISTINCT id, updated_at FROM c WHERE %s)" % no_offset("updated_at")), orders + customers))
    equal("quality: no_consent_said", found["no_consent_said"], (customers, customers))
    equal("quality: required_missing", found["required_missing"],
          (one(db, "SELECT count(*) FROM o WHERE id = '' OR total_price = '' OR currency = ''"), orders))
    equal("quality: currency", found["currency"], (one(db, "SELECT count(*) FROM o WHERE length(currency) <> 3"),
                                                   one(db, "SELECT count(*) FROM o WHERE currency <> ''")))
    equal("quality: sign", found["sign"], (one(db, "SELECT count(*) FROM o WHERE total_price + 0 < 0"), one(db, "SELECT count(*) FROM o WHERE total_price <> ''")))
    equal("quality: decimals", found["decimals"][0], one(db, "SELECT count(*) FROM o WHERE total_price + 0 <> round(total_price + 0, 2)"))
    equal("quality: same_order", found["same_order"], (0, orders))


def fractribution(store, db, ws):
    raw(db, "e", "fractribution/source/snowplow_fractribution_events.csv")
    raw(db, "visit", "fractribution/expected/snowplow_fractribution_sessions_by_customer_id_expected.csv")
    raw(db, "sale", "fractribution/expected/snowplow_fractribution_conversions_by_customer_id_expected.csv")
    raw(db, "channel", "fractribution/expected/snowplow_fractribution_channel_counts_expected.csv")
    equal("what was read", rows(store, "SELECT records, events, duplicates, rejected FROM sources"),
          rows(db, "SELECT count(*), count(DISTINCT event_id), count(*) - count(DISTINCT event_id), 0 FROM e"))
    equal("events by visitor", people(store, "anonymous_id", "events"),
          dict(db.execute("SELECT domain_userid, count(*) FROM e GROUP BY 1")))
    # The publisher's own results: sessions, their channels, conversions. Its customer ids are the visitors' with an f in front.
    equal("visits", rows(store, "SELECT 'f' || value, time, source, medium, campaign FROM touches JOIN identifiers USING (profile_id)"),
          rows(db, "SELECT customer_id, %s, source, medium, campaign FROM visit" % iso("visit_start_tstamp")))
    equal("visits by channel", rows(store, "SELECT source, medium, campaign, count(*) FROM touches GROUP BY 1, 2, 3"),
          rows(db, "SELECT source, medium, campaign, number_of_sessions + 0 FROM channel"))
    equal("sales by visitor", {"f" + k: v for k, v in people(store, "anonymous_id", "revenue").items() if v},
          dict(db.execute("SELECT customer_id, sum(revenue) FROM sale GROUP BY 1")))
    equal("came_by_search", ["f" + v for v in members(store, "anonymous_id", "came_by_search")], [v for (v,) in db.execute(
        "SELECT DISTINCT customer_id FROM visit WHERE channel IN ('Organic_Search', 'Paid_Search_Other') ORDER BY 1")])
    equal("came_by_video", ["f" + v for v in members(store, "anonymous_id", "came_by_video")], [v for (v,) in db.execute(
        "SELECT DISTINCT customer_id FROM visit WHERE channel = 'Video' ORDER BY 1")])


def again(binary, ws):
    """A second run with nothing new leaves the file as it is."""
    with open(os.path.join(ws, "kinfold.db"), "rb") as f:
        before = f.read()
    subprocess.run([binary, "run"], cwd=ws, capture_output=True, check=True)
    with open(os.path.join(ws, "kinfold.db"), "rb") as f:
        equal("the store after a second run is unchanged", f.read() == before, True)


def main(binary, *names):
    global failures, extension
    if names and names[0].endswith(".so"):
        extension, names = names[0], names[1:]
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
                failures += 1
                continue
            store, plain = sqlite3.connect(os.path.join(ws, "kinfold.db")), sqlite3.connect(":memory:")
            check(store, plain, ws)
            store.close()
            more = globals().get(check.__name__ + "_quality")
            if more:
                more(findings(binary, ws), plain)
            again(binary, ws)
    sys.exit(1 if failures else 0)


main(*sys.argv[1:])
