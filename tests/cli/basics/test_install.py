#!/usr/bin/env python3
"""The program as it is installed: everything is found from there, and a connector is built against it.  test_install.py KINFOLD BUILD SOURCE"""
import os
import shutil
import subprocess
import sys

import basics
from basics import ENV, HOME, done, expect, expect_in

build, source = os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
prefix = os.path.join(HOME, "prefix")
os.umask(0o022)


def call(*words, **more):
    return subprocess.run(words, env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200, **more)


r = call("cmake", "--install", build, "--prefix", prefix)
expect("cmake --install", r.returncode, 0)
for file in ("bin/kinfold", "lib/kinfold/plugins/source_csv.so", "lib/kinfold/plugins/destination_csv.so", "include/kinfold/plugin.h",
             "share/kinfold/rules/segments.lua", "share/kinfold/rules/templates/minimal/kinfold.yaml", "share/man/man1/kinfold.1",
             "share/bash-completion/completions/kinfold", "share/zsh/site-functions/_kinfold", "share/doc/kinfold/LICENSE",
             "share/kinfold/plugins/source_csv/testdata/conditions/expected.jsonl"):
    expect("installed %s" % file, os.path.isfile(os.path.join(prefix, file)), True)
expect("no template among the connectors", os.path.exists(os.path.join(prefix, "lib/kinfold/plugins/_template.so")), False)

# It moves: nothing in it may name the folder it was built or installed in.
moved = os.path.join(HOME, "moved")
shutil.move(prefix, moved)
basics.KINFOLD = kinfold = os.path.join(moved, "bin", "kinfold")
r = call(kinfold, "plugin", "list", "--json", cwd=HOME)
expect("connectors are found", r.stdout.count(os.path.join(moved, "bin/../lib/kinfold/plugins")), 7)
for name in ("source_csv", "source_segment", "source_salesforce", "source_google_ads", "source_appsflyer"):
    r = call(kinfold, "plugin", "check", name, cwd=HOME)
    expect("plugin check %s" % name, (r.returncode, ", 0 failed" in r.stdout), (0, True))
for template in ("retail", "minimal"):
    expect("init %s" % template, call(kinfold, "init", "-t", template, template, cwd=HOME).returncode, 0)
    work = os.path.join(HOME, template)
    for word in ("check", "run", "status"):
        expect("%s in %s" % (word, template), call(kinfold, word, cwd=work).returncode, 0)
with open(os.path.join(moved, "share/man/man1/kinfold.1")) as f:
    expect("the manual", f.read(), call(kinfold, "help", "--man").stdout)

# A connector elsewhere, by find_package; then in a workspace's own plugins/.
example = os.path.join(HOME, "plugin")
shutil.copytree(os.path.join(source, "examples", "plugin"), example, ignore=shutil.ignore_patterns("build"))
r = call("sh", os.path.join(example, "run.sh"), moved, cwd=HOME)
expect("examples/plugin", r.returncode, 0)
expect_in("examples/plugin", "1 passed, 0 failed", r.stdout)
work = os.path.join(HOME, "retail")
os.mkdir(os.path.join(work, "plugins"))
shutil.copy(os.path.join(example, "build", "source_tickets.so"), os.path.join(work, "plugins"))
r = call(kinfold, "plugin", "show", "source_tickets", cwd=work)
expect("a workspace's own connector", r.returncode, 0)
expect_in("a workspace's own connector", "source_tickets 1.0, a source", r.stdout)
done()
