/* The bulk loader, a row at a time: values, overflow pages, order, and what it must refuse. */
#include "bulk_support.h"

#include <fcntl.h>
#include <math.h>

/* ---- values ---- */

static const int64_t ints[] = {INT64_MIN,
                               -140737488355329,
                               -140737488355328,
                               -2147483649,
                               -2147483648,
                               -8388609,
                               -8388608,
                               -32769,
                               -32768,
                               -129,
                               -128,
                               -2,
                               -1,
                               0,
                               1,
                               2,
                               127,
                               128,
                               32767,
                               32768,
                               8388607,
                               8388608,
                               2147483647,
                               2147483648,
                               140737488355327,
                               140737488355328,
                               INT64_MAX};
enum { INTS = sizeof ints / sizeof *ints };

static void fill_values(const char *path, enum kf_bulk_mode mode)
{
    static const double reals[] = {0.0, -0.0, 1.0, -1.5, 1e300, -1e-300, 3.0, 0.1};
    struct kf_bulk *b;
    struct kf_bulk_tree *t, *x;
    create(path, 4096,
           "CREATE TABLE v(id INTEGER PRIMARY KEY, i INT, r REAL, t TEXT, b BLOB, a, \"od\"\"d\" "
           "TEXT);"
           "CREATE UNIQUE INDEX v_i ON v(i)");
    OK(kf_bulk_open(path, mode, &b, &err));
    OK(kf_bulk_table(b, "v", &t, &err));
    OK(kf_bulk_index(b, "v_i", &x, &err));
    for (int i = 0; i < INTS; i++) {
        kf_bulk_row_begin(t, ints[i]); /* also every width of rowid */
        kf_bulk_null(t);
        kf_bulk_int(t, ints[i]);
        kf_bulk_real(t, i == 9 ? (double)NAN : i == 10 ? (double)INFINITY : reals[i % 8]);
        kf_bulk_text(t, i % 3 ? "Gr\xc3\xbc\xc3\x9f\x65" : NULL, i % 3 ? 7 : 0);
        if (i % 2) {
            kf_bulk_blob(t, "\0\1\2", i == 5 ? 0 : 3);
        } else {
            kf_bulk_null(t);
        }
        kf_bulk_int(t, -ints[i == 0 ? 1 : i]);
        kf_bulk_text(t, "a\0b", 3);
        OK(kf_bulk_row_end(t, &err));
        kf_bulk_row_begin(x, ints[i]);
        kf_bulk_int(x, ints[i]);
        OK(kf_bulk_row_end(x, &err));
    }
    OK(kf_bulk_close(b, KF_BULK_FSYNC, &err));
}

START_TEST(values_round_trip)
{
    fill_values(path_of("direct"), KF_BULK_DIRECT);
    fill_values(path_of("api"), KF_BULK_API);
    check_equal("values", INTS);
    const char *direct = path_of("direct");
    ck_assert_int_eq(
        atoi(ask(direct, "SELECT count(*) FROM v WHERE id = i AND typeof(i) = 'integer'")), INTS);
    ck_assert_str_eq(ask(direct, "SELECT i FROM v ORDER BY i DESC LIMIT 1"), "9223372036854775807");
    ck_assert_str_eq(ask(direct, "SELECT t FROM v WHERE i = -140737488355329"),
                     "Gr\xc3\xbc\xc3\x9f\x65");
    ck_assert_str_eq(ask(direct, "SELECT typeof(t) || length(t) FROM v WHERE i = -2147483649"),
                     "text0");
    ck_assert_str_eq(ask(direct, "SELECT typeof(r) FROM v WHERE i = -129"), "null");
    ck_assert_str_eq(ask(direct, "SELECT r > 1e308 FROM v WHERE i = -128"), "1");
    ck_assert_str_eq(ask(direct, "SELECT typeof(b) || length(b) FROM v WHERE i = -8388609"),
                     "blob0");
    ck_assert_str_eq(ask(direct, "SELECT hex(b) FROM v WHERE i = -140737488355329"), "000102");
}
END_TEST

