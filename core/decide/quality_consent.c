/* Does the data have what activation needs? Of people with an address for a channel, whether they
 * said anything about what it is for. */
#include "decide/quality_internal.h"

/* The earliest contact of the profile on the channel; KF_ID_NONE: none. */
static uint32_t contact_of(const struct kf_decide *d, const struct rule_info *info,
                           uint32_t profile)
{
    const struct kf_world *w = d->w;
    for (uint32_t i = w->ids_first[profile]; i < w->ids_first[profile + 1]; i++)
        for (uint32_t c = 0; c < info->n_contact; c++)
            if (w->ids->ns[w->ids_of[i]] == info->contact[c])
                return w->ids_of[i];
    return KF_ID_NONE;
}

static bool is_unknown(struct kf_consent_fold *f, const struct rule_info *info)
{
    for (uint32_t i = 0; i < info->n_purpose; i++)
        if (info->purpose[i] != KF_NOBODY &&
            kf_consent_fold_state(f, info->purpose[i]).state == KF_CONSENT_UNKNOWN)
            return true;
    return false;
}

/* Somebody, and no event of theirs in particular: their last shows who it is. */
static void count_profile(struct kf_decide *d, struct kf_consent_fold *f, uint32_t profile,
                          struct kf_tally *t)
{
    const struct kf_world *w = d->w;
    bool started = false;
    for (uint32_t c = 0; c < d->n_channel; c++) {
        const struct rule_info *info = &d->info[d->channel[c]->number];
        if (!info->n_purpose || contact_of(d, info, profile) == KF_ID_NONE)
            continue;
        if (!started)
            kf_consent_fold_start(f, profile);
        started = true;
        bool bad = is_unknown(f, info);
        if (w->first[profile] < w->first[profile + 1])
            kf_tally_add(t, w->events, w->order[w->first[profile + 1] - 1], bad, 0);
    }
}

int kf_quality_consent(struct kf_decide *d, bool rows, struct kf_tally *ret, struct kf_error *err)
{
    struct kf_consent_fold *f = kf_consent_fold_new(d->consents);
    *ret = (struct kf_tally){.check = "activation", .detail = "consent_unknown", .rows = rows};
    if (!f)
        return kf_error_set(err, KF_E_NOMEM, "quality", "out of memory");
    for (uint32_t p = 0; p < d->w->n_profiles; p++)
        count_profile(d, f, p, ret);
    kf_tally_end(ret, d->w->events);
    kf_consent_fold_free(f);
    return 0;
}
