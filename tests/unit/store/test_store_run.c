/* Whole runs into a store and back: what is in the tables, that direct pages hold what SQLite would
 * have written, that the events that come back are those that went in, and what is carried from run
 * to run. */
#include "store_support.h"

#include <fcntl.h>

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All events as canonical JSON, sorted. */
static char **lines(const struct kf_events *e)
{
    char **out = calloc(e->n + 1u, sizeof *out);
    struct kf_buf b = {0};
    for (uint32_t i = 0; i < e->n; i++) {
        kf_buf_clear(&b);
        kf_event_json(e, i, &b);
        out[i] = strdup(b.p);
    }
    kf_buf_free(&b);
    qsort(out, e->n, sizeof *out, by_text);
    return out;
}

static void free_lines(char **l, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        free(l[i]);
    free(l);
}

static void round_trip(const char *compression, uint32_t n, unsigned threads)
{
    struct shop s;
    shop_open(&s);
    shop_new_events(&s);
    shop_sell(&s, 0, n);
    char **want = lines(s.events);
    shop_decide(&s, threads);
    OK(shop_store(&s, NULL, compression, threads));
    struct kf_store *st = NULL;
    struct kf_events *e = NULL;
    OK(kf_store_open(path, &st, &err));
    OK(kf_store_load_events(st, threads, &e, &err));
    kf_store_close(st);
    ck_assert_uint_eq(e->n, n);
    ck_assert_uint_eq(kf_idents_count(e->idents), kf_idents_count(s.events->idents));
    char **got = lines(e);
    for (uint32_t i = 0; i < n; i++)
        ck_assert_str_eq(got[i], want[i]);
    free_lines(want, n);
    free_lines(got, n);
    kf_store_events_free(e);
    shop_close(&s);
    ck_assert_str_eq(ask("PRAGMA integrity_check"), "ok");
}

START_TEST(events_come_back_as_they_went_in)
{
    round_trip("none", 3000, 1);
    round_trip("fast", 25000, 2);
    round_trip("small", 3000, 3);
    round_trip(NULL, 1, 2);
}
END_TEST

START_TEST(an_empty_world_is_a_store_too)
{
    round_trip("fast", 0, 2);
    ck_assert_str_eq(ask("SELECT count(*) FROM profile"), "0");
    ck_assert_str_eq(ask("SELECT events || ' ' || profiles FROM run"), "0 0");
}
END_TEST

