#include "store/schema.h"

#include "base/error.h"
#include "base/log.h"
#include "store/sql.h"
#include "store/store.h"

#include <stdio.h>
#include <strings.h>

#define MODULE "store"

/* Rowid tables throughout: DuckDB cannot read others. Instants are epoch milliseconds in columns
 * *_ms unless they are *_ns; rows of everything that belongs to profiles stand in profile order. */
static const char TABLES[] =
    /* ---- the run ---- */
    "CREATE TABLE run(number INTEGER PRIMARY KEY, engine TEXT NOT NULL, rules_digest TEXT NOT NULL,"
    " config_digest TEXT NOT NULL, data_digest TEXT NOT NULL, as_of_ns INT NOT NULL,"
    " events INT NOT NULL, profiles INT NOT NULL, identifiers INT NOT NULL,"
    " quarantined INT NOT NULL, duplicates INT NOT NULL, read_records INT NOT NULL,"
    " read_events INT NOT NULL, read_bytes INT NOT NULL, compression TEXT NOT NULL);"
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL);"
    /* ---- rules as they were at the last run ---- */
    "CREATE TABLE rule(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, place INT NOT NULL,"
    " name TEXT NOT NULL, title TEXT, owner TEXT, because TEXT, file TEXT, line INT,"
    " sentence TEXT, digest TEXT, UNIQUE(kind, name, id));"
    "CREATE TABLE rule_file(id INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL);"
    "CREATE TABLE profile_column(place INTEGER PRIMARY KEY, name TEXT NOT NULL, rule INT NOT NULL,"
    " band INT NOT NULL, type TEXT NOT NULL, unit TEXT, personal TEXT);"
    /* ---- where data came from ---- */
    "CREATE TABLE source_status(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, plugin TEXT,"
    " cadence TEXT, cron TEXT, approved_by TEXT, records INT NOT NULL, events INT NOT NULL,"
    " duplicates INT NOT NULL, rejected INT NOT NULL, skipped INT NOT NULL, late INT NOT NULL,"
    " last_event_ms INT, last_received_ms INT, last_run INT);"
    "CREATE TABLE source_file(id INTEGER PRIMARY KEY, source TEXT NOT NULL, path TEXT NOT NULL,"
    " size INT NOT NULL, hash TEXT NOT NULL, modified_ms INT, records INT NOT NULL,"
    " events INT NOT NULL, rejected INT NOT NULL, skipped INT NOT NULL, run INT NOT NULL,"
    " UNIQUE(source, path));"
    "CREATE TABLE quarantine(id INTEGER PRIMARY KEY, run INT NOT NULL, source TEXT NOT NULL,"
    " file TEXT, record INT, reason TEXT NOT NULL, detail TEXT, raw BLOB);"
    "CREATE TABLE quality(id INTEGER PRIMARY KEY, rule INT, \"check\" TEXT, detail TEXT,"
    " bad INT NOT NULL, \"of\" INT NOT NULL, passed INT NOT NULL, example TEXT);"
    /* ---- texts of the event log, by the numbers it uses ---- */
    "CREATE TABLE symbol(id INTEGER PRIMARY KEY, dictionary TEXT NOT NULL, number INT NOT NULL,"
    " text TEXT NOT NULL);"
    "CREATE TABLE namespace(id INTEGER PRIMARY KEY, name TEXT NOT NULL, rank INT);"
    /* ---- the event log ---- */
    "CREATE TABLE event_block(id INTEGER PRIMARY KEY, first_profile INT, last_profile INT,"
    " events INT NOT NULL, first_ms INT NOT NULL, last_ms INT NOT NULL,"
    " bytes INT NOT NULL, data BLOB NOT NULL);"
    "CREATE INDEX event_block_profile ON event_block(first_profile);"
    /* ---- people ---- */
    "CREATE TABLE identifier(id INTEGER PRIMARY KEY, namespace INT NOT NULL, value TEXT NOT NULL,"
    " profile INT, same_as INT, joined_to INT, isolated TEXT, ignored TEXT);"
    "CREATE INDEX identifier_value ON identifier(value, namespace);"
    "CREATE INDEX identifier_profile ON identifier(profile);"
    "CREATE TABLE identifier_span(id INTEGER PRIMARY KEY, identifier INT NOT NULL, from_ms INT,"
    " to_ms INT, profile INT, isolated TEXT, first_ms INT, last_ms INT);"
    "CREATE TABLE shared_identifier(id INTEGER PRIMARY KEY, identifier INT NOT NULL);"
    "CREATE TABLE link(id INTEGER PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, rule TEXT NOT NULL,"
    " strength TEXT NOT NULL, consented INT NOT NULL, first_ms INT, last_ms INT, count INT NOT "
    "NULL,"
    " event TEXT);"
    "CREATE TABLE link_refused(id INTEGER PRIMARY KEY, a INT NOT NULL, b INT NOT NULL,"
    " rule TEXT NOT NULL, strength TEXT NOT NULL, consented INT NOT NULL, first_ms INT,"
    " last_ms INT, count INT NOT NULL, event TEXT, reason TEXT NOT NULL, limit_namespace TEXT,"
    " apart_a INT, apart_b INT, apart_rule TEXT);"
    "CREATE TABLE touch(id INTEGER PRIMARY KEY, profile INT NOT NULL, seq INT NOT NULL,"
    " time_ms INT NOT NULL, kind TEXT NOT NULL, source TEXT, medium TEXT, campaign TEXT, term TEXT,"
    " content TEXT, click_id TEXT, referrer TEXT);"
    "CREATE INDEX touch_profile ON touch(profile);"
    /* ---- decisions of rules ---- */
    "CREATE TABLE membership(id INTEGER PRIMARY KEY, rule INT NOT NULL, profile INT NOT NULL,"
    " until_ms INT);"
    "CREATE INDEX membership_profile ON membership(profile);"
    "CREATE UNIQUE INDEX membership_rule ON membership(rule, profile);"
    "CREATE TABLE without_consent(id INTEGER PRIMARY KEY, rule INT NOT NULL, profile INT NOT NULL,"
    " until_ms INT);"
    "CREATE INDEX without_consent_profile ON without_consent(profile);"
    "CREATE TABLE suppression(id INTEGER PRIMARY KEY, profile INT NOT NULL, rule INT NOT NULL,"
    " everything INT NOT NULL, channels INT NOT NULL, contact INT, undecided INT NOT NULL,"
    " until_ms INT);"
    "CREATE INDEX suppression_profile ON suppression(profile);"
    "CREATE TABLE consent(id INTEGER PRIMARY KEY, profile INT NOT NULL, purpose INT NOT NULL,"
    " state TEXT NOT NULL, since_ms INT);"
    "CREATE INDEX consent_profile ON consent(profile);"
    "CREATE TABLE purpose(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE eligibility(id INTEGER PRIMARY KEY, profile INT NOT NULL, channel INT NOT NULL,"
    " contact INT, from_ms INT, blocked_by INT);"
    "CREATE INDEX eligibility_profile ON eligibility(profile);"
    "CREATE TABLE undecided(id INTEGER PRIMARY KEY, profile INT NOT NULL, rule INT NOT NULL,"
    " why TEXT);"
    "CREATE INDEX undecided_profile ON undecided(profile);"
    "CREATE TABLE fraud(id INTEGER PRIMARY KEY, rule INT NOT NULL, verdict TEXT NOT NULL,"
    " undecided INT NOT NULL, profile INT, event TEXT, time_ms INT, identifier INT, key TEXT,"
    " points INT NOT NULL);"
    /* ---- decisions of people ---- */
    "CREATE TABLE decision(number INTEGER PRIMARY KEY, verb TEXT NOT NULL, a TEXT, b TEXT,"
    " at_ns INT, who TEXT, why TEXT);"
    "CREATE TABLE approval(id INTEGER PRIMARY KEY, rules_digest TEXT NOT NULL, who TEXT NOT NULL,"
    " at_ms INT, note TEXT);";

