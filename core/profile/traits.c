#include "profile/traits_internal.h"

#include "base/time.h"
#include "event/keys.h"
#include "identity/normalise.h"
#include "profile/fields.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- compiling ---- */

static const char *const KEEP[] = {"newest", "oldest", "min", "max", "sum", "set", "most_frequent"};
static const char *const TYPE[] = {"",     "text",  "number", "boolean", "date",
                                   "time", "money", "list",   "version"};

static enum trait_keep keep_of(const char *word)
{
    if (strcmp(word, "first_non_empty") == 0) /* empty is missing, so it is the oldest */
        return KEEP_OLDEST;
    for (unsigned i = 0; i < sizeof KEEP / sizeof *KEEP; i++)
        if (strcmp(KEEP[i], word) == 0)
            return (enum trait_keep)i;
    return KEEP_NEWEST;
}

static enum trait_type type_of(const char *word)
{
    for (unsigned i = 1; i < sizeof TYPE / sizeof *TYPE; i++)
        if (strcmp(TYPE[i], word) == 0)
            return (enum trait_type)i;
    return TRAIT_TEXT;
}

static bool has_root(const char *path)
{
    static const char *const root[] = {"context.", "traits.", "properties.", "event.", "consent."};
    for (unsigned i = 0; i < sizeof root / sizeof *root; i++)
        if (strncmp(path, root[i], strlen(root[i])) == 0)
            return true;
    return false;
}

static void add_use(struct kf_traits *t, struct trait_use u)
{
    if (u.key)
        t->use[t->n_use++] = u;
}

/* Is the path in no body, so that the evaluator has to be asked? */
static bool is_slow(struct kf_str path)
{
    static const char at[] = "context.location.";
    return (path.n > 6 && memcmp(path.p, "event.", 6) == 0) ||
           (path.n > sizeof at - 1 && memcmp(path.p, at, sizeof at - 1) == 0);
}

static void add_path(struct kf_traits *t, uint32_t trait, const char *path, uint16_t rank,
                     const struct kf_node *select)
{
    struct trait_def *d = &t->trait[trait];
    const char *full = has_root(path) ? path : kf_arena_printf(&t->arena, "properties.%s", path);
    struct kf_str p = kf_cstr(full);
    if (is_slow(p)) {
        d->slow_path[d->n_slow++] = (struct slow_path){p, select, rank};
        return;
    }
    struct trait_use u = {.trait = (uint16_t)trait, .rank = rank, .select = select};
    u.key = kf_symbols_find(t->w->events->dict->key, p);
    add_use(t, u);
}

static const struct kf_node *select_of(const struct kf_node *n)
{
    return n->op == KF_C_HAS && n->kids ? n->kid[0] : n;
}

static uint32_t paths_of(const struct kf_rule *r)
{
    const struct kf_node *from = r ? kf_rule_get(r, "from") : NULL;
    return !from ? 1 : from->cls == KF_CLASS_TABLE ? from->kids : 1;
}

/* `from`: a path, or a list of paths and of { event "A", "path" }; none: traits.NAME. */
static void compile_from(struct kf_traits *t, uint32_t trait)
{
    struct trait_def *d = &t->trait[trait];
    const struct kf_node *from = d->rule ? kf_rule_get(d->rule, "from") : NULL;
    d->slow_path = kf_arena_zalloc(&t->arena, paths_of(d->rule) * sizeof *d->slow_path);
    if (!from) {
        add_path(t, trait, kf_arena_printf(&t->arena, "traits.%.*s", (int)d->name.n, d->name.p), 0,
                 NULL);
        return;
    }
    if (!kf_rule_in_force(d->rule, t->w->as_of))
        return;
    bool table = from->cls == KF_CLASS_TABLE;
    for (uint32_t i = 0; i < (table ? from->kids : 1); i++) {
        const struct kf_node *k = table ? from->kid[i] : from;
        if (k->op == KF_T_LIST || k->op == KF_T_MAP) {
            if (k->kids >= 2 && kf_node_text(k->kid[1], 0))
                add_path(t, trait, kf_node_text(k->kid[1], 0), (uint16_t)i, select_of(k->kid[0]));
        } else if (k->op == KF_E_PROPERTY) {
            add_path(t, trait, kf_arena_strndup(&t->arena, k->name.p, k->name.n), (uint16_t)i,
                     NULL);
        } else if (kf_node_text(k, 0)) {
            add_path(t, trait, kf_node_text(k, 0), (uint16_t)i, NULL);
        }
    }
}

