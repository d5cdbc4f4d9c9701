#!/usr/bin/env python3
"""Names that two files of core define, and names without the prefix kf_:  run.py NM LIBRARY..."""
import collections
import os
import re
import subprocess
import sys

# of the one C++ file: what its compiler makes of templates and type information
COMPILER = re.compile(r"^(_Z|__odr_asan|DW\.ref\.|__asan|__tsan|__start_|__stop_)")

nm, libraries = sys.argv[1], sys.argv[2:]
places = collections.defaultdict(set)
for library in libraries:
    text = subprocess.run([nm, "-A", "-g", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        path, rest = line.rsplit(":", 1)
        kind, name = rest.split()[-2:]
        if kind in "TDBRC" and not COMPILER.match(name):
            places[name].add("%s of %s" % (path.split(":")[-1], os.path.basename(library)))
bad = ["%s is defined in %s" % (n, " and in ".join(sorted(p))) for n, p in sorted(places.items()) if len(p) > 1]
bad += ["%s in %s has no prefix" % (n, ", ".join(p)) for n, p in sorted(places.items())
        if not n.startswith(("kf_", "KF_", "trait_"))]
print("\n".join(bad[:40]))
print("%d names, %d at fault" % (len(places), len(bad)))
sys.exit(1 if bad or len(places) < 500 else 0)
