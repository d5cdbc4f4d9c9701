/* `kinfold plugin check`: a connector on its own testdata. Main thread. */
#ifndef KF_CLI_PLUGIN_CHECK_H
#define KF_CLI_PLUGIN_CHECK_H

#include "cli/command.h"
#include "plugin/loader.h"

/* Runs every case of the connector's testdata folder, prints the verdicts as text or JSON; the exit
 * status. */
int kf_cli_check_plugin(const struct kf_cli *cli, const struct kf_plugin_handle *h);
/* "source" or "destination". */
const char *kf_plugin_kind_name(uint32_t kind);

#endif
