#include "event/input.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#define PACKED_SIZE  (256u << 10) /* compressed bytes read at a time */
#define FOREIGN_SIZE (64u << 10)  /* bytes converted at a time */

enum packing { PLAIN, GZIP, ZSTD };

struct kf_input {
    int fd; /* -1: memory */
    const char *data;
    size_t data_len;
    uint64_t bytes;
    int64_t mtime;
    bool ends; /* a file on disk, or memory */
    XXH3_state_t *hash;
    enum packing packing;
    bool looked; /* first bytes were seen */
    /* compressed bytes not unpacked yet; for PLAIN: the first bytes, given back */
    char *packed;
    size_t at, n;
    bool end; /* of the file */
    bool open_frame;
    z_stream gz;
    ZSTD_DStream *zs;
    /* bytes in another encoding not converted yet */
    iconv_t conv;
    bool converts, decided;
    const char *encoding;
    char *foreign;
    size_t foreign_n;
    enum kf_input_state foreign_state;
};

static struct kf_input *new_input(int fd, const char *encoding)
{
    struct kf_input *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    in->fd = fd;
    in->encoding = encoding;
    in->hash = XXH3_createState();
    in->packed = malloc(PACKED_SIZE);
    if (!in->hash || !in->packed) {
        kf_input_close(in);
        return NULL;
    }
    XXH3_64bits_reset(in->hash);
    return in;
}

struct kf_input *kf_input_open(const char *path, const char *encoding, const char **ret_detail)
{
    bool standard = strcmp(path, "-") == 0;
    struct stat st;
    int fd = standard ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        *ret_detail = strerror(errno);
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    if (S_ISDIR(st.st_mode)) {
        *ret_detail = "it is a folder";
        close(fd);
        return NULL;
    }
    struct kf_input *in = new_input(fd, encoding);
    if (!in) {
        *ret_detail = "no memory";
        close(fd);
        return NULL;
    }
    if (S_ISREG(st.st_mode)) {
        in->mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        in->ends = true;
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return in;
}

struct kf_input *kf_input_memory(const void *data, size_t len, const char *encoding)
{
    struct kf_input *in = new_input(-1, encoding);
    if (in) {
        in->data = data;
        in->data_len = len;
        in->ends = true;
    }
    return in;
}

void kf_input_close(struct kf_input *in)
{
    if (!in)
        return;
    if (in->packing == GZIP)
        inflateEnd(&in->gz);
    ZSTD_freeDStream(in->zs);
    if (in->converts)
        iconv_close(in->conv);
    if (in->fd >= 0)
        close(in->fd);
    XXH3_freeState(in->hash);
    free(in->packed);
    free(in->foreign);
    free(in);
}

/* ---- bytes as stored ---- */

static size_t read_stored(struct kf_input *in, char *to, size_t cap, enum kf_input_state *st)
{
    size_t n = 0;
    while (n < cap && !in->end) {
        ssize_t k;
        if (in->fd < 0) {
            size_t left = in->data_len - (size_t)in->bytes;
            k = (ssize_t)(left < cap - n ? left : cap - n);
            if (k)
                memcpy(to + n, in->data + in->bytes, (size_t)k);
        } else {
            k = read(in->fd, to + n, cap - n);
        }
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0) {
            *st = KF_INPUT_UNREADABLE;
            in->end = true;
            break;
        }
        if (k == 0)
            in->end = true;
        XXH3_64bits_update(in->hash, to + n, (size_t)k);
        in->bytes += (uint64_t)k;
        n += (size_t)k;
    }
    if (in->end && *st == KF_INPUT_MORE)
        *st = KF_INPUT_END;
    return n;
}

/* ---- unpacked ---- */

