#include "cli/graph.h"

#include "base/vec.h"
#include "cli/explain.h"
#include "cli/explain_path.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_LINKS 600u /* more is no picture any more */

/* Of the own layout, in pixels. */
#define BOX_H     44
#define STEP_Y    84
#define MARGIN    30
#define LOOP      90 /* how far lines inside a column reach out, and each further one */
#define LOOP_STEP 22
/* A character of a name and of the words at a link (12 and 10 pixels, sans serif: measured on
 * lower-case texts in Chromium, rounded up). */
#define NAME_CHAR  7
#define LABEL_CHAR 6

extern char **environ;

struct node {
    uint32_t id;
    int64_t from, to;
    uint32_t profile;
    uint8_t isolated;
    int x, y; /* upper left corner, own layout */
};

struct graph {
    const struct kf_session *s;
    uint32_t a, b;
    kf_vec(struct node) node; /* by identifier's rank and value, then time */
    kf_vec(uint32_t) link;    /* kept ones first */
    struct kf_graph_report report;
    int box, gap; /* own layout: width of a box, room between two columns */
};

/* ---- what is in it ---- */

/* By content alone: the same data make the same picture. */
static int node_cmp(const void *pa, const void *pb, void *ctx)
{
    const struct kf_idset *ids = ctx;
    const struct node *a = pa, *b = pb;
    if (ids->ns[a->id] != ids->ns[b->id])
        return ids->ns[a->id] < ids->ns[b->id] ? -1 : 1;
    int r = kf_str_cmp(kf_idset_value(ids, a->id), kf_idset_value(ids, b->id));
    return r ? r : (a->from > b->from) - (a->from < b->from);
}

static void add_node(struct graph *g, uint32_t id, int64_t from)
{
    const struct kf_id_result *r = g->s->world->identity;
    struct node n = {.id = id, .from = from, .to = KF_TIME_MAX, .profile = r->id_profile[id]};
    n.isolated = r->id_isolated[id];
    for (uint32_t i = 0; i < r->n_span; i++)
        if (r->span[i].id == id && r->span[i].from == from) {
            n.to = r->span[i].to;
            n.profile = r->span[i].profile;
            n.isolated = r->span[i].isolated;
        }
    *kf_vec_push(&g->node) = n;
}

static void add_ends(struct graph *g, const struct kf_id_link *l)
{
    const struct kf_world *w = g->s->world;
    add_node(g, kf_span_owner(w, l->a), l->a_from);
    add_node(g, kf_span_owner(w, l->b), l->b_from);
}

/* Of what two people had in turns, a kept link may be a third person's. */
static bool theirs(const struct graph *g, const struct kf_id_link *l)
{
    uint32_t p = kf_span_profile(g->s->world, kf_span_owner(g->s->world, l->a), l->a_from);
    return p != KF_ID_NONE && (p == g->a || p == g->b);
}

static void add_links(struct graph *g, const uint8_t *ever)
{
    const struct kf_id_result *r = g->s->world->identity;
    for (int refused = 0; refused < 2; refused++)
        for (uint32_t i = 0; i < r->n_link; i++) {
            const struct kf_id_link *l = &r->link[i];
            bool in = refused ? l->reason != KF_ID_KEPT && (ever[l->a] || ever[l->b])
                              : l->reason == KF_ID_KEPT && ever[l->a] && ever[l->b];
            if (!in || (!refused && !theirs(g, l)))
                continue;
            if (g->link.n >= MAX_LINKS) {
                g->report.left_out++;
                continue;
            }
            *kf_vec_push(&g->link) = i;
            *(refused ? &g->report.refused : &g->report.kept) += 1;
            add_ends(g, l);
        }
}

