#include "lua/eval_internal.h"

#include "base/hash.h"

#include <stdlib.h>

const struct kf_pnode kf_pnode_unknown = {.node = NULL};

/* How often each distinct tree (or beginning of a select) occurs: what occurs twice gets a memo. */
struct tally {
    uint64_t hash[2];
    uint32_t count, memo;
};

struct compile {
    struct kf_plan *p;
    kf_vec(struct tally) tally;
    kf_vec(uint32_t) slots; /* open addressing over tally, number + 1 */
    struct kf_error *err;
    int rc;
    bool identity; /* inside a link, never_link or transfer */
};

/* ---- paths ---- */

static bool has_prefix(struct kf_str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n > n && memcmp(s.p, prefix, n) == 0;
}

static bool has_root(struct kf_str s)
{
    return has_prefix(s, "properties.") || has_prefix(s, "context.") || has_prefix(s, "traits.") ||
           has_prefix(s, "event.") || has_prefix(s, "consent.");
}

static uint8_t column_of(struct kf_str path)
{
    static const struct {
        const char *path;
        uint8_t column;
    } columns[] = {{"event.time", KF_COLUMN_TIME},     {"event.received_at", KF_COLUMN_RECEIVED},
                   {"event.name", KF_COLUMN_NAME},     {"event.type", KF_COLUMN_TYPE},
                   {"event.source", KF_COLUMN_SOURCE}, {"event.platform", KF_COLUMN_PLATFORM}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (kf_str_eq(path, kf_cstr(columns[i].path)))
            return columns[i].column;
    return KF_COLUMN_BODY;
}

static bool is_money(const struct kf_config *c, struct kf_str name)
{
    static const char *const usual[] = {"revenue",  "total", "subtotal", "price",
                                        "shipping", "tax",   "discount", "refund"};
    if (c && c->n_money)
        return kf_config_is_money(c, name);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (kf_str_eq(name, kf_cstr(usual[i])))
            return true;
    return false;
}

static uint32_t key_of(const struct kf_plan *p, const char *path, size_t n, bool add)
{
    struct kf_str s = kf_str(path, n);
    return add ? kf_symbols_add(p->dict->key, s) : kf_symbols_find(p->dict->key, s);
}

struct kf_prop kf_prop_compile(const struct kf_plan *p, struct kf_str path, bool add)
{
    struct kf_prop r = {0};
    char text[512];
    size_t root = has_root(path) ? 0 : 11;
    r.column = column_of(path);
    if (r.column != KF_COLUMN_BODY || root + path.n > sizeof text - 16)
        return r;
    memcpy(text, "properties.", 11);
    if (path.n)
        memcpy(text + root, path.p, path.n);
    size_t n = root + path.n;
    r.key = key_of(p, text, n, add);
    bool property = n > 11 && memcmp(text, "properties.", 11) == 0;
    if (!property)
        return r;
    struct kf_str name = kf_str(text + 11, n - 11);
    r.rel = key_of(p, name.p, name.n, add);
    size_t dot = n;
    while (dot > 11 && text[dot - 1] != '.')
        dot--;
    if (dot > 12 && dot < n) {
        r.list = key_of(p, text, dot - 1, add);
        r.part = key_of(p, text + dot, n - dot, add);
        r.part_currency = key_of(p, "currency", 8, add);
        r.part_money = is_money(p->config, kf_str(text + dot, n - dot));
    }
    r.money = is_money(p->config, name);
    if (!r.money)
        return r;
    size_t parent = n;
    while (parent > 11 && text[parent - 1] != '.')
        parent--;
    memcpy(text + parent, "currency", 8);
    r.currency = key_of(p, text, parent + 8, add);
    r.rel_currency = key_of(p, text + 11, parent + 8 - 11, add);
    return r;
}

/* ---- hashes of trees ---- */

static void hash_const(struct kf_buf *b, const struct kf_const *k)
{
    uint8_t type = (uint8_t)k->type;
    kf_buf_add(b, &type, 1);
    switch (k->type) {
    case KF_K_NONE:
        break;
    case KF_K_BOOL:
        kf_buf_addc(b, k->boolean ? 1 : 0);
        break;
    case KF_K_NUMBER:
        kf_buf_add(b, &k->number.m, sizeof k->number.m);
        kf_buf_add(b, &k->number.scale, sizeof k->number.scale);
        break;
    case KF_K_TEXT:
    case KF_K_VERSION:
        kf_buf_add(b, &k->text.n, sizeof k->text.n);
        kf_buf_add(b, k->text.p, k->text.n);
        break;
    case KF_K_MONEY:
        kf_buf_add(b, &k->money.minor, sizeof k->money.minor);
        kf_buf_add(b, k->money.cur, 3);
        break;
    case KF_K_LENGTH:
    case KF_K_INSTANT:
        kf_buf_add(b, &k->ns, sizeof k->ns);
        break;
    case KF_K_MONTHS:
        kf_buf_add(b, &k->months, sizeof k->months);
        break;
    case KF_K_DATE:
        kf_buf_add(b, &k->day, sizeof k->day);
        break;
    }
}

static struct kf_hash128 hash_tree(const struct kf_node *n);

/* The node without its kids from `first` on. */
static struct kf_hash128 hash_head(const struct kf_node *n, uint32_t kids)
{
    struct kf_buf b = {0};
    kf_buf_add(&b, &n->op, sizeof n->op);
    kf_buf_add(&b, &n->flags, sizeof n->flags);
    kf_buf_add(&b, &n->name.n, sizeof n->name.n);
    kf_buf_add(&b, n->name.p, n->name.n);
    hash_const(&b, &n->value);
    for (uint32_t i = 0; i < kids; i++) {
        struct kf_hash128 h = hash_tree(n->kid[i]);
        kf_buf_add(&b, &h, sizeof h);
        if (n->key)
            kf_buf_add(&b, n->key[i], strlen(n->key[i]) + 1);
    }
    struct kf_hash128 h = kf_hash128(b.p, b.n);
    kf_buf_free(&b);
    return h;
}

static struct kf_hash128 hash_tree(const struct kf_node *n)
{
    return hash_head(n, n->kids);
}

static void grow_tally(struct compile *c)
{
    size_t size = c->slots.n ? c->slots.n * 2 : 256;
    kf_vec_free(&c->slots);
    kf_vec_reserve(&c->slots, size);
    c->slots.n = size;
    memset(c->slots.p, 0, size * sizeof *c->slots.p);
    for (size_t i = 0; i < c->tally.n; i++) {
        size_t at = c->tally.p[i].hash[0] & (size - 1);
        while (c->slots.p[at])
            at = (at + 1) & (size - 1);
        c->slots.p[at] = (uint32_t)i + 1;
    }
}

/* Number of the tree's tally. */
static uint32_t count_tree(struct compile *c, struct kf_hash128 h)
{
    if (c->tally.n * 2 >= c->slots.n)
        grow_tally(c);
    size_t mask = c->slots.n - 1, at = h.lo & mask;
    for (; c->slots.p[at]; at = (at + 1) & mask) {
        struct tally *t = &c->tally.p[c->slots.p[at] - 1];
        if (t->hash[0] == h.lo && t->hash[1] == h.hi) {
            t->count++;
            return c->slots.p[at] - 1;
        }
    }
    struct tally *t = kf_vec_push(&c->tally);
    *t = (struct tally){{h.lo, h.hi}, 1, 0};
    c->slots.p[at] = (uint32_t)c->tally.n;
    return (uint32_t)c->tally.n - 1;
}

/* ---- nodes ---- */

static uint32_t set_of(struct compile *c, const struct kf_node *n)
{
    const struct kf_node *names = n->op == KF_S_EVENT ? n->kid[0] : NULL;
    bool every = !names && c->identity;
    struct kf_hash128 h = {n->op, every};
    if (names)
        h = hash_tree(names);
    for (size_t i = 0; i < c->p->sets.n; i++)
        if (c->p->sets.p[i].hash[0] == h.lo && c->p->sets.p[i].hash[1] == h.hi)
            return (uint32_t)i;
    struct kf_event_set *s = kf_vec_push(&c->p->sets);
    *s = (struct kf_event_set){names, every, {h.lo, h.hi}};
    return (uint32_t)c->p->sets.n - 1;
}

static uint32_t first_filter(const struct kf_node *n)
{
    return n->op == KF_S_EVENT ? 1 : 0;
}

static void compile_select(struct compile *c, struct kf_pnode *pn)
{
    const struct kf_node *n = pn->node;
    uint32_t first = first_filter(n);
    if (n->op != KF_S_TOUCH)
        pn->set = set_of(c, n);
    pn->bare = true;
    pn->chain = kf_arena_zalloc(&c->p->arena, (n->kids - first + 1) * sizeof *pn->chain);
    for (uint32_t i = first; i < n->kids; i++) {
        uint16_t op = n->kid[i]->op;
        if (op != KF_F_WHERE && op != KF_F_FROM_SOURCE && op != KF_F_ON && op != KF_F_FOLLOWED_BY &&
            op != KF_F_NOT_FOLLOWED_BY)
            pn->bare = false;
        if (op == KF_F_PER)
            pn->grouped = true;
        if (op == KF_F_WITH_SAME)
            pn->with_same = n->kid[i];
    }
    /* A base made of other people's events is not the same as the profile's. */
    for (uint32_t i = first; i <= n->kids; i++) {
        struct kf_hash128 h = hash_head(n, i);
        if (pn->with_same) {
            struct kf_hash128 w = hash_tree(pn->with_same);
            h.lo ^= w.lo;
            h.hi += w.hi;
        }
        pn->chain[i - first] = count_tree(c, h) + 1; /* becomes the memo's number later */
    }
}

static void compile_const(struct compile *c, struct kf_pnode *pn)
{
    const struct kf_const *k = &pn->node->value;
    struct kf_value *v = kf_arena_alloc(&c->p->arena, sizeof *v);
    *v = kf_value_from_const(k);
    pn->k = v;
    pn->span = (struct kf_span){k->type == KF_K_LENGTH ? k->ns : 0,
                                k->type == KF_K_MONTHS ? k->months : 0};
    if (k->type == KF_K_TEXT) {
        size_t cap = 3 * k->text.n + 1;
        char *out = kf_arena_alloc(&c->p->arena, cap);
        pn->folded = kf_str(out, kf_utf8_fold(k->text, out, cap));
    }
}

static int64_t parse_clock(struct kf_str s)
{
    int64_t part[3] = {0};
    int at = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ':')
            at = at < 2 ? at + 1 : 2;
        else if (s.p[i] >= '0' && s.p[i] <= '9')
            part[at] = part[at] * 10 + (s.p[i] - '0');
    }
    return (part[0] * 3600 + part[1] * 60 + part[2]) * KF_SECOND;
}

