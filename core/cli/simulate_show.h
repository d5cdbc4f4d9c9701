/* What a world of a few events comes to, as text and as JSON: who is whom, what ties them, what was
 * refused. Main thread. */
#ifndef KF_CLI_SIMULATE_SHOW_H
#define KF_CLI_SIMULATE_SHOW_H

#include "cli/session.h"

struct kf_show {
    const struct kf_session *s;
    const struct kf_world *w;
    bool reveal;
    uint32_t *person; /* [n_profiles] number by which people are told apart: the order in which
                         their first event was given */
    uint32_t *by;     /* [n_profiles] profile of each number - 1 */
};

/* Numbers the people; KF_E_NOMEM. */
int kf_show_init(struct kf_show *v, const struct kf_session *s, const struct kf_world *w,
                 bool reveal, struct kf_error *err);
void kf_show_free(struct kf_show *v);

void kf_show_event_text(const struct kf_show *v, uint32_t event, struct kf_buf *out);
void kf_show_event_json(const struct kf_show *v, uint32_t event, struct kf_json *j);
/* People, links, refusals, what names nobody. */
void kf_show_text(const struct kf_show *v, struct kf_buf *out);
/* The members of an object that is open. */
void kf_show_json(const struct kf_show *v, struct kf_json *j);

#endif
