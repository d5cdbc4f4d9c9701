/* How expressions that do not fit on a line are broken. What fits is printed from its tokens. */
#include "lua/format_tree.h"

static const struct kf_fmt_node *kid(const struct kf_fmt_node *n, uint32_t i)
{
    return n->kid[i];
}

static bool opens(const struct kf_fmt_node *n)
{
    return n->kind == KF_FMT_TABLE || n->kind == KF_FMT_FUNCTION;
}

static bool flat_at(const struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t column,
                    uint32_t rest)
{
    return kf_fmt_flat(p, n->first, n->last) &&
           column + kf_fmt_width(p, n->first, n->last) + rest <= KF_FORMAT_COLUMNS;
}

/* ---- lists: arguments, values of an assignment ---- */

/* f(a, b, { ... }): only the last takes several lines. */
static bool last_opens(const struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    const struct kf_fmt_node *last = kid(n, n->n_kid - 1);
    bool lines = last->kind == KF_FMT_ATOM && p->self[last->last + 1] != p->self[last->last];
    if ((!opens(last) || !last->n_kid) && !lines)
        return false;
    if (kf_fmt_parted(p, last->first))
        return false;
    if (n->n_kid == 1)
        return true;
    if (kf_fmt_parted(p, last->first - 1))
        return false;
    if (!kf_fmt_fits(p, kid(n, 0)->first, kid(n, n->n_kid - 2)->last, 3))
        return false;
    /* where every one fits on a line of its own, that reads better */
    for (uint32_t i = 0; i < n->n_kid; i++)
        if (!flat_at(p, kid(n, i), indent + 2, 1))
            return true;
    return false;
}

static void put_hugged(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent,
                       uint32_t rest)
{
    for (uint32_t i = 0; i < n->n_kid; i++) {
        bool last = i + 1 == n->n_kid;
        kf_fmt_expr(p, kid(n, i), indent, last ? rest : 1);
        if (last)
            break;
        kf_fmt_comma(p, kid(n, i)->last + 1);
        kf_fmt_space(p);
    }
}

static bool are_small(const struct kf_fmt_printer *p, const struct kf_fmt_node *n)
{
    for (uint32_t i = 0; i < n->n_kid; i++)
        if (kid(n, i)->kind == KF_FMT_CHAIN || opens(kid(n, i)))
            return false;
    return n->n_kid > 2 && kf_fmt_flat(p, kid(n, 0)->first, kid(n, n->n_kid - 1)->last) &&
           !kf_fmt_parted(p, kid(n, 0)->first);
}

static void put_exploded(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    bool fill = are_small(p, n);
    for (uint32_t i = 0; i < n->n_kid; i++) {
        bool last = i + 1 == n->n_kid;
        if (fill && i &&
            kf_fmt_column(p) + 1 + kf_fmt_width(p, kid(n, i)->first, kid(n, i)->last) + 1 <=
                KF_FORMAT_COLUMNS)
            kf_fmt_space(p);
        else if (i || !p->fresh) /* what is set may begin the line */
            kf_fmt_begin(p, indent + 2, kid(n, i)->first, KF_FMT_NO_BLANK);
        kf_fmt_expr(p, kid(n, i), indent + 2, last ? 0 : 1);
        if (!last)
            kf_fmt_comma(p, kid(n, i)->last + 1);
    }
}

void kf_fmt_list(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent,
                 uint32_t rest)
{
    if (kf_fmt_fits(p, n->first, n->last, rest))
        kf_fmt_put_range(p, n->first, n->last);
    else if (n->n_kid == 1 && !kf_fmt_parted(p, n->first))
        kf_fmt_expr(p, kid(n, 0), indent, rest);
    else if (n->n_kid && last_opens(p, n, indent))
        put_hugged(p, n, indent, rest);
    else
        put_exploded(p, n, indent);
}

