/* Two trees walked together: every difference becomes one edit at its path. */
#include "lua/compare_internal.h"

#include "base/vec.h"

#include <stdio.h>
#include <string.h>

#define ALIKE_PART    500u /* of a combination or list: less alike is another part */
#define ALIKE_WHOLE   450u /* of the one condition of a setting: less alike is another condition */
#define ALIKE_WRAPPED 600u /* of a condition that was put into a combination */

struct walk {
    struct kf_arena *arena;
    kf_vec(struct kf_edit) edit;
    struct kf_buf path;
    const struct kf_node *around_a, *around_b; /* what the nodes in hand stand in */
};

static void walk(struct walk *w, const struct kf_node *a, const struct kf_node *b);

/* ---- edits ---- */

static const char *said(struct walk *w, const struct kf_node *n)
{
    struct kf_buf b = {0};
    if (!n)
        return NULL;
    kf_node_sentence(n, &b);
    const char *s = kf_arena_strndup(w->arena, b.p ? b.p : "", b.n);
    kf_buf_free(&b);
    return s;
}

static struct kf_edit *add(struct walk *w, enum kf_edit_kind kind, const struct kf_node *a,
                           const struct kf_node *b)
{
    struct kf_edit *e = kf_vec_push(&w->edit);
    *e = (struct kf_edit){.kind = kind,
                          .path = kf_arena_strndup(w->arena, w->path.p, w->path.n),
                          .before = a,
                          .after = b,
                          .was = said(w, a),
                          .is = said(w, b),
                          .around_before = a == w->around_a ? NULL : w->around_a,
                          .around_after = b == w->around_b ? NULL : w->around_b};
    return e;
}

static void add_words(struct walk *w, const struct kf_node *a, const struct kf_node *b,
                      const char *was, const char *is)
{
    struct kf_edit *e = add(w, KF_EDIT_CHANGED, a, b);
    e->was = was;
    e->is = is;
}

/* ---- paths ---- */

static size_t step(struct walk *w, const char *name)
{
    size_t from = w->path.n;
    kf_buf_addf(&w->path, "%s%s", from ? "." : "", name);
    return from;
}

static size_t step_to(struct walk *w, uint32_t i)
{
    size_t from = w->path.n;
    kf_buf_addf(&w->path, "[%u]", i + 1);
    return from;
}

static void back(struct walk *w, size_t to)
{
    w->path.n = to;
    if (w->path.p)
        w->path.p[to] = '\0';
}

/* ---- nodes ---- */

static bool is_combination(const struct kf_node *n)
{
    return n->op == KF_C_ALL || n->op == KF_C_ANY || n->op == KF_C_NONE ||
           n->op == KF_C_AT_LEAST_OF;
}

static bool same_meaning(const struct kf_node *a, const struct kf_node *b)
{
    return kf_node_hash(a) == kf_node_hash(b);
}

/* The node by itself, without its kids. */
static bool same_head(const struct kf_node *a, const struct kf_node *b)
{
    struct kf_node x = *a, y = *b;
    x.kids = y.kids = 0;
    return same_meaning(&x, &y);
}

/* Parts whose order means nothing; said twice is said once. */
static bool is_set(const struct kf_node *n)
{
    switch (n->op) {
    case KF_C_ALL:
    case KF_C_ANY:
    case KF_C_NONE:
    case KF_C_AT_LEAST_OF:
    case KF_T_ONE_OF:
    case KF_T_NONE_OF:
    case KF_F_WHERE:
    case KF_F_WITH_SAME:
    case KF_F_ON:
    case KF_F_FROM_SOURCE:
    case KF_T_ON_WEEKDAY:
    case KF_E_TOTAL:
        return true;
    default:
        return false;
    }
}

static bool says_once(const struct kf_node *n)
{
    return n->op != KF_C_AT_LEAST_OF && n->op != KF_E_TOTAL;
}

/* ---- parts ---- */

