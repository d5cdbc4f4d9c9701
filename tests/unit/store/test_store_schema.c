/* The schema: recognising stores, refusing others, bringing older ones forward, and the columns
 * that rules give the profile table. */
#include "store/schema.h"
#include "store/sql.h"
#include "store/store.h"

#include "../check_main.h"

#include <stdio.h>
#include <unistd.h>

static char dir[64], path[96];
static struct kf_error err;
static struct kf_arena arena;

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/kf_schema_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/store", dir);
    err = (struct kf_error)KF_ERROR_INIT;
}

static void teardown(void)
{
    unlink(path);
    ck_assert_msg(rmdir(dir) == 0, "something was left in %s", dir);
    kf_arena_free(&arena);
}

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, err.message)

static sqlite3 *opened(void)
{
    sqlite3 *db = NULL;
    OK(kf_sql_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, &err));
    return db;
}

static int64_t number(sqlite3 *db, const char *sql)
{
    int64_t v = -1;
    OK(kf_sql_int(db, sql, -2, &v, &err));
    return v;
}

static const struct kf_rule TRAIT = {.kind = KF_KIND_TRAIT, .name = "x"};
static const struct kf_rule COMPUTED = {.kind = KF_KIND_COMPUTED, .name = "x"};

static struct kf_column_def column(const char *name, const struct kf_rule *rule, const char *type,
                                   const char *unit)
{
    return (struct kf_column_def){.rule = rule, .name = name, .type = type, .unit = unit};
}

START_TEST(columns_keep_their_names_unless_taken)
{
    struct kf_column_def def[] = {column("country", &TRAIT, "text", NULL),
                                  column("events", &COMPUTED, "number", NULL),
                                  column("Country", &COMPUTED, "text", NULL),
                                  column("revenue", &COMPUTED, "money", "JPY"),
                                  column("spent", &TRAIT, "money", NULL),
                                  column("spent_currency", &TRAIT, "text", NULL),
                                  column("last_order", &COMPUTED, "time", NULL),
                                  column("say \"hi\"", &TRAIT, "boolean", NULL),
                                  column("born", &TRAIT, "date", NULL)};
    static const char *const want[] = {"country",    "computed_events", "computed_Country",
                                       "revenue",    "spent",           "trait_spent_currency",
                                       "last_order", "say \"hi\"",      "born"};
    const struct kf_profile_column *c = NULL;
    uint32_t n = sizeof def / sizeof *def;
    OK(kf_schema_columns(def, n, &arena, &c, &err));
    for (uint32_t i = 0; i < n; i++)
        ck_assert_str_eq(c[i].name, want[i]);
    OK(kf_schema_create(path, c, n, &err));
    sqlite3 *db = opened();
    OK(kf_sql_exec(db,
                   "INSERT INTO profile(id, profile_id, first_ms, last_ms, events, identifiers,"
                   " revenue, spent, spent_currency, last_order_ms, \"say \"\"hi\"\"\")"
                   " VALUES(0, '0123456789abcdef', -1, 1767225600123, 3, 2, 500, 1250, 'EUR',"
                   " 1767225600000, 1)",
                   &err));
    sqlite3_stmt *s = NULL;
    OK(kf_sql_prepare(db,
                      "SELECT first_seen, last_seen, revenue, spent_currency, last_order FROM"
                      " profiles",
                      &s, &err));
    ck_assert_int_eq(kf_sql_step(s, &err), 1);
    ck_assert_str_eq((const char *)sqlite3_column_text(s, 0), "1969-12-31T23:59:59.999Z");
    ck_assert_str_eq((const char *)sqlite3_column_text(s, 1), "2026-01-01T00:00:00.123Z");
    ck_assert_int_eq(sqlite3_column_int(s, 2), 500); /* yen have no minor unit */
    ck_assert_str_eq((const char *)sqlite3_column_text(s, 3), "EUR");
    ck_assert_str_eq((const char *)sqlite3_column_text(s, 4), "2026-01-01T00:00:00.000Z");
    sqlite3_finalize(s);
    sqlite3_close(db);
}
END_TEST

