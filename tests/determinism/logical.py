"""What a store says, without what may differ: the numbers of identifiers and symbols, which depend on who was read first, become their texts.

`contents(store)` is a dict of lists of rows, one a table. A table that is not described here is an error, so that none is forgotten."""
import sqlite3
import subprocess

# Columns that number something else, by table. `id` is left out where the order of the rows depends on such numbers; everywhere else the
# place of a row is part of the result.
UNORDERED = {"(log)", "identifier", "identifier_span", "shared_identifier", "link", "link_refused", "symbol", "namespace", "source_file",
             "quarantine"}
NUMBERS = {
    "identifier": {"namespace": "namespace", "profile": "profile", "same_as": "identifier", "joined_to": "identifier"},
    "identifier_span": {"identifier": "identifier", "profile": "profile"},
    "shared_identifier": {"identifier": "identifier"},
    "link": {"a": "identifier", "b": "identifier"},
    "link_refused": {"a": "identifier", "b": "identifier", "apart_a": "identifier", "apart_b": "identifier"},
    "touch": {"profile": "profile"},
    "membership": {"rule": "rule", "profile": "profile"},
    "without_consent": {"rule": "rule", "profile": "profile"},
    "suppression": {"rule": "rule", "profile": "profile", "contact": "identifier"},
    "consent": {"profile": "profile", "purpose": "purpose"},
    "eligibility": {"profile": "profile", "channel": "rule", "contact": "identifier", "blocked_by": "rule"},
    "undecided": {"profile": "profile", "rule": "rule"},
    "flag": {"rule": "rule", "profile": "profile"},
    "fraud": {"rule": "rule", "profile": "profile", "identifier": "identifier"},
    "quality": {"rule": "rule"},
    "profile": {}, "profile_column": {}, "rule": {}, "rule_file": {}, "run": {}, "setting": {}, "source_status": {}, "source_file": {},
    "quarantine": {}, "symbol": {}, "namespace": {}, "event_block": {}, "purpose": {}, "decision": {}, "approval": {},
    "erasure": {}, "tombstone": {}, "run_rule": {}, "run_quality": {}, "run_source": {}, "source_event": {}, "source_field": {},
}
# Never part of a result: when a run was made; a file's time; what the packed bytes are (they hold the numbers of symbols; log_events unpacks them). Which values
# got a number depends on how often a thread saw them, so of the dictionaries only those of names are compared.
ALWAYS = {"run": {"at_ms"}, "source_file": {"modified_ms"}, "event_block": {"data", "bytes"}, "symbol": {"number"}}
# The same events in other files.
FILES = {"source_file": None, "quarantine": {"file", "record"}, "run": {"data_digest", "read_bytes"}}
# The same events in several runs: when something was read. What was read is summed up over the runs.
RUNS = {"run_rule": {"run", "id"}, "run_quality": {"run", "id"}, "run_source": None, "run": {"number", "read_records", "read_events", "read_bytes", "ids_gone", "ids_new"}, "source_status": {"last_run"}, "source_file": {"run"},
        "quarantine": {"run"}}
# The same events more than once: how many copies were seen and refused.
COPIES = {"run": {"quarantined", "duplicates", "read_records", "data_digest"},
          "source_status": {"records", "duplicates", "rejected", "skipped"}, "run_source": None}


def lookups(db):
    one = {
        "namespace": "SELECT id, name FROM namespace",
        "profile": "SELECT id, profile_id FROM profile",
        "identifier": "SELECT i.id, n.name || ':' || i.value FROM identifier i JOIN namespace n ON n.id = i.namespace",
        "rule": "SELECT id, kind || ' ' || name FROM rule",
        "purpose": "SELECT id, name FROM purpose",
    }
    return {name: dict(db.execute(sql)) for name, sql in one.items()}


def table(db, name, names, without):
    cursor = db.execute('SELECT * FROM "%s" ORDER BY 1' % name)
    columns = [c[0] for c in cursor.description]
    keep = [i for i, c in enumerate(columns) if c not in without and not (c == "id" and name in UNORDERED)]
    resolve = [NUMBERS[name].get(c) for c in columns]
    rows = []
    for row in cursor:
        rows.append(tuple((columns[i], names[resolve[i]].get(row[i], "no such number") if resolve[i] and row[i] is not None else row[i])
                          for i in keep))
    return sorted(rows, key=repr) if name in UNORDERED else rows


def last_run_only(db, name, rows):
    """Of a history only what the last run came to."""
    if name == "run":
        return rows[-1:]
    last = db.execute('SELECT count(*) FROM "%s" WHERE run = (SELECT max(run) FROM "%s")' % (name, name)).fetchone()[0]
    return rows[len(rows) - last:]


def contents(store, log_events=None, *masks):
    """Rows of every table, as ((column, value), ...). masks: FILES, RUNS, COPIES."""
    db = sqlite3.connect("file:%s?mode=ro" % store, uri=True)
    try:
        names = lookups(db)
        ret = {}
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1").fetchall():
            without, gone = set(ALWAYS.get(name, ())), False
            for mask in masks:
                gone = gone or (name in mask and mask[name] is None)
                without |= mask.get(name) or set()
            if gone:
                continue
            rows = table(db, name, names, without)
            if name in ("run", "run_rule", "run_quality") and RUNS in masks:
                rows = last_run_only(db, name, rows)
            if name == "quarantine" and COPIES in masks:
                rows = sorted(set(rows), key=repr)
            if name == "symbol":
                rows = [r for r in rows if dict(r)["dictionary"] not in ({"value", "file"} if FILES in masks else {"value"})]
            if name in ("quality", "run_quality") and (COPIES in masks or RUNS in masks):  # of the copies that this run dropped
                rows = [r for r in rows if ("detail", "same_id_other_content") not in r]
            if name in ("quality", "run_quality") and COPIES in masks:
                rows = [r for r in rows if ("detail", "same_id") not in r]
            ret[name] = rows
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], store
    finally:
        db.close()
    if log_events:
        # Events of nobody lie in the order in which they came.
        ret["(log)"] = sorted(subprocess.run([log_events, store], check=True, stdout=subprocess.PIPE).stdout.splitlines())
    return ret


def difference(mine, theirs):
    """The first table and rows that differ, as text; None: equal."""
    for name in sorted(set(mine) | set(theirs)):
        a, b = mine.get(name), theirs.get(name)
        if a == b:
            continue
        if a is None or b is None:
            return "table %s is in one of them only" % name
        only_a = [r for r in a if r not in set(b)][:3]
        only_b = [r for r in b if r not in set(a)][:3]
        return "table %s: %d and %d rows\n  first only: %s\n  second only: %s" % (
            name, len(a), len(b), "\n    ".join(map(repr, only_a)) or "none (another order)", "\n    ".join(map(repr, only_b)) or "none")
    return None