static void compile_sources(struct kf_traits *t, struct trait_def *d, const struct kf_node *list)
{
    uint32_t n = kf_node_texts(list);
    uint16_t *source = kf_arena_alloc(&t->arena, (n + 1) * sizeof *source);
    for (uint32_t i = 0; i < n; i++) {
        const char *name = kf_node_text(list, i);
        uint32_t s = name ? kf_symbols_find(t->w->events->dict->source, kf_cstr(name)) : 0;
        if (s)
            source[d->n_source++] = (uint16_t)(s - 1);
    }
    d->source = source;
}

static void compile_keep(struct kf_traits *t, struct trait_def *d)
{
    const struct kf_node *keep = kf_rule_get(d->rule, "keep");
    if (keep && keep->op == KF_T_MODEL) {
        d->keep = KEEP_BY_SOURCE;
        if (keep->kids)
            compile_sources(t, d, keep->kid[0]);
    } else if (keep && kf_node_text(keep, 0)) {
        d->keep = keep_of(kf_node_text(keep, 0));
    }
}

static int64_t before(const struct kf_world *w, int64_t t, const struct kf_const *length, int sign)
{
    if (length->type == KF_K_MONTHS)
        return kf_time_add_months(w->config ? w->config->zone : NULL, t, sign * length->months);
    return t + sign * length->ns;
}

static void compile_rule(struct kf_traits *t, uint32_t i)
{
    struct trait_def *d = &t->trait[i];
    const struct kf_rule *r = d->rule;
    const char *normalise = kf_rule_text(r, "normalise", NULL);
    d->type = type_of(kf_rule_text(r, "type", "text"));
    compile_keep(t, d);
    const char *unit = kf_rule_text(r, "unit", NULL);
    if (unit && strlen(unit) == 3)
        snprintf(d->unit, sizeof d->unit, "%s", unit);
    d->forget = kf_rule_get(r, "forget_after");
    if (d->forget)
        d->forget_until = before(t->w, t->w->as_of, &d->forget->value, -1);
    if (normalise) {
        d->normalise = normalise;
        d->normalise_ns = kf_idset_ns(t->w->ids, kf_cstr(normalise));
    }
}

static int cmp_use(const void *a, const void *b)
{
    const struct trait_use *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->trait != y->trait)
        return x->trait < y->trait ? -1 : 1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

static int cmp_name(const void *a, const void *b)
{
    return kf_str_cmp(*(const struct kf_str *)a, *(const struct kf_str *)b);
}

typedef kf_vec(struct kf_str) names;

static void asked_traits(const struct kf_ruleset *s, const struct kf_node *n, names *out)
{
    if (n->op == KF_E_TRAIT || n->op == KF_E_TRAIT_CHANGED || n->op == KF_E_TRAIT_PREVIOUS) {
        char name[256];
        if (n->name.n < sizeof name) {
            memcpy(name, n->name.p, n->name.n);
            name[n->name.n] = '\0';
            if (!kf_rules_find(s, KF_KIND_TRAIT, name) && !kf_rules_find(s, KF_KIND_COMPUTED, name))
                *kf_vec_push(out) = n->name;
        }
    }
    for (uint32_t i = 0; i < n->kids; i++)
        if (n->kid[i]->op != KF_K)
            asked_traits(s, n->kid[i], out);
}