static uint32_t weekdays(const struct kf_node *n)
{
    static const char *const names[7] = {"monday", "tuesday",  "wednesday", "thursday",
                                         "friday", "saturday", "sunday"};
    uint32_t mask = 0;
    for (uint32_t i = 0; i < n->kids; i++)
        for (uint32_t d = 0; d < 7; d++)
            if (kf_str_eq(n->kid[i]->value.text, kf_cstr(names[d])))
                mask |= 1u << d;
    return mask;
}

static uint32_t month_of(const struct kf_const *k)
{
    if (k->type == KF_K_NUMBER)
        return k->number.scale == 0 && k->number.m >= 1 && k->number.m <= 12 ? (uint32_t)k->number.m
                                                                             : 0;
    return kf_str_eq(k->text, kf_cstr("next")) ? 14 : 13;
}

static uint32_t platforms(const struct kf_node *n)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; i < n->kids; i++) {
        struct kf_str t = n->kid[i]->value.text;
        if (kf_str_eq(t, kf_cstr("app")))
            mask |= 1u << KF_PLATFORM_IOS | 1u << KF_PLATFORM_ANDROID;
        if (kf_str_eq(t, kf_cstr("web")))
            mask |= 1u << KF_PLATFORM_WEB;
        if (kf_str_eq(t, kf_cstr("ios")))
            mask |= 1u << KF_PLATFORM_IOS;
        if (kf_str_eq(t, kf_cstr("android")))
            mask |= 1u << KF_PLATFORM_ANDROID;
        if (kf_str_eq(t, kf_cstr("server")))
            mask |= 1u << KF_PLATFORM_SERVER;
    }
    return mask;
}

