/* Inside of what is advised about rules (advise.c and advise_*.c). */
#ifndef KF_LUA_ADVISE_INTERNAL_H
#define KF_LUA_ADVISE_INTERNAL_H

#include "base/arena.h"
#include "base/vec.h"
#include "lua/advise.h"
#include "lua/codes.h"
#include "lua/reason.h"

struct kf_advise {
    struct kf_ruleset *s;
    const struct kf_config *config; /* NULL: none */
    const struct kf_seen *seen;     /* NULL: no data */
    struct kf_reason *reason;
    struct kf_arena *arena; /* of the set */
    kf_vec(struct kf_diagnostic) found;
};

/* help NULL: the cure of the code. False: it is allowed there, and not said. */
bool kf_advise_report(struct kf_advise *a, enum kf_rule_code code, struct kf_pos pos,
                      const char *help, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* What was reported last is a note: it may well be meant. */
static inline void kf_advise_soften(struct kf_advise *a, bool reported)
{
    if (reported)
        a->found.p[a->found.n - 1].severity = KF_SEV_NOTE;
}
/* A condition as a sentence, cut where it is long. */
const char *kf_advise_sentence(struct kf_advise *a, const struct kf_node *n);
const char *kf_advise_printf(struct kf_advise *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Calls back for each node below and with n. */
void kf_advise_walk(const struct kf_node *n, void (*fn)(void *ctx, const struct kf_node *n),
                    void *ctx);

/* Each looks at one side of the rules. */
void kf_advise_conditions(struct kf_advise *a); /* each for itself */
void kf_advise_kinds(struct kf_advise *a);      /* each rule for itself */
void kf_advise_rules(struct kf_advise *a);      /* rules against each other; all must have loaded */
void kf_advise_uses(struct kf_advise *a);       /* what nobody uses; the same */
void kf_advise_text(struct kf_advise *a);       /* what is written beyond lists */
void kf_advise_seen(struct kf_advise *a);       /* against the data */

#endif
