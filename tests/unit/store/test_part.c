/* The part of a log that concerns somebody: whose events it holds, and that a damaged store is
 * found out instead of giving fewer of them. */
#include "store_support.h"

#include "event/ingest.h"
#include "store/part.h"

#define EVENTS 2500

static struct kf_events *part;

/* The code, and `part`. */
static int load(const char *about, const struct kf_decision_text *d, uint32_t n_decision)
{
    struct shop s;
    struct kf_store *store = NULL;
    part = NULL;
    shop_open(&s);
    kf_error_clear(&err);
    int rc = kf_store_open(path, &store, &err);
    struct kf_store_part o = {.rules = s.rules,
                              .config = s.config,
                              .about = &about,
                              .n_about = 1,
                              .decision = d,
                              .n_decision = n_decision};
    if (rc == 0)
        rc = kf_store_load_part(store, &o, &part, &err);
    kf_store_close(store);
    kf_rules_free(s.rules);
    kf_config_free(s.config);
    return rc;
}

/* Ids of its events in the order of the log, "none", "all", or that it failed. */
static const char *events_about(const char *about, const struct kf_decision_text *d,
                                uint32_t n_decision)
{
    static char out[4096];
    size_t n = 0;
    int rc = load(about, d, n_decision);
    snprintf(out, sizeof out, "%s", rc == KF_E_DATA ? "damaged" : rc ? "failed" : "none");
    if (rc == 0 && !part)
        snprintf(out, sizeof out, "all");
    for (uint32_t i = 0; part && i < part->n; i++) {
        struct kf_str id = kf_event_id(part, i);
        n += (size_t)snprintf(out + n, sizeof out - n, i ? " %.*s" : "%.*s", (int)id.n, id.p);
    }
    kf_store_events_free(part);
    return out;
}

#define OF_4 "m-40 m-41 m-42 m-43 m-44 m-45 m-46 m-47 m-48 m-49"
#define OF_8 "m-80 m-81 m-82 m-83 m-84 m-85 m-86 m-87 m-88 m-89"

START_TEST(events_of_one)
{
    char id[17];
    shop_run(EVENTS, "fast", 2);
    ck_assert_str_eq(events_about("email:p4@example.com", NULL, 0), OF_4);
    ck_assert_str_eq(events_about("email= P4@EXAMPLE.COM ", NULL, 0), OF_4);
    ck_assert_str_eq(events_about("anonymous_id:anon-00004", NULL, 0), OF_4);
    snprintf(id, sizeof id, "%s",
             ask("SELECT profile_id FROM identifiers WHERE value = 'anon-00004'"));
    ck_assert_str_eq(events_about(id, NULL, 0), OF_4);
    ck_assert_str_eq(events_about("0123456789abcdef", NULL, 0), "all");
    ck_assert_str_eq(events_about("email:nobody@example.com", NULL, 0), "none");
    ck_assert_str_eq(events_about("fax:1", NULL, 0), "none");
    ck_assert_str_eq(events_about("anonymous_id:null", NULL, 0), "none"); /* ignored */
}
END_TEST

/* Two decisions about somebody whom nobody ever saw tie two people. */
START_TEST(what_stewards_tie)
{
    static const struct kf_decision_text d[] = {
        {"join", "email:p4@example.com", "user_id:unseen", 1, 1},
        {"keep_apart", "user_id:unseen", "anonymous_id:anon-00008", 2, 2}};
    shop_run(EVENTS, "none", 1);
    ck_assert_str_eq(events_about("email:p4@example.com", d, 1), OF_4);
    ck_assert_str_eq(events_about("email:p4@example.com", d, 2), OF_4 " " OF_8);
    ck_assert_str_eq(events_about("user_id:unseen", d, 2), OF_4 " " OF_8);
}
END_TEST

START_TEST(a_large_part_is_everything)
{
    shop_run(30, "fast", 1); /* three people */
    ck_assert_str_eq(events_about("email:p1@example.com", NULL, 0), "all");
}
END_TEST