static void compile_sources(struct kf_plan *p, struct kf_pnode *pn)
{
    const struct kf_node *n = pn->node;
    uint16_t *out = kf_arena_alloc(&p->arena, (n->kids + 1) * sizeof *out);
    pn->n_source = 0;
    for (uint32_t i = 0; i < n->kids; i++) {
        uint32_t s = kf_symbols_find(p->dict->source, n->kid[i]->value.text);
        if (s && s <= UINT16_MAX)
            out[pn->n_source++] = (uint16_t)(s - 1);
    }
    pn->source = out;
}

static const struct kf_list *find_list(const struct kf_config *c, struct kf_str name)
{
    for (uint32_t i = 0; c && i < c->n_list; i++)
        if (kf_str_eq(kf_cstr(c->list[i].name), name))
            return c->list[i].list;
    return NULL;
}

static void take_currency(struct kf_pnode *pn)
{
    for (uint32_t i = 0; i < pn->node->kids; i++) {
        const struct kf_node *k = pn->node->kid[i];
        if (k->op == KF_K && k->value.type == KF_K_MONEY) {
            memcpy(pn->cur, k->value.money.cur, 4);
            return;
        }
    }
}

static void need(struct kf_plan *p, uint32_t key)
{
    if (!key)
        return;
    if (key >= p->n_keys) {
        uint32_t n = key + 256;
        uint8_t *more = kf_arena_zalloc(&p->arena, n);
        if (p->n_keys)
            memcpy(more, p->needed, p->n_keys);
        p->needed = more;
        p->n_keys = n;
    }
    p->n_needed += !p->needed[key];
    p->needed[key] = 1;
}

