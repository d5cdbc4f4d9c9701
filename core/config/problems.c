#include "config/problems.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct kf_problems *p, const char *file, uint32_t line, uint32_t column,
                const char *fmt, va_list ap)
{
    if (p->n > KF_PROBLEMS_MAX)
        return;
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 8;
        struct kf_error *item = realloc(p->item, cap * sizeof *item);
        if (!item)
            kf_arena_exhausted(cap * sizeof *item);
        p->item = item;
        p->cap = cap;
    }
    char message[sizeof p->item->message];
    if (p->n == KF_PROBLEMS_MAX)
        snprintf(message, sizeof message, "more problems follow; correct these first");
    else
        vsnprintf(message, sizeof message, fmt, ap);
    struct kf_error *e = &p->item[p->n++];
    *e = (struct kf_error)KF_ERROR_INIT;
    kf_error_at(e, KF_E_CONFIG, p->module, file, line, column, "%s", message);
}

void kf_problem(struct kf_problems *p, uint32_t line, uint32_t column, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(p, p->file, line, column, fmt, ap);
    va_end(ap);
}

void kf_problem_in(struct kf_problems *p, const char *file, uint32_t line, uint32_t column,
                   const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(p, file, line, column, fmt, ap);
    va_end(ap);
}

/* Insertion sort: few elements, and it keeps the order of equal ones. Own file first, then by name.
 */
static int order(const struct kf_problems *p, const struct kf_error *a, const struct kf_error *b)
{
    const char *own = p->file ? p->file : "";
    bool a_own = strncmp(a->file, own, sizeof a->file - 1) == 0;
    bool b_own = strncmp(b->file, own, sizeof b->file - 1) == 0;
    if (a_own != b_own)
        return a_own ? -1 : 1;
    int r = strcmp(a->file, b->file);
    if (r)
        return r;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

int kf_problems_finish(struct kf_problems *p, int code,
                       void (*report)(void *ctx, const struct kf_error *e), void *ctx,
                       struct kf_error *err)
{
    size_t sorted = p->n > KF_PROBLEMS_MAX ? KF_PROBLEMS_MAX : p->n; /* "more follow" stays last */
    for (size_t i = 1; i < sorted; i++) {
        struct kf_error e = p->item[i];
        size_t k = i;
        for (; k > 0 && order(p, &p->item[k - 1], &e) > 0; k--)
            p->item[k] = p->item[k - 1];
        p->item[k] = e;
    }
    for (size_t i = 0; i < p->n; i++) {
        p->item[i].code = code;
        if (report)
            report(ctx, &p->item[i]);
    }
    int r = p->n ? code : 0;
    if (p->n && err) {
        const struct kf_error *e = &p->item[0];
        kf_error_at(err, code, e->module, e->file, e->line, e->column, "%s", e->message);
    }
    free(p->item);
    p->item = NULL;
    p->n = p->cap = 0;
    return r;
}
