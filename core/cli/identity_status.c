#include "cli/identity_status.h"

#include "base/error.h"

#include <stdlib.h>

/* ---- gathering ---- */

static int on_broken(void *ctx, int n, const char *const *v, const char *const *name)
{
    uint64_t *sum = ctx;
    (void)name;
    if (n == 1 && v[0])
        *sum += strtoull(v[0], NULL, 10);
    return 0;
}

/* The store is asked too: it is what everybody reads. */
static int check_stored(struct kf_identity_status *k, struct kf_error *err)
{
    static const char SQL[] =
        "SELECT count(*) FROM (SELECT i.profile FROM identifier i JOIN namespace n"
        " ON n.id = i.namespace WHERE n.name = ?1 AND i.profile IS NOT NULL"
        " AND i.same_as IS NULL AND i.joined_to IS NULL"
        " GROUP BY i.profile HAVING count(*) > 1)";
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < k->figures->n_ns; i++)
        if (k->figures->ns[i].key)
            rc = kf_store_ask(k->s->store, SQL, &k->figures->ns[i].name, 1, on_broken,
                              &k->stored_broken, err);
    return rc;
}

static int on_ids(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct kf_identity_status *k = ctx;
    (void)name;
    if (n == 2 && v[0] && v[1]) {
        k->ids_gone = strtoll(v[0], NULL, 10);
        k->ids_new = strtoll(v[1], NULL, 10);
    }
    return 0;
}

static int make_world(struct kf_session *s, struct kf_error *err)
{
    int rc = kf_session_last_rules(s, err);
    if (rc == 0)
        rc = kf_session_events(s, err);
    return rc ? rc
              : kf_pipeline_world(&s->ws, s->last_rules, s->events, s->last.as_of, NULL, true,
                                  &s->world, NULL, err);
}

int kf_identity_status_gather(struct kf_session *s, uint32_t large, const char *pairs,
                              struct kf_identity_status *ret, struct kf_error *err)
{
    struct kf_identity_status k = {.s = s, .large = large, .ids_gone = -1, .ids_new = -1};
    int rc = make_world(s, err);
    if (rc == 0)
        rc = kf_identity_figures_new(s->world, large, &k.figures, err);
    if (rc == 0)
        rc = check_stored(&k, err);
    if (rc == 0)
        rc = kf_store_query(s->store,
                            "SELECT ids_gone, ids_new FROM run ORDER BY number DESC LIMIT 1",
                            on_ids, &k, err);
    if (rc == 0 && pairs) {
        k.pairs = calloc(1, sizeof *k.pairs);
        rc = k.pairs ? kf_pairs_read(s->world, pairs, k.pairs, err)
                     : kf_error_set(err, KF_E_NOMEM, "status", "out of memory");
    }
    k.alarm = rc == 0 && (kf_figures_broken(k.figures) || k.stored_broken);
    if (rc)
        kf_identity_status_free(&k);
    else
        *ret = k;
    return rc;
}

void kf_identity_status_free(struct kf_identity_status *k)
{
    kf_identity_figures_free(k->figures);
    free(k->pairs);
    *k = (struct kf_identity_status){0};
}

uint64_t kf_figures_broken(const struct kf_identity_figures *f)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < f->n_ns; i++)
        n += f->ns[i].broken;
    return n;
}

/* ---- text ---- */

static void head(const struct kf_identity_status *k, const char *title, struct kf_buf *out)
{
    kf_buf_addc(out, '\n');
    kf_style_add(out, k->s->cli->colour, KF_BOLD, title);
    kf_buf_addc(out, '\n');
}

static void share_cell(struct kf_table *t, uint64_t part, uint64_t of)
{
    kf_table_cellf(t, "%.1f %%", of ? 100.0 * (double)part / (double)of : 0.0);
}

