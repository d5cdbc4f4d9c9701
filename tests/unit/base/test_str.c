#include "../check_main.h"

#include "base/casefold.h"
#include "base/str.h"

#include <stdio.h>

#define S(z) kf_str("" z, sizeof(z) - 1)

START_TEST(trim_and_order)
{
    ck_assert(kf_str_eq(kf_str_trim(S(" \t a b\r\n")), S("a b")));
    ck_assert_uint_eq(kf_str_trim(S(" \n ")).n, 0);
    ck_assert_uint_eq(kf_str_trim(kf_str(NULL, 0)).n, 0);
    ck_assert_int_lt(kf_str_cmp(S("ab"), S("abc")), 0);
    ck_assert_int_lt(kf_str_cmp(S("b"), S("\xC3\xA4")), 0);
    ck_assert_int_eq(kf_str_cmp(kf_str(NULL, 0), S("")), 0);
    ck_assert(kf_str_eq(kf_cstr(NULL), S("")));
}
END_TEST

/* The plain meaning of a glob, exponential and obviously right. */
static bool slow_glob(const char *p, size_t pn, const char *v, size_t vn)
{
    if (!pn)
        return !vn;
    if (*p == '*')
        return slow_glob(p + 1, pn - 1, v, vn) || (vn && slow_glob(p, pn, v + 1, vn - 1));
    return vn && (*p == '?' || *p == *v) && slow_glob(p + 1, pn - 1, v + 1, vn - 1);
}

START_TEST(globs_mean_what_they_say)
{
    ck_assert(kf_str_glob(S("Order *"), S("Order Completed")));
    ck_assert(!kf_str_glob(S("Order *"), S("order Completed")));
    ck_assert(kf_str_glob_nocase(S("ORDER *d"), S("order Completed")));
    ck_assert(kf_str_glob(S("*@*.example"), S("a@b.c.example")));
    ck_assert(!kf_str_glob(S("*@*.example"), S("a@b.example.com")));
    ck_assert(kf_str_glob(S("?"), S("\xC3\xA9")));
    ck_assert(!kf_str_glob(S("??"), S("\xC3\xA9")));
    ck_assert(kf_str_glob(S("*?x"), S("\xE2\x82\xACx")));
    ck_assert(!kf_str_glob(S("*??xy"), S("\xE2\x82\xAC"
                                         "xy"))); /* never begins inside a character */
    ck_assert(kf_str_glob(S("?"), S("\xFF")));
    ck_assert(kf_str_glob(S(""), S("")) && !kf_str_glob(S(""), S("a")) &&
              kf_str_glob(S("**"), S("")));
    ck_assert(kf_str_glob(S("[a]\\"), S("[a]\\")) && !kf_str_glob(S("[a]"), S("a")));
    static const char alphabet[] = "ab*?", letters[] = "ab";
    for (unsigned p = 0; p < 4096; p++)
        for (unsigned pn = 0; pn <= 6; pn++)
            for (unsigned v = 0; v < 64; v += 3) {
                char pattern[6], value[6];
                for (unsigned i = 0; i < 6; i++) {
                    pattern[i] = alphabet[p >> (2 * i) & 3];
                    value[i] = letters[v >> i & 1];
                }
                bool want = slow_glob(pattern, pn, value, 6);
                ck_assert_msg(kf_str_glob(kf_str(pattern, pn), kf_str(value, 6)) == want,
                              "%.*s %.6s", (int)pn, pattern, value);
            }
}
END_TEST

START_TEST(globs_do_not_explode)
{
    char value[4001], pattern[101];
    memset(value, 'a', sizeof value);
    for (size_t i = 0; i + 1 < sizeof pattern; i += 2) {
        pattern[i] = '*';
        pattern[i + 1] = 'a';
    }
    pattern[100] = 'b';
    ck_assert(!kf_str_glob(kf_str(pattern, 101),
                           kf_str(value, 4001))); /* 2^50 steps if it went back further */
}
END_TEST

