/* Field maps: which member goes where, what happens to names nobody mapped, and which values are
 * worth a symbol. */
#include "event_support.h"

#include "event/trie.h"

static struct kf_dict dict;
static struct kf_trie *trie;

static void make(const struct kf_map *map, uint32_t n, const char *unmapped)
{
    struct kf_shape s = {.size = sizeof s,
                         .format = KF_FORMAT_JSON,
                         .map = map,
                         .map_len = n,
                         .batch_path = "batch",
                         .unmapped = unmapped};
    OK(kf_dict_init(&dict));
    OK(kf_trie_new(&s, &dict, &trie, &err));
}

static void unmake(void)
{
    kf_trie_free(trie);
    kf_dict_free(&dict);
}

static struct kf_edge *edge(struct kf_node *n, const char *name, unsigned depth)
{
    return kf_trie_edge(trie, n, kf_cstr(name), depth);
}

/* The canonical path that the edge's own row writes; "": none. */
static const char *path_of(const struct kf_edge *e)
{
    static char text[1100];
    struct kf_str s = kf_symbols_text(dict.key, e->act.key);
    snprintf(text, sizeof text, "%.*s", (int)s.n, s.n ? s.p : "");
    return text;
}

START_TEST(rows_lead_to_their_targets)
{
    static const struct kf_map map[] = {
        {"type", KF_TO_TYPE, 0, 0, 0, 0, 0},
        {"a.b.c", KF_TO_FIELD, KF_FIELD_MONEY, "properties.c", 0, 0, 0},
        {"a", KF_TO_BELOW, 0, "context", 0, "snake", 0},
        {"who", KF_TO_IDENTIFIER, 0, "user_id", "traits.id", 0, 0},
        {"who", KF_TO_MESSAGE_ID, 0, 0, 0, 0, 0},
        {"l[].x", KF_TO_FIELD, KF_FIELD_TEXT, "properties.list[].y", 0, 0, 0},
        {"news", KF_TO_CONSENT, 0, "mail", 0, 0, 0},
        {"secret", KF_TO_SKIP, 0, 0, 0, 0, 0}};
    make(map, 8, NULL);
    struct kf_edge *e = edge(trie->root, "type", 0);
    ck_assert_uint_eq(e->act.target, KF_TO_TYPE);
    e = edge(edge(edge(trie->root, "a", 0)->child, "b", 1)->child, "c", 2);
    ck_assert_uint_eq(e->act.target, KF_TO_FIELD);
    ck_assert_uint_eq(e->act.type, KF_FIELD_MONEY);
    ck_assert_str_eq(path_of(e), "properties.c");
    e = edge(edge(trie->root, "a", 0)->child, "newName", 1);
    ck_assert_str_eq(path_of(e), "context.new_name");
    e = edge(trie->root, "who", 0);
    ck_assert_uint_eq(e->act.target, KF_TO_IDENTIFIER);
    ck_assert_str_eq(path_of(e), "traits.id");
    ck_assert_uint_eq(e->act.next->target, KF_TO_MESSAGE_ID);
    e = edge(trie->root, "l", 0);
    struct kf_str list = kf_symbols_text(dict.key, e->list_key);
    ck_assert(kf_str_eq(list, kf_cstr("properties.list")));
    ck_assert_str_eq(path_of(edge(e->element, "x", 1)), "y");
    ck_assert_str_eq(path_of(edge(trie->root, "news", 0)), "consent.mail");
    ck_assert_uint_eq(edge(trie->root, "secret", 0)->act.target, KF_TO_SKIP);
    ck_assert_uint_eq(edge(trie->root, "nobody", 0)->act.target, 0);
    ck_assert(edge(trie->root, "batch", 0)->batch);
    unmake();
}
END_TEST

START_TEST(unmapped_names_go_below_the_prefix)
{
    make(NULL, 0, "properties");
    struct kf_edge *e = edge(trie->root, "Any Name", 0);
    ck_assert_str_eq(path_of(e), "properties.Any Name");
    ck_assert_ptr_eq(edge(trie->root, "Any Name", 0), e);
    struct kf_node *n = kf_trie_child(trie, trie->root, e, 0);
    ck_assert_str_eq(path_of(edge(n, "x", 1)), "properties.Any Name.x");
    n = kf_trie_element(trie, e, 0);
    ck_assert_str_eq(path_of(edge(n, "x", 1)), "x");
    unmake();
    make(NULL, 0, "");
    ck_assert_str_eq(path_of(edge(trie->root, "x", 0)), "x");
    unmake();
}
END_TEST

