#include "cli/output.h"

#include "base/hash.h"
#include "base/vec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- styles ---- */

void kf_style_add(struct kf_buf *out, bool colour, enum kf_style style, const char *text)
{
    static const char *const code[] = {"",         "\033[1m",  "\033[2m",
                                       "\033[31m", "\033[32m", "\033[33m"};
    if (!colour || style == KF_PLAIN) {
        kf_buf_adds(out, text);
        return;
    }
    kf_buf_adds(out, code[style]);
    kf_buf_adds(out, text);
    kf_buf_adds(out, "\033[0m");
}

/* ---- tables ---- */

void kf_table_start(struct kf_table *t, const char *align)
{
    *t = (struct kf_table){.align = align, .columns = (uint32_t)strlen(align)};
    kf_arena_init(&t->arena, 4096);
}

static void put(struct kf_table *t, enum kf_style style, const char *text)
{
    if (t->at == t->columns)
        return; /* our own mistake; a cell too many is better lost than a crooked table */
    if (t->n == t->cap)
        t->cell = kf_vec_grow(t->cell, &t->cap, t->n + 1, sizeof *t->cell);
    t->cell[t->n++] = (struct kf_table_cell){kf_arena_strdup(&t->arena, text), style};
    t->at++;
}

void kf_table_style(struct kf_table *t, enum kf_style style, const char *text)
{
    put(t, style, text ? text : "");
}

void kf_table_cell(struct kf_table *t, const char *text)
{
    kf_table_style(t, KF_PLAIN, text);
}

void kf_table_cellf(struct kf_table *t, const char *fmt, ...)
{
    struct kf_buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    kf_buf_addv(&b, fmt, ap);
    va_end(ap);
    put(t, KF_PLAIN, b.p ? b.p : "");
    kf_buf_free(&b);
}

void kf_table_count(struct kf_table *t, uint64_t n)
{
    char s[32];
    put(t, KF_PLAIN, kf_count_text(n, s));
}

void kf_table_end_row(struct kf_table *t)
{
    while (t->at < t->columns)
        put(t, KF_PLAIN, "");
    t->at = 0;
}

void kf_table_head(struct kf_table *t, const char *names)
{
    char one[64];
    while (*names) {
        size_t n = strcspn(names, "|");
        snprintf(one, sizeof one, "%.*s", (int)n, names);
        put(t, KF_DIM, one);
        names += n + (names[n] == '|');
    }
    kf_table_end_row(t);
    t->head = true;
}

bool kf_table_empty(const struct kf_table *t)
{
    return t->n <= (t->head ? t->columns : 0);
}

static void blanks(struct kf_buf *out, size_t n)
{
    while (n--)
        kf_buf_addc(out, ' ');
}

static size_t width(const char *s)
{
    return kf_utf8_width(kf_cstr(s));
}

void kf_table_print(struct kf_table *t, unsigned indent, bool colour, struct kf_buf *out)
{
    size_t *wide = calloc(t->columns + 1u, sizeof *wide);
    if (!wide)
        abort();
    for (size_t i = 0; i < t->n; i++) {
        size_t w = width(t->cell[i].text);
        if (w > wide[i % t->columns])
            wide[i % t->columns] = w;
    }
    size_t before = indent; /* columns up to the last */
    for (uint32_t c = 0; c + 1 < t->columns; c++)
        before += wide[c] + 2;
    for (size_t row = 0; row < t->n; row += t->columns) {
        uint32_t last = t->columns;
        while (last > 0 && !*t->cell[row + last - 1].text)
            last--;
        blanks(out, last ? indent : 0);
        for (uint32_t c = 0; c < last; c++) {
            const struct kf_table_cell *cell = &t->cell[row + c];
            size_t pad = wide[c] - width(cell->text);
            if (c)
                kf_buf_adds(out, "  ");
            if (t->align[c] == 'r')
                blanks(out, pad);
            if (t->wrap && c + 1 == t->columns && before + width(cell->text) > KF_OUT_COLUMNS)
                kf_wrap_add(out, cell->text, (unsigned)before, (unsigned)before, t->list);
            else
                kf_style_add(out, colour, cell->style, cell->text);
            if (t->align[c] != 'r' && c + 1 < last)
                blanks(out, pad);
        }
        kf_buf_addc(out, '\n');
    }
    free(wide);
    kf_vec_release(t->cell);
    kf_arena_free(&t->arena);
    *t = (struct kf_table){0};
}

const char *kf_count_text(uint64_t n, char out[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    size_t k = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[k++] = ',';
        out[k++] = digits[i];
    }
    out[k] = 0;
    return out;
}

