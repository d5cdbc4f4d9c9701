#include "cli/test_run.h"

#include "base/pool.h"
#include "base/vec.h"
#include "cli/test_store.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what was asked for ---- */

int kf_test_options_read(const struct kf_cli *cli, struct kf_test_options *ret,
                         struct kf_error *err)
{
    const char *run = kf_cli_get(cli, "run");
    struct kf_test_options o = {.cli = cli,
                                .filter = kf_cli_get(cli, "filter"),
                                .as_given = kf_cli_has(cli, "as-given"),
                                .full_store = kf_cli_has(cli, "full-store"),
                                .fail_fast = kf_cli_has(cli, "fail-fast"),
                                .list = kf_cli_has(cli, "list"),
                                .cover = kf_cli_has(cli, "coverage") || kf_cli_has(cli, "min"),
                                .threads = cli->threads ? cli->threads : kf_pool_default_threads()};
    if (run) {
        char why[200];
        int rc = regcomp(&o.run, run, REG_EXTENDED | REG_NOSUB);
        if (rc) {
            regerror(rc, &o.run, why, sizeof why);
            return kf_error_set(err, KF_E_USAGE, "test", "--run '%s' is no regular expression: %s",
                                run, why);
        }
        o.has_run = true;
    }
    *ret = o;
    return 0;
}

void kf_test_options_free(struct kf_test_options *o)
{
    if (o->has_run)
        regfree(&o->run);
    o->has_run = false;
}

/* ---- items ---- */

bool kf_test_item_failed(const struct kf_test_item *item)
{
    return item->ran && (!item->result || kf_scenario_verdict(item->result) == KF_SCENARIO_FAILED);
}

void kf_test_item_name(const struct kf_test_item *item, struct kf_buf *out)
{
    const char *of = kf_scenario_case_name(item->scenario, item->number);
    struct kf_buf b = {0};
    kf_buf_adds(&b, item->scenario->name);
    if (*of)
        kf_buf_addf(&b, ": %s", of);
    else if (kf_rule_get(item->scenario, "cases"))
        kf_buf_addf(&b, ": case %u", item->number + 1);
    kf_mask_add(out, KF_PERSONAL_NONE, kf_str(b.p ? b.p : "", b.n), true);
    kf_buf_free(&b);
}

void kf_test_item_problem(const struct kf_test_item *item, struct kf_buf *out)
{
    if (!item->result) {
        if (item->why.file[0])
            kf_buf_addf(out, "%s:%u: ", item->why.file, item->why.line);
        kf_buf_addf(out, "%s\n", item->why.message);
    }
    for (uint32_t i = 0; item->result && i < item->result->n_problem; i++) {
        const struct kf_scenario_problem *p = &item->result->problem[i];
        struct kf_buf b = {0};
        if (p->pos.line)
            kf_buf_addf(out, "%s:%u: ", p->pos.file, p->pos.line);
        kf_scenario_sentence(p, &b);
        kf_mask_add(out, KF_PERSONAL_NONE, kf_str(b.p ? b.p : "", b.n), true);
        kf_buf_addc(out, '\n');
        kf_buf_free(&b);
    }
}

static bool chosen(const struct kf_test_options *o, const struct kf_test_item *item)
{
    struct kf_buf name = {0};
    if (o->filter && !strstr(item->scenario->name, o->filter))
        return false;
    if (!o->has_run || regexec(&o->run, item->scenario->name, 0, NULL, 0) == 0)
        return true;
    kf_test_item_name(item, &name);
    bool yes = regexec(&o->run, name.p, 0, NULL, 0) == 0;
    kf_buf_free(&name);
    return yes;
}

static void choose(const struct kf_test_options *o, const struct kf_ruleset *rules,
                   const char *file, struct kf_test_suite *s)
{
    kf_vec(struct kf_test_item) item = {0};
    for (uint32_t i = 0; i < rules->n_scenario; i++) {
        const struct kf_rule *sc = rules->scenario[i];
        if (file && strcmp(sc->pos.file, file) != 0)
            continue;
        for (uint32_t k = 0; k < kf_scenario_cases(sc); k++) {
            struct kf_test_item it = {.scenario = sc, .number = k, .why = KF_ERROR_INIT};
            if (chosen(o, &it))
                *kf_vec_push(&item) = it;
        }
    }
    s->item = item.p;
    s->n = (uint32_t)item.n;
}

/* ---- running them ---- */

struct worker {
    struct kf_test_store store;
    uint8_t *seen;
    struct work *work;
    struct kf_test_item *item; /* in hand */
};

struct work {
    const struct kf_test_options *o;
    struct kf_test_suite *s;
    struct kf_scenario_set *set;
    struct worker *worker;
    void (*world)(struct kf_buf *out, const char *name, const struct kf_world *w);
    _Atomic uint32_t first_failed; /* number of the item */
};

