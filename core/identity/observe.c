#include "identity/observe.h"

#include "base/pool.h"
#include "base/vec.h"

#include <stdlib.h>

#define GRAIN 32768u
#define PER_EVENT                                                                                  \
    256 /* identifiers of one event; more are cut (a record that lists hundreds names nobody) */

typedef kf_vec(struct kf_id_signout) signouts;
typedef kf_vec(struct kf_id_statement) said;
typedef kf_vec(struct kf_id_transfer) transfers;
typedef kf_vec(struct kf_id_separation) separations;
typedef kf_vec(uint32_t) numbers;

/* A rule whose condition only names events, so that no evaluator is needed: NULL condition: always.
 */
struct matcher {
    const struct kf_rule *rule;
    const struct kf_node *when;
    const struct kf_node *const *bare; /* of a bare `event`, or of any of several; else NULL */
    uint32_t n_bare;
    bool off; /* not in force at as_of */
};

struct work {
    const struct kf_observe_options *o;
    struct matcher *link, *never, *transfer;
    uint32_t n_link, n_never, n_transfer;
    uint32_t logout[KF_ID_NAMESPACES]; /* event-name symbol, 0: none */
    bool any_logout, any_alias;
    uint64_t *off;
    uint32_t *ids;
    uint64_t *links;
    uint8_t *alias;
    uint64_t *chunk_total;
    numbers *found;    /* one a chunk: the identifiers of its events, until they have their place */
    signouts *signout; /* one a chunk */
    numbers *special;  /* one a chunk: events on which a never_link or transfer rule may hold */
};

uint32_t kf_identity_of_event(const struct kf_events *e, const struct kf_idset *ids, uint32_t event,
                              uint32_t *out, uint32_t cap)
{
    uint32_t n = 0;
    const uint32_t *raw = e->id_pool + e->at[event].id_off;
    for (uint16_t i = 0; i < e->at[event].id_n; i++) {
        uint32_t id = ids->of_raw[raw[i]];
        bool seen = id == KF_ID_NONE;
        for (uint32_t k = 0; !seen && k < n; k++)
            seen = out[k] == id;
        if (!seen && n < cap)
            out[n++] = id;
    }
    return n;
}

static bool takes_part(const struct work *w, size_t e)
{
    return !w->o->events->dropped[e] && (!w->o->subset || w->o->subset[e]);
}

/* Events lie in order, what their identifiers normalise to lies anywhere: asking for it this many
 * events ahead hides the misses. */
#define AHEAD 12u

static void ask_ahead(const struct work *w, size_t e, size_t to)
{
    const struct kf_events *es = w->o->events;
    if (e + AHEAD >= to)
        return;
    const uint32_t *raw = es->id_pool + es->at[e + AHEAD].id_off;
    for (uint16_t i = 0; i < es->at[e + AHEAD].id_n; i++)
        __builtin_prefetch(&w->o->ids->of_raw[raw[i]]);
}

static int count_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    (void)worker;
    (void)err;
    struct work *w = ctx;
    const struct kf_events *es = w->o->events;
    numbers *found = &w->found[from / GRAIN];
    for (size_t e = from; e < to; e++) {
        ask_ahead(w, e, to);
        w->off[e + 1] = 0;
        if (!takes_part(w, e))
            continue;
        uint32_t most = es->at[e].id_n < PER_EVENT ? es->at[e].id_n : PER_EVENT;
        kf_vec_reserve(found, most);
        uint32_t n = kf_identity_of_event(es, w->o->ids, (uint32_t)e, found->p + found->n, most);
        found->n += n;
        w->off[e + 1] = n;
    }
    w->chunk_total[from / GRAIN] = found->n;
    return 0;
}

static bool holds(struct kf_eval *ev, const struct matcher *m, uint32_t e, bool *set)
{
    if (m->off)
        return false;
    if (!m->when)
        return true;
    for (uint32_t i = 0; i < m->n_bare; i++)
        if (kf_eval_event_matches(ev, e, m->bare[i]->kid[0]))
            return true;
    if (m->n_bare)
        return false;
    if (!*set) {
        kf_eval_event(ev, e);
        *set = true;
    }
    return kf_eval_cond(ev, m->when) == KF_TRUE; /* what cannot be decided ties nobody */
}

