/* Each distinct text once, as a dense number from 1 (0 is "none").
 *
 * struct kf_intern: one thread (or externally locked). kf_symbols: shared by threads; look-ups take
 * no lock, insertion takes one; numbers depend on who came first, so nothing may be ordered by
 * them: order by kf_symbols_text. Texts live as long as the table and are NUL-terminated. */
#ifndef KF_BASE_INTERN_H
#define KF_BASE_INTERN_H

#include "base/arena.h"
#include "base/str.h"

struct kf_intern;
struct kf_intern *kf_intern_new(void);
void kf_intern_free(struct kf_intern *t);
uint32_t kf_intern_add(struct kf_intern *t, struct kf_str s);
uint32_t kf_intern_find(const struct kf_intern *t, struct kf_str s); /* 0: not there */
struct kf_str kf_intern_text(const struct kf_intern *t, uint32_t id);
uint32_t kf_intern_count(const struct kf_intern *t); /* highest number given out */

struct kf_symbols;
struct kf_symbols *kf_symbols_new(uint32_t max); /* max: refuse more than this many (0: 2^31) */
void kf_symbols_free(struct kf_symbols *t);
/* 0 when the table is full. */
uint32_t kf_symbols_add(struct kf_symbols *t, struct kf_str s);
uint32_t kf_symbols_find(const struct kf_symbols *t, struct kf_str s);
struct kf_str kf_symbols_text(const struct kf_symbols *t, uint32_t id);
uint32_t kf_symbols_count(const struct kf_symbols *t);

#endif
