/* One file as UTF-8: packed, in other encodings, broken off. */
#include "event_support.h"

#include "event/input.h"

#include <zlib.h>
#include <zstd.h>

/* Everything the input holds, `step` bytes at a time. */
static enum kf_input_state read_all(struct kf_input *in, size_t step, struct kf_buf *ret)
{
    enum kf_input_state st = KF_INPUT_MORE;
    ck_assert_ptr_nonnull(in);
    kf_buf_clear(ret);
    kf_buf_adds(ret, "");
    while (st == KF_INPUT_MORE) {
        kf_buf_reserve(ret, step + 1);
        size_t n = kf_input_read(in, ret->p + ret->n, step, &st);
        ck_assert_uint_le(n, step);
        ret->n += n;
        ret->p[ret->n] = 0;
    }
    return st;
}

/* The same text for every step, in the state it must end with. */
static void check(const void *data, size_t len, const char *encoding, const char *want,
                  size_t want_n, enum kf_input_state state)
{
    static const size_t steps[] = {16, 17, 64, 1000, 100000};
    struct kf_buf got = {0};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct kf_input *in = kf_input_memory(data, len, encoding);
        ck_assert_int_eq(read_all(in, steps[i], &got), state);
        ck_assert_uint_eq(got.n, want_n);
        ck_assert_mem_eq(got.p, want, want_n);
        kf_input_drain(in);
        ck_assert_uint_eq(kf_input_bytes(in), len);
        kf_input_close(in);
    }
    kf_buf_free(&got);
}

static size_t gzip(const char *text, size_t n, unsigned char *out, size_t cap)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)text,
                  .avail_in = (uInt)n,
                  .next_out = out,
                  .avail_out = (uInt)cap};
    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return cap - z.avail_out;
}

static char text[50000];

static void setup(void)
{
    uint64_t r = 3;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 50 == 49 ? '\n' : (char)('a' + next_random(&r) % 26);
}

START_TEST(plain_bytes)
{
    check(text, sizeof text, NULL, text, sizeof text, KF_INPUT_END);
    check("", 0, NULL, "", 0, KF_INPUT_END);
    check("x", 1, NULL, "x", 1, KF_INPUT_END);
    check("\x1f", 1, NULL, "\x1f", 1, KF_INPUT_END);
}
END_TEST

START_TEST(gzip_whole_and_in_members)
{
    static unsigned char packed[60000];
    size_t n = gzip(text, 20000, packed, sizeof packed);
    n += gzip(text + 20000, sizeof text - 20000, packed + n, sizeof packed - n);
    check(packed, n, NULL, text, sizeof text, KF_INPUT_END);
    size_t one = gzip("", 0, packed, sizeof packed);
    check(packed, one, NULL, "", 0, KF_INPUT_END);
}
END_TEST

/* Wherever a packed file stops, what was read is the beginning of the text and the state says so.
 */
START_TEST(half_a_gzip)
{
    static unsigned char packed[60000];
    struct kf_buf got = {0};
    size_t n = gzip(text, sizeof text, packed, sizeof packed);
    for (size_t half = 2; half < n; half += half < 40 || n - half < 40 ? 1 : 997) {
        struct kf_input *in = kf_input_memory(packed, half, NULL);
        ck_assert_int_eq(read_all(in, 4096, &got), KF_INPUT_TRUNCATED);
        ck_assert_uint_le(got.n, sizeof text);
        ck_assert_mem_eq(got.p, text, got.n);
        kf_input_close(in);
    }
    kf_buf_free(&got);
    packed[n - 8] ^= 1; /* the check sum */
    check(packed, n, NULL, text, sizeof text, KF_INPUT_DAMAGED);
}
END_TEST

START_TEST(zstd_whole_and_half)
{
    static char packed[60000];
    struct kf_buf got = {0};
    size_t n = ZSTD_compress(packed, sizeof packed, text, 30000, 3);
    ck_assert(!ZSTD_isError(n));
    check(packed, n, NULL, text, 30000, KF_INPUT_END);
    size_t more = ZSTD_compress(packed + n, sizeof packed - n, text + 30000, 20000, 3);
    check(packed, n + more, NULL, text, sizeof text, KF_INPUT_END);
    struct kf_input *in = kf_input_memory(packed, n + more - 9, NULL);
    ck_assert_int_eq(read_all(in, 4096, &got), KF_INPUT_TRUNCATED);
    ck_assert_uint_ge(got.n, 30000);
    ck_assert_mem_eq(got.p, text, got.n);
    kf_input_close(in);
    in = kf_input_memory(packed, 5, NULL);
    ck_assert_int_eq(read_all(in, 4096, &got), KF_INPUT_TRUNCATED);
    kf_input_close(in);
    in = kf_input_memory("\x28\xb5\x2f\xfd\x04\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff", 15, NULL);
    ck_assert_int_eq(read_all(in, 4096, &got), KF_INPUT_DAMAGED);
    kf_input_close(in);
    kf_buf_free(&got);
}
END_TEST

