/* Histories of traits and of consent, for explaining. */
#include "decide/decide_internal.h"

int kf_decide_trait_history(struct kf_decide *d, uint32_t profile, const struct kf_rule *trait,
                            struct kf_arena *arena, const struct kf_trait_step **ret,
                            uint32_t *ret_n, struct kf_error *err)
{
    struct decider x;
    const struct kf_trait_change *step;
    int t = kf_traits_find(d->traits, kf_cstr(trait->name));
    if (t < 0 || profile >= d->w->n_profiles)
        return kf_error_set(err, KF_E_USAGE, "decide", "trait \"%s\" has no history", trait->name);
    int rc = kf_decider_init(&x, d, err);
    if (rc)
        return rc;
    kf_decider_start(&x, profile, NULL);
    uint32_t n = kf_trait_history(x.fold, &x.ev, (uint32_t)t, x.event, x.n, arena, &step);
    struct kf_trait_step *out = kf_arena_alloc(arena, (n + 1u) * sizeof *out);
    for (uint32_t i = 0; i < n; i++)
        out[i] = (struct kf_trait_step){kf_value_copy(step[i].value, arena), step[i].event};
    kf_decider_free(&x);
    *ret = out;
    *ret_n = n;
    return 0;
}

int kf_decide_consent_history(struct kf_decide *d, uint32_t profile, uint32_t purpose,
                              struct kf_arena *arena, const struct kf_consent_said **ret,
                              uint32_t *ret_n, struct kf_error *err)
{
    struct kf_consent_fold *f = kf_consent_fold_new(d->consents);
    if (!f)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    kf_consent_fold_start(f, profile);
    *ret_n = kf_consent_history(f, purpose, arena, ret);
    kf_consent_fold_free(f);
    return 0;
}
