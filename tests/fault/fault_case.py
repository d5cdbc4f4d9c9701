"""What the tests of this folder share: a workspace whose run has a known end, byte for byte.

KF_INTERPOSE: the library that makes calls fail; not there in builds with sanitizers."""
import os
import shutil
import subprocess
import tempfile
import unittest

from logical import COPIES, FILES, RUNS, contents, difference
from workspace import AS_OF, KINFOLD, LOG_EVENTS, RUN, Workspace, edit

os.environ.setdefault("SOURCE_DATE_EPOCH", "1782000000")  # when a run is made is in its store
INTERPOSE = os.environ.get("KF_INTERPOSE")


class FaultCase(unittest.TestCase):
    """`half`: store of a run over half of the files; `whole`: of a run over all, on an empty workspace; `second`: over all, after half.
    With one thread and the same files a run always writes the same bytes."""

    @classmethod
    def setUpClass(cls):
        cls.w = Workspace().deliver(parts=4, seed=11, only=lambda i: i % 2 == 0)
        cls.bytes = {None: None}
        cls.w.run("-j1")
        cls.keep("half")
        cls.w.deliver(parts=4, seed=11, only=lambda i: i % 2 == 1)
        cls.w.run("-j1")
        cls.keep("second")
        os.unlink(cls.w.store)
        cls.w.run("-j1")
        cls.keep("whole")

    @classmethod
    def tearDownClass(cls):
        cls.w.remove()

    @classmethod
    def keep(cls, name):
        cls.bytes[name] = cls.w.read(cls.w.store)
        shutil.copy(cls.w.store, cls.w.path("kept-" + name))

    def put(self, name):
        """The store as it was then; None: no store."""
        for suffix in ("", ".new", ".new-journal", "-journal", ".lock"):
            if os.path.exists(self.w.store + suffix):
                os.unlink(self.w.store + suffix)
        if name:
            shutil.copy(self.w.path("kept-" + name), self.w.store)

    def now(self):
        """Which of the stores this is."""
        if not os.path.exists(self.w.store):
            return None
        data = self.w.read(self.w.store)
        return next((name for name, kept in self.bytes.items() if kept == data), "something else")

    def start(self, *more, env=None, **how):
        return subprocess.Popen([KINFOLD, "-C", self.w.dir, *RUN, *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                env=dict(os.environ, **env) if env else None, **how)

    def end(self, process):
        """(exit code, what it said); a signal that killed it is negative."""
        said = process.communicate()[1].decode()
        return process.returncode, said


STEPS = ((None, "whole"), ("half", "second"))