static void sign_outs(struct work *w, uint32_t e, signouts *out)
{
    uint64_t ns = 0;
    uint32_t name = w->o->events->what[e].name;
    for (uint32_t i = 0; i < w->o->ids->rules.n_ns; i++)
        if (w->logout[i] && w->logout[i] == name)
            ns |= 1ULL << i;
    if (ns)
        *kf_vec_push(out) = (struct kf_id_signout){e, ns};
}

static int fill_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    (void)worker;
    struct work *w = ctx;
    struct kf_eval ev;
    int rc = kf_eval_init(&ev, w->o->plan, w->o->events, w->o->ops, w->o->ops_ctx, err);
    if (rc)
        return rc;
    size_t chunk = from / GRAIN;
    uint64_t at = w->chunk_total[chunk];
    numbers *found = &w->found[chunk];
    if (found->n)
        memcpy(w->ids + at, found->p, found->n * sizeof *found->p);
    kf_vec_free(found);
    for (size_t i = from; i < to; i++) {
        uint32_t e = (uint32_t)i, n = (uint32_t)w->off[i + 1];
        w->off[i + 1] = at + n;
        if (w->alias)
            w->alias[e] = w->o->events->what[e].type == KF_EVENT_ALIAS;
        if (!takes_part(w, e)) {
            if (w->links)
                w->links[e] = 0;
            continue;
        }
        at += n;
        bool set = false;
        uint64_t bits = 0;
        for (uint32_t k = 0; w->links && n > 1 && k < w->n_link; k++)
            if (holds(&ev, &w->link[k], e, &set))
                bits |= 1ULL << k;
        if (w->links)
            w->links[e] = bits;
        if (w->any_logout)
            sign_outs(w, e, &w->signout[chunk]);
        bool special = false;
        for (uint32_t k = 0; !special && k < w->n_never; k++)
            special = holds(&ev, &w->never[k], e, &set);
        for (uint32_t k = 0; !special && k < w->n_transfer; k++)
            special = holds(&ev, &w->transfer[k], e, &set);
        if (special)
            *kf_vec_push(&w->special[chunk]) = e;
    }
    kf_eval_free(&ev);
    return 0;
}

/* Conditions that only name events: `event "A"`, any { event "A", event "B" }. */
static void bare_events(struct matcher *m)
{
    const struct kf_node *n = m->when;
    if (n && n->op == KF_C_HAS) {
        m->bare = (const struct kf_node *const *)&m->when;
        m->n_bare = 1;
    } else if (n && n->op == KF_C_ANY) {
        m->bare = (const struct kf_node *const *)n->kid;
        m->n_bare = n->kids;
    }
    bool every = false;
    for (uint32_t i = 0; i < m->n_bare; i++) {
        const struct kf_node *select = m->bare[i]->op == KF_C_HAS ? m->bare[i]->kid[0] : NULL;
        if (!select || (select->op != KF_S_EVENT && select->op != KF_S_ANY)) {
            m->n_bare = 0;
            return;
        }
        every |= select->op == KF_S_ANY && !select->kids;
    }
    if (every) {
        m->when = NULL; /* any_event() holds for every event */
        m->n_bare = 0;
    }
}

static struct matcher *matchers(const struct kf_observe_options *o, enum kf_kind kind,
                                uint32_t *ret_n)
{
    const struct kf_rule *const *rule = kf_rules_kind(o->rules, kind, ret_n);
    struct matcher *m = calloc(*ret_n + 1u, sizeof *m);
    for (uint32_t i = 0; m && i < *ret_n; i++) {
        m[i].rule = rule[i];
        m[i].off = !kf_rule_in_force(rule[i], o->as_of);
        m[i].when = kf_rule_get(rule[i], "when");
        bare_events(&m[i]);
    }
    return m;
}