START_TEST(too_many_columns)
{
    struct kf_column_def *def = calloc(1000, sizeof *def);
    const struct kf_profile_column *c = NULL;
    for (int i = 0; i < 1000; i++)
        def[i] = column("x", &TRAIT, "text", NULL);
    ck_assert_int_eq(kf_schema_columns(def, 1000, &arena, &c, &err), KF_E_LIMIT);
    ck_assert_ptr_null(c);
    free(def);
}
END_TEST

START_TEST(every_view_answers)
{
    OK(kf_schema_create(path, NULL, 0, &err));
    sqlite3 *db = opened();
    sqlite3_stmt *s = NULL, *q;
    int views = 0;
    OK(kf_sql_prepare(db, "SELECT name FROM sqlite_schema WHERE type = 'view'", &s, &err));
    while (kf_sql_step(s, &err) > 0) {
        char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", sqlite3_column_text(s, 0));
        OK(kf_sql_prepare(db, sql, &q, &err));
        ck_assert_int_eq(kf_sql_step(q, &err), 0);
        sqlite3_finalize(q);
        sqlite3_free(sql);
        views++;
    }
    ck_assert_int_ge(views, 10);
    sqlite3_finalize(s);
    ck_assert_int_eq(number(db, "PRAGMA page_size"), 4096);
    ck_assert_int_eq(number(db, "PRAGMA application_id"), KF_STORE_APPLICATION);
    sqlite3_close(db);
}
END_TEST

START_TEST(other_files_and_versions_are_refused)
{
    int64_t version = -1;
    sqlite3 *db = opened();
    OK(kf_sql_exec(db, "CREATE TABLE t(x)", &err));
    ck_assert_int_eq(kf_schema_check(db, &version, &err), KF_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "no Kinfold store"));
    sqlite3_close(db);
    unlink(path);
    OK(kf_schema_create(path, NULL, 0, &err));
    db = opened();
    OK(kf_schema_check(db, &version, &err));
    ck_assert_int_eq(version, KF_STORE_VERSION);
    OK(kf_sql_exec(db, "PRAGMA user_version = 4711", &err));
    ck_assert_int_eq(kf_schema_check(db, &version, &err), KF_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "version 4711"));
    ck_assert_int_eq(version, KF_STORE_VERSION); /* untouched */
    sqlite3_close(db);
}
END_TEST

static const struct kf_migration STEPS[] = {
    {"CREATE TABLE extra(x INT); INSERT INTO extra VALUES(1)", "a table"},
    {"UPDATE extra SET x = x + 10", "a change"},
    {"ALTER TABLE extra ADD COLUMN y INT DEFAULT 5; UPDATE extra SET x = x * 2", "a column"},
};

START_TEST(migrations_run_in_order_from_where_a_file_is)
{
    OK(kf_schema_create(path, NULL, 0, &err));
    sqlite3 *db = opened();
    OK(kf_sql_exec(db, "PRAGMA user_version = 1", &err));
    OK(kf_schema_migrate(db, STEPS, 3, &err));
    ck_assert_int_eq(number(db, "PRAGMA user_version"), 3);
    ck_assert_int_eq(number(db, "SELECT x FROM extra"), 11);
    OK(kf_schema_migrate(db, STEPS, 4, &err));
    ck_assert_int_eq(number(db, "PRAGMA user_version"), 4);
    ck_assert_int_eq(number(db, "SELECT x + y FROM extra"), 27);
    OK(kf_schema_migrate(db, STEPS, 4, &err)); /* nothing left to do */
    ck_assert_int_eq(number(db, "SELECT x FROM extra"), 22);
    sqlite3_close(db);
}
END_TEST

START_TEST(a_failing_migration_changes_nothing)
{
    static const struct kf_migration bad[] = {
        {"CREATE TABLE extra(x INT); INSERT INTO extra VALUES(1)", "a table"},
        {"UPDATE nowhere SET x = 1", "a mistake"}};
    OK(kf_schema_create(path, NULL, 0, &err));
    sqlite3 *db = opened();
    OK(kf_sql_exec(db, "PRAGMA user_version = 1", &err));
    ck_assert_int_ne(kf_schema_migrate(db, bad, 3, &err), 0);
    ck_assert_msg(strstr(err.message, "from version 2 to 3 (a mistake)") != NULL, "%s",
                  err.message);
    ck_assert_int_eq(number(db, "PRAGMA user_version"), 1);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'"), 0);
    sqlite3_close(db);
}
END_TEST