static void compile_prop(struct kf_plan *p, struct kf_pnode *pn)
{
    pn->prop = kf_prop_compile(p, pn->node->name, true);
    need(p, pn->prop.key);
    need(p, pn->prop.currency);
    if (pn->prop.money)
        need(p, KF_KEY_CURRENCY);
}

/* `where { currency = "EUR" }`, of which there are many. */
static void compile_text_is(const struct kf_plan *p, struct kf_pnode *pn)
{
    const struct kf_node *asked = pn->node->kid[0], *test = pn->node->kid[1];
    const struct kf_prop *prop = &p->node[asked->id].prop;
    if (asked->op != KF_E_PROPERTY || prop->column != KF_COLUMN_BODY || prop->money ||
        test->op != KF_T_IS || test->flags || test->kids != 1 || test->kid[0]->op != KF_K ||
        test->kid[0]->value.type != KF_K_TEXT || !test->kid[0]->value.text.n)
        return;
    pn->prop = *prop;
    pn->text_is = &test->kid[0]->value.text;
}

/* What a node knows of the dictionary; false: nothing. A node comes after its kids. */
static bool bind_node(struct kf_plan *p, struct kf_pnode *pn)
{
    switch (pn->node->op) {
    case KF_C_TEST:
        compile_text_is(p, pn);
        return pn->text_is != NULL;
    case KF_E_PROPERTY:
    case KF_F_EACH:
        compile_prop(p, pn);
        return true;
    case KF_E_TRAVEL_SPEED:
        need(p, KF_KEY_LATITUDE);
        need(p, KF_KEY_LONGITUDE);
        return true;
    case KF_F_FROM_SOURCE:
        compile_sources(p, pn);
        return true;
    default:
        return false;
    }
}

static void compile_rest(struct compile *c, struct kf_pnode *pn)
{
    const struct kf_node *n = pn->node;
    if (bind_node(c->p, pn))
        *kf_vec_push(&c->p->bound) = n->id;
    switch (n->op) {
    case KF_E_TRAVEL_SPEED:
    case KF_C_SEQUENCE:
        pn->span = (struct kf_span){n->value.type == KF_K_LENGTH ? n->value.ns : 0,
                                    n->value.type == KF_K_MONTHS ? n->value.months : 0};
        break;
    case KF_F_ON:
        pn->mask = platforms(n);
        break;
    case KF_T_IN_LIST:
        pn->list = find_list(c->p->config, n->name);
        break;
    case KF_T_ON_WEEKDAY:
        pn->mask = weekdays(n);
        break;
    case KF_T_IN_MONTH:
        pn->mask = n->kids ? month_of(&n->kid[0]->value) : 0;
        break;
    case KF_T_AT_HOURS:
        if (n->kids >= 2) {
            pn->from = parse_clock(n->kid[0]->value.text);
            pn->until = parse_clock(n->kid[1]->value.text);
        }
        break;
    default:
        break;
    }
    if (n->cls == KF_CLASS_TEST || n->op == KF_E_BUCKET)
        take_currency(pn);
}