static void undeclared(const struct kf_ruleset *s, names *out)
{
    for (uint32_t i = 0; i < s->n; i++)
        asked_traits(s, s->rule[i]->body, out);
    size_t n = 0;
    if (out->n)
        qsort(out->p, out->n, sizeof *out->p, cmp_name);
    for (size_t i = 0; i < out->n; i++)
        if (n == 0 || !kf_str_eq(out->p[n - 1], out->p[i]))
            out->p[n++] = out->p[i];
    out->n = n;
}

static void add_touch_keys(struct kf_traits *t)
{
    static const uint16_t key[] = {
        KF_KEY_CAMPAIGN_SOURCE,  KF_KEY_CAMPAIGN_MEDIUM, KF_KEY_CAMPAIGN_NAME, KF_KEY_CAMPAIGN_TERM,
        KF_KEY_CAMPAIGN_CONTENT, KF_KEY_GCLID,           KF_KEY_FBCLID,        KF_KEY_MSCLKID,
        KF_KEY_TTCLID,           KF_KEY_CLICK_ID,        KF_KEY_PAGE_REFERRER};
    for (unsigned i = 0; i < sizeof key / sizeof *key; i++)
        add_use(t, (struct trait_use){.key = key[i], .trait = TRAIT_TOUCH});
}

static int index_uses(struct kf_traits *t, struct kf_error *err)
{
    qsort(t->use, t->n_use, sizeof *t->use, cmp_use);
    t->n_keys = kf_symbols_count(t->w->events->dict->key) + 1;
    t->first_use = calloc(t->n_keys + 1u, sizeof *t->first_use);
    if (!t->first_use)
        return kf_error_set(err, KF_E_NOMEM, "profile", "no memory for %u property names",
                            t->n_keys);
    for (uint32_t i = t->n_use; i-- > 0;)
        if (t->use[i].key < t->n_keys)
            t->first_use[t->use[i].key] = (uint16_t)(i + 1);
    return 0;
}

int kf_traits_new(const struct kf_world *w, struct kf_traits **ret, struct kf_error *err)
{
    struct kf_traits *t = calloc(1, sizeof *t);
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(w->rules, KF_KIND_TRAIT, &n);
    names more = {0};
    if (!t)
        return kf_error_set(err, KF_E_NOMEM, "profile", "out of memory");
    undeclared(w->rules, &more);
    t->w = w;
    t->declared = n;
    t->n = n + (uint32_t)more.n;
    t->trait = kf_arena_zalloc(&t->arena, (t->n + 1) * sizeof *t->trait);
    uint32_t paths = 16;
    for (uint32_t i = 0; i < t->n; i++)
        paths += paths_of(i < n ? rule[i] : NULL);
    t->use = kf_arena_zalloc(&t->arena, paths * sizeof *t->use);
    for (uint32_t i = 0; i < t->n; i++) {
        t->trait[i] = (struct trait_def){.rule = i < n ? rule[i] : NULL,
                                         .name = i < n ? kf_cstr(rule[i]->name) : more.p[i - n],
                                         .forget_until = KF_TIME_MIN,
                                         .normalise_ns = KF_ID_NONE};
        if (i < n)
            compile_rule(t, i);
        compile_from(t, i);
    }
    kf_vec_free(&more);
    add_touch_keys(t);
    int rc = t->n >= TRAIT_TOUCH || t->n_use >= UINT16_MAX
                 ? kf_error_set(err, KF_E_CONFIG, "profile", "%u traits are too many", t->n)
                 : index_uses(t, err);
    if (rc) {
        kf_traits_free(t);
        return rc;
    }
    *ret = t;
    return 0;
}

void kf_traits_free(struct kf_traits *t)
{
    if (!t)
        return;
    free(t->first_use);
    kf_arena_free(&t->arena);
    free(t);
}

uint32_t kf_traits_count(const struct kf_traits *t)
{
    return t->n;
}