#define ISO(column) "strftime('%Y-%m-%dT%H:%M:%fZ', " column " / 1000.0, 'unixepoch')"
#define CHANNELS                                                                                   \
    "(SELECT group_concat(c.name, ' ') FROM rule c WHERE c.kind = 'channel'"                       \
    " AND (s.channels >> c.place) & 1)"
#define BECAUSE                                                                                    \
    "r.name, r.title, r.because, r.owner, r.file || ':' || r.line AS \"where\","                   \
    " r.sentence"

/* What people read: names instead of numbers, ISO texts instead of milliseconds. */
static const char VIEWS[] =
    "CREATE VIEW identifiers AS SELECT p.profile_id, n.name AS namespace, i.value,"
    " s.value AS same_as, coalesce(i.isolated, i.ignored) AS note FROM identifier i"
    " JOIN namespace n ON n.id = i.namespace LEFT JOIN identifier s ON s.id = i.same_as"
    " LEFT JOIN profile p ON p.id = coalesce(i.profile, s.profile);"
    "CREATE VIEW members AS SELECT r.name AS segment, r.title, p.profile_id, " ISO(
        "m.until_ms") " AS until FROM membership m JOIN rule r ON r.id = m.rule JOIN profile p ON "
                      "p.id = m.profile;"
                      "CREATE VIEW suppressed AS SELECT p.profile_id, r.name AS rule, r.title,"
                      " CASE WHEN s.everything THEN 'everything' ELSE " CHANNELS " END AS blocks,"
                      " i.value AS contact, s.undecided, " ISO(
                          "s.until_ms") " AS until FROM suppression s"
                                        " JOIN rule r ON r.id = s.rule JOIN profile p ON p.id = "
                                        "s.profile"
                                        " LEFT JOIN identifier i ON i.id = s.contact;"
                                        "CREATE VIEW touches AS SELECT p.profile_id, t.seq, " ISO(
                                            "t.time_ms") " AS time, t.kind,"
                                                         " t.source, t.medium, t.campaign, t.term, "
                                                         "t.content, t.click_id, t.referrer FROM "
                                                         "touch t"
                                                         " JOIN profile p ON p.id = t.profile;"
                                                         "CREATE VIEW consents AS SELECT "
                                                         "p.profile_id, u.name AS purpose, "
                                                         "c.state, " ISO(
                                                             "c.since_ms") " AS since FROM consent "
                                                                           "c JOIN purpose u ON "
                                                                           "u.id = c.purpose JOIN "
                                                                           "profile p ON p.id = "
                                                                           "c.profile;"
                                                                           "CREATE VIEW eligible "
                                                                           "AS SELECT "
                                                                           "p.profile_id, r.name "
                                                                           "AS channel, i.value AS "
                                                                           "contact, " ISO(
                                                                               "e.from_ms") " AS "
                                                                                            "\"from"
                                                                                            "\", "
                                                                                            "e."
                                                                                            "from_"
                                                                                            "ms IS "
                                                                                            "NOT "
                                                                                            "NULL "
                                                                                            "AS "
                                                                                            "eligib"
                                                                                            "le, "
                                                                                            "b."
                                                                                            "name "
                                                                                            "AS "
                                                                                            "blocke"
                                                                                            "d_by"
                                                                                            " FROM "
                                                                                            "eligib"
                                                                                            "ility "
                                                                                            "e "
                                                                                            "JOIN "
                                                                                            "rule "
                                                                                            "r ON "
                                                                                            "r.id "
                                                                                            "= "
                                                                                            "e."
                                                                                            "channe"
                                                                                            "l "
                                                                                            "JOIN "
                                                                                            "profil"
                                                                                            "e p "
                                                                                            "ON "
                                                                                            "p.id "
                                                                                            "= "
                                                                                            "e."
                                                                                            "profil"
                                                                                            "e"
                                                                                            " LEFT "
                                                                                            "JOIN "
                                                                                            "identi"
                                                                                            "fier "
                                                                                            "i ON "
                                                                                            "i.id "
                                                                                            "= "
                                                                                            "e."
                                                                                            "contac"
                                                                                            "t "
                                                                                            "LEFT "
                                                                                            "JOIN "
                                                                                            "rule "
                                                                                            "b ON "
                                                                                            "b.id "
                                                                                            "= "
                                                                                            "e."
                                                                                            "blocke"
                                                                                            "d_by;"
                                                                                            /* every
                                                                                               fact
                                                                                               about
                                                                                               a
                                                                                               profile
                                                                                               with
                                                                                               the
                                                                                               rule
                                                                                               that
                                                                                               made
                                                                                               it
                                                                                               and
                                                                                               the
                                                                                               place
                                                                                               it is
                                                                                               written
                                                                                               at */
                                                                                            "CREATE"
                                                                                            " VIEW "
                                                                                            "why "
                                                                                            "AS "
                                                                                            "SELECT"
                                                                                            " p."
                                                                                            "profil"
                                                                                            "e_id, "
                                                                                            "'membe"
                                                                                            "r' AS "
                                                                                            "fact,"
                                                                                            " " BECAUSE
                                                                                            " FROM "
                                                                                            "member"
                                                                                            "ship "
                                                                                            "m "
                                                                                            "JOIN "
                                                                                            "rule "
                                                                                            "r ON "
                                                                                            "r.id "
                                                                                            "= "
                                                                                            "m."
                                                                                            "rule "
                                                                                            "JOIN "
                                                                                            "profil"
                                                                                            "e p "
                                                                                            "ON "
                                                                                            "p.id "
                                                                                            "= "
                                                                                            "m."
                                                                                            "profil"
                                                                                            "e"
                                                                                            " UNION"
                                                                                            " ALL "
                                                                                            "SELECT"
                                                                                            " p."
                                                                                            "profil"
                                                                                            "e_id, "
                                                                                            "'witho"
                                                                                            "ut "
                                                                                            "consen"
                                                                                            "t',"
                                                                                            " " BECAUSE
                                                                                            " FROM "
                                                                                            "withou"
                                                                                            "t_"
                                                                                            "consen"
                                                                                            "t m "
                                                                                            "JOIN "
                                                                                            "rule "
                                                                                            "r ON "
                                                                                            "r.id "
                                                                                            "= "
                                                                                            "m."
                                                                                            "rule "
                                                                                            "JOIN "
                                                                                            "profil"
                                                                                            "e p "
                                                                                            "ON "
                                                                                            "p.id "
                                                                                            "= "
                                                                                            "m."
                                                                                            "profil"
                                                                                            "e"
                                                                                            " UNION"
                                                                                            " ALL "
                                                                                            "SELECT"
                                                                                            " p."
                                                                                            "profil"
                                                                                            "e_id, "
                                                                                            "CASE "
                                                                                            "WHEN "
                                                                                            "s."
                                                                                            "undeci"
                                                                                            "ded "
                                                                                            "THEN "
                                                                                            "'suppr"
                                                                                            "essed,"
                                                                                            " undec"
                                                                                            "ided'"
                                                                                            " ELSE "
                                                                                            "'suppr"
                                                                                            "essed'"
                                                                                            " END,"
                                                                                            " " BECAUSE
                                                                                            " FROM "
                                                                                            "suppre"
                                                                                            "ssion "
                                                                                            "s "
                                                                                            "JOIN "
                                                                                            "rule "
                                                                                            "r ON "
                                                                                            "r.id "
                                                                                            "= "
                                                                                            "s."
                                                                                            "rule "
                                                                                            "JOIN "
                                                                                            "profil"
                                                                                            "e p "
                                                                                            "ON "
                                                                                            "p.id "
                                                                                            "= "
                                                                                            "s."
                                                                                            "profil"
                                                                                            "e"
                                                                                            " UNION"
                                                                                            " ALL "
                                                                                            "SELECT"
                                                                                            " p."
                                                                                            "profil"
                                                                                            "e_id, "
                                                                                            "'undec"
                                                                                            "ided: "
                                                                                            "' || "
                                                                                            "u.why,"
                                                                                            " " BECAUSE
                                                                                            " FROM "
                                                                                            "undeci"
                                                                                            "ded u "
                                                                                            "JOIN "
                                                                                            "rule "
                                                                                            "r ON "
                                                                                            "r.id "
                                                                                            "= "
                                                                                            "u."
                                                                                            "rule "
                                                                                            "JOIN "
                                                                                            "profil"
                                                                                            "e p "
                                                                                            "ON "
                                                                                            "p.id "
                                                                                            "= "
                                                                                            "u."
                                                                                            "profil"
                                                                                            "e"
                                                                                            " UNION"
                                                                                            " ALL "
                                                                                            "SELECT"
                                                                                            " p."
                                                                                            "profil"
                                                                                            "e_id, "
                                                                                            "f."
                                                                                            "verdic"
                                                                                            "t,"
                                                                                            " " BECAUSE
                                                                                            " FROM "
                                                                                            "fraud "
                                                                                            "f "
                                                                                            "JOIN "
                                                                                            "rule "
                                                                                            "r ON "
                                                                                            "r.id "
                                                                                            "= "
                                                                                            "f."
                                                                                            "rule "
                                                                                            "JOIN "
                                                                                            "profil"
                                                                                            "e p "
                                                                                            "ON "
                                                                                            "p.id "
                                                                                            "= "
                                                                                            "f."
                                                                                            "profil"
                                                                                            "e;"
                                                                                            "CREATE"
                                                                                            " VIEW "
                                                                                            "source"
                                                                                            "s AS "
                                                                                            "SELECT"
                                                                                            " name,"
                                                                                            " plugi"
                                                                                            "n, "
                                                                                            "cadenc"
                                                                                            "e, "
                                                                                            "cron, "
                                                                                            "approv"
                                                                                            "ed_by,"
                                                                                            " recor"
                                                                                            "ds, "
                                                                                            "events"
                                                                                            ","
                                                                                            " dupli"
                                                                                            "cates,"
                                                                                            " rejec"
                                                                                            "ted, "
                                                                                            "skippe"
                                                                                            "d,"
                                                                                            " " ISO("last_event_ms") " AS last_event, " ISO(
                                                                                                "la"
                                                                                                "st"
                                                                                                "_r"
                                                                                                "ec"
                                                                                                "ei"
                                                                                                "ve"
                                                                                                "d_"
                                                                                                "m"
                                                                                                "s") " AS last_received,"
                                                                                                     " CASE WHEN events + duplicates > 0 THEN round(100.0 * late / (events + duplicates), 2) END"
                                                                                                     " AS late_percent, CASE WHEN cadence = 'approval' AND approved_by IS NULL THEN 'approval'"
                                                                                                     " END AS waiting_for FROM source_status;"
                                                                                                     "CREATE VIEW links AS SELECT an.name AS a_namespace, a.value AS a, bn.name AS b_namespace,"
                                                                                                     " b.value AS b, l.rule, l.strength, l.consented, " ISO("l.first_ms") " AS first, " ISO(
                                                                                                         "l.last_ms") " AS last, l.count, l.event FROM link l"
                                                                                                                      " JOIN identifier a ON a.id = l.a JOIN namespace an ON an.id = a.namespace"
                                                                                                                      " JOIN identifier b ON b.id = l.b JOIN namespace bn ON bn.id = b.namespace;"
                                                                                                                      "CREATE VIEW refused AS SELECT an.name AS a_namespace, a.value AS a, bn.name AS b_namespace,"
                                                                                                                      " b.value AS b, l.rule, l.reason, l.limit_namespace, l.apart_rule, " ISO(
                                                                                                                          "l.first_ms") " AS first, " ISO("l.last_ms") " AS last, l.count, l.event FROM link_refused l"
                                                                                                                                                                       " JOIN identifier a ON a.id = l.a JOIN namespace an ON an.id = a.namespace"
                                                                                                                                                                       " JOIN identifier b ON b.id = l.b JOIN namespace bn ON bn.id = b.namespace;";

