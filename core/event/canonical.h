/* Canonical JSON of values and events: sorted keys, exact numbers, no blanks. The same event gives
 * the same bytes whatever the numbers of symbols and identifiers are. Any thread; writes only into
 * `out`. */
#ifndef KF_EVENT_CANONICAL_H
#define KF_EVENT_CANONICAL_H

#include "event/builder.h"

/* Where the texts behind numbers come from. */
struct kf_texts {
    const struct kf_dict *dict;
    const struct kf_idents *idents; /* of finished bodies */
    const struct kf_event_builder
        *builder; /* of a record in hand: its identifiers have no numbers yet */
};

/* One value as JSON; returns the byte after it. Objects inside lists: keys sorted. */
const uint8_t *kf_canonical_value(const struct kf_texts *t, const uint8_t *value,
                                  struct kf_buf *out);
/* What makes two records the same: source, type, name, time, fields, identifiers. */
void kf_canonical_content(const struct kf_event_builder *b, const struct kf_event_head *h,
                          struct kf_buf *out);
void kf_canonical_event(const struct kf_events *e, uint32_t event, struct kf_buf *out);
/* The same without what two deliveries of one thing may differ in: the id, and when it came. */
void kf_canonical_said(const struct kf_events *e, uint32_t event, struct kf_buf *out);

#endif
