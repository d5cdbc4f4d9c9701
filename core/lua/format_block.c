/* Statements, one a line, and what stands between them. */
#include "lua/format_tree.h"

static const struct kf_fmt_node *kid(const struct kf_fmt_node *n, uint32_t i)
{
    return n->kid[i];
}

/* Most of them are not printed, but their comments are. */
static void put_semicolons(struct kf_fmt_printer *p, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++)
        kf_fmt_put_range(p, i, i);
}

/* The block and its closing word: on the line in hand where there is nothing inside. */
static void put_block(struct kf_fmt_printer *p, const struct kf_fmt_node *b, uint32_t indent,
                      uint32_t closer)
{
    put_semicolons(p, b->first - b->mark, b->mark);
    if (b->n_kid) {
        kf_fmt_block(p, b, indent + 2);
        kf_fmt_close(p, indent, closer, false);
    } else if (p->pending.n || kf_fmt_parted(p, closer) || !kf_fmt_is(p->f, closer, "end")) {
        kf_fmt_close(p, indent, closer, true);
    } else {
        kf_fmt_space(p);
    }
    kf_fmt_put(p, closer);
}

void kf_fmt_function(struct kf_fmt_printer *p, const struct kf_fmt_node *list,
                     const struct kf_fmt_node *block, uint32_t end, uint32_t indent)
{
    uint32_t open = list->first - 1, close = block->first - block->mark - 1;
    kf_fmt_put(p, open);
    if (kf_fmt_fits(p, list->first, close, 0)) {
        kf_fmt_put_range(p, list->first, close);
    } else {
        kf_fmt_list(p, list, indent + 2, 1);
        kf_fmt_close(p, indent, close, false);
        kf_fmt_put(p, close);
    }
    put_block(p, block, indent, end);
}

/* if a then, while a do: a condition that is too long stands on lines of its own. */
static void put_condition(struct kf_fmt_printer *p, const struct kf_fmt_node *c, uint32_t indent)
{
    uint32_t word = c->last + 1;
    uint32_t rest = 1 + p->f->token.p[word].width;
    kf_fmt_put(p, c->first - 1);
    kf_fmt_space(p);
    if (kf_fmt_fits(p, c->first, c->last, rest) && !kf_fmt_parted(p, word) &&
        !kf_fmt_parted(p, c->first)) {
        kf_fmt_put_range(p, c->first, word);
        return;
    }
    kf_fmt_begin(p, indent + 2, c->first, KF_FMT_NO_BLANK);
    kf_fmt_expr(p, c, indent + 2, 0);
    kf_fmt_close(p, indent, word, false);
    kf_fmt_put(p, word);
}

static void put_if(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    uint32_t i = 0;
    for (; i + 1 < n->n_kid; i += 2) {
        const struct kf_fmt_node *b = kid(n, i + 1);
        put_condition(p, kid(n, i), indent);
        /* elseif is put by put_condition */
        bool more = i + 3 < n->n_kid;
        uint32_t closer = more               ? kid(n, i + 2)->first - 1
                          : i + 2 < n->n_kid ? kid(n, i + 2)->first - kid(n, i + 2)->mark - 1
                                             : n->last;
        if (!more) {
            put_block(p, b, indent, closer);
            continue;
        }
        put_semicolons(p, b->first - b->mark, b->mark);
        kf_fmt_block(p, b, indent + 2);
        kf_fmt_close(p, indent, closer, !b->n_kid);
    }
    if (i < n->n_kid)
        put_block(p, kid(n, i), indent, n->last);
}

static void put_for(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    const struct kf_fmt_node *values = kid(n, 1);
    uint32_t word = values->last + 1;
    if (kf_fmt_fits(p, n->first, word, 0)) {
        kf_fmt_put_range(p, n->first, word);
    } else {
        kf_fmt_put_range(p, n->first, values->first - 1);
        kf_fmt_space(p);
        kf_fmt_list(p, values, indent, 3);
        if (kf_fmt_parted(p, word))
            kf_fmt_close(p, indent, word, false);
        kf_fmt_space(p);
        kf_fmt_put(p, word);
    }
    put_block(p, kid(n, 2), indent, n->last);
}