static void add_lonely(struct graph *g, uint32_t profile)
{
    const struct kf_world *w = g->s->world;
    for (uint32_t i = w->ids_first[profile];
         i < w->ids_first[profile + 1] && g->node.n < 4 * MAX_LINKS; i++) {
        uint32_t id = kf_span_owner(w, w->ids_of[i]);
        add_node(g, id, kf_span_start(w, id, w->as_of));
    }
}

static uint8_t *theirs_ever(const struct graph *g, const struct kf_graph_of *of)
{
    if (of->profile != KF_ID_NONE)
        return kf_profile_ever(g->s->world, of->profile);
    uint8_t *ever = calloc(g->s->world->ids->n + 1u, 1);
    if (ever)
        ever[kf_span_owner(g->s->world, of->id)] = 1;
    return ever;
}

static void add_own(struct graph *g, const struct kf_graph_of *of)
{
    const struct kf_world *w = g->s->world;
    uint32_t id = kf_span_owner(w, of->id);
    if (of->profile != KF_ID_NONE)
        add_lonely(g, of->profile);
    else
        add_node(g, id, kf_span_start(w, id, w->as_of));
}

static int gather(struct graph *g, const struct kf_graph_of *a, const struct kf_graph_of *b,
                  struct kf_error *err)
{
    struct kf_idset *ids = g->s->world->ids;
    uint8_t *ever = theirs_ever(g, a), *other = b ? theirs_ever(g, b) : NULL;
    size_t n = 0;
    if (!ever || (b && !other)) {
        free(ever);
        return kf_error_set(err, KF_E_NOMEM, "explain", "out of memory");
    }
    for (uint32_t i = 0; other && i < ids->n; i++)
        ever[i] |= other[i];
    add_links(g, ever);
    add_own(g, a);
    if (b)
        add_own(g, b);
    free(ever);
    free(other);
    if (g->node.n)
        qsort_r(g->node.p, g->node.n, sizeof *g->node.p, node_cmp, ids);
    for (size_t i = 0; i < g->node.n; i++)
        if (!n || node_cmp(&g->node.p[n - 1], &g->node.p[i], ids) != 0)
            g->node.p[n++] = g->node.p[i];
    g->node.n = n;
    g->report.nodes = (uint32_t)n;
    return 0;
}

