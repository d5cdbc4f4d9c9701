/* Every profile of which anything differs, a JSON line each (kinfold.dry-run-full/1). */
#include "cli/dry_run.h"

#include <math.h>
#include <stdio.h>

#define FLUSH (1u << 20)

/* A person: one profile of `after` and where they come from, or one of `before` that is no more. */
struct person {
    uint32_t before, after;
};

static bool bit(const struct kf_side *s, const struct kf_rule *r, uint32_t profile)
{
    return r && profile != KF_ID_NONE && s->bits && kf_side_has(s->bits[r->number], profile);
}

static bool set_moves(const struct kf_dry_run *d, const struct kf_diff_set *s, struct person p)
{
    return bit(&d->diff.before, s->before, p.before) != bit(&d->diff.after, s->after, p.after);
}

static bool any_set(const struct kf_dry_run *d, const struct kf_diff_set *s, uint32_t n,
                    struct person p)
{
    for (uint32_t i = 0; i < n; i++)
        if (set_moves(d, &s[i], p))
            return true;
    return false;
}

static double score(const struct kf_side *s, const struct kf_rule *r, uint32_t profile)
{
    return r && profile != KF_ID_NONE && s->score ? s->score[r->number][profile] : NAN;
}

static bool score_moves(const struct kf_dry_run *d, const struct kf_diff_score *s, struct person p)
{
    double a = score(&d->diff.before, s->before, p.before),
           b = score(&d->diff.after, s->after, p.after);
    return isnan(a) != isnan(b) || (!isnan(a) && (a < b || b < a));
}

static bool any_score(const struct kf_dry_run *d, struct person p)
{
    for (uint32_t i = 0; i < d->diff.n_score; i++)
        if (score_moves(d, &d->diff.score[i], p))
            return true;
    return false;
}

static bool differs(const struct kf_dry_run *d, struct person p)
{
    const struct kf_diff *x = &d->diff;
    return d->first || !kf_diff_same_person(x, p.before, p.after) ||
           any_set(d, x->segment, x->n_segment, p) || any_set(d, x->suppress, x->n_suppress, p) ||
           any_set(d, x->channel, x->n_channel, p) || any_set(d, x->export, x->n_export, p) ||
           any_score(d, p);
}

/* ---- a line ---- */

static void id_text(struct kf_json *j, const char *key, const struct kf_world *w, uint32_t profile)
{
    char hex[17];
    if (profile == KF_ID_NONE) {
        kf_json_text(j, key, NULL);
        return;
    }
    kf_profile_id_format(w->identity->profile_id[profile], hex);
    kf_json_text(j, key, hex);
}

static void sets(const struct kf_dry_run *d, struct kf_json *j, const char *key,
                 const struct kf_diff_set *s, uint32_t n, struct person p)
{
    if (!any_set(d, s, n, p))
        return;
    kf_json_open(j, key, '{');
    for (int comes = 1; comes >= 0; comes--) {
        kf_json_open(j, comes ? "added" : "removed", '[');
        for (uint32_t i = 0; i < n; i++)
            if (set_moves(d, &s[i], p) && bit(&d->diff.after, s[i].after, p.after) == (comes == 1))
                kf_json_text(j, NULL, s[i].name);
        kf_json_close(j, ']');
    }
    kf_json_close(j, '}');
}

static void number(struct kf_json *j, const char *key, double v)
{
    char text[32];
    kf_json_text(j, key, isnan(v) ? NULL : kf_dry_run_score(v, text));
}

static void scores(const struct kf_dry_run *d, struct kf_json *j, struct person p)
{
    if (!any_score(d, p))
        return;
    kf_json_open(j, "scores", '{');
    for (uint32_t i = 0; i < d->diff.n_score; i++) {
        const struct kf_diff_score *s = &d->diff.score[i];
        if (!score_moves(d, s, p))
            continue;
        kf_json_open(j, s->name, '{');
        number(j, "before", score(&d->diff.before, s->before, p.before));
        number(j, "after", score(&d->diff.after, s->after, p.after));
        kf_json_close(j, '}');
    }
    kf_json_close(j, '}');
}

