/* What runs came to, from run to run, and which source delivers what. */
#include "store_support.h"

static void change(const char *sql)
{
    sqlite3 *db = NULL;
    OK(kf_sql_open(path, SQLITE_OPEN_READWRITE, &db, &err));
    OK(kf_sql_exec(db, sql, &err));
    sqlite3_close(db);
}

/* Another run over what the store has and `more` events. */
static void run_again(uint32_t first, uint32_t more, int64_t at, const char *despite)
{
    struct kf_store *st = NULL;
    struct shop s;
    OK(kf_store_open(path, &st, &err));
    shop_open(&s);
    OK(kf_store_load_events(st, 2, &s.events, &err));
    shop_sell(&s, first, more);
    shop_decide(&s, 2);
    s.at = at;
    s.despite = despite;
    OK(shop_store(&s, st, "fast", 2));
    kf_store_close(st);
    shop_close(&s);
}

/* kind, name and band of a run's rows with what they came to. */
static const char *came_to(const char *run)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "SELECT group_concat(kind || ' ' || name || coalesce('.' || band, '') || ' ' ||"
             " members, '; ') FROM (SELECT * FROM run_rule WHERE run = %s ORDER BY id)",
             run);
    return ask(sql);
}

START_TEST(rules_are_counted_as_the_tables_have_them)
{
    shop_run(1000, "fast", 2);
    char want[512];
    snprintf(want, sizeof want, "%s",
             ask("SELECT 'flag large ' || (SELECT count(*) FROM flag)"
                 " || '; trait country ' || count(country)"
                 " || '; trait newsletter ' || count(newsletter)"
                 " || '; computed orders ' || count(orders)"
                 " || '; computed revenue ' || count(revenue)"
                 " || '; segment buyers ' || (SELECT count(*) FROM membership)"
                 " || '; suppress no_newsletter '"
                 " || (SELECT count(DISTINCT profile) FROM suppression)"
                 " || '; score loyalty ' || count(loyalty)"
                 " || '; score loyalty.high ' || sum(loyalty_band = 'high')"
                 " || '; score loyalty.low ' || sum(loyalty_band = 'low') FROM profile"));
    ck_assert_str_eq(came_to("1"), want);
    ck_assert_str_eq(ask("SELECT count(*) FROM profile WHERE country IS NOT NULL"), "99");
    ck_assert_str_eq(ask("SELECT count(*) FROM run_rule h JOIN rule r USING (kind, name, digest)"),
                     "10");
}
END_TEST

START_TEST(a_run_stands_beside_those_before)
{
    shop_run(1000, "fast", 1);
    char first[512];
    snprintf(first, sizeof first, "%s", came_to("1"));
    run_again(1000, 500, 1767225600 * KF_SECOND, NULL);
    ck_assert_str_eq(came_to("1"), first);
    ck_assert_str_ne(came_to("2"), first);
    ck_assert_str_eq(ask("SELECT members FROM run_rule WHERE run = 2 AND name = 'orders'"), "150");
    ck_assert_str_eq(ask("SELECT group_concat(coalesce(at_ms, 'null')) FROM run"),
                     "null,1767225600000");
    ck_assert_str_eq(ask("SELECT at FROM history WHERE run = 2"), "2026-01-01T00:00:00.000Z");
    ck_assert_str_eq(ask("SELECT count(*) FROM run_source WHERE source = 'web'"), "2");
    ck_assert_str_eq(ask("SELECT count(*) FROM runs WHERE despite IS NOT NULL"), "0");
    run_again(1500, 1, 1767225600 * KF_SECOND + 1999999, "the till was down");
    ck_assert_str_eq(ask("SELECT at_ms || despite_by || despite FROM run WHERE number = 3"),
                     "1767225600001methe till was down");
    run_again(1501, 1, 0, NULL);
    ck_assert_str_eq(ask("SELECT despite FROM run WHERE number = 3"), "the till was down");
}
END_TEST

/* Runs by the minute do not let a store grow for ever. */
START_TEST(of_old_runs_the_last_of_a_day_stays)
{
    shop_run(10, "fast", 1);
    change("WITH RECURSIVE i(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM i WHERE n < 400)"
           " INSERT INTO run SELECT n, engine, rules_digest, config_digest, data_digest, as_of_ns,"
           " events, profiles, identifiers, quarantined, duplicates, read_records, read_events,"
           " read_bytes, compression, 0, 0, 0, 0, 1767225600000 + n / 10 * 86400000, NULL, NULL"
           " FROM i, run WHERE number = 1;"
           "INSERT INTO run_source SELECT NULL, number, 'web', 1, 1, 0, 0, 0 FROM run"
           " WHERE number > 1;"
           "INSERT INTO run_quality SELECT NULL, number, NULL, 'time', 'future', 0, 1, 1, NULL"
           " FROM run");
    run_again(10, 1, 0, NULL);
    ck_assert_str_eq(ask("SELECT count(*) FROM run"), "401"); /* runs themselves all stay */
    /* 301 to 401; of those before 299, 289, ... 9, and run 1, which nobody looked at a clock for */
    ck_assert_str_eq(ask("SELECT count(*) FROM run_source"), "132");
    ck_assert_str_eq(ask("SELECT group_concat(run) FROM (SELECT run FROM run_source ORDER BY run"
                         " LIMIT 4)"),
                     "1,9,19,29");
    ck_assert_str_eq(ask("SELECT min(run) || ' ' || count(*) FROM run_quality WHERE run > 299"),
                     "301 100");
    ck_assert_str_eq(ask("SELECT min(run) FROM run_rule"), "1");
}
END_TEST

START_TEST(sources_are_known_by_what_they_deliver)
{
    shop_run(1000, "fast", 2);
    /* 99 that tell who it is (person 3 never does), 143 - 14 orders: some tell, too */
    ck_assert_str_eq(ask("SELECT group_concat(type || ' ' || coalesce(name, '-') || ' ' || events,"
                         " '; ') FROM (SELECT * FROM source_event ORDER BY type, name)"),
                     "identify - 99; track Order Completed 129; track Page 772");
    ck_assert_str_eq(ask("SELECT count(*) FROM event_block WHERE last_ms ="
                         " (SELECT max(last_event_ms) FROM source_event)"),
                     "1");
    ck_assert_str_eq(ask("SELECT group_concat(kind || ' ' || name, '; ') FROM source_field"
                         " WHERE kind = 'namespace'"),
                     "namespace anonymous_id; namespace email");
    ck_assert_str_eq(ask("SELECT group_concat(name) FROM source_field WHERE name LIKE 'traits.%'"),
                     "traits.country,traits.email,traits.newsletter");
    ck_assert_str_eq(ask("SELECT count(*) FROM source_field WHERE name = 'properties.revenue'"),
                     "1");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store history");
    TCase *c = tcase_create("history");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, rules_are_counted_as_the_tables_have_them);
    tcase_add_test(c, a_run_stands_beside_those_before);
    tcase_add_test(c, of_old_runs_the_last_of_a_day_stays);
    tcase_add_test(c, sources_are_known_by_what_they_deliver);
    suite_add_tcase(s, c);
    return s;
}

KF_TEST_MAIN(suite)
