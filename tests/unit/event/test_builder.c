/* Bodies from the builder, read back field by field, as canonical JSON and through the codec. */
#include "event_support.h"

#include "event/body.h"
#include "event/canonical.h"
#include "event/codec.h"
#include "event/keys.h"

static struct got g;
static struct kf_arena bodies;
static struct kf_event_builder *b;

static void setup(void)
{
    got_begin(&g);
    kf_arena_init(&bodies, 0);
    b = kf_event_builder_new(&g.dict, g.idents, &bodies);
    kf_symbols_add(g.dict.source, kf_cstr("shop"));
    kf_event_builder_begin(b);
}

static void teardown(void)
{
    kf_event_builder_free(b);
    kf_arena_free(&bodies);
    got_end(&g);
}

static uint32_t key(const char *path)
{
    return kf_symbols_add(g.dict.key, kf_cstr(path));
}

static uint32_t end_event(const char *name, const char *id)
{
    struct kf_event_head h = {.time = 1767225600 * KF_SECOND,
                              .received = KF_NO_TIME,
                              .name = kf_cstr(name),
                              .id = kf_cstr(id),
                              .type = KF_EVENT_TRACK,
                              .platform = KF_PLATFORM_WEB};
    uint32_t i = kf_event_builder_end(b, g.events, &h);
    kf_event_builder_begin(b);
    return i;
}

static const char *json(uint32_t event)
{
    kf_buf_clear(&g.text);
    kf_event_json(g.events, event, &g.text);
    return g.text.p;
}

START_TEST(every_kind_of_value)
{
    struct kf_val v;
    kf_event_builder_text(b, key("a"), kf_cstr("short"));
    kf_event_builder_text(b, key("b"), kf_cstr("a text that is too long to be worth a symbol"));
    kf_event_builder_dec(b, key("c"), (struct kf_dec){-1999, 2});
    kf_event_builder_double(b, key("d"), 1e300);
    kf_event_builder_bool(b, key("e"), true);
    kf_event_builder_null(b, key("f"));
    kf_event_builder_ident(b, 1, kf_cstr("u1"), key("g"));
    ck_assert(kf_event_builder_json(b, key("h"), kf_cstr("[1,{\"x\":\"y\",\"w\":[]},\"z\"]")));
    uint32_t i = end_event("Order Completed", "m1");
    ck_assert(kf_body_get(g.events, i, key("a"), &v));
    ck_assert_uint_eq(v.type, KF_V_TEXT);
    ck_assert_uint_ne(v.sym, 0);
    ck_assert(kf_body_get(g.events, i, key("b"), &v));
    ck_assert_uint_eq(v.sym, 0);
    ck_assert_uint_eq(v.text.n, 44);
    ck_assert(kf_body_get(g.events, i, key("c"), &v));
    ck_assert(v.type == KF_V_DEC && v.dec.m == -1999 && v.dec.scale == 2);
    ck_assert(kf_body_get(g.events, i, key("d"), &v));
    ck_assert(v.type == KF_V_DOUBLE && v.num == 1e300);
    ck_assert(kf_body_get(g.events, i, key("e"), &v) && v.type == KF_V_TRUE);
    ck_assert(kf_body_get(g.events, i, key("f"), &v) && v.type == KF_V_NULL);
    ck_assert(kf_body_get(g.events, i, key("g"), &v) && kf_str_eq(v.text, kf_cstr("u1")));
    ck_assert(kf_body_get(g.events, i, key("h"), &v) && v.type == KF_V_LIST && v.count == 3);
    ck_assert(!kf_body_get(g.events, i, key("none"), &v));
    ck_assert_uint_eq(g.events->at[i].id_n, 1);
    ck_assert_str_eq(json(i),
                     "{\"fields\":{\"a\":\"short\","
                     "\"b\":\"a text that is too long to be worth a symbol\",\"c\":-19.99,"
                     "\"d\":1.0000000000000001e+300,\"e\":true,\"f\":null,\"g\":\"u1\","
                     "\"h\":[1,{\"w\":[],\"x\":\"y\"},\"z\"]},\"id\":\"m1\","
                     "\"identifiers\":[[\"\",\"u1\"]],\"name\":\"Order Completed\","
                     "\"platform\":\"web\",\"received\":\"2026-01-01T00:00:00Z\","
                     "\"source\":\"shop\",\"time\":\"2026-01-01T00:00:00Z\",\"type\":\"track\"}");
}
END_TEST