/* More than 127 bytes of header: its length takes two bytes. The rowid column is the last one. */
static void fill_wide(const char *path, enum kf_bulk_mode mode, int cols)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t;
    char ddl[4000] = "CREATE TABLE w(rowid TEXT";
    for (int i = 1; i < cols; i++) {
        snprintf(ddl + strlen(ddl), sizeof ddl - strlen(ddl), ", c%d INT", i);
    }
    snprintf(ddl + strlen(ddl), sizeof ddl - strlen(ddl), ", id INTEGER PRIMARY KEY)");
    create(path, 4096, ddl);
    OK(kf_bulk_open(path, mode, &b, &err));
    OK(kf_bulk_table(b, "w", &t, &err));
    for (int r = 0; r < 300; r++) {
        kf_bulk_row_begin(t, r * 5 - 700);
        kf_bulk_text(t, "x", 1);
        for (int i = 1; i < cols; i++) {
            kf_bulk_int(t, r * i);
        }
        kf_bulk_null(t);
        OK(kf_bulk_row_end(t, &err));
    }
    OK(kf_bulk_close(b, 0, &err));
}

START_TEST(wide_rows)
{
    for (int cols = 120; cols < 132; cols++) {
        fill_wide(path_of("direct"), KF_BULK_DIRECT, cols);
        fill_wide(path_of("api"), KF_BULK_API, cols);
        check_equal("wide", 300);
        ck_assert_str_eq(ask(path_of("direct"), "SELECT c100 FROM w WHERE id = -690"), "200");
    }
}
END_TEST

/* ---- overflow pages ---- */

#define BIG_BYTES 1500000
static char *big; /* pseudo-random text */

static void make_big(void)
{
    unsigned x = 1;
    big = malloc(BIG_BYTES);
    for (int i = 0; i < BIG_BYTES; i++) {
        x = x * 1103515245 + 12345;
        big[i] = (char)('a' + (x >> 16) % 26);
    }
}

static void overflow_row(struct kf_bulk_tree *t, int64_t rowid, size_t before, size_t n,
                         size_t after)
{
    kf_bulk_row_begin(t, rowid);
    kf_bulk_text(t, big, before);
    kf_bulk_blob(t, big + 7, n);
    kf_bulk_text(t, big + 3, after);
    OK(kf_bulk_row_end(t, &err));
}

static int fill_overflow(const char *path, enum kf_bulk_mode mode, int page)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t;
    int row = 0;
    create(path, page, "CREATE TABLE o(a TEXT, b BLOB, c TEXT)");
    OK(kf_bulk_open(path, mode, &b, &err));
    OK(kf_bulk_table(b, "o", &t, &err));
    for (int n = page - 60; n < page - 20; n++) { /* where a payload leaves the page */
        overflow_row(t, ++row, 0, (size_t)n, 0);
    }
    for (int pages = 1; pages < 4;
         pages++) { /* where the chain grows, and where the local part changes */
        for (int n = pages * (page - 4) - 60; n < pages * (page - 4) + 700; n += n % 2 ? 1 : 23) {
            overflow_row(t, ++row, 0, (size_t)n, 1);
        }
    }
    overflow_row(t, ++row, 3, BIG_BYTES - 10, 0);
    overflow_row(t, ++row, 70000, 100, 5);
    overflow_row(t, ++row, 70000, 66000, 80000);
    overflow_row(t, ++row, 2047, 2048, 2049);
    overflow_row(t, ++row, 1, 1, 1);
    OK(kf_bulk_close(b, 0, &err));
    return row;
}

START_TEST(overflow_in_tables)
{
    make_big();
    int rows = fill_overflow(path_of("direct"), KF_BULK_DIRECT, page_sizes[_i]);
    fill_overflow(path_of("api"), KF_BULK_API, page_sizes[_i]);
    check_equal("overflow", (uint64_t)rows);
    free(big);
}
END_TEST