uint32_t kf_traits_declared(const struct kf_traits *t)
{
    return t->declared;
}

int kf_traits_find(const struct kf_traits *t, struct kf_str name)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (kf_str_eq(t->trait[i].name, name))
            return (int)i;
    return -1;
}

int64_t kf_trait_flip(const struct kf_traits *t, uint32_t trait, const struct kf_value *value)
{
    const struct trait_def *d = &t->trait[trait];
    if (!d->forget || value->event == UINT32_MAX || value->type == KF_VAL_MISSING)
        return KF_TIME_MAX;
    int64_t at = before(t->w, t->w->events->time[value->event], &d->forget->value, 1);
    return at > t->w->as_of ? at : KF_TIME_MAX;
}

/* ---- walking ---- */

struct kf_trait_fold {
    const struct kf_traits *t;
    struct trait_offer
        *one;          /* [n] newest and oldest: the offer that stands; event UINT32_MAX: none */
    trait_offers *all; /* [n] the others: every event's offer */
    uint8_t *says;
    size_t cap;
    struct kf_arena scratch;
    char buf[4096];
};

struct kf_trait_fold *kf_trait_fold_new(const struct kf_traits *t)
{
    struct kf_trait_fold *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->t = t;
    f->one = calloc(t->n + 1u, sizeof *f->one);
    f->all = calloc(t->n + 1u, sizeof *f->all);
    f->cap = 1024;
    f->says = malloc(f->cap);
    if (!f->one || !f->all || !f->says) {
        kf_trait_fold_free(f);
        return NULL;
    }
    return f;
}

void kf_trait_fold_free(struct kf_trait_fold *f)
{
    if (!f)
        return;
    for (uint32_t i = 0; f->all && i < f->t->n; i++)
        kf_vec_free(&f->all[i]);
    free(f->one);
    free(f->all);
    free(f->says);
    kf_arena_free(&f->scratch);
    free(f);
}

static bool ignored(const struct kf_traits *t, uint32_t ns, struct kf_str v)
{
    uint32_t n;
    const struct kf_rule *const *r = kf_rules_kind(t->w->rules, KF_KIND_IGNORE_VALUES, &n);
    for (uint32_t k = 0; k < n; k++) {
        const struct kf_node *l = kf_rule_get(r[k], t->w->ids->rules.ns[ns].name);
        for (uint32_t i = 0; l && i < kf_node_texts(l); i++)
            if (kf_node_text(l, i) && kf_str_glob_nocase(kf_cstr(kf_node_text(l, i)), v))
                return true;
    }
    return false;
}

/* The value as identifiers of the namespace are written; p NULL: junk, so missing. */
static struct kf_str normalised(struct kf_trait_fold *f, const struct trait_def *d,
                                const uint8_t *value)
{
    const struct kf_world *w = f->t->w;
    uint32_t raw = kf_field_ident(value), ns = d->normalise_ns;
    if (raw != UINT32_MAX && raw < w->ids->raw && ns != KF_ID_NONE && w->ids->ns[raw] == ns) {
        uint32_t id = w->ids->of_raw[raw];
        return id == KF_ID_NONE ? kf_str(NULL, 0) : kf_idset_value(w->ids, id);
    }
    struct kf_val v;
    kf_field_decode(w->events, value, &v);
    if (v.type != KF_V_TEXT || v.text.n > sizeof f->buf / 3 - 16)
        return kf_str(NULL, 0);
    size_t n = kf_identity_normalise(d->normalise, v.text, f->buf, sizeof f->buf);
    if (n == SIZE_MAX || n == 0)
        return kf_str(NULL, 0);
    struct kf_str s = kf_str(f->buf, n);
    if (ns != KF_ID_NONE && ignored(f->t, ns, s))
        return kf_str(NULL, 0);
    return kf_str(kf_arena_strndup(&f->scratch, s.p, s.n), s.n);
}

