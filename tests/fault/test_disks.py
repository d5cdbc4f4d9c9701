"""No room, no permission, no store: a clear sentence, an exit code of its own, the store as it was and nothing left beside it."""
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from fault_case import INTERPOSE, KINFOLD, RUN, STEPS, FaultCase, Workspace

NOBODY = 65534


def room(n):
    """For preexec_fn: no file may grow beyond n bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n, n))


class NoRoom(FaultCase):
    def refused(self, before, code, said, what):
        self.assertIn(code, (73, 74), what + said)
        self.assertIn("kinfold.db", said, what)
        self.assertEqual(said.count("\n"), 1, "one sentence: " + said)
        self.assertEqual(self.now(), before, what)
        self.assertEqual(self.w.beside_store(), [], what)

    def test_file_size_limit(self):
        for before, after in STEPS:
            whole = len(self.bytes[after])
            for n in [0, 1, 4096, 8192] + list(range(20000, whole, whole // 5)) + [whole - 1]:
                self.put(before)
                code, said = self.end(self.start("-j1", preexec_fn=room(n)))
                self.refused(before, code, said, "%s, room for %d of %d bytes: exit %d " % (before, n, whole, code))
            self.put(before)
            self.assertEqual(self.end(self.start("-j1", preexec_fn=room(whole)))[0], 0)
            self.assertEqual(self.now(), after)

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount")
    def test_full_disk(self):
        for before, after in STEPS:
            needs = os.stat(self.w.path("kept-" + after)).st_blocks // 2 + 8  # pages that were never used take no room
            for kilobytes in (64, needs // 2, needs + 400):
                disk = self.w.path("disk")
                os.makedirs(disk, exist_ok=True)
                # Room for the store that is there and `kilobytes` more.
                there = len(self.bytes[before] or b"") // 1024 + 8
                r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dk" % (there + kilobytes), "kf_test", disk], stderr=subprocess.PIPE)
                if r.returncode:
                    self.skipTest("cannot mount here: " + r.stderr.decode())
                try:
                    store = os.path.join(disk, "kinfold.db")
                    if before:
                        shutil.copy(self.w.path("kept-" + before), store)
                    code, said = self.end(self.start("-j1", "--store", store))
                    what = "%s and %d kB: exit %d, %s" % (before, kilobytes, code, said)
                    if kilobytes > needs:
                        self.assertEqual(code, 0, what)
                        self.assertEqual(self.w.read(store), self.bytes[after], what)
                        continue
                    self.assertIn(code, (73, 74), what)
                    self.assertIn("kinfold.db", said, what)
                    self.assertRegex(said, "full|[Ss]pace", what)
                    self.assertEqual(sorted(os.listdir(disk)), ["kinfold.db", "kinfold.db.lock"] if before else ["kinfold.db.lock"], what)
                    if before:
                        self.assertEqual(self.w.read(store), self.bytes[before], what)
                finally:
                    subprocess.run(["umount", disk], check=True)

    @unittest.skipUnless(INTERPOSE, "nothing is interposed in a build with sanitizers")
    def test_from_any_call_on(self):
        for error in ("ENOSPC", "EIO"):
            for before, after in STEPS:
                env = {"LD_PRELOAD": INTERPOSE, "KF_FAULT_FILES": self.w.dir, "KF_FAULT": error}
                outcomes = {}
                for n in (1, 2, 3, 4, 6, 9, 15, 30, 60, 120, 200, 300):
                    self.put(before)
                    code, said = self.end(self.start("-j1", env=dict(env, KF_FAULT_AT=str(n))))
                    what = "%s from call %d on, %s: exit %d, %s" % (error, n, before, code, said)
                    outcomes[code] = n
                    if code == 0:  # nothing that matters came after
                        self.assertEqual(self.now(), after, what)
                        continue
                    self.assertIn(code, (73, 74), what)
                    self.assertIn("kinfold.db", said, what)
                    self.assertIn(self.now(), (before, after), what)
                    if error == "ENOSPC":  # unlink fails too on a broken disk
                        self.assertEqual(self.w.beside_store(), [], what)
                    self.w.run("-j1")
                    self.assertEqual(self.now(), after, what)
                    self.assertEqual(self.w.beside_store(), [], what)
                self.assertIn(74, outcomes)

    def test_report_to_a_full_disk(self):
        """The run is stored; that its report did not arrive is said all the same."""
        self.put("half")
        with open("/dev/full", "wb") as full:
            r = subprocess.run([KINFOLD, "-C", self.w.dir, *RUN, "-j1"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(r.returncode, 74, r.stderr)
        self.assertEqual(self.now(), "second")

    def test_export_to_a_full_disk(self):
        """An audience is delivered whole or not at all."""
        self.put("whole")
        self.w.kinfold("export", "--profiles", "--out", self.w.path("full.csv"))
        good = self.w.read("full.csv")
        for n in (0, 5000, len(good) - 1):
            r = subprocess.run([KINFOLD, "-C", self.w.dir, "export", "--profiles", "--out", self.w.path("full.csv"), "--reveal"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=room(n))
            self.assertIn(r.returncode, (73, 74), r.stderr)
            self.assertIn(b"full.csv", r.stderr)
            self.assertEqual(self.w.read("full.csv"), good, n)
            self.assertEqual([f for f in os.listdir(self.w.dir) if f.startswith("full.csv")], ["full.csv"])


class NotAllowed(FaultCase):
    """Nothing is read-only for root: then somebody else runs."""

    def setUp(self):
        self.who = {}
        if os.geteuid() == 0:
            self.who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            try:
                subprocess.run([KINFOLD, "version"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **self.who)
            except (OSError, subprocess.CalledProcessError) as e:
                self.skipTest("nobody may not run %s: %s" % (KINFOLD, e))
        self.other = Workspace()
        self.addCleanup(self.other.remove)
        self.addCleanup(lambda: self.own(0o755, 0o644, os.geteuid()))
        self.other.deliver(parts=4, seed=11)
        shutil.copy(self.w.path("kept-half"), self.other.store)

    def own(self, folder_mode, store_mode, uid=NOBODY):
        if os.geteuid() == 0:
            os.chown(self.other.dir, uid, uid)
            for path in (self.other.store, self.other.store + ".lock"):
                if os.path.exists(path):
                    os.chown(path, uid, uid)
        os.chmod(self.other.dir, folder_mode)
        if os.path.exists(self.other.store):
            os.chmod(self.other.store, store_mode)

    def test_read_only_folder(self):
        self.own(0o555, 0o644)
        self.other.run(code=73, **self.who)
        self.assertIn("kinfold.db", self.other.said)
        self.assertIn("ermission denied", self.other.said)
        self.assertEqual(self.other.read(self.other.store), self.bytes["half"])
        self.assertEqual(self.other.beside_store(), [])
        self.assertIn(b"kinfold.status/1", self.other.kinfold("status", "--json", **self.who))
        self.assertIn(b"kinfold.explain/1", self.other.kinfold("explain", "user_id=u1001", "--json", **self.who))

    def test_read_only_store(self):
        self.own(0o755, 0o444)
        self.other.run(code=73, **self.who)
        self.assertIn("kinfold.db", self.other.said)
        self.assertEqual(self.other.read(self.other.store), self.bytes["half"])
        self.assertEqual(self.other.beside_store(), [])
        self.assertIn(b"kinfold.status/1", self.other.kinfold("status", "--json", **self.who))

    def test_unreadable_store(self):
        self.own(0o755, 0o000)
        for command in (["status"], ["run"], ["explain", "user_id=u1001"]):
            self.other.kinfold(*command, code=None, **self.who)
            self.assertIn(self.other.code, (66, 73), self.other.said)
            self.assertIn("kinfold.db", self.other.said)
        self.own(0o755, 0o644)
        self.assertEqual(self.other.read(self.other.store), self.bytes["half"])

    def test_unwritable_destination(self):
        self.own(0o555, 0o644)
        self.other.kinfold("export", "--profiles", "--out", self.other.path("x.csv"), code=73, **self.who)
        self.assertIn("x.csv", self.other.said)


class NoStore(FaultCase):
    READERS = (["status"], ["explain", "user_id=u1001"], ["dry-run"], ["quality"], ["export", "--export", "cart_mail", "--dry-run"])

    def all_refuse(self, code, *words):
        before = self.w.read(self.w.store) if os.path.isfile(self.w.store) else None
        for command in (RUN, [*RUN, "--force"], *self.READERS):
            self.w.kinfold(*command, code=code)
            for word in words:
                self.assertIn(word, self.w.said, command)
            self.assertNotIn("\n", self.w.said.rstrip("\n"), command)
            if before is not None:
                self.assertEqual(self.w.read(self.w.store), before, command)
            self.assertEqual(self.w.beside_store(), [], command)

    def write(self, data):
        self.put(None)
        with open(self.w.store, "wb") as f:
            f.write(data)

    def test_newer_version(self):
        self.put("half")
        db = sqlite3.connect(self.w.store)
        known = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute("PRAGMA user_version = %d" % (known + 1))
        db.close()
        self.all_refuse(78, "kinfold.db is a store of version %d, this Kinfold knows up to %d" % (known + 1, known), "newer Kinfold")

    def test_no_database(self):
        for data in (b"", b"x", b"this is a text, no store\n" * 500, self.bytes["half"][:50], os.urandom(20000)):
            self.write(data)
            self.all_refuse(78, "kinfold.db is no Kinfold store", "name another file as `store`")

    def test_another_database(self):
        self.put(None)
        db = sqlite3.connect(self.w.store)
        db.execute("CREATE TABLE somebodys(data)")
        db.execute("INSERT INTO somebodys VALUES ('important')")
        db.commit()
        db.close()
        self.all_refuse(78, "is a database, but no Kinfold store")

    def test_half_a_store(self):
        for part in (2, 10, 200):
            self.write(self.bytes["half"][:len(self.bytes["half"]) * part // 201])
            self.all_refuse(65, "kinfold.db is damaged", "backup")

    def test_a_folder(self):
        self.put(None)
        os.mkdir(self.w.store)
        self.addCleanup(lambda: os.path.isdir(self.w.store) and os.rmdir(self.w.store))
        self.w.run(code=73)
        self.assertIn("kinfold.db is no regular file", self.w.said)
        self.w.kinfold("status", code=78)
        os.rmdir(self.w.store)

    def test_none_yet(self):
        self.put(None)
        for command in (["status"], ["explain", "user_id=u1001"], ["export", "--export", "cart_mail", "--dry-run"]):
            self.w.kinfold(*command, code=66)
            self.assertIn("there is no store", self.w.said)
            self.assertIn("kinfold run", self.w.said)
            self.assertFalse(os.path.exists(self.w.store))


class Two(FaultCase):
    def held(self):
        """A run that was stopped while it writes."""
        for wait in range(200):
            self.put("half")
            run = self.start("-j1")
            until = time.monotonic() + 5
            while run.poll() is None and time.monotonic() < until and not os.path.exists(self.w.store + ".new"):
                time.sleep(0.0005)
            run.send_signal(signal.SIGSTOP)
            if os.path.exists(self.w.store + ".new") and run.poll() is None:
                return run
            run.send_signal(signal.SIGCONT)
            run.wait()
        self.fail("no run could be stopped while it wrote")

    def test_two_runs(self):
        first = self.held()
        try:
            for how in ([], ["--force"]):
                self.w.run("-j1", *how, code=75)
                self.assertIn("another run (process %d) is writing" % first.pid, self.w.said)
                self.assertIn("kinfold.db", self.w.said)
                self.assertEqual(self.now(), "half")
            for command in (["status", "--json"], ["explain", "user_id=u1001"], ["dry-run"]):  # readers are not in the way, nor it in theirs
                self.w.kinfold(*command)
            self.assertEqual(self.now(), "half")
        finally:
            first.send_signal(signal.SIGCONT)
        self.assertEqual(self.end(first)[0], 0)
        self.assertEqual(self.now(), "second")
        self.assertEqual(self.w.beside_store(), [])

    def test_after_one_that_was_killed(self):
        first = self.held()
        first.kill()
        self.end(first)
        self.w.run("-j1")
        self.assertEqual(self.now(), "second")
        self.assertEqual(self.w.beside_store(), [])

    def test_many_at_once(self):
        self.put("half")
        runs = [self.start("-j1") for i in range(6)]
        codes = sorted(self.end(r)[0] for r in runs)
        self.assertEqual(codes[0], 0, codes)
        self.assertLessEqual(set(codes), {0, 75})
        self.assertEqual(self.now(), "second")
        self.assertEqual(self.w.beside_store(), [])

    def test_somebody_writes_the_old_store(self):
        """A program that holds the write lock of the store: the run gives up in the end, or waits until it lets go."""
        self.put("half")
        db = sqlite3.connect(self.w.store, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        run = self.start("-j1")
        time.sleep(0.5)
        self.assertIsNone(run.poll())
        db.execute("ROLLBACK")
        db.close()
        self.assertEqual(self.end(run)[0], 0)
        self.assertEqual(self.now(), "second")


if __name__ == "__main__":
    unittest.main(verbosity=2)