/* { "high", 70 } in a list of such: the first names it. */
static bool is_named_pair(const struct kf_node *n)
{
    return n->cls == KF_CLASS_TABLE && n->kids == 2 && n->kid[0]->op == KF_K &&
           n->kid[0]->value.type == KF_K_TEXT && (n->op == KF_T_LIST || n->key[0][0] == '1');
}

/* "[2]", or the property of a `where`, or the name that begins an element of a table of names. */
static size_t step_to_part(struct walk *w, const struct kf_node *in, const struct kf_node *part,
                           uint32_t i)
{
    if (in->op == KF_F_WHERE && part->op == KF_C_TEST &&
        (part->kid[0]->op == KF_E_PROPERTY || part->kid[0]->op == KF_E_TOUCH)) {
        struct kf_str name = part->kid[0]->name;
        size_t from = w->path.n, root = strlen("properties.");
        if (name.n > root && memcmp(name.p, "properties.", root) == 0)
            name = kf_str(name.p + root, name.n - root);
        kf_buf_addf(&w->path, ".%.*s", (int)name.n, name.p);
        return from;
    }
    if (is_named_pair(part)) {
        struct kf_str name = part->kid[0]->value.text;
        size_t from = w->path.n;
        kf_buf_addf(&w->path, ".%.*s", (int)name.n, name.p);
        return from;
    }
    return part->op == KF_K ? w->path.n : step_to(w, i);
}

static void one_side(struct walk *w, const struct kf_node *in, const struct kf_node *part,
                     uint32_t i, bool after)
{
    const struct kf_node *around_a = w->around_a, *around_b = w->around_b;
    size_t from = step_to_part(w, in, part, i);
    if (is_combination(in)) /* a condition is whole by itself */
        w->around_a = w->around_b = NULL;
    add(w, after ? KF_EDIT_ADDED : KF_EDIT_REMOVED, after ? NULL : part, after ? part : NULL);
    w->around_a = around_a;
    w->around_b = around_b;
    back(w, from);
}

static void parts(struct walk *w, const struct kf_node *a, const struct kf_node *b,
                  const struct kf_align *x)
{
    for (uint32_t k = 0; k < x->nb; k++) {
        uint32_t i = x->pair_b[k];
        if (i == KF_ALIGN_NONE) {
            if (!x->twin_b[k])
                one_side(w, b, x->b[k], k, true);
            continue;
        }
        size_t from = step_to_part(w, b, x->b[k], k);
        walk(w, x->a[i], x->b[k]);
        back(w, from);
    }
    for (uint32_t i = 0; i < x->na; i++)
        if (x->pair_a[i] == KF_ALIGN_NONE && !x->twin_a[i])
            one_side(w, a, x->a[i], i, false);
}

static struct kf_align sides_of(const struct kf_node *a, const struct kf_node *b)
{
    return (struct kf_align){.a = (const struct kf_node *const *)a->kid,
                             .b = (const struct kf_node *const *)b->kid,
                             .na = a->kids,
                             .nb = b->kids};
}

static void set(struct walk *w, const struct kf_node *a, const struct kf_node *b)
{
    struct kf_align x = sides_of(a, b);
    kf_align_set(&x, w->arena, ALIKE_PART, says_once(b));
    parts(w, a, b, &x);
}

static void list(struct walk *w, const struct kf_node *a, const struct kf_node *b)
{
    struct kf_align x = sides_of(a, b);
    if (kf_align_same_parts(&x, w->arena)) {
        add(w, KF_EDIT_REORDERED, a, b);
        return;
    }
    kf_align_list(&x, w->arena, ALIKE_PART);
    parts(w, a, b, &x);
}

