"""Workspaces and the program, for the tests of this folder."""
import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile

KINFOLD = os.path.abspath(sys.argv[1])
HOME = tempfile.mkdtemp(prefix="kinfold-cli-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
ENV = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "KF_THREADS")}
ENV.update(HOME=HOME, LC_ALL="C.UTF-8")
problems = []


def expect(what, have, want):
    if have != want:
        problems.append("%s: expected %r, was %r" % (what, want, have))


def expect_in(what, part, whole):
    if part not in whole:
        problems.append("%s: expected %r in\n%s" % (what, part, whole[:2000]))


def kinfold(*words, cwd=HOME, env=None, stdin=subprocess.DEVNULL, **more):
    return subprocess.run([KINFOLD, *words], cwd=cwd, env=env or ENV, stdin=stdin, text=True, stdout=more.pop("stdout", subprocess.PIPE),
                          stderr=more.pop("stderr", subprocess.PIPE), timeout=120, **more)


def shop(name, ran=True):
    """A workspace of the retail template, with a store if `ran`."""
    done = kinfold("init", name)
    expect("init %s" % name, done.returncode, 0)
    folder = os.path.join(HOME, name)
    if ran:
        expect("run in %s" % name, kinfold("run", "-q", cwd=folder).returncode, 0)
    return folder


def edit(folder, file, old, new):
    path = os.path.join(folder, file)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    assert old in text, (file, old)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))


def commands():
    listed = kinfold("help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


def number(text, pattern):
    m = re.search(pattern, text, re.M)
    return int(m.group(1).replace(",", "")) if m else None


def done():
    for p in problems:
        print(p)
    print("%s: %d problems" % (os.path.basename(sys.argv[0]), len(problems)))
    sys.exit(1 if problems else 0)
