/* export --person: everything kept about one person, for that person. Other people's identifiers
 * are not in it: refused links, for one, stay out. Main thread. */
#ifndef KF_CLI_EXPORT_PERSON_H
#define KF_CLI_EXPORT_PERSON_H

#include "cli/explain.h"

/* The session is loaded (store, rules, events). Prints to `out`, or writes --out and --html, which
 * are readable for their owner only and never masked: they are for the person. */
int kf_export_person(struct kf_session *s, struct kf_buf *out, struct kf_error *err);

/* The two forms; the events come in full only where s->reveal. */
void kf_person_json(const struct kf_explain *x, struct kf_buf *out);
void kf_person_html(const struct kf_explain *x, struct kf_buf *out);

#endif
