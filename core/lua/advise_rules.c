/* Rules against each other: the same twice, one inside another, links against never_link, exports
 * that nothing stops, and rules that nothing uses. */
#include "lua/advise_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "lua/canonical.h"

/* ---- the same twice ---- */

struct body {
    const struct kf_rule *rule;
    struct kf_str text; /* canonical, without the name */
};

static int body_cmp(const void *pa, const void *pb)
{
    const struct body *a = pa, *b = pb;
    int r = (int)a->rule->kind - (int)b->rule->kind;
    if (!r)
        r = kf_str_cmp(a->text, b->text);
    return r ? r : strcmp(a->rule->name, b->rule->name);
}

static bool may_be_doubled(enum kf_kind k)
{
    return k == KF_KIND_SEGMENT || k == KF_KIND_SUPPRESS || k == KF_KIND_FLAG ||
           k == KF_KIND_COMPUTED || k == KF_KIND_LINK || k == KF_KIND_FRAUD || k == KF_KIND_SCORE;
}

static void look_for_doubles(struct kf_advise *a, bool *double_of)
{
    struct body *b = kf_arena_alloc(a->arena, (a->s->n + 1) * sizeof *b);
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->s->n; i++) {
        const struct kf_rule *r = a->s->rule[i];
        if (!may_be_doubled(r->kind))
            continue;
        struct kf_buf text = {0};
        size_t head = 2 + strlen(kf_kind_name(r->kind)) + strlen(r->name);
        kf_rule_canonical(r, false, &text);
        b[n].rule = r;
        b[n++].text =
            kf_str(kf_arena_strndup(a->arena, text.p + head, text.n - head), text.n - head);
        kf_buf_free(&text);
    }
    qsort(b, n, sizeof *b, body_cmp);
    for (uint32_t i = 1; i < n; i++) {
        const struct kf_rule *x = b[i - 1].rule, *y = b[i].rule;
        if (x->kind != y->kind || !kf_str_eq(b[i - 1].text, b[i].text))
            continue;
        double_of[y->number] = true;
        kf_advise_report(a, KF_CODE_SAME_RULE, y->pos, NULL,
                         "%s \"%s\" is the same as \"%s\" (%s:%u)", kf_kind_name(y->kind), y->name,
                         x->name, x->pos.file, x->pos.line);
    }
}

/* ---- one inside another ---- */

/* Does a ask for b, perhaps through others? */
static bool asks(const struct kf_advise *a, const struct kf_rule *from, const struct kf_rule *to,
                 int depth)
{
    char want[200];
    snprintf(want, sizeof want, "%s %s", kf_kind_name(to->kind), to->name);
    for (uint32_t i = 0; i < from->n_ask && depth < 8; i++) {
        if (strcmp(from->ask[i], want) == 0)
            return true;
        const char *blank = strchr(from->ask[i], ' ');
        if (!blank || strncmp(from->ask[i], "segment ", 8) != 0)
            continue;
        const struct kf_rule *next = kf_rules_find(a->s, KF_KIND_SEGMENT, blank + 1);
        if (next && asks(a, next, to, depth + 1))
            return true;
    }
    return false;
}

/* Two audiences for one purpose reach the same people twice; for two purposes they are meant to. */
static bool same_purpose(const struct kf_rule *a, const struct kf_rule *b)
{
    return strcmp(kf_rule_text(a, "purpose", ""), kf_rule_text(b, "purpose", "")) == 0;
}

struct facts {
    const uint32_t *all, *must; /* sorted */
    uint32_t n_all, n_must;
};

