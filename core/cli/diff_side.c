/* What the rules of one side decide about everybody. */
#include "cli/diff_internal.h"

#include <math.h>
#include <stdlib.h>

bool kf_side_has(const uint64_t *bits, uint32_t i)
{
    return bits && (bits[i / 64] >> (i % 64) & 1);
}

void kf_bits_set(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= (uint64_t)1 << (i % 64);
}

uint64_t *kf_bits_new(uint32_t n)
{
    return calloc(n / 64u + 1u, sizeof(uint64_t));
}

int kf_diff_no_memory(struct kf_error *err)
{
    return kf_error_set(err, KF_E_NOMEM, "dry-run", "out of memory");
}

/* ---- room ---- */

static bool has_bits(enum kf_kind k)
{
    return k == KF_KIND_SEGMENT || k == KF_KIND_SUPPRESS || k == KF_KIND_CHANNEL ||
           k == KF_KIND_EXPORT || k == KF_KIND_FRAUD;
}

static double *new_scores(uint32_t n)
{
    double *s = malloc((n + 1u) * sizeof *s);
    for (uint32_t i = 0; s && i < n; i++)
        s[i] = NAN;
    return s;
}

static int make_room(struct kf_side *s, struct kf_error *err)
{
    uint32_t n = s->rules->n, people = s->world->n_profiles,
             purposes = s->world->statements.n_purpose;
    s->bits = calloc(n + 1u, sizeof *s->bits);
    s->undecided = calloc(n + 1u, sizeof *s->undecided);
    s->why = calloc(n + 1u, sizeof *s->why);
    s->score = calloc(n + 1u, sizeof *s->score);
    s->refused = calloc(n + 1u, sizeof *s->refused);
    s->consent = calloc(purposes + 1u, sizeof *s->consent);
    s->suppressed = kf_bits_new(people);
    s->reach = kf_bits_new(people);
    bool ok = s->bits && s->undecided && s->why && s->score && s->refused && s->consent &&
              s->suppressed && s->reach;
    for (uint32_t i = 0; i < n && ok; i++) {
        if (has_bits(s->rules->rule[i]->kind))
            ok = (s->bits[i] = kf_bits_new(people)) != NULL;
        if (s->rules->rule[i]->kind == KF_KIND_SCORE)
            ok = (s->score[i] = new_scores(people)) != NULL;
    }
    for (uint32_t i = 0; i < purposes && ok; i++)
        ok = (s->consent[i] = calloc(people + 1u, 1)) != NULL;
    return ok ? 0 : kf_diff_no_memory(err);
}

void kf_side_free(struct kf_side *s)
{
    for (uint32_t i = 0; s->bits && i < s->rules->n; i++)
        free(s->bits[i]);
    for (uint32_t i = 0; s->score && i < s->rules->n; i++)
        free(s->score[i]);
    for (uint32_t i = 0; s->consent && i < s->world->statements.n_purpose; i++)
        free(s->consent[i]);
    free(s->bits);
    free(s->undecided);
    free(s->why);
    free(s->score);
    free(s->refused);
    free(s->consent);
    free(s->suppressed);
    free(s->reach);
    kf_decide_free(s->decide);
    kf_world_free(s->world);
    *s = (struct kf_side){0};
}

/* ---- one pass over everybody ---- */

struct gather {
    struct kf_side *s;
    const uint8_t *skip;
    bool channels;
    const struct kf_column_def *column;
    uint32_t n_column;
};

static void take_suppressions(struct gather *g, const struct kf_decided *c)
{
    struct kf_side *s = g->s;
    for (uint32_t i = 0; i < c->n_suppression; i++)
        kf_bits_set(s->bits[c->suppression[i].rule], c->suppression[i].profile);
    for (uint32_t i = 0; i < c->n_eligibility; i++)
        if (c->eligibility[i].from <= s->world->as_of)
            kf_bits_set(s->bits[c->eligibility[i].channel], c->eligibility[i].profile);
}

static void take_scores(struct gather *g, const struct kf_decided *c)
{
    for (uint32_t k = 0; k < g->n_column; k++) {
        const struct kf_rule *r = g->column[k].rule;
        if (r->kind != KF_KIND_SCORE || g->column[k].band || (g->skip && g->skip[r->number]))
            continue;
        for (uint32_t p = c->from; p < c->to; p++) {
            const struct kf_value *v = &c->value[(size_t)(p - c->from) * g->n_column + k];
            if (v->type == KF_VAL_NUMBER)
                g->s->score[r->number][p] = kf_dec_double(v->number);
            else if (v->type == KF_VAL_UNDECIDED && !g->s->undecided[r->number]++)
                g->s->why[r->number] = v->why;
        }
    }
}