static bool is_empty_text(const struct kf_events *e, const uint8_t *value)
{
    if (*value == KF_V_TEXT)
        return value[1] == 0;
    if (*value != KF_V_SYM && *value != KF_V_IDENT)
        return false;
    struct kf_val v;
    kf_field_decode(e, value, &v);
    return v.text.n == 0;
}

/* Does an offer of the same event stand in the way of a new one? What is there beats null, earlier
 * paths beat later ones. */
static bool stands(const struct trait_offer *old, const struct trait_offer *new)
{
    if (old->event != new->event)
        return false;
    return old->null != new->null ? new->null : old->rank <= new->rank;
}

static void take(struct kf_trait_fold *f, uint32_t trait, const struct trait_offer *o)
{
    enum trait_keep keep = f->t->trait[trait].keep;
    struct trait_offer *one = &f->one[trait];
    if (o->null && keep != KEEP_NEWEST && keep != KEEP_BY_SOURCE)
        return;
    if (keep <= KEEP_OLDEST) {
        bool first = one->event == UINT32_MAX;
        if (first || (!stands(one, o) && (keep == KEEP_NEWEST || one->event == o->event)))
            *one = *o;
        return;
    }
    trait_offers *all = &f->all[trait];
    if (all->n && all->p[all->n - 1].event == o->event) {
        if (!stands(&all->p[all->n - 1], o))
            all->p[all->n - 1] = *o;
    } else {
        *kf_vec_push(all) = *o;
    }
}

static void offer(struct kf_trait_fold *f, struct kf_eval *ev, const struct trait_use *u,
                  uint32_t event, const uint8_t *value)
{
    const struct trait_def *d = &f->t->trait[u->trait];
    const struct kf_events *e = f->t->w->events;
    if (e->time[event] <= d->forget_until)
        return;
    if (u->select && !kf_eval_event_matches(ev, event, u->select))
        return;
    struct trait_offer o = {.value = value, .event = event, .key = u->key, .rank = u->rank};
    if (*value == KF_V_NULL) {
        o.null = true;
        o.value = NULL;
    } else if (is_empty_text(e, value)) {
        return;
    } else if (d->normalise) {
        o.text = normalised(f, d, value);
        if (!o.text.p)
            return;
    }
    take(f, u->trait, &o);
}

static void offer_slow(struct kf_trait_fold *f, struct kf_eval *ev, uint32_t trait, uint32_t event)
{
    const struct trait_def *d = &f->t->trait[trait];
    if (f->t->w->events->time[event] <= d->forget_until)
        return;
    for (uint32_t i = 0; i < d->n_slow; i++) {
        const struct slow_path *s = &d->slow_path[i];
        if (s->select && !kf_eval_event_matches(ev, event, s->select))
            continue;
        struct trait_offer o = {.event = event, .rank = s->rank};
        o.made = kf_eval_property(ev, event, s->path);
        if (o.made.type != KF_VAL_MISSING)
            take(f, trait, &o);
    }
}

static void walk(struct kf_trait_fold *f, struct kf_eval *ev, uint32_t event, uint8_t *says)
{
    const struct kf_traits *t = f->t;
    struct kf_fields body = kf_fields_of(t->w->events->what[event].body);
    uint32_t key;
    const uint8_t *value;
    while (kf_field_next(&body, &key, &value)) {
        if (key >= t->n_keys || !t->first_use[key])
            continue;
        const struct trait_use *u = &t->use[t->first_use[key] - 1], *end = t->use + t->n_use;
        for (; u < end && u->key == key; u++) {
            if (u->trait == TRAIT_TOUCH)
                *says = *says || (*value != KF_V_NULL && !is_empty_text(t->w->events, value));
            else
                offer(f, ev, u, event, value);
        }
    }
    for (uint32_t i = 0; i < t->n; i++)
        if (t->trait[i].n_slow)
            offer_slow(f, ev, i, event);
}

void kf_trait_fold_reset(struct kf_trait_fold *f)
{
    kf_arena_reset(&f->scratch);
}