static void compile_logouts(struct work *w)
{
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(w->o->rules, KF_KIND_IDENTIFIERS, &n);
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t i = 0; i < rule[k]->body->kids; i++) {
            const struct kf_node *out = kf_map_get(rule[k]->body->kid[i], "logout");
            uint32_t ns = kf_idset_ns(w->o->ids, kf_cstr(rule[k]->body->key[i]));
            if (!out || ns == KF_ID_NONE)
                continue;
            w->logout[ns] = kf_symbols_find(w->o->events->dict->name, out->value.text);
            w->any_logout |= w->logout[ns] != 0;
        }
    }
}

/* ---- what few events carry: separations and transfers ---- */

/* `user_id`, `properties.x` or { "properties.x", as = "user_id" } -> identifiers of one event. */
static uint32_t fields(struct work *w, struct kf_eval *ev, uint32_t e, const struct kf_node *spec,
                       uint32_t *out, uint32_t cap)
{
    struct kf_str path, as = {NULL, 0};
    if (!spec)
        return 0;
    if (spec->op == KF_T_MAP) {
        const struct kf_node *p = kf_map_get(spec, "1"), *ns = kf_map_get(spec, "as");
        path = p ? p->value.text : kf_str(NULL, 0);
        as = ns ? ns->value.text : kf_str(NULL, 0);
    } else if (spec->op == KF_E_IDENTIFIER || spec->op == KF_E_PROPERTY) {
        path = spec->name;
    } else {
        path = spec->value.text;
    }
    uint32_t ns = kf_idset_ns(w->o->ids, path);
    uint32_t n = 0;
    if (ns != KF_ID_NONE) {
        uint32_t all[PER_EVENT],
            k = kf_identity_of_event(w->o->events, w->o->ids, e, all, PER_EVENT);
        for (uint32_t i = 0; i < k && n < cap; i++)
            if (w->o->ids->ns[all[i]] == ns)
                out[n++] = all[i];
        return n;
    }
    ns = kf_idset_ns(w->o->ids, as);
    struct kf_value v = kf_eval_property(ev, e, path);
    char number[32];
    struct kf_str text = v.text;
    if (v.type == KF_VAL_NUMBER)
        text = kf_str(number, kf_dec_format(v.number, number));
    else if (v.type != KF_VAL_TEXT)
        return 0;
    uint32_t id = ns == KF_ID_NONE ? KF_ID_NONE : kf_idset_add(w->o->ids, ns, text);
    if (id != KF_ID_NONE && cap)
        out[n++] = id;
    return n;
}

static void separate(struct work *w, struct kf_eval *ev, uint32_t e, const struct kf_rule *rule,
                     separations *out)
{
    const struct kf_node *sides = kf_rule_get(rule, "separate");
    if (!sides || sides->kids < 2)
        return;
    uint32_t a[PER_EVENT], b[PER_EVENT];
    uint32_t na = fields(w, ev, e, sides->kid[0], a, PER_EVENT),
             nb = fields(w, ev, e, sides->kid[1], b, PER_EVENT);
    for (uint32_t i = 0; i < na; i++)
        for (uint32_t k = 0; k < nb; k++)
            if (a[i] != b[k])
                *kf_vec_push(out) = (struct kf_id_separation){a[i], b[k], e, rule->name};
}

static void hand_over(struct work *w, struct kf_eval *ev, uint32_t e, const struct kf_rule *rule,
                      transfers *out)
{
    uint32_t x[PER_EVENT], to[PER_EVENT];
    uint32_t nx = fields(w, ev, e, kf_rule_get(rule, "identifier"), x, PER_EVENT);
    uint32_t nt = fields(w, ev, e, kf_rule_get(rule, "to"), to, PER_EVENT);
    int64_t t = w->o->events->time[e];
    for (uint32_t i = 0; i < nx; i++) {
        for (uint32_t k = 0; k < nt; k++)
            *kf_vec_push(out) = (struct kf_id_transfer){x[i], to[k], t, e, rule->name};
        if (!nt)
            *kf_vec_push(out) = (struct kf_id_transfer){x[i], KF_ID_NONE, t, e, rule->name};
    }
}

