/* Lines, tokens and comments. A comment behind a token is written when the line ends, so that a
 * comma may still come before it; whatever is asked for, no token ever lands behind a comment. */
#include "lua/format_tree.h"

#include <stdlib.h>

static const struct kf_fmt_token *at(const struct kf_fmt_printer *p, uint32_t i)
{
    return &p->f->token.p[i];
}

static const struct kf_fmt_comment *comment(const struct kf_fmt_printer *p, uint32_t i)
{
    return &p->f->comment.p[i];
}

/* ---- measuring ---- */

static bool parts(const struct kf_fmt_file *f, uint32_t i)
{
    const struct kf_fmt_token *t = &f->token.p[i];
    if (i > 0 && f->token.p[i - 1].n_behind)
        return true;
    if (t->n_before && (t->separator || t->dropped || kf_fmt_is(f, i, ",")))
        return true;
    for (uint32_t k = 0; k < t->n_before; k++)
        if (f->comment.p[t->before + k].place == KF_FMT_OWN)
            return true;
    return false;
}

/* A comment before a token that stands close has a blank before it, except behind a bracket. */
static bool has_air(const struct kf_fmt_file *f, uint32_t i)
{
    return i > 0 && f->token.p[i].glued && !kf_fmt_is(f, i - 1, "(") && !kf_fmt_is(f, i - 1, "[");
}

static uint32_t inline_width(const struct kf_fmt_file *f, uint32_t token)
{
    const struct kf_fmt_token *t = &f->token.p[token];
    uint32_t n = t->n_before && has_air(f, token);
    for (uint32_t k = 0; k < t->n_before; k++) {
        const struct kf_fmt_comment *c = &f->comment.p[t->before + k];
        if (c->place == KF_FMT_INLINE)
            n += (uint32_t)kf_utf8_width(kf_str(f->text.p + c->at, c->len)) + 1;
    }
    return n;
}

static uint32_t *cells(size_t n)
{
    uint32_t *p = calloc(n, sizeof *p);
    if (!p)
        kf_arena_exhausted(n * sizeof *p);
    return p;
}

void kf_fmt_measure(struct kf_fmt_printer *p, const struct kf_fmt_file *f, struct kf_buf *out)
{
    *p = (struct kf_fmt_printer){.f = f, .out = out, .fresh = true};
    size_t n = f->token.n;
    p->width = cells(n + 1);
    p->hard = cells(n + 1);
    p->self = cells(n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_fmt_token *t = &f->token.p[i];
        p->hard[i + 1] = p->hard[i] + parts(f, i);
        p->self[i + 1] = p->self[i] + (t->forced || t->lines);
        p->width[i + 1] =
            p->width[i] + (t->dropped ? 0 : !t->glued + t->width + inline_width(f, i));
    }
}

void kf_fmt_end(struct kf_fmt_printer *p)
{
    free(p->width);
    free(p->hard);
    free(p->self);
    kf_vec_free(&p->pending);
}

uint32_t kf_fmt_column(const struct kf_fmt_printer *p)
{
    return p->fresh ? p->indent : p->column + p->space;
}

bool kf_fmt_parted(const struct kf_fmt_printer *p, uint32_t token)
{
    return p->hard[token + 1] != p->hard[token];
}

bool kf_fmt_flat(const struct kf_fmt_printer *p, uint32_t first, uint32_t last)
{
    if (last + 1 == first)
        return true;
    return p->hard[last + 1] == p->hard[first + 1] && p->self[last + 1] == p->self[first];
}

uint32_t kf_fmt_width(const struct kf_fmt_printer *p, uint32_t first, uint32_t last)
{
    if (last + 1 == first)
        return 0;
    return p->width[last + 1] - p->width[first] - !at(p, first)->glued;
}

bool kf_fmt_fits(const struct kf_fmt_printer *p, uint32_t first, uint32_t last, uint32_t rest)
{
    return kf_fmt_flat(p, first, last) &&
           kf_fmt_column(p) + kf_fmt_width(p, first, last) + rest <= KF_FORMAT_COLUMNS;
}

/* ---- writing ---- */

static void raw(struct kf_fmt_printer *p, const char *text, size_t n)
{
    if (p->fresh)
        for (uint32_t i = 0; i < p->indent; i++)
            kf_buf_addc(p->out, ' ');
    else if (p->space)
        kf_buf_addc(p->out, ' ');
    p->column = kf_fmt_column(p);
    kf_buf_add(p->out, text, n);
    const char *line = text;
    for (const char *c = memchr(text, '\n', n); c;
         c = memchr(line, '\n', n - (size_t)(line - text)))
        line = c + 1;
    if (line != text)
        p->column = 0;
    p->column += (uint32_t)kf_utf8_width(kf_str(line, n - (size_t)(line - text)));
    p->fresh = p->space = false;
}

static void write_comment(struct kf_fmt_printer *p, uint32_t i)
{
    raw(p, p->f->text.p + comment(p, i)->at, comment(p, i)->len);
}

static void break_line(struct kf_fmt_printer *p, uint32_t indent)
{
    if (!p->fresh)
        kf_buf_addc(p->out, '\n');
    p->fresh = true;
    p->space = false;
    p->indent = indent;
}

