#include "decide/play.h"

#include "decide/scenario_internal.h"

#include <stdlib.h>

struct kf_play {
    const struct kf_ruleset *rules;
    const struct kf_config *config;
    struct script script;
    struct given given;
    struct kf_world *world;
};

int kf_play_new(const struct kf_ruleset *rules, const struct kf_config *config, struct kf_str text,
                const char *file, struct kf_play **ret, struct kf_error *err)
{
    struct kf_play *p = calloc(1, sizeof *p);
    struct kf_pos pos = {.file = file, .line = 1};
    if (!p)
        return kf_error_set(err, KF_E_NOMEM, "simulate", "out of memory");
    p->rules = rules;
    p->config = config;
    int rc = kf_script_read(&p->script, text, &pos, err);
    if (rc) {
        kf_play_free(p);
        return rc;
    }
    *ret = p;
    return 0;
}

static void forget(struct kf_play *p)
{
    kf_world_free(p->world);
    p->world = NULL;
    kf_given_free(&p->given);
}

void kf_play_free(struct kf_play *p)
{
    if (!p)
        return;
    forget(p);
    kf_script_free(&p->script);
    free(p);
}

uint32_t kf_play_count(const struct kf_play *p)
{
    return (uint32_t)p->script.event.n;
}

int kf_play_world(struct kf_play *p, uint32_t n, unsigned threads, const struct kf_world **ret,
                  struct kf_error *err)
{
    forget(p);
    int rc = kf_given_init(&p->given, err);
    if (rc == 0)
        rc = kf_given_add(&p->given, &p->script, p->rules, NULL, n, err);
    struct kf_world_options o = {.config = p->config,
                                 .rules = p->rules,
                                 .events = p->given.events,
                                 .threads = threads,
                                 .as_of = KF_NO_TIME,
                                 .want_links = true};
    if (rc == 0)
        rc = kf_world_new(&o, &p->world, err);
    *ret = p->world;
    return rc;
}