static bool has(const struct facts *f, uint32_t hash)
{
    uint32_t lo = 0, hi = f->n_all;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (f->all[mid] < hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < f->n_all && f->all[lo] == hash;
}

/* Whatever the wider asks of everybody, the narrower must speak of. */
static bool may_be_inside(const struct facts *a, const struct facts *b)
{
    for (uint32_t i = 0; i < b->n_must; i++)
        if (!has(a, b->must[i]))
            return false;
    return true;
}

static const uint32_t *kept(struct kf_advise *a, const uint32_t *p, uint32_t n)
{
    uint32_t *copy = kf_arena_alloc(a->arena, (n + 1) * sizeof *copy);
    if (n)
        memcpy(copy, p, n * sizeof *copy);
    return copy;
}

static void look_for_inner(struct kf_advise *a, const bool *double_of)
{
    uint32_t n;
    const struct kf_rule *const *s = kf_rules_kind(a->s, KF_KIND_SEGMENT, &n);
    struct facts *f = kf_arena_zalloc(a->arena, (n + 1) * sizeof *f);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t *p;
        f[i].n_all = kf_reason_facts(a->reason, s[i], true, &p);
        f[i].all = kept(a, p, f[i].n_all);
        f[i].n_must = kf_reason_facts(a->reason, s[i], false, &p);
        f[i].must = kept(a, p, f[i].n_must);
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < n; k++) {
            if (i == k || double_of[s[i]->number] || double_of[s[k]->number] ||
                !same_purpose(s[i], s[k]) || !may_be_inside(&f[i], &f[k]) ||
                !kf_reason_subsumed(a->reason, s[i], s[k]) || asks(a, s[i], s[k], 0))
                continue;
            bool same = kf_reason_subsumed(a->reason, s[k], s[i]);
            if (same && k > i)
                continue; /* said at the later of the two */
            kf_advise_report(a, KF_CODE_SUBSUMED, s[i]->pos, NULL,
                             same ? "segment \"%s\" has the same members as \"%s\" (%s:%u)"
                                  : "every member of segment \"%s\" is one of \"%s\" (%s:%u), too",
                             s[i]->name, s[k]->name, s[k]->pos.file, s[k]->pos.line);
        }
}

/* ---- links ---- */

static const char *side_of(const struct kf_node *separate, uint32_t i)
{
    const struct kf_node *n = separate && i < separate->kids ? separate->kid[i] : NULL;
    return n && n->op == KF_T_MAP ? kf_node_text(kf_map_get(n, "as"), 0) : kf_node_text(n, 0);
}

static bool connects(const struct kf_rule *link, const char *ns)
{
    const struct kf_node *c = kf_rule_get(link, "connect");
    for (uint32_t i = 0; i < kf_node_texts(c); i++)
        if (strcmp(kf_node_text(c, i), ns) == 0)
            return true;
    return false;
}

static void look_at_links(struct kf_advise *a)
{
    uint32_t n, m;
    const struct kf_rule *const *apart = kf_rules_kind(a->s, KF_KIND_NEVER_LINK, &n);
    const struct kf_rule *const *link = kf_rules_kind(a->s, KF_KIND_LINK, &m);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_node *separate = kf_rule_get(apart[i], "separate");
        const char *x = side_of(separate, 0), *y = side_of(separate, 1);
        if (!x || !y || strcmp(x, y) == 0)
            continue;
        for (uint32_t k = 0; k < m; k++) {
            struct kf_want both[2] = {{kf_rule_get(apart[i], "when"), KF_GOAL_TRUE},
                                      {kf_rule_get(link[k], "when"), KF_GOAL_TRUE}};
            if (connects(link[k], x) && connects(link[k], y) &&
                !kf_reason_impossible(a->reason, KF_ABOUT_EVENT, both, 2))
                kf_advise_report(a, KF_CODE_LINK_APART, link[k]->pos, NULL,
                                 "link \"%s\" ties %s and %s on events on which never_link \"%s\" "
                                 "(%s:%u) keeps them apart",
                                 link[k]->name, x, y, apart[i]->name, apart[i]->pos.file,
                                 apart[i]->pos.line);
        }
    }
}

/* ---- exports ---- */

static bool blocks(const struct kf_rule *s, const char *channel)
{
    const struct kf_node *b = kf_rule_get(s, "blocks");
    for (uint32_t i = 0; i < kf_node_texts(b); i++)
        if (strcmp(kf_node_text(b, i), channel) == 0 ||
            strcmp(kf_node_text(b, i), "everything") == 0)
            return true;
    return false;
}

static bool has_basis(const struct kf_rule *r)
{
    const char *basis = r ? kf_rule_text(r, "legal_basis", NULL) : NULL;
    return r && (kf_rule_get(r, "requires_consent") || (basis && strcmp(basis, "consent") != 0));
}