/* One leaf, but overflow pages: the chain must reach the file although the tree is only its root.
 */
START_TEST(overflow_of_a_single_row)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t;
    make_big();
    for (int mode = KF_BULK_DIRECT; mode <= KF_BULK_API; mode++) {
        const char *path = path_of(mode == KF_BULK_DIRECT ? "direct" : "api");
        create(path, 4096, "CREATE TABLE o(a TEXT, b BLOB, c TEXT)");
        OK(kf_bulk_open(path, (enum kf_bulk_mode)mode, &b, &err));
        OK(kf_bulk_table(b, "o", &t, &err));
        overflow_row(t, 1, 10, 9000, 0);
        OK(kf_bulk_finish(t, &err));
        OK(kf_bulk_close(b, 0, &err));
    }
    check_equal("one row", 1);
    free(big);
}
END_TEST

/* Long keys: cells with overflow in leaves and, as dividers, in interior pages; in two parts. */
static void fill_long_keys(const char *path, enum kf_bulk_mode mode, int page, int rows)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t[2], *x[2];
    create(path, page, "CREATE TABLE k(v TEXT UNIQUE)");
    OK(kf_bulk_open(path, mode, &b, &err));
    for (int p = 0; p < 2; p++) {
        OK(kf_bulk_table(b, "k", &t[p], &err));
        OK(kf_bulk_index(b, "sqlite_autoindex_k_1", &x[p], &err));
        for (int i = p * rows / 2; i < (p + 1) * rows / 2; i++) {
            char *key = big + i;
            char saved[8];
            memcpy(saved, key, 8);
            snprintf(key, 8, "%07d", i);
            key[7] = ' ';
            struct kf_bulk_tree *both[] = {t[p], x[p]};
            for (int k = 0; k < 2; k++) {
                kf_bulk_row_begin(both[k], i + 1);
                kf_bulk_text(both[k], key, (size_t)(8 + i * 37 % (2 * page)));
                OK(kf_bulk_row_end(both[k], &err));
            }
            memcpy(key, saved, 8);
        }
    }
    OK(kf_bulk_join(t[0], t[1], &err));
    OK(kf_bulk_join(x[0], x[1], &err));
    OK(kf_bulk_close(b, 0, &err));
}

START_TEST(overflow_in_indexes)
{
    make_big();
    int page = page_sizes[_i], rows = page == 512 ? 5000 : page == 4096 ? 1500 : 300;
    fill_long_keys(path_of("direct"), KF_BULK_DIRECT, page, rows);
    fill_long_keys(path_of("api"), KF_BULK_API, page, rows);
    check_equal("long keys", (uint64_t)rows);
    free(big);
}
END_TEST

/* ---- order ---- */

/* Value k of a list in BINARY order, over all storage classes. */
static void ordered_value(struct kf_bulk_tree *t, int k)
{
    static const char *const texts[] = {"", "A", "B", "a", "a ", "ab", "b", "\xc3\xa4"};
    switch (k) {
    case 0:
        kf_bulk_null(t);
        break;
    case 1:
        kf_bulk_real(t, -1e30);
        break;
    case 2:
        kf_bulk_int(t, -5);
        break;
    case 3:
        kf_bulk_real(t, -0.5);
        break;
    case 4:
        kf_bulk_int(t, 0);
        break;
    case 5:
        kf_bulk_real(t, 0.25);
        break;
    case 6:
        kf_bulk_int(t, 9007199254740993); /* a double would round these two to one value */
        break;
    case 7:
        kf_bulk_real(t, 9007199254740994.0);
        break;
    case 8:
        kf_bulk_int(t, 9007199254740995);
        break;
    case 9:
        kf_bulk_real(t, 1e19);
        break;
    default:
        if (k < 18) {
            kf_bulk_text(t, texts[k - 10], strlen(texts[k - 10]));
        } else {
            kf_bulk_blob(t, "\0\0b", (size_t)(k - 18));
        }
    }
}
enum { ORDERED = 22 };

