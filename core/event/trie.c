#include "event/trie.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>

/* What stands in for edges that are not kept any more: a record full of names nobody saw before
 * costs time, not memory. */
struct kf_trie_spare {
    struct kf_edge edge;
    struct kf_node child, element;
    char name[KF_NAME_MAX], path[2 * KF_NAME_MAX + 2];
};

static struct kf_node *new_node(struct kf_trie *t)
{
    return kf_arena_zalloc(&t->arena, sizeof(struct kf_node));
}

size_t kf_snake(struct kf_str name, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (c == ' ' || c == '-')
            c = '_';
        if (c < 'A' || c > 'Z') {
            out[n++] = c;
            continue;
        }
        /* A capital begins a word after a small letter or digit, or as the last of several before a
         * small one. */
        char before = i ? name.p[i - 1] : '_', after = i + 1 < name.n ? name.p[i + 1] : '_';
        bool small_before = (before >= 'a' && before <= 'z') || (before >= '0' && before <= '9');
        bool run_ends = before >= 'A' && before <= 'Z' && after >= 'a' && after <= 'z';
        if (n && (small_before || run_ends) && out[n - 1] != '_')
            out[n++] = '_';
        out[n++] = (char)(c + 32);
    }
    return n;
}

/* Canonical path of a member below a node, in buf; 0: too long. */
static size_t path_of(const struct kf_node *n, struct kf_str name, char buf[2 * KF_NAME_MAX + 2])
{
    char snake[2 * KF_NAME_MAX + 1];
    if (name.n > KF_NAME_MAX)
        return 0;
    if (n->snake)
        name = kf_str(snake, kf_snake(name, snake));
    if (n->prefix.n + 1 + name.n > 2 * KF_NAME_MAX)
        return 0;
    size_t at = n->prefix.n;
    if (at) {
        memcpy(buf, n->prefix.p, at);
        buf[at++] = '.';
    }
    if (name.n)
        memcpy(buf + at, name.p, name.n);
    return at + name.n;
}

static bool is_plain(struct kf_str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '"' || name.p[i] == '\\' || (unsigned char)name.p[i] < 0x20)
            return false;
    return true;
}

static uint32_t slot_for(const struct kf_node *n, struct kf_str name)
{
    uint32_t i = (uint32_t)XXH3_64bits(name.p, name.n) & n->mask;
    while (n->slot[i] && !kf_str_eq(n->slot[i]->name, name))
        i = (i + 1) & n->mask;
    return i;
}

static void grow_node(struct kf_trie *t, struct kf_node *n)
{
    struct kf_node bigger = *n;
    bigger.mask = n->slot ? n->mask * 2 + 1 : 7;
    bigger.slot = kf_arena_zalloc(&t->arena, ((size_t)bigger.mask + 1) * sizeof *bigger.slot);
    for (uint32_t i = 0; n->slot && i <= n->mask; i++)
        if (n->slot[i])
            bigger.slot[slot_for(&bigger, n->slot[i]->name)] = n->slot[i];
    *n = bigger;
}

static void name_edge(struct kf_edge *e, struct kf_str name)
{
    e->name = name;
    if (name.n + 2 > sizeof e->quoted || !is_plain(name))
        return;
    e->quoted[0] = '"';
    if (name.n)
        memcpy(e->quoted + 1, name.p, name.n);
    e->quoted[name.n + 1] = '"';
    e->quoted_n = (uint8_t)(name.n + 2);
}

static struct kf_edge *add_edge(struct kf_trie *t, struct kf_node *n, struct kf_str name)
{
    if (!n->slot || n->used * 2 > n->mask)
        grow_node(t, n);
    struct kf_edge *e = kf_arena_zalloc(&t->arena, sizeof *e);
    name_edge(e, kf_str(kf_arena_strndup(&t->arena, name.p ? name.p : "", name.n), name.n));
    n->slot[slot_for(n, name)] = e;
    n->used++;
    if (t->n_edges == t->cap_edges) {
        t->cap_edges = t->cap_edges ? t->cap_edges * 2 : 64;
        t->edges = realloc(t->edges, t->cap_edges * sizeof(struct kf_edge *));
        if (!t->edges)
            kf_arena_exhausted(t->cap_edges * sizeof(struct kf_edge *));
    }
    t->edges[t->n_edges++] = e;
    return e;
}