/* Values that hang on events alone: aggregates of the profile's own events, and what is worked out
 * from these and constants. */
static bool is_of_events(const struct kf_plan *p, const struct kf_node *n)
{
    const struct kf_pnode *kid = n->kids ? &p->node[n->kid[0]->id] : NULL;
    if (n->op >= KF_E_COUNT && n->op <= KF_E_LAST_TIME && n->op != KF_E_PROFILES)
        return n->kid[0]->cls == KF_CLASS_SELECT && n->kid[0]->op != KF_S_TOUCH && !kid->grouped &&
               !kid->with_same;
    if (n->op != KF_E_RATIO && n->op != KF_E_DIFFERENCE && n->op != KF_E_TOTAL &&
        n->op != KF_E_DAYS_SINCE && n->op != KF_E_BUCKET)
        return false;
    for (uint32_t i = 0; i < n->kids; i++)
        if (n->kid[i]->op != KF_K && !p->node[n->kid[i]->id].n_absent)
            return false;
    return n->kids > 0;
}

static void compile_absent(struct compile *c, struct kf_pnode *pn)
{
    const struct kf_node *n = pn->node;
    struct kf_plan *p = c->p;
    if (!is_of_events(p, n))
        return;
    bool select = n->kid[0]->cls == KF_CLASS_SELECT;
    uint32_t room = 1, k = 0;
    for (uint32_t i = 0; !select && i < n->kids; i++)
        room += p->node[n->kid[i]->id].n_absent;
    uint32_t *set = kf_arena_alloc(&p->arena, room * sizeof *set);
    if (select)
        set[k++] = p->node[n->kid[0]->id].set;
    for (uint32_t i = 0; !select && i < n->kids; i++) {
        const struct kf_pnode *kid = &p->node[n->kid[i]->id];
        for (uint32_t j = 0; j < kid->n_absent; j++) {
            uint32_t at = 0;
            while (at < k && set[at] != kid->absent[j])
                at++;
            set[at] = kid->absent[j];
            k += at == k;
        }
    }
    pn->absent = set;
    pn->n_absent = k;
    pn->none = p->n_none++;
}

static bool asks_elsewhere(uint16_t op)
{
    switch (op) {
    case KF_E_TRAIT:
    case KF_E_TRAIT_CHANGED:
    case KF_E_TRAIT_PREVIOUS:
    case KF_E_CONSENT:
    case KF_E_CONSENT_TIME:
    case KF_E_SCORE:
    case KF_E_SCORE_BAND:
    case KF_E_CUSTOM:
    case KF_E_MEMBERS:
    case KF_E_ACCOUNT_TRAIT:
    case KF_C_CUSTOM:
    case KF_C_SEGMENT:
    case KF_C_SUPPRESS:
    case KF_C_CHANNEL:
    case KF_C_FRAUD:
    case KF_C_FLAG:
    case KF_C_MEMBER:
        return true;
    default:
        return false;
    }
}

static void compile_node(struct compile *c, const struct kf_node *n)
{
    struct kf_plan *p = c->p;
    if (n->id >= p->n_nodes || (p->node[n->id].node && p->node[n->id].node != n)) {
        c->rc = kf_error_at(c->err, KF_E_FAIL, "eval", n->pos.file, n->pos.line, n->pos.column,
                            "node %u of '%s' has no number of its own", n->id, kf_op_word(n->op));
        return;
    }
    struct kf_pnode *pn = &p->node[n->id];
    bool again = pn->node != NULL;
    pn->node = n;
    if (!again && asks_elsewhere(n->op))
        *kf_vec_push(&p->asking) = n;
    for (uint32_t i = 0; i < n->kids && !c->rc; i++)
        compile_node(c, n->kid[i]);
    if (again && n->cls == KF_CLASS_SELECT) {
        for (uint32_t i = 0; i <= n->kids - first_filter(n); i++)
            c->tally.p[pn->chain[i] - 1].count++;
        return;
    }
    if (n->cls == KF_CLASS_SELECT)
        compile_select(c, pn);
    else if (n->op == KF_K)
        compile_const(c, pn);
    else if (kf_is_aggregate(n->op))
        pn->memo = count_tree(c, hash_tree(n)) + 1;
    if (!again) {
        compile_rest(c, pn);
        compile_absent(c, pn);
    }
}