void kf_count_add(struct kf_buf *out, uint64_t n, const char *one, const char *plural)
{
    char s[32];
    kf_buf_addf(out, "%s %s", kf_count_text(n, s), n == 1 || !plural ? one : plural);
    if (n != 1 && !plural)
        kf_buf_addc(out, 's');
}

void kf_when_add(struct kf_buf *out, const struct kf_zone *z, int64_t t)
{
    char s[48];
    if (t == KF_TIME_MIN || t == KF_TIME_MAX) {
        kf_buf_adds(out, "never");
        return;
    }
    size_t n = kf_time_format_local(z, t, s);
    kf_buf_add(out, s, n < 16 ? n : 16); /* to the minute */
}

/* ---- JSON ---- */

static void key(struct kf_json *j, const char *k)
{
    if (j->comma)
        kf_buf_addc(j->out, ',');
    j->comma = true;
    if (k) {
        kf_buf_add_json(j->out, kf_cstr(k));
        kf_buf_addc(j->out, ':');
    }
}

void kf_json_open(struct kf_json *j, const char *k, char bracket)
{
    key(j, k);
    kf_buf_addc(j->out, bracket);
    j->comma = false;
}

void kf_json_close(struct kf_json *j, char bracket)
{
    kf_buf_addc(j->out, bracket);
    j->comma = true;
}

void kf_json_start(struct kf_json *j, struct kf_buf *out, const char *schema)
{
    *j = (struct kf_json){.out = out};
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "schema", schema);
}

void kf_json_end(struct kf_json *j)
{
    kf_json_close(j, '}');
    kf_buf_addc(j->out, '\n');
}

void kf_json_str(struct kf_json *j, const char *k, struct kf_str v)
{
    key(j, k);
    if (v.p)
        kf_buf_add_json(j->out, v);
    else
        kf_buf_adds(j->out, "null");
}

void kf_json_text(struct kf_json *j, const char *k, const char *v)
{
    kf_json_str(j, k, kf_cstr(v));
}

void kf_json_int(struct kf_json *j, const char *k, int64_t v)
{
    key(j, k);
    kf_buf_addf(j->out, "%lld", (long long)v);
}

void kf_json_count(struct kf_json *j, const char *k, uint64_t v)
{
    key(j, k);
    kf_buf_addf(j->out, "%llu", (unsigned long long)v);
}

void kf_json_seconds(struct kf_json *j, const char *k, double v)
{
    key(j, k);
    kf_buf_addf(j->out, "%.3f", v);
}

void kf_json_bool(struct kf_json *j, const char *k, bool v)
{
    key(j, k);
    kf_buf_adds(j->out, v ? "true" : "false");
}

void kf_json_time(struct kf_json *j, const char *k, int64_t t)
{
    char s[48];
    if (t == KF_TIME_MIN || t == KF_TIME_MAX) {
        kf_json_text(j, k, NULL);
        return;
    }
    size_t n = kf_time_format(t, s);
    kf_json_str(j, k, kf_str(s, n));
}

void kf_json_raw(struct kf_json *j, const char *k, const struct kf_buf *json)
{
    key(j, k);
    kf_buf_add(j->out, json->p, json->n);
}

/* ---- masking ---- */

static bool ends(struct kf_str s, const char *tail)
{
    size_t n = strlen(tail);
    return s.n >= n && strncasecmp(s.p + s.n - n, tail, n) == 0;
}

enum kf_personal kf_personal_kind(struct kf_str name, const char *declared)
{
    struct kf_str d = kf_cstr(declared);
    if (ends(name, "email") || ends(name, "mail") || ends(d, "email") ||
        ends(name, "email_address"))
        return KF_PERSONAL_EMAIL;
    if (ends(name, "phone") || ends(name, "mobile") || ends(d, "phone") ||
        ends(name, "phone_number"))
        return KF_PERSONAL_PHONE;
    static const char *const names[] = {"first_name", "last_name",   "full_name", "firstname",
                                        "lastname",   "traits.name", "surname"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ends(name, names[i]))
            return KF_PERSONAL_NAME;
    if (d.n)
        return ends(d, "name") ? KF_PERSONAL_NAME : KF_PERSONAL_OTHER;
    static const char *const other[] = {"context.ip", "address",       "street", "birthday",
                                        "birth_date", "date_of_birth", "iban"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (ends(name, other[i]))
            return KF_PERSONAL_OTHER;
    return KF_PERSONAL_NONE;
}

/* Amounts and counts; from seven digits on it may be a telephone number. */
static bool is_small_number(struct kf_str s)
{
    size_t digits = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (!digit && s.p[i] != '.' && !(s.p[i] == '-' && i == 0))
            return false;
        digits += digit;
    }
    return digits > 0 && digits < 7;
}

