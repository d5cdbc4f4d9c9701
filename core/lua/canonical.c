/* The canonical text of a tree: one text for all ways of writing the same condition. Its hash is
 * the fingerprint. */
#include <stdlib.h>

#include "base/vec.h"
#include "lua/canonical.h"
#include "lua/rules.h"

static void add_const(const struct kf_const *k, struct kf_buf *out)
{
    char text[80];
    switch (k->type) {
    case KF_K_NONE:
        break;
    case KF_K_BOOL:
        kf_buf_adds(out, k->boolean ? " true" : " false");
        break;
    case KF_K_NUMBER:
        kf_dec_format(k->number, text);
        kf_buf_addf(out, " %s", text);
        break;
    case KF_K_TEXT:
    case KF_K_VERSION:
        kf_buf_adds(out, k->type == KF_K_VERSION ? " version:" : " ");
        kf_buf_add_json(out, k->text);
        break;
    case KF_K_MONEY:
        kf_buf_addf(out, " %lld%s", (long long)k->money.minor, k->money.cur);
        break;
    case KF_K_LENGTH:
        kf_buf_addf(out, " %lldns", (long long)k->ns);
        break;
    case KF_K_MONTHS:
        kf_buf_addf(out, " %dmonths", k->months);
        break;
    case KF_K_DATE:
        kf_buf_addf(out, " day%d", k->day);
        break;
    case KF_K_INSTANT:
        kf_buf_addf(out, " @%lld", (long long)k->ns);
        break;
    }
}

/* Filters that act on what is left so far, so that their place matters. */
static bool is_positional(uint16_t op)
{
    return op == KF_F_ONCE_PER || op == KF_F_NEWEST || op == KF_F_OLDEST || op == KF_F_EACH ||
           op == KF_F_PER || op == KF_F_IN_ANY;
}

static int text_cmp(const void *a, const void *b)
{
    const struct kf_buf *x = a, *y = b;
    return kf_str_cmp(kf_str(x->p, x->n), kf_str(y->p, y->n));
}

/* Kids from..to sorted by their texts; equal ones once where `once` says so. */
static void add_sorted(const struct kf_node *n, uint32_t from, uint32_t to, bool once,
                       struct kf_buf *out)
{
    if (to <= from)
        return;
    kf_vec(struct kf_buf) text = {0};
    for (uint32_t i = from; i < to; i++) {
        struct kf_buf b = {0};
        kf_node_canonical(n->kid[i], &b);
        *kf_vec_push(&text) = b;
    }
    qsort(text.p, text.n, sizeof *text.p, text_cmp);
    for (size_t i = 0; i < text.n; i++) {
        if (!once || i == 0 || text_cmp(&text.p[i - 1], &text.p[i]) != 0)
            kf_buf_add(out, text.p[i].p, text.p[i].n);
    }
    for (size_t i = 0; i < text.n; i++)
        kf_buf_free(&text.p[i]);
    kf_vec_free(&text);
}

static void add_filters(const struct kf_node *n, uint32_t from, struct kf_buf *out)
{
    for (uint32_t i = from; i < n->kids;) {
        uint32_t to = i;
        while (to < n->kids && !is_positional(n->kid[to]->op))
            to++;
        add_sorted(n, i, to, true, out);
        if (to < n->kids)
            kf_node_canonical(n->kid[to++], out);
        i = to;
    }
}

void kf_node_canonical(const struct kf_node *n, struct kf_buf *out)
{
    kf_buf_addf(out, "(%s", kf_op_word(n->op));
    if (n->flags & KF_NODE_IGNORE_CASE)
        kf_buf_adds(out, "/i");
    if (n->name.n) {
        kf_buf_addc(out, ' ');
        kf_buf_add_json(out, n->name);
    }
    add_const(&n->value, out);
    switch (n->op) {
    case KF_C_ALL:
    case KF_C_ANY:
    case KF_C_NONE:
    case KF_T_ONE_OF:
    case KF_T_NONE_OF:
    case KF_F_WHERE:
    case KF_F_WITH_SAME:
    case KF_F_ON:
    case KF_F_FROM_SOURCE:
    case KF_T_ON_WEEKDAY:
        add_sorted(n, 0, n->kids, true, out);
        break;
    case KF_C_AT_LEAST_OF:
    case KF_E_TOTAL:
        add_sorted(n, 0, n->kids, false, out);
        break;
    case KF_S_EVENT:
        if (n->kids) {
            kf_buf_adds(out, "(names");
            add_sorted(n->kid[0], 0, n->kid[0]->kids, true, out);
            kf_buf_addc(out, ')');
        }
        add_filters(n, 1, out);
        break;
    case KF_S_ANY:
    case KF_S_TOUCH:
        add_filters(n, 0, out);
        break;
    case KF_T_MAP:
        for (uint32_t i = 0; i < n->kids; i++) {
            kf_buf_addf(out, " %s=", n->key[i]);
            kf_node_canonical(n->kid[i], out);
        }
        break;
    default:
        for (uint32_t i = 0; i < n->kids; i++)
            kf_node_canonical(n->kid[i], out);
    }
    kf_buf_addc(out, ')');
}

static bool is_documentation(const char *key)
{
    static const char *const keys[] = {"title", "owner", "because", "tags", "ticket"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

void kf_rule_canonical(const struct kf_rule *r, bool documentation, struct kf_buf *out)
{
    kf_buf_addf(out, "(%s %s", kf_kind_name(r->kind), r->name);
    for (uint32_t i = 0; i < r->body->kids; i++) {
        if (!documentation && is_documentation(r->body->key[i]))
            continue;
        kf_buf_addf(out, " %s=", r->body->key[i]);
        kf_node_canonical(r->body->kid[i], out);
    }
    kf_buf_addc(out, ')');
}
