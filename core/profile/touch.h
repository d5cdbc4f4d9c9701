/* Campaign touches of a profile (RULES 3): a click or view that an ad source reports, the start of
 * a visit, and mentions. */
#ifndef KF_PROFILE_TOUCH_H
#define KF_PROFILE_TOUCH_H

#include "event/events.h"

enum kf_touch_kind {
    KF_TOUCH_CLICK = 1,
    KF_TOUCH_VIEW,
    KF_TOUCH_VISIT,
    KF_TOUCH_MENTION /* an event inside a visit that repeats a campaign: history only, no touch for
                        rules */
};

struct kf_touch {
    uint32_t event;
    uint8_t kind;
    bool direct; /* no campaign, click id or referrer */
    int64_t time;
    struct kf_str source, medium, campaign, term, content, click_id,
        referrer; /* p NULL: missing; click ids byte for byte */
};

/* Touches of events sorted by (time, id) into `out`. A visit starts after 30 minutes without an
 * event or with a new campaign; `server` events take no part. Returns how many. */
uint32_t kf_touches(const struct kf_events *e, const uint32_t *event, uint32_t n,
                    struct kf_arena *arena, const struct kf_touch **ret);

/* The same where the caller has looked at the bodies already: `says` is 1 for events that hold a
 * campaign, click id or referrer (the others are not read); `names` is made once. */
struct kf_touch_names {
    uint32_t click, view; /* of dict.name; 0: no such event */
};
struct kf_touch_names kf_touch_names_of(const struct kf_dict *d);
uint32_t kf_touches_marked(const struct kf_events *e, const struct kf_touch_names *names,
                           const uint32_t *event, const uint8_t *says, uint32_t n,
                           struct kf_arena *arena, const struct kf_touch **ret);

#endif
