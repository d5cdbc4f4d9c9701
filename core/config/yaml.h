/* YAML text -> struct kf_yaml, with line and column of everything.
 *
 * What a configuration does not need is refused with a sentence: anchors and aliases (they can
 * explode), tags, several documents, keys that are no scalars, keys written twice. Bounded in size,
 * depth and number of nodes. */
#ifndef KF_CONFIG_YAML_H
#define KF_CONFIG_YAML_H

#include "base/arena.h"
#include "config/config.h"
#include "config/problems.h"

#define KF_YAML_MAX_BYTES (4u << 20) /* lists longer than this belong into a file of their own */
#define KF_YAML_MAX_DEPTH 32u
#define KF_YAML_MAX_NODES 200000u

/* The root in *ret (an empty document: NULL). Everything lives in the arena. Mistakes go to p;
 * after one of syntax nothing is returned (*ret NULL), after others the tree is what could be
 * understood. */
void kf_yaml_read(const char *text, size_t len, struct kf_arena *arena, struct kf_problems *p,
                  struct kf_yaml **ret);

/* Value of a key, or NULL. */
const struct kf_yaml_item *kf_yaml_get(const struct kf_yaml *map, const char *key);
/* An unquoted empty text, ~ or null. */
bool kf_yaml_is_null(const struct kf_yaml *y);
/* "a text", "a list", "a mapping" for messages. */
const char *kf_yaml_kind_name(const struct kf_yaml *y);
/* Unquoted true/yes/on or false/no/off. False: neither. */
bool kf_yaml_bool(const struct kf_yaml *y, bool *ret);
/* 90s, 15m, 36h, 7d, 2w: nanoseconds. False: no length or out of range. */
bool kf_yaml_duration(const char *text, int64_t *ret);
/* As JSON: unquoted numbers, true, false and null keep their type. */
struct kf_buf;
void kf_yaml_json(const struct kf_yaml *y, struct kf_buf *out);

#endif
