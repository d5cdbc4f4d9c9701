/* What decisions would change: the same events and rules folded with and without them. */
#include "cli/diff.h"
#include "cli/steward.h"

#include "base/error.h"

#include <stdlib.h>

struct kf_desk_change {
    struct kf_diff diff;
    uint64_t moved; /* events that have another owner */
};

static int make_side(struct kf_desk *d, struct kf_side *side, const struct kf_decision_text *list,
                     uint32_t n, struct kf_error *err)
{
    struct kf_session *s = &d->s;
    const struct kf_decision_text *was = s->ws.decision;
    uint32_t n_was = s->ws.n_decision;
    side->rules = s->last_rules;
    s->ws.decision = list;
    s->ws.n_decision = n;
    int rc = kf_pipeline_world(&s->ws, s->last_rules, s->events, s->last.as_of, NULL, false,
                               &side->world, &side->decide, err);
    s->ws.decision = was;
    s->ws.n_decision = n_was;
    return rc;
}

/* Where people split or merge, the part that keeps the earliest identifier keeps its id; what is
 * the other part's has moved. */
static uint64_t count_moved(const struct kf_world *a, const struct kf_world *b)
{
    const struct kf_id_result *x = a->identity, *y = b->identity;
    uint64_t n = 0;
    for (uint32_t e = 0; e < a->events->n; e++) {
        uint32_t p = x->event_profile[e], q = y->event_profile[e];
        if (a->events->dropped[e] || a->events->time[e] > a->as_of)
            continue;
        if (p == KF_ID_NONE || q == KF_ID_NONE)
            n += p != q;
        else
            n += x->profile_id[p] != y->profile_id[q];
    }
    return n;
}

int kf_desk_compare(struct kf_desk *d, const struct kf_decision_text *before, uint32_t n_before,
                    const struct kf_decision_text *after, uint32_t n_after,
                    struct kf_desk_change **ret, struct kf_error *err)
{
    struct kf_desk_change *c = calloc(1, sizeof *c);
    if (!c)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    int rc = d->s.events ? 0 : kf_session_events(&d->s, err);
    if (rc == 0)
        rc = make_side(d, &c->diff.before, before, n_before, err);
    if (rc == 0)
        rc = make_side(d, &c->diff.after, after, n_after, err);
    c->diff.identity = true;
    if (rc == 0)
        rc = kf_diff_decide(&c->diff, err);
    if (rc == 0)
        rc = kf_diff_compare(&c->diff, err);
    if (rc) {
        kf_desk_change_free(c);
        return rc;
    }
    c->moved = count_moved(c->diff.before.world, c->diff.after.world);
    *ret = c;
    return 0;
}

void kf_desk_change_free(struct kf_desk_change *c)
{
    if (!c)
        return;
    kf_diff_free(&c->diff);
    free(c);
}

bool kf_desk_change_any(const struct kf_desk_change *c)
{
    return c->moved || kf_diff_any(&c->diff);
}

static void members_text(const char *head, const char *name, const struct kf_diff_members *m,
                         struct kf_table *t)
{
    if (!m->added && !m->removed)
        return;
    kf_table_cell(t, head);
    kf_table_cell(t, name);
    kf_table_cellf(t, "+%u", m->added);
    kf_table_cellf(t, "-%u", m->removed);
    kf_table_end_row(t);
}

void kf_desk_change_text(const struct kf_desk_change *c, struct kf_buf *out)
{
    const struct kf_diff *d = &c->diff;
    struct kf_table t;
    if (!kf_desk_change_any(c)) {
        kf_buf_adds(out, "  nothing: everybody stays who they are\n");
        return;
    }
    kf_buf_adds(out, "  ");
    kf_count_add(out, d->before.world->n_profiles, "profile", NULL);
    kf_buf_addf(out, " become %u: ", d->after.world->n_profiles);
    kf_count_add(out, d->split, "person splits", "people split");
    kf_buf_adds(out, ", ");
    kf_count_add(out, d->merged, "person merges", "people merge");
    kf_buf_adds(out, ", ");
    kf_count_add(out, c->moved, "event moves", "events move");
    kf_buf_addc(out, '\n');
    kf_table_start(&t, "llrr");
    for (uint32_t i = 0; i < d->n_segment; i++)
        members_text("segment", d->segment[i].name, &d->segment[i].m, &t);
    for (uint32_t i = 0; i < d->n_suppress; i++)
        members_text("suppression", d->suppress[i].name, &d->suppress[i].m, &t);
    for (uint32_t i = 0; i < d->n_channel; i++)
        members_text("channel", d->channel[i].name, &d->channel[i].m, &t);
    members_text("contactable", "", &d->reach, &t);
    kf_table_print(&t, 2, false, out);
}

static void members_json(struct kf_json *j, const char *key, const char *name,
                         const struct kf_diff_members *m)
{
    if (!key && !m->added && !m->removed && m->n_before == m->n_after)
        return; /* two members who become one are two that are kept */
    kf_json_open(j, key, '{');
    if (name)
        kf_json_text(j, "name", name);
    kf_json_count(j, "before", m->n_before);
    kf_json_count(j, "after", m->n_after);
    kf_json_count(j, "added", m->added);
    kf_json_count(j, "removed", m->removed);
    kf_json_close(j, '}');
}

static void sets_json(struct kf_json *j, const char *key, const struct kf_diff_set *s, uint32_t n)
{
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < n; i++)
        members_json(j, NULL, s[i].name, &s[i].m);
    kf_json_close(j, ']');
}

void kf_desk_change_json(const struct kf_desk_change *c, struct kf_json *j)
{
    const struct kf_diff *d = &c->diff;
    kf_json_open(j, "changes", '{');
    kf_json_bool(j, "any", kf_desk_change_any(c));
    kf_json_open(j, "profiles", '{');
    kf_json_count(j, "before", d->before.world->n_profiles);
    kf_json_count(j, "after", d->after.world->n_profiles);
    kf_json_count(j, "split", d->split);
    kf_json_count(j, "merged", d->merged);
    kf_json_close(j, '}');
    kf_json_count(j, "events_moved", c->moved);
    sets_json(j, "segments", d->segment, d->n_segment);
    sets_json(j, "suppressions", d->suppress, d->n_suppress);
    sets_json(j, "channels", d->channel, d->n_channel);
    members_json(j, "contactable", NULL, &d->reach);
    members_json(j, "suppressed", NULL, &d->suppressed);
    kf_json_close(j, '}');
}