START_TEST(utf8_is_checked)
{
    static const struct {
        struct kf_str s;
        bool valid;
    } texts[] = {
        {{"", 0}, true},
        {{"plain ascii, longer than eight", 30}, true},
        {{"12345678\xC3\xA9", 10}, true},
        {{"\xF0\x9F\x98\x80", 4}, true},
        {{"\xF4\x8F\xBF\xBF", 4}, true},
        {{"\0", 1}, true},
        {{"\xF4\x90\x80\x80", 4}, false}, /* above U+10FFFF */
        {{"\xED\xA0\x80", 3}, false},     /* a surrogate */
        {{"\xC0\x80", 2}, false},         /* overlong */
        {{"\xE0\x80\x80", 3}, false},
        {{"\xF0\x80\x80\x80", 4}, false},
        {{"\xC1\xBF", 2}, false},
        {{"\xC3", 1}, false}, /* cut */
        {{"\xE2\x82", 2}, false},
        {{"12345678\x80", 9}, false},
        {{"\xFF", 1}, false},
        {{"\xF5\x80\x80\x80", 4}, false},
        {{"\xE2\x28\xA1", 3}, false},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(kf_utf8_valid(texts[i].s) == texts[i].valid, "text %zu", i);
    uint32_t c = 9;
    ck_assert_uint_eq(kf_utf8_decode("\xE2\x82\xAC", 3, &c), 3);
    ck_assert_uint_eq(c, 0x20AC);
    ck_assert_uint_eq(kf_utf8_decode("\xE2\x82\xAC", 2, &c), 0);
    ck_assert_uint_eq(c, 0x20AC);
}
END_TEST

static void fold(struct kf_str from, struct kf_str expected)
{
    char out[64];
    size_t n = kf_utf8_fold(from, out, sizeof out);
    ck_assert_msg(kf_str_eq(kf_str(out, n), expected), "%.*s: %.*s", (int)from.n, from.p, (int)n,
                  out);
    ck_assert_uint_eq(kf_utf8_fold(expected, out, sizeof out), expected.n);
    ck_assert(kf_str_eq(kf_str(out, expected.n), expected)); /* folding twice changes nothing */
}

START_TEST(folding_is_simple)
{
    fold(S("HeLLo @[`{ 09"), S("hello @[`{ 09"));
    fold(S("ÄÖÜ"), S("äöü"));
    fold(S("Straße"), S("straße"));     /* stays one character */
    fold(S("\xE1\xBA\x9E"), S("ß"));    /* U+1E9E, status S */
    fold(S("\xC4\xB0"), S("\xC4\xB0")); /* U+0130 is F and T only */
    fold(S("I"), S("i"));
    fold(S("ΣΊΣΥΦΟΣ ς"), S("σίσυφοσ σ")); /* final sigma */
    fold(S("ПРИВЕТ Ё"), S("привет ё"));
    fold(S("\xE2\x84\xAA"), S("k"));                    /* Kelvin */
    fold(S("\xC2\xB5"), S("\xCE\xBC"));                 /* micro sign, Greek mu */
    fold(S("\xC5\xBF"), S("s"));                        /* long s */
    fold(S("\xC8\xBA"), S("\xE2\xB1\xA5"));             /* grows from two bytes to three */
    fold(S("\xF0\x90\x90\x80"), S("\xF0\x90\x90\xA8")); /* Deseret */
    fold(S("\xE1\x8F\xB8"), S("\xE1\x8F\xB0"));         /* Cherokee folds to capitals */
    fold(S("Ǆǅǆ"), S("ǆǆǆ"));
    fold(S("A\xFF"
           "B\xC3"),
         S("a\xFF"
           "b\xC3")); /* what is not UTF-8 stays as it is */
    char out[3] = "...";
    ck_assert_uint_eq(kf_utf8_fold(S("aÄÖ"), out, 2), 1); /* stops before what does not fit */
    ck_assert_uint_eq(kf_utf8_fold(S("aÄÖ"), out, 3), 3);
    unsigned changed = 0;
    for (uint32_t c = 0; c < 0x110000; c++) {
        uint32_t f = kf_casefold_simple(c);
        changed += f != c;
        ck_assert_uint_eq(kf_casefold_simple(f), f);
    }
    ck_assert_uint_eq(changed, 1454);
}
END_TEST

START_TEST(widths)
{
    ck_assert_uint_eq(kf_utf8_width(S("abc")), 3);
    ck_assert_uint_eq(kf_utf8_width(S("äß€")), 3);
    ck_assert_uint_eq(kf_utf8_width(S("日本")), 4);
    ck_assert_uint_eq(kf_utf8_width(S("e\xCC\x81")), 1);
    ck_assert_uint_eq(kf_utf8_width(S("a\x1B"
                                      "b\n")),
                      2);
    ck_assert_uint_eq(kf_utf8_width(S("\xFF\xC3")), 2);
}
END_TEST

START_TEST(distances)
{
    ck_assert_uint_eq(kf_str_distance(S("kitten"), S("sitting"), 9), 3);
    ck_assert_uint_eq(kf_str_distance(S("lifecycle_stge"), S("lifecycle_stage"), 3), 1);
    ck_assert_uint_eq(kf_str_distance(S("ab"), S("ba"), 3), 1);
    ck_assert_uint_eq(kf_str_distance(S("xaby"), S("xbay"), 1), 1);
    ck_assert_uint_eq(kf_str_distance(S(""), S("abc"), 3), 3);
    ck_assert_uint_eq(kf_str_distance(S(""), S("abc"), 2), 3);
    ck_assert_uint_eq(kf_str_distance(S("same"), S("same"), 0), 0);
    ck_assert_uint_eq(kf_str_distance(S("abcdef"), S("uvwxyz"), 2), 3);
    ck_assert_uint_eq(kf_str_distance(S("abcdef"), S("badcfe"), 3), 3);
    ck_assert_uint_eq(kf_str_distance(S("abcdef"), S("badcfe"), 2), 3);
    /* A tight limit only ever cuts. */
    static const char *const words[] = {"segment", "segmnet", "sgement", "suppress",
                                        "score",   "scores",  "trait"};
    for (size_t i = 0; i < 7; i++)
        for (size_t j = 0; j < 7; j++) {
            unsigned d = kf_str_distance(kf_cstr(words[i]), kf_cstr(words[j]), 50);
            ck_assert_uint_eq(d, kf_str_distance(kf_cstr(words[j]), kf_cstr(words[i]), 50));
            for (unsigned limit = 0; limit < 9; limit++)
                ck_assert_uint_eq(kf_str_distance(kf_cstr(words[i]), kf_cstr(words[j]), limit),
                                  d > limit ? limit + 1 : d);
        }
}
END_TEST

START_TEST(suggestions)
{
    static const char *const names[] = {"title",  "owner", "because", "tags",
                                        "ticket", NULL,    "starts",  "ends"};
    ck_assert_str_eq(kf_str_suggest("titel", names, 8), "title");
    ck_assert_str_eq(kf_str_suggest("OWNER", names, 8), "owner");
    ck_assert_str_eq(kf_str_suggest("becuase", names, 8), "because");
    ck_assert_ptr_null(kf_str_suggest("consent", names, 8));
    static const char *const shorter[] = {"flag", "who"};
    ck_assert_ptr_null(kf_str_suggest("plan", shorter, 2));
    ck_assert_str_eq(kf_str_suggest("when", shorter, 2), "who");
    ck_assert_ptr_null(kf_str_suggest("x", names, 8));
    ck_assert_ptr_null(kf_str_suggest("", names, 8));
    ck_assert_ptr_null(kf_str_suggest(NULL, names, 8));
    ck_assert_ptr_null(kf_str_suggest("title", NULL, 0));
    static const char *const tie[] = {"cab", "bab",
                                      "aab"}; /* equally near: the first by bytes, in any order */
    ck_assert_str_eq(kf_str_suggest("xab", tie, 3), "aab");
}
END_TEST

START_TEST(buffers_grow)
{
    struct kf_buf b = {0};
    kf_buf_add(&b, NULL, 0);
    ck_assert_str_eq(b.p, "");
    for (int i = 0; i < 1000; i++)
        kf_buf_addf(&b, "%d,", i);
    ck_assert_uint_eq(b.n, 10 * 2 + 90 * 3 + 900 * 4);
    ck_assert_str_eq(b.p + b.n - 8, "998,999,");
    kf_buf_clear(&b);
    ck_assert_str_eq(b.p, "");
    kf_buf_adds(&b, "ab");
    kf_buf_addc(&b, 'c');
    ck_assert_str_eq(b.p, "abc");
    char long_text[500];
    memset(long_text, 'x', sizeof long_text);
    kf_buf_addf(&b, "%.*s!", 500, long_text);
    ck_assert_uint_eq(b.n, 504);
    ck_assert_int_eq(b.p[503], '!');
    size_t cap = b.cap;
    kf_buf_reserve(&b, b.cap - b.n - 1);
    ck_assert_uint_eq(b.cap, cap);
    kf_buf_free(&b);
    ck_assert_ptr_null(b.p);
    kf_buf_free(&b);
    kf_buf_clear(&b);
}
END_TEST

START_TEST(json_strings)
{
    struct kf_buf b = {0};
    kf_buf_add_json(&b, S("a\"b\\c\n\t\r\b\f\x01\x1F\0z\x7F é €"));
    ck_assert_str_eq(b.p, "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u001f\\u0000z\x7F é €\"");
    kf_buf_clear(&b);
    kf_buf_add_json(&b, S("a\xFF"
                          "b\xE2\x82"));
    ck_assert_str_eq(b.p, "\"a\xEF\xBF\xBD"
                          "b\xEF\xBF\xBD\xEF\xBF\xBD\"");
    kf_buf_clear(&b);
    kf_buf_add_json(&b, kf_str(NULL, 0));
    ck_assert_str_eq(b.p, "\"\"");
    kf_buf_free(&b);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("str");
    TCase *c = tcase_create("str");
    suite_add_tcase(s, c);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, trim_and_order);
    tcase_add_test(c, globs_mean_what_they_say);
    tcase_add_test(c, globs_do_not_explode);
    tcase_add_test(c, utf8_is_checked);
    tcase_add_test(c, folding_is_simple);
    tcase_add_test(c, widths);
    tcase_add_test(c, distances);
    tcase_add_test(c, suggestions);
    tcase_add_test(c, buffers_grow);
    tcase_add_test(c, json_strings);
    return s;
}
KF_TEST_MAIN(suite)
