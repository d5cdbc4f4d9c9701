#include "cli/explain_two.h"

#include "cli/explain_path.h"
#include "cli/explain_rule.h"

#include <stdlib.h>

#define MAX_BLOCKING 8u

/* Two people side by side. */
struct pair {
    struct kf_session *s;
    struct kf_explain_end a, b;
    uint8_t *ever_a, *ever_b; /* which identifiers are or were theirs */
    uint8_t *via;             /* of an identifier of neither: 1 a refused link to a, 2 to b */
    uint32_t n;               /* reasons that were found */
    bool limited;             /* a link of theirs was refused for a limit on values */
};

uint32_t kf_explain_identifier(const struct kf_world *w, struct kf_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == ':' || text.p[i] == '=') {
            uint32_t ns = kf_idset_ns(w->ids, kf_str(text.p, i));
            return ns == KF_ID_NONE
                       ? KF_ID_NONE
                       : kf_idset_find(w->ids, ns, kf_str(text.p + i + 1, text.n - i - 1));
        }
    return KF_ID_NONE;
}

/* ---- rows as JSON ---- */

static void ident_json(const struct kf_session *s, struct kf_json *j, const char *key, uint32_t id)
{
    struct kf_buf b = {0};
    kf_ident_add(&b, s->world->ids, id, s->reveal);
    kf_json_text(j, key, b.p);
    kf_buf_free(&b);
}

static void place_json(struct kf_json *j, const char *key, const struct kf_pos *pos)
{
    struct kf_buf b = {0};
    if (pos)
        kf_place_add(&b, pos);
    kf_json_text(j, key, pos ? b.p : NULL);
    kf_buf_free(&b);
}

/* What refused and kept links have in common. */
static void link_json(const struct kf_session *s, const struct kf_id_link *l, struct kf_json *j)
{
    const struct kf_rule *r = kf_explain_link_rule(s->world->rules, l->rule);
    ident_json(s, j, "a", l->a);
    ident_json(s, j, "b", l->b);
    kf_json_text(j, "rule", l->rule);
    place_json(j, "where", r ? &r->pos : NULL);
    kf_json_text(j, "strength", kf_strength_name(l->strength));
    kf_json_count(j, "observations", l->count);
    kf_json_time(j, "first", l->first);
    kf_json_time(j, "last", l->last);
    kf_explain_event_json(s, "event", l->event, j);
}

static void refused_json(const struct pair *p, const struct kf_id_link *l, struct kf_json *j)
{
    const struct kf_session *s = p->s;
    struct kf_buf b = {0};
    uint32_t id[MAX_BLOCKING];
    uint32_t n = kf_explain_blocking(s->world, l, p->ever_a, p->ever_b, id, MAX_BLOCKING);
    kf_json_open(j, NULL, '{');
    link_json(s, l, j);
    kf_json_text(j, "reason", kf_identity_reason_name(l->reason));
    kf_explain_refusal(s->world, l, s->reveal, &b);
    kf_json_text(j, "because", b.p);
    place_json(j, "limit", kf_explain_limit_place(s->world, l));
    kf_json_open(j, "blocking", '[');
    for (uint32_t i = 0; i < n; i++)
        ident_json(s, j, NULL, id[i]);
    kf_json_close(j, ']');
    kf_buf_clear(&b);
    kf_explain_wanted(s, l, &b);
    kf_json_text(j, "joined_if", b.p);
    kf_json_close(j, '}');
    kf_buf_free(&b);
}

/* ---- rows as text ---- */

static void link_text(const struct kf_session *s, const struct kf_id_link *l, struct kf_buf *out)
{
    const struct kf_rule *r = kf_explain_link_rule(s->world->rules, l->rule);
    kf_ident_add(out, s->world->ids, l->a, s->reveal);
    kf_buf_adds(out, " and ");
    kf_ident_add(out, s->world->ids, l->b, s->reveal);
    kf_buf_addf(out, ": link %s ", l->rule);
    kf_buf_addc(out, '(');
    if (r)
        kf_place_add(out, &r->pos);
    else
        kf_buf_adds(out, "a steward's decision");
    kf_buf_addc(out, ')');
}