static void fill_ordered(const char *path, enum kf_bulk_mode mode)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *both[2];
    int64_t rowid = 0;
    create(path, 512, "CREATE TABLE m(x, y); CREATE INDEX m_xy ON m(x, y)");
    OK(kf_bulk_open(path, mode, &b, &err));
    OK(kf_bulk_table(b, "m", &both[0], &err));
    OK(kf_bulk_index(b, "m_xy", &both[1], &err));
    for (int x = 0; x < ORDERED; x++) {
        for (int y = 0; y < ORDERED; y++) {
            rowid++;
            for (int k = 0; k < 2; k++) {
                kf_bulk_row_begin(both[k], rowid);
                ordered_value(both[k], x);
                ordered_value(both[k], y);
                OK(kf_bulk_row_end(both[k], &err));
            }
        }
    }
    OK(kf_bulk_close(b, 0, &err));
}

START_TEST(all_classes_in_order)
{
    fill_ordered(path_of("direct"), KF_BULK_DIRECT);
    fill_ordered(path_of("api"), KF_BULK_API);
    check_equal("classes", ORDERED * ORDERED);
}
END_TEST

/* Each pair of that list the wrong way round, and equal, is refused. */
START_TEST(wrong_order_of_every_pair)
{
    for (int x = 0; x < ORDERED; x++) {
        for (int y = 0; y <= x; y++) {
            struct kf_bulk *b;
            struct kf_bulk_tree *t;
            create(path_of("direct"), 512, "CREATE TABLE m(x); CREATE INDEX m_x ON m(x)");
            OK(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err));
            OK(kf_bulk_index(b, "m_x", &t, &err));
            kf_bulk_row_begin(t, 5);
            ordered_value(t, x);
            OK(kf_bulk_row_end(t, &err));
            kf_bulk_row_begin(t, x == y ? 5 : 6);
            ordered_value(t, y);
            ck_assert_msg(kf_bulk_row_end(t, &err) == KF_E_INTERNAL, "value %d after %d was taken",
                          y, x);
            kf_bulk_free(b);
        }
    }
}
END_TEST

static void one_int(struct kf_bulk_tree *t, int64_t rowid, int64_t v)
{
    kf_bulk_row_begin(t, rowid);
    kf_bulk_int(t, v);
}

#define REFUSED(call, text)                                                                        \
    do {                                                                                           \
        ck_assert_int_eq((call), KF_E_INTERNAL);                                                   \
        ck_assert_msg(strstr(err.message, text) != NULL, "message is: %s", err.message);           \
    } while (0)

