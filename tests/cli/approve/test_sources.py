#!/usr/bin/env python3
"""Sources of cadence approval: read when somebody says so, the files he saw and no others."""
import json
import os
import sqlite3

from office import HOME, block, check, check_in, clock, done, key, kinfold, lines, office, read, says, schema, write

shop = office("shop")
yaml = read(shop, "kinfold.yaml")
SOURCE = "  - { name: refunds, plugin: source_segment, path: refunds/*.jsonl, cadence: approval }\n"


def config(source=SOURCE, people=True):
    text = yaml.split("approval:")[0].replace("destinations:", source + "destinations:")
    write(text + (block().replace("required: [privacy, analytics]", "required: []") if people else ""), shop, "kinfold.yaml")


def refund(name, n):
    write("".join(json.dumps({"messageId": "%s%d" % (name, i), "type": "track", "event": "Order Refunded", "userId": "u1", "timestamp": "2026-06-20T10:00:%02dZ" % i})
                  + "\n" for i in range(n)), shop, "refunds", name + ".jsonl")


def refunds():
    """Stored refunds, and what the last run says of the source."""
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(shop, "kinfold.db"), uri=True)
    try:
        return (db.execute("SELECT coalesce(max(events), 0) FROM sources WHERE name = 'refunds'").fetchone()[0],
                db.execute("SELECT waits FROM run_source WHERE source = 'refunds' ORDER BY id DESC LIMIT 1").fetchone()[0])
    finally:
        db.close()


def approve(name, *more, verb="approve", who="Ada"):
    clock[0] += 60
    return kinfold("source", verb, name, "--because", "looked at it", "--key", key(who)[0], "--yes", *more, cwd=shop)


config()
refund("a", 2)
check_in("run: it waits", "waits for approval", says("run", 0, "run", cwd=shop))
check("it is not read", refunds(), (0, 1))
check("list", says("list", 0, "source", "list", cwd=shop).splitlines()[-1].split(), "refunds approval waits: nobody has released it".split())
says("who may not", 77, "source", "approve", "refunds", "--because", "x", "--key", key("Pia")[0], "--yes", cwd=shop,
     part="Pia may sign for privacy, not for sources")
says("another cadence", 66, "source", "approve", "web", "--because", "x", "--key", key("Ada")[0], "--yes", cwd=shop,
     part="source 'web' waits for nobody: its cadence is real time, not approval")
says("no such source", 66, "source", "approve", "refund", "--because", "x", "--key", key("Ada")[0], "--yes", cwd=shop, part="did you mean 'refunds'?")
says("no such verb", 64, "source", "aprove", "refunds", cwd=shop, part="did you mean 'approve'?")
says("no reason", 64, "source", "approve", "refunds", "--key", key("Ada")[0], "--yes", cwd=shop, part="say --because")

r = approve("refunds", "--json")
d = schema("kinfold.source-1", r.stdout)
check("approved", (r.returncode, d["line"], d["files"], d["until"], d["who"]), (0, 1, 1, None, "Ada"))
says("run", 0, "run", "-q", cwd=shop)
check("it is read", refunds(), (2, 0))
check_in("list", "released by Ada on 2026-07-01 12:01, for the files as they are".replace("12:01", "10:01"), says("list", 0, "source", "list", cwd=shop))
refund("b", 3)
says("a new file", 0, "run", "-q", cwd=shop)
check("waits again, and what was read stays", refunds(), (2, 0))
d = schema("kinfold.source-list-1", says("list", 0, "source", "list", "--json", cwd=shop))
check("why", (d["sources"][1]["waits"], d["sources"][1]["standing"]), (True, "waits: other files, or read otherwise, than those released by Ada on 2026-07-01 10:01"))
says("run with force", 0, "run", "-q", "--force", cwd=shop)
check("the run says that it waits", refunds(), (2, 1))
check_in("approved again", "2 files as they are now; a file that is new or changed waits again", approve("refunds").stdout)
says("run", 0, "run", "-q", cwd=shop)
check("both are read", refunds(), (5, 0))

config(SOURCE.replace("approval }", "approval, options: { group_type: team } }"))
check_in("read otherwise", "waits: other files, or read otherwise, than those released by Ada", says("list", 0, "source", "list", cwd=shop))
config()
check_in("read as it was", "released by Ada", says("list", 0, "source", "list", cwd=shop))

check("revoked", approve("refunds", verb="revoke").returncode, 0)
refund("c", 1)
says("run", 0, "run", "-q", "--force", cwd=shop)
check("revoked: not read", refunds(), (5, 1))
check_in("revoked: list", "waits: stopped by Ada on", says("list", 0, "source", "list", cwd=shop))
check_in("until a day that is over", "--until names a day that is over", approve("refunds", "--until", "2026-06-30").stderr)
check_in("until", "whatever comes until 2026-07-04 00:00", approve("refunds", "--until", "2026-07-03").stdout)
says("run", 0, "run", "-q", cwd=shop)
check("read", refunds(), (6, 0))
refund("d", 1)
says("run", 0, "run", "-q", cwd=shop)
check("whatever comes", refunds(), (7, 0))
clock[0] += 3 * 86400
refund("e", 1)
says("run", 0, "run", "-q", "--force", cwd=shop)
check("after that day it waits", refunds(), (7, 1))
check_in("and says so", "waits: the release ended, by Ada on", says("list", 0, "source", "list", cwd=shop))
log = says("log", 0, "log", cwd=shop)
for part in ("releases source refunds  ", "stops source refunds", "releases source refunds until 2026-07-04 00:00"):
    check_in("log", part, log)

# ---- kinfold.yaml says it, as before ----
config(SOURCE.replace("approval }", "approval, approved_by: Jo }"))
says("run", 0, "run", "-q", cwd=shop)
check("approved_by", refunds(), (8, 0))
check_in("list", "released by Jo, in kinfold.yaml", says("list", 0, "source", "list", cwd=shop))
check_in("is not stopped here", "kinfold.yaml releases source 'refunds' (approved_by: Jo); take that line out", approve("refunds", verb="revoke").stderr)

# ---- a log that somebody laid hands on releases nothing ----
config()
check("released once more", approve("refunds", "--until", "2027-01-01").returncode, 0)
good = read(shop, "approvals.jsonl")
write(good.replace("looked at it", "looked at It", 1), shop, "approvals.jsonl")
refund("f", 1)
says("run", 0, "run", "-q", "--force", cwd=shop)
check("not by a broken log", refunds(), (8, 1))
write(good, shop, "approvals.jsonl")
says("run", 0, "run", "-q", cwd=shop)
check("but by a sound one", refunds(), (9, 0))
check("the store's copy is the log", len(lines(shop)), len(list(sqlite3.connect(os.path.join(shop, "kinfold.db")).execute("SELECT * FROM approvals"))))
db = sqlite3.connect(os.path.join(shop, "kinfold.db"))
check("as it is", [r for r in db.execute("SELECT number, role, who, verdict, hash FROM approval ORDER BY number")],
      [(e["number"], "sources", "Ada", {"source": "released", "source_revoke": "revoked"}[e["kind"]], e["hash"]) for e in map(json.loads, lines(shop))])
del HOME
done()
