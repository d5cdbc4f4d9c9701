#include "store/part_internal.h"

#include "base/error.h"
#include "event/codec.h"
#include "identity/reach.h"
#include "store/block.h"
#include "store/sql.h"

#include <stdlib.h>

#define MODULE "store"
/* A larger part is not worth it: everything is loaded instead. */
#define SHARE 4u

struct place { /* of a block: its row, its first event */
    int64_t row;
    uint32_t first;
};

struct part {
    struct kf_store *s;
    const struct kf_store_part *o;
    struct kf_part_ids ids;
    struct kf_reach reach;
    sqlite3_stmt *all, *one; /* blocks */
    kf_vec(struct place) place;
    struct kf_events *block; /* the one in hand */
    struct kf_buf content, packed;
    kf_vec(uint32_t) chosen; /* events of it */
    uint32_t n_events;
    uint32_t *anchor;          /* [n_events] an identifier that it carries, KF_ID_NONE: none */
    struct kf_events *special; /* events on which rules may name what they do not carry */
    kf_vec(uint32_t) special_anchor;
    kf_vec(uint32_t) root; /* of the part */
    bool too_large;
};

/* ---- blocks ---- */

static int lost_events(const struct part *p, struct kf_error *err)
{
    return kf_error_set(err, KF_E_DATA, MODULE,
                        "%s is damaged: its log does not have the events it was written with. "
                        "Restore it from a backup, or delete it and run again",
                        p->s->path);
}

#define BLOCKS "SELECT id, bytes, data FROM event_block "

static int open_blocks(struct part *p, struct kf_error *err)
{
    int64_t n = 0;
    int rc =
        kf_sql_int(p->s->db, "SELECT events FROM run ORDER BY number DESC LIMIT 1", 0, &n, err);
    if (rc == 0)
        rc = kf_sql_prepare(p->s->db, BLOCKS "ORDER BY id", &p->all, err);
    if (rc == 0)
        rc = kf_sql_prepare(p->s->db, BLOCKS "WHERE id = ?1", &p->one, err);
    if (rc)
        return rc;
    if (n < 0 || n > UINT32_MAX)
        return lost_events(p, err);
    p->n_events = (uint32_t)n;
    p->anchor = malloc(((size_t)p->n_events + 1) * sizeof *p->anchor);
    return p->anchor ? 0 : kf_error_set(err, KF_E_NOMEM, MODULE, "out of memory");
}

static void empty(struct kf_events *e)
{
    e->n = 0;
    e->id_pool_n = 0;
    for (uint32_t i = 0; i < e->n_arenas; i++)
        kf_arena_reset(&e->arenas[i]);
}

/* 1: the block of the next row is in hand, 0: there is no more. */
static int next_block(struct part *p, sqlite3_stmt *q, struct kf_error *err)
{
    int rc = kf_sql_step(q, err);
    if (rc <= 0)
        return rc;
    empty(p->block);
    rc = kf_block_unpack_raw(sqlite3_column_blob(q, 2), (size_t)sqlite3_column_bytes(q, 2),
                             (size_t)sqlite3_column_int64(q, 1), p->ids.raw, &p->content, p->block,
                             err);
    if (rc)
        kf_error_context(err, "%s, block %lld of the event log", p->s->path,
                         (long long)sqlite3_column_int64(q, 0));
    return rc ? rc : 1;
}

/* Those of the block in hand that were chosen, behind what is in `to`. */
static int take_chosen(struct part *p, struct kf_events *to, struct kf_error *err)
{
    if (!p->chosen.n)
        return 0;
    kf_buf_clear(&p->packed);
    kf_codec_pack(p->block, p->chosen.p, (uint32_t)p->chosen.n, &p->packed);
    p->chosen.n = 0;
    return kf_codec_unpack_raw(p->packed.p, p->packed.n, p->ids.raw, to, err);
}

/* ---- what belongs together ---- */