static bool start(struct kf_input *in, enum kf_input_state *st)
{
    in->looked = true;
    enum kf_input_state first = KF_INPUT_MORE;
    in->n = read_stored(in, in->packed, PACKED_SIZE, &first);
    if (first == KF_INPUT_UNREADABLE)
        *st = first;
    const unsigned char *p = (const unsigned char *)in->packed;
    if (in->n >= 2 && p[0] == 0x1f && p[1] == 0x8b) {
        if (inflateInit2(&in->gz, 15 + 16) != Z_OK)
            return false;
        in->packing = GZIP;
        in->open_frame = true;
    } else if (in->n >= 4 && p[0] == 0x28 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd) {
        in->zs = ZSTD_createDStream();
        in->packing = ZSTD;
        in->open_frame = true;
        return in->zs != NULL;
    }
    return true;
}

static void refill(struct kf_input *in, enum kf_input_state *st)
{
    enum kf_input_state s = KF_INPUT_MORE;
    if (in->at < in->n || in->end)
        return;
    in->at = 0;
    in->n = read_stored(in, in->packed, PACKED_SIZE, &s);
    if (s == KF_INPUT_UNREADABLE)
        *st = s;
}

static size_t unpack_gzip(struct kf_input *in, char *to, size_t cap, enum kf_input_state *st)
{
    z_stream *z = &in->gz;
    z->next_in = (Bytef *)in->packed + in->at;
    z->avail_in = (uInt)(in->n - in->at);
    z->next_out = (Bytef *)to;
    z->avail_out = (uInt)(cap < (1u << 30) ? cap : 1u << 30);
    size_t room = z->avail_out;
    int rc = inflate(z, Z_NO_FLUSH);
    in->at = in->n - z->avail_in;
    if (rc == Z_STREAM_END) { /* perhaps another member follows */
        in->open_frame = false;
        inflateReset(z);
    } else if (rc == Z_OK) {
        in->open_frame = true;
    } else if (rc != Z_BUF_ERROR) {
        *st = KF_INPUT_DAMAGED;
    }
    return room - z->avail_out;
}

static size_t unpack_zstd(struct kf_input *in, char *to, size_t cap, enum kf_input_state *st)
{
    ZSTD_inBuffer i = {in->packed, in->n, in->at};
    ZSTD_outBuffer o = {to, cap, 0};
    size_t rc = ZSTD_decompressStream(in->zs, &o, &i);
    in->at = i.pos;
    if (ZSTD_isError(rc))
        *st = KF_INPUT_DAMAGED;
    else
        in->open_frame = rc != 0;
    return o.pos;
}

static size_t read_packed(struct kf_input *in, char *to, size_t cap, enum kf_input_state *st)
{
    size_t n = 0;
    while (n < cap && *st == KF_INPUT_MORE) {
        refill(in, st);
        bool dry = in->at == in->n;
        if (dry && in->end && !in->open_frame) {
            *st = KF_INPUT_END;
            break;
        }
        size_t k = in->packing == GZIP ? unpack_gzip(in, to + n, cap - n, st)
                                       : unpack_zstd(in, to + n, cap - n, st);
        n += k;
        if (dry && in->end && k == 0 && *st == KF_INPUT_MORE)
            *st = in->open_frame ? KF_INPUT_TRUNCATED : KF_INPUT_END;
    }
    return n;
}

static size_t read_bytes(struct kf_input *in, char *to, size_t cap, enum kf_input_state *st)
{
    *st = KF_INPUT_MORE;
    if (!in->looked && !start(in, st)) {
        *st = KF_INPUT_DAMAGED;
        return 0;
    }
    if (in->packing != PLAIN)
        return read_packed(in, to, cap, st);
    size_t n = in->n - in->at < cap ? in->n - in->at : cap;
    if (n)
        memcpy(to, in->packed + in->at, n);
    in->at += n;
    if (*st == KF_INPUT_MORE && n < cap)
        n += read_stored(in, to + n, cap - n, st);
    return n;
}

/* ---- as UTF-8 ---- */

static bool set_encoding(struct kf_input *in, const char *name)
{
    in->conv = iconv_open("UTF-8", name);
    in->converts = in->conv != (iconv_t)-1;
    in->foreign = malloc(FOREIGN_SIZE);
    return in->converts && in->foreign;
}

