/* Sentences of a dry-run that text and JSON share, and what was edited within a rule. */
#include "cli/dry_run.h"

#include <stdlib.h>

/* ---- the first and the last line ---- */

static uint32_t segments_changed(const struct kf_dry_run *d)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->diff.n_segment; i++)
        n += d->diff.segment[i].m.added || d->diff.segment[i].m.removed;
    return n;
}

static void count_or(struct kf_buf *out, uint32_t n, const char *none, const char *one,
                     const char *many)
{
    if (n)
        kf_count_add(out, n, one, many);
    else
        kf_buf_adds(out, none);
}

static void add_people(const struct kf_dry_run *d, struct kf_buf *out)
{
    if (!d->diff.merged && !d->diff.split) {
        kf_buf_adds(out, "nobody merges or splits");
        return;
    }
    if (d->diff.merged)
        kf_count_add(out, d->diff.merged, "person merges", "people merge");
    if (d->diff.split) {
        kf_buf_adds(out, d->diff.merged ? ", " : "");
        kf_count_add(out, d->diff.split, "person splits", "people split");
    }
}

static void add_broken(const struct kf_dry_run *d, struct kf_buf *out)
{
    kf_buf_adds(out, "Over the limit: ");
    bool first = true;
    for (uint32_t i = 0; i < d->n_limit; i++) {
        const struct kf_dry_limit *l = &d->limit[i];
        if (!l->broken)
            continue;
        kf_buf_addf(out, "%s--%s %s, but %s", first ? "" : "; ", l->option, l->allowed, l->found);
        first = false;
    }
    kf_buf_addc(out, '.');
}

void kf_dry_run_verdict(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    if (d->n_broken) {
        add_broken(d, out);
    } else if (d->same) {
        kf_buf_addf(out, "Nothing would change: the rules mean what they meant in run %lld%s.",
                    (long long)d->s->last.number,
                    x->text_only ? "; only titles, owners or reasons differ" : "");
    } else if (d->first) {
        kf_buf_adds(out, "First run: ");
        kf_count_add(out, x->after.world->n_profiles, "profile", NULL);
        kf_buf_adds(out, " would be made from ");
        kf_count_add(out, d->n_events, "event", NULL);
        kf_buf_adds(out, "; nothing was decided before.");
    } else if (!d->any) {
        kf_buf_adds(out, "Nobody would notice: ");
        kf_count_add(out, x->n_rule, "rule differs", "rules differ");
        kf_buf_adds(out, ", but no profile, membership, suppression or flag does.");
    } else {
        kf_buf_adds(out, "Changes: ");
        kf_count_add(out, x->n_rule, "rule differs", "rules differ");
        kf_buf_adds(out, ", ");
        count_or(out, segments_changed(d), "no segment gets other members",
                 "segment gets other members", "segments get other members");
        kf_buf_adds(out, "; ");
        add_people(d, out);
        kf_buf_adds(out, "; ");
        count_or(out, x->reach.added, "nobody becomes contactable", "person becomes contactable",
                 "people become contactable");
        kf_buf_addc(out, '.');
    }
}

void kf_dry_run_summary(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    char a[32], b[32];
    if (!d->same) {
        uint64_t added = 0, removed = 0;
        for (uint32_t i = 0; i < x->n_segment; i++) {
            added += x->segment[i].m.added;
            removed += x->segment[i].m.removed;
        }
        kf_buf_addf(out, "Summary: profiles %s -> %s",
                    kf_count_text(d->first ? 0 : x->before.world->n_profiles, a),
                    kf_count_text(x->after.world->n_profiles, b));
        kf_buf_addf(out, ", merged %s, split %s", kf_count_text(x->merged, a),
                    kf_count_text(x->split, b));
        kf_buf_addf(out, ", memberships +%s -%s", kf_count_text(added, a),
                    kf_count_text(removed, b));
        kf_buf_addf(out, ", newly contactable %s, newly suppressed %s. ",
                    kf_count_text(x->reach.added, a), kf_count_text(x->suppressed.added, b));
    }
    kf_buf_adds(out, "Nothing was written.");
    if (!d->same)
        kf_buf_adds(out, " 'kinfold run' makes it so.");
}

