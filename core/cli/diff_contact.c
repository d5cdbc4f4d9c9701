/* Consent exposure: who would be contacted for which purpose, in which state of consent. */
#include "cli/diff_internal.h"

#include "base/vec.h"

#include <stdlib.h>

typedef kf_vec(const char *) words;

static bool has_word(const words *w, const char *s)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->p[i], s) == 0)
            return true;
    return false;
}

static void add_word(words *w, const char *s)
{
    if (s && *s && !has_word(w, s))
        *kf_vec_push(w) = s;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *joined(struct kf_diff *d, words *w)
{
    struct kf_buf b = {0};
    if (w->n)
        qsort(w->p, w->n, sizeof *w->p, by_text);
    for (size_t i = 0; i < w->n; i++)
        kf_buf_addf(&b, "%s%s", i ? ", " : "", w->p[i]);
    const char *s = kf_arena_strndup(&d->arena, b.p ? b.p : "", b.n);
    kf_buf_free(&b);
    kf_vec_free(w);
    return s;
}

/* ---- which rules contact for which purpose ---- */

static void add_required(words *w, const struct kf_rule *r)
{
    const struct kf_node *n = r ? kf_rule_get(r, "requires_consent") : NULL;
    for (uint32_t i = 0; n && i < kf_node_texts(n); i++)
        add_word(w, kf_node_text(n, i));
}

static const struct kf_rule *named(const struct kf_ruleset *s, const struct kf_rule *r,
                                   enum kf_kind kind, const char *setting)
{
    const char *name = kf_rule_text(r, setting, NULL);
    return name ? kf_rules_find(s, kind, name) : NULL;
}

/* Purposes of an export or, where nothing is exported, of a segment. */
static void purposes_of(const struct kf_ruleset *s, const struct kf_rule *r, words *out)
{
    const struct kf_rule *segment =
        r->kind == KF_KIND_EXPORT ? named(s, r, KF_KIND_SEGMENT, "segment") : r;
    add_word(out, kf_rule_text(r, "purpose", NULL));
    if (segment)
        add_word(out, kf_rule_text(segment, "purpose", NULL));
    add_required(out, r);
    add_required(out, segment);
    if (r->kind == KF_KIND_EXPORT)
        add_required(out, named(s, r, KF_KIND_CHANNEL, "channel"));
}

/* Whoever requires consent rests on it, said or not. */
static void add_bases(const struct kf_ruleset *s, const struct kf_rule *r, const char *purpose,
                      words *out)
{
    bool export = r->kind == KF_KIND_EXPORT;
    const struct kf_rule *segment = export ? named(s, r, KF_KIND_SEGMENT, "segment") : NULL,
                         *channel = export ? named(s, r, KF_KIND_CHANNEL, "channel") : NULL;
    words required = {0};
    add_word(out, kf_rule_text(r, "legal_basis", NULL));
    if (segment)
        add_word(out, kf_rule_text(segment, "legal_basis", NULL));
    add_required(&required, r);
    add_required(&required, segment);
    add_required(&required, channel);
    if (has_word(&required, purpose))
        add_word(out, "consent");
    kf_vec_free(&required);
}

static enum kf_kind contacting_kind(const struct kf_ruleset *s)
{
    uint32_t n;
    kf_rules_kind(s, KF_KIND_EXPORT, &n);
    return n ? KF_KIND_EXPORT : KF_KIND_SEGMENT;
}

struct contact {
    uint64_t *bits;
    words who, basis;
};

/* Everybody whom the side contacts for the purpose. False: no memory. */
static bool contacted(struct kf_diff *d, const struct kf_side *s, const char *purpose,
                      struct contact *c)
{
    uint32_t n, people = s->world ? s->world->n_profiles : 0;
    c->bits = kf_bits_new(people);
    if (!s->world || !c->bits)
        return c->bits != NULL;
    enum kf_kind kind = contacting_kind(s->rules);
    const struct kf_rule *const *r = kf_rules_kind(s->rules, kind, &n);
    for (uint32_t i = 0; i < n; i++) {
        words of = {0};
        purposes_of(s->rules, r[i], &of);
        bool is = has_word(&of, purpose);
        kf_vec_free(&of);
        if (!is)
            continue;
        add_bases(s->rules, r[i], purpose, &c->basis);
        add_word(&c->who, kf_arena_printf(&d->arena, "%s %s", kf_kind_name(kind), r[i]->name));
        for (uint32_t w = 0; w <= people / 64u; w++)
            c->bits[w] |= s->bits[r[i]->number][w] & (kind == KF_KIND_EXPORT ? ~0ULL : s->reach[w]);
    }
    return true;
}

/* ---- states ---- */

static uint8_t state_of(const struct kf_side *s, int purpose, uint32_t profile)
{
    return purpose < 0 ? KF_CONSENT_UNKNOWN : s->consent[purpose][profile];
}

static void count_states(const struct kf_side *s, const char *purpose, const uint64_t *bits,
                         uint32_t *out)
{
    if (!s->world)
        return;
    int number = kf_statements_purpose(&s->world->statements, kf_cstr(purpose));
    for (uint32_t p = 0; p < s->world->n_profiles; p++)
        if (kf_side_has(bits, p))
            out[state_of(s, number, p)]++;
}

/* Of those who are contacted now and were not before. */
static void count_newly(const struct kf_diff *d, struct kf_diff_purpose *x, const uint64_t *a,
                        const uint64_t *b)
{
    const struct kf_side *s = &d->after;
    int number = kf_statements_purpose(&s->world->statements, kf_cstr(x->name));
    for (uint32_t q = 0; q < s->world->n_profiles; q++) {
        uint32_t p = kf_diff_back(d, q);
        if (kf_side_has(b, q) && (p == KF_ID_NONE || !kf_side_has(a, p)))
            x->newly[state_of(s, number, q)]++;
    }
}

static int compare_purpose(struct kf_diff *d, struct kf_diff_purpose *x, struct kf_error *err)
{
    struct contact a = {0}, b = {0};
    int rc = contacted(d, &d->before, x->name, &a) && contacted(d, &d->after, x->name, &b)
                 ? 0
                 : kf_diff_no_memory(err);
    if (rc == 0) {
        count_states(&d->before, x->name, a.bits, x->before);
        count_states(&d->after, x->name, b.bits, x->after);
        count_newly(d, x, a.bits, b.bits);
        rc = kf_diff_members_of(d, a.bits, b.bits, &x->m, err);
    }
    for (size_t i = 0; i < a.who.n; i++)
        add_word(&b.who, a.who.p[i]);
    for (size_t i = 0; i < a.basis.n; i++)
        add_word(&b.basis, a.basis.p[i]);
    x->needs_consent = !b.basis.n || has_word(&b.basis, "consent");
    x->who = joined(d, &b.who);
    x->basis = joined(d, &b.basis);
    free(a.bits);
    free(b.bits);
    kf_vec_free(&a.who);
    kf_vec_free(&a.basis);
    return rc;
}

static void side_purposes(const struct kf_ruleset *s, words *out)
{
    uint32_t n;
    if (!s)
        return;
    const struct kf_rule *const *r = kf_rules_kind(s, contacting_kind(s), &n);
    for (uint32_t i = 0; i < n; i++)
        purposes_of(s, r[i], out);
}

int kf_diff_purposes(struct kf_diff *d, struct kf_error *err)
{
    words all = {0};
    int rc = 0;
    side_purposes(d->before.rules, &all);
    side_purposes(d->after.rules, &all);
    if (all.n)
        qsort(all.p, all.n, sizeof *all.p, by_text);
    d->purpose = calloc(all.n + 1u, sizeof *d->purpose);
    if (!d->purpose)
        rc = kf_diff_no_memory(err);
    for (size_t i = 0; i < all.n && rc == 0; i++) {
        struct kf_diff_purpose *x = &d->purpose[d->n_purpose++];
        x->name = all.p[i];
        rc = compare_purpose(d, x, err);
    }
    kf_vec_free(&all);
    return rc;
}