static uint32_t node_of(const struct graph *g, uint32_t id, int64_t from)
{
    struct node key = {.id = kf_span_owner(g->s->world, id), .from = from};
    uint32_t lo = 0, hi = (uint32_t)g->node.n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (node_cmp(&g->node.p[mid], &key, g->s->world->ids) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* ---- words ---- */

static void node_name(const struct graph *g, const struct node *n, struct kf_buf *out)
{
    kf_ident_add(out, g->s->world->ids, n->id, g->s->reveal);
}

/* "from 2026-01-01 10:00 until 2026-02-01 00:00: shared"; empty: it was never cut. */
static void node_span(const struct graph *g, const struct node *n, struct kf_buf *out)
{
    const struct kf_zone *z = g->s->ws.config->zone;
    kf_buf_adds(out, "");
    if (n->from != KF_TIME_MIN) {
        kf_buf_adds(out, "from ");
        kf_when_add(out, z, n->from);
    }
    if (n->to != KF_TIME_MAX) {
        kf_buf_adds(out, out->n ? " until " : "until ");
        kf_when_add(out, z, n->to);
    }
    if (n->isolated)
        kf_buf_addf(out, "%snobody's: %s", out->n ? ", " : "",
                    kf_identity_reason_name((enum kf_id_reason)n->isolated));
}

static void link_words(const struct graph *g, const struct kf_id_link *l, struct kf_buf *out)
{
    kf_buf_adds(out, l->rule);
    if (l->count > 1)
        kf_buf_addf(out, " \xc3\x97%u", l->count);
    if (l->reason != KF_ID_KEPT) {
        kf_buf_adds(out, ": ");
        kf_explain_refusal(g->s->world, l, g->s->reveal, out);
    }
}

static const char *colour_of(const struct graph *g, const struct node *n)
{
    return n->isolated                                ? "#eeeeee"
           : n->profile == g->a                       ? "#e3edfb"
           : n->profile == g->b && g->b != KF_ID_NONE ? "#fbe9d7"
                                                      : "#ffffff";
}

/* ---- dot ---- */

/* A quoted string of the dot language. */
static void dot_text(struct kf_buf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            kf_buf_addc(out, '\\');
        kf_buf_addc(out, *s);
    }
}

static void dot(const struct graph *g, struct kf_buf *out)
{
    struct kf_buf b = {0};
    kf_buf_adds(out, "graph kinfold {\n  graph [overlap=false, splines=true, rankdir=LR];\n"
                     "  node [shape=box, style=\"filled,rounded\", fontname=\"sans-serif\"];\n"
                     "  edge [fontname=\"sans-serif\", fontsize=10];\n");
    for (uint32_t i = 0; i < g->node.n; i++) {
        kf_buf_clear(&b);
        node_name(g, &g->node.p[i], &b);
        kf_buf_addf(out, "  n%u [fillcolor=\"%s\", label=\"", i, colour_of(g, &g->node.p[i]));
        dot_text(out, b.p);
        kf_buf_clear(&b);
        node_span(g, &g->node.p[i], &b);
        if (b.n) {
            kf_buf_adds(out, "\\n");
            dot_text(out, b.p);
        }
        kf_buf_adds(out, "\"];\n");
    }
    for (uint32_t i = 0; i < g->link.n; i++) {
        const struct kf_id_link *l = &g->s->world->identity->link[g->link.p[i]];
        kf_buf_clear(&b);
        link_words(g, l, &b);
        kf_buf_addf(out, "  n%u -- n%u [%s, label=\"", node_of(g, l->a, l->a_from),
                    node_of(g, l->b, l->b_from),
                    l->reason == KF_ID_KEPT ? "style=solid" : "style=dotted, color=\"#b00020\"");
        dot_text(out, b.p);
        kf_buf_adds(out, "\"];\n");
    }
    kf_buf_adds(out, "}\n");
    kf_buf_free(&b);
}

/* ---- SVG, own layout: the strongest identifier left, what is tied to it beside it ---- */

static void svg_text(struct kf_buf *out, int x, int y, const char *style, const char *s)
{
    kf_buf_addf(out, "<text x=\"%d\" y=\"%d\" %s>", x, y, style);
    for (; *s; s++) {
        if (*s == '&')
            kf_buf_adds(out, "&amp;");
        else if (*s == '<')
            kf_buf_adds(out, "&lt;");
        else if (*s == '>')
            kf_buf_adds(out, "&gt;");
        else
            kf_buf_addc(out, *s);
    }
    kf_buf_adds(out, "</text>\n");
}

/* How many links each node is from the strongest identifier of a profile: its column. Nodes are by
 * rank, so that is the first of the profile. Rounds are as many as the picture is wide. */
static int columns(struct graph *g)
{
    const struct kf_id_link *all = g->s->world->identity->link;
    uint32_t n = (uint32_t)g->node.n, roots[] = {g->a, g->b};
    int widest = 0;
    for (uint32_t i = 0; i < n; i++)
        g->node.p[i].x = -1;
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < n; i++)
            if (g->node.p[i].profile == roots[k] && roots[k] != KF_ID_NONE) {
                g->node.p[i].x = 0;
                break;
            }
    if (g->a == KF_ID_NONE && g->b == KF_ID_NONE && n)
        g->node.p[0].x = 0; /* what is nobody's, and around it */
    for (bool more = true; more; widest++) {
        more = false;
        for (uint32_t i = 0; i < g->link.n; i++) {
            const struct kf_id_link *l = &all[g->link.p[i]];
            struct node *p = &g->node.p[node_of(g, l->a, l->a_from)],
                        *q = &g->node.p[node_of(g, l->b, l->b_from)];
            if ((p->x == widest) == (q->x == widest) || (p->x >= 0 && q->x >= 0))
                continue;
            *(p->x < 0 ? &p->x : &q->x) = widest + 1;
            more = true;
        }
    }
    int columns = widest;
    for (uint32_t i = 0; i < n; i++)
        if (g->node.p[i].x < 0) { /* no link leads there */
            g->node.p[i].x = widest;
            columns = widest + 1;
        }
    return columns;
}