static void refused_text(const struct pair *p, const struct kf_id_link *l, struct kf_buf *out)
{
    const struct kf_session *s = p->s;
    uint32_t id[MAX_BLOCKING];
    kf_buf_adds(out, "  ");
    link_text(s, l, out);
    kf_buf_adds(out, " was refused: ");
    kf_explain_refusal(s->world, l, s->reveal, out);
    if (l->event != KF_ID_NONE) {
        kf_buf_adds(out, "; last seen together on ");
        kf_when_add(out, s->ws.config->zone, l->last);
        kf_buf_adds(out, ", ");
        kf_event_place_add(out, s->events, l->event);
    }
    kf_buf_addc(out, '\n');
    uint32_t n = kf_explain_blocking(s->world, l, p->ever_a, p->ever_b, id, MAX_BLOCKING);
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(out, i ? ", " : "    in the way: ");
        kf_ident_add(out, s->world->ids, id[i], s->reveal);
    }
    if (n)
        kf_buf_addc(out, '\n');
    kf_buf_adds(out, "    joined if ");
    kf_explain_wanted(s, l, out);
    kf_buf_addc(out, '\n');
}

static void spans_text(const struct kf_session *s, uint32_t id, struct kf_buf *out)
{
    const struct kf_id_result *r = s->world->identity;
    for (uint32_t i = 0; i < r->n_span; i++) {
        const struct kf_id_span *p = &r->span[i];
        if (p->id != id)
            continue;
        kf_buf_adds(out, "  ");
        if (p->from == KF_TIME_MIN)
            kf_buf_adds(out, "from the beginning");
        else
            kf_when_add(out, s->ws.config->zone, p->from);
        kf_buf_adds(out, " until ");
        if (p->to == KF_TIME_MAX)
            kf_buf_adds(out, "now");
        else
            kf_when_add(out, s->ws.config->zone, p->to);
        kf_buf_adds(out, ": ");
        if (p->profile == KF_ID_NONE) {
            kf_buf_adds(out, p->isolated ? kf_identity_reason_name(p->isolated) : "nobody");
        } else {
            kf_ident_add(out, s->world->ids, kf_profile_face(s->world, p->profile), s->reveal);
        }
        kf_buf_addc(out, '\n');
    }
}

/* ---- an identifier of nobody ---- */

/* The events that carry it, the newest of them; UINT32_MAX: none yet. */
static uint32_t carried_by(const struct kf_world *w, uint32_t id, uint32_t *ret_newest)
{
    uint32_t of[512], count = 0;
    *ret_newest = UINT32_MAX;
    for (uint32_t e = 0; e < w->events->n; e++) {
        if (w->events->dropped[e] || w->events->time[e] > w->as_of)
            continue;
        uint32_t n = kf_identity_of_event(w->events, w->ids, e, of, 512), i = 0;
        while (i < n && of[i] != id)
            i++;
        if (i == n)
            continue;
        count++;
        if (*ret_newest == UINT32_MAX || kf_event_cmp(w->events, *ret_newest, e) < 0)
            *ret_newest = e;
    }
    return count;
}

/* Nothing was refused and it is isolated by nothing: other identifiers of its events are stronger,
 * and no link was made to them. */
static void carried_text(const struct kf_session *s, uint32_t id, struct kf_buf *out)
{
    const struct kf_world *w = s->world;
    uint32_t newest, n = carried_by(w, id, &newest);
    if (!n)
        return;
    uint32_t owner = w->identity->event_profile[newest];
    struct kf_buf b = {0};
    kf_count_add(&b, n, "event carries it", "events carry it");
    kf_buf_adds(&b, n > 1 ? ", the newest of " : ", of ");
    if (owner == KF_ID_NONE)
        kf_buf_adds(&b, "nobody");
    else
        kf_ident_add(&b, w->ids, kf_profile_face(w, owner), s->reveal);
    kf_buf_adds(&b, " on ");
    kf_when_add(&b, s->ws.config->zone, w->events->time[newest]);
    kf_buf_adds(&b, ", ");
    kf_event_place_add(&b, w->events, newest);
    kf_buf_adds(&b, "; nothing ties it to what else stands there\n");
    kf_buf_addf(out, "  %s", b.p);
    kf_buf_free(&b);
}

static void nobody_head(const struct kf_session *s, uint32_t id, const char *name, const char *why,
                        struct kf_buf *out)
{
    bool past = kf_cli_has(s->cli, "at") || kf_cli_has(s->cli, "as-of");
    uint32_t newest;
    if (past && !carried_by(s->world, id, &newest)) {
        kf_buf_addf(out, "%s had not been seen by ", name);
        kf_when_add(out, s->ws.config->zone, s->world->as_of);
        kf_buf_addc(out, '\n');
        return;
    }
    kf_buf_addf(out, past ? "%s belonged to nobody on " : "%s belongs to nobody now", name);
    if (past)
        kf_when_add(out, s->ws.config->zone, s->world->as_of);
    kf_buf_addf(out, "%s%s\n", why ? ": " : "", why ? why : "");
}

