#include "store/part_internal.h"

#include "base/error.h"
#include "event/renumber.h"
#include "store/sql.h"

#include <stdlib.h>

#define MOST                                                                                       \
    (UINT32_MAX / 2) /* identifiers of a store, so that more can be numbered behind them           \
                      */

static int no_memory(struct kf_error *err)
{
    return kf_error_set(err, KF_E_NOMEM, "store", "out of memory");
}

static int damaged(const struct kf_part_ids *p, const char *why, struct kf_error *err)
{
    return kf_error_set(err, KF_E_DATA, "store",
                        "%s is damaged: %s. Restore it from a backup, or delete it and run again",
                        p->s->path, why);
}

/* ---- what is a spelling of what ---- */

/* Rows without a word about it are what they are. */
static int read_same(struct kf_part_ids *p, struct kf_error *err)
{
    sqlite3_stmt *q = NULL;
    int rc = kf_sql_prepare(p->s->db,
                            "SELECT id, same_as FROM identifier"
                            " WHERE same_as IS NOT NULL OR ignored IS NOT NULL",
                            &q, err);
    for (uint32_t i = 0; i < p->n; i++)
        p->same[i] = p->up[i] = i;
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        int64_t id = sqlite3_column_int64(q, 0), same = sqlite3_column_int64(q, 1);
        bool ignored = sqlite3_column_type(q, 1) == SQLITE_NULL;
        if (id < 1 || id > p->n || (!ignored && (same < 1 || same > p->n)))
            rc = damaged(p, "an identifier is a spelling of none", err);
        else
            p->same[id - 1] = ignored ? KF_ID_NONE : (uint32_t)same - 1;
        rc = rc < 0 ? rc : 0;
    }
    sqlite3_finalize(q);
    return rc;
}

/* Rows are numbered from 1 without gaps, those of the log first. */
static int count_ids(struct kf_part_ids *p, struct kf_error *err)
{
    int64_t n = 0, rows = 0, raw = 0;
    int rc = kf_sql_int(p->s->db, "SELECT max(id) FROM identifier", 0, &n, err);
    if (rc == 0)
        rc = kf_sql_int(p->s->db, "SELECT count(*) FROM identifier", 0, &rows, err);
    if (rc == 0)
        rc = kf_sql_int(p->s->db, "SELECT value FROM setting WHERE name = 'raw_identifiers'", 0,
                        &raw, err);
    if (rc)
        return rc;
    if (n != rows || n > MOST || raw < 0 || raw > n)
        return damaged(p, "identifiers are missing", err);
    p->n = p->nodes = (uint32_t)n;
    p->raw = (uint32_t)raw;
    return 0;
}

int kf_part_ids_open(struct kf_part_ids *p, const struct kf_store_part *o,
                     const struct kf_events *events, struct kf_error *err)
{
    p->dict = events->dict;
    p->named = kf_intern_new();
    int rc = kf_idset_new(o->rules, o->config, events, 1, &p->rules, err);
    if (rc == 0)
        rc = count_ids(p, err);
    if (rc == 0)
        rc = kf_sql_prepare(p->s->db,
                            "SELECT id FROM identifier WHERE value = ?1 AND namespace = ?2"
                            " AND same_as IS NULL AND ignored IS NULL",
                            &p->by_value, err);
    if (rc == 0)
        rc = kf_sql_prepare(p->s->db, "SELECT namespace, value FROM identifier WHERE id = ?1",
                            &p->by_id, err);
    if (rc)
        return rc;
    p->same = malloc(((size_t)p->n + 1) * sizeof *p->same);
    p->up = malloc(((size_t)p->n + 1) * sizeof *p->up);
    return p->same && p->up ? read_same(p, err) : no_memory(err);
}

void kf_part_ids_close(struct kf_part_ids *p)
{
    sqlite3_finalize(p->by_value);
    sqlite3_finalize(p->by_id);
    kf_idset_free(p->rules);
    kf_intern_free(p->named);
    free(p->same);
    free(p->up);
}

/* ---- parts ---- */

uint32_t kf_part_find(struct kf_part_ids *p, uint32_t id)
{
    while (p->up[id] != id)
        id = p->up[id] = p->up[p->up[id]];
    return id;
}

void kf_part_unite(struct kf_part_ids *p, uint32_t a, uint32_t b)
{
    a = kf_part_find(p, a);
    b = kf_part_find(p, b);
    p->up[a > b ? a : b] = a > b ? b : a;
}

/* ---- finding ---- */