static void add_values(const struct kf_identity_status *k, struct kf_buf *out)
{
    struct kf_table t;
    head(k, "Values of one profile", out);
    kf_table_start(&t, "lrrrrrrrrrrr");
    kf_table_head(&t, "identifier|values|nobody's|with 1|2|3|4-5|6-10|11-50|51+|most|limit");
    for (uint32_t i = 0; i < k->figures->n_ns; i++) {
        const struct kf_figure_namespace *n = &k->figures->ns[i];
        kf_table_cell(&t, n->name);
        kf_table_count(&t, n->values);
        kf_table_count(&t, n->nobodys);
        for (uint32_t b = 0; b < KF_FIGURE_BINS; b++)
            kf_table_count(&t, n->profiles[b]);
        kf_table_count(&t, n->most);
        if (n->per_profile)
            kf_table_count(&t, n->per_profile);
        kf_table_end_row(&t);
    }
    kf_table_print(&t, 2, k->s->cli->colour, out);
}

static void add_keys(const struct kf_identity_status *k, struct kf_buf *out)
{
    uint64_t broken = kf_figures_broken(k->figures);
    struct kf_buf b = {0};
    kf_count_add(&b, broken > k->stored_broken ? broken : k->stored_broken, "profile", NULL);
    kf_buf_adds(&b, " with more than one value of a person's key");
    kf_buf_adds(out, "  ");
    if (k->alarm)
        kf_buf_adds(&b, ": the store is not to be trusted, run 'kinfold run --force'");
    kf_style_add(out, k->s->cli->colour, k->alarm ? KF_RED : KF_PLAIN, b.p);
    kf_buf_addc(out, '\n');
    kf_buf_free(&b);
}

static void add_ids(const struct kf_identity_status *k, struct kf_buf *out)
{
    kf_buf_adds(out, "  ");
    if (k->ids_gone < 0) {
        kf_buf_adds(out, "no run before this one to compare profile ids with\n");
        return;
    }
    kf_count_add(out, (uint64_t)k->ids_gone, "profile id of the run before leads elsewhere now, ",
                 "profile ids of the run before lead elsewhere now, ");
    kf_count_add(out, (uint64_t)k->ids_new, "is new\n", "are new\n");
}

static void add_shared(const struct kf_identity_status *k, struct kf_buf *out)
{
    const struct kf_identity_figures *f = k->figures;
    struct kf_table t;
    head(k, "Shared by several people, at once or in turn", out);
    kf_table_start(&t, "lrrr");
    kf_table_head(&t, "identifier|shared|events with one|share of events");
    for (uint32_t i = 0; i < f->n_ns; i++) {
        if (!f->ns[i].shared)
            continue;
        kf_table_cell(&t, f->ns[i].name);
        kf_table_count(&t, f->ns[i].shared);
        kf_table_count(&t, f->ns[i].shared_events);
        share_cell(&t, f->ns[i].shared_events, f->events);
        kf_table_end_row(&t);
    }
    kf_table_cell(&t, "any");
    kf_table_cell(&t, "");
    kf_table_count(&t, f->shared_events);
    share_cell(&t, f->shared_events, f->events);
    kf_table_end_row(&t);
    kf_table_print(&t, 2, k->s->cli->colour, out);
}

static void add_refused(const struct kf_identity_status *k, struct kf_buf *out)
{
    struct kf_table t;
    head(k, "Refused links", out);
    kf_table_start(&t, "lrr");
    kf_table_head(&t, "reason|links|observations");
    for (uint32_t i = 1; i < KF_FIGURE_REASONS; i++) {
        const struct kf_figure_refusals *r = &k->figures->refused[i];
        if (!r->links)
            continue;
        kf_table_cell(&t, kf_identity_reason_name((enum kf_id_reason)i));
        kf_table_count(&t, r->links);
        kf_table_count(&t, r->observations);
        kf_table_end_row(&t);
    }
    if (kf_table_empty(&t))
        kf_buf_adds(out, "  none\n");
    struct kf_buf none = {0};
    kf_table_print(&t, 2, k->s->cli->colour, kf_table_empty(&t) ? &none : out);
    kf_buf_free(&none);
}

