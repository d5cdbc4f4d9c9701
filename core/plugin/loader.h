/* Finding, loading and checking connectors.
 *
 * Nothing of a plugin is trusted before it is checked: magic, major, sizes, kind, mandatory
 * callbacks, option table, texts. Loaded with RTLD_NOW | RTLD_LOCAL and never unloaded. A file that
 * others than its owner may write (or whose folder others may write, sticky folders aside) is
 * refused. Main thread only. */
#ifndef KF_PLUGIN_LOADER_H
#define KF_PLUGIN_LOADER_H

#include "base/error.h"
#include "config/config.h"

#include <kinfold/plugin.h>

/* A checked copy of the plugin's struct, operations included. Process life time. */
struct kf_plugin_handle {
    struct kf_plugin plugin;     /* zeroed beyond what the plugin knew */
    struct kf_source_ops source; /* copies by min(size) */
    struct kf_destination_ops destination;
    const char *file;     /* path of the shared object */
    const char *testdata; /* folder with its self-test, NULL: none found */
    uint32_t n_options;
};

struct kf_plugin_path {
    const char *const *
        dir; /* searched in order: --plugin-dir, workspace plugins/, beside the binary, installed */
    uint32_t n;
};

/* Search path for this binary: `extra` folders first, then `workspace`/plugins, then beside the
 * binary and ../lib/kinfold/plugins. */
int kf_plugin_path_init(struct kf_plugin_path *p, const char *const *extra, uint32_t n_extra,
                        const char *workspace, struct kf_error *err);
void kf_plugin_path_free(struct kf_plugin_path *p);

/* Loads one file. Every refusal is a sentence that names file, found, wanted and remedy.
 * KF_E_CONFIG, KF_E_NOINPUT, KF_E_PERM. */
int kf_plugin_load(const char *file, const struct kf_plugin_handle **ret, struct kf_error *err);
/* Finds NAME.so on the path and loads it (once; later calls return the same handle). Not found:
 * "did you mean" over what is there. */
int kf_plugin_find(const struct kf_plugin_path *p, const char *name,
                   const struct kf_plugin_handle **ret, struct kf_error *err);
/* Every plugin file on the path in order of name; a file that does not load has handle NULL and its
 * error. */
struct kf_plugin_listing {
    const char *name, *file;
    const struct kf_plugin_handle *handle;
    struct kf_error error;
};
int kf_plugin_list(const struct kf_plugin_path *p, struct kf_plugin_listing **ret, uint32_t *ret_n,
                   struct kf_error *err);
void kf_plugin_list_free(struct kf_plugin_listing *l, uint32_t n);

/* Checks `options` of kinfold.yaml against the plugin's table: unknown key (did you mean), type,
 * range, choice, missing required,
 * ${VARIABLE} of secrets. Defaults filled in. *ret: one value an option; freed with
 * kf_plugin_options_free. Each problem with the yaml's own line and column through `report` too.
 * `dir` resolves KF_OPT_PATH. */
int kf_plugin_options(const struct kf_plugin_handle *h, const struct kf_yaml *options,
                      const char *file, const char *dir, struct kf_option_value **ret,
                      void (*report)(void *ctx, const struct kf_error *e), void *ctx,
                      struct kf_error *err);
void kf_plugin_options_free(struct kf_option_value *v, uint32_t n);
/* The option table as Markdown, for READMEs (tests compare). */
struct kf_buf;
void kf_plugin_options_markdown(const struct kf_plugin_handle *h, struct kf_buf *out);

#endif