START_TEST(names_have_a_greatest_length)
{
    char name[KF_NAME_MAX + 2];
    memset(name, 'x', sizeof name);
    make(NULL, 0, "properties");
    ck_assert_ptr_nonnull(kf_trie_edge(trie, trie->root, kf_str(name, KF_NAME_MAX), 0));
    ck_assert_ptr_null(kf_trie_edge(trie, trie->root, kf_str(name, KF_NAME_MAX + 1), 0));
    struct kf_edge *e = kf_trie_edge(trie, trie->root, kf_str(name, KF_NAME_MAX), 0);
    struct kf_node *n = kf_trie_child(trie, trie->root, e, 0);
    ck_assert_ptr_null(kf_trie_edge(trie, n, kf_str(name, KF_NAME_MAX), 1)); /* its path is */
    ck_assert_ptr_null(kf_trie_edge(trie, n, kf_str(name, KF_NAME_MAX), 1)); /* and stays so */
    ck_assert_ptr_nonnull(kf_trie_edge(trie, n, kf_cstr("y"), 1));
    unmake();
}
END_TEST

/* Beyond the table each name still has its path, and nothing is kept for it. */
START_TEST(more_names_than_are_kept)
{
    char name[20], want[40];
    make(NULL, 0, "p");
    for (unsigned i = 0; i < KF_EDGES_MAX + 1000; i++) {
        snprintf(name, sizeof name, "n%u", i);
        struct kf_edge *e = edge(trie->root, name, 0);
        ck_assert_ptr_nonnull(e);
        if (i % 5000 == 0 || i >= KF_EDGES_MAX) {
            snprintf(want, sizeof want, "p.n%u", i);
            ck_assert_str_eq(path_of(e), want);
            kf_symcache_get(&e->values, dict.value, kf_cstr(name)); /* leaks where kept wrongly */
        }
    }
    ck_assert_uint_eq(trie->n_edges, KF_EDGES_MAX + 1); /* and batch */
    struct kf_edge *a = edge(trie->root, "far", 0);
    struct kf_node *n = kf_trie_child(trie, trie->root, a, 0);
    struct kf_edge *c = edge(n, "below", 1);
    ck_assert_str_eq(path_of(c), "p.far.below");
    ck_assert(kf_str_eq(a->name, kf_cstr("far")));
    unmake();
}
END_TEST

START_TEST(columns_of_a_table)
{
    static const struct kf_map map[] = {{"E.mail", KF_TO_IDENTIFIER, 0, "email", 0, 0, 0},
                                        {"E.mail", KF_TO_FIELD, 0, "traits.email", 0, 0, "NULL"}};
    struct kf_shape s = {
        .size = sizeof s, .format = KF_FORMAT_CSV, .map = map, .map_len = 2, .unmapped = NULL};
    OK(kf_dict_init(&dict));
    OK(kf_trie_new(&s, &dict, &trie, &err));
    for (int twice = 0; twice < 2; twice++) { /* a second file has the same columns */
        struct kf_edge *e = kf_trie_column(trie, &s, kf_cstr("E.mail"));
        ck_assert_uint_eq(e->act.target, KF_TO_IDENTIFIER);
        ck_assert_uint_eq(e->act.next->target, KF_TO_FIELD);
        ck_assert_str_eq(e->act.next->null_text, "NULL");
        ck_assert_ptr_null(e->act.next->next);
    }
    ck_assert_ptr_null(kf_trie_column(trie, &s, kf_cstr("e.mail")));
    unmake();
}
END_TEST

START_TEST(snake_case)
{
    static const char *const cases[][2] = {{"orderId", "order_id"},
                                           {"HTTPCode", "http_code"},
                                           {"User Name", "user_name"},
                                           {"already_so", "already_so"},
                                           {"X", "x"},
                                           {"", ""},
                                           {"aB-C", "a_b_c"},
                                           {"v2Beta", "v2_beta"},
                                           {"ID", "id"},
                                           {"\xc3\x84nderung", "\xc3\x84nderung"}};
    char out[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = kf_snake(kf_cstr(cases[i][0]), out);
        ck_assert_msg(kf_str_eq(kf_str(out, n), kf_cstr(cases[i][1])), "%s: %.*s", cases[i][0],
                      (int)n, out);
    }
}
END_TEST

/* ---- symcache ---- */

