/* main() of a fuzz target that is built without libFuzzer: every file of the folders named is one
 * input. Include last. */
#ifndef KF_TESTS_FUZZ_REPLAY_H
#define KF_TESTS_FUZZ_REPLAY_H
#ifdef KF_FUZZ_REPLAY

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    unsigned files = 0;
    for (int i = 1; i < argc; i++) {
        struct dirent **list;
        int n = scandir(argv[i], &list, NULL, alphasort);
        for (int k = 0; k < n; k++) {
            char path[1024];
            snprintf(path, sizeof path, "%s/%s", argv[i], list[k]->d_name);
            FILE *f = list[k]->d_name[0] == '.' ? NULL : fopen(path, "rb");
            free(list[k]);
            if (!f)
                continue;
            static uint8_t data[1 << 20];
            size_t len = fread(data, 1, sizeof data, f);
            fclose(f);
            uint8_t *exact = malloc(len ? len : 1); /* so that reading past the end is seen */
            if (!exact)
                abort();
            memcpy(exact, data, len);
            LLVMFuzzerTestOneInput(exact, len);
            free(exact);
            files++;
        }
        if (n >= 0)
            free(list);
    }
    printf("%u inputs replayed\n", files);
    return files == 0;
}

#endif
#endif
