#include "identity/tombstone.h"

#include "base/error.h"
#include "base/hash.h"

#include <ctype.h>
#include <stdlib.h>

/* Below these lengths other people's texts would be blanked by chance: a plan called "pro", a 1001
 * in a sentence. */
#define WHOLE 4u
#define WORD  6u

struct kf_tombstones {
    struct kf_tombstone_key key;
    const struct kf_idset *ids;
    uint64_t *slot; /* open addressing; 0: empty */
    size_t mask;
    uint64_t namespaces; /* bits: of which there are identifiers */
    bool events;         /* there are ids of events */
    uint8_t *ident;      /* [raw] of the events in hand */
    uint8_t *symbol;     /* of dict.value: 0 not asked yet, 1 stays, 2 goes */
    uint32_t n_symbol;
};

/* ---- hashes ---- */

struct kf_tombstone_key kf_tombstone_key(const struct kf_config *c)
{
    struct kf_tombstone_key k;
    struct kf_buf b = {0};
    kf_buf_adds(&b, "tombstone");
    kf_buf_addc(&b, '\0');
    kf_buf_adds(&b, c->secret);
    kf_sha256(b.p, b.n, k.key);
    kf_buf_free(&b);
    return k;
}

static uint64_t hash_of(const struct kf_tombstone_key *k, const char *kind, struct kf_str what,
                        struct kf_str value)
{
    struct kf_buf b = {0};
    kf_buf_adds(&b, kind);
    kf_buf_addc(&b, '\0');
    kf_buf_add(&b, what.p ? what.p : "", what.n);
    kf_buf_addc(&b, '\0');
    kf_buf_add(&b, value.p ? value.p : "", value.n);
    uint64_t h = kf_hash_keyed64(b.p, b.n, k->key, sizeof k->key);
    kf_buf_free(&b);
    return h ? h : 1; /* 0 is an empty slot */
}

uint64_t kf_tombstone_identifier(const struct kf_tombstone_key *k, const char *ns,
                                 struct kf_str normalised)
{
    return hash_of(k, "identifier", kf_cstr(ns), normalised);
}

uint64_t kf_tombstone_event(const struct kf_tombstone_key *k, const struct kf_events *e,
                            uint32_t event)
{
    return hash_of(k, "event", kf_symbols_text(e->dict->source, e->at[event].source + 1u),
                   kf_event_id(e, event));
}

uint64_t kf_tombstone_text(const struct kf_tombstone_key *k, struct kf_str text)
{
    return hash_of(k, "text", kf_str("", 0), text);
}

/* ---- the set ---- */

static bool has(const struct kf_tombstones *t, uint64_t h)
{
    for (size_t i = h & t->mask; t->slot[i]; i = (i + 1) & t->mask)
        if (t->slot[i] == h)
            return true;
    return false;
}

struct kf_tombstones *kf_tombstones_new(const struct kf_config *c, const struct kf_idset *ids,
                                        const struct kf_tombstone *list, uint32_t n)
{
    struct kf_tombstones *t = calloc(1, sizeof *t);
    size_t slots = 64;
    while (slots < 2 * (size_t)n)
        slots *= 2;
    if (!t || !(t->slot = calloc(slots, sizeof *t->slot)))
        kf_arena_exhausted(slots * sizeof *t->slot);
    t->mask = slots - 1;
    t->ids = ids;
    t->key = kf_tombstone_key(c);
    for (uint32_t i = 0; i < n; i++) {
        size_t at = list[i].hash & t->mask;
        while (t->slot[at] && t->slot[at] != list[i].hash)
            at = (at + 1) & t->mask;
        t->slot[at] = list[i].hash;
        uint32_t ns = list[i].ns ? kf_idset_ns(ids, kf_cstr(list[i].ns)) : KF_ID_NONE;
        if (ns != KF_ID_NONE)
            t->namespaces |= 1ULL << ns;
        t->events |= !list[i].ns;
    }
    return t;
}

void kf_tombstones_free(struct kf_tombstones *t)
{
    if (!t)
        return;
    free(t->slot);
    free(t->ident);
    free(t->symbol);
    free(t);
}

static bool value_in(const struct kf_tombstones *t, uint32_t ns, struct kf_str v, uint64_t *ret)
{
    char buf[KF_IDSET_VALUE];
    size_t n;
    if (!(t->namespaces >> ns & 1) || !kf_idset_normalise(t->ids, ns, v, buf, &n))
        return false;
    *ret = kf_tombstone_identifier(&t->key, t->ids->rules.ns[ns].name, kf_str(buf, n));
    return has(t, *ret);
}

bool kf_tombstones_identifier(const struct kf_tombstones *t, const char *id, uint64_t *ret_hash)
{
    const char *at = strpbrk(id, ":=");
    uint32_t ns = at ? kf_idset_ns(t->ids, kf_str(id, (size_t)(at - id))) : KF_ID_NONE;
    return ns != KF_ID_NONE && value_in(t, ns, kf_cstr(at + 1), ret_hash);
}

/* ---- texts ---- */

static bool any_namespace(const struct kf_tombstones *t, struct kf_str v)
{
    uint64_t ignored;
    for (uint64_t left = t->namespaces; left; left &= left - 1)
        if (value_in(t, (uint32_t)__builtin_ctzll(left), v, &ignored))
            return true;
    return false;
}

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || (c && strchr("@._+-%", c));
}