static void start(struct kf_trait_fold *f, uint32_t n)
{
    if (n > f->cap)
        f->says = kf_vec_grow(f->says, &f->cap, n, 1);
    for (uint32_t i = 0; i < f->t->n; i++) {
        f->one[i].event = UINT32_MAX;
        f->all[i].n = 0;
    }
}

void kf_trait_fold_run(struct kf_trait_fold *f, struct kf_eval *ev, const uint32_t *event,
                       uint32_t n, struct kf_value *value, const uint8_t **ret_says)
{
    start(f, n);
    memset(f->says, 0, n);
    for (uint32_t i = 0; i < n; i++)
        walk(f, ev, event[i], &f->says[i]);
    for (uint32_t i = 0; i < f->t->n; i++) {
        const struct trait_def *d = &f->t->trait[i];
        if (d->keep <= KEEP_OLDEST)
            value[i] = f->one[i].event == UINT32_MAX
                           ? (struct kf_value){.type = KF_VAL_MISSING, .event = UINT32_MAX}
                           : trait_value(f->t, d, &f->one[i], &f->scratch);
        else
            value[i] = trait_survivor(f->t, d, f->all[i].p, f->all[i].n, &f->scratch);
    }
    *ret_says = f->says;
}

/* ---- history ---- */

static void gather(struct kf_trait_fold *f, struct kf_eval *ev, uint32_t trait, uint32_t event,
                   trait_offers *out)
{
    const struct kf_traits *t = f->t;
    struct kf_fields body = kf_fields_of(t->w->events->what[event].body);
    uint32_t key;
    const uint8_t *value;
    f->one[trait].event = UINT32_MAX;
    f->all[trait].n = 0;
    while (kf_field_next(&body, &key, &value)) {
        if (key >= t->n_keys || !t->first_use[key])
            continue;
        const struct trait_use *u = &t->use[t->first_use[key] - 1], *end = t->use + t->n_use;
        for (; u < end && u->key == key; u++)
            if (u->trait == trait)
                offer(f, ev, u, event, value);
    }
    if (t->trait[trait].n_slow)
        offer_slow(f, ev, trait, event);
    if (f->one[trait].event != UINT32_MAX)
        *kf_vec_push(out) = f->one[trait];
    else if (f->all[trait].n)
        *kf_vec_push(out) = f->all[trait].p[0];
}

uint32_t kf_trait_history(struct kf_trait_fold *f, struct kf_eval *ev, uint32_t trait,
                          const uint32_t *event, uint32_t n, struct kf_arena *arena,
                          const struct kf_trait_change **ret)
{
    const struct trait_def *d = &f->t->trait[trait];
    trait_offers offers = {0};
    kf_vec(struct kf_trait_change) steps = {0};
    for (uint32_t i = 0; i < n; i++)
        gather(f, ev, trait, event[i], &offers);
    struct kf_value last = {.type = KF_VAL_MISSING, .event = UINT32_MAX};
    for (size_t i = 0; i < offers.n; i++) {
        struct kf_value v;
        if (d->keep == KEEP_NEWEST)
            v = trait_value(f->t, d, &offers.p[i], arena);
        else if (d->keep == KEEP_OLDEST)
            v = trait_value(f->t, d, &offers.p[0], arena);
        else
            v = trait_survivor(f->t, d, offers.p, i + 1, arena);
        if (v.type == last.type && trait_value_cmp(&v, &last) == 0)
            continue;
        *kf_vec_push(&steps) = (struct kf_trait_change){v, offers.p[i].event};
        last = v;
    }
    struct kf_trait_change *out = kf_arena_alloc(arena, (steps.n + 1) * sizeof *out);
    if (steps.n)
        memcpy(out, steps.p, steps.n * sizeof *out);
    uint32_t count = (uint32_t)steps.n;
    kf_vec_free(&steps);
    kf_vec_free(&offers);
    *ret = out;
    return count;
}
