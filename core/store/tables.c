/* The tables of a store, as text with its comments: SQLite keeps both, so that `.schema` explains
 * itself. Rowid tables throughout: DuckDB cannot read others. The profile table is in schema.c. */
#include "store/schema.h"

/* ---- the run and its rules ---- */

#define RUN                                                                                        \
    "CREATE TABLE run( -- a run: this one, the last, and all before it\n"                          \
    " number INTEGER PRIMARY KEY,\n"                                                               \
    " engine TEXT NOT NULL, -- version of Kinfold\n"                                               \
    " rules_digest TEXT NOT NULL, config_digest TEXT NOT NULL,\n"                                  \
    " data_digest TEXT NOT NULL, -- SHA-256 over the sorted hashes of all files read so far\n"     \
    " as_of_ns INT NOT NULL, -- the instant everything is worked out for\n"                        \
    " events INT NOT NULL, -- in the log\n"                                                        \
    " profiles INT NOT NULL, identifiers INT NOT NULL, -- that are somebody's\n"                   \
    " quarantined INT NOT NULL, duplicates INT NOT NULL, -- over all runs\n"                       \
    " read_records INT NOT NULL, read_events INT NOT NULL, read_bytes INT NOT NULL, -- by it\n"    \
    " compression TEXT NOT NULL,\n"                                                                \
    " decisions INT NOT NULL DEFAULT 0, -- of the stewards' log, up to this number\n"              \
    " erasures INT NOT NULL DEFAULT 0, -- the same of receipts\n"                                  \
    " ids_gone INT, ids_new INT, -- profile ids the run before had, and it had not; null: first\n" \
    " at_ms INT, -- when it was made, by the clock; null: nobody looked. Enters no result\n"       \
    " despite_by TEXT, despite TEXT); -- who stored it although a quality gate was shut, and "     \
    "why\n"                                                                                        \
    "CREATE TABLE run_rule( -- what a rule came to at a run, this one or an earlier one\n"         \
    " id INTEGER PRIMARY KEY, run INT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,\n"         \
    " band TEXT, -- of a score; null: the rule as a whole\n"                                       \
    " digest TEXT, -- of the rule as it was\n"                                                     \
    " members INT NOT NULL, -- profiles; of a fraud rule verdicts, of a flag rule events\n"        \
    " undecided INT NOT NULL, lacking INT NOT NULL); -- lacking the consent that it requires\n"    \
    "CREATE TABLE run_quality( -- a finding at a run, this one or an earlier one\n"                \
    " id INTEGER PRIMARY KEY, run INT NOT NULL, rule TEXT, -- its name; null: built in\n"          \
    " \"check\" TEXT, detail TEXT, bad INT NOT NULL, \"of\" INT NOT NULL, passed INT NOT NULL,\n"  \
    " gate TEXT); -- what the rule holds back where it fails; null: nothing\n"                     \
    "CREATE TABLE run_source( -- what a run read of a source\n"                                    \
    " id INTEGER PRIMARY KEY, run INT NOT NULL, source TEXT NOT NULL, records INT NOT NULL,\n"     \
    " events INT NOT NULL, duplicates INT NOT NULL, rejected INT NOT NULL,\n"                      \
    " waits INT NOT NULL); -- 1: it was not read, for it waited for approval\n"                    \
    "CREATE TABLE setting( -- what a reader needs to know\n"                                       \
    " name TEXT PRIMARY KEY, -- raw_identifiers, zone, currency\n"                                 \
    " value TEXT NOT NULL);\n"

#define RULES                                                                                      \
    "CREATE TABLE rule( -- a rule of the last run\n"                                               \
    " id INTEGER PRIMARY KEY, -- what the columns rule, channel, blocked_by of others say\n"       \
    " kind TEXT NOT NULL, -- segment, suppress, trait, link, ...\n"                                \
    " place INT NOT NULL, -- among its kind; of a channel: its bit in suppression.channels\n"      \
    " name TEXT NOT NULL, title TEXT, owner TEXT, because TEXT, file TEXT, line INT,\n"            \
    " sentence TEXT, -- its condition in words\n"                                                  \
    " digest TEXT, UNIQUE(kind, name, id));\n"                                                     \
    "CREATE TABLE rule_file( -- a rule file as it was: dry-run and explain load it again\n"        \
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL);\n"                          \
    "CREATE TABLE profile_column( -- a column that a rule gave the table profile\n"                \
    " place INTEGER PRIMARY KEY, name TEXT NOT NULL, rule INT NOT NULL,\n"                         \
    " band INT NOT NULL, -- 1: the band of a score\n"                                              \
    " type TEXT NOT NULL, unit TEXT, -- currency\n"                                                \
    " personal TEXT); -- category of personal data\n"

