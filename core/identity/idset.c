#include "identity/idset.h"

#include "base/hash.h"
#include "base/pool.h"
#include "base/vec.h"
#include "base/phone.h"
#include "identity/normalise.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_VALUE                                                                                  \
    900 /* longest identifier that an index of the store takes in one page (STORE, limits) */

#define PENDING (KF_ID_NONE - 1)

/* Patterns of one namespace. Literal ones are compared by length first: most lists are words like
 * "null". */
struct kf_id_pattern {
    struct kf_str *ignore;
    bool *literal;
    uint32_t n_ignore;
    struct kf_str matches;
    const char *normalise;
    const char *region;                /* of telephone numbers; NULL: digits as they are */
    const struct kf_id_domain *domain; /* of mail addresses */
    uint32_t n_domain;
    bool hashed; /* an identifier is the SHA-256 of the value; what is one already stays */
};

/* The value under which an identifier is known, before patterns drop it. */
static size_t known_as(const struct kf_id_pattern *p, struct kf_str value, char *out, size_t cap)
{
    if (p->hashed && kf_identity_hashed(kf_str_trim(value)))
        return kf_identity_normalise("sha256", value, out, cap);
    struct kf_str v = kf_str_trim(value);
    size_t n = p->region ? kf_phone_e164(v.p, v.n, p->region, out, cap) : 0;
    if (n)
        return n;
    n = kf_identity_normalise(p->normalise, value, out, cap);
    if (n != SIZE_MAX && p->n_domain)
        n = kf_identity_mailbox(p->domain, p->n_domain, out, n, cap);
    return n;
}

/* The last step, for what has passed the patterns. */
static size_t hide(const struct kf_id_pattern *p, char *out, size_t n)
{
    char hex[65];
    if (!p->hashed || kf_identity_hashed(kf_str(out, n)))
        return n;
    kf_sha256_hex(out, n, hex);
    memcpy(out, hex, 64);
    return 64;
}

static int dropped(const struct kf_id_pattern *p, struct kf_str v)
{
    for (uint32_t i = 0; i < p->n_ignore; i++) {
        if (p->literal[i]
                ? p->ignore[i].n == v.n && g_ascii_strncasecmp(p->ignore[i].p, v.p, v.n) == 0
                : kf_str_glob_nocase(p->ignore[i], v))
            return KF_WHY_IGNORED;
    }
    return p->matches.p && !kf_str_glob(p->matches, v) ? KF_WHY_MATCHES : 0;
}

/* ---- compiling the rules ---- */

static const struct kf_node *positional(const struct kf_node *n, uint32_t i)
{
    char key[12];
    if (!n)
        return NULL;
    if (n->op == KF_T_LIST)
        return i <= n->kids ? n->kid[i - 1] : NULL;
    snprintf(key, sizeof key, "%u", i);
    return kf_map_get(n, key);
}

static uint32_t number_of(const struct kf_node *n)
{
    return n && n->op == KF_K && n->value.type == KF_K_NUMBER && n->value.number.m > 0
               ? (uint32_t)kf_dec_double(n->value.number)
               : 0;
}

static int64_t length_of(const struct kf_node *n)
{
    return n && n->op == KF_K && n->value.type == KF_K_LENGTH ? n->value.ns : 0;
}

static struct kf_str text_of(const struct kf_node *n)
{
    return n && n->op == KF_K && n->value.type == KF_K_TEXT ? n->value.text : kf_str(NULL, 0);
}

static const char *z_of(struct kf_idset *s, const struct kf_node *n)
{
    struct kf_str t = text_of(n);
    return t.p ? kf_arena_strndup(&s->arena, t.p, t.n) : NULL;
}

static enum kf_id_policy policy_of(struct kf_str t)
{
    for (int p = KF_ID_AMBIGUOUS; p <= KF_ID_RESET_ON_LOGOUT; p++)
        if (kf_str_eq(t, kf_cstr(kf_identity_policy_name((enum kf_id_policy)p))))
            return (enum kf_id_policy)p;
    return KF_ID_AMBIGUOUS;
}