static void add_largest(const struct kf_identity_status *k, struct kf_buf *out)
{
    const struct kf_world *w = k->s->world;
    struct kf_table t;
    head(k, "Largest profiles", out);
    kf_table_start(&t, "lrrl");
    kf_table_head(&t, "profile|identifiers|events|");
    for (uint32_t i = 0; i < k->figures->n_largest; i++) {
        const struct kf_figure_profile *p = &k->figures->largest[i];
        struct kf_buf b = {0};
        char hex[17];
        kf_profile_id_format(w->identity->profile_id[p->profile], hex);
        kf_ident_add(&b, w->ids, kf_profile_face(w, p->profile), k->s->reveal);
        kf_table_cell(&t, hex);
        kf_table_count(&t, p->identifiers);
        kf_table_count(&t, p->events);
        kf_table_cell(&t, b.p);
        kf_table_end_row(&t);
        kf_buf_free(&b);
    }
    kf_table_print(&t, 2, k->s->cli->colour, out);
    kf_buf_adds(out, "  ");
    kf_count_add(out, w->identity->n_components, "component", NULL);
    kf_buf_adds(out, " before any limit; the largest has ");
    kf_count_add(out, w->identity->largest_component, "identifier", NULL);
    kf_buf_addc(out, '\n');
}

static void add_weak(const struct kf_identity_status *k, struct kf_buf *out)
{
    const struct kf_world *w = k->s->world;
    struct kf_buf b = {0};
    struct kf_table t;
    kf_buf_addf(&b, "Weakest links of profiles with %u identifiers and more", k->large);
    head(k, b.p, out);
    kf_buf_free(&b);
    kf_buf_adds(out, "  ");
    kf_count_add(out, k->figures->of_weak, "observed link", NULL);
    kf_buf_adds(out, k->figures->of_weak == 1 ? " is all that holds a profile together\n"
                                              : " are each all that holds a profile together\n");
    if (!k->figures->n_weak)
        return;
    kf_table_start(&t, "llrrrl");
    kf_table_head(&t, "a|b|events|a's side|b's side|rule");
    for (uint32_t i = 0; i < k->figures->n_weak; i++) {
        const struct kf_figure_weak *x = &k->figures->weak[i];
        const struct kf_id_link *l = &w->identity->link[x->link];
        struct kf_buf a = {0}, c = {0};
        kf_ident_add(&a, w->ids, l->a, k->s->reveal);
        kf_ident_add(&c, w->ids, l->b, k->s->reveal);
        kf_table_cell(&t, a.p);
        kf_table_cell(&t, c.p);
        kf_table_count(&t, l->count);
        kf_table_count(&t, x->side[0]);
        kf_table_count(&t, x->side[1]);
        kf_table_cell(&t, l->rule);
        kf_table_end_row(&t);
        kf_buf_free(&a);
        kf_buf_free(&c);
    }
    kf_table_print(&t, 2, k->s->cli->colour, out);
}

static void rate(const char *what, bool known, double v, struct kf_buf *out)
{
    if (known)
        kf_buf_addf(out, "  %s %.1f %%", what, 100.0 * v);
    else
        kf_buf_addf(out, "  %s unknown", what);
}

