/* Limits of a dry-run: what turns its exit status. */
#include "cli/dry_run.h"
#include "cli/plan.h"

#define LIMITS 9u

int kf_dry_run_percent(const struct kf_cli *c, const char *option, double max, double *ret,
                       struct kf_error *err)
{
    const char *t = kf_cli_get(c, option);
    struct kf_dec v;
    if (!t)
        return 0;
    size_t n = strlen(t);
    bool ok = kf_dec_parse(kf_str(t, n && t[n - 1] == '%' ? n - 1 : n), &v) && v.m >= 0;
    if (!ok || kf_dec_double(v) > max)
        return kf_error_set(err, KF_E_USAGE, "dry-run",
                            "--%s wants a share such as 10%% (at most %.0f%%), not '%s'", option,
                            max, t);
    *ret = kf_dec_double(v);
    return 0;
}

int kf_dry_run_read_limits(const struct kf_session *s, struct kf_dry_limits *ret,
                           struct kf_error *err)
{
    const struct kf_config *c = s->ws.config;
    struct kf_dry_limits l = {.segment = c->max_segment_change,
                              .audience = c->max_audience_change,
                              .merges = c->max_merges,
                              .splits = c->max_splits,
                              .contactable = c->max_newly_contactable,
                              .suppressed = c->max_newly_suppressed,
                              .flagged = c->max_newly_flagged,
                              .without_consent = c->max_newly_without_consent,
                              .undecided = c->max_undecided};
    const struct {
        const char *option;
        int64_t *to;
    } count[] = {{"max-merges", &l.merges},
                 {"max-splits", &l.splits},
                 {"max-newly-contactable", &l.contactable},
                 {"max-newly-suppressed", &l.suppressed},
                 {"max-newly-flagged", &l.flagged},
                 {"max-newly-without-consent", &l.without_consent},
                 {"max-undecided", &l.undecided}};
    int rc = kf_dry_run_percent(s->cli, "max-segment-change", 1e6, &l.segment, err);
    if (rc == 0)
        rc = kf_dry_run_percent(s->cli, "max-audience-change", 1e6, &l.audience, err);
    for (size_t i = 0; rc == 0 && i < sizeof count / sizeof *count; i++)
        rc = kf_cli_number(s->cli, count[i].option, 0, UINT32_MAX, count[i].to, err);
    if (rc == 0)
        *ret = l;
    return rc;
}

const char *kf_dry_run_looser(const struct kf_config *c, const struct kf_plan_limit *limit,
                              uint32_t n, double *ret_allowed, const char **ret_wanted)
{
    const struct {
        const char *name;
        double allowed;
    } all[LIMITS] = {{"max-segment-change", c->max_segment_change},
                     {"max-audience-change", c->max_audience_change},
                     {"max-merges", (double)c->max_merges},
                     {"max-splits", (double)c->max_splits},
                     {"max-newly-contactable", (double)c->max_newly_contactable},
                     {"max-newly-suppressed", (double)c->max_newly_suppressed},
                     {"max-newly-flagged", (double)c->max_newly_flagged},
                     {"max-newly-without-consent", (double)c->max_newly_without_consent},
                     {"max-undecided", (double)c->max_undecided}};
    for (size_t i = 0; i < LIMITS; i++) {
        const char *wanted = NULL;
        struct kf_dec v;
        for (uint32_t k = 0; k < n; k++)
            if (strcmp(limit[k].limit, all[i].name) == 0)
                wanted = limit[k].wanted;
        if (all[i].allowed < 0 ||
            (wanted && kf_dec_parse(kf_str(wanted, strcspn(wanted, "%")), &v) &&
             kf_dec_double(v) <= all[i].allowed))
            continue;
        *ret_allowed = all[i].allowed;
        *ret_wanted = wanted;
        return all[i].name;
    }
    return NULL;
}

static const char *text_of(struct kf_dry_run *d, struct kf_buf *b)
{
    const char *s = kf_arena_strndup(&d->arena, b->p ? b->p : "", b->n);
    kf_buf_free(b);
    return s;
}