void kf_dry_run_cause(const struct kf_dry_run *d, const struct kf_dry_set *s, struct kf_buf *out)
{
    const struct kf_diff_set *x = s->d;
    const struct kf_rule *asked = s->asked ? s->asked->after : NULL;
    if (d->first)
        return;
    kf_buf_adds(out, !x->before ? "new rule" : !x->after ? "rule removed" : s->own ? "edited" : "");
    if (asked) {
        kf_buf_addf(out, "%sasks %s", out->n ? ", " : "", kf_kind_name(asked->kind));
        kf_buf_addf(out, "%s%s, which is %s", *asked->name ? " " : "", asked->name,
                    s->asked->before ? "edited" : "new");
    }
    if (x->m.by_identity) {
        kf_buf_adds(out, out->n ? ", " : "");
        kf_count_add(out, x->m.by_identity, "of them is another person now",
                     "of them are other people now");
    }
}

/* ---- what was edited ---- */

static bool is_documentation(const char *key)
{
    static const char *const keys[] = {"title", "owner", "because", "tags", "ticket"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static bool means_the_same(const struct kf_node *a, const struct kf_node *b)
{
    struct kf_buf x = {0}, y = {0};
    kf_node_canonical(a, &x);
    kf_node_canonical(b, &y);
    bool same = kf_str_eq(kf_str(x.p, x.n), kf_str(y.p, y.n));
    kf_buf_free(&x);
    kf_buf_free(&y);
    return same;
}

struct edits {
    kf_dry_edit each;
    void *ctx;
};

static void compare(const struct edits *e, const char *where, const struct kf_node *a,
                    const struct kf_node *b);

static bool has_twin(const struct kf_node *kid, const struct kf_node *of)
{
    for (uint32_t i = 0; i < of->kids; i++)
        if (means_the_same(kid, of->kid[i]))
            return true;
    return false;
}

/* The only kid of `a` without a twin in `b`; NULL: none or several. */
static const struct kf_node *only_new(const struct kf_node *a, const struct kf_node *b)
{
    const struct kf_node *found = NULL;
    for (uint32_t i = 0; i < a->kids; i++) {
        if (has_twin(a->kid[i], b))
            continue;
        if (found)
            return NULL;
        found = a->kid[i];
    }
    return found;
}

static void compare_parts(const struct edits *e, const char *where, const struct kf_node *a,
                          const struct kf_node *b)
{
    const struct kf_node *x = only_new(a, b), *y = only_new(b, a);
    if (x && y) {
        compare(e, where, x, y);
        return;
    }
    for (uint32_t i = 0; i < a->kids; i++)
        if (!has_twin(a->kid[i], b))
            e->each(e->ctx, false, where, a->kid[i]);
    for (uint32_t i = 0; i < b->kids; i++)
        if (!has_twin(b->kid[i], a))
            e->each(e->ctx, true, where, b->kid[i]);
}

static void compare_maps(const struct edits *e, const char *where, const struct kf_node *a,
                         const struct kf_node *b)
{
    struct kf_buf path = {0};
    for (int side = 0; side < 2; side++) {
        const struct kf_node *own = side ? b : a;
        for (uint32_t i = 0; i < own->kids; i++) {
            const struct kf_node *twin = kf_map_get(side ? a : b, own->key[i]);
            if ((!*where && is_documentation(own->key[i])) || (side && twin))
                continue; /* what both have was compared from a's side */
            kf_buf_clear(&path);
            kf_buf_addf(&path, "%s%s%s", where, *where ? "." : "", own->key[i]);
            if (twin)
                compare(e, path.p, own->kid[i], twin);
            else
                e->each(e->ctx, side, path.p, own->kid[i]);
        }
    }
    kf_buf_free(&path);
}

static void compare(const struct edits *e, const char *where, const struct kf_node *a,
                    const struct kf_node *b)
{
    if (means_the_same(a, b))
        return;
    bool combination = a->op == KF_C_ALL || a->op == KF_C_ANY || a->op == KF_C_NONE;
    if (a->op == KF_T_MAP && b->op == KF_T_MAP) {
        compare_maps(e, where, a, b);
    } else if (a->op == b->op && combination) {
        compare_parts(e, where, a, b);
    } else {
        e->each(e->ctx, false, where, a);
        e->each(e->ctx, true, where, b);
    }
}

void kf_dry_run_edits(const struct kf_rule *before, const struct kf_rule *after, kf_dry_edit each,
                      void *ctx)
{
    struct edits e = {each, ctx};
    compare(&e, "", before->body, after->body);
}