static void compile_namespace(struct kf_idset *s, const char *name, const struct kf_node *m,
                              struct kf_id_namespace *ns)
{
    *ns = (struct kf_id_namespace){.name = kf_arena_strdup(&s->arena, name), .history = -1};
    ns->rank = number_of(kf_map_get(m, "rank"));
    const struct kf_node *per = kf_map_get(m, "per_profile");
    if (per && per->op == KF_K) {
        ns->per_profile = number_of(per);
    } else if (per) {
        ns->per_profile = number_of(positional(per, 1));
        ns->within = length_of(kf_map_get(per, "within"));
    }
    ns->when_shared = policy_of(text_of(kf_map_get(m, "when_shared")));
    ns->expires_after = length_of(kf_map_get(m, "expires_after"));
    const struct kf_node *h = kf_map_get(m, "history");
    if (h && h->value.type == KF_K_LENGTH)
        ns->history = h->value.ns;
    else if (h && kf_str_eq(text_of(h), kf_cstr("none")))
        ns->history = 0;
    ns->shared_above = number_of(kf_map_get(m, "shared_above"));
}

struct by_rank {
    const char *name;
    const struct kf_node *map;
    uint32_t rank;
};

static int cmp_rank(const void *a, const void *b)
{
    const struct by_rank *x = a, *y = b;
    return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank)
                              : strcmp(x->name, y->name);
}

/* domains = { ["gmail.com"] = { ignore = { "dots", "plus_tags" }, same_as = "..." } } */
static void compile_domains(struct kf_idset *s, const struct kf_node *m, struct kf_id_pattern *pat)
{
    const struct kf_node *list = kf_map_get(m, "domains");
    uint32_t n = list && list->key ? list->kids : 0;
    struct kf_id_domain *d = kf_arena_zalloc(&s->arena, (n + 1) * sizeof *d);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_node *ignore = kf_map_get(list->kid[i], "ignore");
        d[i].name = kf_cstr(kf_arena_strdup(&s->arena, list->key[i]));
        d[i].same_as = text_of(kf_map_get(list->kid[i], "same_as"));
        for (uint32_t k = 0; ignore && k < ignore->kids; k++) {
            d[i].dots |= kf_str_eq(text_of(ignore->kid[k]), kf_cstr("dots"));
            d[i].plus_tags |= kf_str_eq(text_of(ignore->kid[k]), kf_cstr("plus_tags"));
        }
    }
    pat->domain = d;
    pat->n_domain = n;
    pat->hashed = text_of(kf_map_get(m, "hashed")).p != NULL;
}

static void compile_patterns(struct kf_idset *s, const struct kf_ruleset *rules,
                             const struct by_rank *row, uint32_t n)
{
    struct kf_id_pattern *pat = kf_arena_zalloc(&s->arena, (n + 1) * sizeof *pat);
    uint32_t n_ignore;
    const struct kf_rule *const *ignore = kf_rules_kind(rules, KF_KIND_IGNORE_VALUES, &n_ignore);
    for (uint32_t i = 0; i < n; i++) {
        pat[i].matches = text_of(kf_map_get(row[i].map, "matches"));
        pat[i].normalise = z_of(s, kf_map_get(row[i].map, "normalise"));
        pat[i].region = z_of(s, kf_map_get(row[i].map, "region"));
        compile_domains(s, row[i].map, &pat[i]);
        uint32_t total = 0;
        for (uint32_t k = 0; k < n_ignore; k++) {
            const struct kf_node *l = kf_rule_get(ignore[k], row[i].name);
            total += l ? l->kids : 0;
        }
        pat[i].ignore = kf_arena_alloc(&s->arena, (total + 1) * sizeof *pat[i].ignore);
        pat[i].literal = kf_arena_alloc(&s->arena, total + 1);
        for (uint32_t k = 0; k < n_ignore; k++) {
            const struct kf_node *l = kf_rule_get(ignore[k], row[i].name);
            for (uint32_t j = 0; l && j < l->kids; j++) {
                struct kf_str t = text_of(l->kid[j]);
                if (!t.p)
                    continue;
                pat[i].literal[pat[i].n_ignore] = !memchr(t.p, '*', t.n) && !memchr(t.p, '?', t.n);
                pat[i].ignore[pat[i].n_ignore++] = t;
            }
        }
    }
    s->ignore = pat;
}