static int collect_special(struct work *w, size_t chunks, transfers *t, separations *s,
                           struct kf_error *err)
{
    struct kf_eval ev;
    int rc = kf_eval_init(&ev, w->o->plan, w->o->events, w->o->ops, w->o->ops_ctx, err);
    if (rc)
        return rc;
    for (size_t c = 0; c < chunks; c++) {
        for (size_t i = 0; i < w->special[c].n; i++) {
            uint32_t e = w->special[c].p[i];
            bool set = false;
            for (uint32_t k = 0; k < w->n_never; k++)
                if (holds(&ev, &w->never[k], e, &set))
                    separate(w, &ev, e, w->never[k].rule, s);
            for (uint32_t k = 0; k < w->n_transfer; k++)
                if (holds(&ev, &w->transfer[k], e, &set))
                    hand_over(w, &ev, e, w->transfer[k].rule, t);
        }
    }
    kf_eval_free(&ev);
    return 0;
}

static void collect_statements(struct work *w, said *out)
{
    const struct kf_id_rules *r = &w->o->ids->rules;
    const struct kf_statements *s = w->o->statements;
    int16_t *map = calloc(s->n_purpose + 1u, sizeof *map);
    for (uint32_t i = 0; map && i < s->n_purpose; i++) {
        map[i] = -1;
        for (uint32_t k = 0; k < r->n_purpose; k++)
            if (strcmp(r->purpose[k], s->purpose[i]) == 0)
                map[i] = (int16_t)k;
    }
    for (uint32_t i = 0; map && r->n_purpose && i < s->n; i++)
        if (map[s->row[i].purpose] >= 0)
            *kf_vec_push(out) = (struct kf_id_statement){s->row[i].event, map[s->row[i].purpose],
                                                         s->row[i].state == KF_SAID_GRANTED};
    free(map);
}

static uint32_t identifier_text(struct kf_idset *ids, const char *text)
{
    const char *eq = text ? strpbrk(text, "=:") : NULL;
    uint32_t ns = eq ? kf_idset_ns(ids, kf_str(text, (size_t)(eq - text))) : KF_ID_NONE;
    return ns == KF_ID_NONE ? KF_ID_NONE : kf_idset_add(ids, ns, kf_cstr(eq + 1));
}

static struct kf_id_decision *decisions(struct work *w, uint32_t *ret_n)
{
    static const char *const verb[] = {"join", "unlink", "keep_apart", "transfer"};
    struct kf_id_decision *d = calloc(w->o->n_decision + 1u, sizeof *d);
    uint32_t n = 0;
    for (uint32_t i = 0; d && i < w->o->n_decision; i++) {
        const struct kf_decision_text *t = &w->o->decision[i];
        uint32_t v = 0;
        while (v < 4 && strcmp(verb[v], t->verb) != 0)
            v++;
        uint32_t a = identifier_text(w->o->ids, t->a), b = identifier_text(w->o->ids, t->b);
        if (v == 4 || a == KF_ID_NONE || (b == KF_ID_NONE && v != 3))
            continue; /* about an identifier whose namespace is gone or that is junk now: holds
                         nobody */
        d[n++] = (struct kf_id_decision){(enum kf_id_verb)v, a, b, t->at, t->number};
    }
    *ret_n = n;
    return d;
}

/* ---- resolution ---- */

struct callbacks {
    const struct kf_idset *ids;
    const struct kf_events *events;
};

static struct kf_str value_of(const void *ctx, uint32_t id)
{
    return kf_idset_value(((const struct callbacks *)ctx)->ids, id);
}

static uint64_t hash_of(const void *ctx, uint32_t id)
{
    return kf_idset_hash(((const struct callbacks *)ctx)->ids, id);
}

static int order_of(const void *ctx, uint32_t a, uint32_t b)
{
    return kf_event_cmp(((const struct callbacks *)ctx)->events, a, b);
}