static const char *identity_word(const struct kf_dry_run *d, struct person p)
{
    const struct kf_diff_mapping *m = &d->diff.map;
    if (d->first)
        return "new";
    if (p.after == KF_ID_NONE)
        return "gone";
    if (p.before == KF_ID_NONE)
        return "new";
    if (kf_diff_same_person(&d->diff, p.before, p.after))
        return "same";
    return m->from_a2[p.after] != KF_ID_NONE  ? "merged"
           : m->to_b2[p.before] != KF_ID_NONE ? "split"
                                              : "events_moved";
}

static void line(const struct kf_dry_run *d, struct person p, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    const struct kf_world *w = p.after == KF_ID_NONE ? x->before.world : x->after.world;
    uint32_t profile = p.after == KF_ID_NONE ? p.before : p.after, id = kf_profile_face(w, profile);
    struct kf_json j = {.out = out};
    struct kf_buf face = {0};
    kf_json_open(&j, NULL, '{');
    id_text(&j, "before", x->before.world, p.before);
    id_text(&j, "after", x->after.world, p.after);
    if (id != KF_ID_NONE)
        kf_ident_add(&face, w->ids, id, d->s->reveal);
    kf_json_text(&j, "identifier", face.p);
    kf_json_text(&j, "person", identity_word(d, p));
    sets(d, &j, "segments", x->segment, x->n_segment, p);
    sets(d, &j, "suppressions", x->suppress, x->n_suppress, p);
    sets(d, &j, "channels", x->channel, x->n_channel, p);
    sets(d, &j, "audiences", x->export, x->n_export, p);
    scores(d, &j, p);
    kf_json_close(&j, '}');
    kf_buf_addc(out, '\n');
    kf_buf_free(&face);
}

/* ---- all ---- */

static int flush(struct kf_buf *out, struct kf_error *err)
{
    bool ok = fwrite(out->p ? out->p : "", 1, out->n, stdout) == out->n;
    kf_buf_clear(out);
    return ok ? 0 : kf_error_set(err, KF_E_IO, "dry-run", "cannot write the lines");
}

static void first_line(const struct kf_dry_run *d, struct kf_buf *out)
{
    struct kf_json j;
    struct kf_buf b = {0};
    kf_json_start(&j, out, "kinfold.dry-run-full/1");
    kf_dry_run_verdict(d, &b);
    kf_json_text(&j, "verdict", b.p);
    kf_json_text(&j, "rules_before", d->first ? NULL : d->diff.before.rules->digest);
    kf_json_text(&j, "rules_after", d->diff.after.rules->digest);
    kf_json_time(&j, "as_of", d->as_of);
    kf_json_bool(&j, "masked", !d->s->reveal);
    kf_json_end(&j);
    kf_buf_free(&b);
}

static void last_line(const struct kf_dry_run *d, uint64_t lines, struct kf_buf *out)
{
    struct kf_json j = {.out = out};
    struct kf_buf b = {0};
    kf_json_open(&j, NULL, '{');
    kf_json_count(&j, "profiles", lines);
    kf_dry_run_summary(d, &b);
    kf_json_text(&j, "summary", b.p);
    kf_json_close(&j, '}');
    kf_buf_addc(out, '\n');
    kf_buf_free(&b);
}

int kf_dry_run_full(const struct kf_dry_run *d, struct kf_error *err)
{
    const struct kf_diff *x = &d->diff;
    struct kf_buf out = {0};
    uint64_t lines = 0;
    int rc = 0;
    first_line(d, &out);
    for (uint32_t q = 0; !d->same && rc == 0 && q < x->after.world->n_profiles; q++) {
        struct person p = {kf_diff_back(x, q), q};
        if (!differs(d, p))
            continue;
        line(d, p, &out);
        lines++;
        if (out.n > FLUSH)
            rc = flush(&out, err);
    }
    for (uint32_t p = 0; x->map.back && rc == 0 && p < x->before.world->n_profiles; p++) {
        uint32_t q = kf_diff_forward(x, p);
        if (q != KF_ID_NONE && kf_diff_back(x, q) == p)
            continue;
        line(d, (struct person){p, KF_ID_NONE}, &out);
        lines++;
        if (out.n > FLUSH)
            rc = flush(&out, err);
    }
    last_line(d, lines, &out);
    if (rc == 0)
        rc = flush(&out, err);
    kf_buf_free(&out);
    return rc;
}
