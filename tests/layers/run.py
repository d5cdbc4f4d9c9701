#!/usr/bin/env python3
"""tests/check_layers on a small tree with one wrong include after the other:  run.py CHECK_LAYERS"""
import os
import subprocess
import sys
import tempfile

CHECK = sys.argv[1]
GOOD = {
    "CMakeLists.txt": "set(KF_FOLDERS base event store cli)\n",
    "core/base/arena.c": '#include "base/arena.h"\n#include <stdio.h>\n#include <kinfold/error.h>\n',
    "core/event/feed.c": '#include "base/arena.h"\n#include "event/feed.h"\n#include <sys/stat.h>\n',
    "core/store/deeper/read.c": '#include "event/feed.h"\n',
    "core/cli/main.c": '#include "pipeline.h"\n#include "store/store.h"\n',
    "core/pipeline.c": '#include "store/store.h"\n',
    "core/include/kinfold/plugin.h": "#include <kinfold/error.h>\n#include <stdint.h>\n",
    "plugins/source_x/source_x.c": '#include <kinfold/plugin.h>\n#include "map.h"\n#include "../common/util.h"\n',
}
WRONG = (
    ("core/base/arena.c", '#include "store/store.h"', "base/ must not include store/"),
    ("core/base/arena.h", '#include "event/feed.h"', "base/ must not include event/"),
    ("core/base/simd.cc", '#include "event/feed.h"', "base/ must not include event/"),
    ("core/event/feed.c", '  #  include  "store/store.h"', "event/ must not include store/"),
    ("core/event/feed.c", "#include <store/store.h>", "event/ must not include store/"),
    ("core/event/feed.c", '#include "../store/store.h"', "named from core/"),
    ("core/event/feed.c", '#include "pipeline.h"', "event/ must not include pipeline.h"),
    ("core/event/feed.c", '#include "elsewhere/x.h"', "elsewhere/ is no folder"),
    ("core/store/deeper/read.c", '#include "cli/command.h"', "store/ must not include cli/"),
    ("core/other/x.c", "#include <stdio.h>", "other/ is no folder of the pipeline"),
    ("core/include/kinfold/plugin.h", '#include "base/arena.h"', "only <kinfold/...>"),
    ("plugins/source_x/source_x.c", '#include "event/events.h"', "only <kinfold/...>"),
    ("plugins/source_x/source_x.c", '#include "../../core/event/events.h"', "named from core/"),
    ("plugins/source_x/source_x.c", "#include <base/arena.h>", "only <kinfold/...>"),
)


def check(change=None):
    with tempfile.TemporaryDirectory() as tree:
        files = dict(GOOD)
        if change:
            files[change[0]] = files.get(change[0], "") + change[1] + "\n"
        for name, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(tree, name)), exist_ok=True)
            with open(os.path.join(tree, name), "w", encoding="utf-8") as f:
                f.write(text)
        r = subprocess.run([CHECK, tree], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return r.returncode, r.stdout


failures = 0
code, said = check()
if code != 0:
    failures += 1
    print("a good tree is refused: exit %d\n%s" % (code, said))
for file, include, why in WRONG:
    code, said = check((file, include))
    lines = [line for line in said.splitlines() if line.startswith(file + ":") and why in line]
    ok = code == 1 and len(lines) == 1
    failures += not ok
    print("%s %s in %s" % ("ok  " if ok else "FAIL", include.strip(), file), "" if ok else "exit %d: %s" % (code, said))
sys.exit(failures != 0)
