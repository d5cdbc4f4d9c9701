/* One value written in many ways, and values that are nobody's. */
#include "identity/normalise.h"

#include "../check_main.h"

#include <stdlib.h>

static char out[4096];

/* The value normalised, NULL: nothing. */
static const char *norm(const char *kind, const char *value)
{
    size_t n = kf_identity_normalise(kind, kf_cstr(value), out, sizeof out);
    if (n == KF_NORMALISE_NOTHING)
        return NULL;
    out[n] = '\0';
    return out;
}

#define IS(kind, value, want) ck_assert_pstr_eq(norm(kind, value), want)
#define NOTHING(kind, value)  ck_assert_ptr_null(norm(kind, value))

START_TEST(mail_addresses)
{
    IS("email", "  Ann.B+x@Example.COM\t", "ann.b+x@example.com");
    IS("email", "\xc3\x84nn@x.test", "\xc3\xa4nn@x.test");
    NOTHING("email", "ann");
    NOTHING("email", "@x.test");
    NOTHING("email", "ann@");
    NOTHING("email", "a@b@c");
    NOTHING("email", "  ");
}
END_TEST

START_TEST(numbers)
{
    IS("phone", "+49 (30) 555-001", "+4930555001");
    IS("phone", "123456", "123456");
    IS("phone", "123456789012345", "123456789012345");
    NOTHING("phone", "12345");
    NOTHING("phone", "1234567890123456");
    NOTHING("phone", "4930+555001");
    NOTHING("phone", "call me");
}
END_TEST

START_TEST(device_ids)
{
    static const char *const kinds[] = {"uuid", "idfa", "gaid"};
    for (size_t i = 0; i < 3; i++) {
        IS(kinds[i], "6F9619FF-8B86-D011-B42D-00CF4FC964FF",
           "6f9619ff-8b86-d011-b42d-00cf4fc964ff");
        IS(kinds[i], "{6f9619ff-8b86-d011-b42d-00cf4fc964ff}",
           "6f9619ff-8b86-d011-b42d-00cf4fc964ff");
        IS(kinds[i], "6f9619ff8b86d011b42d00cf4fc964ff", "6f9619ff-8b86-d011-b42d-00cf4fc964ff");
        NOTHING(kinds[i], "00000000-0000-0000-0000-000000000000");
        NOTHING(kinds[i], "00000000000000000000000000000000");
        NOTHING(kinds[i], "6f9619ff-8b86-d011-b42d-00cf4fc964f");
        NOTHING(kinds[i], "6f9619ff-8b86-d011-b42d-00cf4fc964fg");
        NOTHING(kinds[i], "6f9619ff8-b86-d011-b42d-00cf4fc964ff");
        NOTHING(kinds[i], "{}");
    }
}
END_TEST

START_TEST(hashes)
{
    const char *hex = "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476";
    IS("sha256", "71D4F55F72FA128DFB468A1A3901507C804B74316488744D769D7F4B16696476", hex);
    IS("sha256", hex, hex);
    NOTHING("sha256", "ann@example.com");
    NOTHING("sha256", "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b1669647");
    ck_assert(kf_identity_hashed(kf_cstr(hex)));
    ck_assert(!kf_identity_hashed(kf_str(hex, 63)));
    ck_assert(!kf_identity_hashed(kf_cstr("")));
}
END_TEST

START_TEST(cookies)
{
    IS("cookie", "GA1.2.1234567890.1700000000", "1234567890.1700000000");
    IS("cookie", "GA1.1-2.1234567890.1700000000", "1234567890.1700000000");
    IS("cookie", "1234567890.1700000000", "1234567890.1700000000");
    IS("cookie", "GA1.2", "GA1.2");
    IS("cookie", "GA1.2.", "GA1.2.");
    IS("cookie", "GA1..5.6", "GA1..5.6");
    IS("cookie", "fb.1.1700000000000.1098115397", "fb.1.1700000000000.1098115397");
    IS("cookie", "ABC", "ABC");
}
END_TEST