START_TEST(tables_say_what_happened)
{
    shop_run(1000, "fast", 2);
    /* a hundred people; two of them only ever wrote an ignored value, but told who they are */
    ck_assert_str_eq(ask("SELECT count(*) FROM profile"), "100");
    ck_assert_str_eq(ask("SELECT min(id) || ' ' || max(id) FROM profile"), "0 99");
    ck_assert_str_eq(ask("SELECT sum(length(profile_id) = 16) FROM profile"), "100");
    ck_assert_str_eq(ask("SELECT sum(events) FROM event_block"), "1000");
    ck_assert_str_eq(ask("SELECT sum(events) FROM event_block WHERE first_profile IS NULL"), "18");
    /* everybody's orders: every seventh event, unless it was the one that tells who it is */
    ck_assert_str_eq(ask("SELECT sum(orders) FROM profile"), "126");
    ck_assert_str_eq(ask("SELECT p.events || ' ' || p.orders || ' ' || p.revenue || ' ' || "
                         "p.country FROM profile p"
                         " JOIN identifier i ON i.profile = p.id WHERE i.value = 'anon-00001'"),
                     "10 1 2013 DE");
    ck_assert_str_eq(ask("SELECT revenue FROM profiles JOIN identifiers USING (profile_id)"
                         " WHERE value = 'anon-00001'"),
                     "20.13");
    ck_assert_str_eq(ask("SELECT first_seen FROM profiles JOIN identifiers USING (profile_id)"
                         " WHERE value = 'anon-00000'"),
                     "2026-01-01T00:00:00.000Z");
    /* spellings lead to the identifier, that to the profile */
    ck_assert_str_eq(ask("SELECT count(*) FROM identifier WHERE same_as IS NOT NULL"), "50");
    ck_assert_str_eq(ask("SELECT s.value FROM identifier i JOIN identifier s ON s.id = i.same_as"
                         " WHERE i.value = 'P0@Example.com'"),
                     "p0@example.com");
    ck_assert_str_eq(ask("SELECT profile_id IS NOT NULL FROM identifiers"
                         " WHERE value = 'P0@Example.com'"),
                     "1");
    ck_assert_str_eq(ask("SELECT ignored FROM identifier WHERE value = 'null'"), "ignore_values");
    /* decisions and where they are written */
    ck_assert_str_eq(ask("SELECT (SELECT count(*) FROM membership) = (SELECT count(*) FROM profile"
                         " WHERE orders > 0)"),
                     "1");
    ck_assert_str_eq(ask("SELECT (SELECT count(*) FROM suppression) = (SELECT count(*) FROM profile"
                         " WHERE newsletter IS NOT 1)"),
                     "1");
    ck_assert_str_eq(ask("SELECT DISTINCT blocks FROM suppressed"), "everything");
    ck_assert_str_eq(ask("SELECT DISTINCT segment || ': ' || title FROM members"),
                     "buyers: Bought something");
    ck_assert_str_eq(ask("SELECT because || ' ' || \"where\" FROM why WHERE fact = 'member'"),
                     "Thank them. shop.lua:28");
    ck_assert_str_eq(ask("SELECT count(*) FROM touch WHERE campaign = 'spring & \"summer\"'"),
                     ask("SELECT count(*) FROM touch WHERE source IN ('news', 'ads')"));
    ck_assert_str_eq(
        ask("SELECT rules_digest <> '' AND length(data_digest) = 64 AND config_digest ="
            " 'c0ffee' FROM run"),
        "1");
    ck_assert_str_eq(
        ask("SELECT count(*) > 0 FROM links WHERE rule = 'login' AND event LIKE 'm-%'"), "1");
    /* 1999 cents and one more an event: from 901 on at least 29 EUR; every seventh is an order */
    ck_assert_str_eq(ask("SELECT group_concat(event) FROM (SELECT * FROM flags WHERE flag = 'large'"
                         " ORDER BY time)"),
                     "m-903,m-910,m-917,m-924,m-931,m-938,m-945,m-952,m-966,m-973,m-980,m-987,"
                     "m-994");
    ck_assert_str_eq(ask("SELECT event FROM flags WHERE profile_id IS NULL"), "m-994");
    ck_assert_str_eq(ask("SELECT DISTINCT \"where\" FROM flags"), "shop.lua:36");
    /* scores are columns of the table and rows of the view */
    ck_assert_str_eq(ask("SELECT (SELECT count(*) FROM scores) = (SELECT count(*) FROM profile)"),
                     "1");
    ck_assert_str_eq(ask("SELECT group_concat(DISTINCT band || ' ' || value) FROM (SELECT s.* FROM"
                         " scores s JOIN profiles USING (profile_id) WHERE orders < 2)"),
                     "low 0");
    ck_assert_str_eq(ask("SELECT group_concat(DISTINCT band || ' ' || value) FROM (SELECT s.* FROM"
                         " scores s JOIN profiles USING (profile_id) WHERE orders >= 2)"),
                     "high 10");
    ck_assert_str_eq(ask("SELECT sql LIKE '%\"loyalty\" NUMERIC -- score: How often%' FROM"
                         " sqlite_schema WHERE name = 'profile'"),
                     "1");
}
END_TEST

/* Everything in all tables but the log's blobs, which hold numbers that depend on nothing but the
 * order of events here. */
static uint64_t content(uint64_t *ret_rows)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *t = NULL, *q;
    uint64_t h = 14695981039346656037ULL;
    *ret_rows = 0;
    OK(kf_sql_open(path, SQLITE_OPEN_READONLY, &db, &err));
    OK(kf_sql_prepare(db,
                      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE"
                      " 'sqlite_%' ORDER BY name",
                      &t, &err));
    while (kf_sql_step(t, &err) > 0) {
        char *sql = sqlite3_mprintf("SELECT rowid, * FROM \"%w\" ORDER BY rowid",
                                    sqlite3_column_text(t, 0));
        OK(kf_sql_prepare(db, sql, &q, &err));
        while (kf_sql_step(q, &err) > 0) {
            for (int i = 0; i < sqlite3_column_count(q); i++) {
                struct kf_str v = kf_sql_column(q, i);
                h = (h ^ (unsigned)sqlite3_column_type(q, i)) * 1099511628211ULL;
                for (size_t k = 0; k < v.n; k++)
                    h = (h ^ (uint8_t)v.p[k]) * 1099511628211ULL;
            }
            ++*ret_rows;
        }
        sqlite3_finalize(q);
        sqlite3_free(sql);
    }
    sqlite3_finalize(t);
    sqlite3_close(db);
    return h;
}

START_TEST(pages_hold_what_sqlite_would_write)
{
    uint64_t rows[3], hash[3];
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            setenv("KF_STORE_API", "1", 1);
        else
            unsetenv("KF_STORE_API");
        shop_run(12345, "fast", i == 2 ? 1 : 2);
        ck_assert_str_eq(ask("PRAGMA integrity_check"), "ok");
        hash[i] = content(&rows[i]);
    }
    ck_assert_uint_gt(rows[0], 5000);
    ck_assert_uint_eq(rows[0], rows[1]);
    ck_assert_msg(hash[0] == hash[1], "pages and INSERT disagree");
    ck_assert_msg(hash[0] == hash[2], "two threads and one disagree");
}
END_TEST