struct holding {
    struct kf_dry_run *d;
    struct kf_dry_limit *limit;
};

static void hold_count(struct holding *h, const char *option, int64_t allowed, uint64_t found,
                       const char *one, const char *many)
{
    struct kf_buf b = {0};
    if (allowed < 0)
        return;
    struct kf_dry_limit *l = &h->limit[h->d->n_limit++];
    *l = (struct kf_dry_limit){.option = option, .broken = found > (uint64_t)allowed};
    kf_buf_addf(&b, "%lld", (long long)allowed);
    l->allowed = text_of(h->d, &b);
    b = (struct kf_buf){0};
    kf_count_add(&b, found, one, many);
    l->found = text_of(h->d, &b);
}

/* The set that changes most. One that is new has nothing to be compared with. */
static void hold_share(struct holding *h, const char *option, double allowed, const char *kind,
                       const struct kf_diff_set *set, uint32_t n)
{
    const struct kf_diff_set *worst = NULL;
    double most = 0;
    struct kf_buf b = {0};
    if (allowed < 0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t moved = set[i].m.added + set[i].m.removed;
        if (!set[i].before || !moved)
            continue;
        double share = moved * 100.0 / (set[i].m.n_before ? set[i].m.n_before : 0.5);
        if (!worst || share > most) {
            worst = &set[i];
            most = share;
        }
    }
    struct kf_dry_limit *l = &h->limit[h->d->n_limit++];
    *l = (struct kf_dry_limit){.option = option, .broken = worst && most > allowed};
    kf_buf_addf(&b, "%g%%", allowed);
    l->allowed = text_of(h->d, &b);
    b = (struct kf_buf){0};
    if (!worst)
        kf_buf_addf(&b, "no %s changes", kind);
    else if (!worst->m.n_before)
        kf_buf_addf(&b, "%s %s had nobody and gets %u", kind, worst->name, worst->m.added);
    else
        kf_buf_addf(&b, "%s %s changes by %.1f%% (+%u -%u of %u)", kind, worst->name, most,
                    worst->m.added, worst->m.removed, worst->m.n_before);
    l->found = text_of(h->d, &b);
}

/* More decisions that cannot be made than before: those that there were are nobody's edit. */
static uint64_t newly_undecided(const struct kf_dry_run *d)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < d->n_undecided; i++)
        if (d->undecided[i].after > d->undecided[i].before)
            n += d->undecided[i].after - d->undecided[i].before;
    return n;
}

void kf_dry_run_hold(struct kf_dry_run *d, const struct kf_dry_limits *l)
{
    const struct kf_diff *x = &d->diff;
    struct holding h = {d, kf_arena_zalloc(&d->arena, LIMITS * sizeof *h.limit)};
    hold_share(&h, "max-segment-change", l->segment, "segment", x->segment, x->n_segment);
    hold_share(&h, "max-audience-change", l->audience, "export", x->export, x->n_export);
    hold_count(&h, "max-merges", l->merges, x->merged, "person merges", "people merge");
    hold_count(&h, "max-splits", l->splits, x->split, "person splits", "people split");
    hold_count(&h, "max-newly-contactable", l->contactable, x->reach.added,
               "person becomes contactable", "people become contactable");
    hold_count(&h, "max-newly-suppressed", l->suppressed, x->suppressed.added,
               "person becomes suppressed", "people become suppressed");
    hold_count(&h, "max-newly-flagged", l->flagged, d->newly_flagged, "new finding of fraud",
               "new findings of fraud");
    hold_count(&h, "max-newly-without-consent", l->without_consent, d->newly_without_consent,
               "person would be contacted without consent",
               "people would be contacted without consent");
    hold_count(&h, "max-undecided", l->undecided, newly_undecided(d),
               "decision more cannot be made", "decisions more cannot be made");
    d->limit = h.limit;
    for (uint32_t i = 0; i < d->n_limit; i++)
        d->n_broken += h.limit[i].broken;
}
