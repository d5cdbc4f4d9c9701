#include "cli/command.h"
#include "cli/output.h"

#include <kinfold/plugin.h>

#include <lua.h>
#include <sqlite3.h>

static int run(struct kf_cli *cli)
{
    struct kf_buf b = {0};
    if (cli->json) {
        struct kf_json j;
        kf_json_start(&j, &b, "kinfold.version/1");
        kf_json_text(&j, "version", KF_VERSION);
        kf_json_int(&j, "plugin_abi_major", KF_PLUGIN_MAJOR);
        kf_json_int(&j, "plugin_abi_minor", KF_PLUGIN_MINOR);
        kf_json_text(&j, "lua", LUA_VERSION_MAJOR "." LUA_VERSION_MINOR);
        kf_json_text(&j, "sqlite", sqlite3_libversion());
        kf_json_end(&j);
    } else {
        kf_buf_addf(&b, "kinfold %s\nconnectors: ABI %d.%d; rules: Lua %s.%s; store: SQLite %s\n",
                    KF_VERSION, KF_PLUGIN_MAJOR, KF_PLUGIN_MINOR, LUA_VERSION_MAJOR,
                    LUA_VERSION_MINOR, sqlite3_libversion());
    }
    kf_out_flush(&b);
    return 0;
}

static const char *const EXAMPLES[] = {"kinfold version", "what is installed", NULL};

const struct kf_cli_command kf_cmd_version = {
    .name = "version", .purpose = "say which Kinfold this is", .example = EXAMPLES, .run = run};
