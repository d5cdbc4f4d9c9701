/* Sorting texts: compared with qsort over the same texts, for shapes that break radix and cached
 * keys: shared beginnings, texts that are beginnings of others, zero bytes, equal texts, runs
 * longer than any cache. */
#include "store/sort.h"

#include "../check_main.h"

#include <stdio.h>
#include <string.h>

struct texts {
    struct kf_str *s;
};

static const struct texts *sorting;

static int by_text(const void *a, const void *b)
{
    const struct kf_sort_entry *x = a, *y = b;
    int r = kf_str_cmp(sorting->s[x->id], sorting->s[y->id]);
    return r ? r : (x->id > y->id) - (x->id < y->id);
}

static uint64_t state;

static uint32_t pick(uint32_t n)
{
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(state >> 33) % n;
}

static void check(struct texts *t, uint32_t n, const char *what)
{
    struct kf_sort_entry *e = calloc(n + 1u, sizeof *e), *spare = calloc(n + 1u, sizeof *spare);
    struct kf_sort_entry *want = calloc(n + 1u, sizeof *want);
    for (uint32_t i = 0; i < n; i++)
        e[i] = want[i] = (struct kf_sort_entry){.p = t->s[i].p, .n = (uint32_t)t->s[i].n, .id = i};
    sorting = t;
    qsort(want, n, sizeof *want, by_text);
    kf_sort_texts(e, spare, n);
    for (uint32_t i = 0; i < n; i++)
        ck_assert_msg(e[i].id == want[i].id, "%s: place %u of %u has text %u instead of %u", what,
                      i, n, e[i].id, want[i].id);
    free(e);
    free(spare);
    free(want);
}

static void check_shape(const char *what, uint32_t n, size_t (*make)(char *out, uint32_t i))
{
    char *memory = malloc((size_t)n * 80 + 1);
    struct texts t = {calloc(n + 1u, sizeof *t.s)};
    state = 7;
    for (uint32_t i = 0; i < n; i++)
        t.s[i] = kf_str(memory + (size_t)i * 80, make(memory + (size_t)i * 80, i));
    check(&t, n, what);
    free(t.s);
    free(memory);
}

static size_t random_bytes(char *out, uint32_t i)
{
    size_t n = pick(20);
    (void)i;
    for (size_t k = 0; k < n; k++)
        out[k] = (char)pick(256);
    return n;
}

static size_t few_letters(char *out, uint32_t i) /* many equal ones, many beginnings of others */
{
    size_t n = pick(40);
    (void)i;
    for (size_t k = 0; k < n; k++)
        out[k] = (char)("ab"[pick(16) == 0]);
    return n;
}

static size_t zeros(char *out, uint32_t i)
{
    size_t n = pick(30);
    (void)i;
    memset(out, 0, n);
    if (n && pick(3) == 0)
        out[pick((uint32_t)n)] = 1;
    return n;
}

static size_t devices(char *out, uint32_t i)
{
    return (size_t)snprintf(out, 80, "anon-%08x", i * 2654435761u);
}

static size_t long_shared(char *out, uint32_t i)
{
    return (size_t)snprintf(out, 80, "%s-%05u", "the same forty bytes at the beginning of all",
                            i * 7919u % 5000);
}

static size_t same(char *out, uint32_t i)
{
    (void)i;
    memcpy(out, "one and the same text", 21);
    return 21;
}

START_TEST(shapes)
{
    static const uint32_t sizes[] = {0, 1, 2, 23, 24, 25, 100, 511, 512, 513, 20000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_shape("random bytes", sizes[i], random_bytes);
        check_shape("few letters", sizes[i], few_letters);
        check_shape("zeros", sizes[i], zeros);
        check_shape("devices", sizes[i], devices);
        check_shape("a long shared beginning", sizes[i], long_shared);
        check_shape("all the same", sizes[i], same);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store sort");
    TCase *c = tcase_create("sort");
    tcase_set_timeout(c, 30);
    tcase_add_test(c, shapes);
    suite_add_tcase(s, c);
    return s;
}

KF_TEST_MAIN(suite)
