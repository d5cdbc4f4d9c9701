"""examples/retail as a workspace of a test: each source in a folder of its own, so that its records may lie in files of any number.

KF_KINFOLD: the binary; KF_LOG_EVENTS: the helper of this folder; KF_RETAIL: the example."""
import glob
import os
import random
import re
import shutil
import subprocess
import tempfile

MADE = "1782000000"  # when runs are made and asked about, unless a test says otherwise
KINFOLD = os.environ["KF_KINFOLD"]
LOG_EVENTS = os.environ.get("KF_LOG_EVENTS")
RETAIL = os.environ["KF_RETAIL"]
AS_OF = "2026-07-01T12:00:00Z"
RUN = ["run", "--as-of", AS_OF]


def edit(path, pattern, by):
    """Replaces what matches; something must."""
    with open(path, encoding="utf-8") as f:
        text, n = re.subn(pattern, by, f.read())
    if not n:
        raise AssertionError("%s: nothing like %s" % (path, pattern))
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


class Workspace:
    """A folder with kinfold.yaml and rules; deliver() puts files there, run() works."""

    def __init__(self, into=None):
        self.dir = into or tempfile.mkdtemp(prefix="kf_runs_")
        os.makedirs(self.dir, exist_ok=True)
        shutil.copytree(os.path.join(RETAIL, "rules"), self.path("rules"))
        # The example's orders do not pass the rule that gates exports: here they are to leave.
        edit(self.path("rules", "quality.lua"), r"\n *gate = {[^}]*},", "")
        os.mkdir(self.path("data"))
        shutil.copy(os.path.join(RETAIL, "data", "rates.csv"), self.path("data"))
        shutil.copy(os.path.join(RETAIL, "kinfold.yaml"), self.dir)
        with open(self.path("kinfold.yaml"), encoding="utf-8") as f:
            self.files = re.findall(r"path: data/(\S+\.(?:jsonl|csv))\n", f.read())
        edit(self.path("kinfold.yaml"), r"path: data/(\S+)\.(jsonl|csv)\n", r"path: data/\1_\2/*\n")
        for name in self.files:
            os.mkdir(self.folder(name))
        self.store = self.path("kinfold.db")

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def folder(self, name):
        return self.path("data", name.replace(".", "_"))

    def put(self, name, as_name, data):
        with open(os.path.join(self.folder(name), as_name), "wb") as f:
            f.write(data)

    def deliver(self, parts=1, seed=None, only=None, twice=False):
        """All records in `parts` files a source, shuffled with `seed`. only(i): which of the files; twice: each under a second name too."""
        chance = random.Random(seed)
        for name in self.files:
            pieces = pieces_of(name, parts, chance if seed is not None else None)
            for i, piece in enumerate(pieces):
                if only and not only(i):
                    continue
                self.put(name, "part-%03d" % i + os.path.splitext(name)[1], piece)
                if twice:
                    self.put(name, "again-%03d" % i + os.path.splitext(name)[1], piece)
        return self

    def kinfold(self, *args, code=0, env=None, **more):
        """Runs the command; its standard output as bytes. Asserts the exit code."""
        r = subprocess.run([KINFOLD, "-C", self.dir, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           env=dict(os.environ, **{"SOURCE_DATE_EPOCH": MADE, **(env or {})}), **more)
        if code is not None and r.returncode != code:
            raise AssertionError("kinfold %s: exit %d, wanted %d\n%s" % (" ".join(args), r.returncode, code, r.stderr.decode()))
        self.said = r.stderr.decode()
        self.code = r.returncode
        return r.stdout

    def run(self, *more, **how):
        return self.kinfold(*RUN, *more, **how)

    def exports(self):
        """Everything that leaves: all profiles in both formats and every audience."""
        ret = {}
        for name in ("all.csv", "all.jsonl"):
            self.kinfold("export", "--profiles", "--reveal", "--out", self.path(name))
            ret[name] = self.read(name)
        for name in ("crm_call_list", "cart_mail"):
            ret[name + ".json"] = self.kinfold("export", "--export", name, "--dry-run", "--json")
            self.kinfold("export", "--export", name, "-q", code=None)
            if self.code not in (0, 1):
                raise AssertionError(self.said)
        for path in sorted(glob.glob(self.path("out", "*"))):
            ret[os.path.basename(path)] = self.read(path)
        return ret

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def beside_store(self):
        """Names of what a run must not leave."""
        return sorted(os.path.basename(p) for p in glob.glob(self.store + "*") if p != self.store and not p.endswith(".lock"))


def pieces_of(name, parts, chance):
    """No record of the example goes over two lines; each part of a table has the header."""
    with open(os.path.join(RETAIL, "data", name), "rb") as f:
        data = f.read()
    if parts == 1 and not chance:
        return [data]
    lines = data.splitlines(keepends=True)
    if not lines[-1].endswith(b"\n"):
        lines[-1] += b"\n"
    header = [lines.pop(0)] if name.endswith(".csv") else []
    if chance:
        chance.shuffle(lines)
    return [b"".join(header + lines[i::parts]) for i in range(parts)]