static void map(struct walk *w, const struct kf_node *a, const struct kf_node *b)
{
    for (uint32_t i = 0; i < b->kids; i++) {
        const struct kf_node *old = kf_map_get(a, b->key[i]);
        bool place = b->key[i][0] >= '0' && b->key[i][0] <= '9';
        size_t from = w->path.n;
        if (!place)
            step(w, b->key[i]);
        else if (!is_named_pair(b) || i == 0) /* { "high", 70 } is .high already */
            kf_buf_addf(&w->path, "[%s]", b->key[i]);
        if (old)
            walk(w, old, b->kid[i]);
        else
            add(w, KF_EDIT_ADDED, NULL, b->kid[i]);
        back(w, from);
    }
    for (uint32_t i = 0; i < a->kids; i++) {
        if (kf_map_get(b, a->key[i]))
            continue;
        size_t from = step(w, a->key[i]);
        add(w, KF_EDIT_REMOVED, a->kid[i], NULL);
        back(w, from);
    }
}

/* ---- selections: names, then filters ---- */

static void filters(struct walk *w, const struct kf_node *a, const struct kf_node *b,
                    uint32_t first)
{
    struct kf_align x = sides_of(a, b);
    x.a += first;
    x.b += first;
    x.na -= first;
    x.nb -= first;
    kf_align_set(&x, w->arena, ALIKE_PART, true);
    for (uint32_t i = 0; i < x.na; i++) { /* a filter of another kind is another filter */
        uint32_t k = x.pair_a[i];
        if (k != KF_ALIGN_NONE && x.a[i]->op != x.b[k]->op)
            x.pair_a[i] = x.pair_b[k] = KF_ALIGN_NONE;
    }
    for (uint32_t i = 0; i < x.na; i++) /* one of a kind is the one it was, however it differs */
        for (uint32_t k = 0; k < x.nb && x.pair_a[i] == KF_ALIGN_NONE && !x.twin_a[i]; k++)
            if (x.pair_b[k] == KF_ALIGN_NONE && !x.twin_b[k] && x.a[i]->op == x.b[k]->op) {
                x.pair_a[i] = k;
                x.pair_b[k] = i;
            }
    for (uint32_t k = 0; k < x.nb; k++) {
        uint32_t i = x.pair_b[k];
        size_t from = step(w, kf_op_word(x.b[k]->op));
        if (i != KF_ALIGN_NONE)
            walk(w, x.a[i], x.b[k]);
        else if (!x.twin_b[k])
            add(w, KF_EDIT_ADDED, NULL, x.b[k]);
        back(w, from);
    }
    for (uint32_t i = 0; i < x.na; i++) {
        size_t from = step(w, kf_op_word(x.a[i]->op));
        if (x.pair_a[i] == KF_ALIGN_NONE && !x.twin_a[i])
            add(w, KF_EDIT_REMOVED, x.a[i], NULL);
        back(w, from);
    }
}

static void names(struct walk *w, const struct kf_node *a, const struct kf_node *b)
{
    struct kf_align x = sides_of(a, b);
    size_t from = step(w, "event");
    if (!same_meaning(a, b)) {
        kf_align_set(&x, w->arena, ALIKE_PART, true);
        parts(w, a, b, &x);
    }
    back(w, from);
}

static void selection(struct walk *w, const struct kf_node *a, const struct kf_node *b)
{
    bool named = b->op == KF_S_EVENT;
    if (named && a->kids && b->kids)
        names(w, a->kid[0], b->kid[0]);
    filters(w, a, b, named);
}

/* ---- combinations ---- */

/* `x`, or the one part of `in` that is it or comes from it; NONE: none does. */
static uint32_t wrapped(const struct kf_node *in, const struct kf_node *x)
{
    uint32_t best = KF_ALIGN_NONE, most = ALIKE_WRAPPED;
    for (uint32_t i = 0; i < in->kids; i++) {
        if (same_meaning(in->kid[i], x))
            return i;
        uint32_t alike = kf_alike(in->kid[i], x);
        if (alike > most) {
            most = alike;
            best = i;
        }
    }
    return best;
}

