/* Every workspace of examples/ loads: its kinfold.yaml, and the options of each connector it names.
 */
#include "../unit/check_main.h"

#include "plugin/loader.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

static glob_t found;

static void report(void *ctx, const struct kf_error *e)
{
    (void)ctx;
    fprintf(stderr, "%s:%u:%u: %s\n", e->file, e->line, e->column, e->message);
}

static void check(const struct kf_plugin_path *path, const struct kf_config *c, const char *plugin,
                  const struct kf_yaml *options, enum kf_plugin_kind kind)
{
    const struct kf_plugin_handle *h = NULL;
    struct kf_option_value *v = NULL;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_msg(kf_plugin_find(path, plugin, &h, &err) == 0, "%s: %s", c->file, err.message);
    ck_assert_uint_eq(h->plugin.kind, kind);
    ck_assert_msg(kf_plugin_options(h, options, c->file, c->dir, &v, report, NULL, &err) == 0,
                  "%s: %s", c->file, err.message);
    kf_plugin_options_free(v, h->n_options);
}

START_TEST(workspace_loads)
{
    const char *const modules[] = {KF_MODULE_DIR};
    struct kf_plugin_path path;
    struct kf_config *c = NULL;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_int_eq(kf_plugin_path_init(&path, modules, 1, NULL, &err), 0);
    ck_assert_msg(kf_config_load(found.gl_pathv[_i], &c, report, NULL, &err) == 0, "%s",
                  err.message);
    for (uint32_t i = 0; i < c->n_source; i++)
        check(&path, c, c->source[i].plugin, c->source[i].options, KF_PLUGIN_SOURCE);
    for (uint32_t i = 0; i < c->n_destination; i++)
        check(&path, c, c->destination[i].plugin, c->destination[i].options, KF_PLUGIN_DESTINATION);
    kf_config_free(c);
    kf_plugin_path_free(&path);
}
END_TEST

static Suite *suite(void)
{
    if (glob(KF_SOURCE_DIR "/examples/*/kinfold.yaml", 0, NULL, &found) != 0)
        found.gl_pathc = 0;
    Suite *s = suite_create("workspaces");
    TCase *t = tcase_create("workspaces");
    tcase_add_loop_test(t, workspace_loads, 0, (int)found.gl_pathc);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
