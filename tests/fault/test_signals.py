"""Asked to stop. Once: what was read so far is stored, the next run goes on from there to the same result. Twice: at once, the store as before."""
import os
import signal
import sqlite3
import time
import unittest

from fault_case import COPIES, INTERPOSE, LOG_EVENTS, RUNS, STEPS, FaultCase, contents, difference

ALL = 5000  # events; the example has some more


class Signals(FaultCase):
    def events(self):
        db = sqlite3.connect(self.w.store)
        try:
            return db.execute("SELECT events FROM run ORDER BY number DESC LIMIT 1").fetchone()[0]
        finally:
            db.close()

    def complete(self, what):
        """The next run comes to what one without interruption says. A file that was left in its middle is read again: copies."""
        self.w.run("-j1")
        if self.now() in ("whole", "second"):
            return
        if not hasattr(self, "wanted"):
            type(self).wanted = contents(self.w.path("kept-whole"), LOG_EVENTS, RUNS, COPIES)
        d = difference(contents(self.w.store, LOG_EVENTS, RUNS, COPIES), self.wanted)
        self.assertIsNone(d, "%s: %s" % (what, d))
        self.assertEqual(self.w.beside_store(), [], what)

    def at_read(self, n, *signals, threads=1):
        env = {"LD_PRELOAD": INTERPOSE, "KF_SIGNAL_FILES": "/data/web_", "KF_SIGNAL_AT": str(n), "KF_SIGNAL": " ".join(map(str, signals))}
        return self.end(self.start("-j%d" % threads, env=env))

    @unittest.skipUnless(INTERPOSE, "nothing is interposed in a build with sanitizers")
    def test_once(self):
        for number, wanted in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            for read, before, threads in ((1, None, 1), (2, "half", 1), (4, None, 3), (7, "half", 3), (7, None, 1)):
                what = "signal %d at read %d, %s before, %d threads" % (number, read, before, threads)
                self.put(before)
                code, said = self.at_read(read, int(number), threads=threads)
                self.assertEqual(code, wanted, what + said)
                self.assertIn("interrupted; what was read is stored, the next run goes on from there", said, what)
                self.assertEqual(self.w.beside_store(), [], what)
                self.assertLess(self.events(), ALL, what)
                self.complete(what)

    @unittest.skipUnless(INTERPOSE, "nothing is interposed in a build with sanitizers")
    def test_twice(self):
        for numbers, wanted in (((signal.SIGINT, signal.SIGINT), 130), ((signal.SIGTERM, signal.SIGTERM), 143),
                                ((signal.SIGINT, signal.SIGTERM), 143)):
            for read in (1, 3):
                for before, after in STEPS:
                    what = "signals %s at read %d, %s before" % (numbers, read, before)
                    self.put(before)
                    code, said = self.at_read(read, *map(int, numbers))
                    self.assertEqual(code, wanted, what + said)
                    self.assertIn("stopped while reading; nothing was stored", said, what)
                    self.assertEqual(self.now(), before, what)
                    self.assertEqual(self.w.beside_store(), [], what)
                    self.w.run("-j1")
                    self.assertEqual(self.now(), after, what)

    def test_at_any_moment(self):
        """By the clock: too early for the handler, while reading, deciding, storing, too late. Every outcome is one that is promised."""
        outcomes = set()
        for number, wanted in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            for step in range(5):
                self.put("half")
                run = self.start("-j1")
                time.sleep(0.02 * step)
                run.send_signal(number)
                code, said = self.end(run)
                what = "signal %d after %d ms: exit %d, %s" % (number, 20 * step, code, said)
                outcomes.add(code)
                self.assertIn(code, (0, wanted, -number), what)
                if code == -number:
                    self.assertEqual(self.now(), "half", what)
                elif code == 0:
                    self.assertEqual(self.now(), "second", what)
                self.complete(what)
        self.assertTrue(outcomes & {130, 143, 0}, outcomes)

    def test_twice_while_deciding(self):
        """Two signals at once, by the clock: stopped with the store as before, or it was too late."""
        for step in range(6):
            self.put("half")
            run = self.start("-j1")
            time.sleep(0.02 * step)
            run.send_signal(signal.SIGINT)
            time.sleep(0.002)
            run.send_signal(signal.SIGINT)
            code, said = self.end(run)
            what = "after %d ms: exit %d, %s" % (20 * step, code, said)
            self.assertIn(code, (0, 130, -signal.SIGINT), what)
            if code == 0:
                self.assertEqual(self.now(), "second", what)
            elif "what was read is stored" not in said:
                self.assertEqual(self.now(), "half", what)
            self.assertEqual([n for n in self.w.beside_store() if code >= 0], [], what)
            self.complete(what)


if __name__ == "__main__":
    unittest.main(verbosity=2)