static void on_world(void *ctx, const struct kf_world *w)
{
    struct worker *k = ctx;
    struct kf_buf name = {0};
    const char *of = kf_scenario_case_name(k->item->scenario, k->item->number);
    kf_buf_addf(&name, "%s%s%s", k->item->scenario->name, *of ? ": " : "", of);
    k->work->world(&k->item->text, name.p, w);
    kf_buf_free(&name);
}

static int on_reopen(void *ctx, const struct kf_world *w, struct kf_decide *d,
                     struct kf_events **ret, struct kf_error *err)
{
    return kf_test_store_reopen(&((struct worker *)ctx)->store, w, d, ret, err);
}

static void run_item(struct work *k, struct worker *me, uint32_t i)
{
    struct kf_test_item *item = &k->s->item[i];
    struct kf_scenario_options so = {.as_given = k->o->as_given,
                                     .world = k->world ? on_world : NULL,
                                     .reopen = on_reopen,
                                     .needs_decisions = k->o->full_store,
                                     .ctx = me,
                                     .seen = me->seen};
    me->item = item;
    kf_scenario_run(k->set, &so, item->scenario, item->number, &item->result, &item->why);
    item->ran = true;
    uint32_t first = atomic_load(&k->first_failed);
    while (kf_test_item_failed(item) && i < first &&
           !atomic_compare_exchange_weak(&k->first_failed, &first, i))
        ;
}

static int run_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    struct work *k = ctx;
    (void)err;
    for (size_t i = from; i < to && !kf_cli_stop; i++)
        if (!k->o->fail_fast || i <= atomic_load(&k->first_failed))
            run_item(k, &k->worker[worker], (uint32_t)i);
    return 0;
}

/* What ran beyond the first failure because another thread was not told yet did not run. */
static void cut(struct work *k)
{
    uint32_t first = atomic_load(&k->first_failed);
    for (uint32_t i = 0; i < k->s->n; i++) {
        struct kf_test_item *item = &k->s->item[i];
        if (k->o->fail_fast && i > first && item->ran) {
            kf_scenario_result_free(item->result);
            item->result = NULL;
            item->ran = false;
        }
        k->s->stopped |= !item->ran;
    }
    k->s->stopped |= k->o->fail_fast && first < k->s->n;
}

static int open_workers(struct work *k, unsigned n, struct kf_error *err)
{
    k->worker = calloc(n, sizeof *k->worker);
    bool fine = k->worker != NULL;
    for (unsigned i = 0; i < n && fine; i++) {
        k->worker[i].work = k;
        k->worker[i].store.whole = k->o->full_store;
        k->worker[i].seen = k->o->cover ? calloc(k->s->rules->n_nodes + 1u, 1) : NULL;
        fine = !k->o->cover || k->worker[i].seen;
    }
    return fine ? 0 : kf_error_set(err, KF_E_NOMEM, "test", "out of memory");
}

static void close_workers(struct work *k, unsigned n)
{
    for (unsigned i = 0; k->worker && i < n; i++) {
        kf_test_store_remove(&k->worker[i].store);
        for (uint32_t b = 0; k->worker[i].seen && i && b < k->s->rules->n_nodes; b++)
            k->worker[0].seen[b] |= k->worker[i].seen[b];
        if (i)
            free(k->worker[i].seen);
    }
    k->s->seen = k->worker ? k->worker[0].seen : NULL;
    free(k->worker);
}

int kf_test_suite_run(const struct kf_test_options *o, const struct kf_ruleset *rules,
                      const struct kf_config *config, const char *file,
                      void (*world)(struct kf_buf *out, const char *name, const struct kf_world *w),
                      struct kf_test_suite *ret, struct kf_error *err)
{
    *ret = (struct kf_test_suite){.rules = rules};
    choose(o, rules, file, ret);
    if (o->list)
        return 0;
    struct work k = {.o = o, .s = ret, .world = world};
    atomic_init(&k.first_failed, UINT32_MAX);
    unsigned threads = o->threads < ret->n ? o->threads : ret->n ? ret->n : 1;
    int rc = kf_scenario_set_new(rules, config, &k.set, err);
    if (rc == 0)
        rc = open_workers(&k, threads, err);
    if (rc == 0)
        rc = kf_pool_run(threads, ret->n, 1, run_range, &k, err);
    close_workers(&k, threads);
    kf_scenario_set_free(k.set);
    cut(&k);
    return rc;
}

void kf_test_suite_free(struct kf_test_suite *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        kf_scenario_result_free(s->item[i].result);
        kf_buf_free(&s->item[i].text);
    }
    free(s->item);
    free(s->seen);
    *s = (struct kf_test_suite){0};
}