/* ---- where data came from ---- */

#define SOURCES                                                                                    \
    "CREATE TABLE source_status( -- a source of kinfold.yaml\n"                                    \
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, plugin TEXT,\n"                           \
    " cadence TEXT, cron TEXT, approved_by TEXT,\n"                                                \
    " records INT NOT NULL, -- read over all runs, as duplicates and skipped\n"                    \
    " events INT NOT NULL, -- in the log, as late and the newest times\n"                          \
    " duplicates INT NOT NULL,\n"                                                                  \
    " rejected INT NOT NULL, -- in quarantine\n"                                                   \
    " skipped INT NOT NULL, late INT NOT NULL, -- received more than a day after it happened\n"    \
    " last_event_ms INT, last_received_ms INT, last_run INT);\n"                                   \
    "CREATE TABLE source_file( -- a file that was read; as long as it is the same: not again\n"    \
    " id INTEGER PRIMARY KEY, source TEXT NOT NULL, path TEXT NOT NULL,\n"                         \
    " size INT NOT NULL, hash TEXT NOT NULL, -- XXH3\n"                                            \
    " modified_ms INT, records INT NOT NULL, events INT NOT NULL, rejected INT NOT NULL,\n"        \
    " skipped INT NOT NULL, run INT NOT NULL, UNIQUE(source, path));\n"                            \
    "CREATE TABLE source_event( -- which events of the log a source delivered\n"                   \
    " id INTEGER PRIMARY KEY, source TEXT NOT NULL,\n"                                             \
    " type TEXT, name TEXT, -- type null: what is left after the 1000 most frequent\n"             \
    " names INT NOT NULL, -- that the row stands for\n"                                            \
    " events INT NOT NULL, last_event_ms INT, last_received_ms INT);\n"                            \
    "CREATE TABLE source_field( -- which fields and identifiers its events have\n"                 \
    " id INTEGER PRIMARY KEY, source TEXT NOT NULL, kind TEXT NOT NULL, -- field, namespace\n"     \
    " name TEXT NOT NULL); -- of up to 4096 events, chosen by content: rare ones may lack\n"       \
    "CREATE TABLE quarantine( -- a record that is no event\n"                                      \
    " id INTEGER PRIMARY KEY, run INT NOT NULL, source TEXT NOT NULL,\n"                           \
    " file TEXT, record INT, -- line or record number\n"                                           \
    " reason TEXT NOT NULL, -- one stable word\n"                                                  \
    " detail TEXT, raw BLOB);\n"                                                                   \
    "CREATE TABLE quality( -- a finding of the checklist or of an expect rule\n"                   \
    " id INTEGER PRIMARY KEY, rule INT, -- null: built in\n"                                       \
    " \"check\" TEXT, detail TEXT, bad INT NOT NULL, \"of\" INT NOT NULL, passed INT NOT NULL,\n"  \
    " example TEXT); -- JSON list of event ids\n"

/* ---- the event log ---- */

#define LOG                                                                                        \
    "CREATE TABLE symbol( -- a text of the log's dictionaries\n"                                   \
    " id INTEGER PRIMARY KEY, dictionary TEXT NOT NULL, -- key, name, value, ns, source, file\n"   \
    " number INT NOT NULL, -- what event_block.data says\n"                                        \
    " text TEXT NOT NULL);\n"                                                                      \
    "CREATE TABLE namespace( -- a namespace of identifiers\n"                                      \
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL,\n"                                               \
    " rank INT); -- as the rules say; null: they do not declare it\n"                              \
    "CREATE TABLE event_block( -- up to 1000 events; the extension kinfold_event reads them\n"     \
    " id INTEGER PRIMARY KEY,\n"                                                                   \
    " first_profile INT, last_profile INT, -- null: nobody's, or after as_of\n"                    \
    " events INT NOT NULL, first_ms INT NOT NULL, last_ms INT NOT NULL,\n"                         \
    " bytes INT NOT NULL, -- before compression\n"                                                 \
    " data BLOB NOT NULL); -- hash, then the events, plain or as one zstd frame\n"                 \
    "CREATE INDEX event_block_profile ON event_block(first_profile);\n"                            \
    "CREATE TABLE flag( -- a mark that a flag rule set on an event\n"                              \
    " id INTEGER PRIMARY KEY, rule INT NOT NULL, profile INT, -- null: nobody's\n"                 \
    " event TEXT NOT NULL, -- its id\n"                                                            \
    " time_ms INT);\n"