START_TEST(lists_are_walked)
{
    struct kf_val list, e, v;
    const uint8_t *at = NULL;
    ck_assert(kf_event_builder_json(b, key("l"), kf_cstr("[{\"p\":1},{\"p\":2,\"q\":\"x\"},7]")));
    uint32_t i = end_event("A", "m");
    ck_assert(kf_body_get(g.events, i, key("l"), &list));
    ck_assert(kf_list_next(g.events, &list, &at, &e));
    ck_assert(kf_obj_get(g.events, &e, key("p"), &v) && v.dec.m == 1);
    ck_assert(!kf_obj_get(g.events, &e, key("q"), &v));
    ck_assert(kf_list_next(g.events, &list, &at, &e));
    ck_assert(kf_obj_get(g.events, &e, key("q"), &v) && kf_str_eq(v.text, kf_cstr("x")));
    ck_assert(kf_list_next(g.events, &list, &at, &e));
    ck_assert(e.type == KF_V_DEC && e.dec.m == 7 && !kf_obj_get(g.events, &e, key("p"), &v));
    ck_assert(!kf_list_next(g.events, &list, &at, &e));
}
END_TEST

/* The last of several values of a key stays; identifiers behind the field taken out keep their
 * number. */
START_TEST(a_key_occurs_once)
{
    kf_event_builder_text(b, key("a"), kf_cstr("first"));
    kf_event_builder_ident(b, 1, kf_cstr("u1"), key("who"));
    kf_event_builder_text(b, key("a"), kf_cstr("a second that is longer than the first was"));
    kf_event_builder_ident(b, 1, kf_cstr("u2"), key("who"));
    kf_event_builder_text(b, key("a"), kf_cstr("z"));
    uint32_t i = end_event("A", "m"), n = 0, k;
    struct kf_val v;
    for (const uint8_t *at = NULL; kf_body_next(g.events, i, &at, &k, &v);)
        n++;
    ck_assert_uint_eq(n, 3); /* and the id */
    ck_assert(kf_body_get(g.events, i, key("a"), &v) && kf_str_eq(v.text, kf_cstr("z")));
    ck_assert(kf_body_get(g.events, i, key("who"), &v) && kf_str_eq(v.text, kf_cstr("u2")));
    ck_assert_uint_eq(g.events->at[i].id_n, 2); /* both identify, one is the field */
}
END_TEST

START_TEST(an_identifier_is_listed_once)
{
    kf_event_builder_ident(b, 1, kf_cstr("u"), 0);
    kf_event_builder_ident(b, 1, kf_cstr("u"), key("who"));
    kf_event_builder_ident(b, 2, kf_cstr("u"), 0);
    uint32_t i = end_event("A", "m");
    ck_assert_uint_eq(g.events->at[i].id_n, 2);
    ck_assert_uint_eq(kf_idents_count(g.idents), 2);
    struct kf_val v;
    ck_assert(kf_body_get(g.events, i, key("who"), &v) && kf_str_eq(v.text, kf_cstr("u")));
}
END_TEST