static int compile_namespaces(struct kf_idset *s, const struct kf_ruleset *rules,
                              struct kf_error *err)
{
    uint32_t n_rules, n = 0;
    const struct kf_rule *const *rule = kf_rules_kind(rules, KF_KIND_IDENTIFIERS, &n_rules);
    struct by_rank row[KF_ID_NAMESPACES];
    for (uint32_t k = 0; k < n_rules; k++) {
        for (uint32_t i = 0; i < rule[k]->body->kids; i++) {
            if (n == KF_ID_NAMESPACES)
                return kf_error_at(err, KF_E_CONFIG, "identity", rule[k]->pos.file,
                                   rule[k]->pos.line, 0, "more than %d identifier namespaces",
                                   KF_ID_NAMESPACES);
            const struct kf_node *m = rule[k]->body->kid[i];
            if (m->op != KF_T_MAP)
                continue;
            row[n++] = (struct by_rank){rule[k]->body->key[i], m, number_of(kf_map_get(m, "rank"))};
        }
    }
    qsort(row, n, sizeof *row, cmp_rank);
    struct kf_id_namespace *ns = kf_arena_alloc(&s->arena, (n + 1) * sizeof *ns);
    for (uint32_t i = 0; i < n; i++)
        compile_namespace(s, row[i].name, row[i].map, &ns[i]);
    s->rules.ns = ns;
    s->rules.n_ns = n;
    compile_patterns(s, rules, row, n);
    const struct kf_rule *const *limits = kf_rules_kind(rules, KF_KIND_LIMITS, &n_rules);
    for (uint32_t k = 0; k < n_rules; k++) {
        uint32_t max = number_of(kf_rule_get(limits[k], "max_identifiers"));
        if (max && (!s->rules.max_identifiers || max < s->rules.max_identifiers))
            s->rules.max_identifiers = max;
    }
    return 0;
}

static int16_t purpose_number(struct kf_idset *s, const char **names, struct kf_str t)
{
    for (uint32_t i = 0; i < s->rules.n_purpose; i++)
        if (kf_str_eq(kf_cstr(names[i]), t))
            return (int16_t)i;
    names[s->rules.n_purpose] = kf_arena_strndup(&s->arena, t.p, t.n);
    return (int16_t)s->rules.n_purpose++;
}

static int compile_links(struct kf_idset *s, const struct kf_ruleset *rules, struct kf_error *err)
{
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(rules, KF_KIND_LINK, &n);
    if (n > KF_ID_RULES)
        return kf_error_set(err, KF_E_CONFIG, "identity", "%u link rules, at most %d are possible",
                            n, KF_ID_RULES);
    struct kf_id_link_rule *link = kf_arena_zalloc(&s->arena, (n + 1) * sizeof *link);
    const char **purpose = kf_arena_zalloc(&s->arena, (n + 1) * sizeof *purpose);
    for (uint32_t i = 0; i < n; i++) {
        link[i].name = rule[i]->name;
        const struct kf_node *connect = kf_rule_get(rule[i], "connect");
        for (uint32_t k = 0; connect && k < connect->kids; k++) {
            uint32_t ns = kf_idset_ns(s, text_of(connect->kid[k]));
            if (ns != KF_ID_NONE)
                link[i].connect |= 1ULL << ns;
        }
        const char *strength = kf_rule_text(rule[i], "strength", "observed");
        link[i].strength = strcmp(strength, "declared") == 0   ? KF_ID_DECLARED
                           : strcmp(strength, "verified") == 0 ? KF_ID_VERIFIED
                                                               : KF_ID_OBSERVED;
        struct kf_str need = text_of(kf_rule_get(rule[i], "requires_consent"));
        link[i].purpose = need.p ? purpose_number(s, purpose, need) : -1;
    }
    s->rules.link = link;
    s->rules.n_link = n;
    s->rules.purpose = purpose;
    return 0;
}

/* ---- raw to normalised ---- */

struct pass {
    struct kf_idset *s;
    uint8_t ns_of_symbol[256]; /* first symbols; later ones by search */
    const struct kf_dict *dict;
};

static uint32_t ns_of_symbol(const struct pass *p, uint32_t symbol)
{
    if (symbol < 256)
        return p->ns_of_symbol[symbol] == 255 ? KF_ID_NONE : p->ns_of_symbol[symbol];
    return kf_idset_ns(p->s, kf_symbols_text(p->dict->ns, symbol));
}