/* By the first bytes: how many of them are a byte order mark. */
static size_t decide(struct kf_input *in, const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;
    const char *name = NULL;
    size_t mark = 0;
    if (n >= 3 && u[0] == 0xef && u[1] == 0xbb && u[2] == 0xbf)
        mark = 3;
    else if (n >= 2 && u[0] == 0xff && u[1] == 0xfe)
        mark = 2, name = "UTF-16LE";
    else if (n >= 2 && u[0] == 0xfe && u[1] == 0xff)
        mark = 2, name = "UTF-16BE";
    else if (in->encoding && strcasecmp(in->encoding, "latin-1") == 0)
        name = "ISO-8859-1";
    else if (in->encoding && strcasecmp(in->encoding, "utf-16") == 0)
        name = n >= 2 && u[0] == 0 ? "UTF-16BE" : "UTF-16LE";
    in->decided = true;
    if (name)
        set_encoding(in, name);
    return mark;
}

/* Half a character, or one that UTF-16 does not have, becomes U+FFFD. */
static void convert_bad(struct kf_input *in, char **src, size_t *left, char **dst, size_t *room)
{
    (void)in;
    size_t skip = *left < 2 ? *left : 2;
    memcpy(*dst, "\xef\xbf\xbd", 3);
    *dst += 3;
    *room -= 3;
    *src += skip;
    *left -= skip;
}

static size_t read_converted(struct kf_input *in, char *to, size_t cap, enum kf_input_state *st)
{
    char *dst = to;
    size_t room = cap;
    *st = KF_INPUT_MORE;
    while (room >= 8) {
        if (in->foreign_n < 4 && in->foreign_state == KF_INPUT_MORE)
            in->foreign_n += read_bytes(in, in->foreign + in->foreign_n,
                                        FOREIGN_SIZE - in->foreign_n, &in->foreign_state);
        if (!in->foreign_n) {
            *st = in->foreign_state;
            break;
        }
        char *src = in->foreign;
        size_t left = in->foreign_n;
        size_t rc = iconv(in->conv, &src, &left, &dst, &room);
        bool stuck = rc == (size_t)-1 && errno != E2BIG &&
                     (errno == EILSEQ || in->foreign_state != KF_INPUT_MORE);
        bool full = rc == (size_t)-1 && errno == E2BIG;
        if (stuck && left && room >= 8)
            convert_bad(in, &src, &left, &dst, &room);
        memmove(in->foreign, src, left);
        in->foreign_n = left;
        if (full)
            break;
    }
    return (size_t)(dst - to);
}

size_t kf_input_read(struct kf_input *in, char *to, size_t cap, enum kf_input_state *ret)
{
    if (in->decided)
        return in->converts ? read_converted(in, to, cap, ret) : read_bytes(in, to, cap, ret);
    size_t n = read_bytes(in, to, cap < FOREIGN_SIZE ? cap : FOREIGN_SIZE, ret);
    size_t mark = decide(in, to, n);
    n -= mark;
    if (!in->converts) {
        memmove(to, to + mark, n);
        return n;
    }
    memcpy(in->foreign, to + mark, n);
    in->foreign_n = n;
    in->foreign_state = *ret;
    return read_converted(in, to, cap, ret);
}

uint64_t kf_input_bytes(const struct kf_input *in)
{
    return in->bytes;
}

uint64_t kf_input_hash(const struct kf_input *in)
{
    return XXH3_64bits_digest(in->hash);
}

int64_t kf_input_mtime(const struct kf_input *in)
{
    return in->mtime;
}

void kf_input_drain(struct kf_input *in)
{
    enum kf_input_state st = KF_INPUT_MORE;
    while (in->ends && !in->end)
        read_stored(in, in->packed, PACKED_SIZE, &st);
}

bool kf_input_hash_file(const char *path, uint64_t *ret_size, uint64_t *ret_hash)
{
    const char *why;
    struct kf_input *in = kf_input_open(path, NULL, &why);
    if (!in)
        return false;
    enum kf_input_state st = KF_INPUT_MORE;
    while (st == KF_INPUT_MORE)
        read_stored(in, in->packed, PACKED_SIZE, &st);
    *ret_size = in->bytes;
    *ret_hash = kf_input_hash(in);
    kf_input_close(in);
    return st == KF_INPUT_END;
}
