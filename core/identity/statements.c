#include "identity/statements.h"

#include "base/pool.h"
#include "base/vec.h"
#include "event/keys.h"

#include <pthread.h>
#include <stdlib.h>

/* Where a reader of a `consent` rule's `from` finds its statement. */
enum reader_kind { READ_FIELD, READ_BOOL, READ_GOOGLE, READ_TCF, READ_GPC };

struct reader {
    enum reader_kind kind;
    uint32_t key; /* path in the dictionary */
    uint32_t tcf; /* purposes that must all be consented, a bit each */
    uint16_t purpose;
    uint32_t rule;
};

typedef kf_vec(struct reader) readers;
typedef kf_vec(struct kf_statement) statements;

struct work {
    const struct kf_plan *plan;
    const struct kf_ruleset *rules;
    const struct kf_events *events;
    const uint8_t *subset;
    const struct kf_eval_ops *ops;
    void *ops_ctx;
    const struct kf_statements *names;
    readers reader;
    uint8_t *is_read; /* by key: some reader looks at it */
    uint32_t n_keys;
    const struct kf_rule *const *rule; /* consent rules */
    uint32_t n_rules;
    bool conditions;
    statements *out; /* one a chunk */
    size_t grain;
};

/* ---- names of purposes ---- */

typedef kf_vec(const char *) name_list;

static void name_add(name_list *l, struct kf_arena *a, struct kf_str t)
{
    for (size_t i = 0; i < l->n; i++)
        if (kf_str_eq(kf_cstr(l->p[i]), t))
            return;
    *kf_vec_push(l) = kf_arena_strndup(a, t.p, t.n);
}

static void names_required(name_list *l, struct kf_arena *a, const struct kf_rule *r)
{
    const struct kf_node *n = kf_rule_get(r, "requires_consent");
    for (uint32_t i = 0; n && i < kf_node_texts(n); i++)
        name_add(l, a, kf_cstr(kf_node_text(n, i)));
}

static int cmp_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect_names(const struct kf_plan *plan, const struct kf_ruleset *rules,
                          const struct kf_dict *d, struct kf_arena *a, struct kf_statements *ret)
{
    name_list l = {0};
    uint32_t n_asking;
    const struct kf_node *const *asking = kf_plan_asking(plan, &n_asking);
    for (uint32_t i = 0; i < rules->n; i++) {
        if (rules->rule[i]->kind == KF_KIND_CONSENT)
            name_add(&l, a, kf_cstr(rules->rule[i]->name));
        names_required(&l, a, rules->rule[i]);
    }
    for (uint32_t i = 0; i < n_asking; i++)
        if (asking[i]->op == KF_E_CONSENT || asking[i]->op == KF_E_CONSENT_TIME)
            name_add(&l, a, asking[i]->name);
    uint32_t n = kf_symbols_count(d->key);
    for (uint32_t i = 1; i <= n; i++) {
        struct kf_str k = kf_symbols_text(d->key, i);
        if (k.n > 8 && memcmp(k.p, "consent.", 8) == 0)
            name_add(&l, a, kf_str(k.p + 8, k.n - 8));
    }
    if (l.n)
        qsort(l.p, l.n, sizeof *l.p, cmp_name);
    const char **copy = kf_arena_alloc(a, (l.n + 1) * sizeof *copy);
    if (l.n)
        memcpy(copy, l.p, l.n * sizeof *copy);
    ret->purpose = copy;
    ret->n_purpose = (uint32_t)l.n;
    kf_vec_free(&l);
}

int kf_statements_purpose(const struct kf_statements *s, struct kf_str name)
{
    for (uint32_t i = 0; i < s->n_purpose; i++)
        if (kf_str_eq(kf_cstr(s->purpose[i]), name))
            return (int)i;
    return -1;
}

/* ---- readers ---- */

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* Bits of the core segment as the IAB's "Consent string and vendor list formats v2" lays them out:
 * version 6, created 36, updated 36, CMP id 12, CMP version 12, screen 6, language 12, list version
 * 12, policy version 6, service-specific 1, non-standard texts 1, special features 12: the
 * purposes' consents start at bit 152. */
bool kf_tcf_purposes(struct kf_str s, uint32_t *ret)
{
    uint32_t bits = 0;
    if (s.n < 30 || base64_value(s.p[0]) != 2)
        return false; /* the first six bits are the version */
    for (unsigned i = 0; i < 24; i++) {
        unsigned bit = 152 + i;
        int v = base64_value(s.p[bit / 6]);
        if (v < 0)
            return false;
        if ((unsigned)v >> (5 - bit % 6) & 1)
            bits |= 1u << i;
    }
    *ret = bits;
    return true;
}

