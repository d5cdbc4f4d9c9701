/* The event log as a table of SQL: every event once, with its owner, whatever blocks it lies in. */
#include "store_support.h"

#include "store/event_table.h"

static sqlite3 *opened(void)
{
    sqlite3 *db = NULL;
    OK(kf_sql_open(path, SQLITE_OPEN_READONLY, &db, &err));
    ck_assert_int_eq(kf_event_table_register(db), SQLITE_OK);
    return db;
}

static const char *asked(sqlite3 *db, const char *sql)
{
    static char buffer[4][4096];
    static unsigned at;
    char *text = buffer[at++ % 4];
    sqlite3_stmt *q = NULL;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ERROR)
        snprintf(text, sizeof buffer[0], "error: %s", sqlite3_errmsg(db));
    else
        snprintf(text, sizeof buffer[0], "%s",
                 rc == SQLITE_ROW && sqlite3_column_text(q, 0)
                     ? (const char *)sqlite3_column_text(q, 0)
                     : "");
    sqlite3_finalize(q);
    return text;
}

/* More events of one person than a block holds. */
static void sell_to_busy(struct shop *s, uint32_t n)
{
    struct kf_arena bodies;
    kf_arena_init(&bodies, 0);
    struct kf_event_builder *b = kf_event_builder_new(s->events->dict, s->events->idents, &bodies);
    uint32_t user = kf_symbols_add(s->events->dict->ns, kf_cstr("user_id"));
    for (uint32_t i = 0; i < n; i++) {
        char id[32];
        struct kf_event_head h = {.time = 1767225600 * KF_SECOND + (int64_t)i * KF_SECOND,
                                  .name = kf_cstr("Page"),
                                  .type = KF_EVENT_TRACK,
                                  .platform = KF_PLATFORM_WEB,
                                  .file = 1,
                                  .record = 10000 + i};
        h.received = h.time;
        h.id = kf_str(id, (size_t)snprintf(id, sizeof id, "b-%u", i));
        kf_event_builder_begin(b);
        kf_event_builder_ident(b, user, kf_cstr("busy"), 0);
        ck_assert_uint_ne(kf_event_builder_end(b, s->events, &h), UINT32_MAX);
    }
    kf_event_builder_free(b);
    kf_events_take_arena(s->events, &bodies);
}

START_TEST(every_event_has_its_owner)
{
    struct shop s;
    shop_open(&s);
    shop_new_events(&s);
    shop_sell(&s, 0, 2500);
    sell_to_busy(&s, 2100);
    shop_decide(&s, 2);
    OK(shop_store(&s, NULL, "fast", 2));
    shop_close(&s);
    sqlite3 *db = opened();
    ck_assert_str_eq(asked(db, "SELECT count(*) || ' ' || count(DISTINCT id) FROM event"),
                     "4600 4600");
    /* the busy one alone fills two blocks and a part */
    ck_assert_str_eq(asked(db, "SELECT count(*) FROM event_block WHERE first_profile = (SELECT id"
                               " FROM profile WHERE events = 2100)"),
                     "3");
    ck_assert_str_eq(asked(db,
                           "SELECT count(*) || ' ' || min(id LIKE 'b-%') FROM event WHERE"
                           " profile_id = (SELECT profile_id FROM profile WHERE events = 2100)"),
                     "2100 1");
    /* who holds the identifier that the event carries is who the event belongs to; five events
     * carry an address beside a 'null' that is nobody's */
    ck_assert_str_eq(
        asked(db, "SELECT count(*) || ' ' || sum(i.profile_id = e.profile_id) FROM"
                  " event e JOIN identifiers i ON i.namespace ="
                  " json_extract(e.json, '$.identifiers[0][0]') AND i.value ="
                  " json_extract(e.json, '$.identifiers[0][1]')"
                  " WHERE e.profile_id IS NOT NULL AND i.value <> 'null'"),
        asked(db, "SELECT (sum(events) - 5) || ' ' || (sum(events) - 5) FROM profiles"));
    ck_assert_str_eq(asked(db,
                           "SELECT count(*) FROM profile p WHERE events <> (SELECT count(*) FROM"
                           " event e WHERE e.profile_id = p.profile_id)"),
                     "0");
    ck_assert_str_eq(asked(db, "SELECT count(*) FROM event WHERE profile_id IS NULL"),
                     asked(db, "SELECT sum(events) FROM event_block WHERE first_profile IS NULL"));
    ck_assert_str_eq(asked(db, "SELECT count(*) FROM event WHERE profile_id = 'nobody'"), "0");
    sqlite3_close(db);
}
END_TEST

START_TEST(columns)
{
    shop_run(1000, "small", 1);
    sqlite3 *db = opened();
    ck_assert_str_eq(asked(db, "SELECT time || ' ' || received || ' ' || type || ' ' || name || ' '"
                               " || source || ' ' || platform || ' ' || file || ':' || record FROM"
                               " event WHERE id = 'm-7'"),
                     "2026-01-01T00:00:07.000Z 2026-01-01T00:00:09.000Z track Order Completed web"
                     " web events.jsonl:8");
    ck_assert_str_eq(asked(db, "SELECT json ->> '$.fields.\"properties.revenue\"' FROM event"
                               " WHERE id = 'm-7'"),
                     "20.06");
    ck_assert_str_eq(asked(db, "SELECT type || coalesce(name, ', no name') FROM event"
                               " WHERE id = 'm-9'"),
                     "identify, no name");
    sqlite3_close(db);
}
END_TEST

START_TEST(no_store)
{
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    ck_assert_int_eq(kf_event_table_register(db), SQLITE_OK);
    ck_assert_ptr_nonnull(strstr(asked(db, "SELECT * FROM event"), "error: there is no store"));
    sqlite3_close(db);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("event table");
    TCase *t = tcase_create("table");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_event_has_its_owner);
    tcase_add_test(t, columns);
    tcase_add_test(t, no_store);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
