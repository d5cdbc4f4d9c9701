#include "cli/pairs.h"

#include "base/error.h"
#include "event/split.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct reading {
    const struct kf_world *w;
    struct kf_pairs *p;
    struct kf_buf text;
    struct kf_str *cell;
    uint32_t cap_cell;
    struct kf_arena arena;
    uint32_t line;
};

static int load(struct reading *r, struct kf_error *err)
{
    FILE *f = fopen(r->p->path, "rb");
    char block[65536];
    size_t n;
    if (!f)
        return kf_error_set(err, KF_E_NOINPUT, "pairs", "cannot read %s: %s", r->p->path,
                            strerror(errno));
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        kf_buf_add(&r->text, block, n);
    bool bad = ferror(f) != 0;
    fclose(f);
    return bad ? kf_error_set(err, KF_E_IO, "pairs", "cannot read %s", r->p->path) : 0;
}

/* KF_ID_NONE: no event carried it. */
static int identifier(const struct reading *r, struct kf_str text, uint32_t *ret,
                      struct kf_error *err)
{
    size_t n = 0;
    text = kf_str_trim(text);
    while (n < text.n && text.p[n] != ':' && text.p[n] != '=')
        n++;
    if (n == text.n)
        return kf_error_at(err, KF_E_DATA, "pairs", r->p->path, r->line, 0,
                           "'%.*s' is no identifier: write namespace:value, as "
                           "email:anna@example.com",
                           (int)text.n, text.p);
    uint32_t ns = kf_idset_ns(r->w->ids, kf_str(text.p, n));
    if (ns == KF_ID_NONE)
        return kf_error_at(err, KF_E_DATA, "pairs", r->p->path, r->line, 0,
                           "no rule declares the identifier '%.*s'", (int)n, text.p);
    *ret = kf_idset_find(r->w->ids, ns, kf_str(text.p + n + 1, text.n - n - 1));
    return 0;
}

/* Examples are few of many: those of over-merge push the others out, within a kind the first stay.
 */
static void note(struct kf_pairs *p, struct kf_pair_error e)
{
    uint32_t at = p->n_error;
    while (e.over && at && !p->error[at - 1].over)
        at--;
    if (at == KF_PAIR_EXAMPLES)
        return;
    uint32_t last = p->n_error < KF_PAIR_EXAMPLES ? p->n_error++ : KF_PAIR_EXAMPLES - 1;
    memmove(&p->error[at + 1], &p->error[at], (last - at) * sizeof e);
    p->error[at] = e;
}

static void judge(struct reading *r, uint32_t a, uint32_t b, bool same)
{
    struct kf_pairs *p = r->p;
    if (a == KF_ID_NONE || b == KF_ID_NONE) {
        p->unseen++;
        return;
    }
    uint32_t of_a = r->w->identity->id_profile[a], of_b = r->w->identity->id_profile[b];
    bool one = of_a != KF_ID_NONE && of_a == of_b;
    p->n++;
    p->same_same += same && one;
    p->same_apart += same && !one;
    p->different_same += !same && one;
    p->different_apart += !same && !one;
    if (same != one)
        note(p, (struct kf_pair_error){.a = a, .b = b, .line = r->line, .over = one});
}

static bool is_heading(const struct reading *r, uint32_t n)
{
    return r->line == 1 && n >= 2 && kf_str_eq(kf_str_trim(r->cell[0]), kf_cstr("a")) &&
           kf_str_eq(kf_str_trim(r->cell[1]), kf_cstr("b"));
}

static int record(struct reading *r, struct kf_str line, struct kf_error *err)
{
    uint32_t a, b, n;
    struct kf_str rest = kf_str_trim(line);
    if (!rest.n || rest.p[0] == '#')
        return 0;
    kf_arena_reset(&r->arena);
    n = kf_csv_cells(line, ',', '"', &r->cell, &r->cap_cell, &r->arena);
    if (is_heading(r, n))
        return 0;
    struct kf_str word = n == 3 ? kf_str_trim(r->cell[2]) : kf_str("", 0);
    bool same = kf_str_eq(word, kf_cstr("same"));
    if (!same && !kf_str_eq(word, kf_cstr("different")))
        return kf_error_at(err, KF_E_DATA, "pairs", r->p->path, r->line, 0,
                           "a line is two identifiers and same or different, as "
                           "email:anna@example.com,user_id:u1,same");
    int rc = identifier(r, r->cell[0], &a, err);
    if (rc == 0)
        rc = identifier(r, r->cell[1], &b, err);
    if (rc == 0)
        judge(r, a, b, same);
    return rc;
}

int kf_pairs_read(const struct kf_world *w, const char *path, struct kf_pairs *ret,
                  struct kf_error *err)
{
    struct kf_pairs p = {.path = path};
    struct reading r = {.w = w, .p = &p, .line = 1};
    int rc = load(&r, err);
    const char *at = r.text.p, *end = at ? at + r.text.n : NULL;
    while (rc == 0 && at < end) {
        uint32_t line = r.line;
        const char *next = kf_csv_record_end(at, end, ',', '"', true, &line);
        if (!next)
            rc = kf_error_at(err, KF_E_DATA, "pairs", path, r.line, 0,
                             "a quoted cell that does not end");
        else
            rc = record(&r, kf_str(at, (size_t)(next - at)), err);
        at = next;
        r.line = line;
    }
    if (rc == 0 && !p.n && !p.unseen)
        rc = kf_error_set(err, KF_E_DATA, "pairs", "%s holds no pair", path);
    kf_buf_free(&r.text);
    kf_arena_free(&r.arena);
    free(r.cell);
    if (rc == 0)
        *ret = p;
    return rc;
}

static bool share(uint64_t part, uint64_t of, double *ret)
{
    if (of)
        *ret = (double)part / (double)of;
    return of != 0;
}

bool kf_pairs_precision(const struct kf_pairs *p, double *ret)
{
    return share(p->same_same, p->same_same + p->different_same, ret);
}

bool kf_pairs_recall(const struct kf_pairs *p, double *ret)
{
    return share(p->same_same, p->same_same + p->same_apart, ret);
}