START_TEST(a_second_run_goes_on_from_the_first)
{
    struct kf_store *st = NULL;
    struct shop s;
    struct kf_store_run run;
    shop_run(1000, "fast", 2);
    sqlite3 *db = NULL; /* what people and earlier runs left */
    OK(kf_sql_open(path, SQLITE_OPEN_READWRITE, &db, &err));
    OK(kf_sql_exec(db,
                   "INSERT INTO decision(number, verb, a, b, who, why, key)"
                   " VALUES(1, 'join', 'a', 'b', 'me', 'because', 'k');"
                   "INSERT INTO quarantine VALUES(NULL, 1, 'web', 'f', 3, 'bad_json', '', x'00');"
                   "INSERT INTO source_file VALUES(NULL, 'web', 'f', 10, 'ff00000000000001', 5, 3,"
                   " 3, 0, 0, 1)",
                   &err));
    sqlite3_close(db);
    OK(kf_store_open(path, &st, &err));
    shop_open(&s);
    OK(kf_store_load_events(st, 2, &s.events, &err));
    shop_sell(&s, 1000, 500);
    shop_decide(&s, 2);
    OK(shop_store(&s, st, "fast", 2));
    kf_store_close(st);
    shop_close(&s);

    OK(kf_store_open(path, &st, &err));
    OK(kf_store_last_run(st, &run, &err));
    ck_assert_int_eq(run.number, 2);
    ck_assert_uint_eq(run.events, 1500);
    ck_assert_uint_eq(run.profiles, 150);
    ck_assert_uint_eq(run.quarantined, 1);
    ck_assert_str_eq(run.engine, KF_VERSION);
    ck_assert_str_eq(run.config_digest, "c0ffee");
    const struct kf_ingest_known *known;
    const struct kf_rules_text *file;
    uint32_t n;
    OK(kf_store_known_files(st, &known, &n, &err));
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(known[0].source, "web");
    ck_assert_str_eq(known[0].path, "f");
    ck_assert_uint_eq(known[0].hash, 0xff00000000000001ULL);
    OK(kf_store_rules(st, &file, &n, &err));
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(file[0].name, KF_RULES_SETTINGS);
    ck_assert_uint_gt(file[0].text.n, 0); /* those of defaults are kept as such */
    ck_assert_str_eq(file[1].name, "shop.lua");
    ck_assert_uint_eq(file[1].text.n, sizeof SHOP_RULES - 1);
    ck_assert_int_eq(memcmp(file[1].text.p, SHOP_RULES, sizeof SHOP_RULES), 0);
    kf_store_close(st);
    ck_assert_str_eq(ask("SELECT group_concat(events) FROM (SELECT * FROM run ORDER BY number)"),
                     "1000,1500");
    ck_assert_str_eq(ask("SELECT why FROM decision"), "because");
    /* and it is what one run over everything gives */
    char whole[512];
    static const char sum[] =
        "SELECT group_concat(profile_id || orders || coalesce(country, '') || identifiers)"
        " FROM (SELECT * FROM profile ORDER BY id LIMIT 10)";
    snprintf(whole, sizeof whole, "%s", ask(sum));
    unlink(path);
    shop_run(1500, "none", 1);
    ck_assert_str_eq(ask(sum), whole);
}
END_TEST

static int collect(void *ctx, int n, const char *const *value, const char *const *name)
{
    struct kf_buf *b = ctx;
    for (int i = 0; i < n; i++)
        kf_buf_addf(b, "%s=%s;", name[i], value[i] ? value[i] : "(null)");
    return strstr(b->p, "stop") ? KF_E_FAIL : 0;
}

START_TEST(questions_read_and_cannot_write)
{
    struct kf_store *st = NULL;
    struct kf_buf b = {0};
    const char *arg[] = {"buyers", NULL};
    shop_run(100, "fast", 1);
    OK(kf_store_open(path, &st, &err));
    OK(kf_store_ask(st, "SELECT name, ?2 AS x FROM rule WHERE name = ?1", arg, 2, collect, &b,
                    &err));
    ck_assert_str_eq(b.p, "name=buyers;x=(null);");
    ck_assert_int_eq(kf_store_query(st, "SELECT 'stop' UNION ALL SELECT 'x'", collect, &b, &err),
                     KF_E_FAIL);
    ck_assert_ptr_null(strstr(b.p, "=x;"));
    ck_assert_int_ne(kf_store_query(st, "DELETE FROM run", collect, &b, &err), 0);
    ck_assert_int_ne(kf_store_query(st, "SELECT nothing", collect, &b, &err), 0);
    ck_assert_str_eq(ask("SELECT count(*) FROM run"), "1");
    kf_store_close(st);
    kf_buf_free(&b);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store run");
    TCase *c = tcase_create("run");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, events_come_back_as_they_went_in);
    tcase_add_test(c, an_empty_world_is_a_store_too);
    tcase_add_test(c, tables_say_what_happened);
    tcase_add_test(c, pages_hold_what_sqlite_would_write);
    tcase_add_test(c, a_second_run_goes_on_from_the_first);
    tcase_add_test(c, questions_read_and_cannot_write);
    suite_add_tcase(s, c);
    return s;
}

KF_TEST_MAIN(suite)