START_TEST(what_is_no_json_leaves_nothing)
{
    struct kf_val v;
    static const char *const bad[] = {"", "[1,", "{\"a\":}", "nope", "[1]]", "\"x", "[1 2]", "01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!kf_event_builder_json(b, key("j"), kf_cstr(bad[i])), "%s", bad[i]);
    struct kf_buf deep = {0};
    for (int i = 0; i < 70; i++)
        kf_buf_addc(&deep, '[');
    for (int i = 0; i < 70; i++)
        kf_buf_addc(&deep, ']');
    ck_assert(!kf_event_builder_json(b, key("j"), kf_str(deep.p, deep.n)));
    kf_buf_free(&deep);
    kf_event_builder_bool(b, key("k"), true);
    uint32_t i = end_event("A", "m");
    ck_assert(!kf_body_get(g.events, i, key("j"), &v));
    ck_assert(kf_body_get(g.events, i, key("k"), &v) && v.type == KF_V_TRUE);
}
END_TEST

/* Without an id of its own an event is named by what it says, not by the order of its fields. */
START_TEST(the_content_names_an_event)
{
    kf_event_builder_text(b, key("a"), kf_cstr("1"));
    kf_event_builder_text(b, key("b"), kf_cstr("2"));
    uint32_t x = end_event("A", "");
    kf_event_builder_text(b, key("b"), kf_cstr("2"));
    kf_event_builder_text(b, key("a"), kf_cstr("1"));
    uint32_t y = end_event("A", "");
    kf_event_builder_text(b, key("a"), kf_cstr("1"));
    kf_event_builder_text(b, key("b"), kf_cstr("3"));
    uint32_t z = end_event("A", "");
    ck_assert_uint_eq(kf_event_id(g.events, x).n, 32);
    ck_assert(kf_str_eq(kf_event_id(g.events, x), kf_event_id(g.events, y)));
    ck_assert(!kf_str_eq(kf_event_id(g.events, x), kf_event_id(g.events, z)));
    char *first = strdup(json(x));
    ck_assert_str_eq(json(y), first);
    free(first);
}
END_TEST

START_TEST(events_are_ordered_by_time_and_id)
{
    uint32_t b2 = end_event("A", "b"), a2 = end_event("A", "a");
    g.events->time[end_event("A", "c")]--;
    ck_assert_int_gt(kf_event_cmp(g.events, b2, a2), 0);
    ck_assert_int_gt(kf_event_cmp(g.events, a2, 2), 0);
    ck_assert_int_eq(kf_event_cmp(g.events, a2, a2), 0);
}
END_TEST

/* ---- codec ---- */

static void random_value(uint64_t *r, uint32_t k)
{
    char text[300];
    size_t n = next_random(r) % (next_random(r) % 8 ? 20 : sizeof text);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + next_random(r) % 26);
    switch (next_random(r) % 8) {
    case 0:
        kf_event_builder_dec(
            b, k, (struct kf_dec){(int64_t)next_random(r), (int8_t)(next_random(r) % 19)});
        break;
    case 1:
        kf_event_builder_double(b, k, (double)(int64_t)next_random(r) * 1e200);
        break;
    case 2:
        kf_event_builder_bool(b, k, next_random(r) & 1);
        break;
    case 3:
        kf_event_builder_null(b, k);
        break;
    case 4:
        kf_event_builder_ident(b, 1 + (uint32_t)(next_random(r) % 3), kf_str(text, n),
                               next_random(r) & 1 ? k : 0);
        break;
    case 5:
        ck_assert(kf_event_builder_json(
            b, k, kf_cstr("[[],{\"x\":[1.5,{\"y\":null}],\"z\":\"\\u00e9\"},true]")));
        break;
    default:
        kf_event_builder_text(b, k, kf_str(text, n));
    }
}

/* Whole seconds, milliseconds or nanoseconds: of the whole range, so that differences wrap. */
static int64_t random_time(uint64_t *r, int64_t unit)
{
    int64_t first = -2208988800, length = 9467107200;
    int64_t s = (int64_t)(next_random(r) % (uint64_t)length);
    int64_t t = (first + s) * KF_SECOND;
    return t + (int64_t)(next_random(r) % (uint64_t)(KF_SECOND / unit)) * unit;
}

static void random_event(uint64_t *r, int64_t unit)
{
    char path[20], id[20];
    for (uint64_t n = next_random(r) % 12; n; n--) {
        snprintf(path, sizeof path, "p%llu", (unsigned long long)(next_random(r) % 300));
        random_value(r, key(path));
    }
    snprintf(id, sizeof id, "%llx", (unsigned long long)next_random(r));
    struct kf_event_head h = {.time = random_time(r, unit),
                              .received = random_time(r, unit),
                              .name = kf_cstr(id[0] < '8' ? "Page" : ""),
                              .id = kf_cstr(id),
                              .type = (uint8_t)(1 + next_random(r) % (KF_EVENT_TYPES - 1)),
                              .platform = (uint8_t)(next_random(r) % 5),
                              .file = (uint32_t)(next_random(r) % 2),
                              .record = (uint32_t)next_random(r)};
    kf_event_builder_end(b, g.events, &h);
    kf_event_builder_begin(b);
}

static void same(const struct kf_events *a, uint32_t i, const struct kf_events *c, uint32_t k)
{
    struct kf_buf x = {0}, y = {0};
    kf_event_json(a, i, &x);
    kf_event_json(c, k, &y);
    ck_assert_str_eq(x.p, y.p);
    ck_assert_uint_eq(a->at[i].record, c->at[k].record);
    ck_assert_uint_eq(a->at[i].file, c->at[k].file);
    ck_assert_uint_eq(c->dropped[k], 0);
    kf_buf_free(&x);
    kf_buf_free(&y);
}

