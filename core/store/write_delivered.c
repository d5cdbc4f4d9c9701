/* Which events, fields and identifiers each source delivers: one pass over the columns of the log,
 * and a look into the bodies of some. */
#include "store/write_internal.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/pool.h"
#include "store/sql.h"

#include <stdlib.h>

#define FREQUENT 1000u /* names a source may have rows for: a name made of a number never ends */
#define SAMPLE   4096u /* events of a source whose fields are looked at */
#define GRAIN    16384u
#define MANY     (1u << 20) /* names of sources together: a list for each thread would cost more */

/* Events of one source, type and name. */
struct cell {
    uint32_t name, next; /* next: cell of the same name */
    uint16_t source;
    uint8_t type;
    uint64_t events;
    int64_t last, received;
};

struct delivered {
    const struct kf_events *e;
    kf_vec(struct cell) cell;
    uint32_t *first;    /* [names + 1] number of the first cell + 1 */
    uint64_t *events;   /* [sources] */
    uint32_t n_sources; /* of the dictionary */
};

static struct cell *cell_of(struct delivered *d, uint32_t event)
{
    const struct kf_events *e = d->e;
    uint32_t *at = &d->first[e->what[event].name];
    for (uint32_t i = *at; i; i = d->cell.p[i - 1].next) {
        struct cell *c = &d->cell.p[i - 1];
        if (c->source == e->at[event].source && c->type == e->what[event].type)
            return c;
    }
    *kf_vec_push(&d->cell) = (struct cell){.name = e->what[event].name,
                                           .next = *at,
                                           .source = e->at[event].source,
                                           .type = e->what[event].type,
                                           .last = KF_NO_TIME,
                                           .received = KF_NO_TIME};
    *at = (uint32_t)d->cell.n;
    return &d->cell.p[d->cell.n - 1];
}

static void count_cells(struct delivered *d)
{
    const struct kf_events *e = d->e;
    for (uint32_t i = 0; i < e->n; i++) {
        if (e->dropped[i])
            continue;
        struct cell *c = cell_of(d, i);
        c->events++;
        d->events[e->at[i].source]++;
        if (c->last == KF_NO_TIME || e->time[i] > c->last)
            c->last = e->time[i];
        if (c->received == KF_NO_TIME || e->at[i].received > c->received)
            c->received = e->at[i].received;
    }
}

/* ---- events ---- */

/* qsort has no context: what cells are compared by is beside them. */
struct named {
    struct kf_str source, name;
    const struct cell *cell;
};

static int frequent_first(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int c = kf_str_cmp(x->source, y->source);
    if (c)
        return c;
    if (x->cell->events != y->cell->events)
        return x->cell->events < y->cell->events ? 1 : -1;
    if (x->cell->type != y->cell->type)
        return x->cell->type < y->cell->type ? -1 : 1;
    return kf_str_cmp(x->name, y->name);
}

static void bind_ms(sqlite3_stmt *s, int at, int64_t ns)
{
    if (ns == KF_NO_TIME)
        sqlite3_bind_null(s, at);
    else
        kf_sql_i(s, at, kf_store_ms(ns));
}

/* names 0: the cell itself; else what is left of its source. */
static int put_cell(sqlite3_stmt *s, const struct named *n, const struct cell *c, int64_t names,
                    struct kf_error *err)
{
    kf_sql_str(s, 1, n->source);
    if (!names) {
        kf_sql_text(s, 2, kf_event_type_name(c->type));
        if (c->name)
            kf_sql_str(s, 3, n->name);
    }
    kf_sql_i(s, 4, names ? names : 1);
    kf_sql_i(s, 5, (int64_t)c->events);
    bind_ms(s, 6, c->last);
    bind_ms(s, 7, c->received);
    return kf_sql_done(s, err);
}

static void add_to(struct cell *rest, const struct cell *c)
{
    rest->events += c->events;
    rest->last = c->last > rest->last ? c->last : rest->last;
    rest->received = c->received > rest->received ? c->received : rest->received;
}

static int put_cells(sqlite3_stmt *s, const struct named *n, size_t cells, struct kf_error *err)
{
    int rc = 0;
    for (size_t i = 0, end; i < cells && rc == 0; i = end) {
        struct cell rest = {.last = KF_NO_TIME, .received = KF_NO_TIME};
        int64_t left = 0;
        for (end = i; end < cells && kf_str_eq(n[end].source, n[i].source) && rc == 0; end++) {
            if (end - i < FREQUENT) {
                rc = put_cell(s, &n[end], n[end].cell, 0, err);
            } else {
                add_to(&rest, n[end].cell);
                left++;
            }
        }
        if (left && rc == 0)
            rc = put_cell(s, &n[i], &rest, left, err);
    }
    return rc;
}

static int write_events(struct delivered *d, sqlite3 *db, struct kf_error *err)
{
    const struct kf_dict *dict = d->e->dict;
    struct named *n = calloc(d->cell.n + 1, sizeof *n);
    sqlite3_stmt *s = NULL;
    if (!n)
        return kf_error_set(err, KF_E_NOMEM, KF_STORE_MODULE, "out of memory");
    for (size_t i = 0; i < d->cell.n; i++) {
        n[i].cell = &d->cell.p[i];
        n[i].source = kf_symbols_text(dict->source, n[i].cell->source + 1u);
        n[i].name = n[i].cell->name ? kf_symbols_text(dict->name, n[i].cell->name) : kf_str("", 0);
    }
    qsort(n, d->cell.n, sizeof *n, frequent_first);
    int rc = kf_sql_prepare(db,
                            "INSERT INTO source_event(source, type, name, names, events,"
                            " last_event_ms, last_received_ms)"
                            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                            &s, err);
    if (rc == 0)
        rc = put_cells(s, n, d->cell.n, err);
    sqlite3_finalize(s);
    free(n);
    return rc;
}

