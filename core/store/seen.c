#include "store/seen.h"

#include "base/vec.h"

#include <stdlib.h>

struct words {
    struct kf_arena *arena;
    kf_vec(struct kf_seen_word) p;
};

static int take_word(void *ctx, int n, const char *const *value, const char *const *name)
{
    struct words *w = ctx;
    (void)name;
    if (n < 2 || !value[0])
        return 0;
    struct kf_seen_word one = {kf_arena_strdup(w->arena, value[0]),
                               value[1] ? strtoull(value[1], NULL, 10) : 0};
    *kf_vec_push(&w->p) = one;
    return 0;
}

static int word_cmp(const void *a, const void *b)
{
    const struct kf_seen_word *x = a, *y = b;
    return strcmp(x->text, y->text);
}

/* SQLite's order of texts is that of their bytes, too, but nothing here should hang on it. */
static int read_words(struct kf_store *s, const char *sql, struct kf_arena *a,
                      struct kf_seen_words *ret, struct kf_error *err)
{
    struct words w = {.arena = a};
    int rc = kf_store_query(s, sql, take_word, &w, err);
    struct kf_seen_word *p = kf_arena_alloc(a, (w.p.n + 1) * sizeof *p);
    if (w.p.n) {
        memcpy(p, w.p.p, w.p.n * sizeof *p);
        qsort(p, w.p.n, sizeof *p, word_cmp);
    }
    *ret = (struct kf_seen_words){p, (uint32_t)w.p.n};
    kf_vec_free(&w.p);
    return rc;
}

struct namespaces {
    struct kf_arena *arena;
    kf_vec(struct kf_seen_namespace) p;
};

static uint64_t number(const char *text)
{
    return text ? strtoull(text, NULL, 10) : 0;
}

static int take_namespace(void *ctx, int n, const char *const *value, const char *const *name)
{
    struct namespaces *x = ctx;
    (void)name;
    if (n < 3 || !value[0])
        return 0;
    struct kf_seen_namespace one = {.name = kf_arena_strdup(x->arena, value[0]),
                                    .values = number(value[1]),
                                    .shared = number(value[2])};
    *kf_vec_push(&x->p) = one;
    return 0;
}

/* Of very many identifiers every so many-th is enough for a share. Spellings of a value are not
 * counted for themselves. Shared is what is up for review, and what was found to be several
 * people's and isolated. */
static const char NAMESPACES[] =
    "WITH RECURSIVE size(last, step) AS"
    " (SELECT max(id), max(1, max(id) / 20000) FROM identifier),"
    " some(id) AS (SELECT 1 UNION ALL SELECT id + step FROM some, size WHERE id + step <= last),"
    " shared(identifier) AS MATERIALIZED (SELECT DISTINCT identifier FROM shared_identifier)"
    " SELECT n.name, count(*),"
    " sum(i.isolated IN ('shared', 'shared_above') OR"
    " i.id IN (SELECT identifier FROM shared))"
    " FROM some JOIN identifier i ON i.id = some.id JOIN namespace n ON n.id = i.namespace"
    " WHERE i.same_as IS NULL AND i.ignored IS NULL GROUP BY n.id ORDER BY n.name";

static int read_namespaces(struct kf_store *s, struct kf_arena *a, struct kf_seen *ret,
                           struct kf_error *err)
{
    struct namespaces x = {.arena = a};
    int rc = kf_store_query(s, NAMESPACES, take_namespace, &x, err);
    struct kf_seen_namespace *p = kf_arena_alloc(a, (x.p.n + 1) * sizeof *p);
    if (x.p.n)
        memcpy(p, x.p.p, x.p.n * sizeof *p);
    ret->ns = p;
    ret->n_ns = (uint32_t)x.p.n;
    kf_vec_free(&x.p);
    return rc;
}

/* A name that is among the rare ones has no count of its own; that it was seen the dictionary says.
 */
static const char EVENTS[] =
    "SELECT s.text, (SELECT sum(e.events) FROM source_event e WHERE e.name = s.text)"
    " FROM symbol s WHERE s.dictionary = 'name'";
static const char KEYS[] = "SELECT DISTINCT name, 0 FROM source_field WHERE kind = 'field'";
/* A run adds what rules ask for: not all of it was read. */
static const char WORDS[] = "SELECT text, 0 FROM symbol WHERE dictionary = 'key'";
static const char PURPOSES[] =
    "SELECT p.name, count(*) FROM consent c JOIN purpose p ON p.id = c.purpose GROUP BY p.id";

int kf_store_seen(struct kf_store *s, struct kf_arena *a, struct kf_seen *ret, struct kf_error *err)
{
    struct kf_seen seen = {0};
    struct kf_store_run run;
    int rc = kf_store_last_run(s, &run, err);
    if (rc == 0)
        rc = read_words(s, EVENTS, a, &seen.event, err);
    if (rc == 0)
        rc = read_words(s, KEYS, a, &seen.key, err);
    if (rc == 0)
        rc = read_words(s, WORDS, a, &seen.word, err);
    if (rc == 0)
        rc = read_words(s, PURPOSES, a, &seen.purpose, err);
    if (rc == 0)
        rc = read_namespaces(s, a, &seen, err);
    if (rc)
        return rc;
    seen.events = run.events;
    seen.as_of = run.as_of;
    *ret = seen;
    return 0;
}