static int one_id(sqlite3_stmt *q, uint32_t *ret, struct kf_error *err)
{
    int rc = kf_sql_step(q, err);
    *ret = rc > 0 ? (uint32_t)sqlite3_column_int64(q, 0) - 1 : KF_ID_NONE;
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

/* Namespace of the rules and value, as `named` has them. */
static struct kf_str key_of(uint32_t ns, struct kf_str value, char key[KF_IDSET_VALUE + 1])
{
    key[0] = (char)ns;
    memcpy(key + 1, value.p, value.n);
    return kf_str(key, value.n + 1);
}

static int lookup(struct kf_part_ids *p, uint32_t ns, struct kf_str value, uint32_t *ret,
                  struct kf_error *err)
{
    char key[KF_IDSET_VALUE + 1];
    kf_sql_str(p->by_value, 1, value);
    kf_sql_i(p->by_value, 2, kf_symbols_find(p->dict->ns, kf_cstr(p->rules->rules.ns[ns].name)));
    int rc = one_id(p->by_value, ret, err);
    if (rc || *ret != KF_ID_NONE)
        return rc;
    uint32_t known = kf_intern_find(p->named, key_of(ns, value, key));
    *ret = known ? p->n + known - 1 : KF_ID_NONE;
    return 0;
}

int kf_part_name(struct kf_part_ids *p, uint32_t ns, struct kf_str value, uint32_t *ret,
                 struct kf_error *err)
{
    char key[KF_IDSET_VALUE + 1];
    int rc = lookup(p, ns, value, ret, err);
    if (rc || *ret != KF_ID_NONE)
        return rc;
    uint32_t *up = realloc(p->up, ((size_t)p->nodes + 1) * sizeof *up);
    if (!up)
        return no_memory(err);
    p->up = up;
    kf_intern_add(p->named, key_of(ns, value, key));
    *ret = p->nodes++;
    up[*ret] = *ret;
    return 0;
}

/* "email:Anna@example.com" normalised; false: it is no identifier under these rules. */
static bool parse(const struct kf_part_ids *p, const char *text, uint32_t *ret_ns,
                  char value[KF_IDSET_VALUE], size_t *ret_n)
{
    size_t n = strcspn(text, ":=");
    *ret_ns = text[n] ? kf_idset_ns(p->rules, kf_str(text, n)) : KF_ID_NONE;
    return *ret_ns != KF_ID_NONE &&
           kf_idset_normalise(p->rules, *ret_ns, kf_cstr(text + n + 1), value, ret_n);
}

int kf_part_name_text(struct kf_part_ids *p, const char *text, uint32_t *ret, struct kf_error *err)
{
    char value[KF_IDSET_VALUE];
    uint32_t ns;
    size_t n;
    *ret = KF_ID_NONE;
    return parse(p, text, &ns, value, &n) ? kf_part_name(p, ns, kf_str(value, n), ret, err) : 0;
}

int kf_part_lookup_text(struct kf_part_ids *p, const char *text, uint32_t *ret,
                        struct kf_error *err)
{
    char value[KF_IDSET_VALUE];
    uint32_t ns;
    size_t n;
    *ret = KF_ID_NONE;
    return parse(p, text, &ns, value, &n) ? lookup(p, ns, kf_str(value, n), ret, err) : 0;
}

int kf_part_lookup_profile(struct kf_part_ids *p, const char *text, uint32_t *ret,
                           struct kf_error *err)
{
    sqlite3_stmt *q = NULL;
    int rc = kf_sql_prepare(p->s->db,
                            "SELECT min(identifier.id) FROM profile JOIN identifier"
                            " ON identifier.profile = profile.id WHERE profile_id = ?1"
                            " HAVING count(*)",
                            &q, err);
    if (rc)
        return rc;
    kf_sql_text(q, 1, text);
    rc = one_id(q, ret, err);
    sqlite3_finalize(q);
    return rc;
}

/* ---- numbers ---- */

struct numbers {
    uint32_t *of; /* [raw] first 1: named; then the new number */
};

static uint32_t mark(void *ctx, uint32_t ident)
{
    struct numbers *n = ctx;
    n->of[ident] = 1;
    return ident;
}

static uint32_t number(void *ctx, uint32_t ident)
{
    const struct numbers *n = ctx;
    return n->of[ident];
}

/* The number that an identifier of the log has among those of the events. */
static int add_ident(struct kf_part_ids *p, uint32_t raw, struct kf_idents *to, uint32_t *ret,
                     struct kf_error *err)
{
    kf_sql_i(p->by_id, 1, (int64_t)raw + 1);
    int rc = kf_sql_step(p->by_id, err);
    int64_t ns = rc > 0 ? sqlite3_column_int64(p->by_id, 0) : 0;
    if (rc >= 0 && (ns <= 0 || ns >= UINT32_MAX))
        rc = damaged(p, "identifiers are missing", err);
    if (rc > 0)
        *ret = kf_idents_add(to, (uint32_t)ns, kf_sql_column(p->by_id, 1));
    sqlite3_reset(p->by_id);
    return rc < 0 ? rc : 0;
}

/* In the order of the log's numbers, so that none grows. */
int kf_part_renumber(struct kf_part_ids *p, struct kf_events *e, struct kf_error *err)
{
    struct numbers n = {.of = calloc((size_t)p->raw + 1, sizeof *n.of)};
    int rc = n.of ? 0 : no_memory(err);
    if (rc == 0)
        kf_events_renumber(e, mark, &n);
    for (uint32_t i = 0; i < p->raw && rc == 0; i++)
        if (n.of[i])
            rc = add_ident(p, i, e->idents, &n.of[i], err);
    if (rc == 0)
        kf_events_renumber(e, number, &n);
    free(n.of);
    return rc;
}