static int normalise_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    (void)worker;
    (void)err;
    const struct pass *p = ctx;
    struct kf_idset *s = p->s;
    char buf[3 * MAX_VALUE + 16];
    for (size_t i = from; i < to; i++) {
        uint32_t id = (uint32_t)i, ns = ns_of_symbol(p, kf_idents_ns(s->idents, id));
        s->of_raw[i] = KF_ID_NONE;
        s->ns[i] = ns == KF_ID_NONE ? 0 : (uint8_t)ns;
        if (ns == KF_ID_NONE) {
            s->why[i] = KF_WHY_UNDECLARED;
            continue;
        }
        struct kf_str v = kf_idents_value(s->idents, id);
        if (v.n > MAX_VALUE) {
            s->why[i] = KF_WHY_TOO_LONG;
            continue;
        }
        size_t n = known_as(&s->ignore[ns], v, buf, sizeof buf);
        int why = n == SIZE_MAX   ? KF_WHY_EMPTY
                  : n > MAX_VALUE ? KF_WHY_TOO_LONG
                                  : dropped(&s->ignore[ns], kf_str(buf, n));
        s->why[i] = (uint8_t)why;
        if (why)
            continue;
        s->odd[i] = (uint8_t)kf_identity_odd(kf_str(buf, n));
        n = hide(&s->ignore[ns], buf, n);
        s->of_raw[i] = n == v.n && memcmp(buf, v.p, n) == 0 ? id : PENDING;
    }
    return 0;
}

static uint32_t extra_number(struct kf_idset *s, uint32_t ns, struct kf_str v)
{
    char key[MAX_VALUE + 1];
    key[0] = (char)ns;
    memcpy(key + 1, v.p, v.n);
    uint32_t known = kf_intern_count(s->extra_index);
    uint32_t e = kf_intern_add(s->extra_index, kf_str(key, v.n + 1)) - 1;
    if (e < known)
        return s->raw + e;
    if (s->n - s->raw == s->extra_cap) {
        s->extra_cap = s->extra_cap ? s->extra_cap * 2 : 64;
        s->extra = realloc(s->extra, s->extra_cap * sizeof *s->extra);
        s->ns = realloc(s->ns, (size_t)s->raw + s->extra_cap);
        if (!s->extra || !s->ns)
            abort();
    }
    struct kf_str kept = kf_intern_text(s->extra_index, e + 1);
    s->extra[e] = kf_str(kept.p + 1, kept.n - 1);
    s->ns[s->n] = (uint8_t)ns;
    return s->n++;
}

static uint32_t number_for(struct kf_idset *s, const struct kf_dict *dict, uint32_t ns,
                           struct kf_str v, bool add)
{
    uint32_t symbol = kf_symbols_find(dict->ns, kf_cstr(s->rules.ns[ns].name));
    uint32_t raw = symbol ? kf_idents_find(s->idents, symbol, v) : KF_ID_NONE;
    if (raw != KF_ID_NONE && raw < s->raw)
        return raw;
    if (add)
        return extra_number(s, ns, v);
    char key[MAX_VALUE + 1];
    key[0] = (char)ns;
    memcpy(key + 1, v.p, v.n);
    uint32_t e = kf_intern_find(s->extra_index, kf_str(key, v.n + 1));
    return e ? s->raw + e - 1 : KF_ID_NONE;
}

bool kf_idset_normalise(const struct kf_idset *s, uint32_t ns, struct kf_str value, char *out,
                        size_t *ret_n)
{
    _Static_assert(KF_IDSET_VALUE == 3 * MAX_VALUE + 16, "the longest value, normalised");
    if (ns >= s->rules.n_ns || value.n > MAX_VALUE)
        return false;
    const struct kf_id_pattern *p = &s->ignore[ns];
    *ret_n = known_as(p, value, out, KF_IDSET_VALUE);
    if (*ret_n == KF_NORMALISE_NOTHING || *ret_n > MAX_VALUE || dropped(p, kf_str(out, *ret_n)))
        return false;
    *ret_n = hide(p, out, *ret_n);
    return true;
}

