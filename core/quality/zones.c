/* Times as devices and tables write them. */
#include "quality/quality.h"

#include "base/intern.h"

#include <stdio.h>
#include <stdlib.h>

#define NEAR (2 * KF_MINUTE) /* delivery takes a moment; clocks are off by less */

struct kf_quality_zones {
    struct kf_intern *names;
    struct {
        struct kf_zone *zone; /* NULL: UTC, or unknown */
        bool known;
    } * at;
    size_t n;
};

struct kf_quality_zones *kf_quality_zones_new(void)
{
    struct kf_quality_zones *z = calloc(1, sizeof *z);
    if (z && !(z->names = kf_intern_new())) {
        free(z);
        return NULL;
    }
    return z;
}

void kf_quality_zones_free(struct kf_quality_zones *z)
{
    if (!z)
        return;
    for (size_t i = 0; i < z->n; i++)
        kf_zone_free(z->at[i].zone);
    free(z->at);
    kf_intern_free(z->names);
    free(z);
}

bool kf_quality_zone(struct kf_quality_zones *z, struct kf_str name, const struct kf_zone **ret)
{
    uint32_t i = kf_intern_add(z->names, name);
    if (i > z->n) {
        char text[80];
        struct kf_error err = KF_ERROR_INIT;
        void *more = realloc(z->at, i * sizeof *z->at);
        if (!more)
            return false;
        z->at = more;
        z->n = i;
        snprintf(text, sizeof text, "%.*s", (int)(name.n < 79 ? name.n : 79), name.p);
        bool utc = strcmp(text, "UTC") == 0;
        z->at[i - 1].zone = utc || !name.n ? NULL : kf_zone_new(text, &err);
        z->at[i - 1].known = utc || z->at[i - 1].zone;
    }
    *ret = z->at[i - 1].zone;
    return z->at[i - 1].known;
}

bool kf_quality_zone_mismatch(int64_t time, int64_t received, const struct kf_zone *zone)
{
    int64_t offset = kf_zone_offset(zone, time), off = time - received - offset;
    return offset && off >= -NEAR && off <= NEAR;
}

struct kf_str kf_quality_time_note(const struct kf_events *e, uint32_t event, uint32_t note_key)
{
    struct kf_val v;
    if (note_key && kf_body_get(e, event, note_key, &v) && v.type == KF_V_TEXT)
        return v.text;
    return kf_str(NULL, 0);
}