static void put_arguments(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent,
                          uint32_t rest)
{
    if (kf_fmt_fits(p, n->first, n->last, rest)) {
        kf_fmt_put_range(p, n->first, n->last);
        return;
    }
    if (!kf_fmt_is(p->f, n->first, "(")) {
        kf_fmt_expr(p, kid(n, 0), indent, rest);
        return;
    }
    kf_fmt_put(p, n->first);
    if (n->n_kid && last_opens(p, n, indent)) {
        put_hugged(p, n, indent, rest + 1);
    } else if (n->n_kid) {
        put_exploded(p, n, indent);
        kf_fmt_close(p, indent, n->last, false);
    } else if (kf_fmt_parted(p, n->last)) {
        kf_fmt_close(p, indent, n->last, true);
    }
    kf_fmt_put(p, n->last);
}

/* ---- chains ---- */

static void put_suffix(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent,
                       uint32_t rest)
{
    if (kf_fmt_fits(p, n->first, n->last, rest)) {
        kf_fmt_put_range(p, n->first, n->last);
        return;
    }
    const struct kf_fmt_node *call = n;
    if (n->kind == KF_FMT_METHOD) {
        kf_fmt_put_range(p, n->first, n->first + 1);
        call = kid(n, 0);
    }
    if (n->kind == KF_FMT_DOT) {
        kf_fmt_put_range(p, n->first, n->last);
    } else if (n->kind == KF_FMT_INDEX) {
        kf_fmt_put(p, n->first);
        if (!p->f->token.p[n->first + 1].glued)
            kf_fmt_space(p);
        kf_fmt_expr(p, kid(n, 0), indent, rest + 1);
        if (!p->f->token.p[n->last].glued)
            kf_fmt_space(p);
        kf_fmt_put(p, n->last);
    } else {
        if (!p->f->token.p[call->first].glued)
            kf_fmt_space(p);
        put_arguments(p, call, indent, rest);
    }
}

/* Columns behind a suffix that cannot be broken off: .names, and the bracket that comes next. */
static uint32_t behind(const struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t i,
                       uint32_t to, uint32_t rest)
{
    uint32_t names = 0;
    for (i++; i < to && kid(n, i)->kind == KF_FMT_DOT; i++)
        names += kf_fmt_width(p, kid(n, i)->first, kid(n, i)->last);
    return i == to ? names + rest : names ? names + 1 : 0;
}

static void put_suffixes(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t from,
                         uint32_t to, uint32_t indent, uint32_t rest)
{
    for (uint32_t i = from; i < to; i++) {
        if (i > from && !p->f->token.p[kid(n, i)->first].glued)
            kf_fmt_space(p);
        put_suffix(p, kid(n, i), indent, behind(p, n, i, to, rest));
    }
}

/* The next colon at or after `i`, n_kid: none. */
static uint32_t colon(const struct kf_fmt_node *n, uint32_t i)
{
    while (i < n->n_kid && kid(n, i)->kind != KF_FMT_METHOD)
        i++;
    return i;
}

static void put_head(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t to,
                     uint32_t indent, uint32_t rest)
{
    kf_fmt_expr(p, kid(n, 0), indent, 0);
    if (to > 1 && !p->f->token.p[kid(n, 1)->first].glued)
        kf_fmt_space(p);
    put_suffixes(p, n, 1, to, indent, rest);
}

/* Each from its colon on a line. */
static void put_segments(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t from,
                         uint32_t indent, uint32_t rest)
{
    while (from < n->n_kid) {
        uint32_t to = colon(n, from + 1);
        bool last = to == n->n_kid;
        kf_fmt_begin(p, indent + 2, kid(n, from)->first, KF_FMT_NO_BLANK);
        if (kf_fmt_fits(p, kid(n, from)->first, kid(n, to - 1)->last, last ? rest : 0))
            kf_fmt_put_range(p, kid(n, from)->first, kid(n, to - 1)->last);
        else
            put_suffixes(p, n, from, to, indent + 2, last ? rest : 0);
        from = to;
    }
}

