/* `kinfold test --watch`: again whenever something is saved. Linux's inotify; main thread. */
#ifndef KF_CLI_TEST_WATCH_H
#define KF_CLI_TEST_WATCH_H

#include "cli/session.h"

/* Calls once, then again after each save of a rule file, of kinfold.yaml or of what was named on
 * the command line, when it has been quiet for a moment. Ends with a signal: 130 after SIGINT, 143
 * after SIGTERM. KF_E_IO's status: nothing can be watched. */
int kf_test_watch(const struct kf_cli *cli, int (*once)(void *ctx), void *ctx);

#endif
