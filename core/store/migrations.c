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

/* 3 to 4: what rules, checks and sources came to at every run; when a run was made; which source
 * delivers what; approvals as their log has them. Nothing wrote approvals before. */
/* clang-format off */
static const char HISTORY[] =
    "ALTER TABLE run ADD COLUMN at_ms INT;"
    "ALTER TABLE run ADD COLUMN despite_by TEXT;"
    "ALTER TABLE run ADD COLUMN despite TEXT;"
    "CREATE TABLE run_rule( -- what a rule came to at a run, this one or an earlier one\n"
    " id INTEGER PRIMARY KEY, run INT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,\n"
    " band TEXT, -- of a score; null: the rule as a whole\n"
    " digest TEXT, -- of the rule as it was\n"
    " members INT NOT NULL, -- profiles; of a fraud rule verdicts, of a flag rule events\n"
    " undecided INT NOT NULL, lacking INT NOT NULL); -- lacking the consent that it requires\n"
    "CREATE TABLE run_quality( -- a finding at a run, this one or an earlier one\n"
    " id INTEGER PRIMARY KEY, run INT NOT NULL, rule TEXT, -- its name; null: built in\n"
    " \"check\" TEXT, detail TEXT, bad INT NOT NULL, \"of\" INT NOT NULL, passed INT NOT NULL,\n"
    " gate TEXT); -- what the rule holds back where it fails; null: nothing\n"
    "CREATE TABLE run_source( -- what a run read of a source\n"
    " id INTEGER PRIMARY KEY, run INT NOT NULL, source TEXT NOT NULL, records INT NOT NULL,\n"
    " events INT NOT NULL, duplicates INT NOT NULL, rejected INT NOT NULL,\n"
    " waits INT NOT NULL); -- 1: it was not read, for it waited for approval\n"
    "CREATE TABLE source_event( -- which events of the log a source delivered\n"
    " id INTEGER PRIMARY KEY, source TEXT NOT NULL,\n"
    " type TEXT, name TEXT, -- type null: what is left after the 1000 most frequent\n"
    " names INT NOT NULL, -- that the row stands for\n"
    " events INT NOT NULL, last_event_ms INT, last_received_ms INT);\n"
    "CREATE TABLE source_field( -- which fields and identifiers its events have\n"
    " id INTEGER PRIMARY KEY, source TEXT NOT NULL, kind TEXT NOT NULL, -- field, namespace\n"
    " name TEXT NOT NULL); -- of up to 4096 events, chosen by content: rare ones may lack\n"
    "DROP VIEW IF EXISTS approvals;"
    "DROP TABLE IF EXISTS approval;"
    "CREATE TABLE approval( -- who signed a rule set off: a copy of approvals.jsonl\n"
    " number INTEGER PRIMARY KEY, at_ms INT, role TEXT NOT NULL, who TEXT NOT NULL, key TEXT,\n"
    " verdict TEXT NOT NULL, rules_digest TEXT NOT NULL, plan_digest TEXT, because TEXT,\n"
    " hash TEXT, previous TEXT, signature TEXT);\n"
    "DROP VIEW IF EXISTS runs;"
    "CREATE VIEW runs AS -- every run\n"
    " SELECT number, engine, " ISO("as_of_ns / 1000000") " AS as_of, events, profiles, identifiers,\n"
    "  quarantined, duplicates, read_records, read_events, read_bytes, rules_digest,\n"
    "  config_digest, data_digest, decisions, erasures, ids_gone, ids_new,\n"
    "  " ISO("at_ms") " AS at, despite_by, despite FROM run;\n"
    "CREATE VIEW history AS -- what a rule came to at every run\n"
    " SELECT h.run, " ISO("r.at_ms") " AS at, " ISO("r.as_of_ns / 1000000") " AS as_of, h.kind,\n"
    "  h.name AS rule, h.band, h.members, h.undecided, h.lacking, h.digest\n"
    " FROM run_rule h JOIN run r ON r.number = h.run;\n"
    "CREATE VIEW finding_history AS -- what a check found at every run\n"
    " SELECT q.run, " ISO("r.at_ms") " AS at, coalesce(q.rule, 'built in') AS rule, q.\"check\",\n"
    "  q.detail AS finding, q.bad, q.\"of\", q.passed, q.gate\n"
    " FROM run_quality q JOIN run r ON r.number = q.run;\n"
    "CREATE VIEW deliveries AS -- what every run read of a source\n"
    " SELECT s.run, " ISO("r.at_ms") " AS at, s.source, s.records, s.events, s.duplicates,\n"
    "  s.rejected, s.waits FROM run_source s JOIN run r ON r.number = s.run;\n"
    "CREATE VIEW delivered AS -- which events the log has of a source, and how fresh they are\n"
    " SELECT source, type, name, names, events, " ISO("last_event_ms") " AS last_event,\n"
    "  " ISO("last_received_ms") " AS last_received FROM source_event;\n"
    "CREATE VIEW approvals AS -- who signed which rule set off\n"
    " SELECT number, " ISO("at_ms") " AS at, role, who, verdict, rules_digest, plan_digest, because,\n"
    "  key, hash, previous FROM approval;\n";
/* clang-format on */

static const struct kf_migration STEPS[KF_STORE_VERSION - 1] = {
    {STEWARDS, "the stewards' log and erasures"},
    {IDS, "profile ids that a run changed"},
    {HISTORY, "what every run came to"},
};
const struct kf_migration *const kf_store_migrations = STEPS;