/* Ties what an event carries; returns one of it. */
static uint32_t tie(struct part *p, uint32_t event)
{
    const struct kf_events *e = p->block;
    const uint32_t *raw = e->id_pool + e->at[event].id_off;
    uint32_t first = KF_ID_NONE;
    for (uint16_t i = 0; i < e->at[event].id_n; i++) {
        uint32_t id = p->ids.same[raw[i]];
        if (id == KF_ID_NONE)
            continue;
        if (first == KF_ID_NONE)
            first = id;
        else
            kf_part_unite(&p->ids, first, id);
    }
    return first;
}

/* Of the block in hand, whose first event is `first`. */
static int tie_block(struct part *p, uint32_t first, struct kf_error *err)
{
    for (uint32_t i = 0; i < p->block->n; i++) {
        uint32_t id = tie(p, i);
        p->anchor[first + i] = id;
        if (!p->reach.field.n || id == KF_ID_NONE || !kf_reach_has(&p->reach, p->block, i))
            continue;
        *kf_vec_push(&p->chosen) = i;
        *kf_vec_push(&p->special_anchor) = id;
    }
    p->too_large |= p->special_anchor.n > p->n_events / SHARE;
    return p->too_large ? 0 : take_chosen(p, p->special, err);
}

static int scan(struct part *p, struct kf_error *err)
{
    uint32_t n = 0;
    int rc = 0;
    while (!p->too_large && (rc = next_block(p, p->all, err)) > 0) {
        *kf_vec_push(&p->place) = (struct place){sqlite3_column_int64(p->all, 0), n};
        rc = p->block->n > p->n_events - n ? lost_events(p, err) : tie_block(p, n, err);
        if (rc)
            return rc;
        n += p->block->n;
    }
    return rc == 0 && !p->too_large && n != p->n_events ? lost_events(p, err) : rc;
}

/* Ties what rules name beyond what the event carries. */
static int tie_special(struct part *p, struct kf_error *err)
{
    static const struct kf_eval_ops none;
    struct kf_plan *plan = NULL;
    struct kf_eval ev;
    char value[KF_IDSET_VALUE];
    size_t n;
    uint32_t id;
    if (!p->special->n)
        return 0;
    int rc = kf_part_renumber(&p->ids, p->special, err);
    if (rc == 0)
        rc = kf_plan_new(p->o->rules, p->o->config, p->special->dict, 0, &plan, err);
    if (rc == 0)
        rc = kf_eval_init(&ev, plan, p->special, &none, NULL, err);
    if (rc) {
        kf_plan_free(plan);
        return rc;
    }
    for (uint32_t e = 0; e < p->special->n && rc == 0; e++) {
        kf_eval_event(&ev, e);
        for (size_t f = 0; f < p->reach.field.n && rc == 0; f++) {
            const struct kf_reach_field *field = &p->reach.field.p[f];
            if (!kf_reach_value(&ev, e, field, p->ids.rules, value, &n))
                continue;
            rc = kf_part_name(&p->ids, field->ns, kf_str(value, n), &id, err);
            if (rc == 0 && id != KF_ID_NONE)
                kf_part_unite(&p->ids, p->special_anchor.p[e], id);
        }
    }
    kf_eval_free(&ev);
    kf_plan_free(plan);
    return rc;
}

static int tie_decisions(struct part *p, struct kf_error *err)
{
    int rc = 0;
    for (uint32_t i = 0; i < p->o->n_decision && rc == 0; i++) {
        const struct kf_decision_text *d = &p->o->decision[i];
        uint32_t a = KF_ID_NONE, b = KF_ID_NONE;
        if (d->a)
            rc = kf_part_name_text(&p->ids, d->a, &a, err);
        if (rc == 0 && d->b)
            rc = kf_part_name_text(&p->ids, d->b, &b, err);
        if (rc == 0 && a != KF_ID_NONE && b != KF_ID_NONE)
            kf_part_unite(&p->ids, a, b);
    }
    return rc;
}

/* ---- whom it is about ---- */

static int find_roots(struct part *p, struct kf_error *err)
{
    for (uint32_t i = 0; i < p->o->n_about; i++) {
        const char *text = p->o->about[i];
        bool profile = !strpbrk(text, ":=");
        uint32_t id;
        int rc = profile ? kf_part_lookup_profile(&p->ids, text, &id, err)
                         : kf_part_lookup_text(&p->ids, text, &id, err);
        if (rc)
            return rc;
        if (id != KF_ID_NONE)
            *kf_vec_push(&p->root) = id;
        else if (profile) /* an id that was given out once, or of what nobody holds */
            p->too_large = true;
    }
    return 0;
}