static void add_pairs(const struct kf_identity_status *k, struct kf_buf *out)
{
    const struct kf_pairs *p = k->pairs;
    double precision = 0, recall = 0;
    bool has_precision = kf_pairs_precision(p, &precision);
    bool has_recall = kf_pairs_recall(p, &recall);
    head(k, "Against the labelled sample", out);
    kf_buf_adds(out, "  ");
    kf_count_add(out, p->n, "pair", NULL);
    kf_buf_adds(out, " of ");
    kf_buf_adds(out, p->path);
    if (p->unseen)
        kf_buf_addf(out, ", %llu more with an identifier that no event carried",
                    (unsigned long long)p->unseen);
    kf_buf_addc(out, '\n');
    rate("precision", has_precision, precision, out);
    kf_buf_addf(out, ": %llu over-merged of %llu in one profile\n",
                (unsigned long long)p->different_same,
                (unsigned long long)(p->same_same + p->different_same));
    rate("recall", has_recall, recall, out);
    kf_buf_addf(out, ": %llu under-merged of %llu that are the same\n",
                (unsigned long long)p->same_apart,
                (unsigned long long)(p->same_same + p->same_apart));
    for (uint32_t i = 0; i < p->n_error; i++) {
        const struct kf_pair_error *e = &p->error[i];
        kf_buf_addf(out, "    line %u: ", e->line);
        kf_ident_add(out, k->s->world->ids, e->a, k->s->reveal);
        kf_buf_adds(out, " and ");
        kf_ident_add(out, k->s->world->ids, e->b, k->s->reveal);
        kf_buf_adds(out,
                    e->over ? " are one and should not be\n" : " are apart and should be one\n");
    }
}

void kf_identity_status_text(const struct kf_identity_status *k, struct kf_buf *out)
{
    add_values(k, out);
    add_keys(k, out);
    add_ids(k, out);
    add_shared(k, out);
    add_refused(k, out);
    add_largest(k, out);
    add_weak(k, out);
    if (k->pairs)
        add_pairs(k, out);
}

/* ---- JSON ---- */

static void ident(const struct kf_identity_status *k, struct kf_json *j, const char *key,
                  uint32_t id)
{
    struct kf_buf b = {0};
    kf_ident_add(&b, k->s->world->ids, id, k->s->reveal);
    kf_json_text(j, key, b.p);
    kf_buf_free(&b);
}

static void profile(const struct kf_identity_status *k, struct kf_json *j, uint32_t p)
{
    char hex[17];
    kf_profile_id_format(k->s->world->identity->profile_id[p], hex);
    kf_json_text(j, "profile", hex);
}

static void namespace_json(struct kf_json *j, const struct kf_figure_namespace *n)
{
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "name", n->name);
    kf_json_count(j, "values", n->values);
    kf_json_count(j, "nobodys", n->nobodys);
    kf_json_open(j, "profiles_with", '{');
    for (uint32_t b = 0; b < KF_FIGURE_BINS; b++)
        kf_json_count(j, kf_figure_bin_name(b), n->profiles[b]);
    kf_json_close(j, '}');
    kf_json_count(j, "most", n->most);
    if (n->per_profile)
        kf_json_count(j, "limit", n->per_profile);
    else
        kf_json_text(j, "limit", NULL);
    kf_json_bool(j, "persons_key", n->key);
    kf_json_count(j, "shared", n->shared);
    kf_json_count(j, "events_with_shared", n->shared_events);
    kf_json_close(j, '}');
}

void kf_figures_json(struct kf_json *j, const struct kf_identity_figures *f)
{
    kf_json_open(j, "namespaces", '[');
    for (uint32_t i = 0; i < f->n_ns; i++)
        namespace_json(j, &f->ns[i]);
    kf_json_close(j, ']');
    kf_json_count(j, "profiles_with_two_keys", kf_figures_broken(f));
    kf_json_count(j, "events_with_identifiers", f->events);
    kf_json_count(j, "events_with_shared", f->shared_events);
    kf_json_open(j, "refused", '{');
    for (uint32_t i = 1; i < KF_FIGURE_REASONS; i++) {
        kf_json_open(j, kf_identity_reason_name((enum kf_id_reason)i), '{');
        kf_json_count(j, "links", f->refused[i].links);
        kf_json_count(j, "observations", f->refused[i].observations);
        kf_json_close(j, '}');
    }
    kf_json_close(j, '}');
}