/* ---- the profile table ---- */

static const char *const FIXED[] = {"id",     "profile_id",  "first_ms",   "last_ms",
                                    "events", "identifiers", "first_seen", "last_seen"};

/* Each takes part in a table of at most SQLite's 2000 columns, money perhaps with two. */
#define MAX_COLUMNS 1900u

static bool is_taken(const struct kf_profile_column *c, uint32_t n, const char *name)
{
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++)
        if (strcasecmp(FIXED[i], name) == 0)
            return true;
    size_t len = strlen(name);
    for (uint32_t i = 0; i < n; i++) {
        size_t have = strlen(c[i].name);
        if (strcasecmp(c[i].name, name) == 0)
            return true;
        /* NAME_ms and NAME_currency are made from the other column's name, in table or view */
        if (c[i].as == KF_STORED_TIME && len == have + 3 &&
            strncasecmp(c[i].name, name, have) == 0 && strcasecmp(name + have, "_ms") == 0)
            return true;
        if (c[i].as == KF_STORED_MONEY && len == have + 9 &&
            strncasecmp(c[i].name, name, have) == 0 && strcasecmp(name + have, "_currency") == 0)
            return true;
    }
    return false;
}

static enum kf_stored stored_as(const char *type)
{
    static const struct {
        const char *type;
        enum kf_stored as;
    } map[] = {{"number", KF_STORED_NUMBER}, {"boolean", KF_STORED_BOOLEAN},
               {"date", KF_STORED_DATE},     {"time", KF_STORED_TIME},
               {"money", KF_STORED_MONEY},   {"length", KF_STORED_NUMBER}};
    for (size_t i = 0; type && i < sizeof map / sizeof *map; i++)
        if (strcmp(type, map[i].type) == 0)
            return map[i].as;
    return KF_STORED_TEXT;
}