START_TEST(events_say_what_the_log_says)
{
    struct kf_store *store;
    struct kf_events *all;
    shop_run(EVENTS, "small", 1);
    OK(kf_store_open(path, &store, &err));
    OK(kf_store_load_events(store, 1, &all, &err));
    OK(load("email:p4@example.com", NULL, 0));
    ck_assert_uint_eq(part->n, 10);
    for (uint32_t i = 0, e; i < part->n; i++) {
        struct kf_buf a = {0}, b = {0};
        for (e = 0; !kf_str_eq(kf_event_id(all, e), kf_event_id(part, i)); e++)
            ck_assert_uint_lt(e + 1, all->n);
        kf_event_json(part, i, &a);
        kf_event_json(all, e, &b);
        ck_assert_str_eq(a.p, b.p);
        kf_buf_free(&a);
        kf_buf_free(&b);
    }
    ck_assert_uint_eq(kf_idents_count(part->idents), 2);
    kf_store_events_free(part);
    kf_store_events_free(all);
    kf_store_close(store);
}
END_TEST

static void damage(const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK, "%s: %s", sql, why);
    sqlite3_close(db);
}

#define ID_OF_4 "(SELECT id FROM identifier WHERE value = 'anon-00004')"

/* Each is an error, whoever is asked about. */
static const char *const DAMAGE[] = {
    "DELETE FROM event_block WHERE id = 1",
    "UPDATE event_block SET data = substr(data, 1, length(data) - 1) WHERE id = 2",
    "UPDATE event_block SET data = zeroblob(length(data)) WHERE id = 2",
    "UPDATE event_block SET data = zeroblob(0) WHERE id = 2",
    "UPDATE event_block SET bytes = -1 WHERE id = 1",
    "UPDATE event_block SET bytes = bytes + 1 WHERE id = 1",
    "UPDATE event_block SET bytes = 9223372036854775807 WHERE id = 1",
    "CREATE TEMP TABLE copy AS SELECT * FROM event_block WHERE id = 1; UPDATE copy SET id = 99;"
    " INSERT INTO event_block SELECT * FROM copy",
    "UPDATE run SET events = events - 1",
    "UPDATE run SET events = events + 1",
    "UPDATE run SET events = -1",
    "UPDATE run SET events = 1 << 40",
    "DELETE FROM identifier WHERE id = 7",
    "UPDATE identifier SET id = 1 << 33 WHERE id = 7",
    "UPDATE identifier SET same_as = 0 WHERE id = 7",
    "UPDATE identifier SET same_as = 1 << 33 WHERE id = 7",
    "UPDATE setting SET value = 1000000000 WHERE name = 'raw_identifiers'",
    "UPDATE setting SET value = -1 WHERE name = 'raw_identifiers'",
    "UPDATE setting SET value = 3 WHERE name = 'raw_identifiers'",
    "DELETE FROM setting WHERE name = 'raw_identifiers'",
    "UPDATE identifier SET namespace = 0 WHERE id = " ID_OF_4,
    "UPDATE identifier SET namespace = 1 << 33 WHERE id = " ID_OF_4,
    "DELETE FROM symbol WHERE dictionary = 'ns' AND number = 1",
};

START_TEST(damage_is_an_error)
{
    const char *sql = DAMAGE[_i];
    shop_run(EVENTS, "fast", 1);
    damage(sql);
    const char *got = events_about("email:p4@example.com", NULL, 0);
    ck_assert_msg(strcmp(got, "damaged") == 0, "%s: %s, %s", sql, got, err.message);
    ck_assert_ptr_nonnull(strstr(err.message, "damaged"));
}
END_TEST

/* A file that ends too early: an error, or what was asked for does not lie in what is lost. */
START_TEST(a_file_cut_short)
{
    shop_run(EVENTS, "none", 1);
    struct stat st;
    unsigned failed = 0;
    ck_assert_int_eq(stat(path, &st), 0);
    for (int64_t size = st.st_size - 4096; size > 0; size -= st.st_size / 40 / 4096 * 4096 + 4096) {
        ck_assert_int_eq(truncate(path, size), 0);
        const char *got = events_about("email:p4@example.com", NULL, 0);
        bool whole = strcmp(got, OF_4) == 0;
        failed += !whole;
        ck_assert_msg(whole || err.message[0], "of %lld bytes: %s", (long long)size, got);
    }
    ck_assert_uint_gt(failed, 10);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("part");
    TCase *t = tcase_create("part");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, events_of_one);
    tcase_add_test(t, what_stewards_tie);
    tcase_add_test(t, a_large_part_is_everything);
    tcase_add_test(t, events_say_what_the_log_says);
    tcase_add_loop_test(t, damage_is_an_error, 0, sizeof DAMAGE / sizeof *DAMAGE);
    tcase_add_test(t, a_file_cut_short);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