START_TEST(encodings)
{
    check("\xef\xbb\xbf"
          "a\xc3\xa4",
          6, NULL, "a\xc3\xa4", 3, KF_INPUT_END);
    check("\xef\xbb\xbf"
          "a\xc3\xa4",
          6, "latin-1", "a\xc3\xa4", 3, KF_INPUT_END); /* a mark wins */
    check("a\xe4\xff", 3, "latin-1", "a\xc3\xa4\xc3\xbf", 5, KF_INPUT_END);
    check("\xff\xfe"
          "a\0\xe4\0",
          6, NULL, "a\xc3\xa4", 3, KF_INPUT_END);
    check("\xfe\xff\0a\0\xe4", 6, "utf-8", "a\xc3\xa4", 3, KF_INPUT_END);
    check("a\0\xe4\0", 4, "utf-16", "a\xc3\xa4", 3, KF_INPUT_END);
    check("\0a\0\xe4", 4, "utf-16", "a\xc3\xa4", 3, KF_INPUT_END);
    check("\xff\xfe\x3d\xd8\x00\xde", 6, NULL, "\xf0\x9f\x98\x80", 4, KF_INPUT_END);
    check("", 0, "utf-16", "", 0, KF_INPUT_END);
    check("\xff\xfe", 2, NULL, "", 0, KF_INPUT_END);
    check("\xef\xbb\xbf", 3, NULL, "", 0, KF_INPUT_END);
}
END_TEST

/* Half a character and half a pair become U+FFFD, and what follows is read. */
START_TEST(broken_utf16)
{
    check("\xff\xfe"
          "a\0\xe4",
          5, NULL, "a\xef\xbf\xbd", 4, KF_INPUT_END);
    check("\xff\xfe\x3d\xd8"
          "a\0",
          6, NULL,
          "\xef\xbf\xbd"
          "a",
          4, KF_INPUT_END);
    check("\xff\xfe\x00\xde"
          "a\0",
          6, NULL,
          "\xef\xbf\xbd"
          "a",
          4, KF_INPUT_END);
    check("\xff\xfe"
          "a\0\x3d\xd8",
          6, NULL, "a\xef\xbf\xbd", 4, KF_INPUT_END);
}
END_TEST

START_TEST(packed_and_in_another_encoding)
{
    unsigned char packed[200];
    size_t n = gzip("a\xe4;b\n", 5, packed, sizeof packed);
    check(packed, n, "latin-1", "a\xc3\xa4;b\n", 6, KF_INPUT_END);
    n = gzip("\xff\xfe"
             "a\0b\0",
             6, packed, sizeof packed);
    check(packed, n, NULL, "ab", 2, KF_INPUT_END);
}
END_TEST

START_TEST(long_texts_in_two_bytes)
{
    static char wide[sizeof text * 2];
    for (size_t i = 0; i < sizeof text; i++) {
        wide[2 * i] = 0;
        wide[2 * i + 1] = text[i];
    }
    check(wide, sizeof wide, "utf-16", text, sizeof text, KF_INPUT_END);
}
END_TEST

START_TEST(files)
{
    const char *why = NULL;
    struct kf_buf got = {0};
    uint64_t size, hash;
    dir_make();
    const char *path = dir_file("x", text, sizeof text);
    struct kf_input *in = kf_input_open(path, NULL, &why);
    ck_assert_int_eq(read_all(in, 1000, &got), KF_INPUT_END);
    ck_assert_uint_eq(got.n, sizeof text);
    ck_assert(kf_input_mtime(in) > 0);
    ck_assert(kf_input_hash_file(path, &size, &hash));
    ck_assert_uint_eq(size, sizeof text);
    ck_assert_uint_eq(hash, kf_input_hash(in));
    kf_input_close(in);
    in = kf_input_open(path, NULL, &why); /* not read to its end: the hash is of all of it */
    enum kf_input_state st;
    kf_input_read(in, got.p, 100, &st);
    kf_input_drain(in);
    ck_assert_uint_eq(hash, kf_input_hash(in));
    ck_assert_uint_eq(size, kf_input_bytes(in));
    kf_input_close(in);
    ck_assert_ptr_null(kf_input_open("/nowhere/at/all", NULL, &why));
    ck_assert_str_eq(why, "No such file or directory");
    ck_assert_ptr_null(kf_input_open(test_dir, NULL, &why));
    ck_assert_str_eq(why, "it is a folder");
    ck_assert(!kf_input_hash_file("/nowhere/at/all", &size, &hash));
    kf_buf_free(&got);
    dir_remove();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("input");
    TCase *t = tcase_create("input");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, plain_bytes);
    tcase_add_test(t, gzip_whole_and_in_members);
    tcase_add_test(t, half_a_gzip);
    tcase_add_test(t, zstd_whole_and_half);
    tcase_add_test(t, encodings);
    tcase_add_test(t, broken_utf16);
    tcase_add_test(t, packed_and_in_another_encoding);
    tcase_add_test(t, long_texts_in_two_bytes);
    tcase_add_test(t, files);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
