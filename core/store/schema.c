#include "store/schema.h"

#include "base/error.h"
#include "base/log.h"
#include "store/sql.h"
#include "store/store.h"

#include <stdio.h>
#include <strings.h>

#define MODULE "store"

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
        c[i].rule = def[i].rule;
        c[i].band = def[i].band;
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

/* A title is a person's text: nothing in it may end the comment. */
static void add_comment(struct kf_buf *sql, const struct kf_profile_column *c)
{
    kf_buf_addf(sql, " -- %s%s", kf_kind_name(c->rule->kind), c->rule->title ? ": " : "");
    for (const char *p = c->rule->title; p && *p; p++)
        kf_buf_addc(sql, (unsigned char)*p < ' ' ? ' ' : *p);
    if (c->unit)
        kf_buf_addf(sql, " (minor units of %s)", c->unit);
    kf_buf_addc(sql, '\n');
}

static void profile_table(const struct kf_profile_column *c, uint32_t n, struct kf_buf *sql)
{
    static const char *const type[] = {" TEXT", " NUMERIC", " INT", " TEXT", " INT", " INT"};
    kf_buf_adds(sql, "CREATE TABLE profile( -- what the rules join into one person\n"
                     " id INTEGER PRIMARY KEY, -- from 0, in order of profile_id\n"
                     " profile_id TEXT NOT NULL, -- 16 hex digits\n"
                     " first_ms INT, last_ms INT, -- of its events\n"
                     " events INT NOT NULL, identifiers INT NOT NULL\n");
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(sql, " , ");
        add_name(sql, c[i].name, c[i].as == KF_STORED_TIME ? "_ms" : "");
        kf_buf_adds(sql, type[c[i].as]);
        if (c[i].as == KF_STORED_MONEY && !c[i].unit) {
            kf_buf_adds(sql, ", ");
            add_name(sql, c[i].name, "_currency");
            kf_buf_adds(sql, " TEXT");
        }
        add_comment(sql, &c[i]);
    }
    kf_buf_adds(sql, ");\nCREATE UNIQUE INDEX profile_by_id ON profile(profile_id);\n");
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
    kf_schema_iso(sql, "CREATE VIEW profiles AS -- people with what the rules know about them\n"
                       " SELECT profile_id, iso(first_ms) AS first_seen, iso(last_ms) AS last_seen,"
                       " events, identifiers");
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(sql, ",\n ");
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
    kf_buf_adds(sql, "\n FROM profile;\n");
}

/* SQLite joins at most 500 SELECTs at one level. */
#define SELECTS 100u

static void score_select(const struct kf_profile_column *c, uint32_t n, uint32_t at,
                         struct kf_buf *sql)
{
    kf_buf_addf(sql, "SELECT id AS profile, %u AS rule, ", c[at].rule->number);
    add_name(sql, c[at].name, "");
    kf_buf_adds(sql, " AS value, ");
    uint32_t band = 0;
    while (band < n && !(c[band].rule == c[at].rule && c[band].band))
        band++;
    if (band < n)
        add_name(sql, c[band].name, "");
    else
        kf_buf_adds(sql, "NULL");
    kf_buf_adds(sql, " AS band FROM profile WHERE ");
    add_name(sql, c[at].name, "");
    kf_buf_adds(sql, " IS NOT NULL");
}

/* Scores are columns of the profile; here they are rows. */
static void score_views(const struct kf_profile_column *c, uint32_t n, struct kf_buf *sql)
{
    uint32_t scores = 0;
    kf_buf_adds(sql, "CREATE VIEW score AS -- a score of a profile, where it was decided\n"
                     " SELECT * FROM (");
    for (uint32_t i = 0; i < n; i++) {
        if (c[i].rule->kind != KF_KIND_SCORE || c[i].band)
            continue;
        if (scores)
            kf_buf_adds(sql, scores % SELECTS ? "\n  UNION ALL " : ")\n UNION ALL SELECT * FROM (");
        score_select(c, n, i, sql);
        scores++;
    }
    if (!scores)
        kf_buf_adds(sql, "SELECT NULL AS profile, NULL AS rule, NULL AS value, NULL AS band"
                         " WHERE 0");
    kf_buf_adds(sql, ");\nCREATE VIEW scores AS -- the same with names\n"
                     " SELECT p.profile_id, r.name AS score, r.title, s.value, s.band,"
                     " r.file || ':' || r.line AS \"where\"\n"
                     " FROM score s JOIN rule r ON r.id = s.rule"
                     " JOIN profile p ON p.id = s.profile;\n");
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
    kf_buf_adds(&sql, kf_schema_tables);
    profile_view(column, n, &sql);
    score_views(column, n, &sql);
    kf_schema_views(&sql);
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