static bool in_part(struct part *p, uint32_t anchor)
{
    uint32_t root = anchor == KF_ID_NONE ? KF_ID_NONE : kf_part_find(&p->ids, anchor);
    bool in = false;
    for (size_t i = 0; root != KF_ID_NONE && i < p->root.n && !in; i++)
        in = kf_part_find(&p->ids, p->root.p[i]) == root;
    return in;
}

/* From here on `anchor` says whether an event is in the part: 1 or 0. */
static void choose(struct part *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n_events; i++)
        n += p->anchor[i] = in_part(p, p->anchor[i]);
    p->too_large |= n > p->n_events / SHARE;
}

static int take_block(struct part *p, size_t k, struct kf_events *to, struct kf_error *err)
{
    uint32_t from = p->place.p[k].first;
    uint32_t end = k + 1 < p->place.n ? p->place.p[k + 1].first : p->n_events;
    p->chosen.n = 0;
    for (uint32_t i = from; i < end; i++)
        if (p->anchor[i])
            *kf_vec_push(&p->chosen) = i - from;
    if (!p->chosen.n)
        return 0;
    kf_sql_i(p->one, 1, p->place.p[k].row);
    int rc = next_block(p, p->one, err);
    sqlite3_reset(p->one);
    if (rc < 0)
        return rc;
    return rc == 0 || p->block->n != end - from ? lost_events(p, err) : take_chosen(p, to, err);
}

static int take(struct part *p, struct kf_events *to, struct kf_error *err)
{
    int rc = scan(p, err);
    if (rc == 0 && !p->too_large)
        rc = tie_special(p, err);
    if (rc == 0 && !p->too_large)
        rc = tie_decisions(p, err);
    if (rc == 0 && !p->too_large)
        rc = find_roots(p, err);
    if (rc || p->too_large)
        return rc;
    choose(p);
    for (size_t k = 0; k < p->place.n && rc == 0 && !p->too_large; k++)
        rc = take_block(p, k, to, err);
    return rc || p->too_large ? rc : kf_part_renumber(&p->ids, to, err);
}

static int begin(struct part *p, const struct kf_events *to, struct kf_error *err)
{
    p->block = kf_events_new(to->dict, to->idents);
    p->special = kf_events_new(to->dict, kf_idents_new());
    int rc = kf_part_ids_open(&p->ids, p->o, to, err);
    if (rc == 0)
        rc = kf_reach_new(p->o->rules, p->ids.rules, to->dict, &p->reach, err);
    if (rc == 0)
        rc = open_blocks(p, err);
    return rc;
}

static void end(struct part *p)
{
    struct kf_idents *own = p->special ? p->special->idents : NULL;
    kf_part_ids_close(&p->ids);
    kf_reach_free(&p->reach);
    sqlite3_finalize(p->all);
    sqlite3_finalize(p->one);
    kf_events_free(p->block);
    kf_events_free(p->special);
    kf_idents_free(own);
    kf_buf_free(&p->content);
    kf_buf_free(&p->packed);
    kf_vec_free(&p->place);
    kf_vec_free(&p->chosen);
    kf_vec_free(&p->special_anchor);
    kf_vec_free(&p->root);
    free(p->anchor);
}

int kf_store_load_part(struct kf_store *s, const struct kf_store_part *o, struct kf_events **ret,
                       struct kf_error *err)
{
    struct part p = {.s = s, .o = o, .ids.s = s};
    struct kf_events *e = NULL;
    int rc = kf_store_load_symbols(s, &e, err);
    if (rc)
        return rc;
    rc = begin(&p, e, err);
    if (rc == 0)
        rc = take(&p, e, err);
    end(&p);
    bool all = rc == 0 && p.too_large;
    if (rc || all)
        kf_store_events_free(e);
    *ret = rc || all ? NULL : e;
    return rc;
}