static uint32_t tcf_list(struct kf_str t)
{
    uint32_t bits = 0, n = 0;
    for (size_t i = 0; i <= t.n; i++) {
        if (i < t.n && t.p[i] >= '0' && t.p[i] <= '9') {
            n = n * 10 + (uint32_t)(t.p[i] - '0');
        } else {
            if (n >= 1 && n <= 24)
                bits |= 1u << (n - 1);
            n = 0;
        }
    }
    return bits;
}

static void add_reader(struct work *w, enum reader_kind kind, const char *prefix,
                       struct kf_str rest, struct reader base)
{
    char path[256];
    size_t n = strlen(prefix);
    if (n + rest.n >= sizeof path)
        return;
    memcpy(path, prefix, n);
    if (rest.n)
        memcpy(path + n, rest.p, rest.n);
    base.kind = kind;
    base.key = kf_symbols_find(w->events->dict->key, kf_str(path, n + rest.n));
    if (base.key)
        *kf_vec_push(&w->reader) = base;
}

static void compile_reader(struct work *w, struct kf_str from, struct reader base)
{
    const char *colon = memchr(from.p, ':', from.n);
    size_t n = colon ? (size_t)(colon - from.p) : from.n;
    struct kf_str kind = kf_str(from.p, n),
                  rest = colon ? kf_str(colon + 1, from.n - n - 1) : kf_str("", 0);
    if (kf_str_eq(kind, kf_cstr("segment"))) {
        add_reader(w, READ_BOOL, "context.consent.category_preferences.", rest, base);
    } else if (kf_str_eq(kind, kf_cstr("google"))) {
        add_reader(w, READ_GOOGLE, "context.consent.google.", rest, base);
        add_reader(w, READ_GOOGLE, "context.consent.", rest, base);
    } else if (kf_str_eq(kind, kf_cstr("tcf"))) {
        base.tcf = tcf_list(rest);
        add_reader(w, READ_TCF, "context.consent.tcf", kf_str("", 0), base);
        add_reader(w, READ_TCF, "context.consent.tc_string", kf_str("", 0), base);
    } else if (kf_str_eq(kind, kf_cstr("gpc"))) {
        add_reader(w, READ_GPC, "context.consent.gpc", kf_str("", 0), base);
        add_reader(w, READ_GPC, "context.gpc", kf_str("", 0), base);
    }
}

static void compile(struct work *w)
{
    w->rule = kf_rules_kind(w->rules, KF_KIND_CONSENT, &w->n_rules);
    for (uint32_t i = 0; i < w->n_rules; i++) {
        struct reader base = {.rule = w->rule[i]->number};
        if (!kf_rule_in_force(w->rule[i], kf_plan_as_of(w->plan)))
            continue;
        base.purpose = (uint16_t)kf_statements_purpose(w->names, kf_cstr(w->rule[i]->name));
        const struct kf_node *from = kf_rule_get(w->rule[i], "from");
        for (uint32_t k = 0; from && k < from->kids; k++)
            compile_reader(w, from->kid[k]->value.text, base);
        if (kf_rule_get(w->rule[i], "granted") || kf_rule_get(w->rule[i], "denied"))
            w->conditions = true;
    }
    for (uint32_t i = 0; i < w->names->n_purpose; i++) {
        struct reader base = {.rule = UINT32_MAX, .purpose = (uint16_t)i};
        add_reader(w, READ_FIELD, "consent.", kf_cstr(w->names->purpose[i]), base);
    }
    w->n_keys = kf_symbols_count(w->events->dict->key) + 1;
    w->is_read = calloc(w->n_keys, 1);
    for (size_t i = 0; w->is_read && i < w->reader.n; i++)
        w->is_read[w->reader.p[i].key] = 1;
}

/* 0: this value says nothing. */
static uint8_t said(const struct reader *r, const struct kf_val *v)
{
    bool text = v->type == KF_V_TEXT;
    uint32_t bits;
    switch (r->kind) {
    case READ_FIELD:
    case READ_BOOL:
    case READ_GOOGLE:
        if (v->type == KF_V_TRUE || (text && kf_str_eq(v->text, kf_cstr("granted"))))
            return KF_SAID_GRANTED;
        return v->type == KF_V_FALSE || (text && v->text.n) ? KF_SAID_DENIED : 0;
    case READ_TCF:
        if (!text || !kf_tcf_purposes(v->text, &bits))
            return 0;
        return (bits & r->tcf) == r->tcf ? KF_SAID_GRANTED : KF_SAID_DENIED;
    case READ_GPC:
        if (v->type == KF_V_TRUE || (text && kf_str_eq(v->text, kf_cstr("1"))) ||
            (v->type == KF_V_DEC && v->dec.m == 1))
            return KF_SAID_DENIED; /* it never grants */
        return 0;
    }
    return 0;
}

