/* Lists of kinfold.yaml, built once and then asked from any thread. */
#ifndef KF_CONFIG_LIST_H
#define KF_CONFIG_LIST_H

#include "base/arena.h"
#include "config/config.h"
#include "config/problems.h"

/* Collects the entries of one list; the arena owns everything. */
struct kf_list *kf_list_new(struct kf_arena *arena, enum kf_list_kind kind, bool ignore_case);
/* Checks and adds an entry; what is wrong with it goes to p with the given place. */
void kf_list_add(struct kf_list *l, struct kf_str entry, struct kf_problems *p, const char *file,
                 uint32_t line, uint32_t column);
/* Sorts; no kf_list_add after it. Returns the number of different entries. */
uint32_t kf_list_seal(struct kf_list *l);

#endif