int kf_explain_nobody(struct kf_session *s, uint32_t id, struct kf_buf *out)
{
    const struct kf_id_result *r = s->world->identity;
    const char *why = r->id_isolated[id] ? kf_identity_reason_name(r->id_isolated[id]) : NULL;
    uint8_t *none = calloc(s->world->ids->n + 1u, 1);
    struct pair p = {.s = s, .ever_a = none, .ever_b = none};
    struct kf_json j;
    struct kf_buf name = {0};
    kf_ident_add(&name, s->world->ids, id, s->reveal);
    if (s->cli->json) {
        kf_json_start(&j, out, "kinfold.explain/1");
        kf_json_text(&j, "profile", NULL);
        kf_json_text(&j, "identifier", name.p);
        kf_json_text(&j, "isolated", why);
        kf_json_open(&j, "refused", '[');
    } else {
        nobody_head(s, id, name.p, why, out);
        spans_text(s, id, out);
    }
    bool any = false;
    for (uint32_t i = 0; none && i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        if (l->reason == KF_ID_KEPT || (l->a != id && l->b != id))
            continue;
        any = true;
        if (s->cli->json)
            refused_json(&p, l, &j);
        else
            refused_text(&p, l, out);
    }
    if (s->cli->json) {
        uint32_t newest;
        kf_json_close(&j, ']');
        kf_json_count(&j, "events", carried_by(s->world, id, &newest));
        kf_explain_event_json(s, "newest", newest, &j);
        kf_json_end(&j);
    } else if (!any && !why) {
        carried_text(s, id, out);
    }
    kf_buf_free(&name);
    free(none);
    return 1;
}

/* ---- one person ---- */

static void step_text(const struct kf_session *s, const struct kf_path_step *step, uint32_t number,
                      struct kf_buf *out)
{
    const struct kf_id_link *l = &s->world->identity->link[step->link];
    const struct kf_events *e = s->events;
    kf_buf_addf(out, "  %u. ", number);
    link_text(s, l, out);
    kf_buf_addf(out, ", %s", kf_strength_name(l->strength));
    if (l->count)
        kf_buf_addf(out, ", seen %u time%s", l->count, l->count == 1 ? "" : "s");
    if (l->event != KF_ID_NONE) {
        struct kf_str name = kf_symbols_text(e->dict->name, e->what[l->event].name);
        kf_buf_adds(out, ", last on ");
        kf_when_add(out, s->ws.config->zone, l->last);
        kf_buf_adds(out, " by ");
        if (name.n)
            kf_mask_add(out, KF_PERSONAL_NONE, name, false);
        else
            kf_buf_adds(out, kf_event_type_name(e->what[l->event].type));
        kf_buf_adds(out, ", ");
        kf_event_place_add(out, e, l->event);
    }
    kf_buf_addc(out, '\n');
}

/* a – b – c, in the order in which the chain is walked */
static void chain_text(const struct pair *p, const struct kf_path_step *step, uint32_t n,
                       struct kf_buf *out)
{
    const struct kf_session *s = p->s;
    uint32_t at = kf_span_owner(s->world, p->a.id);
    kf_buf_adds(out, "  ");
    kf_ident_add(out, s->world->ids, at, s->reveal);
    for (uint32_t k = 1; k <= n; k++)
        for (uint32_t i = 0; i < n; i++) {
            const struct kf_id_link *l = &s->world->identity->link[step[i].link];
            if (step[i].step != k)
                continue;
            at = kf_span_owner(s->world, l->a) == at ? kf_span_owner(s->world, l->b)
                                                     : kf_span_owner(s->world, l->a);
            kf_buf_adds(out, " \xe2\x80\x93 ");
            kf_ident_add(out, s->world->ids, at, s->reveal);
        }
    kf_buf_addc(out, '\n');
}

static void one_text(const struct pair *p, const struct kf_path_step *step, uint32_t n,
                     struct kf_buf *out)
{
    const struct kf_world *w = p->s->world;
    kf_buf_adds(out, "They are one person.\n");
    if (n) {
        kf_buf_adds(out, n > 1 ? "The strongest chain between them, and its links, weakest first:\n"
                               : "One link ties them:\n");
        chain_text(p, step, n, out);
        for (uint32_t i = 0; i < n; i++)
            step_text(p->s, &step[i], i + 1, out);
    } else if (p->a.id != p->b.id && kf_span_owner(w, p->a.id) == kf_span_owner(w, p->b.id)) {
        kf_buf_adds(out, "A steward said that the two are one identifier (kinfold decide list).\n");
    }
}

