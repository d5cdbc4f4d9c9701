/* Stories that every customer-data project meets, told in the kinds of identifiers and the events
 * that the rules at hand know. Main thread. */
#ifndef KF_CLI_SIMULATE_H
#define KF_CLI_SIMULATE_H

#include "base/str.h"
#include "lua/rules.h"

struct kf_idset;

/* Names of the stories, NULL ends. */
extern const char *const kf_stories[];
/* The sentence under a story's name; NULL: there is no such story. */
const char *kf_story_title(const char *name);
/* Appends the story as `given` text, and to `notes` a line for each word of it that these rules
 * have no place for. */
void kf_story_write(const char *name, const struct kf_ruleset *rules, const struct kf_idset *ids,
                    struct kf_buf *text, struct kf_buf *notes);

#endif
