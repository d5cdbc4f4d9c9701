/* Blocks of events as bytes: what the store keeps. Raw; compression is the store's business.
 *
 *   block := "KFE1" n:varint unit:u8 columns bodies
 *   columns, each n entries: time (zigzag delta, in units of 1, 10^3, 10^6 or 10^9 ns), received -
 * time (zigzag, same unit), type | platform << 4 (u8), name, source, file, record (zigzag delta),
 * number of identifiers, then all identifiers bodies := length:varint body* (core/event/events.h)
 *
 * Numbers of symbols and identifiers are kept as they are: the dictionaries are saved beside the
 * blocks. Order is kept. */
#ifndef KF_EVENT_CODEC_H
#define KF_EVENT_CODEC_H

#include "base/error.h"
#include "event/events.h"

/* Appends the block of events[0..n) to `out`. Any thread (its own `out`); the events are only read.
 */
void kf_codec_pack(const struct kf_events *e, const uint32_t *events, uint32_t n,
                   struct kf_buf *out);
/* Appends the block's events to `into` (not shared with other threads now; bodies are copied into
 * its arenas). The dictionaries must hold the numbers already. Bytes are not trusted: KF_E_DATA and
 * `into` as it was. */
int kf_codec_unpack(const void *bytes, size_t len, struct kf_events *into, struct kf_error *err);
/* The same for who reads a part of a log without all identifiers: the block may name `idents` of
 * them, and none need be in `into`. Their texts cannot be asked for before the events have been
 * given numbers of their own (renumber.h). */
int kf_codec_unpack_raw(const void *bytes, size_t len, uint32_t idents, struct kf_events *into,
                        struct kf_error *err);

#endif