/* ---- people ---- */

#define PEOPLE                                                                                     \
    "CREATE TABLE identifier( -- a value as written, or what it normalises to\n"                   \
    " id INTEGER PRIMARY KEY, -- minus 1: the number in the log\n"                                 \
    " namespace INT NOT NULL, value TEXT NOT NULL,\n"                                              \
    " profile INT, -- who holds it at as_of; null: nobody, or see same_as\n"                       \
    " same_as INT, -- this is only a spelling of that identifier\n"                                \
    " joined_to INT, -- a steward said that it is that identifier\n"                               \
    " isolated TEXT, ignored TEXT); -- why it is nobody's\n"                                       \
    "CREATE INDEX identifier_value ON identifier(value, namespace);\n"                             \
    "CREATE INDEX identifier_profile ON identifier(profile);\n"                                    \
    "CREATE TABLE identifier_span( -- who held an identifier when; only of those that were cut\n"  \
    " id INTEGER PRIMARY KEY, identifier INT NOT NULL, from_ms INT, -- null: always\n"             \
    " to_ms INT, profile INT, isolated TEXT, first_ms INT, last_ms INT); -- null: still\n"         \
    "CREATE TABLE shared_identifier( -- used by more people than one: up for review\n"             \
    " id INTEGER PRIMARY KEY, identifier INT NOT NULL);\n"                                         \
    "CREATE TABLE link( -- evidence that two identifiers are one person's (`links: true`)\n"       \
    " id INTEGER PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, -- identifier.id\n"                  \
    " rule TEXT NOT NULL, strength TEXT NOT NULL, consented INT NOT NULL,\n"                       \
    " first_ms INT, last_ms INT, count INT NOT NULL,\n"                                            \
    " event TEXT); -- id of the newest\n"                                                          \
    "CREATE TABLE link_refused( -- the same, not followed, and why\n"                              \
    " id INTEGER PRIMARY KEY, a INT NOT NULL, b INT NOT NULL,\n"                                   \
    " rule TEXT NOT NULL, strength TEXT NOT NULL, consented INT NOT NULL,\n"                       \
    " first_ms INT, last_ms INT, count INT NOT NULL, event TEXT,\n"                                \
    " reason TEXT NOT NULL, limit_namespace TEXT, -- whose limit it would have broken\n"           \
    " apart_a INT, apart_b INT, apart_rule TEXT); -- two identifiers that must stay apart\n"       \
    "CREATE TABLE touch( -- a contact with a campaign\n"                                           \
    " id INTEGER PRIMARY KEY, profile INT NOT NULL, seq INT NOT NULL, -- from 1, by time\n"        \
    " time_ms INT NOT NULL, kind TEXT NOT NULL, -- click, view, visit\n"                           \
    " source TEXT, medium TEXT, campaign TEXT, term TEXT, content TEXT,\n"                         \
    " click_id TEXT, -- byte for byte\n"                                                           \
    " referrer TEXT);\n"                                                                           \
    "CREATE INDEX touch_profile ON touch(profile);\n"

/* ---- decisions ---- */

