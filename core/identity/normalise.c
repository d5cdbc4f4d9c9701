#include "identity/normalise.h"

#include <glib.h>
#include <stdlib.h>

static size_t lower_utf8(struct kf_str v, char *out, size_t cap)
{
    bool ascii = true;
    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] >= 0x80)
            ascii = false;
    if (ascii || !kf_utf8_valid(v)) {
        for (size_t i = 0; i < v.n; i++)
            out[i] = ascii && v.p[i] >= 'A' && v.p[i] <= 'Z' ? (char)(v.p[i] + 32) : v.p[i];
        return v.n;
    }
    /* A NUL would end the text for g_utf8_strdown, and with it the value: piece by piece. */
    size_t n = 0;
    for (size_t from = 0; from < v.n;) {
        const char *nul = memchr(v.p + from, '\0', v.n - from);
        size_t to = nul ? (size_t)(nul - v.p) : v.n;
        gchar *low = g_utf8_strdown(v.p + from, (gssize)(to - from));
        size_t m = strlen(low);
        m = m > cap - n ? cap - n : m;
        memcpy(out + n, low, m);
        n += m;
        g_free(low);
        if (nul && n < cap)
            out[n++] = '\0';
        from = to + (nul != NULL);
    }
    return n;
}

static size_t email(struct kf_str v, char *out, size_t cap)
{
    size_t n = lower_utf8(v, out, cap);
    const char *at = memchr(out, '@', n);
    if (!at || at == out || at + 1 == out + n)
        return KF_NORMALISE_NOTHING;
    return memchr(at + 1, '@', (size_t)(out + n - at - 1)) ? KF_NORMALISE_NOTHING : n;
}

static size_t phone(struct kf_str v, char *out)
{
    size_t n = 0, digits = 0;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] >= '0' && v.p[i] <= '9') {
            out[n++] = v.p[i];
            digits++;
        } else if (v.p[i] == '+') {
            if (n)
                return KF_NORMALISE_NOTHING; /* a sign in the middle is no number */
            out[n++] = '+';
        }
    }
    return digits < 6 || digits > 15 ? KF_NORMALISE_NOTHING : n;
}

static char hex_lower(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ? c
           : c >= 'A' && c <= 'F'                           ? (char)(c + 32)
                                                            : '\0';
}

/* 8-4-4-4-12; dashes stand where they belong or nowhere. */
static size_t uuid(struct kf_str v, char *out)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    bool zero = true, dashes;
    size_t k = 0;
    if (v.n > 2 && v.p[0] == '{' && v.p[v.n - 1] == '}')
        v = kf_str(v.p + 1, v.n - 2);
    dashes = v.n == 36;
    if (!dashes && v.n != 32)
        return KF_NORMALISE_NOTHING;
    for (size_t i = 0; i < 36; i++) {
        bool dash = form[i] == '-';
        out[i] = '-';
        if (dash && (!dashes || v.p[k++] == '-'))
            continue;
        if (dash || !(out[i] = hex_lower(v.p[k++])))
            return KF_NORMALISE_NOTHING;
        zero &= out[i] == '0';
    }
    return zero ? KF_NORMALISE_NOTHING : 36;
}

bool kf_identity_hashed(struct kf_str v)
{
    size_t i = 0;
    while (i < v.n && hex_lower(v.p[i]))
        i++;
    return v.n == 64 && i == 64;
}

static size_t sha256(struct kf_str v, char *out)
{
    if (!kf_identity_hashed(v))
        return KF_NORMALISE_NOTHING;
    for (size_t i = 0; i < v.n; i++)
        out[i] = hex_lower(v.p[i]);
    return v.n;
}

/* GA1.<depth>.<random>.<time>: the depth says where the cookie was set, not which browser it is.
 * Facebook's fb.<depth>.<time>.<random> is sent on as it is, so it is kept as it is. */
static size_t cookie(struct kf_str v, char *out)
{
    size_t i = 4, dots = 0;
    if (v.n > 4 && memcmp(v.p, "GA1.", 4) == 0) {
        while (i < v.n && ((v.p[i] >= '0' && v.p[i] <= '9') || v.p[i] == '-'))
            i++;
        for (size_t k = i + 1; k < v.n; k++)
            dots += v.p[k] == '.';
        if (i > 4 && i + 1 < v.n && v.p[i] == '.' && dots == 1)
            v = kf_str(v.p + i + 1, v.n - i - 1);
    }
    memcpy(out, v.p, v.n);
    return v.n;
}