static bool takes_in(const struct kf_node *outer, const struct kf_node *x)
{
    return (outer->op == KF_C_ALL || outer->op == KF_C_ANY) && x->cls == KF_CLASS_COND &&
           x->op != outer->op && wrapped(outer, x) != KF_ALIGN_NONE;
}

/* The same combination around one part: what a condition was before it got company. */
static const struct kf_node *around(struct walk *w, const struct kf_node *outer,
                                    const struct kf_node *x)
{
    struct kf_node *n = kf_arena_alloc(w->arena, sizeof *n);
    struct kf_node **kid = kf_arena_alloc(w->arena, sizeof *kid);
    *n = *outer;
    n->pos = x->pos;
    kid[0] = (struct kf_node *)x;
    n->kid = kid;
    n->kids = 1;
    return n;
}

static bool shares_a_part(const struct kf_node *a, const struct kf_node *b)
{
    for (uint32_t i = 0; i < a->kids; i++)
        for (uint32_t k = 0; k < b->kids; k++)
            if (same_meaning(a->kid[i], b->kid[k]))
                return true;
    return false;
}

static void combination(struct walk *w, const struct kf_node *a, const struct kf_node *b,
                        bool in_condition)
{
    const struct kf_node *around_a = w->around_a, *around_b = w->around_b;
    if (a->op != b->op)
        add_words(w, a, b, kf_op_word(a->op), kf_op_word(b->op));
    size_t from = step(w, kf_op_word(b->op));
    if (a->op == b->op && b->op == KF_C_AT_LEAST_OF && !same_head(a, b)) {
        struct kf_buf was = {0}, is = {0};
        kf_buf_addf(&was, "%lld", (long long)a->value.number.m);
        kf_buf_addf(&is, "%lld", (long long)b->value.number.m);
        add_words(w, a, b, kf_arena_strndup(w->arena, was.p, was.n),
                  kf_arena_strndup(w->arena, is.p, is.n));
        kf_buf_free(&was);
        kf_buf_free(&is);
    }
    if (!in_condition) /* each part stands for itself */
        w->around_a = w->around_b = NULL;
    set(w, a, b);
    w->around_a = around_a;
    w->around_b = around_b;
    back(w, from);
}

/* ---- all kinds of nodes ---- */

/* Words of the path that a kid of a node with this op adds. */
static const char *kid_word(const struct kf_node *n, uint32_t i)
{
    switch (n->op) {
    case KF_C_HAS:
    case KF_C_TEST:
        return NULL;
    case KF_F_SINCE:
    case KF_F_FOLLOWED_BY:
    case KF_F_NOT_FOLLOWED_BY:
        return NULL; /* its own word stands there already */
    default:
        if (n->cls == KF_CLASS_FILTER)
            return NULL;
        if (n->cls == KF_CLASS_EXPR && i == 0 && n->kid[0]->cls == KF_CLASS_SELECT)
            return NULL;
        if (n->cls == KF_CLASS_TABLE)
            return NULL;
        return kf_op_word(n->op);
    }
}

static bool is_in_where(const struct walk *w)
{
    return w->path.p && strstr(w->path.p, ".where.") != NULL;
}

static void kids(struct walk *w, const struct kf_node *a, const struct kf_node *b)
{
    for (uint32_t i = 0; i < b->kids; i++) {
        const char *word = kid_word(b, i);
        size_t from = w->path.n;
        if (b->op == KF_T_IS && is_in_where(w))
            word = NULL; /* coupon = "STAFF" */
        if (word)
            step(w, word);
        if (word && b->kids > 1 && b->cls != KF_CLASS_TEST && b->kid[0]->cls == b->kid[1]->cls)
            step_to(w, i);
        walk(w, a->kid[i], b->kid[i]);
        back(w, from);
    }
}

/* A node whose own name or value differs, or that has other parts: one edit of the whole. */
static void whole(struct walk *w, const struct kf_node *a, const struct kf_node *b)
{
    add(w, KF_EDIT_CHANGED, a, b);
}