int kf_schema_columns(const struct kf_column_def *def, uint32_t n, struct kf_arena *a,
                      const struct kf_profile_column **ret, struct kf_error *err)
{
    if (n > MAX_COLUMNS / 2)
        return kf_error_set(err, KF_E_LIMIT, MODULE,
                            "%u traits, computed values and scores; a table of profiles holds %u",
                            n, MAX_COLUMNS / 2);
    struct kf_profile_column *c = kf_arena_zalloc(a, (n + 1u) * sizeof *c);
    for (uint32_t i = 0; i < n; i++) {
        c[i].as = stored_as(def[i].type);
        c[i].unit = c[i].as == KF_STORED_MONEY ? def[i].unit : NULL;
        c[i].name = def[i].name;
        if (is_taken(c, i, c[i].name))
            c[i].name = kf_arena_printf(a, "%s_%s", kf_kind_name(def[i].rule->kind), def[i].name);
        for (unsigned k = 2; is_taken(c, i, c[i].name); k++)
            c[i].name =
                kf_arena_printf(a, "%s_%s_%u", kf_kind_name(def[i].rule->kind), def[i].name, k);
    }
    *ret = c;
    return 0;
}

static void add_name(struct kf_buf *b, const char *name, const char *suffix)
{
    kf_buf_addc(b, '"');
    for (; *name; name++) {
        if (*name == '"')
            kf_buf_addc(b, '"');
        kf_buf_addc(b, *name);
    }
    kf_buf_adds(b, suffix);
    kf_buf_addc(b, '"');
}