START_TEST(plain_ones)
{
    IS("lower", " KIM ", "kim");
    IS("trim", " Kim ", "Kim");
    IS(NULL, " Kim ", "Kim");
    NOTHING(NULL, "");
    NOTHING("lower", " \t ");
}
END_TEST

/* A NUL is a byte of the value, not its end. */
START_TEST(nul_inside)
{
    size_t n = kf_identity_normalise("email", kf_str("A\0\xc3\x84@X", 6), out, sizeof out);
    ck_assert_uint_eq(n, 6);
    ck_assert_mem_eq(out, "a\0\xc3\xa4@x", 6);
    n = kf_identity_normalise("lower", kf_str("\xc3\x84\0", 3), out, sizeof out);
    ck_assert_uint_eq(n, 3);
    ck_assert_mem_eq(out, "\xc3\xa4\0", 3);
}
END_TEST

static const char *mailbox(const char *address)
{
    static const struct kf_id_domain rows[] = {
        {.name = {"gmail.com", 9}, .dots = true, .plus_tags = true},
        {.name = {"googlemail.com", 14}, .same_as = {"gmail.com", 9}, .dots = true},
        {.name = {"*", 1}, .plus_tags = true}};
    size_t n = strlen(address);
    memcpy(out, address, n);
    n = kf_identity_mailbox(rows, 3, out, n, 64);
    if (n == KF_NORMALISE_NOTHING)
        return NULL;
    out[n] = '\0';
    return out;
}

START_TEST(mailboxes)
{
    ck_assert_pstr_eq(mailbox("a.n.n+x.y@gmail.com"), "ann@gmail.com");
    ck_assert_pstr_eq(mailbox("a.nn+x@googlemail.com"), "ann+x@gmail.com");
    ck_assert_pstr_eq(mailbox("a.nn+x@x.test"), "a.nn@x.test");
    ck_assert_pstr_eq(mailbox("plain"), "plain");
    ck_assert_ptr_null(mailbox("...@gmail.com"));
    ck_assert_ptr_null(mailbox("+x@x.test"));
}
END_TEST

START_TEST(values_that_deceive)
{
    ck_assert_uint_eq(kf_identity_odd(kf_cstr("ann@example.com")), 0);
    ck_assert_uint_eq(kf_identity_odd(kf_cstr("\xd7\x93\xd7\xa0\xd7\x94")), 0); /* Hebrew alone */
    ck_assert_uint_eq(kf_identity_odd(kf_cstr("\xd0\xb0\xd0\xbd\xd0\xbd\xd0\xb0")),
                      0); /* Cyrillic */
    ck_assert_uint_eq(kf_identity_odd(kf_cstr("\xd0\xb0nn@x.test")), KF_ODD_MIXED);
    ck_assert_uint_eq(kf_identity_odd(kf_cstr("u\xe2\x80\xae"
                                              "1")),
                      KF_ODD_INVISIBLE);
    ck_assert_uint_eq(kf_identity_odd(kf_cstr("u\xe2\x80\x8b")), KF_ODD_INVISIBLE);
    ck_assert_uint_eq(kf_identity_odd(kf_str("u\0x", 3)), KF_ODD_CONTROL);
    ck_assert_uint_eq(kf_identity_odd(kf_cstr("\xff")), KF_ODD_ENCODING);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("normalise");
    TCase *t = tcase_create("values");
    tcase_add_test(t, mail_addresses);
    tcase_add_test(t, numbers);
    tcase_add_test(t, device_ids);
    tcase_add_test(t, hashes);
    tcase_add_test(t, cookies);
    tcase_add_test(t, plain_ones);
    tcase_add_test(t, nul_inside);
    tcase_add_test(t, mailboxes);
    tcase_add_test(t, values_that_deceive);
    suite_add_tcase(s, t);
    return s;
}
KF_TEST_MAIN(suite)