static void differ(struct walk *w, const struct kf_node *a, const struct kf_node *b,
                   bool in_condition)
{
    bool both_combine = is_combination(a) && is_combination(b);
    if (both_combine && (a->op == b->op || shares_a_part(a, b)))
        combination(w, a, b, in_condition);
    else if (takes_in(b, a))
        combination(w, around(w, b, a), b, in_condition);
    else if (takes_in(a, b))
        combination(w, a, around(w, a, b), in_condition);
    else if (a->op != b->op || (a->op == KF_K) ||
             (a->cls == KF_CLASS_COND && !is_combination(a) && kf_alike(a, b) < ALIKE_WHOLE))
        whole(w, a, b);
    else if (a->op == KF_T_MAP)
        map(w, a, b);
    else if (!same_head(a, b))
        whole(w, a, b);
    else if (b->cls == KF_CLASS_SELECT)
        selection(w, a, b);
    else if (is_set(b)) {
        size_t from = b->cls == KF_CLASS_TEST ? step(w, kf_op_word(b->op)) : w->path.n;
        set(w, a, b);
        back(w, from);
    } else if (a->op == KF_T_LIST)
        list(w, a, b);
    else if (a->kids == b->kids)
        kids(w, a, b);
    else
        whole(w, a, b);
}

/* A condition that is no combination is what its parts stand in; conditions about one event or
 * touch belong to the one around them. */
static bool stands_alone(const struct kf_node *n)
{
    return n->cls == KF_CLASS_COND && !is_combination(n);
}

static void walk(struct walk *w, const struct kf_node *a, const struct kf_node *b)
{
    const struct kf_node *around_a = w->around_a, *around_b = w->around_b;
    size_t edits = w->edit.n;
    if (same_meaning(a, b))
        return;
    bool in_condition = around_a && around_a != a && stands_alone(around_a);
    if ((stands_alone(a) || stands_alone(b)) && !in_condition) {
        w->around_a = a;
        w->around_b = b;
    }
    differ(w, a, b, in_condition);
    if (w->edit.n == edits) /* written so that no part of it differs, but the whole does */
        whole(w, a, b);
    w->around_a = around_a;
    w->around_b = around_b;
}

/* ---- a rule ---- */

static bool is_text(const char *key)
{
    static const char *const keys[] = {"title", "owner", "because", "tags", "ticket"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static void setting(struct walk *w, const char *key, const struct kf_node *a,
                    const struct kf_node *b)
{
    size_t from = step(w, key), edits = w->edit.n;
    w->around_a = a;
    w->around_b = b;
    if (a && b)
        walk(w, a, b);
    else
        add(w, b ? KF_EDIT_ADDED : KF_EDIT_REMOVED, a, b);
    for (size_t i = edits; i < w->edit.n; i++)
        w->edit.p[i].text = is_text(key);
    back(w, from);
}

uint32_t kf_compare_pair(const struct kf_rule *a, const struct kf_rule *b, struct kf_arena *arena,
                         const struct kf_edit **ret)
{
    struct walk w = {.arena = arena};
    for (uint32_t i = 0; i < b->body->kids; i++)
        setting(&w, b->body->key[i], kf_map_get(a->body, b->body->key[i]), b->body->kid[i]);
    for (uint32_t i = 0; i < a->body->kids; i++)
        if (!kf_map_get(b->body, a->body->key[i]))
            setting(&w, a->body->key[i], a->body->kid[i], NULL);
    uint32_t n = (uint32_t)w.edit.n;
    struct kf_edit *e = kf_arena_alloc(arena, (n + 1u) * sizeof *e);
    if (n)
        memcpy(e, w.edit.p, n * sizeof *e);
    kf_vec_free(&w.edit);
    kf_buf_free(&w.path);
    *ret = e;
    return n;
}