/* local a, b = 1, 2   a.b = c   return a, b */
static void put_values(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    if (kf_fmt_fits(p, n->first, n->last, 0)) {
        kf_fmt_put_range(p, n->first, n->last);
        return;
    }
    if (n->kind != KF_FMT_ASSIGN) {
        kf_fmt_put(p, n->first);
        kf_fmt_space(p);
    }
    for (uint32_t i = 0; i < n->n_kid; i++) {
        if (i > 0) {
            kf_fmt_space(p);
            kf_fmt_put(p, kid(n, i)->first - 1);
            kf_fmt_space(p);
        }
        kf_fmt_list(p, kid(n, i), indent, i + 1 < n->n_kid ? 2 : 0);
    }
}

static void put_repeat(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    kf_fmt_put(p, n->first);
    put_block(p, kid(n, 0), indent, kid(n, 1)->first - 1);
    kf_fmt_space(p);
    kf_fmt_expr(p, kid(n, 1), indent, 0);
}

static void statement(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    switch (n->kind) {
    case KF_FMT_LOCAL:
    case KF_FMT_ASSIGN:
    case KF_FMT_RETURN:
        put_values(p, n, indent);
        break;
    case KF_FMT_DO_CALL:
        kf_fmt_expr(p, kid(n, 0), indent, 0);
        break;
    case KF_FMT_DO:
        kf_fmt_put(p, n->first);
        put_block(p, kid(n, 0), indent, n->last);
        break;
    case KF_FMT_WHILE:
        put_condition(p, kid(n, 0), indent);
        put_block(p, kid(n, 1), indent, n->last);
        break;
    case KF_FMT_REPEAT:
        put_repeat(p, n, indent);
        break;
    case KF_FMT_IF:
        put_if(p, n, indent);
        break;
    case KF_FMT_FOR:
        put_for(p, n, indent);
        break;
    case KF_FMT_NAMED_FUNCTION:
        kf_fmt_put_range(p, n->first, kid(n, 0)->first - 2);
        kf_fmt_function(p, kid(n, 0), kid(n, 1), n->last, indent);
        break;
    default:
        kf_fmt_put_range(p, n->first, n->last);
    }
}

/* Definitions that take several lines have air around them. */
static bool is_tall(const struct kf_fmt_printer *p, const struct kf_fmt_node *n)
{
    return (n->kind == KF_FMT_DO_CALL || n->kind == KF_FMT_NAMED_FUNCTION) &&
           (!kf_fmt_flat(p, n->first, n->last) ||
            kf_fmt_width(p, n->first, n->last) > KF_FORMAT_COLUMNS);
}

void kf_fmt_block(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent)
{
    for (uint32_t i = 0; i < n->n_kid; i++) {
        const struct kf_fmt_node *s = kid(n, i);
        enum kf_fmt_blank blank = i ? KF_FMT_AS_IS : KF_FMT_NO_BLANK;
        if (i && indent == 0 && (is_tall(p, s) || is_tall(p, kid(n, i - 1))))
            blank = KF_FMT_BLANK;
        if (i == 0 && n == p->f->root && p->f->shebang.n)
            blank = KF_FMT_AS_IS;
        kf_fmt_begin(p, indent, s->first, blank);
        statement(p, s, indent);
        put_semicolons(p, s->last + 1, s->mark);
    }
}

void kf_fmt_file(struct kf_fmt_printer *p)
{
    const struct kf_fmt_file *f = p->f;
    uint32_t eof = (uint32_t)f->token.n - 1;
    if (f->shebang.n) {
        kf_buf_add(p->out, f->shebang.p, f->shebang.n);
        kf_buf_addc(p->out, '\n');
    }
    put_semicolons(p, 0, f->root->mark);
    kf_fmt_block(p, f->root, 0);
    kf_fmt_newline(p, 0);
    bool top = f->root->n_kid == 0 && !f->shebang.n;
    kf_fmt_begin(p, 0, eof, top ? KF_FMT_NO_BLANK : KF_FMT_AS_IS);
    while (p->out->n > 1 && memcmp(p->out->p + p->out->n - 2, "\n\n", 2) == 0)
        p->out->p[--p->out->n] = '\0';
}
