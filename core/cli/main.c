#include "cli/command.h"

int main(int argc, char **argv)
{
    return kf_cli_main(argc, (const char *const *)argv);
}
