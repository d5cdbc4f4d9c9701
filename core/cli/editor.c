/* The names of a workspace as types for editors. Rules with errors still have names. */
#include "cli/editor.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "config/config.h"
#include "event/events.h"
#include "lua/rules.h"
#include "store/store.h"

struct name {
    struct kf_str text;
    const char *title; /* NULL: none */
};
typedef kf_vec(struct name) names;

static int by_text(const void *a, const void *b)
{
    return kf_str_cmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static void add_name(names *list, struct kf_str text, const char *title)
{
    if (text.n)
        *kf_vec_push(list) = (struct name){text, title};
}

/* ---@alias kf.name.NAME, a line each; without any name it is any text. */
static void add_alias(struct kf_buf *out, const char *alias, const char *what, names *list)
{
    if (list->n)
        qsort(list->p, list->n, sizeof *list->p, by_text);
    kf_buf_addf(out, "\n---%s\n---@alias kf.name.%s\n", what, alias);
    for (size_t i = 0; i < list->n; i++) {
        const struct name *n = &list->p[i];
        if (i && kf_str_eq(n->text, list->p[i - 1].text))
            continue;
        kf_buf_adds(out, "---| ");
        kf_buf_add_json(out, n->text);
        if (n->title)
            kf_buf_addf(out, " # %s", n->title);
        kf_buf_addc(out, '\n');
    }
    if (!list->n)
        kf_buf_adds(out, "---| string\n");
    kf_vec_free(list);
}

/* ---- rules ---- */

static void add_rules(struct kf_buf *out, const struct kf_ruleset *r)
{
    static const struct {
        enum kf_kind kind, also;
        const char *alias, *what;
    } kinds[] = {{KF_KIND_TRAIT, KF_KIND_COMPUTED, "trait", "Traits, declared and worked out."},
                 {KF_KIND_SEGMENT, 0, "segment", "Segments."},
                 {KF_KIND_SUPPRESS, 0, "suppress", "Suppressions."},
                 {KF_KIND_CONSENT, 0, "consent", "Purposes that people agree to."},
                 {KF_KIND_CHANNEL, 0, "channel", "Channels."},
                 {KF_KIND_FLAG, 0, "flag", "Marks on events."},
                 {KF_KIND_FRAUD, 0, "fraud", "Fraud heuristics."},
                 {KF_KIND_SCORE, 0, "score", "Scores."},
                 {KF_KIND_CUSTOM, 0, "custom", "Functions."}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        names list = {0};
        for (uint32_t k = 0; k < r->n; k++)
            if (r->rule[k]->kind == kinds[i].kind || r->rule[k]->kind == kinds[i].also)
                add_name(&list, kf_cstr(r->rule[k]->name), r->rule[k]->title);
        add_alias(out, kinds[i].alias, kinds[i].what, &list);
    }
    names spaces = {0};
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(r, KF_KIND_IDENTIFIERS, &n);
    for (uint32_t i = 0; n && i < rule[0]->body->kids; i++)
        add_name(&spaces, kf_cstr(rule[0]->body->key[i]), NULL);
    add_alias(out, "identifier", "Identifiers.", &spaces);
}

/* ---- events ---- */

static void events_of(const struct kf_node *n, names *list)
{
    const struct kf_node *asked = n->op == KF_S_EVENT && n->kids ? n->kid[0] : NULL;
    for (uint32_t i = 0; asked && i < asked->kids; i++) {
        struct kf_str text = asked->kid[i]->value.text;
        if (asked->kid[i]->value.type == KF_K_TEXT && !memchr(text.p, '*', text.n))
            add_name(list, text, NULL);
    }
    for (uint32_t i = 0; i < n->kids; i++)
        events_of(n->kid[i], list);
}

static int add_events(struct kf_buf *out, const struct kf_config *config,
                      const struct kf_ruleset *r, struct kf_error *err)
{
    names list = {0};
    struct kf_store *store = NULL;
    struct kf_events *events = NULL;
    int rc = 0;
    for (uint32_t i = 0; i < r->n; i++)
        events_of(r->rule[i]->body, &list);
    if (access(config->store, R_OK) == 0) {
        rc = kf_store_open(config->store, &store, err);
        rc = rc ? rc : kf_store_load_events(store, 0, &events, err);
        for (uint32_t i = 0; rc == 0 && i < kf_symbols_count(events->dict->name); i++)
            add_name(&list, kf_symbols_text(events->dict->name, i), NULL);
    }
    add_alias(out, "event", "Events that rules ask for or the store holds.", &list);
    kf_store_events_free(events);
    kf_store_close(store);
    return rc;
}

/* ---- kinfold.yaml ---- */

static void add_config(struct kf_buf *out, const struct kf_config *config)
{
    names lists = {0}, sources = {0};
    for (uint32_t i = 0; i < config->n_list; i++)
        add_name(&lists, kf_cstr(config->list[i].name), NULL);
    for (uint32_t i = 0; i < config->n_source; i++)
        add_name(&sources, kf_cstr(config->source[i].name), NULL);
    add_alias(out, "list", "Lists of kinfold.yaml.", &lists);
    add_alias(out, "source", "Sources of kinfold.yaml.", &sources);
}

int kf_editor_names(const char *dir, struct kf_buf *out, struct kf_error *err)
{
    struct kf_config *config = NULL;
    struct kf_ruleset *rules = NULL;
    int rc = kf_config_load(dir, &config, NULL, NULL, err);
    if (rc == 0) {
        struct kf_rules_options o = {.config = config, .root = config->rules};
        const char *path = config->rules;
        rc = kf_rules_load(&o, &path, 1, &rules, err);
    }
    if (rc == 0) {
        kf_buf_adds(out, "---@meta kinfold.workspace\n\n"
                         "-- The names of this workspace, for editors. Written by `kinfold init "
                         "--editor`;\n-- Kinfold itself never loads it.\n");
        add_rules(out, rules);
        add_config(out, config);
        rc = add_events(out, config, rules, err);
    }
    kf_rules_free(rules);
    kf_config_free(config);
    return rc;
}