/* An edge without a row of its own keeps its name below the node's prefix. */
static bool settle_edge(struct kf_trie *t, const struct kf_node *n, struct kf_edge *e)
{
    char path[2 * KF_NAME_MAX + 2];
    e->snake = n->snake;
    if (e->act.target == 0 && n->below) {
        size_t len = path_of(n, e->name, path);
        if (!len && (e->name.n || n->prefix.n))
            return false;
        uint32_t key = kf_symbols_add(t->dict->key, kf_str(path, len));
        if (!key)
            return false;
        e->act = (struct kf_action){.target = KF_TO_FIELD, .key = key, .relative = n->relative};
    }
    if (!e->list_key && e->act.target == KF_TO_FIELD && e->act.type == KF_FIELD_ANY)
        e->list_key = e->act.key;
    return true;
}

static void settle_child(struct kf_trie *t, const struct kf_node *n, const struct kf_edge *e,
                         struct kf_node *child, char *path)
{
    child->relative = n->relative;
    if (e->act.target == KF_TO_BELOW) { /* prefix and snake were set by the row */
        child->below = true;
        return;
    }
    child->snake = n->snake;
    if (e->act.target == KF_TO_FIELD) {
        child->below = true;
        child->prefix = kf_symbols_text(t->dict->key, e->act.key);
    } else if (n->below) {
        child->below = true;
        size_t len = path_of(n, e->name, path);
        child->prefix = kf_str(path, len);
    }
}

static void settle_node(struct kf_trie *t, struct kf_node *n)
{
    for (uint32_t i = 0; n->slot && i <= n->mask; i++) {
        struct kf_edge *e = n->slot[i];
        if (!e)
            continue;
        settle_edge(t, n, e);
        if (e->child) {
            char *path = kf_arena_alloc(&t->arena, 2 * KF_NAME_MAX + 2);
            settle_child(t, n, e, e->child, path);
            settle_node(t, e->child);
        }
        if (e->element) {
            e->element->relative = true;
            e->element->below = e->act.target == KF_TO_FIELD;
            e->element->snake = n->snake;
            settle_node(t, e->element);
        }
    }
}

/* ---- compiling ---- */

struct row {
    const struct kf_map *m;
    struct kf_str arg; /* what is left of m->arg: "x[].y" is taken apart along with the path */
    bool relative;
};

static struct kf_str piece_before(struct kf_str s, const char *mark, struct kf_str *ret_rest)
{
    size_t n = strlen(mark);
    const char *at = s.n ? memmem(s.p, s.n, mark, n) : NULL;
    if (!at) {
        *ret_rest = kf_str(NULL, 0);
        return s;
    }
    size_t len = (size_t)(at - s.p);
    *ret_rest = kf_str(at + n, s.n - len - n);
    return kf_str(s.p, len);
}