static void profile_table(const struct kf_profile_column *c, uint32_t n, struct kf_buf *sql)
{
    static const char *const type[] = {" TEXT", " NUMERIC", " INT", " TEXT", " INT", " INT"};
    kf_buf_adds(sql, "CREATE TABLE profile(id INTEGER PRIMARY KEY, profile_id TEXT NOT NULL,"
                     " first_ms INT, last_ms INT, events INT NOT NULL, identifiers INT NOT NULL");
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(sql, ", ");
        add_name(sql, c[i].name, c[i].as == KF_STORED_TIME ? "_ms" : "");
        kf_buf_adds(sql, type[c[i].as]);
        if (c[i].as == KF_STORED_MONEY && !c[i].unit) {
            kf_buf_adds(sql, ", ");
            add_name(sql, c[i].name, "_currency");
            kf_buf_adds(sql, " TEXT");
        }
    }
    kf_buf_adds(sql, ");CREATE UNIQUE INDEX profile_by_id ON profile(profile_id);");
}

/* Money in units of its currency, for reading; sums are taken over the table's integers. */
static void add_money(struct kf_buf *sql, const struct kf_profile_column *c)
{
    int exponent = c->unit ? kf_money_exponent(kf_cstr(c->unit)) : -1;
    add_name(sql, c->name, "");
    if (exponent > 0)
        kf_buf_addf(sql, " / 1%0*d.0", exponent, 0);
}

