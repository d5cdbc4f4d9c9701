/* Private to core/config: what reading one section needs. */
#ifndef KF_CONFIG_SCHEMA_H
#define KF_CONFIG_SCHEMA_H

#include "config/list.h"
#include "config/yaml.h"

struct kf_schema {
    struct kf_arena *arena;
    struct kf_problems *p;
    struct kf_config *c;
    const char *dir;
    bool dry; /* open no other file */
};

/* One key of a mapping and who reads it. */
struct kf_schema_key {
    const char *name;
    void (*read)(struct kf_schema *s, const struct kf_yaml_item *it, void *out);
};

/* Calls the reader of every key of a mapping; says what is no mapping and which keys are unknown.
 * `what` completes "in ...". Keys without a value are passed over. */
void kf_schema_map(struct kf_schema *s, const struct kf_yaml *y, const char *what,
                   const struct kf_schema_key *keys, size_t n, void *out);
/* A text, or NULL with a problem. */
const char *kf_schema_text(struct kf_schema *s, const struct kf_yaml_item *it);
void kf_schema_bool(struct kf_schema *s, const struct kf_yaml_item *it, bool *ret);
/* Index of the word, or -1 with a problem. */
int kf_schema_choice(struct kf_schema *s, const struct kf_yaml_item *it, const char *const *words,
                     size_t n);
/* Path against the workspace folder; absolute ones as they are. */
const char *kf_schema_path(struct kf_schema *s, const char *path);
/* A secret or its ${VARIABLE}; NULL with a problem. */
const char *kf_schema_secret(struct kf_schema *s, const struct kf_yaml_item *it);
/* Whole file in the arena; NULL with a problem at the item. Not in a dry read (NULL without one).
 */
const char *kf_schema_file(struct kf_schema *s, const struct kf_yaml_item *it, const char *path,
                           size_t *ret_len);

/* Sections in files of their own. */
void kf_schema_sources(struct kf_schema *s, const struct kf_yaml_item *it, void *out);
void kf_schema_destinations(struct kf_schema *s, const struct kf_yaml_item *it, void *out);
void kf_schema_approval(struct kf_schema *s, const struct kf_yaml_item *it, void *out);
void kf_schema_lists(struct kf_schema *s, const struct kf_yaml_item *it, void *out);
void kf_schema_rates(struct kf_schema *s, const struct kf_yaml_item *it, struct kf_config *out,
                     struct kf_rates **ret);
/* Of a config whose sections are read: `setting`, `settings` (settings.c). */
void kf_schema_settings(struct kf_config *c, struct kf_arena *arena);

#endif
