/* How older stores are brought forward. A step is never changed once a release had it: files of
 * that version exist. It says what the tables were made of then, so it does not share text with
 * tables.c. */
#include "store/schema.h"
#include "store/store.h"

#define ISO(x) "strftime('%Y-%m-%dT%H:%M:%fZ', " x " / 1000.0, 'unixepoch')"

/* 1 to 2: the stewards' log knows what an undo undoes; receipts of erasures and their tombstones.
 */
/* clang-format off */
static const char STEWARDS[] =
    "ALTER TABLE decision ADD COLUMN made_ms INT;"
    "ALTER TABLE decision ADD COLUMN undoes INT;"
    "ALTER TABLE decision ADD COLUMN key TEXT;"
    "UPDATE decision SET key = printf('before-%d', number);" /* nothing wrote any before */
    "ALTER TABLE run ADD COLUMN decisions INT NOT NULL DEFAULT 0;"
    "ALTER TABLE run ADD COLUMN erasures INT NOT NULL DEFAULT 0;"
    "CREATE TABLE erasure( -- a person who was erased: the receipt\n"
    " number INTEGER PRIMARY KEY, at_ms INT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,\n"
    " rule TEXT NOT NULL, -- by which rule: core/identity/README.md has the text\n"
    " counts TEXT NOT NULL, -- JSON: what went\n"
    " previous TEXT NOT NULL, -- hash of the receipt before\n"
    " hash TEXT NOT NULL); -- SHA-256 over the receipt and its tombstones\n"
    "CREATE TABLE tombstone( -- keyed hash of what was erased, so that it does not come back\n"
    " id INTEGER PRIMARY KEY, erasure INT NOT NULL,\n"
    " namespace TEXT, -- of an identifier; null: the id of an event\n"
    " hash TEXT NOT NULL);\n"
    "DROP VIEW IF EXISTS runs;"
    "CREATE VIEW runs AS -- every run\n"
    " SELECT number, engine, " ISO("as_of_ns / 1000000") " AS as_of, events, profiles, identifiers,\n"
    "  quarantined, duplicates, read_records, read_events, read_bytes, rules_digest,\n"
    "  config_digest, data_digest, decisions, erasures FROM run;\n"
    "DROP VIEW IF EXISTS decisions;"
    "CREATE VIEW decisions AS -- what stewards decided; an undo names what it undoes\n"
    " SELECT number, verb, a, b, " ISO("at_ns / 1000000") " AS at, undoes, who, why,\n"
    "  " ISO("made_ms") " AS made, number > (SELECT max(decisions) FROM run) AS waits_for_run\n"
    " FROM decision;\n"
    "CREATE VIEW erasures AS -- who was erased, as far as it may be known: receipts\n"
    " SELECT e.number, " ISO("e.at_ms") " AS at, e.who, e.why, e.rule, e.counts,\n"
    "  (SELECT count(*) FROM tombstone t WHERE t.erasure = e.number) AS tombstones,\n"
    "  e.previous, e.hash FROM erasure e;\n";
/* clang-format on */

/* 2 to 3: how many profile ids a run changed. */
/* clang-format off */
static const char IDS[] =
    "ALTER TABLE run ADD COLUMN ids_gone INT;"
    "ALTER TABLE run ADD COLUMN ids_new INT;"
    "DROP VIEW IF EXISTS runs;"
    "CREATE VIEW runs AS -- every run\n"
    " SELECT number, engine, " ISO("as_of_ns / 1000000") " AS as_of, events, profiles, identifiers,\n"
    "  quarantined, duplicates, read_records, read_events, read_bytes, rules_digest,\n"
    "  config_digest, data_digest, decisions, erasures, ids_gone, ids_new FROM run;\n";
/* clang-format on */

static const struct kf_migration STEPS[KF_STORE_VERSION - 1] = {
    {STEWARDS, "the stewards' log and erasures"},
    {IDS, "profile ids that a run changed"},
};
const struct kf_migration *const kf_store_migrations = STEPS;