/* ---- fields ---- */

/* Chosen by content, so that it does not matter who came first. */
static bool is_chosen(const struct delivered *d, uint32_t event)
{
    const struct kf_events *e = d->e;
    uint64_t all = d->events[e->at[event].source];
    if (all <= SAMPLE)
        return true;
    struct kf_str id = kf_event_id(e, event);
    return kf_hash64(id.p, id.n) % all < SAMPLE;
}

static void look(const struct delivered *d, uint32_t event, uint8_t *field, uint8_t *namespace)
{
    const struct kf_events *e = d->e;
    const uint8_t *at = NULL;
    uint32_t key;
    struct kf_val v;
    while (kf_body_next(e, event, &at, &key, &v))
        field[key] = 1;
    for (uint32_t i = 0; i < e->at[event].id_n; i++)
    namespace[kf_idents_ns(e->idents, e->id_pool[e->at[event].id_off + i])] = 1;
}

struct word {
    struct kf_str source, name;
    bool namespace;
};

static int by_text(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    int c = kf_str_cmp(x->source, y->source);
    if (c == 0 && x->namespace != y->namespace)
        c = x->namespace ? 1 : -1;
    return c ? c : kf_str_cmp(x->name, y->name);
}

static int put_words(sqlite3 *db, const struct word *word, size_t n, struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db, "INSERT INTO source_field(source, kind, name) VALUES(?1, ?2, ?3)",
                            &s, err);
    for (size_t i = 0; i < n && rc == 0; i++) {
        kf_sql_str(s, 1, word[i].source);
        kf_sql_text(s, 2, word[i].namespace ? "namespace" : "field");
        kf_sql_str(s, 3, word[i].name);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc;
}

struct fields {
    const struct delivered *d;
    uint32_t keys, all;
    uint8_t *has; /* [workers][sources][all]: keys, then namespaces */
};

static int look_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    (void)err;
    const struct fields *f = ctx;
    const struct delivered *d = f->d;
    for (uint32_t i = (uint32_t)from; i < to; i++)
        if (!d->e->dropped[i] && is_chosen(d, i)) {
            uint8_t *mine = f->has + ((size_t)worker * d->n_sources + d->e->at[i].source) * f->all;
            look(d, i, mine, mine + f->keys);
        }
    return 0;
}

static int find_fields(struct fields *f, unsigned threads, struct kf_error *err)
{
    size_t one = (size_t)f->d->n_sources * f->all;
    if (threads < 1 || one > MANY)
        threads = 1;
    f->has = calloc(threads, one);
    if (!f->has)
        return kf_error_set(err, KF_E_NOMEM, KF_STORE_MODULE, "out of memory");
    int rc = kf_pool_run(threads, f->d->e->n, GRAIN, look_range, f, err);
    for (unsigned t = 1; t < threads; t++)
        for (size_t i = 0; i < one; i++)
            f->has[i] |= f->has[t * one + i];
    return rc;
}

static int write_fields(struct delivered *d, unsigned threads, sqlite3 *db, struct kf_error *err)
{
    const struct kf_dict *dict = d->e->dict;
    uint32_t keys = kf_symbols_count(dict->key) + 1, all = keys + kf_symbols_count(dict->ns) + 1;
    kf_vec(struct word) word = {0};
    struct fields f = {.d = d, .keys = keys, .all = all};
    int rc = find_fields(&f, threads, err);
    for (uint32_t s = 0; rc == 0 && s < d->n_sources; s++)
        for (uint32_t k = 0; k < all; k++)
            if (f.has[(size_t)s * all + k])
                *kf_vec_push(&word) = (struct word){kf_symbols_text(dict->source, s + 1),
                                                    k < keys ? kf_symbols_text(dict->key, k)
                                                             : kf_symbols_text(dict->ns, k - keys),
                                                    k >= keys};
    if (word.n)
        qsort(word.p, word.n, sizeof *word.p, by_text);
    if (rc == 0)
        rc = put_words(db, word.p, word.n, err);
    kf_vec_free(&word);
    free(f.has);
    return rc;
}

int kf_store_delivered_write(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err)
{
    struct delivered d = {.e = w->o.world->events};
    d.n_sources = kf_symbols_count(d.e->dict->source) + 1;
    d.first = calloc(kf_symbols_count(d.e->dict->name) + 1u, sizeof *d.first);
    d.events = calloc(d.n_sources, sizeof *d.events);
    int rc =
        d.first && d.events ? 0 : kf_error_set(err, KF_E_NOMEM, KF_STORE_MODULE, "out of memory");
    if (rc == 0) {
        count_cells(&d);
        rc = write_events(&d, db, err);
    }
    if (rc == 0)
        rc = write_fields(&d, w->o.threads, db, err);
    kf_vec_free(&d.cell);
    free(d.first);
    free(d.events);
    return rc;
}