/* "a long chain breaks before its colons" */
static void put_chain(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent,
                      uint32_t rest)
{
    uint32_t first = colon(n, 0);
    if (first == n->n_kid) {
        put_head(p, n, n->n_kid, indent, rest);
        return;
    }
    uint32_t colon_at = kid(n, first)->first;
    bool one = colon(n, first + 1) == n->n_kid;
    bool parted = kf_fmt_parted(p, colon_at);
    if (kf_fmt_fits(p, n->first, colon_at - 1, 0)) {
        /* what takes several lines anyway begins on this one */
        bool own_line = kf_fmt_flat(p, colon_at, n->last) &&
                        indent + 2 + kf_fmt_width(p, colon_at, n->last) + rest <= KF_FORMAT_COLUMNS;
        bool room =
            kf_fmt_column(p) + kf_fmt_width(p, n->first, colon_at + 1) + 3 <= KF_FORMAT_COLUMNS;
        kf_fmt_put_range(p, n->first, colon_at - 1);
        if (one && !own_line && !parted && room)
            put_suffixes(p, n, first, n->n_kid, indent, rest);
        else
            put_segments(p, n, first, indent, rest);
        return;
    }
    put_head(p, n, first, indent, 0);
    if (!parted && (one || kf_fmt_fits(p, colon_at, n->last, rest)))
        put_suffixes(p, n, first, n->n_kid, indent, rest);
    else
        put_segments(p, n, first, indent, rest);
}

/* ---- tables ---- */

static void put_entry(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    const struct kf_fmt_node *value = kid(n, n->n_kid - 1);
    if (n->named && n->n_kid == 2) {
        const struct kf_fmt_node *key = kid(n, 0);
        bool apart = !p->f->token.p[key->first].glued;
        kf_fmt_put(p, n->first);
        if (apart)
            kf_fmt_space(p);
        kf_fmt_expr(p, key, indent, 4);
        if (apart)
            kf_fmt_space(p);
        kf_fmt_put(p, key->last + 1);
    } else if (n->named) {
        kf_fmt_put(p, n->first);
    }
    if (n->named) {
        kf_fmt_space(p);
        kf_fmt_put(p, value->first - 1);
        kf_fmt_space(p);
    }
    kf_fmt_expr(p, value, indent, 1);
}

static void end_entry(struct kf_fmt_printer *p, const struct kf_fmt_node *n)
{
    kf_fmt_comma(p, n->mark);
}

/* Names of events, words: as many on a line as there is room for. */
static bool fills(const struct kf_fmt_printer *p, const struct kf_fmt_node *n)
{
    for (uint32_t i = 0; i < n->n_kid; i++) {
        const struct kf_fmt_node *e = kid(n, i);
        uint8_t kind = p->f->token.p[e->first].kind;
        if (e->named || e->first != e->last || (kind != KF_FMT_STRING && kind != KF_FMT_NUMBER) ||
            p->f->token.p[e->first].lines)
            return false;
    }
    return kf_fmt_flat(p, n->first + 1, n->last);
}

static void put_filled(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    kf_fmt_newline(p, indent + 2);
    for (uint32_t i = 0; i < n->n_kid; i++) {
        if (i > 0 && !kf_fmt_fits(p, kid(n, i)->first, kid(n, i)->last, 2))
            kf_fmt_newline(p, indent + 2);
        kf_fmt_put(p, kid(n, i)->first);
        end_entry(p, kid(n, i));
        kf_fmt_space(p);
    }
}

static void put_table(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    kf_fmt_put(p, n->first);
    if (n->n_kid && fills(p, n)) {
        put_filled(p, n, indent);
    } else {
        for (uint32_t i = 0; i < n->n_kid; i++) {
            const struct kf_fmt_node *e = kid(n, i);
            kf_fmt_begin(p, indent + 2, e->first, i ? KF_FMT_AS_IS : KF_FMT_NO_BLANK);
            put_entry(p, e, indent + 2);
            end_entry(p, e);
        }
    }
    if (n->n_kid || kf_fmt_parted(p, n->last))
        kf_fmt_close(p, indent, n->last, !n->n_kid);
    kf_fmt_put(p, n->last);
}