START_TEST(values_that_come_again_get_a_symbol)
{
    struct kf_symcache c = {0};
    struct kf_symbols *t = kf_symbols_new(0);
    char text[300];
    for (unsigned i = 0; i < 64; i++) { /* the first at once */
        snprintf(text, sizeof text, "v%u", i);
        ck_assert_uint_ne(kf_symcache_get(&c, t, kf_cstr(text)), 0);
    }
    ck_assert_uint_eq(kf_symcache_get(&c, t, kf_cstr("late")), 0);
    uint32_t sym = kf_symcache_get(&c, t, kf_cstr("late"));
    ck_assert_uint_ne(sym, 0);
    ck_assert_uint_eq(kf_symcache_get(&c, t, kf_cstr("late")), sym);
    ck_assert(kf_str_eq(kf_symbols_text(t, sym), kf_cstr("late")));
    ck_assert_uint_eq(kf_symcache_get(&c, t, kf_cstr("v7")), 8);
    memset(text, 'x', sizeof text);
    ck_assert_uint_eq(kf_symcache_get(&c, t, kf_str(text, KF_SYM_TEXT_MAX + 1)), 0);
    ck_assert_uint_eq(kf_symcache_get(&c, t, kf_str(text, KF_SYM_TEXT_MAX + 1)), 0);
    kf_symcache_free(&c);
    kf_symbols_free(t);
}
END_TEST

START_TEST(a_field_of_ids_is_given_up)
{
    struct kf_symcache c = {0};
    struct kf_symbols *t = kf_symbols_new(0);
    char text[20];
    for (unsigned i = 0; i < 70000; i++) {
        snprintf(text, sizeof text, "order-%u", i);
        kf_symcache_get(&c, t, kf_cstr(text));
    }
    ck_assert_uint_lt(kf_symbols_count(t), 1000); /* collisions of the door */
    ck_assert_uint_eq(kf_symcache_get(&c, t, kf_cstr("again")), 0);
    ck_assert_uint_eq(kf_symcache_get(&c, t, kf_cstr("again")), 0);
    kf_symcache_free(&c);
    kf_symbols_free(t);
}
END_TEST

/* Paths of a large shop, few of which fit the table, are not worth a look-up each; long texts of
 * which most fit are. */
static bool is_given_up(int width, unsigned values)
{
    struct kf_symcache c = {0};
    struct kf_symbols *t = kf_symbols_new(0);
    char text[200];
    for (unsigned i = 0; i < 400000; i++) {
        int n = snprintf(text, sizeof text, "%0*u", width, (i * 2654435761u >> 7) % values);
        kf_symcache_get(&c, t, kf_str(text, (size_t)n));
    }
    unsigned found = 0;
    for (unsigned i = 0; i < values; i++) {
        int n = snprintf(text, sizeof text, "%0*u", width, i);
        found += kf_symcache_get(&c, t, kf_str(text, (size_t)n)) != 0;
    }
    kf_symcache_free(&c);
    kf_symbols_free(t);
    return found <= 1; /* the last one is remembered */
}

START_TEST(a_field_that_saves_little_is_given_up)
{
    ck_assert(is_given_up(12, 50000));
    ck_assert(!is_given_up(100, 20000));
}
END_TEST

/* A full dictionary costs the symbol, not the value. */
START_TEST(a_full_dictionary)
{
    struct kf_symcache c = {0};
    struct kf_symbols *t = kf_symbols_new(2);
    ck_assert_uint_eq(kf_symcache_get(&c, t, kf_cstr("a")), 1);
    ck_assert_uint_eq(kf_symcache_get(&c, t, kf_cstr("b")), 2);
    ck_assert_uint_eq(kf_symcache_get(&c, t, kf_cstr("c")), 0);
    ck_assert_uint_eq(kf_symcache_get(&c, t, kf_cstr("a")), 1);
    kf_symcache_free(&c);
    kf_symbols_free(t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("trie");
    TCase *t = tcase_create("trie");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, rows_lead_to_their_targets);
    tcase_add_test(t, unmapped_names_go_below_the_prefix);
    tcase_add_test(t, names_have_a_greatest_length);
    tcase_add_test(t, more_names_than_are_kept);
    tcase_add_test(t, columns_of_a_table);
    tcase_add_test(t, snake_case);
    tcase_add_test(t, values_that_come_again_get_a_symbol);
    tcase_add_test(t, a_field_of_ids_is_given_up);
    tcase_add_test(t, a_field_that_saves_little_is_given_up);
    tcase_add_test(t, a_full_dictionary);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
