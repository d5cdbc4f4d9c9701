/* Figures by which people judge whether identity can be believed: how many values people have, what
 * several people share, what was refused, what hangs by one weak link.
 *
 * Counted over a finished world, which is only read. Everything is ordered by figures and content,
 * so that the same world gives the same figures in any process. Any thread; freed with
 * kf_identity_figures_free. */
#ifndef KF_PROFILE_IDENTITY_FIGURES_H
#define KF_PROFILE_IDENTITY_FIGURES_H

#include "profile/world.h"

#define KF_FIGURE_BINS    7u /* 1, 2, 3, 4-5, 6-10, 11-50, more */
#define KF_FIGURE_REASONS 10u
#define KF_FIGURE_TOP     10u

/* "1", "2", "3", "4-5", ... */
const char *kf_figure_bin_name(uint32_t bin);

/* A kind of identifier. Values are those current in a profile; spellings that a steward joined are
 * one value. */
struct kf_figure_namespace {
    const char *name;
    uint32_t per_profile; /* 0: no limit */
    bool key;             /* a person's key */
    uint64_t values;      /* that are somebody's now */
    uint64_t nobodys;     /* isolated now */
    uint64_t profiles[KF_FIGURE_BINS];
    uint32_t most;
    uint64_t broken;         /* of a key: profiles that hold or held more than one value */
    uint32_t broken_example; /* a profile, KF_ID_NONE */
    /* Shared: raised for review, isolated as such, or of several people in turn. */
    uint64_t shared, shared_events;
};

struct kf_figure_refusals {
    uint64_t links, observations;
};

struct kf_figure_profile {
    uint32_t profile, identifiers, events;
};

/* A link of observed strength without which a profile would be two. */
struct kf_figure_weak {
    uint32_t link; /* of identity->link */
    uint32_t profile;
    uint32_t side[2]; /* identifiers (pieces of those that were cut) at a's and b's side */
};

struct kf_identity_figures {
    struct kf_figure_namespace *ns; /* by rank */
    uint32_t n_ns;
    uint64_t events;                                      /* that carry an identifier */
    uint64_t shared_events;                               /* that carry a shared one */
    struct kf_figure_refusals refused[KF_FIGURE_REASONS]; /* by enum kf_id_reason */
    struct kf_figure_profile largest[KF_FIGURE_TOP];      /* most identifiers first */
    uint32_t n_largest;
    struct kf_figure_weak weak[KF_FIGURE_TOP]; /* the larger the smaller side, the earlier */
    uint32_t n_weak;
    uint64_t of_weak; /* all of them */
};

/* large: profiles of so many identifiers are looked at for weak links, each side of which has at
 * least two; 0: no such look (it needs a world with links). KF_E_NOMEM. */
int kf_identity_figures_new(const struct kf_world *w, uint32_t large,
                            struct kf_identity_figures **ret, struct kf_error *err);
void kf_identity_figures_free(struct kf_identity_figures *f);

/* Profile ids of `before` that no profile of `after` has: who had one is found by it still, under
 * another id. */
uint64_t kf_identity_ids_gone(const struct kf_world *before, const struct kf_world *after);

#endif