static int resolve(struct work *w, size_t chunks, struct kf_id_result **ret, struct kf_error *err)
{
    const struct kf_observe_options *o = w->o;
    signouts out = {0};
    said say = {0};
    transfers moved = {0};
    separations apart = {0};
    for (size_t c = 0; c < chunks; c++)
        for (size_t i = 0; i < w->signout[c].n; i++)
            *kf_vec_push(&out) = w->signout[c].p[i];
    int rc = collect_special(w, chunks, &moved, &apart, err);
    collect_statements(w, &say);
    struct kf_id_input in = {.rules = &o->ids->rules, .as_of = o->as_of};
    struct kf_id_decision *log = decisions(w, &in.n_decision);
    struct callbacks ctx = {o->ids, o->events};
    in.n_ids = o->ids->n;
    in.id_ns = o->ids->ns;
    in.id_value = value_of;
    in.id_hash = hash_of;
    in.event_cmp = order_of;
    in.ctx = &ctx;
    in.n_events = o->events->n;
    in.event_time = o->events->time;
    in.event_off = w->off;
    in.event_ids = w->ids;
    in.event_links = w->links;
    in.event_alias = w->alias;
    in.signout = out.p;
    in.n_signout = (uint32_t)out.n;
    in.statement = say.p;
    in.n_statement = (uint32_t)say.n;
    in.transfer = moved.p;
    in.n_transfer = (uint32_t)moved.n;
    in.separation = apart.p;
    in.n_separation = (uint32_t)apart.n;
    in.decision = log;
    in.threads = o->threads;
    in.want_links = o->want_links;
    if (rc == 0)
        rc = kf_identity_resolve(&in, ret, err);
    free(log);
    kf_vec_free(&out);
    kf_vec_free(&say);
    kf_vec_free(&moved);
    kf_vec_free(&apart);
    return rc;
}

static int observe(struct work *w, size_t chunks, struct kf_error *err)
{
    size_t n = w->o->events->n;
    int rc = kf_pool_run(w->o->threads, n, GRAIN, count_range, w, err);
    uint64_t total = 0;
    for (size_t c = 0; c < chunks; c++) {
        uint64_t here = w->chunk_total[c];
        w->chunk_total[c] = total;
        total += here;
    }
    if (rc == 0)
        w->ids = malloc((total + 1) * sizeof *w->ids);
    if (rc == 0 && !w->ids)
        rc = kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %llu observations",
                          (unsigned long long)total);
    return rc ? rc : kf_pool_run(w->o->threads, n, GRAIN, fill_range, w, err);
}

int kf_identity_observe(const struct kf_observe_options *o, struct kf_id_result **ret,
                        struct kf_error *err)
{
    struct work w = {.o = o};
    size_t n = o->events->n, chunks = n / GRAIN + 1;
    w.link = matchers(o, KF_KIND_LINK, &w.n_link);
    w.never = matchers(o, KF_KIND_NEVER_LINK, &w.n_never);
    w.transfer = matchers(o, KF_KIND_TRANSFER, &w.n_transfer);
    compile_logouts(&w);
    bool always = w.n_link > 0;
    for (uint32_t i = 0; i < w.n_link; i++)
        always &= !w.link[i].when && !w.link[i].off;
    w.any_alias = false;
    for (size_t i = 0; !w.any_alias && i < n; i++)
        w.any_alias = o->events->what[i].type == KF_EVENT_ALIAS;
    w.off = calloc(n + 1, sizeof *w.off);
    w.links = always ? NULL : malloc((n + 1) * sizeof *w.links);
    w.alias = w.any_alias ? malloc(n + 1) : NULL;
    w.chunk_total = calloc(chunks, sizeof *w.chunk_total);
    w.signout = calloc(chunks, sizeof *w.signout);
    w.found = calloc(chunks, sizeof *w.found);
    w.special = calloc(chunks, sizeof *w.special);
    bool ok = w.link && w.never && w.transfer && w.off && (always || w.links) && w.chunk_total &&
              w.signout && w.found && w.special && (!w.any_alias || w.alias);
    int rc = ok ? observe(&w, chunks, err)
                : kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %zu events", n);
    if (rc == 0)
        rc = resolve(&w, chunks, ret, err);
    for (size_t c = 0; c < chunks; c++) {
        if (w.signout)
            kf_vec_free(&w.signout[c]);
        if (w.found)
            kf_vec_free(&w.found[c]);
        if (w.special)
            kf_vec_free(&w.special[c]);
    }
    free(w.link);
    free(w.never);
    free(w.transfer);
    free(w.off);
    free(w.ids);
    free(w.links);
    free(w.alias);
    free(w.chunk_total);
    free(w.signout);
    free(w.found);
    free(w.special);
    return rc;
}
