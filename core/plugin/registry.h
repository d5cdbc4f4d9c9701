/* Private to core/plugin: what was loaded in this process. Main thread only. */
#ifndef KF_PLUGIN_REGISTRY_H
#define KF_PLUGIN_REGISTRY_H

#include "plugin/loader.h"

/* Checks what a plugin returned from its one function and fills the copy. `name`: base of the file
 * name. Sentences name `file`. */
int kf_plugin_check(const struct kf_plugin *found, const char *file, const char *name,
                    struct kf_plugin_handle *ret, struct kf_error *err);
/* Checks the option table: keys, types, defaults, sentences. *ret_n: number of options. */
int kf_plugin_check_options(const struct kf_option *options, const char *file, uint32_t *ret_n,
                            struct kf_error *err);

/* One option's value from its text as it would stand in kinfold.yaml. NULL, or what is wrong ("must
 * be ..."), in `why`. */
const char *kf_plugin_parse_value(const struct kf_option *o, const char *text,
                                  struct kf_option_value *ret, char *why, size_t why_cap);

#endif