static void profile_view(const struct kf_profile_column *c, uint32_t n, struct kf_buf *sql)
{
    kf_buf_adds(
        sql, "CREATE VIEW profiles AS SELECT profile_id, " ISO("first_ms") " AS first_seen, " ISO(
                 "last_ms") " AS last_seen, events, identifiers");
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(sql, ", ");
        if (c[i].as == KF_STORED_TIME) {
            kf_buf_adds(sql, "strftime('%Y-%m-%dT%H:%M:%fZ', ");
            add_name(sql, c[i].name, "_ms");
            kf_buf_adds(sql, " / 1000.0, 'unixepoch')");
        } else if (c[i].as == KF_STORED_MONEY) {
            add_money(sql, &c[i]);
        } else {
            add_name(sql, c[i].name, "");
        }
        kf_buf_adds(sql, " AS ");
        add_name(sql, c[i].name, "");
        if (c[i].as == KF_STORED_MONEY && !c[i].unit) {
            kf_buf_adds(sql, ", ");
            add_name(sql, c[i].name, "_currency");
        }
    }
    kf_buf_adds(sql, " FROM profile;");
}

/* ---- creating ---- */

int kf_schema_create(const char *path, const struct kf_profile_column *column, uint32_t n,
                     struct kf_error *err)
{
    sqlite3 *db = NULL;
    int rc = kf_sql_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, err);
    if (rc)
        return rc;
    struct kf_buf sql = {0};
    /* A page of 4096 keeps later updates of single profiles small and costs the bulk load nothing.
     */
    kf_buf_addf(&sql,
                "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                "PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN;",
                KF_STORE_APPLICATION, KF_STORE_VERSION);
    profile_table(column, n, &sql);
    kf_buf_adds(&sql, TABLES);
    profile_view(column, n, &sql);
    kf_buf_adds(&sql, VIEWS);
    kf_buf_adds(&sql, "COMMIT;");
    rc = kf_sql_exec(db, sql.p, err);
    kf_buf_free(&sql);
    if (sqlite3_close(db) && !rc)
        rc = kf_error_set(err, KF_E_INTERNAL, MODULE, "cannot close %s", path);
    return rc;
}