static void add_action(struct kf_trie *t, struct kf_edge *e, const struct row *r, uint16_t rank)
{
    struct kf_action a = {.target = (uint8_t)r->m->target,
                          .type = (uint8_t)r->m->type,
                          .relative = r->relative,
                          .rank = rank,
                          .format = r->m->format,
                          .null_text = r->m->null_text};
    struct kf_buf path = {0};
    if (a.target == KF_TO_FIELD)
        a.key = kf_symbols_add(t->dict->key, r->arg);
    if (a.target == KF_TO_IDENTIFIER) {
        a.ns = kf_symbols_add(t->dict->ns, kf_cstr(r->m->arg ? r->m->arg : ""));
        a.key = r->m->also_field && !r->relative
                    ? kf_symbols_add(t->dict->key, kf_cstr(r->m->also_field))
                    : 0;
    }
    if (a.target == KF_TO_CONSENT) {
        kf_buf_addf(&path, "consent.%s", r->m->arg ? r->m->arg : "");
        a.key = kf_symbols_add(t->dict->key, kf_str(path.p, path.n));
        kf_buf_free(&path);
    }
    struct kf_action *last = &e->act;
    if (last->target) {
        while (last->next)
            last = last->next;
        last->next = kf_arena_zalloc(&t->arena, sizeof *last);
        last = last->next;
    }
    *last = a;
    if (a.target == KF_TO_BELOW) {
        if (!e->child)
            e->child = new_node(t);
        e->child->prefix = kf_cstr(r->m->arg ? r->m->arg : "");
        e->child->snake = r->m->format && strcmp(r->m->format, "snake") == 0;
    }
}

/* The connector's own row for a name that the map does not have. */
static void ask_row(struct kf_trie *t, struct kf_edge *e)
{
    struct kf_map m = {0};
    if (!t->ask || t->ask(t->instance, e->name.p, &m) != 1)
        return;
    struct row r = {.m = &m, .arg = kf_cstr(m.arg ? m.arg : "")};
    add_action(t, e, &r, UINT16_MAX);
}

static struct kf_edge *edge_for(struct kf_trie *t, struct kf_node *n, struct kf_str name)
{
    if (n->slot) {
        uint32_t i = slot_for(n, name);
        if (n->slot[i])
            return n->slot[i];
    }
    return add_edge(t, n, name);
}

static void compile_row(struct kf_trie *t, const struct kf_map *m, uint16_t rank)
{
    struct row r = {.m = m, .arg = kf_cstr(m->arg ? m->arg : "")};
    struct kf_node *n = t->root;
    struct kf_str rest = kf_cstr(m->path);
    for (;;) {
        struct kf_str name = piece_before(rest, ".", &rest);
        bool list = name.n > 2 && memcmp(name.p + name.n - 2, "[]", 2) == 0;
        if (list)
            name.n -= 2;
        struct kf_edge *e = edge_for(t, n, name);
        if (!rest.p) {
            add_action(t, e, &r, rank);
            return;
        }
        if (!list) {
            if (!e->child)
                e->child = new_node(t);
            n = e->child;
            continue;
        }
        struct kf_str below, key = piece_before(r.arg, "[].", &below);
        if (below.p && m->target == KF_TO_FIELD) {
            e->list_key = kf_symbols_add(t->dict->key, key);
            r.arg = below;
            r.relative = true;
        } else if (m->target != KF_TO_FIELD) {
            r.relative = true;
        }
        if (!e->element)
            e->element = new_node(t);
        n = e->element;
    }
}

int kf_trie_new(const struct kf_shape *shape, struct kf_dict *dict, struct kf_trie **ret,
                struct kf_error *err)
{
    struct kf_trie *t = calloc(1, sizeof *t);
    if (!t)
        return kf_error_set(err, KF_E_NOMEM, "event", "no memory for a field map");
    t->dict = dict;
    kf_arena_init(&t->arena, 0);
    t->root = new_node(t);
    t->batch = kf_cstr(shape->batch_path ? shape->batch_path : "");
    if (shape->unmapped) {
        t->root->below = true;
        t->root->prefix = kf_cstr(shape->unmapped);
    }
    /* CSV names columns by the whole path: kf_trie_column. */
    for (uint32_t i = 0; i < shape->map_len && shape->format != KF_FORMAT_CSV; i++)
        if (shape->map[i].path && *shape->map[i].path)
            compile_row(t, &shape->map[i], (uint16_t)(i < UINT16_MAX ? i : UINT16_MAX));
    settle_node(t, t->root);
    if (t->batch.n)
        edge_for(t, t->root, t->batch)->batch = true;
    *ret = t;
    return 0;
}