/* Numbers of tallies become numbers of memos, for those that occur twice. */
static void give_memos(struct compile *c)
{
    struct kf_plan *p = c->p;
    for (size_t i = 0; i < c->tally.n; i++)
        if (c->tally.p[i].count > 1)
            c->tally.p[i].memo = ++p->n_memo;
    for (uint32_t i = 0; i < p->n_nodes; i++) {
        struct kf_pnode *pn = &p->node[i];
        if (!pn->node)
            continue;
        if (pn->memo)
            pn->memo = c->tally.p[pn->memo - 1].memo;
        for (uint32_t k = 0; pn->chain && k <= pn->node->kids - first_filter(pn->node); k++)
            pn->chain[k] = c->tally.p[pn->chain[k] - 1].memo;
    }
}

/* ---- event sets ---- */

bool kf_event_set_has(const struct kf_plan *p, const struct kf_event_set *s, uint8_t type,
                      struct kf_str name)
{
    (void)p;
    if (!s->names)
        return s->every || type == KF_EVENT_TRACK || type == KF_EVENT_PAGE ||
               type == KF_EVENT_SCREEN;
    for (uint32_t i = 0; i < s->names->kids; i++) {
        struct kf_str word = s->names->kid[i]->value.text;
        uint8_t t = kf_event_type_parse(word);
        if (t != KF_EVENT_NONE ? t == type : name.n && kf_str_glob(word, name))
            return true;
    }
    return false;
}

static void mark_names(struct kf_plan *p, uint32_t set, struct kf_str word)
{
    uint64_t bit = 1ULL << (set % 64);
    uint32_t at = set / 64;
    if (!memchr(word.p, '*', word.n) && !memchr(word.p, '?', word.n)) {
        uint32_t name = kf_symbols_find(p->dict->name, word);
        if (name && name <= p->n_names)
            p->name_mask[(size_t)name * p->words + at] |= bit;
        return;
    }
    for (uint32_t i = 1; i <= p->n_names; i++)
        if (kf_str_glob(word, kf_symbols_text(p->dict->name, i)))
            p->name_mask[(size_t)i * p->words + at] |= bit;
}

/* What each type of event is in; `names` of any_event: what a person did, or every type. */
static void mask_types(struct kf_plan *p)
{
    p->type_mask = kf_arena_zalloc(&p->arena, 256u * p->words * sizeof *p->type_mask);
    for (uint32_t i = 0; i < p->sets.n; i++) {
        const struct kf_event_set *s = &p->sets.p[i];
        uint64_t bit = 1ULL << (i % 64), *mask = p->type_mask + i / 64;
        for (uint32_t t = 0; !s->names && t < 256; t++)
            if (kf_event_set_has(p, s, (uint8_t)t, kf_str(NULL, 0)))
                mask[t * p->words] |= bit;
        for (uint32_t k = 0; s->names && k < s->names->kids; k++) {
            uint8_t t = kf_event_type_parse(s->names->kid[k]->value.text);
            if (t != KF_EVENT_NONE)
                mask[t * p->words] |= bit;
        }
    }
}

static int mask_all_names(struct kf_plan *p, struct kf_error *err)
{
    free(p->name_mask);
    p->n_names = kf_symbols_count(p->dict->name);
    p->name_mask = calloc((size_t)(p->n_names + 1) * p->words, sizeof *p->name_mask);
    if (!p->name_mask)
        return kf_error_set(err, KF_E_NOMEM, "eval", "no memory for %u event names", p->n_names);
    for (uint32_t i = 0; i < p->sets.n; i++) {
        const struct kf_event_set *s = &p->sets.p[i];
        for (uint32_t k = 0; s->names && k < s->names->kids; k++) {
            struct kf_str word = s->names->kid[k]->value.text;
            if (kf_event_type_parse(word) == KF_EVENT_NONE)
                mark_names(p, i, word);
        }
    }
    return 0;
}

static int mask_sets(struct kf_plan *p, struct kf_error *err)
{
    p->words = (uint32_t)(p->sets.n + 63) / 64;
    if (!p->words)
        p->words = 1;
    mask_types(p);
    return mask_all_names(p, err);
}

/* ---- the plan ---- */

