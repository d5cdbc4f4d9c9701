"""Killed at any moment: whoever looks next sees the store as it was before or after, and the next run ends with the same bytes.

KF_TEST_KILLS: how many times at random moments (default 40)."""
import os
import random
import signal
import time
import unittest

from fault_case import INTERPOSE, LOG_EVENTS, STEPS, FaultCase, contents, difference

KILLS = int(os.environ.get("KF_TEST_KILLS", "40"))
SEED = int(os.environ.get("KF_TEST_SEED", "20260301"))


class Kills(FaultCase):
    def check(self, before, after, what):
        seen = self.now()
        self.assertIn(seen, (before, after), what)
        self.assertIn(self.w.beside_store(), ([], ["kinfold.db.new"], ["kinfold.db.new", "kinfold.db.new-journal"]), what)
        if seen:
            self.assertIn(b'"schema":"kinfold.status/1"', self.w.kinfold("status", "--json").replace(b" ", b""), what)
        said = self.w.run("-j1")
        self.assertEqual(self.now(), after, what)
        self.assertEqual(b"Nothing new" in said, seen == after, what)
        self.assertEqual(self.w.beside_store(), [], what)
        return seen

    def seconds(self, before):
        """The quickest of three: a moment beyond the end of a run kills nothing."""
        took = []
        for _ in range(3):
            self.put(before)
            from_ = time.monotonic()
            self.end(self.start("-j1"))
            took.append(time.monotonic() - from_)
        return min(took)

    def test_at_random_moments(self):
        chance = random.Random(SEED)
        last = {before: self.seconds(before) for before, _ in STEPS}
        killed = half_written = 0
        for i in range(KILLS):
            before, after = STEPS[i % 2]
            self.put(before)
            delay = chance.uniform(0, last[before])
            what = "kill %d (seed %d), %s -> %s, after %.1f ms" % (i, SEED, before, after, delay * 1000)
            run = self.start("-j1")
            time.sleep(delay)
            run.kill()
            code, said = self.end(run)
            killed += code == -signal.SIGKILL
            if code == 0:  # the machine has become quicker since
                last[before] = delay
            self.assertIn(code, (0, -signal.SIGKILL), what + said)
            half_written += "kinfold.db.new" in self.w.beside_store()
            self.check(before, after, what)
        self.assertGreater(killed, KILLS // 4)
        self.assertGreater(half_written, 0, "no run was killed while it wrote")

    def test_with_threads(self):
        """The same with more threads, where equal stores have other numbers inside."""
        chance = random.Random(SEED + 1)
        wanted = {name: contents(self.w.path("kept-" + name), LOG_EVENTS) for name in ("half", "second")}
        last, seen = self.seconds("half"), set()
        for i in range(max(5, KILLS // 10)):
            self.put("half")
            delay = chance.uniform(0, last)
            what = "kill %d (seed %d), after %.1f ms" % (i, SEED + 1, delay * 1000)
            run = self.start("-j3")
            time.sleep(delay)
            run.kill()
            self.end(run)
            c = contents(self.w.store, LOG_EVENTS)
            differs = [difference(c, wanted[name]) for name in ("half", "second")]
            self.assertIn(None, differs, what)
            seen.add(differs.index(None))
            self.w.run("-j3")
            self.assertIsNone(difference(contents(self.w.store, LOG_EVENTS), wanted["second"]), what)
        self.assertIn(0, seen, "no run was killed before its end")

    def test_again_and_again(self):
        """A run that never comes to its end leaves no more behind than one."""
        self.put("half")
        for i in range(10):
            run = self.start("-j2")
            time.sleep(0.005 * i)
            run.kill()
            self.end(run)
        self.check("half", "second", "after ten kills")

    def calls(self, before):
        """What a whole run does to the store's files."""
        log = self.w.dir + ".calls"
        self.put(before)
        self.w.run("-j1", env={"LD_PRELOAD": INTERPOSE, "KF_FAULT_FILES": self.w.dir, "KF_FAULT_LOG": log})
        with open(log, encoding="utf-8") as f:
            calls = [line.split()[0] for line in f]
        os.unlink(log)
        return calls

    @unittest.skipUnless(INTERPOSE, "nothing is interposed in a build with sanitizers")
    def test_before_any_call(self):
        """Not at random: before the calls that change a file, each kind of them, and before all around the swap."""
        for before, after in STEPS:
            calls = self.calls(before)
            swap = calls.index("rename") + 1
            self.assertIn("fsync", calls[swap - 10:swap])
            self.assertIn("fsync", calls[swap:], "the folder is brought to the disk too")
            moments = {calls.index(kind) + 1 for kind in calls} | set(range(swap - 3, len(calls) + 1)) | set(
                range(1, len(calls) + 1, len(calls) // 3))
            for n in sorted(moments):
                self.put(before)
                what = "%s -> %s, before call %d of %d, %s" % (before, after, n, len(calls), calls[n - 1])
                run = self.start("-j1", env={"LD_PRELOAD": INTERPOSE, "KF_FAULT_FILES": self.w.dir, "KF_FAULT": "kill",
                                             "KF_FAULT_AT": str(n)})
                self.assertEqual(self.end(run)[0], -signal.SIGKILL, what)
                seen = self.check(before, after, what)
                self.assertEqual(seen, after if n > swap else before, what)


if __name__ == "__main__":
    unittest.main(verbosity=2)