void kf_trie_free(struct kf_trie *t)
{
    if (!t)
        return;
    for (uint32_t i = 0; i < t->n_edges; i++)
        kf_symcache_free(&t->edges[i]->values);
    for (unsigned i = 0; t->spare && i < KF_TRIE_DEPTH; i++)
        kf_symcache_free(&t->spare[i].edge.values);
    free(t->edges);
    free(t->spare);
    kf_arena_free(&t->arena);
    free(t);
}

/* ---- while reading ---- */

static struct kf_trie_spare *spare_at(struct kf_trie *t, unsigned depth)
{
    if (!t->spare) {
        t->spare = calloc(KF_TRIE_DEPTH, sizeof *t->spare);
        if (!t->spare)
            kf_arena_exhausted(KF_TRIE_DEPTH * sizeof *t->spare);
    }
    return &t->spare[depth];
}

struct kf_edge *kf_trie_edge(struct kf_trie *t, struct kf_node *n, struct kf_str name,
                             unsigned depth)
{
    if (n->slot) {
        struct kf_edge *e = n->slot[slot_for(n, name)];
        if (e) /* below a prefix each has a key, or its path was too long when it was made */
            return n->below && !e->act.target && !e->batch ? NULL : e;
    }
    if (name.n > KF_NAME_MAX)
        return NULL;
    if (t->made < KF_EDGES_MAX) {
        t->made++;
        struct kf_edge *e = add_edge(t, n, name);
        if (n == t->root)
            ask_row(t, e);
        return settle_edge(t, n, e) ? e : NULL;
    }
    struct kf_trie_spare *s = spare_at(t, depth);
    kf_symcache_free(&s->edge.values);
    s->edge = (struct kf_edge){.name = kf_str(s->name, name.n)};
    if (name.n)
        memcpy(s->name, name.p, name.n);
    return settle_edge(t, n, &s->edge) ? &s->edge : NULL;
}

struct kf_node *kf_trie_element(struct kf_trie *t, struct kf_edge *e, unsigned depth)
{
    if (e->element)
        return e->element;
    struct kf_trie_spare *s = t->spare ? &t->spare[depth] : NULL;
    struct kf_node *n = s && e == &s->edge ? &s->element : new_node(t);
    *n = (struct kf_node){.relative = true, .below = true, .snake = e->snake};
    e->element = n;
    return n;
}

struct kf_node *kf_trie_child(struct kf_trie *t, const struct kf_node *parent, struct kf_edge *e,
                              unsigned depth)
{
    if (e->child)
        return e->child;
    struct kf_trie_spare *s = t->spare ? &t->spare[depth] : NULL;
    bool spare = s && e == &s->edge;
    struct kf_node *n = spare ? &s->child : new_node(t);
    *n = (struct kf_node){0};
    settle_child(t, parent, e, n, spare ? s->path : kf_arena_alloc(&t->arena, 2 * KF_NAME_MAX + 2));
    e->child = n;
    return n;
}

struct kf_edge *kf_trie_column(struct kf_trie *t, const struct kf_shape *shape,
                               struct kf_str header)
{
    struct kf_edge *e = NULL;
    for (uint32_t i = 0; i < shape->map_len; i++) {
        struct row r = {.m = &shape->map[i],
                        .arg = kf_cstr(shape->map[i].arg ? shape->map[i].arg : "")};
        if (!r.m->path || !kf_str_eq(kf_cstr(r.m->path), header))
            continue;
        if (!e)
            e = edge_for(t, t->root, header);
        if (!e->snake) /* compiled once: further files with this column find it done */
            add_action(t, e, &r, (uint16_t)(i < UINT16_MAX ? i : UINT16_MAX));
    }
    if (!e && header.n && (t->root->below || t->ask)) {
        e = edge_for(t, t->root, header);
        if (!e->snake)
            ask_row(t, e);
    }
    if (e && !e->snake) {
        settle_edge(t, t->root, e);
        e->snake = true;
    }
    return e;
}
