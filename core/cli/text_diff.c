/* Myers' greedy algorithm on lines: a path of the fewest deletions and insertions. */
#include "cli/text_diff.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/vec.h"

#define AROUND 3u
#define MOST   1500 /* changed lines; the trace takes the square of it */

typedef kf_vec(struct kf_str) lines;

struct step {
    char sign; /* ' ', '-', '+' */
    struct kf_str line;
};
typedef kf_vec(struct step) script;

struct compare {
    lines a, b;
    long from, a_n, b_n; /* without what both begin and end with */
    kf_vec(long *) trace;
    long d; /* changes of the shortest path, -1: too many */
};

static void split(struct kf_str text, lines *out)
{
    for (size_t at = 0; at < text.n;) {
        const char *end = memchr(text.p + at, '\n', text.n - at);
        size_t n = end ? (size_t)(end - text.p) - at + 1 : text.n - at;
        *kf_vec_push(out) = kf_str(text.p + at, n);
        at += n;
    }
}

static bool same(const struct compare *c, long x, long y)
{
    return kf_str_eq(c->a.p[c->from + x], c->b.p[c->from + y]);
}

/* One more change: how far each diagonal reaches. true: the end is reached. */
static bool advance(struct compare *c, long *v, long d)
{
    for (long k = -d; k <= d; k += 2) {
        bool down = k == -d || (k != d && v[MOST + k - 1] < v[MOST + k + 1]);
        long x = down ? v[MOST + k + 1] : v[MOST + k - 1] + 1, y = x - k;
        while (x < c->a_n && y < c->b_n && same(c, x, y)) {
            x++;
            y++;
        }
        v[MOST + k] = x;
        if (x >= c->a_n && y >= c->b_n)
            return true;
    }
    return false;
}

static void find_path(struct compare *c)
{
    long *v = calloc(2 * MOST + 2, sizeof *v);
    if (!v)
        kf_arena_exhausted((2 * MOST + 2) * sizeof *v);
    c->d = -1;
    for (long d = 0; d < MOST && c->d < 0; d++) {
        /* what the diagonals reached before this change */
        long *kept = malloc((size_t)(2 * d + 3) * sizeof *kept);
        if (!kept)
            kf_arena_exhausted((size_t)(2 * d + 3) * sizeof *kept);
        memcpy(kept, v + MOST - d - (d < MOST), (size_t)(2 * d + 3) * sizeof *kept);
        *kf_vec_push(&c->trace) = kept;
        if (advance(c, v, d))
            c->d = d;
    }
    free(v);
}

static void add(script *s, char sign, struct kf_str line)
{
    *kf_vec_push(s) = (struct step){sign, line};
}

/* Backwards along the path; the script comes out reversed. */
static void walk_back(const struct compare *c, script *s)
{
    long x = c->a_n, y = c->b_n;
    for (long d = c->d; d > 0; d--) {
        const long *v = c->trace.p[d] + d + 1; /* v[k] */
        long k = x - y;
        bool down = k == -d || (k != d && v[k - 1] < v[k + 1]);
        long to = down ? k + 1 : k - 1, px = v[to], py = px - to;
        while (x > px + !down && y > py + down) {
            x--;
            y--;
            add(s, ' ', c->a.p[c->from + x]);
        }
        if (down)
            add(s, '+', c->b.p[c->from + --y]);
        else
            add(s, '-', c->a.p[c->from + --x]);
    }
    while (x > 0) {
        add(s, ' ', c->a.p[c->from + --x]);
        y--;
    }
}

