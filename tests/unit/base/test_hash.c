#include "../check_main.h"

#include "base/hash.h"

START_TEST(digests_are_the_published_ones)
{
    char hex[65];
    kf_sha256_hex("abc", 3, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    kf_sha256_hex(NULL, 0, hex);
    ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ck_assert_uint_eq(kf_hash64("", 0), 0x2d06800538d394c2ULL); /* XXH3_64bits of nothing */
    kf_hash128_hex(kf_hash128("", 0), hex);
    ck_assert_str_eq(hex, "99aa06d3014798d86001c324468d497f"); /* XXH3_128bits of nothing */
    ck_assert_uint_eq(kf_hash64_seed("abc", 3, 0), kf_hash64("abc", 3));
    ck_assert_uint_ne(kf_hash64_seed("abc", 3, 1), kf_hash64("abc", 3));
    ck_assert_uint_eq(kf_mix64(0), 0);
    ck_assert_uint_eq(kf_mix64(0x9e3779b97f4a7c15ULL),
                      0xe220a8397b1dcdafULL); /* SplitMix64, seed 0 */
}
END_TEST

START_TEST(keyed_hashes_depend_on_both)
{
    /* First 8 bytes of BLAKE2b-256("abc") under sixteen and under thirty-two bytes of key, by
     * Python's hashlib. */
    ck_assert_uint_eq(kf_hash_keyed64("abc", 3, "0123456789abcdef", 16), 0xc644c6427d85b466ULL);
    ck_assert_uint_eq(kf_hash_keyed64("abc", 3, "0123456789abcdef0123456789abcdef", 32),
                      0x735b7d71a10828c3ULL);
    ck_assert_uint_ne(kf_hash_keyed64("abd", 3, "0123456789abcdef", 16),
                      kf_hash_keyed64("abc", 3, "0123456789abcdef", 16));
    ck_assert_uint_ne(kf_hash_keyed64("", 0, "0123456789abcdef", 16), 0);
}
END_TEST

START_TEST(hex_digits)
{
    char out[9] = "........";
    uint8_t bytes[] = {0x00, 0x0f, 0xf0, 0xff};
    kf_hex(bytes, 4, out);
    ck_assert_str_eq(out, "000ff0ff");
    kf_hex(bytes, 0, out);
    ck_assert_str_eq(out, "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hash");
    TCase *c = tcase_create("hash");
    suite_add_tcase(s, c);
    tcase_add_test(c, digests_are_the_published_ones);
    tcase_add_test(c, keyed_hashes_depend_on_both);
    tcase_add_test(c, hex_digits);
    return s;
}
KF_TEST_MAIN(suite)