static int one(const struct pair *p, struct kf_buf *out)
{
    const struct kf_world *w = p->s->world;
    struct kf_arena a = {0};
    const struct kf_path_step *step = NULL;
    kf_arena_init(&a, 0);
    uint32_t n = kf_explain_path(w, p->a.profile, p->a.id, p->b.id, &a, &step);
    if (p->s->cli->json) {
        struct kf_json j;
        kf_json_start(&j, out, "kinfold.explain-two/1");
        kf_json_bool(&j, "same", true);
        ident_json(p->s, &j, "a", p->a.id);
        ident_json(p->s, &j, "b", p->b.id);
        kf_json_bool(&j, "joined_by_hand",
                     p->a.id != p->b.id && kf_span_owner(w, p->a.id) == kf_span_owner(w, p->b.id));
        kf_json_open(&j, "path", '[');
        for (uint32_t i = 0; i < n; i++) {
            kf_json_open(&j, NULL, '{');
            kf_json_count(&j, "step", step[i].step);
            link_json(p->s, &w->identity->link[step[i].link], &j);
            kf_json_close(&j, '}');
        }
        kf_json_close(&j, ']');
        kf_json_open(&j, "refused", '[');
        kf_json_close(&j, ']');
        kf_json_end(&j);
    } else {
        one_text(p, step, n, out);
    }
    kf_arena_free(&a);
    return 0;
}

/* ---- two people ---- */

/* Does a refused link stand between the two at any time, or lead to what names neither because of
 * both? */
static bool between(const struct pair *p, const struct kf_id_link *l)
{
    if (l->reason == KF_ID_KEPT)
        return false;
    if ((p->ever_a[l->a] && p->ever_b[l->b]) || (p->ever_a[l->b] && p->ever_b[l->a]))
        return true;
    return (p->via[l->b] == 3 && (p->ever_a[l->a] || p->ever_b[l->a])) ||
           (p->via[l->a] == 3 && (p->ever_a[l->b] || p->ever_b[l->b]));
}

static void find_via(struct pair *p)
{
    const struct kf_id_result *r = p->s->world->identity;
    for (uint32_t i = 0; i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        if (l->reason == KF_ID_KEPT)
            continue;
        for (int turn = 0; turn < 2; turn++) {
            uint32_t x = turn ? l->b : l->a, other = turn ? l->a : l->b;
            if (!p->ever_a[other] && !p->ever_b[other])
                p->via[other] |= (uint8_t)(p->ever_a[x] | p->ever_b[x] << 1);
        }
    }
}

static void both_had(struct pair *p, struct kf_json *j, struct kf_buf *out)
{
    const struct kf_session *s = p->s;
    for (uint32_t i = 0; i < s->world->ids->n; i++) {
        if (!p->ever_a[i] || !p->ever_b[i])
            continue;
        p->n++;
        if (s->cli->json) {
            ident_json(s, j, NULL, i);
            continue;
        }
        kf_buf_adds(out, "  both had ");
        kf_ident_add(out, s->world->ids, i, s->reveal);
        kf_buf_adds(out, ", at different times:\n");
        spans_text(s, i, out);
    }
}

static uint32_t limits(const struct pair *p, struct kf_buf *out)
{
    if (p->a.profile == KF_ID_NONE || p->b.profile == KF_ID_NONE)
        return 0;
    return kf_explain_limits_between(p->s, p->a.profile, p->b.profile, out);
}

/* A text for each line. */
static void limits_json(struct kf_json *j, const struct kf_buf *lines)
{
    kf_json_open(j, "limits", '[');
    for (const char *p = lines->p; p && *p;) {
        size_t n = strcspn(p, "\n"), blanks = strspn(p, " ");
        kf_json_str(j, NULL, kf_str(p + blanks, n - blanks));
        p += n + (p[n] == '\n');
    }
    kf_json_close(j, ']');
}

static void end_text(const struct kf_session *s, struct kf_explain_end e, struct kf_buf *out)
{
    bool nobody = e.profile == KF_ID_NONE;
    kf_ident_add(out, s->world->ids, nobody ? e.id : kf_profile_face(s->world, e.profile),
                 s->reveal);
}