#define DECISIONS                                                                                  \
    "CREATE TABLE membership( -- a profile in a segment\n"                                         \
    " id INTEGER PRIMARY KEY, rule INT NOT NULL, profile INT NOT NULL,\n"                          \
    " until_ms INT); -- when time alone may end it\n"                                              \
    "CREATE INDEX membership_profile ON membership(profile);\n"                                    \
    "CREATE UNIQUE INDEX membership_rule ON membership(rule, profile);\n"                          \
    "CREATE TABLE without_consent( -- would be in a segment but for its requires_consent\n"        \
    " id INTEGER PRIMARY KEY, rule INT NOT NULL, profile INT NOT NULL, until_ms INT);\n"           \
    "CREATE INDEX without_consent_profile ON without_consent(profile);\n"                          \
    "CREATE TABLE suppression( -- why a profile may not be sent to\n"                              \
    " id INTEGER PRIMARY KEY, profile INT NOT NULL, rule INT NOT NULL,\n"                          \
    " everything INT NOT NULL, channels INT NOT NULL, -- else a bit a channel: rule.place\n"       \
    " contact INT, -- identifier.id: this address only\n"                                          \
    " undecided INT NOT NULL, -- it could not be decided, which suppresses\n"                      \
    " until_ms INT);\n"                                                                            \
    "CREATE INDEX suppression_profile ON suppression(profile);\n"                                  \
    "CREATE TABLE consent( -- what a person said; no row: nothing, which is not granted\n"         \
    " id INTEGER PRIMARY KEY, profile INT NOT NULL, purpose INT NOT NULL,\n"                       \
    " state TEXT NOT NULL, -- granted, denied, conflict\n"                                         \
    " since_ms INT);\n"                                                                            \
    "CREATE INDEX consent_profile ON consent(profile);\n"                                          \
    "CREATE TABLE purpose(id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n"                          \
    "CREATE TABLE eligibility( -- may a profile be reached through a channel\n"                    \
    " id INTEGER PRIMARY KEY, profile INT NOT NULL, channel INT NOT NULL,\n"                       \
    " contact INT, -- identifier.id: the address to use\n"                                         \
    " from_ms INT, -- null: no\n"                                                                  \
    " blocked_by INT); -- the suppression that is reported first\n"                                \
    "CREATE INDEX eligibility_profile ON eligibility(profile);\n"                                  \
    "CREATE TABLE undecided( -- a rule that could not be decided for a profile\n"                  \
    " id INTEGER PRIMARY KEY, profile INT NOT NULL, rule INT NOT NULL, why TEXT);\n"               \
    "CREATE INDEX undecided_profile ON undecided(profile);\n"                                      \
    "CREATE TABLE fraud( -- a verdict about an event, an identifier or a value\n"                  \
    " id INTEGER PRIMARY KEY, rule INT NOT NULL, verdict TEXT NOT NULL,\n"                         \
    " undecided INT NOT NULL, profile INT, event TEXT, time_ms INT, identifier INT,\n"             \
    " key TEXT, -- the value, the network\n"                                                       \
    " points INT NOT NULL);\n"                                                                     \
    "CREATE TABLE decision( -- what a steward decided\n"                                           \
    " number INTEGER PRIMARY KEY, verb TEXT NOT NULL, a TEXT, b TEXT, -- namespace=value\n"        \
    " at_ns INT, who TEXT, why TEXT, made_ms INT, undoes INT, -- the number of another\n"          \
    " key TEXT); -- of its content: imports know it by that\n"                                     \
    "CREATE TABLE approval( -- who signed a rule set off: a copy of approvals.jsonl\n"             \
    " number INTEGER PRIMARY KEY, at_ms INT, role TEXT NOT NULL, who TEXT NOT NULL, key TEXT,\n"   \
    " verdict TEXT NOT NULL, rules_digest TEXT NOT NULL, plan_digest TEXT, because TEXT,\n"        \
    " hash TEXT, previous TEXT, signature TEXT);\n"                                                \
    "CREATE TABLE erasure( -- a person who was erased: the receipt\n"                              \
    " number INTEGER PRIMARY KEY, at_ms INT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,\n"     \
    " rule TEXT NOT NULL, -- by which rule: core/identity/README.md has the text\n"                \
    " counts TEXT NOT NULL, -- JSON: what went\n"                                                  \
    " previous TEXT NOT NULL, -- hash of the receipt before\n"                                     \
    " hash TEXT NOT NULL); -- SHA-256 over the receipt and its tombstones\n"                       \
    "CREATE TABLE tombstone( -- keyed hash of what was erased, so that it does not come back\n"    \
    " id INTEGER PRIMARY KEY, erasure INT NOT NULL,\n"                                             \
    " namespace TEXT, -- of an identifier; null: the id of an event\n"                             \
    " hash TEXT NOT NULL);\n"

const char kf_schema_tables[] = RUN RULES SOURCES LOG PEOPLE DECISIONS;