size_t kf_identity_normalise(const char *kind, struct kf_str value, char *out, size_t cap)
{
    struct kf_str v = kf_str_trim(value);
    if (v.n == 0 || v.n > cap || cap < 36)
        return KF_NORMALISE_NOTHING;
    if (kind && strcmp(kind, "email") == 0)
        return email(v, out, cap);
    if (kind && strcmp(kind, "phone") == 0)
        return phone(v, out);
    if (kind && strcmp(kind, "lower") == 0)
        return lower_utf8(v, out, cap);
    if (kind && strcmp(kind, "sha256") == 0)
        return sha256(v, out);
    if (kind && strcmp(kind, "cookie") == 0)
        return cookie(v, out);
    if (kind &&
        (strcmp(kind, "uuid") == 0 || strcmp(kind, "idfa") == 0 || strcmp(kind, "gaid") == 0))
        return uuid(v, out);
    memcpy(out, v.p, v.n);
    return v.n;
}

/* ---- mailboxes ---- */

static const struct kf_id_domain *row_of(const struct kf_id_domain *d, uint32_t n, struct kf_str s)
{
    const struct kf_id_domain *every = NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (kf_str_eq(d[i].name, s))
            return &d[i];
        if (kf_str_eq(d[i].name, kf_cstr("*")))
            every = &d[i];
    }
    return every;
}

size_t kf_identity_mailbox(const struct kf_id_domain *domain, uint32_t n_domains, char *address,
                           size_t n, size_t cap)
{
    const char *at = memchr(address, '@', n);
    if (!at)
        return n;
    size_t local = (size_t)(at - address), kept = 0;
    struct kf_str host = kf_str(at + 1, n - local - 1);
    const struct kf_id_domain *d = row_of(domain, n_domains, host);
    if (!d)
        return n;
    for (size_t i = 0; i < local; i++) {
        if (d->plus_tags && address[i] == '+')
            break;
        if (!d->dots || address[i] != '.')
            address[kept++] = address[i];
    }
    struct kf_str to = d->same_as.p ? d->same_as : host;
    if (!kept || kept + 1 + to.n > cap)
        return KF_NORMALISE_NOTHING;
    memmove(address + kept + 1, to.p, to.n);
    address[kept] = '@';
    return kept + 1 + to.n;
}

/* ---- values that may deceive ---- */

static bool invisible(uint32_t c)
{
    return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

/* Nearly all values are: eight bytes at a time, each from 0x20 to 0x7e. */
static bool is_printable_ascii(struct kf_str v)
{
    const uint64_t ones = 0x0101010101010101ull, high = 0x8080808080808080ull;
    size_t i = 0;
    for (; i + 8 <= v.n; i += 8) {
        uint64_t x;
        memcpy(&x, v.p + i, 8);
        if ((x | (x - 0x20 * ones) | (x + ones)) & high)
            return false;
    }
    for (; i < v.n; i++)
        if ((unsigned char)v.p[i] < 0x20 || (unsigned char)v.p[i] > 0x7e)
            return false;
    return true;
}

unsigned kf_identity_odd(struct kf_str v)
{
    if (is_printable_ascii(v))
        return 0;
    unsigned odd = 0;
    bool latin = false, like_latin = false;
    for (size_t i = 0; i < v.n;) {
        uint32_t c;
        size_t n = kf_utf8_decode(v.p + i, v.n - i, &c);
        if (!n)
            return odd | KF_ODD_ENCODING;
        i += n;
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            odd |= KF_ODD_CONTROL;
        if (invisible(c))
            odd |= KF_ODD_INVISIBLE;
        if (c < 0x80 && g_ascii_isalpha((gchar)c))
            latin = true;
        if (c < 0x80)
            continue;
        GUnicodeScript s = g_unichar_get_script(c);
        latin |= s == G_UNICODE_SCRIPT_LATIN;
        like_latin |= s == G_UNICODE_SCRIPT_CYRILLIC || s == G_UNICODE_SCRIPT_GREEK ||
                      s == G_UNICODE_SCRIPT_ARMENIAN || s == G_UNICODE_SCRIPT_CHEROKEE ||
                      (c >= 0xff21 && c <= 0xff5a); /* letters of double width */
    }
    return odd | (latin && like_latin ? KF_ODD_MIXED : 0u);
}