static void put(statements *out, size_t first, uint32_t event, uint16_t purpose, uint8_t state,
                uint32_t rule)
{
    for (size_t i = first; i < out->n; i++) {
        struct kf_statement *s = &out->p[i];
        if (s->purpose != purpose)
            continue;
        if (state > s->state || (state == s->state && rule < s->rule)) {
            s->state = state;
            s->rule = rule;
        }
        return;
    }
    *kf_vec_push(out) = (struct kf_statement){event, purpose, state, rule};
}

static int cmp_statement(const void *a, const void *b)
{
    const struct kf_statement *x = a, *y = b;
    return (x->purpose > y->purpose) - (x->purpose < y->purpose);
}

static void read_event(const struct work *w, struct kf_eval *ev, uint32_t e, statements *out)
{
    size_t first = out->n;
    const uint8_t *at = NULL;
    uint32_t key;
    struct kf_val v;
    while (w->reader.n && kf_body_next_of(w->events, e, w->is_read, w->n_keys, &at, &key, &v)) {
        for (size_t i = 0; i < w->reader.n; i++) {
            const struct reader *r = &w->reader.p[i];
            uint8_t state = r->key == key ? said(r, &v) : 0;
            if (state)
                put(out, first, e, r->purpose, state, r->rule);
        }
    }
    if (w->conditions) {
        kf_eval_event(ev, e);
        for (uint32_t i = 0; i < w->n_rules; i++) {
            const struct kf_rule *rule = w->rule[i];
            if (!kf_rule_in_force(rule, kf_plan_as_of(w->plan)))
                continue;
            const struct kf_node *yes = kf_rule_get(rule, "granted"),
                                 *no = kf_rule_get(rule, "denied");
            uint16_t purpose = (uint16_t)kf_statements_purpose(w->names, kf_cstr(rule->name));
            /* What cannot be decided is not a grant; a denial that may be one is taken for one. */
            if (yes && kf_eval_cond(ev, yes) == KF_TRUE)
                put(out, first, e, purpose, KF_SAID_GRANTED, rule->number);
            if (no && kf_eval_cond(ev, no) != KF_FALSE)
                put(out, first, e, purpose, KF_SAID_DENIED, rule->number);
        }
    }
    if (out->n - first > 1)
        qsort(out->p + first, out->n - first, sizeof *out->p, cmp_statement);
}

static int read_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    (void)worker;
    struct work *w = ctx;
    struct kf_eval ev;
    int rc = kf_eval_init(&ev, w->plan, w->events, w->ops, w->ops_ctx, err);
    if (rc)
        return rc;
    statements *out = &w->out[from / w->grain];
    for (size_t e = from; e < to; e++)
        if (!w->events->dropped[e] && (!w->subset || w->subset[e]))
            read_event(w, &ev, (uint32_t)e, out);
    kf_eval_free(&ev);
    return 0;
}

static int gather(struct work *w, size_t chunks, struct kf_statements *ret, struct kf_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < chunks; i++)
        n += w->out[i].n;
    if (n > UINT32_MAX - 1)
        return kf_error_set(err, KF_E_LIMIT, "identity", "more than 2^32 consent statements");
    ret->row = malloc((n + 1) * sizeof *ret->row);
    if (!ret->row)
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %zu consent statements", n);
    for (size_t i = 0; i < chunks; i++) {
        if (w->out[i].n)
            memcpy(ret->row + ret->n, w->out[i].p, w->out[i].n * sizeof *ret->row);
        ret->n += (uint32_t)w->out[i].n;
    }
    return 0;
}

int kf_statements_read(const struct kf_plan *plan, const struct kf_ruleset *rules,
                       const struct kf_events *events, const uint8_t *subset,
                       const struct kf_eval_ops *ops, void *ops_ctx, unsigned threads,
                       struct kf_arena *arena, struct kf_statements *ret, struct kf_error *err)
{
    struct kf_statements s = {0};
    collect_names(plan, rules, events->dict, arena, &s);
    struct work w = {.plan = plan,
                     .rules = rules,
                     .events = events,
                     .subset = subset,
                     .ops = ops,
                     .ops_ctx = ops_ctx};
    w.names = &s;
    w.grain = 32768;
    compile(&w);
    int rc = 0;
    size_t chunks = events->n / w.grain + 1;
    if (s.n_purpose && (w.reader.n || w.conditions)) {
        w.out = calloc(chunks, sizeof *w.out);
        rc = w.out ? kf_pool_run(threads, events->n, w.grain, read_range, &w, err)
                   : kf_error_set(err, KF_E_NOMEM, "identity", "out of memory");
        if (rc == 0)
            rc = gather(&w, chunks, &s, err);
        for (size_t i = 0; w.out && i < chunks; i++)
            kf_vec_free(&w.out[i]);
        free(w.out);
    }
    kf_vec_free(&w.reader);
    free(w.is_read);
    if (rc)
        kf_statements_free(&s);
    else
        *ret = s;
    return rc;
}

void kf_statements_free(struct kf_statements *s)
{
    free(s->row);
    s->row = NULL;
    s->n = 0;
}
