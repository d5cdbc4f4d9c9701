/* Names against what was agreed and what the data has shown: how often, and what may be meant. */
#include "lua/advise_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "event/events.h"

/* What is missing among fewer events may come with the next ones. */
#define TELLING_EVENTS 1000

#define MAX_NAMES 4096
#define MAX_WORD  200

/* ---- words ---- */

static const struct kf_seen_word *seen_word(const struct kf_seen_words *w, const char *text)
{
    uint32_t lo = 0, hi = w->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (strcmp(w->p[mid].text, text) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < w->n && strcmp(w->p[lo].text, text) == 0 ? &w->p[lo] : NULL;
}

/* "did you mean 'x' (seen 12 times)?", NULL: nothing is near. */
static const char *meant(struct kf_advise *a, const struct kf_seen_words *w, const char *word)
{
    const char **names = kf_arena_alloc(a->arena, (w->n + 1) * sizeof *names);
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n && n < MAX_NAMES; i++)
        names[n++] = w->p[i].text;
    const char *near = kf_str_suggest(word, names, n);
    if (!near)
        return NULL;
    uint64_t count = seen_word(w, near)->count;
    if (w == &a->seen->key)
        count = a->seen->count_key(a->seen->count_ctx, near);
    const char *shown = strncmp(near, "properties.", 11) == 0 ? near + 11 : near;
    if (!count || count == UINT64_MAX)
        return kf_advise_printf(a, "did you mean '%s', which was read?", shown);
    return kf_advise_printf(a, "did you mean '%s' (seen %llu time%s)?", shown,
                            (unsigned long long)count, count == 1 ? "" : "s");
}

/* ---- places ---- */

/* A name that is asked for, at its first place, and how often else. */
struct asked {
    const char *name;
    struct kf_pos pos;
    uint32_t more;
};
struct names {
    struct kf_advise *a;
    kf_vec(struct asked) p;
    uint16_t op; /* of the nodes that are gathered */
};

static void take_name(struct names *n, struct kf_str s, struct kf_pos pos)
{
    char name[MAX_WORD];
    if (!s.n || s.n >= sizeof name)
        return;
    memcpy(name, s.p, s.n);
    name[s.n] = '\0';
    for (size_t i = 0; i < n->p.n; i++)
        if (strcmp(n->p.p[i].name, name) == 0) {
            n->p.p[i].more++;
            return;
        }
    struct asked one = {kf_arena_strdup(n->a->arena, name), pos, 0};
    *kf_vec_push(&n->p) = one;
}

static const char *elsewhere(struct kf_advise *a, const struct asked *x)
{
    if (!x->more)
        return "";
    return kf_advise_printf(a, " (and in %u more place%s)", x->more, x->more == 1 ? "" : "s");
}

/* ---- events ---- */

static bool is_pattern(const char *s)
{
    return strchr(s, '*') || strchr(s, '?');
}

static void take_events(void *ctx, const struct kf_node *n)
{
    struct names *to = ctx;
    for (uint32_t i = 0; n->op == KF_S_EVENT && i < n->kid[0]->kids; i++) {
        struct kf_str name = n->kid[0]->kid[i]->value.text;
        if (kf_event_type_parse(name) == KF_EVENT_NONE)
            take_name(to, name, n->pos);
    }
}

enum agreed { NOT_AGREED, BY_PATTERN, BY_NAME };

/* *ret_any: some are agreed; *ret_near: the one that may be meant. */
static enum agreed agreed(struct kf_advise *a, const char *name, bool *ret_any,
                          const char **ret_near)
{
    uint32_t n, m = 0;
    enum agreed is = NOT_AGREED;
    const struct kf_rule *const *e = kf_rules_kind(a->s, KF_KIND_EXPECT, &n);
    const char **names = kf_arena_alloc(a->arena, MAX_NAMES * sizeof *names);
    *ret_any = false;
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_node *list = kf_rule_get(e[i], "names");
        if (strcmp(kf_rule_text(e[i], "check", ""), "names") != 0)
            continue;
        *ret_any = true;
        for (uint32_t k = 0; k < kf_node_texts(list); k++) {
            const char *one = kf_node_text(list, k);
            if (strcmp(one, name) == 0)
                return BY_NAME;
            if (kf_str_glob(kf_cstr(one), kf_cstr(name)))
                is = BY_PATTERN;
            if (!is_pattern(one) && m < MAX_NAMES)
                names[m++] = one;
        }
    }
    *ret_near = m ? kf_str_suggest(name, names, m) : NULL;
    return is;
}

static bool was_seen(const struct kf_seen *seen, const char *name)
{
    if (!is_pattern(name))
        return seen_word(&seen->event, name) != NULL;
    for (uint32_t i = 0; i < seen->event.n; i++)
        if (kf_str_glob(kf_cstr(name), kf_cstr(seen->event.p[i].text)))
            return true;
    return false;
}