static void empty_line(struct kf_fmt_printer *p)
{
    if (p->out->n)
        kf_buf_addc(p->out, '\n');
}

/* Comments in long brackets share the line, whatever follows the first that does not takes lines of
 * its own; `blank`: an empty line before these. Was it written? */
static bool flush(struct kf_fmt_printer *p, uint32_t indent, bool blank)
{
    bool written = false, open = !p->fresh;
    for (size_t i = 0; i < p->pending.n; i++) {
        const struct kf_fmt_comment *c = comment(p, p->pending.p[i]);
        const char *text = p->f->text.p + c->at;
        if (!open) {
            break_line(p, indent);
            if (blank && !written)
                empty_line(p);
            written = true;
        }
        p->space = true;
        write_comment(p, p->pending.p[i]);
        open = open && text[c->len - 1] == ']' && !memchr(text, '\n', c->len) && text[2] == '[';
    }
    p->pending.n = 0;
    return blank && written;
}

void kf_fmt_newline(struct kf_fmt_printer *p, uint32_t indent)
{
    flush(p, indent, false);
    break_line(p, indent);
}

void kf_fmt_space(struct kf_fmt_printer *p)
{
    p->space = true;
}

/* In the middle of a construct nothing is laid out for comments: they take lines of their own, and
 * what follows goes on a little further in. */
static void lead(struct kf_fmt_printer *p, uint32_t token)
{
    const struct kf_fmt_token *t = at(p, token);
    uint32_t hang = p->fresh ? p->indent : p->indent + 2;
    if (p->pending.n)
        kf_fmt_newline(p, hang);
    for (uint32_t i = t->before; i < t->before + t->n_before; i++) {
        if (i < p->led)
            continue;
        bool own = comment(p, i)->place == KF_FMT_OWN;
        if (own)
            kf_fmt_newline(p, hang);
        else if (has_air(p->f, token))
            p->space = true;
        write_comment(p, i);
        if (own)
            kf_fmt_newline(p, hang);
        else
            p->space = true;
    }
}

void kf_fmt_put(struct kf_fmt_printer *p, uint32_t token)
{
    const struct kf_fmt_token *t = at(p, token);
    lead(p, token);
    raw(p, p->f->text.p + t->at, t->len);
    for (uint32_t k = 0; k < t->n_behind; k++)
        *kf_vec_push(&p->pending) = t->behind + k;
}

void kf_fmt_drop(struct kf_fmt_printer *p, uint32_t token)
{
    const struct kf_fmt_token *t = at(p, token);
    for (uint32_t i = t->before; i < t->before + t->n_before; i++)
        if (i >= p->led)
            *kf_vec_push(&p->pending) = i;
    for (uint32_t k = 0; k < t->n_behind; k++)
        *kf_vec_push(&p->pending) = t->behind + k;
}

void kf_fmt_comma(struct kf_fmt_printer *p, uint32_t token)
{
    p->space = false;
    raw(p, ",", 1);
    if (token)
        kf_fmt_drop(p, token);
}

void kf_fmt_put_range(struct kf_fmt_printer *p, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last && last + 1 != first; i++) {
        const struct kf_fmt_token *t = at(p, i);
        if (i > first && !t->glued)
            p->space = true;
        if (t->dropped)
            kf_fmt_drop(p, i);
        else if (t->separator)
            kf_fmt_comma(p, i);
        else
            kf_fmt_put(p, i);
    }
}

/* ---- lines that begin with something ---- */

static void own_comments(struct kf_fmt_printer *p, uint32_t indent, uint32_t token, bool *at_top)
{
    const struct kf_fmt_token *t = at(p, token);
    for (uint32_t i = t->before; i < t->before + t->n_before; i++) {
        if (i < p->led)
            continue;
        if (comment(p, i)->place != KF_FMT_OWN)
            break;
        if (comment(p, i)->blank && !*at_top)
            empty_line(p);
        write_comment(p, i);
        kf_fmt_newline(p, indent);
        *at_top = false;
        p->led = i + 1;
    }
}

void kf_fmt_begin(struct kf_fmt_printer *p, uint32_t indent, uint32_t token,
                  enum kf_fmt_blank blank)
{
    const struct kf_fmt_token *t = at(p, token);
    bool said = t->n_before && comment(p, t->before)->place == KF_FMT_OWN;
    bool done = flush(p, indent, blank == KF_FMT_BLANK);
    break_line(p, indent);
    if (blank == KF_FMT_BLANK && !done && !(said ? comment(p, t->before)->blank : t->blank))
        empty_line(p);
    bool at_top = blank == KF_FMT_NO_BLANK;
    own_comments(p, indent, token, &at_top);
    if (t->blank && !at_top)
        empty_line(p);
}

void kf_fmt_close(struct kf_fmt_printer *p, uint32_t indent, uint32_t token, bool empty)
{
    kf_fmt_newline(p, indent + 2);
    bool at_top = empty;
    own_comments(p, indent + 2, token, &at_top);
    kf_fmt_newline(p, indent);
}