/* ---- versions ---- */

int kf_schema_check(sqlite3 *db, int64_t *ret_version, struct kf_error *err)
{
    int64_t application, version;
    const char *file = sqlite3_db_filename(db, "main");
    int rc = kf_sql_int(db, "PRAGMA application_id", 0, &application, err);
    if (rc == 0)
        rc = kf_sql_int(db, "PRAGMA user_version", 0, &version, err);
    if (rc)
        return rc;
    if (application != KF_STORE_APPLICATION || version < 1)
        return kf_error_set(err, KF_E_CONFIG, MODULE,
                            "%s is a database, but no Kinfold store: name another file as `store`",
                            file);
    if (version > KF_STORE_VERSION)
        return kf_error_set(err, KF_E_CONFIG, MODULE,
                            "%s is a store of version %lld, this Kinfold knows up to %d: use the "
                            "newer Kinfold that wrote it, or run into another file",
                            file, (long long)version, KF_STORE_VERSION);
    *ret_version = version;
    return 0;
}

static const struct kf_migration NO_STEPS[1];
const struct kf_migration *const kf_store_migrations = NO_STEPS;

static int migrate_steps(sqlite3 *db, const struct kf_migration *step, int64_t from, int64_t newest,
                         struct kf_error *err)
{
    for (int64_t v = from; v < newest; v++) {
        char set[64];
        int rc = kf_sql_exec(db, step[v - 1].sql, err);
        if (rc) {
            kf_error_context(err, "bringing the store from version %lld to %lld (%s)", (long long)v,
                             (long long)v + 1, step[v - 1].what);
            return rc;
        }
        snprintf(set, sizeof set, "PRAGMA user_version = %lld", (long long)v + 1);
        rc = kf_sql_exec(db, set, err);
        if (rc)
            return rc;
        kf_log(KF_LOG_DEBUG, MODULE, "store brought to version %lld: %s", (long long)v + 1,
               step[v - 1].what);
    }
    return 0;
}

int kf_schema_migrate(sqlite3 *db, const struct kf_migration *step, int64_t newest,
                      struct kf_error *err)
{
    int64_t version;
    int rc = kf_sql_exec(db, "BEGIN IMMEDIATE", err);
    if (rc)
        return rc;
    rc = kf_sql_int(db, "PRAGMA user_version", 0, &version, err); /* nobody changes it from here */
    if (rc == 0)
        rc = migrate_steps(db, step, version, newest, err);
    if (rc == 0)
        rc = kf_sql_exec(db, "COMMIT", err);
    if (rc)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}