/* A name that a pattern allows may be a slip still, if it is very near to one that was read. */
static bool is_slip(struct kf_advise *a, const char *name)
{
    for (uint32_t i = 0; i < a->seen->event.n; i++)
        if (kf_str_distance(kf_cstr(name), kf_cstr(a->seen->event.p[i].text), 2) <= 2)
            return true;
    return false;
}

/* Without agreed names and without a likely one it may be an event that is yet to come. */
static void never_seen(struct kf_advise *a, const struct asked *x, bool none_agreed)
{
    const char *help = meant(a, &a->seen->event, x->name);
    if (none_agreed && !help && a->seen->events < TELLING_EVENTS)
        return;
    bool said = kf_advise_report(a, KF_CODE_EVENT_NEVER_SEEN, x->pos, help,
                                 "no event '%s' was ever read%s", x->name, elsewhere(a, x));
    if (none_agreed && !help)
        kf_advise_soften(a, said);
}

static void look_at_event(struct kf_advise *a, const struct asked *x)
{
    bool any;
    const char *near = NULL;
    enum agreed is = agreed(a, x->name, &any, &near);
    if (a->seen && was_seen(a->seen, x->name))
        return;
    if (is == NOT_AGREED && near && !is_pattern(x->name))
        kf_advise_report(a, KF_CODE_UNKNOWN_EVENT, x->pos,
                         kf_advise_printf(a, "did you mean '%s', which is agreed?", near),
                         "no list of agreed names has the event '%s'%s", x->name, elsewhere(a, x));
    else if (a->seen && (is == NOT_AGREED || (is == BY_PATTERN && is_slip(a, x->name))))
        never_seen(a, x, !any);
}

static void look_at_events(struct kf_advise *a)
{
    struct names n = {.a = a};
    for (uint32_t i = 0; i < a->s->n; i++)
        kf_advise_walk(a->s->rule[i]->body, take_events, &n);
    for (size_t i = 0; i < n.p.n; i++)
        look_at_event(a, &n.p.p[i]);
    kf_vec_free(&n.p);
}

/* ---- properties and traits ---- */

static void take_properties(void *ctx, const struct kf_node *n)
{
    if (n->op == KF_E_PROPERTY || n->op == KF_F_EACH)
        take_name(ctx, n->name, n->pos);
}

static bool begins(const char *s, const char *part)
{
    return strncmp(s, part, strlen(part)) == 0;
}

/* Is it in the dictionary at all: as a whole, or as a part of the elements of a list? */
static bool is_rumoured(const struct kf_seen *seen, const char *path)
{
    if (seen_word(&seen->word, path))
        return true;
    for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.'))
        if (seen_word(&seen->word, dot + 1))
            return true;
    return false;
}

/* properties.revenue; properties.shipping_address, of which parts were read; of what is only in the
 * dictionary the log knows more. */
static bool key_was_seen(const struct kf_seen *seen, const char *path)
{
    char part[MAX_WORD + 2];
    if (begins(path, "event.") || begins(path, "context.location.") || seen_word(&seen->key, path))
        return true;
    snprintf(part, sizeof part, "%s.", path);
    for (uint32_t i = 0; i < seen->key.n; i++)
        if (begins(seen->key.p[i].text, part))
            return true;
    return is_rumoured(seen, path) && seen->count_key(seen->count_ctx, path) != 0;
}

static const char *without_root(const char *path)
{
    return begins(path, "properties.") ? path + strlen("properties.") : path;
}

static void look_at_properties(struct kf_advise *a)
{
    struct names n = {.a = a};
    for (uint32_t i = 0; i < a->s->n; i++)
        kf_advise_walk(a->s->rule[i]->body, take_properties, &n);
    for (size_t i = 0; i < n.p.n; i++) {
        const struct asked *x = &n.p.p[i];
        const char *help = key_was_seen(a->seen, x->name) ? NULL : meant(a, &a->seen->key, x->name);
        if (help) /* without a likely name it may be one of the rare ones */
            kf_advise_report(a, KF_CODE_PROPERTY_NEVER_SEEN, x->pos, help,
                             "no event that was read has '%s'%s", without_root(x->name),
                             elsewhere(a, x));
    }
    kf_vec_free(&n.p);
}

static const char *path_of(const struct kf_node *from)
{
    return from->op == KF_T_MAP ? kf_node_text(kf_map_get(from, "2"), 0) : kf_node_text(from, 0);
}

static void look_at_trait(struct kf_advise *a, const struct kf_rule *r)
{
    const struct kf_node *from = kf_rule_get(r, "from");
    const char *first = NULL;
    uint32_t n = from && from->op == KF_T_LIST ? from->kids : 1;
    for (uint32_t i = 0; from && i < n; i++) {
        const char *path = path_of(from->op == KF_T_LIST ? from->kid[i] : from);
        if (!path || key_was_seen(a->seen, path))
            return;
        first = first ? first : path;
    }
    if (!first)
        return;
    const char *help = meant(a, &a->seen->key, first);
    if (!help && a->seen->events < TELLING_EVENTS)
        return;
    bool said = kf_advise_report(a, KF_CODE_TRAIT_NEVER_SEEN, from->pos, help,
                                 "trait \"%s\" is missing for everybody: '%s' was never read",
                                 r->name, first);
    if (!help) /* what people need not say */
        kf_advise_soften(a, said);
}