/* An end that names nobody now, and why. */
static void nobody_text(const struct kf_session *s, struct kf_explain_end e, struct kf_buf *out)
{
    if (e.profile != KF_ID_NONE)
        return;
    uint8_t why = s->world->identity->id_isolated[e.id];
    struct kf_buf name = {0};
    kf_buf_adds(out, "  ");
    kf_ident_add(&name, s->world->ids, e.id, s->reveal);
    nobody_head(s, e.id, name.p, why ? kf_identity_reason_name((enum kf_id_reason)why) : NULL, out);
    kf_buf_free(&name);
}

static void two_json(struct pair *p, struct kf_buf *out)
{
    const struct kf_id_result *r = p->s->world->identity;
    struct kf_json j;
    struct kf_buf rules = {0};
    kf_json_start(&j, out, "kinfold.explain-two/1");
    kf_json_bool(&j, "same", false);
    ident_json(p->s, &j, "a", p->a.id);
    ident_json(p->s, &j, "b", p->b.id);
    kf_json_bool(&j, "a_is_nobodys", p->a.profile == KF_ID_NONE);
    kf_json_bool(&j, "b_is_nobodys", p->b.profile == KF_ID_NONE);
    kf_json_open(&j, "refused", '[');
    for (uint32_t i = 0; i < r->n_link; i++)
        if (between(p, &r->link[i]))
            refused_json(p, &r->link[i], &j);
    kf_json_close(&j, ']');
    kf_json_open(&j, "both_had", '[');
    both_had(p, &j, out);
    kf_json_close(&j, ']');
    kf_explain_rules_between(p->s->world, p->ever_a, p->ever_b, &rules);
    kf_json_text(&j, "rules_that_could", rules.n ? rules.p : NULL);
    kf_buf_clear(&rules);
    limits(p, &rules);
    limits_json(&j, &rules);
    kf_json_end(&j);
    kf_buf_free(&rules);
}

static void two_text(struct pair *p, struct kf_buf *out)
{
    const struct kf_session *s = p->s;
    const struct kf_id_result *r = s->world->identity;
    bool people = p->a.profile != KF_ID_NONE && p->b.profile != KF_ID_NONE;
    end_text(s, p->a, out);
    kf_buf_adds(out, " and ");
    end_text(s, p->b, out);
    kf_buf_adds(out, people ? " are two people.\n" : " are not one person.\n");
    nobody_text(s, p->a, out);
    nobody_text(s, p->b, out);
    for (uint32_t i = 0; i < r->n_link; i++)
        if (between(p, &r->link[i])) {
            refused_text(p, &r->link[i], out);
            p->limited |= r->link[i].reason == KF_ID_PER_PROFILE;
            p->n++;
        }
    both_had(p, NULL, out);
    if (!p->n)
        kf_buf_adds(out, "  No event names an identifier of both, so no link was ever refused.\n");
    if (p->limited || limits(p, out) || p->n)
        return;
    struct kf_buf rules = {0};
    kf_explain_rules_between(s->world, p->ever_a, p->ever_b, &rules);
    if (rules.n)
        kf_buf_addf(out, "    joined if an event named one of each under one of these rules: %s\n",
                    rules.p);
    else
        kf_buf_adds(out, "    No link rule ties their kinds of identifiers.\n");
    kf_buf_free(&rules);
}

/* What is or was theirs; of what is nobody's itself. */
static uint8_t *ever(const struct kf_world *w, struct kf_explain_end e)
{
    if (e.profile != KF_ID_NONE)
        return kf_profile_ever(w, e.profile);
    uint8_t *bits = calloc(w->ids->n + 1u, 1);
    if (bits)
        bits[e.id] = bits[kf_span_owner(w, e.id)] = 1;
    return bits;
}

int kf_explain_two(struct kf_session *s, struct kf_explain_end a, struct kf_explain_end b,
                   struct kf_buf *out)
{
    struct pair p = {.s = s, .a = a, .b = b};
    if (a.profile == b.profile && a.profile != KF_ID_NONE)
        return one(&p, out);
    if (a.profile == b.profile && kf_span_owner(s->world, a.id) == kf_span_owner(s->world, b.id))
        return kf_explain_nobody(s, a.id, out);
    p.ever_a = ever(s->world, a);
    p.ever_b = ever(s->world, b);
    p.via = calloc(s->world->ids->n + 1u, 1);
    if (p.ever_a && p.ever_b && p.via) {
        find_via(&p);
        if (s->cli->json)
            two_json(&p, out);
        else
            two_text(&p, out);
    }
    free(p.ever_a);
    free(p.ever_b);
    free(p.via);
    return 1;
}