/* The amounts of a computed trait are converted into its unit. */
static void take_unit(struct kf_plan *p, const struct kf_rule *r)
{
    const struct kf_node *is = kf_rule_get(r, "is");
    const char *unit = kf_rule_text(r, "unit", NULL);
    if (r->kind == KF_KIND_COMPUTED && is && unit && kf_money_exponent(kf_cstr(unit)) >= 0)
        memcpy(p->node[is->id].cur, unit, 4);
}

static void settle(struct kf_plan *p, const struct kf_config *config, struct kf_dict *dict,
                   int64_t as_of)
{
    p->config = config;
    p->zone = config ? config->zone : NULL;
    p->rates = config ? config->rates : NULL;
    p->dict = dict;
    p->as_of = as_of;
}

int kf_plan_new(const struct kf_ruleset *s, const struct kf_config *config, struct kf_dict *dict,
                int64_t as_of, struct kf_plan **ret, struct kf_error *err)
{
    struct kf_plan *p = calloc(1, sizeof *p);
    if (!p)
        return kf_error_set(err, KF_E_NOMEM, "eval", "out of memory");
    p->rules = s;
    settle(p, config, dict, as_of);
    memcpy(p->cur, config && config->currency[0] ? config->currency : "EUR", 4);
    p->n_nodes = s->n_nodes;
    p->node = calloc(p->n_nodes + 1u, sizeof *p->node);
    struct compile c = {.p = p, .err = err};
    if (!p->node)
        c.rc = kf_error_set(err, KF_E_NOMEM, "eval", "no memory for %u nodes", p->n_nodes);
    for (uint32_t i = 0; i < s->n && !c.rc; i++) {
        enum kf_kind kind = s->rule[i]->kind;
        c.identity = kind == KF_KIND_LINK || kind == KF_KIND_NEVER_LINK || kind == KF_KIND_TRANSFER;
        if (s->rule[i]->body)
            compile_node(&c, s->rule[i]->body);
        if (!c.rc && s->rule[i]->body)
            take_unit(p, s->rule[i]);
    }
    if (!c.rc) {
        give_memos(&c);
        c.rc = mask_sets(p, err);
    }
    kf_vec_free(&c.tally);
    kf_vec_free(&c.slots);
    if (c.rc) {
        kf_plan_free(p);
        return c.rc;
    }
    *ret = p;
    return 0;
}

int kf_plan_again(struct kf_plan *p, int64_t as_of, struct kf_error *err)
{
    p->as_of = as_of;
    p->n_keys = p->n_needed = 0;
    p->needed = NULL;
    for (size_t i = 0; i < p->bound.n; i++)
        bind_node(p, &p->node[p->bound.p[i]]);
    return mask_all_names(p, err);
}

int kf_plan_like(const struct kf_plan *like, const struct kf_config *config, struct kf_dict *dict,
                 int64_t as_of, struct kf_plan **ret, struct kf_error *err)
{
    struct kf_plan *p = malloc(sizeof *p);
    if (!p)
        return kf_error_set(err, KF_E_NOMEM, "eval", "out of memory");
    *p = *like;
    p->like = true;
    p->arena = (struct kf_arena){0};
    p->name_mask = NULL;
    settle(p, config, dict, as_of);
    p->node = malloc((p->n_nodes + 1u) * sizeof *p->node);
    int rc = p->node ? 0 : kf_error_set(err, KF_E_NOMEM, "eval", "no memory for a plan");
    if (rc == 0) {
        memcpy(p->node, like->node, (p->n_nodes + 1u) * sizeof *p->node);
        rc = kf_plan_again(p, as_of, err);
    }
    if (rc) {
        kf_plan_free(p);
        return rc;
    }
    *ret = p;
    return 0;
}

int64_t kf_plan_as_of(const struct kf_plan *p)
{
    return p->as_of;
}

const struct kf_node *const *kf_plan_asking(const struct kf_plan *p, uint32_t *ret_n)
{
    *ret_n = (uint32_t)p->asking.n;
    return p->asking.p;
}

void kf_plan_free(struct kf_plan *p)
{
    if (!p)
        return;
    if (!p->like) {
        kf_vec_free(&p->sets);
        kf_vec_free(&p->bound);
        kf_vec_free(&p->asking);
    }
    free(p->name_mask);
    free(p->node);
    kf_arena_free(&p->arena);
    free(p);
}