static void make_script(struct compare *c, script *s)
{
    long n = (long)c->a.n, m = (long)c->b.n, tail = 0;
    while (c->from < n && c->from < m && kf_str_eq(c->a.p[c->from], c->b.p[c->from]))
        c->from++;
    while (tail < n - c->from && tail < m - c->from &&
           kf_str_eq(c->a.p[n - tail - 1], c->b.p[m - tail - 1]))
        tail++;
    c->a_n = n - c->from - tail;
    c->b_n = m - c->from - tail;
    find_path(c);
    script back = {0};
    for (long i = 0; i < c->from; i++)
        add(s, ' ', c->a.p[i]);
    if (c->d >= 0)
        walk_back(c, &back);
    for (size_t i = back.n; i > 0; i--)
        *kf_vec_push(s) = back.p[i - 1];
    for (long i = 0; c->d < 0 && i < c->a_n; i++)
        add(s, '-', c->a.p[c->from + i]);
    for (long i = 0; c->d < 0 && i < c->b_n; i++)
        add(s, '+', c->b.p[c->from + i]);
    for (long i = n - tail; i < n; i++)
        add(s, ' ', c->a.p[i]);
    kf_vec_free(&back);
    for (size_t i = 0; i < c->trace.n; i++)
        free(c->trace.p[i]);
    kf_vec_free(&c->trace);
}

static void add_line(struct kf_buf *out, const struct step *s, bool colour)
{
    const char *tint = s->sign == '-' ? "\033[31m" : s->sign == '+' ? "\033[32m" : "";
    bool end = s->line.n && s->line.p[s->line.n - 1] == '\n';
    colour = colour && *tint;
    kf_buf_addf(out, "%s%c%.*s%s\n", colour ? tint : "", s->sign, (int)(s->line.n - end), s->line.p,
                colour ? "\033[0m" : "");
    if (!end)
        kf_buf_adds(out, "\\ No newline at end of file\n");
}

static void add_range(struct kf_buf *out, char sign, size_t line, size_t n)
{
    kf_buf_addf(out, "%c%zu", sign, n ? line : line - 1);
    if (n != 1)
        kf_buf_addf(out, ",%zu", n);
}

/* From the first change on as long as less than two contexts lie between one and the next. */
static size_t hunk_end(const script *s, size_t i)
{
    size_t last = i;
    for (; i < s->n && i <= last + 2 * AROUND; i++)
        if (s->p[i].sign != ' ')
            last = i;
    return last + 1;
}

static void add_hunks(struct kf_buf *out, const script *s, bool colour)
{
    size_t a = 1, b = 1, at = 0; /* line numbers of s->p[at] */
    for (size_t i = 0; i < s->n; i++) {
        if (s->p[i].sign == ' ')
            continue;
        size_t end = hunk_end(s, i), from = i > AROUND ? i - AROUND : 0;
        size_t to = end + AROUND < s->n ? end + AROUND : s->n, a_n = 0, b_n = 0;
        for (; at < from; at++) {
            a += s->p[at].sign != '+';
            b += s->p[at].sign != '-';
        }
        for (size_t k = from; k < to; k++) {
            a_n += s->p[k].sign != '+';
            b_n += s->p[k].sign != '-';
        }
        kf_buf_adds(out, colour ? "\033[36m@@ " : "@@ ");
        add_range(out, '-', a, a_n);
        kf_buf_addc(out, ' ');
        add_range(out, '+', b, b_n);
        kf_buf_adds(out, colour ? " @@\033[0m\n" : " @@\n");
        for (size_t k = from; k < to; k++)
            add_line(out, &s->p[k], colour);
        i = end;
    }
}

void kf_text_diff(struct kf_buf *out, const char *name, struct kf_str a, struct kf_str b,
                  bool colour)
{
    if (kf_str_eq(a, b))
        return;
    struct compare c = {0};
    script s = {0};
    split(a, &c.a);
    split(b, &c.b);
    make_script(&c, &s);
    kf_buf_addf(out, "%s--- a/%s\n+++ b/%s%s\n", colour ? "\033[1m" : "", name, name,
                colour ? "\033[0m" : "");
    add_hunks(out, &s, colour);
    kf_vec_free(&c.a);
    kf_vec_free(&c.b);
    kf_vec_free(&s);
}