static void largest(const struct kf_identity_status *k, struct kf_json *j)
{
    kf_json_open(j, "largest_profiles", '[');
    for (uint32_t i = 0; i < k->figures->n_largest; i++) {
        const struct kf_figure_profile *p = &k->figures->largest[i];
        kf_json_open(j, NULL, '{');
        profile(k, j, p->profile);
        ident(k, j, "identifier", kf_profile_face(k->s->world, p->profile));
        kf_json_count(j, "identifiers", p->identifiers);
        kf_json_count(j, "events", p->events);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_count(j, "components", k->s->world->identity->n_components);
    kf_json_count(j, "largest_component", k->s->world->identity->largest_component);
}

static void weak(const struct kf_identity_status *k, struct kf_json *j)
{
    kf_json_count(j, "large", k->large);
    kf_json_count(j, "weak_links", k->figures->of_weak);
    kf_json_open(j, "weakest_links", '[');
    for (uint32_t i = 0; i < k->figures->n_weak; i++) {
        const struct kf_figure_weak *x = &k->figures->weak[i];
        const struct kf_id_link *l = &k->s->world->identity->link[x->link];
        kf_json_open(j, NULL, '{');
        profile(k, j, x->profile);
        ident(k, j, "a", l->a);
        ident(k, j, "b", l->b);
        kf_json_text(j, "rule", l->rule);
        kf_json_count(j, "count", l->count);
        kf_json_time(j, "last", l->last);
        kf_json_count(j, "a_side", x->side[0]);
        kf_json_count(j, "b_side", x->side[1]);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void rate_json(struct kf_json *j, const char *key, bool known, double v)
{
    struct kf_buf b = {0};
    if (known)
        kf_buf_addf(&b, "%.6f", v);
    else
        kf_buf_adds(&b, "null");
    kf_json_raw(j, key, &b);
    kf_buf_free(&b);
}

static void pairs(const struct kf_identity_status *k, struct kf_json *j)
{
    const struct kf_pairs *p = k->pairs;
    double precision = 0, recall = 0;
    bool has_precision = kf_pairs_precision(p, &precision);
    bool has_recall = kf_pairs_recall(p, &recall);
    kf_json_open(j, "pairs", '{');
    kf_json_text(j, "file", p->path);
    kf_json_count(j, "pairs", p->n);
    kf_json_count(j, "unseen", p->unseen);
    kf_json_count(j, "same_in_one", p->same_same);
    kf_json_count(j, "under_merged", p->same_apart);
    kf_json_count(j, "over_merged", p->different_same);
    kf_json_count(j, "different_apart", p->different_apart);
    rate_json(j, "precision", has_precision, precision);
    rate_json(j, "recall", has_recall, recall);
    kf_json_open(j, "errors", '[');
    for (uint32_t i = 0; i < p->n_error; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_count(j, "line", p->error[i].line);
        kf_json_text(j, "error", p->error[i].over ? "over_merged" : "under_merged");
        ident(k, j, "a", p->error[i].a);
        ident(k, j, "b", p->error[i].b);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_close(j, '}');
}

void kf_identity_status_json(const struct kf_identity_status *k, struct kf_json *j)
{
    kf_json_open(j, "identity", '{');
    kf_figures_json(j, k->figures);
    kf_json_count(j, "stored_profiles_with_two_keys", k->stored_broken);
    kf_json_bool(j, "alarm", k->alarm);
    if (k->ids_gone < 0) {
        kf_json_text(j, "ids_gone", NULL);
        kf_json_text(j, "ids_new", NULL);
    } else {
        kf_json_int(j, "ids_gone", k->ids_gone);
        kf_json_int(j, "ids_new", k->ids_new);
    }
    largest(k, j);
    weak(k, j);
    if (k->pairs)
        pairs(k, j);
    kf_json_close(j, '}');
}