/* The ends of a link, the left one first. */
static void ends(const struct graph *g, uint32_t i, const struct node **a, const struct node **b)
{
    const struct kf_id_link *l = &g->s->world->identity->link[g->link.p[i]];
    *a = &g->node.p[node_of(g, l->a, l->a_from)];
    *b = &g->node.p[node_of(g, l->b, l->b_from)];
    if ((*a)->x > (*b)->x) {
        const struct node *t = *a;
        *a = *b;
        *b = t;
    }
}

/* As wide as the longest name, and the gap as the longest words; within reason. */
static void measure(struct graph *g)
{
    struct kf_buf b = {0};
    size_t name = 20, label = 20;
    for (uint32_t i = 0; i < g->node.n; i++) {
        kf_buf_clear(&b);
        node_name(g, &g->node.p[i], &b);
        size_t n = kf_utf8_width(kf_str(b.p, b.n));
        name = n > name ? n : name;
        kf_buf_clear(&b);
        node_span(g, &g->node.p[i], &b);
        n = kf_utf8_width(kf_str(b.p, b.n)) * LABEL_CHAR / NAME_CHAR;
        name = n > name ? n : name;
    }
    for (uint32_t i = 0; i < g->link.n; i++) {
        kf_buf_clear(&b);
        link_words(g, &g->s->world->identity->link[g->link.p[i]], &b);
        size_t n = kf_utf8_width(kf_str(b.p, b.n));
        label = n > label ? n : label;
    }
    kf_buf_free(&b);
    g->box = 16 + NAME_CHAR * (int)(name < 60 ? name : 60);
    g->gap = 50 + LABEL_CHAR * (int)(label < 80 ? label : 80);
}

/* Of a column: first what is the first person's, then nobody's, then the second's. */
static void place_column(struct graph *g, int column)
{
    int row = 0;
    for (int group = 0; group < 3; group++)
        for (uint32_t i = 0; i < g->node.n; i++) {
            struct node *n = &g->node.p[i];
            int mine = n->profile == g->a && g->a != KF_ID_NONE   ? 0
                       : n->profile == g->b && g->b != KF_ID_NONE ? 2
                                                                  : 1;
            if (n->x == column && mine == group)
                n->y = MARGIN + row++ * STEP_Y;
        }
}

/* The first column's boxes stand at the middle of what they are tied to, in their order. */
static void centre_roots(struct graph *g)
{
    int least = MARGIN;
    for (int group = 0; group < 2; group++)
        for (uint32_t i = 0; i < g->node.n; i++) {
            struct node *n = &g->node.p[i];
            const struct node *a, *b;
            int sum = 0, count = 0;
            if (n->x != 0 || (n->profile == g->b && g->b != KF_ID_NONE) != (group == 1))
                continue;
            for (uint32_t k = 0; k < g->link.n; k++) {
                ends(g, k, &a, &b);
                if (a == n && b->x == 1) {
                    sum += b->y;
                    count++;
                }
            }
            int y = count ? sum / count : least;
            n->y = y > least ? y : least;
            least = n->y + STEP_Y;
        }
}

/* How many lines before the i-th stay inside the same column. */
static int loop_number(const struct graph *g, uint32_t i)
{
    const struct node *a, *b, *c, *d;
    int n = 0;
    ends(g, i, &a, &b);
    for (uint32_t k = 0; k < i; k++) {
        ends(g, k, &c, &d);
        n += c->x == d->x && c->x == a->x;
    }
    return n;
}

