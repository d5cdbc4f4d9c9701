/* abi_load FILE.so...: loads connectors as the host does and says what they are. Exit 1 at the
 * first that is refused. */
#include "plugin/loader.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const struct kf_plugin_handle *h;
        struct kf_error err = KF_ERROR_INIT;
        if (kf_plugin_load(argv[i], &h, &err) < 0) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        printf("%s %s: %s\n", h->plugin.name, h->plugin.version, h->plugin.summary);
    }
    return 0;
}