static int on_chunk(void *ctx, const struct kf_decided *c, struct kf_error *err)
{
    struct gather *g = ctx;
    struct kf_side *s = g->s;
    if (kf_cli_stop) /* there is nothing to finish */
        return kf_error_set(err, KF_E_INTERRUPTED, "dry-run", "interrupted; nothing was written");
    for (uint32_t i = 0; i < c->n_member; i++)
        kf_bits_set(s->bits[c->member[i].rule], c->member[i].profile);
    for (uint32_t i = 0; i < c->n_outgoing; i++)
        kf_bits_set(s->bits[c->outgoing[i].rule], c->outgoing[i].profile);
    for (uint32_t i = 0; i < c->n_consent; i++)
        s->consent[c->consent[i].purpose][c->consent[i].profile] = c->consent[i].state;
    for (uint32_t i = 0; i < c->n_undecided; i++)
        if (!s->undecided[c->undecided[i].rule]++)
            s->why[c->undecided[i].rule] = c->undecided[i].why;
    take_suppressions(g, c);
    take_scores(g, c);
    return 0;
}

/* Who is suppressed by anything, who can be reached on any channel. */
static void sum_up(struct kf_side *s)
{
    uint32_t n_channel, words = s->world->n_profiles / 64u + 1u;
    kf_rules_kind(s->rules, KF_KIND_CHANNEL, &n_channel);
    for (uint32_t i = 0; i < s->rules->n; i++) {
        enum kf_kind k = s->rules->rule[i]->kind;
        uint64_t *to = k == KF_KIND_SUPPRESS || k == KF_KIND_FRAUD ? s->suppressed
                       : k == KF_KIND_CHANNEL                      ? s->reach
                                                                   : NULL;
        for (uint32_t w = 0; to && w < words; w++)
            to[w] |= s->bits[i][w];
    }
    for (uint32_t p = 0; !n_channel && p < s->world->n_profiles; p++)
        if (!kf_side_has(s->suppressed, p))
            kf_bits_set(s->reach, p);
}

/* An export of the best so many has to know everybody first. */
static int send_best(struct kf_side *s, const uint8_t *skip, struct kf_error *err)
{
    uint32_t n;
    const struct kf_rule *const *r = kf_rules_kind(s->rules, KF_KIND_EXPORT, &n);
    for (uint32_t i = 0; i < n; i++) {
        struct kf_error mine = KF_ERROR_INIT;
        struct kf_audience *a = NULL;
        if (!kf_rule_get(r[i], "top") || (skip && skip[r[i]->number]))
            continue;
        int rc = kf_decide_audience(s->decide, r[i], &a, &mine);
        if (rc == KF_E_LIMIT)
            continue; /* over max_size: nobody is sent, which the other exports say, too */
        if (rc) {
            if (err)
                *err = mine;
            return rc;
        }
        for (uint32_t k = 0; k < a->n; k++)
            kf_bits_set(s->bits[r[i]->number], a->profile[k]);
        kf_audience_free(a);
    }
    return 0;
}

static uint32_t count(const uint64_t *bits, uint32_t people)
{
    uint32_t n = 0;
    for (uint32_t w = 0; bits && w <= people / 64u; w++)
        n += (uint32_t)__builtin_popcountll(bits[w]);
    return n;
}

/* Over max_size exports stop; nobody is picked (RULES 4). */
static void hold_max_size(struct kf_side *s)
{
    uint32_t n, people = s->world->n_profiles;
    const struct kf_rule *const *r = kf_rules_kind(s->rules, KF_KIND_EXPORT, &n);
    for (uint32_t i = 0; i < n; i++) {
        const char *name = kf_rule_text(r[i], "segment", "");
        const struct kf_rule *segment = kf_rules_find(s->rules, KF_KIND_SEGMENT, name);
        struct kf_dec most;
        if (!segment || !kf_rule_number(segment, "max_size", &most) ||
            kf_dec_cmp(most, kf_dec_int(count(s->bits[segment->number], people))) >= 0)
            continue;
        s->refused[r[i]->number] = segment->name;
        memset(s->bits[r[i]->number], 0, (people / 64u + 1u) * sizeof(uint64_t));
    }
}

static int decide_side(struct kf_side *s, const uint8_t *skip, struct kf_error *err)
{
    struct gather g = {.s = s, .skip = skip};
    g.column = kf_decide_columns(s->decide, &g.n_column);
    struct kf_decide_sink sink = {.chunk = on_chunk,
                                  .ctx = &g,
                                  .audiences_only = true,
                                  .scores = true,
                                  .consents = true,
                                  .exports = true,
                                  .skip = skip};
    int rc = kf_decide_run(s->decide, &sink, err);
    return rc ? rc : send_best(s, skip, err);
}

/* ---- both sides ---- */

/* Does the rule, or one that it asks, mean something else than before? Traits, computed values,
 * consent and flags are asked, too; who people are is the same when this is asked. */
static bool is_touched(const struct kf_diff *d, const struct kf_rule *r)
{
    return kf_diff_change(d, r) || kf_diff_asks(d, r);
}