static void place(struct graph *g, int *ret_w, int *ret_h)
{
    int wide = columns(g), low = 0, right = 0;
    const struct node *a, *b;
    measure(g);
    for (int c = 0; c < wide; c++)
        place_column(g, c);
    centre_roots(g);
    for (uint32_t i = 0; i < g->node.n; i++) {
        struct node *n = &g->node.p[i];
        n->x = MARGIN + n->x * (g->box + g->gap);
        low = n->y > low ? n->y : low;
        right = n->x + g->box > right ? n->x + g->box : right;
    }
    int edge = right;
    for (uint32_t i = 0; i < g->link.n; i++) {
        ends(g, i, &a, &b);
        int reach = a->x + g->box + LOOP + LOOP_STEP * loop_number(g, i) + g->gap;
        if (a->x == b->x && reach > edge)
            edge = reach;
    }
    *ret_w = edge + MARGIN;
    *ret_h = low + BOX_H + MARGIN;
}

/* How many links before the i-th end at the same box: their words go above each other. */
static int beside(const struct graph *g, uint32_t i)
{
    const struct node *a, *b, *c, *d;
    int n = 0;
    ends(g, i, &a, &b);
    for (uint32_t k = 0; k < i; k++) {
        ends(g, k, &c, &d);
        n += d == b && (c->x == d->x) == (a->x == b->x);
    }
    return n;
}

static void svg_link(const struct graph *g, uint32_t number, struct kf_buf *out)
{
    const struct kf_id_link *l = &g->s->world->identity->link[g->link.p[number]];
    const struct node *a, *b;
    struct kf_buf words = {0};
    bool kept = l->reason == KF_ID_KEPT;
    ends(g, number, &a, &b);
    bool loop = a->x == b->x;
    int x1 = a->x + g->box, y1 = a->y + BOX_H / 2, y2 = b->y + BOX_H / 2;
    int x2 = loop ? x1 : b->x, out_by = LOOP + LOOP_STEP * loop_number(g, number);
    int bend = loop ? x1 + out_by : (x1 + x2) / 2;
    kf_buf_addf(out, "<path d=\"M%d %d C%d %d %d %d %d %d\" class=\"%s\"/>\n", x1, y1, bend, y1,
                bend, y2, x2, y2, kept ? "kept" : "refused");
    link_words(g, l, &words);
    /* at the box where the line ends: lines begin together but end apart */
    if (loop)
        svg_text(out, x1 + out_by * 3 / 4 + 6, (y1 + y2) / 2 + 12 * beside(g, number),
                 kept ? "class=\"kept-label\"" : "class=\"refused-label\"", words.p);
    else
        /* on the side from which the line does not come */
        svg_text(out, x2 - 8,
                 y1 < y2 ? y2 + 13 + 11 * beside(g, number) : y2 - 5 - 11 * beside(g, number),
                 kept ? "class=\"kept-label\" text-anchor=\"end\""
                      : "class=\"refused-label\" text-anchor=\"end\"",
                 words.p);
    kf_buf_free(&words);
}

static void svg(struct graph *g, struct kf_buf *out)
{
    struct kf_buf b = {0};
    int w, h;
    place(g, &w, &h);
    kf_buf_addf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
                "<style>path{fill:none;stroke:#333}.refused{stroke:#b00020;stroke-dasharray:2 4}"
                ".kept-label,.refused-label{font-size:10px;fill:#333;paint-order:stroke;"
                "stroke:#fff;stroke-width:4px;stroke-linejoin:round}"
                ".refused-label{fill:#b00020}.when{font-size:10px;fill:#555}</style>\n"
                "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
                w, h, w, h, w, h);
    for (uint32_t i = 0; i < g->link.n; i++)
        svg_link(g, i, out);
    for (uint32_t i = 0; i < g->node.n; i++) {
        const struct node *n = &g->node.p[i];
        kf_buf_addf(out,
                    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"%s\" "
                    "stroke=\"#333\"/>\n",
                    n->x, n->y, g->box, BOX_H, colour_of(g, n));
        kf_buf_clear(&b);
        node_name(g, n, &b);
        svg_text(out, n->x + 8, n->y + 18, "class=\"name\"", b.p);
        kf_buf_clear(&b);
        node_span(g, n, &b);
        if (b.n)
            svg_text(out, n->x + 8, n->y + 34, "class=\"when\"", b.p);
    }
    kf_buf_adds(out, "</svg>\n");
    kf_buf_free(&b);
}