/* The parts of a store of version 1 that later versions changed, as that version made them. */
static const char VERSION_1[] =
    "DROP TABLE run; DROP TABLE decision; DROP TABLE erasure; DROP TABLE tombstone;"
    "DROP VIEW runs; DROP VIEW decisions; DROP VIEW erasures;"
    "DROP TABLE run_rule; DROP TABLE run_quality; DROP TABLE run_source; DROP TABLE source_event;"
    "DROP TABLE source_field; DROP VIEW history; DROP VIEW finding_history; DROP VIEW deliveries;"
    "DROP VIEW delivered; DROP VIEW approvals; DROP TABLE approval;"
    "CREATE TABLE approval(id INTEGER PRIMARY KEY, rules_digest TEXT NOT NULL, who TEXT NOT NULL,"
    " at_ms INT, note TEXT);"
    "CREATE VIEW approvals AS SELECT rules_digest, who, at_ms AS at, note FROM approval;"
    "CREATE TABLE run(number INTEGER PRIMARY KEY, engine TEXT NOT NULL,"
    " rules_digest TEXT NOT NULL, config_digest TEXT NOT NULL, data_digest TEXT NOT NULL,"
    " as_of_ns INT NOT NULL, events INT NOT NULL, profiles INT NOT NULL,"
    " identifiers INT NOT NULL, quarantined INT NOT NULL, duplicates INT NOT NULL,"
    " read_records INT NOT NULL, read_events INT NOT NULL, read_bytes INT NOT NULL,"
    " compression TEXT NOT NULL);"
    "CREATE TABLE decision(number INTEGER PRIMARY KEY, verb TEXT NOT NULL, a TEXT, b TEXT,"
    " at_ns INT, who TEXT, why TEXT);"
    "CREATE VIEW runs AS SELECT number FROM run; CREATE VIEW decisions AS SELECT 1;"
    "INSERT INTO run VALUES(1, 'e', 'r', 'c', 'd', 5, 1, 1, 1, 0, 0, 1, 1, 1, 'fast');"
    "INSERT INTO decision VALUES(1, 'join', 'a=1', 'a=2', NULL, 'me', 'because');"
    "PRAGMA user_version = 1";

/* Columns of every table and the text of every view, one a line. */
static char *shape(sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    OK(kf_sql_prepare(
        db,
        "SELECT group_concat(x, char(10)) FROM (SELECT m.name || '.' || c.cid || ' ' || c.name ||"
        " ' ' || c.type || ' ' || c.\"notnull\" || ' ' || coalesce(c.dflt_value, '') || ' ' || c.pk"
        " AS x FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
        " UNION ALL SELECT sql FROM sqlite_schema WHERE type = 'view' ORDER BY 1)",
        &s, &err));
    ck_assert_int_eq(kf_sql_step(s, &err), 1);
    char *text = strdup((const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    return text;
}

START_TEST(version_1_becomes_what_is_made_today)
{
    OK(kf_schema_create(path, NULL, 0, &err));
    sqlite3 *db = opened();
    char *today = shape(db);
    OK(kf_sql_exec(db, VERSION_1, &err));
    OK(kf_schema_migrate(db, kf_store_migrations, KF_STORE_VERSION, &err));
    char *brought = shape(db);
    ck_assert_str_eq(brought, today);
    ck_assert_int_eq(number(db, "PRAGMA user_version"), KF_STORE_VERSION);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM decisions WHERE why = 'because'"), 1);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM decision WHERE key = 'before-1'"), 1);
    ck_assert_int_eq(number(db, "SELECT decisions + erasures FROM runs"), 0);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM runs WHERE at IS NULL AND despite IS NULL"),
                     1);
    free(today);
    free(brought);
    sqlite3_close(db);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store schema");
    TCase *c = tcase_create("schema");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, columns_keep_their_names_unless_taken);
    tcase_add_test(c, too_many_columns);
    tcase_add_test(c, every_view_answers);
    tcase_add_test(c, other_files_and_versions_are_refused);
    tcase_add_test(c, migrations_run_in_order_from_where_a_file_is);
    tcase_add_test(c, a_failing_migration_changes_nothing);
    tcase_add_test(c, version_1_becomes_what_is_made_today);
    suite_add_tcase(s, c);
    return s;
}

KF_TEST_MAIN(suite)