bool kf_tombstones_text(const struct kf_tombstones *t, struct kf_str text, size_t word)
{
    struct kf_str whole = kf_str_trim(text);
    if (whole.n >= WHOLE && any_namespace(t, whole))
        return true;
    for (size_t i = 0, to; i < text.n; i = to) {
        while (i < text.n && !in_word(text.p[i]))
            i++;
        for (to = i; to < text.n && in_word(text.p[to]);)
            to++;
        size_t n = to - i;
        while (n && strchr(".-", text.p[i + n - 1])) /* the end of a sentence */
            n--;
        if (n >= word && n < whole.n && any_namespace(t, kf_str(text.p + i, n)))
            return true;
    }
    return false;
}

static bool text_goes(void *ctx, struct kf_str text, uint32_t sym)
{
    struct kf_tombstones *t = ctx;
    if (!sym || sym > t->n_symbol)
        return kf_tombstones_text(t, text, WORD);
    if (!t->symbol[sym])
        t->symbol[sym] = kf_tombstones_text(t, text, WORD) ? 2 : 1;
    return t->symbol[sym] == 2;
}

/* ---- events ---- */

static int take_events(struct kf_tombstones *t, const struct kf_events *e, struct kf_error *err)
{
    free(t->ident);
    free(t->symbol);
    uint32_t n = kf_idents_count(e->idents);
    t->n_symbol = kf_symbols_count(e->dict->value);
    t->ident = calloc(n + 1u, 1);
    t->symbol = calloc(t->n_symbol + 1u, 1);
    if (!t->ident || !t->symbol)
        return kf_error_set(err, KF_E_NOMEM, "identity", "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        uint64_t ignored;
        uint32_t ns = kf_idset_ns(t->ids, kf_symbols_text(e->dict->ns, kf_idents_ns(e->idents, i)));
        t->ident[i] = ns != KF_ID_NONE && value_in(t, ns, kf_idents_value(e->idents, i), &ignored);
    }
    return 0;
}

/* Is the strongest namespace that the event names anybody by one with an erased value? */
static bool is_theirs(const struct kf_tombstones *t, const struct kf_events *e, uint32_t event)
{
    uint32_t best = KF_ID_NONE;
    bool erased = false;
    for (uint16_t i = 0; i < e->at[event].id_n; i++) {
        char buf[KF_IDSET_VALUE];
        size_t n;
        uint32_t id = e->id_pool[e->at[event].id_off + i];
        uint32_t ns =
            kf_idset_ns(t->ids, kf_symbols_text(e->dict->ns, kf_idents_ns(e->idents, id)));
        if (ns == KF_ID_NONE || ns > best ||
            !kf_idset_normalise(t->ids, ns, kf_idents_value(e->idents, id), buf, &n))
            continue; /* namespaces are numbered by rank */
        erased = (ns == best && erased) || t->ident[id];
        best = ns;
    }
    return erased;
}

static bool carries(const struct kf_tombstones *t, const struct kf_events *e, uint32_t event)
{
    for (uint16_t i = 0; i < e->at[event].id_n; i++)
        if (t->ident[e->id_pool[e->at[event].id_off + i]])
            return true;
    return false;
}

int kf_tombstones_mark(struct kf_tombstones *t, const struct kf_events *e, uint32_t from,
                       uint8_t *gone, struct kf_erased_counts *ret, struct kf_error *err)
{
    struct kf_rewrite r = {.ident = NULL, .text = text_goes, .ctx = t};
    int rc = take_events(t, e, err);
    *ret = (struct kf_erased_counts){0};
    if (rc)
        return rc;
    r.ident = t->ident;
    for (uint32_t i = from; i < e->n; i++) {
        if (e->dropped[i])
            continue;
        if ((t->events && has(t, kf_tombstone_event(&t->key, e, i))) ||
            (carries(t, e, i) && is_theirs(t, e, i)))
            gone[i] = 1;
        else if (kf_rewrite_touches(e, i, &r))
            gone[i] = 2;
        ret->gone += gone[i] == 1;
        ret->edited += gone[i] == 2;
    }
    return 0;
}

int kf_tombstones_apply(struct kf_tombstones *t, struct kf_events **events, uint32_t from,
                        uint32_t *boundary, struct kf_erased_counts *ret, struct kf_error *err)
{
    struct kf_events *e = *events;
    uint8_t *gone = calloc(e->n + 1u, 1);
    if (!gone)
        return kf_error_set(err, KF_E_NOMEM, "identity", "out of memory");
    int rc = kf_tombstones_mark(t, e, from, gone, ret, err);
    uint32_t before = 0;
    for (uint32_t i = 0; rc == 0 && i < e->n; i++) {
        e->dropped[i] |= gone[i] == 1;
        before += i < *boundary && !e->dropped[i];
    }
    free(gone);
    if (rc || (!ret->gone && !ret->edited))
        return rc;
    struct kf_rewrite r = {.ident = t->ident, .text = text_goes, .ctx = t};
    *boundary = before;
    return kf_events_rewrite(e, &r, events, err);
}