/* What exports read without asking by a condition. */
static bool is_export_touched(const struct kf_diff *d, const struct kf_rule *r)
{
    const struct kf_ruleset *s = d->after.rules;
    const char *segment = kf_rule_text(r, "segment", ""), *channel = kf_rule_text(r, "channel", "");
    const struct kf_rule *of[] = {kf_rules_find(s, KF_KIND_SEGMENT, segment),
                                  kf_rules_find(s, KF_KIND_CHANNEL, channel)};
    for (size_t i = 0; i < 2; i++)
        if (of[i] && is_touched(d, of[i]))
            return true;
    return is_touched(d, r);
}

static bool any_changed(const struct kf_diff *d, enum kf_kind from, enum kf_kind to)
{
    for (uint32_t i = 0; i < d->rules.n; i++) {
        const struct kf_compared *c = &d->rules.rule[i];
        enum kf_kind k = (c->after ? c->after : c->before)->kind;
        if (c->change != KF_COMPARE_TEXT && k >= from && k <= to)
            return true;
    }
    return false;
}

static bool copies(const struct kf_diff *d, const struct kf_rule *r, bool contact)
{
    switch (r->kind) {
    case KF_KIND_SEGMENT:
    case KF_KIND_SCORE:
    case KF_KIND_SUPPRESS:
        return !is_touched(d, r);
    case KF_KIND_CHANNEL:
        return !contact && !is_touched(d, r);
    case KF_KIND_EXPORT:
        return !contact && !is_export_touched(d, r);
    default:
        return false;
    }
}

/* Fraud verdicts may take events out of every condition, and flags and channel groups mark them. */
static bool reaches_everywhere(const struct kf_diff *d)
{
    uint32_t n;
    const struct kf_rule *const *fraud = kf_rules_kind(d->after.rules, KF_KIND_FRAUD, &n);
    for (uint32_t i = 0; i < n; i++)
        if (is_touched(d, fraud[i]))
            return true;
    return any_changed(d, KF_KIND_CONSENT, KF_KIND_FLAG) ||
           any_changed(d, KF_KIND_FRAUD, KF_KIND_FRAUD) ||
           any_changed(d, KF_KIND_CHANNEL_GROUP, KF_KIND_CHANNEL_GROUP);
}

/* Suppressions reach into channels and exports, asked or not. */
static bool reaches_contact(const struct kf_diff *d)
{
    uint32_t n;
    const struct kf_rule *const *r = kf_rules_kind(d->after.rules, KF_KIND_SUPPRESS, &n);
    for (uint32_t i = 0; i < n; i++)
        if (is_touched(d, r[i]))
            return true;
    return any_changed(d, KF_KIND_SUPPRESS, KF_KIND_CHANNEL);
}

/* Rules of `after` whose decisions are those of `before`: the people are the same, and neither they
 * nor what they ask has changed. NULL: none are, or there is no memory to tell. */
static uint8_t *unchanged(const struct kf_diff *d)
{
    if (d->identity || !d->before.world || reaches_everywhere(d))
        return NULL;
    bool contact = reaches_contact(d);
    uint8_t *skip = calloc(d->after.rules->n + 1u, 1);
    for (uint32_t i = 0; skip && i < d->after.rules->n; i++) {
        const struct kf_rule *r = d->after.rules->rule[i];
        skip[i] = kf_rules_find(d->before.rules, r->kind, r->name) && copies(d, r, contact);
    }
    return skip;
}

static void copy_side(struct kf_diff *d, const uint8_t *skip)
{
    uint32_t people = d->after.world->n_profiles;
    for (uint32_t i = 0; skip && i < d->after.rules->n; i++) {
        const struct kf_rule *r = d->after.rules->rule[i];
        const struct kf_rule *a = skip[i] ? kf_rules_find(d->before.rules, r->kind, r->name) : NULL;
        if (!a)
            continue;
        if (d->after.bits[i])
            memcpy(d->after.bits[i], d->before.bits[a->number],
                   (people / 64u + 1u) * sizeof(uint64_t));
        if (d->after.score[i])
            memcpy(d->after.score[i], d->before.score[a->number], people * sizeof(double));
        d->after.undecided[i] = d->before.undecided[a->number];
        d->after.why[i] = d->before.why[a->number];
    }
}

int kf_diff_decide(struct kf_diff *d, struct kf_error *err)
{
    int rc = 0;
    kf_diff_rules(d);
    if (d->before.world) {
        rc = make_room(&d->before, err);
        if (rc == 0)
            rc = decide_side(&d->before, NULL, err);
        if (rc)
            return rc;
        sum_up(&d->before);
    }
    uint8_t *skip = unchanged(d);
    rc = make_room(&d->after, err);
    if (rc == 0)
        rc = decide_side(&d->after, skip, err);
    if (rc == 0) {
        copy_side(d, skip);
        sum_up(&d->after);
        hold_max_size(&d->after);
        if (d->before.world)
            hold_max_size(&d->before);
    }
    free(skip);
    return rc;
}