/* ---- operators ---- */

/* accounts(4) .. accounts(5) .. [[ ... ]]: long texts go on where they stand. */
static bool holds_text(const struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    bool lines = false;
    for (uint32_t i = 0; i < n->n_kid; i++) {
        const struct kf_fmt_node *o = kid(n, i);
        bool text = o->kind == KF_FMT_ATOM && p->f->token.p[o->first].lines;
        if ((i && (kf_fmt_parted(p, o->first) || kf_fmt_parted(p, o->first - 1))) ||
            (!text && !flat_at(p, o, indent + 2, 5)))
            return false;
        lines = lines || text;
    }
    return lines;
}

static void put_texts(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    for (uint32_t i = 0; i < n->n_kid; i++) {
        const struct kf_fmt_node *o = kid(n, i);
        uint32_t width = p->f->token.p[o->first].lines ? p->f->token.p[o->first].width
                                                       : kf_fmt_width(p, o->first, o->last);
        if (i && kf_fmt_column(p) + width + 5 > KF_FORMAT_COLUMNS)
            kf_fmt_newline(p, indent + 2);
        else if (i)
            kf_fmt_space(p);
        if (i) {
            kf_fmt_put(p, o->first - 1);
            kf_fmt_space(p);
        }
        kf_fmt_put_range(p, o->first, o->last);
    }
}

static void put_binary(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent,
                       uint32_t rest)
{
    if (holds_text(p, n, indent)) {
        put_texts(p, n, indent);
        return;
    }
    kf_fmt_expr(p, kid(n, 0), indent, 0);
    for (uint32_t i = 1; i < n->n_kid; i++) {
        const struct kf_fmt_node *operand = kid(n, i);
        bool last = i + 1 == n->n_kid;
        kf_fmt_begin(p, indent + 2, operand->first - 1, KF_FMT_NO_BLANK);
        kf_fmt_put(p, operand->first - 1);
        kf_fmt_space(p);
        kf_fmt_expr(p, operand, indent + 2, last ? rest : 0);
    }
}

static void put_unary(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent,
                      uint32_t rest)
{
    kf_fmt_put(p, n->first);
    if (!p->f->token.p[n->first + 1].glued)
        kf_fmt_space(p);
    kf_fmt_expr(p, kid(n, 0), indent, rest);
}

static void put_paren(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent,
                      uint32_t rest)
{
    kf_fmt_put(p, n->first);
    if (kf_fmt_parted(p, n->first + 1) || kf_fmt_parted(p, n->last)) {
        kf_fmt_begin(p, indent + 2, n->first + 1, KF_FMT_NO_BLANK);
        kf_fmt_expr(p, kid(n, 0), indent + 2, 0);
        kf_fmt_close(p, indent, n->last, false);
    } else {
        kf_fmt_expr(p, kid(n, 0), indent, rest + 1);
    }
    kf_fmt_put(p, n->last);
}

void kf_fmt_expr(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent,
                 uint32_t rest)
{
    if (kf_fmt_fits(p, n->first, n->last, rest)) {
        kf_fmt_put_range(p, n->first, n->last);
        return;
    }
    switch (n->kind) {
    case KF_FMT_PAREN:
        put_paren(p, n, indent, rest);
        break;
    case KF_FMT_CHAIN:
        put_chain(p, n, indent, rest);
        break;
    case KF_FMT_TABLE:
        put_table(p, n, indent);
        break;
    case KF_FMT_FUNCTION:
        kf_fmt_put(p, n->first);
        kf_fmt_function(p, kid(n, 0), kid(n, 1), n->last, indent);
        break;
    case KF_FMT_BINARY:
        put_binary(p, n, indent, rest);
        break;
    case KF_FMT_UNARY:
        put_unary(p, n, indent, rest);
        break;
    default:
        kf_fmt_put_range(p, n->first, n->last);
    }
}