START_TEST(broken_rows)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t, *k, *x;
    enum kf_bulk_mode mode = _i ? KF_BULK_API : KF_BULK_DIRECT;
    create(path_of("direct"), 4096,
           "CREATE TABLE t(v INT); CREATE TABLE k(v INT, id INTEGER PRIMARY KEY); CREATE UNIQUE "
           "INDEX t_v ON t(v)");
    OK(kf_bulk_open(path_of("direct"), mode, &b, &err));
    OK(kf_bulk_table(b, "t", &t, &err));
    one_int(t, 7, 1);
    OK(kf_bulk_row_end(t, &err));
    one_int(t, 7, 2);
    REFUSED(kf_bulk_row_end(t, &err), "row 2 of t does not have a higher rowid");
    one_int(t, 8, 2); /* the same sentence for ever */
    REFUSED(kf_bulk_row_end(t, &err), "row 2 of t does not have a higher rowid");
    ck_assert_uint_eq(kf_bulk_rows(t), 1);
    OK(kf_bulk_table(b, "k", &k, &err));
    one_int(k, 1, 1);
    kf_bulk_int(k, 1);
    REFUSED(kf_bulk_row_end(k, &err), "row 1 of k has a value in its INTEGER PRIMARY KEY");
    OK(kf_bulk_table(b, "k", &k, &err));
    one_int(k, 1, 1);
    REFUSED(kf_bulk_row_end(k, &err), "another number of columns");
    OK(kf_bulk_table(b, "k", &k, &err));
    one_int(k, 1, 1);
    for (int i = 0; i < 50; i++) {
        kf_bulk_null(k);
        kf_bulk_text(k, "abc", 3);
        kf_bulk_real(k, 0.5);
    }
    REFUSED(kf_bulk_row_end(k, &err), "another number of columns");
    if (mode == KF_BULK_DIRECT) {
        OK(kf_bulk_index(b, "t_v", &x, &err));
        kf_bulk_row_begin(x, 4);
        kf_bulk_null(x);
        OK(kf_bulk_row_end(x, &err));
        kf_bulk_row_begin(x, 5); /* NULLs are no duplicates */
        kf_bulk_null(x);
        OK(kf_bulk_row_end(x, &err));
        one_int(x, 9, 3);
        OK(kf_bulk_row_end(x, &err));
        one_int(x, 10, 3);
        REFUSED(kf_bulk_row_end(x, &err), "row 4 of t_v repeats a key of a unique index");
    }
    REFUSED(kf_bulk_close(b, 0, &err), "row 2 of t");
}
END_TEST

START_TEST(broken_joins)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t[4], *x[3];
    enum kf_bulk_mode mode = _i ? KF_BULK_API : KF_BULK_DIRECT;
    create(path_of("direct"), 4096, "CREATE TABLE t(v INT); CREATE UNIQUE INDEX t_v ON t(v)");
    OK(kf_bulk_open(path_of("direct"), mode, &b, &err));
    for (int i = 0; i < 4; i++) {
        OK(kf_bulk_table(b, "t", &t[i], &err));
        one_int(t[i], i == 3 ? 10 : 10 + i, i);
        OK(i == 3 && mode == KF_BULK_API ? 0 : kf_bulk_row_end(t[i], &err));
    }
    OK(kf_bulk_join(t[0], t[1], &err));
    one_int(t[1], 20, 20);
    REFUSED(kf_bulk_row_end(t[1], &err), "comes after the tree was finished or joined");
    one_int(t[0], 11, 11);
    REFUSED(kf_bulk_row_end(t[0], &err), "row 3 of t does not have a higher rowid");
    if (mode == KF_BULK_DIRECT) {
        REFUSED(kf_bulk_join(t[2], t[3], &err),
                "joined to t after row 1 does not have a higher rowid");
        for (int i = 0; i < 3; i++) {
            OK(kf_bulk_index(b, "t_v", &x[i], &err));
            one_int(x[i], i + 1, 5);
            OK(kf_bulk_row_end(x[i], &err));
        }
        REFUSED(kf_bulk_join(x[0], x[1], &err), "repeats a key of a unique index");
        REFUSED(kf_bulk_join(x[2], x[2], &err), "not another unfinished part");
    }
    kf_bulk_free(b);
    create(path_of("direct"), 4096, "CREATE TABLE t(v INT)");
    OK(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err));
    for (int i = 0; i < 2; i++) {
        OK(kf_bulk_table(b, "t", &t[i], &err));
        one_int(t[i], i, i);
        OK(kf_bulk_row_end(t[i], &err));
    }
    REFUSED(kf_bulk_close(b, 0, &err), "two parts of t were not joined");
}
END_TEST

/* ---- what cannot be filled ---- */

