/* Events given as text (IDENTITY 7, `given`) played through a rule set, as many of them as wanted:
 * what `kinfold simulate` shows after each. No steward, no source and no store takes part. Main
 * thread. */
#ifndef KF_DECIDE_PLAY_H
#define KF_DECIDE_PLAY_H

#include "profile/world.h"

struct kf_play;

/* `file` names the text in complaints. KF_E_CONFIG: the text cannot be read. */
int kf_play_new(const struct kf_ruleset *rules, const struct kf_config *config, struct kf_str text,
                const char *file, struct kf_play **ret, struct kf_error *err);
/* Accepts NULL. */
void kf_play_free(struct kf_play *p);
uint32_t kf_play_count(const struct kf_play *p);
/* The world of the first n events in the order of the text; links are kept. It lives until the next
 * call. An event's number in the text is its `record`. */
int kf_play_world(struct kf_play *p, uint32_t n, unsigned threads, const struct kf_world **ret,
                  struct kf_error *err);

#endif