static uint32_t normalised(struct kf_idset *s, uint32_t ns, struct kf_str value, bool add)
{
    char buf[KF_IDSET_VALUE];
    size_t n;
    return kf_idset_normalise(s, ns, value, buf, &n)
               ? number_for(s, s->dict, ns, kf_str(buf, n), add)
               : KF_ID_NONE;
}

uint32_t kf_idset_add(struct kf_idset *s, uint32_t ns, struct kf_str value)
{
    return normalised(s, ns, value, true);
}

uint32_t kf_idset_find(const struct kf_idset *s, uint32_t ns, struct kf_str value)
{
    /* Looking up adds nothing, so the set stays as it is. */
    return normalised((struct kf_idset *)s, ns, value, false);
}

static int set_key(struct kf_idset *s, const struct kf_config *config)
{
    const char *secret = config && config->secret ? config->secret : "kinfold";
    kf_sha256(secret, strlen(secret), s->key);
    return 0;
}

int kf_idset_new(const struct kf_ruleset *rules, const struct kf_config *config,
                 const struct kf_events *events, unsigned threads, struct kf_idset **ret,
                 struct kf_error *err)
{
    struct kf_idset *s = calloc(1, sizeof *s);
    if (!s)
        return kf_error_set(err, KF_E_NOMEM, "identity", "out of memory");
    s->idents = events->idents;
    s->dict = events->dict;
    s->raw = s->n = kf_idents_count(events->idents);
    s->extra_index = kf_intern_new();
    set_key(s, config);
    int rc = compile_namespaces(s, rules, err);
    if (rc == 0)
        rc = compile_links(s, rules, err);
    s->of_raw = malloc(((size_t)s->raw + 1) * sizeof *s->of_raw);
    s->why = malloc((size_t)s->raw + 1);
    s->ns = malloc((size_t)s->raw + 1);
    s->odd = calloc((size_t)s->raw + 1, 1);
    if (rc == 0 && (!s->of_raw || !s->why || !s->ns || !s->odd))
        rc = kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u identifiers", s->raw);
    struct pass p = {.s = s, .dict = events->dict};
    for (uint32_t i = 0; rc == 0 && i < 256; i++) {
        uint32_t ns = i && i <= kf_symbols_count(p.dict->ns)
                          ? kf_idset_ns(s, kf_symbols_text(p.dict->ns, i))
                          : KF_ID_NONE;
        p.ns_of_symbol[i] = ns == KF_ID_NONE ? 255 : (uint8_t)ns;
    }
    if (rc == 0)
        rc = kf_pool_run(threads, s->raw, 65536, normalise_range, &p, err);
    if (rc) {
        kf_idset_free(s);
        return rc;
    }
    for (uint32_t i = 0; i < s->raw; i++) {
        s->n_ignored += s->why[i] == KF_WHY_IGNORED;
        if (s->of_raw[i] == PENDING)
            s->of_raw[i] = normalised(s, s->ns[i], kf_idents_value(s->idents, i), true);
    }
    *ret = s;
    return 0;
}

void kf_idset_free(struct kf_idset *s)
{
    if (!s)
        return;
    kf_intern_free(s->extra_index);
    free(s->of_raw);
    free(s->why);
    free(s->odd);
    free(s->ns);
    free(s->extra);
    kf_arena_free(&s->arena);
    free(s);
}

struct kf_str kf_idset_value(const struct kf_idset *s, uint32_t id)
{
    return id < s->raw ? kf_idents_value(s->idents, id) : s->extra[id - s->raw];
}

uint32_t kf_idset_ns(const struct kf_idset *s, struct kf_str name)
{
    for (uint32_t i = 0; i < s->rules.n_ns; i++)
        if (kf_str_eq(kf_cstr(s->rules.ns[i].name), name))
            return i;
    return KF_ID_NONE;
}

uint64_t kf_idset_hash(const struct kf_idset *s, uint32_t id)
{
    char buf[MAX_VALUE + 72];
    const char *ns = s->rules.ns[s->ns[id]].name;
    struct kf_str v = kf_idset_value(s, id);
    size_t n = strlen(ns);
    if (n > 70)
        n = 70;
    memcpy(buf, ns, n);
    buf[n++] = '\0';
    memcpy(buf + n, v.p, v.n);
    return kf_hash_keyed64(buf, n + v.n, s->key, sizeof s->key);
}