enum kf_personal kf_personal_value(struct kf_str name, const char *declared, struct kf_str value)
{
    enum kf_personal kind = kf_personal_kind(name, declared);
    if (declared || kind == KF_PERSONAL_NONE)
        return kind;
    if (kf_str_eq(value, kf_cstr("true")) || kf_str_eq(value, kf_cstr("false")))
        return KF_PERSONAL_NONE;
    /* a number may well be of a house: only where a number cannot be what the name says */
    bool never = kind == KF_PERSONAL_EMAIL || kind == KF_PERSONAL_PHONE || kind == KF_PERSONAL_NAME;
    return never && is_small_number(value) ? KF_PERSONAL_NONE : kind;
}

/* Control characters could redraw a terminal; they become a visible mark. */
static void plain(struct kf_buf *out, struct kf_str s)
{
    for (size_t i = 0; i < s.n;) {
        uint32_t point;
        size_t n = kf_utf8_decode(s.p + i, s.n - i, &point);
        if (n == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0)) {
            kf_buf_adds(out, "\xef\xbf\xbd");
            i += n ? n : 1;
        } else {
            kf_buf_add(out, s.p + i, n);
            i += n;
        }
    }
}

static size_t first_character(struct kf_str s)
{
    uint32_t point;
    size_t n = s.n ? kf_utf8_decode(s.p, s.n, &point) : 0;
    return n && point >= 0x20 && point != 0x7f ? n : 0;
}

static void add_hash(struct kf_buf *out, struct kf_str s)
{
    kf_buf_addf(out, "~%04x", (unsigned)(kf_hash64(s.p, s.n) & 0xffff));
}

static void mask_email(struct kf_buf *out, struct kf_str s, size_t at)
{
    struct kf_str domain = kf_str(s.p + at + 1, s.n - at - 1);
    size_t dot = domain.n;
    while (dot > 0 && domain.p[dot - 1] != '.')
        dot--;
    kf_buf_add(out, s.p, at ? first_character(s) : 0);
    kf_buf_adds(out, "***@");
    kf_buf_add(out, domain.p, first_character(domain));
    kf_buf_adds(out, "***");
    if (dot)
        plain(out, kf_str(domain.p + dot - 1, domain.n - dot + 1));
}

void kf_mask_add(struct kf_buf *out, enum kf_personal kind, struct kf_str value, bool reveal)
{
    const char *at = value.n ? memchr(value.p, '@', value.n) : NULL;
    bool mail = at && at > value.p && (size_t)(at - value.p) + 1 < value.n &&
                !memchr(value.p, ' ', value.n);
    if (reveal || (kind == KF_PERSONAL_NONE && !mail)) {
        plain(out, value);
        return;
    }
    if (value.n == 0)
        return;
    if (mail) {
        mask_email(out, value, (size_t)(at - value.p));
    } else if (kind == KF_PERSONAL_PHONE && value.n > 6) {
        plain(out, kf_str(value.p, value.p[0] == '+' ? 3 : 2));
        kf_buf_adds(out, "***");
        plain(out, kf_str(value.p + value.n - 2, 2));
    } else {
        kf_buf_add(out, value.p, kind == KF_PERSONAL_OTHER ? 0 : first_character(value));
        kf_buf_adds(out, "***");
    }
    add_hash(out, value);
}

void kf_mask_raw(struct kf_buf *out, struct kf_str value, bool reveal)
{
    if (reveal)
        plain(out, value);
    else
        kf_buf_addf(out, "(%zu bytes, --reveal shows them)", value.n);
}

/* Bytes up to where a line may be broken: the blank behind a word, or behind a comma. */
static size_t unbroken(const char *p, bool list)
{
    size_t n = 0;
    while (p[n] && !(p[n] == ' ' && n && (!list || p[n - 1] == ',')))
        n++;
    return n;
}

void kf_wrap_add(struct kf_buf *out, const char *text, unsigned indent, unsigned at, bool list)
{
    size_t column = at;
    for (const char *p = text; *p;) {
        bool blank = *p == ' ';
        p += blank;
        size_t n = unbroken(p, list), wide = kf_utf8_width((struct kf_str){p, n});
        if (blank && column + 1 + wide > KF_OUT_COLUMNS) {
            kf_buf_addf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (blank) {
            kf_buf_addc(out, ' ');
            column++;
        }
        kf_buf_add(out, p, n);
        column += wide;
        p += n;
    }
}

void kf_out_flush(struct kf_buf *out)
{
    if (out->n)
        fwrite(out->p, 1, out->n, stdout);
    kf_buf_free(out);
}