static void look_at_exports(struct kf_advise *a)
{
    uint32_t n, m;
    const struct kf_rule *const *ex = kf_rules_kind(a->s, KF_KIND_EXPORT, &n);
    const struct kf_rule *const *sup = kf_rules_kind(a->s, KF_KIND_SUPPRESS, &m);
    for (uint32_t i = 0; i < n; i++) {
        const char *name = kf_rule_text(ex[i], "channel", "");
        bool stopped = false;
        for (uint32_t k = 0; k < m && !stopped; k++)
            stopped = blocks(sup[k], name);
        if (!stopped)
            kf_advise_report(a, KF_CODE_EXPORT_UNBLOCKED, kf_rule_get(ex[i], "channel")->pos, NULL,
                             "nothing can stop export \"%s\": no suppress rule blocks channel '%s'",
                             ex[i]->name, name);
        const struct kf_rule *channel = kf_rules_find(a->s, KF_KIND_CHANNEL, name);
        const struct kf_rule *segment =
            kf_rules_find(a->s, KF_KIND_SEGMENT, kf_rule_text(ex[i], "segment", ""));
        if (!has_basis(ex[i]) && !has_basis(channel) && !has_basis(segment))
            kf_advise_report(a, KF_CODE_EXPORT_WITHOUT_CONSENT, ex[i]->pos, NULL,
                             "export \"%s\" leaves the house without a consent or another legal "
                             "basis",
                             ex[i]->name);
    }
}

void kf_advise_rules(struct kf_advise *a)
{
    bool *double_of = kf_arena_zalloc(a->arena, (a->s->n + 1) * sizeof *double_of);
    look_for_doubles(a, double_of);
    look_for_inner(a, double_of);
    look_at_links(a);
    look_at_exports(a);
}

/* ---- what nobody uses ---- */

struct uses {
    const struct kf_advise *a;
    bool *used;                /* of each rule */
    kf_vec(const char *) word; /* that scenarios speak of, sorted */
};

static int word_cmp(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void take_words(void *ctx, const struct kf_node *n)
{
    struct uses *u = ctx;
    for (uint32_t i = 0; n->op == KF_T_MAP && i < n->kids; i++)
        *kf_vec_push(&u->word) = n->key[i];
}

static void mark(struct uses *u, enum kf_kind kind, const char *name)
{
    const struct kf_rule *r = kf_rules_find(u->a->s, kind, name);
    if (r)
        u->used[r->number] = true;
}

static void mark_asked(struct uses *u, const char *ask)
{
    for (enum kf_kind k = 1; k < KF_KIND_COUNT; k++) {
        const char *kind = kf_kind_name(k);
        size_t n = strlen(kind);
        if (strncmp(ask, kind, n) == 0 && ask[n] == ' ')
            mark(u, k, ask + n + 1);
    }
}

static bool is_spoken_of(const struct uses *u, const char *name)
{
    return u->word.n && bsearch(&name, u->word.p, u->word.n, sizeof *u->word.p, word_cmp);
}

static bool should_be_used(const struct kf_rule *r)
{
    return r->kind == KF_KIND_TRAIT || r->kind == KF_KIND_COMPUTED || r->kind == KF_KIND_CUSTOM ||
           (r->kind == KF_KIND_FLAG && !kf_rule_bool(r, "leave_out", false));
}

void kf_advise_uses(struct kf_advise *a)
{
    const struct kf_ruleset *s = a->s;
    struct uses u = {.a = a};
    u.used = kf_arena_zalloc(a->arena, (s->n + 1) * sizeof *u.used);
    for (uint32_t i = 0; i < s->n; i++) {
        const struct kf_rule *r = s->rule[i];
        for (uint32_t k = 0; k < r->n_ask; k++)
            mark_asked(&u, r->ask[k]);
        if (r->kind == KF_KIND_CHANNEL && kf_rule_get(r, "quiet_hours"))
            mark(&u, KF_KIND_TRAIT, "timezone"); /* where the person lives */
    }
    for (uint32_t i = 0; i < s->n_scenario; i++)
        kf_advise_walk(s->scenario[i]->body, take_words, &u);
    if (u.word.n)
        qsort(u.word.p, u.word.n, sizeof *u.word.p, word_cmp);
    for (uint32_t i = 0; i < s->n; i++)
        if (should_be_used(s->rule[i]) && !u.used[i] && !is_spoken_of(&u, s->rule[i]->name))
            kf_advise_report(a, KF_CODE_UNUSED_RULE, s->rule[i]->pos, NULL,
                             "nothing uses %s \"%s\"", kf_kind_name(s->rule[i]->kind),
                             s->rule[i]->name);
    kf_vec_free(&u.word);
}
