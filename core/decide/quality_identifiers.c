/* Identifiers that are dropped or may deceive, as rows of the quality report: nobody is joined or
 * parted for them, so somebody should look. Only rows that found something. */
#include "decide/quality_internal.h"

#include "identity/normalise.h"

enum { CONTROL, INVISIBLE, MIXED, ENCODING, TOO_LONG, NOT_DECLARED, FINDINGS };
static const char *const DETAIL[FINDINGS] = {"control_characters", "invisible_characters",
                                             "mixed_scripts",      "not_utf8",
                                             "too_long",           "not_declared"};

static unsigned findings_of(const struct kf_idset *ids, uint32_t raw)
{
    unsigned odd = ids->odd[raw], f = 0;
    f |= odd & KF_ODD_CONTROL ? 1u << CONTROL : 0;
    f |= odd & KF_ODD_INVISIBLE ? 1u << INVISIBLE : 0;
    f |= odd & KF_ODD_MIXED ? 1u << MIXED : 0;
    f |= odd & KF_ODD_ENCODING ? 1u << ENCODING : 0;
    f |= ids->why[raw] == KF_WHY_TOO_LONG ? 1u << TOO_LONG : 0;
    f |= ids->why[raw] == KF_WHY_UNDECLARED ? 1u << NOT_DECLARED : 0;
    return f;
}

uint32_t kf_quality_identifiers(const struct kf_world *w, bool rows, struct kf_tally *ret)
{
    const struct kf_events *e = w->events;
    struct kf_tally tally[FINDINGS];
    for (uint32_t d = 0; d < FINDINGS; d++)
        tally[d] = (struct kf_tally){.check = "identifiers", .detail = DETAIL[d], .rows = rows};
    for (uint32_t i = 0; i < e->n; i++) {
        unsigned f = 0;
        if (e->dropped[i] || (w->subset && !w->subset[i]) || !e->at[i].id_n)
            continue;
        for (uint16_t k = 0; k < e->at[i].id_n; k++)
            f |= findings_of(w->ids, e->id_pool[e->at[i].id_off + k]);
        for (uint32_t d = 0; d < FINDINGS; d++)
            kf_tally_add(&tally[d], e, i, f >> d & 1, 0);
    }
    uint32_t n = 0;
    for (uint32_t d = 0; d < FINDINGS; d++) {
        kf_tally_end(&tally[d], e);
        if (tally[d].bad)
            ret[n++] = tally[d];
        else
            kf_tally_free(&tally[d]);
    }
    return n;
}