START_TEST(packed_and_unpacked_they_are_the_same)
{
    static const int64_t units[] = {1, 1000, 1000000, KF_SECOND};
    uint64_t r = 4711 + (uint64_t)_i;
    kf_symbols_add(g.dict.file, kf_cstr("f"));
    uint32_t n = (uint32_t)(next_random(&r) % 200), order[200];
    for (uint32_t i = 0; i < n; i++) {
        random_event(&r, units[_i % 4]);
        order[i] = n - 1 - i;
    }
    struct kf_buf packed = {0};
    struct kf_events *again = kf_events_new(&g.dict, g.idents);
    kf_codec_pack(g.events, order, n, &packed);
    for (int twice = 0; twice < 2; twice++)
        OK(kf_codec_unpack(packed.p, packed.n, again, &err));
    ck_assert_uint_eq(again->n, n * 2);
    for (uint32_t i = 0; i < n; i++) {
        same(g.events, order[i], again, i);
        same(g.events, order[i], again, n + i);
    }
    kf_events_free(again);
    kf_buf_free(&packed);
}
END_TEST

/* No beginning of a block is one, and no byte of it may be another without the events being others
 * or the block being refused; in no case is anything left behind or read beyond the end. */
START_TEST(damaged_blocks_are_refused)
{
    uint64_t r = 99;
    uint32_t order[20];
    for (uint32_t i = 0; i < 20; i++) {
        random_event(&r, KF_SECOND);
        order[i] = i;
    }
    struct kf_buf packed = {0};
    kf_codec_pack(g.events, order, 20, &packed);
    for (size_t n = 0; n < packed.n; n++) {
        char *exact = malloc(n + 1);
        memcpy(exact, packed.p, n);
        struct kf_events *e = kf_events_new(&g.dict, g.idents);
        err = (struct kf_error)KF_ERROR_INIT;
        ck_assert_int_eq(kf_codec_unpack(exact, n, e, &err), KF_E_DATA);
        ck_assert(e->n == 0 && e->id_pool_n == 0 && err.message[0]);
        kf_events_free(e);
        free(exact);
    }
    for (size_t at = 0; at < packed.n; at++) {
        packed.p[at] ^= (char)(1 << next_random(&r) % 8);
        struct kf_events *e = kf_events_new(&g.dict, g.idents);
        if (kf_codec_unpack(packed.p, packed.n, e, &err) == 0) {
            for (uint32_t i = 0; i < e->n; i++) {
                kf_buf_clear(&g.text);
                kf_event_json(e, i, &g.text);
                ck_assert_int_eq(g.text.p[0], '{');
            }
        } else {
            ck_assert(e->n == 0 && e->id_pool_n == 0);
        }
        kf_events_free(e);
        kf_buf_clear(&packed);
        kf_codec_pack(g.events, order, 20, &packed);
    }
    kf_buf_free(&packed);
}
END_TEST

START_TEST(three_centuries_fit_one_block)
{
    const int64_t first = -2208988800 * KF_SECOND, last = 7258118399 * KF_SECOND + 999999999;
    uint32_t order[] = {0, 1, 2};
    struct kf_buf packed = {0};
    for (unsigned i = 0; i < 3; i++)
        end_event("A", i == 0 ? "x" : i == 1 ? "y" : "z");
    g.events->time[0] = g.events->at[1].received = first;
    g.events->at[0].received = g.events->time[1] = last;
    kf_codec_pack(g.events, order, 3, &packed);
    struct kf_events *again = kf_events_new(&g.dict, g.idents);
    OK(kf_codec_unpack(packed.p, packed.n, again, &err));
    ck_assert_int_eq(again->time[0], first);
    ck_assert_int_eq(again->at[0].received, last);
    ck_assert_int_eq(again->time[1], last);
    ck_assert_int_eq(again->at[1].received, first);
    kf_events_free(again);
    kf_buf_free(&packed);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("builder");
    TCase *t = tcase_create("builder");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_kind_of_value);
    tcase_add_test(t, lists_are_walked);
    tcase_add_test(t, a_key_occurs_once);
    tcase_add_test(t, an_identifier_is_listed_once);
    tcase_add_test(t, what_is_no_json_leaves_nothing);
    tcase_add_test(t, the_content_names_an_event);
    tcase_add_test(t, events_are_ordered_by_time_and_id);
    tcase_add_loop_test(t, packed_and_unpacked_they_are_the_same, 0, 40);
    tcase_add_test(t, damaged_blocks_are_refused);
    tcase_add_test(t, three_centuries_fit_one_block);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