/* ---- files ---- */

static bool write_all(int fd, const struct kf_buf *b)
{
    for (size_t at = 0; at < b->n;) {
        ssize_t n = write(fd, b->p + at, b->n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

/* Lets Graphviz lay it out, if it is installed; false: it is not, or it failed. */
static bool graphviz(const struct kf_buf *text, int out)
{
    char *const argv[] = {"dot", "-Tsvg", NULL};
    posix_spawn_file_actions_t act;
    struct stat st;
    pid_t pid;
    int status = 1, in = memfd_create("graph", MFD_CLOEXEC);
    if (in < 0 || posix_spawn_file_actions_init(&act) != 0) {
        if (in >= 0)
            close(in);
        return false;
    }
    bool ok = write_all(in, text) && lseek(in, 0, SEEK_SET) == 0 &&
              posix_spawn_file_actions_adddup2(&act, in, 0) == 0 &&
              posix_spawn_file_actions_adddup2(&act, out, 1) == 0 &&
              posix_spawnp(&pid, "dot", &act, NULL, argv, environ) == 0;
    if (ok)
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    posix_spawn_file_actions_destroy(&act);
    close(in);
    return ok && WIFEXITED(status) && WEXITSTATUS(status) == 0 && fstat(out, &st) == 0 &&
           st.st_size > 0;
}

static int write_file(struct graph *g, bool want_svg, const char *path, struct kf_error *err)
{
    struct kf_buf text = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, g->s->reveal ? 0600 : 0666);
    if (fd < 0)
        return kf_error_set(err, KF_E_CANTCREATE, "explain", "cannot write %s: %s", path,
                            strerror(errno));
    if (g->s->reveal)
        fchmod(fd, 0600);
    dot(g, &text);
    g->report.layout = want_svg ? "dot" : "none";
    bool ok = true;
    if (!want_svg) {
        ok = write_all(fd, &text);
    } else if (!graphviz(&text, fd)) {
        kf_buf_clear(&text);
        svg(g, &text);
        g->report.layout = "own";
        ok = ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 && write_all(fd, &text);
    }
    ok = close(fd) == 0 && ok;
    kf_buf_free(&text);
    return ok ? 0 : kf_error_set(err, KF_E_IO, "explain", "cannot write %s", path);
}

int kf_graph_write(const struct kf_session *s, const struct kf_graph_of *a,
                   const struct kf_graph_of *b, const char *path, struct kf_graph_report *ret,
                   struct kf_error *err)
{
    struct graph g = {.s = s, .a = a->profile, .b = b ? b->profile : KF_ID_NONE};
    size_t n = strlen(path);
    bool want_svg = n > 4 && strcmp(path + n - 4, ".svg") == 0;
    if (!want_svg && !(n > 4 && strcmp(path + n - 4, ".dot") == 0))
        return kf_error_set(err, KF_E_USAGE, "explain",
                            "--graph wants a file that ends in .dot or .svg, not '%s'", path);
    int rc = gather(&g, a, b, err);
    if (rc == 0)
        rc = write_file(&g, want_svg, path, err);
    *ret = g.report;
    kf_vec_free(&g.node);
    kf_vec_free(&g.link);
    return rc;
}
