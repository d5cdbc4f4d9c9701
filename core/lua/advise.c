#include "lua/advise_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "lua/rules_private.h"

/* ---- reporting ---- */

/* What was cut off in the middle of a character loses the rest of it. */
static void mend_end(char *text)
{
    for (size_t n = strlen(text), i = 0; i < 4 && n && !kf_utf8_valid(kf_str(text, n)); i++)
        text[--n] = '\0';
}

const char *kf_advise_printf(struct kf_advise *a, const char *fmt, ...)
{
    char text[700];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    mend_end(text);
    return kf_arena_strdup(a->arena, text);
}

static struct kf_str line_of(struct kf_str text, uint32_t line)
{
    const char *p = text.p, *end = text.p + text.n;
    for (; line > 1 && p < end; line--) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        p = nl ? nl + 1 : end;
    }
    const char *nl = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    struct kf_str s = kf_str(p, (size_t)((nl ? nl : end) - p));
    if (s.n && s.p[s.n - 1] == '\r')
        s.n--;
    return s;
}

static struct kf_str source_line(const struct kf_advise *a, const char *file, uint32_t line)
{
    uint32_t n;
    const struct kf_rules_text *f = kf_rules_files(a->s, &n);
    for (uint32_t i = 0; i < n && file && line; i++)
        if (strcmp(f[i].name, file) == 0)
            return line_of(f[i].text, line);
    return kf_str("", 0);
}

/* "-- allow KF0502, KF0404" */
static bool allows(struct kf_str line, const char *code)
{
    const char *at = memmem(line.p, line.n, "-- allow KF", 11);
    return at && memmem(at, line.n - (size_t)(at - line.p), code, strlen(code));
}

static bool is_allowed(const struct kf_advise *a, struct kf_pos pos, const char *code)
{
    if (allows(source_line(a, pos.file, pos.line), code))
        return true;
    struct kf_str above = kf_str_trim(source_line(a, pos.file, pos.line - 1));
    return pos.line > 1 && above.n > 2 && memcmp(above.p, "--", 2) == 0 && allows(above, code);
}

bool kf_advise_report(struct kf_advise *a, enum kf_rule_code code, struct kf_pos pos,
                      const char *help, const char *fmt, ...)
{
    char text[900];
    va_list ap;
    if (is_allowed(a, pos, kf_codes[code].code))
        return false;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    mend_end(text);
    struct kf_str line = source_line(a, pos.file, pos.line);
    struct kf_diagnostic d = {
        .severity = kf_codes[code].severity, .code = kf_codes[code].code, .pos = pos};
    d.message = kf_arena_strdup(a->arena, text);
    d.help = help ? help : kf_codes[code].cure;
    if (line.n && line.n < 1000)
        d.source = kf_arena_strndup(a->arena, line.p, line.n);
    *kf_vec_push(&a->found) = d;
    return true;
}

const char *kf_advise_sentence(struct kf_advise *a, const struct kf_node *n)
{
    struct kf_buf b = {0};
    kf_node_sentence(n, &b);
    const size_t most = 160;
    size_t cut = b.n;
    if (cut > most)
        for (cut = most; cut > 0 && ((unsigned char)b.p[cut] & 0xc0) == 0x80;)
            cut--;
    const char *s = kf_arena_printf(a->arena, "%.*s%s", (int)cut, b.p, cut < b.n ? " ..." : "");
    kf_buf_free(&b);
    return s;
}

void kf_advise_walk(const struct kf_node *n, void (*fn)(void *ctx, const struct kf_node *n),
                    void *ctx)
{
    fn(ctx, n);
    for (uint32_t i = 0; i < n->kids; i++)
        kf_advise_walk(n->kid[i], fn, ctx);
}

/* ---- all of it ---- */

static int diagnostic_cmp(const void *a, const void *b)
{
    const struct kf_diagnostic *x = a, *y = b;
    int r = strcmp(x->pos.file, y->pos.file);
    if (!r)
        r = (x->pos.line > y->pos.line) - (x->pos.line < y->pos.line);
    if (!r)
        r = (x->pos.column > y->pos.column) - (x->pos.column < y->pos.column);
    if (!r)
        r = strcmp(x->code, y->code);
    return r ? r : strcmp(x->message, y->message);
}

static void take(struct kf_advise *a)
{
    struct kf_ruleset *s = a->s;
    size_t n = s->n_diagnostic + a->found.n;
    struct kf_diagnostic *d = kf_arena_alloc(a->arena, (n + 1) * sizeof *d);
    if (s->n_diagnostic)
        memcpy(d, s->diagnostic, s->n_diagnostic * sizeof *d);
    if (a->found.n)
        memcpy(d + s->n_diagnostic, a->found.p, a->found.n * sizeof *d);
    qsort(d, n, sizeof *d, diagnostic_cmp);
    uint32_t kept = 0;
    for (size_t i = 0; i < n; i++) /* a function that makes two rules says a thing twice */
        if (kept == 0 || diagnostic_cmp(&d[kept - 1], &d[i]) != 0)
            d[kept++] = d[i];
    s->diagnostic = d;
    s->n_diagnostic = kept;
}

void kf_rules_advise(struct kf_ruleset *s, const struct kf_seen *seen)
{
    struct kf_advise a = {
        .s = s, .config = s->priv->options.config, .seen = seen, .arena = &s->priv->arena};
    a.reason = kf_reason_new(s, a.config);
    kf_advise_conditions(&a);
    kf_advise_kinds(&a);
    kf_advise_text(&a);
    if (!s->n_errors) {
        kf_advise_rules(&a);
        kf_advise_uses(&a);
        kf_advise_seen(&a);
    }
    take(&a);
    kf_vec_free(&a.found);
    kf_reason_free(a.reason);
}