static void take_traits(void *ctx, const struct kf_node *n)
{
    struct names *to = ctx;
    if (n->op != KF_E_TRAIT || kf_rules_find(to->a->s, KF_KIND_TRAIT, n->name.p) ||
        kf_rules_find(to->a->s, KF_KIND_COMPUTED, n->name.p))
        return;
    take_name(to, n->name, n->pos);
}

static void look_at_traits(struct kf_advise *a)
{
    struct names n = {.a = a};
    for (uint32_t i = 0; i < a->s->n; i++) {
        if (a->s->rule[i]->kind == KF_KIND_TRAIT)
            look_at_trait(a, a->s->rule[i]);
        kf_advise_walk(a->s->rule[i]->body, take_traits, &n);
    }
    for (size_t i = 0; i < n.p.n; i++) {
        const struct asked *x = &n.p.p[i];
        const char *path = kf_advise_printf(a, "traits.%s", x->name);
        if (!key_was_seen(a->seen, path))
            kf_advise_report(a, KF_CODE_TRAIT_NEVER_SEEN, x->pos, meant(a, &a->seen->key, path),
                             "trait '%s' is declared nowhere, and no event that was read has %s%s",
                             x->name, path, elsewhere(a, x));
    }
    kf_vec_free(&n.p);
}

/* ---- consent ---- */

static void take_purposes(void *ctx, const struct kf_node *n)
{
    if (n->op == KF_E_CONSENT || n->op == KF_E_CONSENT_TIME)
        take_name(ctx, n->name, n->pos);
}

static void look_at_purposes(struct kf_advise *a)
{
    struct names n = {.a = a};
    for (uint32_t i = 0; i < a->s->n; i++) {
        const struct kf_rule *r = a->s->rule[i];
        const struct kf_node *needs = kf_rule_get(r, "requires_consent");
        for (uint32_t k = 0; k < kf_node_texts(needs); k++)
            take_name(&n, kf_cstr(kf_node_text(needs, k)),
                      needs->op == KF_T_LIST ? needs->kid[k]->pos : needs->pos);
        kf_advise_walk(r->body, take_purposes, &n);
    }
    for (size_t i = 0; i < n.p.n; i++) {
        const struct asked *x = &n.p.p[i];
        if (!seen_word(&a->seen->purpose, x->name))
            kf_advise_report(
                a, KF_CODE_CONSENT_NEVER_SEEN, x->pos, meant(a, &a->seen->purpose, x->name),
                "nobody has ever given or refused consent '%s'%s", x->name, elsewhere(a, x));
    }
    kf_vec_free(&n.p);
}

/* ---- identifiers ---- */

/* Fewer values say nothing; a person's own are seldom shared: of the values of a browser or a
 * mailbox in a household a few percent are. */
#define FEW_VALUES   20
#define COMMON_SHARE 20 /* one in five */

static void look_at_namespaces(struct kf_advise *a)
{
    uint32_t n;
    const struct kf_rule *const *link = kf_rules_kind(a->s, KF_KIND_LINK, &n);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_node *c = kf_rule_get(link[i], "connect");
        for (uint32_t k = 0; k < kf_node_texts(c); k++)
            for (uint32_t x = 0; x < a->seen->n_ns; x++) {
                const struct kf_seen_namespace *s = &a->seen->ns[x];
                if (strcmp(s->name, kf_node_text(c, k)) != 0 || s->values < FEW_VALUES ||
                    s->shared * 100 < s->values * COMMON_SHARE)
                    continue;
                kf_advise_report(
                    a, KF_CODE_COMMON_IDENTIFIER, c->op == KF_T_LIST ? c->kid[k]->pos : c->pos,
                    NULL,
                    "link \"%s\" joins through '%s', but %llu %% of its values are used by "
                    "several people",
                    link[i]->name, s->name, (unsigned long long)(s->shared * 100 / s->values));
            }
    }
}

/* ---- all of it ---- */

void kf_advise_seen(struct kf_advise *a)
{
    look_at_events(a); /* against what is agreed, too */
    if (!a->seen)
        return;
    look_at_properties(a);
    look_at_traits(a);
    look_at_purposes(a);
    look_at_namespaces(a);
    for (uint32_t i = 0; i < a->s->n; i++) {
        const struct kf_rule *r = a->s->rule[i];
        char day[40];
        if (r->ends == KF_TIME_MAX || r->ends > a->seen->as_of)
            continue;
        kf_time_format(r->ends, day);
        kf_advise_report(a, KF_CODE_NO_LONGER, r->pos, NULL, "%s \"%s\" is not in force since %s",
                         kf_kind_name(r->kind), r->name, day);
    }
}
