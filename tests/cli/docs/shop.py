"""A copy of the workspace, and the program."""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
KINFOLD = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(ROOT, "tests", "browser"))
failures = []


def copy(of=None):
    folder = os.path.join(tempfile.mkdtemp(prefix="kf_docs_"), "shop")
    shutil.copytree(of or os.path.join(HERE, "shop"), folder)
    return folder


def call(folder, *words):
    r = subprocess.run([KINFOLD, "-C", folder, *words], capture_output=True, text=True, timeout=120)
    return r.returncode, r.stdout, r.stderr


def must(folder, *words):
    code, out, err = call(folder, *words)
    check("%s: exit" % " ".join(words), (code, err if code else ""), (0, ""))
    return out


def edit(folder, file, old, new):
    path = os.path.join(folder, file)
    text = read(path)
    assert old in text, (file, old)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def tree(folder):
    """Every file below a folder: path -> text."""
    return {os.path.relpath(os.path.join(d, f), folder): read(d, f) for d, _, files in os.walk(folder) for f in files}


def check(what, have, want):
    if have != want:
        failures.append(what)
        print("FAILED %s:\n  wanted %r\n  got    %r" % (what, want, have))


def done():
    print("%d failures" % len(failures))
    sys.exit(1 if failures else 0)
