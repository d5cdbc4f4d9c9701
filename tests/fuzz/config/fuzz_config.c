/* Any bytes as kinfold.yaml: read without touching other files, and what was read is walked. */
#include "config/config.h"
#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(void *ctx, const struct kf_error *e)
{
    unsigned *reports = ctx;
    (*reports)++;
    if (e->code != KF_E_CONFIG || !e->message[0] ||
        memchr(e->message, 0, sizeof e->message) == NULL || !e->line)
        abort();
}

/* What is kept of it with the rules is read back as the same. */
static void keep_settings(const struct kf_config *c)
{
    struct kf_config *again = NULL;
    if (kf_config_parse(c->settings.p, c->settings.n, "/w", true, &again, NULL, NULL, NULL) != 0 ||
        !kf_str_eq(again->settings, c->settings) || again->n_setting != c->n_setting)
        abort();
    kf_config_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kf_config *c = NULL;
    struct kf_error err = KF_ERROR_INIT;
    unsigned reports = 0;
    int r = kf_config_parse((const char *)data, size, "/w", true, &c, check, &reports, &err);
    if ((r == 0) != (reports == 0) || (r == 0) != (c != NULL) || reports > KF_PROBLEMS_MAX + 1)
        abort();
    if (!c)
        return 0;
    struct kf_buf out = {0};
    for (uint32_t i = 0; i < c->n_source; i++) {
        int64_t next;
        if (!c->source[i].name || !c->source[i].plugin)
            abort();
        if (c->source[i].options)
            kf_yaml_json(c->source[i].options, &out);
        if (c->source[i].cron && !kf_cron_next(c->source[i].cron, c->zone, 0, &next))
            abort();
    }
    for (uint32_t i = 0; i < c->n_list; i++) {
        kf_list_has(c->list[i].list, kf_cstr("10.0.0.1"));
        kf_list_has(c->list[i].list, kf_str((const char *)data, size < 40 ? size : 40));
    }
    keep_settings(c);
    kf_buf_free(&out);
    kf_config_free(c);
    return 0;
}

#include "../replay.h"