START_TEST(refused_schemas)
{
    static const struct {
        const char *ddl, *name, *why;
        bool is_index;
    } cases[] = {
        {"CREATE TABLE t(a INT PRIMARY KEY) WITHOUT ROWID", "t", "WITHOUT ROWID", false},
        {"CREATE TABLE t(a INT PRIMARY KEY, b INT) WITHOUT ROWID; CREATE INDEX i ON t(b)", "i",
         "WITHOUT ROWID", true},
        {"CREATE TABLE t(a INT); CREATE INDEX i ON t(a DESC)", "i", "DESC", true},
        {"CREATE TABLE t(a TEXT COLLATE NOCASE UNIQUE)", "sqlite_autoindex_t_1", "collation", true},
        {"CREATE TABLE t(a INT, b INT AS (a + 1))", "t", "generated", false},
        {"CREATE TABLE t(a INT)", "u", "has no table named u", false},
        {"CREATE TABLE t(a INT)", "t", "has no index named t", true},
        {"CREATE TABLE t(a INT); INSERT INTO t VALUES(1)", "t", "not empty", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kf_bulk *b;
        struct kf_bulk_tree *t;
        create(path_of("direct"), 4096, cases[i].ddl);
        OK(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err));
        REFUSED(cases[i].is_index ? kf_bulk_index(b, cases[i].name, &t, &err)
                                  : kf_bulk_table(b, cases[i].name, &t, &err),
                cases[i].why);
        OK(kf_bulk_close(b, 0, &err));
        ck_assert_str_eq(ask(path_of("direct"), "PRAGMA integrity_check"), "ok");
    }
}
END_TEST

START_TEST(refused_files)
{
    struct kf_bulk *b = NULL;
    ck_assert_int_eq(kf_bulk_open(path_of("absent"), KF_BULK_DIRECT, &b, &err), KF_E_IO);
    ck_assert_int_eq(kf_bulk_open(path_of("absent"), KF_BULK_API, &b, &err), KF_E_IO);
    create(path_of("direct"), 4096, "PRAGMA auto_vacuum=FULL; CREATE TABLE t(a)");
    REFUSED(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err), "auto_vacuum");
    create(path_of("direct"), 4096, "PRAGMA encoding='UTF-16le'; CREATE TABLE t(a)");
    REFUSED(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err), "UTF-8");
    create(path_of("direct"), 4096, "PRAGMA journal_mode=WAL; CREATE TABLE t(a)");
    REFUSED(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err), "WAL");
    int fd = open(path_of("direct"), O_WRONLY | O_TRUNC);
    ck_assert_int_eq(write(fd, "customers,and,more\n", 19), 19);
    close(fd);
    REFUSED(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err), "not a database");
    ck_assert_ptr_null(b);
}
END_TEST

START_TEST(names_that_hide_the_rowid)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t;
    create(path_of("api"), 4096, "CREATE TABLE t(rowid INT, _rowid_ INT, OID INT)");
    OK(kf_bulk_open(path_of("api"), KF_BULK_API, &b, &err));
    REFUSED(kf_bulk_table(b, "t", &t, &err), "all three names of the rowid");
    ck_assert(!kf_bulk_needs_indexes(b));
    kf_bulk_free(b);
}
END_TEST
static Suite *suite(void)
{
    Suite *s = suite_create("bulk_rows");
    TCase *c = tcase_create("bulk_rows");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, values_round_trip);
    tcase_add_test(c, wide_rows);
    tcase_add_loop_test(c, overflow_in_tables, 0, 4);
    tcase_add_test(c, overflow_of_a_single_row);
    tcase_add_loop_test(c, overflow_in_indexes, 0, 4);
    tcase_add_test(c, all_classes_in_order);
    tcase_add_test(c, wrong_order_of_every_pair);
    tcase_add_loop_test(c, broken_rows, 0, 2);
    tcase_add_loop_test(c, broken_joins, 0, 2);
    tcase_add_test(c, refused_schemas);
    tcase_add_test(c, refused_files);
    tcase_add_test(c, names_that_hide_the_rowid);
    suite_add_tcase(s, c);
    return s;
}

KF_TEST_MAIN(suite)
