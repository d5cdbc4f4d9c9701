"""The same events give the same bytes: whatever the threads, the files, the order in which they came and the number of runs."""
import os
import re
import shutil
import sqlite3
import unittest

from logical import COPIES, FILES, RUNS, contents, difference
from workspace import LOG_EVENTS, Workspace, edit

PEOPLE = ("email=anna@example.com", "email=ben@example.com", "device_id=dev-family-tablet", "user_id=u1001")


class Runs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = Workspace().deliver()
        cls.base.run("-j1")
        cls.wanted = cls.base.exports()
        cls.profiles = cls.wanted["all.csv"].count(b"\n") - 1
        cls.contents = {}

    @classmethod
    def tearDownClass(cls):
        cls.base.remove()

    def workspace(self, **how):
        w = Workspace()
        self.addCleanup(w.remove)
        return w.deliver(**how) if how else w

    def contents_of_base(self, *masks):
        key = tuple(map(id, masks))
        if key not in self.contents:
            self.contents[key] = contents(self.base.store, LOG_EVENTS, *masks)
        return self.contents[key]

    def same(self, w, *masks):
        d = difference(self.contents_of_base(*masks), contents(w.store, LOG_EVENTS, *masks))
        self.assertIsNone(d, d)
        got = w.exports()
        self.assertEqual(sorted(got), sorted(self.wanted))
        for name, data in got.items():
            self.assertEqual(data, self.wanted[name], name)
        self.assertEqual(w.beside_store(), [])

    def test_the_example_is_worth_it(self):
        """What is compared is there at all."""
        c = contents(self.base.store, LOG_EVENTS)
        self.assertEqual(len(c["profile"]), self.profiles)
        self.assertGreater(self.profiles, 500)
        self.assertGreater(len(c["(log)"]), 5000)
        self.assertEqual(len(c["(log)"]), sum(dict(r)["events"] for r in c["event_block"]))
        for name in ("link", "link_refused", "identifier_span", "shared_identifier", "touch", "membership", "suppression", "without_consent",
                     "consent", "eligibility", "flag", "fraud", "quality", "quarantine"):
            self.assertGreater(len(c[name]), 2, name)
        self.assertEqual(sorted(self.wanted), ["all.csv", "all.jsonl", "cart_mail.csv", "cart_mail.json", "crm_call_list.csv",
                                               "crm_call_list.json"])
        self.assertGreater(self.wanted["crm_call_list.csv"].count(b"\n"), 2)

    def test_differences_are_seen(self):
        """A comparison that finds nothing must be able to find something."""
        w = self.workspace()
        for change, where in (
                ("UPDATE membership SET profile = profile + 1 WHERE id = 3", "membership"),
                ("UPDATE identifier SET profile = NULL WHERE id = 40", "identifier"),
                ("DELETE FROM link WHERE id = 9", "link"),
                ("UPDATE suppression SET contact = 3 WHERE id = 5", "suppression"),
                ("UPDATE quarantine SET raw = 'x' WHERE id = 1", "quarantine")):
            shutil.copy(self.base.store, w.store)
            db = sqlite3.connect(w.store)
            db.execute(change)
            db.commit()
            db.close()
            d = difference(contents(self.base.store), contents(w.store))
            self.assertIsNotNone(d, change)
            self.assertIn("table " + where, d)

    def test_any_thread_count(self):
        for threads in (1, 2, 3, 7):
            with self.subTest(threads=threads):
                w = self.workspace(parts=1)
                w.run("-j%d" % threads)
                self.same(w)

    def test_one_thread_gives_the_same_file(self):
        """Not only what it says: with one thread and the same files the store has the same bytes, but for when the run was made."""
        stores = []
        for clock in ("1767225600", "1767225600", "1767225601"):
            w = self.workspace()
            shutil.copytree(self.base.path("data"), w.path("data"), dirs_exist_ok=True)  # with the times of the files
            w.run("-j1", env={"SOURCE_DATE_EPOCH": clock})
            stores.append(w.read(w.store))
        self.assertEqual(stores[0], stores[1])
        differ = [i for i, (a, b) in enumerate(zip(stores[0], stores[2])) if a != b]
        self.assertEqual(len(stores[0]), len(stores[2]))
        self.assertTrue(0 < len(differ) <= 8, differ)  # the integer run.at_ms

    def test_shuffled_and_split(self):
        for parts, seed, threads in ((1, 1, 1), (19, 3, 3), (150, 4, 7)):
            with self.subTest(parts=parts, seed=seed, threads=threads):
                w = self.workspace(parts=parts, seed=seed)
                w.run("-j%d" % threads)
                self.same(w, FILES)

    def test_in_two_runs(self):
        """Half of the files and then the other half, either half first; the last event time of the first half is not that of all."""
        for first, threads in ((0, 1), (1, 1), (1, 3)):
            with self.subTest(first=first, threads=threads):
                w = self.workspace()
                w.deliver(parts=8, seed=5, only=lambda i: i % 2 == first)
                w.kinfold("run", "-j%d" % threads)
                half = len(contents(w.store, LOG_EVENTS)["(log)"])
                w.deliver(parts=8, seed=5, only=lambda i: i % 2 != first)
                w.run("-j%d" % threads)
                self.same(w, FILES, RUNS)
                self.assertTrue(1000 < half < 5000, half)

    def test_in_many_runs(self):
        w = self.workspace()
        for step in range(6):
            w.deliver(parts=12, seed=6, only=lambda i: i % 6 == step)
            w.run("-j2")
        self.same(w, FILES, RUNS)

    def test_a_rebuild(self):
        w = self.workspace(parts=1)
        w.run("-j2")
        for threads in (1, 3):
            w.run("--force", "-j%d" % threads)
            self.same(w, RUNS)

    def test_nothing_new_touches_nothing(self):
        before, at = self.base.read(self.base.store), os.stat(self.base.store).st_mtime_ns
        self.assertIn(b"Nothing new", self.base.run())
        self.assertEqual(self.base.read(self.base.store), before)
        self.assertEqual(os.stat(self.base.store).st_mtime_ns, at)

    def test_files_given_twice(self):
        for parts, seed, threads in ((1, None, 2), (7, 7, 3)):
            with self.subTest(parts=parts):
                w = self.workspace(parts=parts, seed=seed, twice=True)
                w.run("-j%d" % threads)
                self.same(w, FILES, COPIES)

    def test_files_given_again_in_a_second_run(self):
        w = self.workspace(parts=1)
        w.run("-j2")
        w.deliver(twice=True)
        w.run("-j2")
        self.same(w, FILES, COPIES, RUNS)

    def test_a_file_that_grows(self):
        """Each file is read again from its beginning when it has grown: nothing counts twice, and what is wrong is wrong once."""
        w = self.workspace(parts=1)
        for name in w.files:
            path = os.path.join(w.folder(name), os.listdir(w.folder(name))[0])
            with open(path, "rb") as f:
                lines = f.readlines()
            with open(path, "wb") as f:
                f.writelines(lines[:2 * len(lines) // 3])
        w.run("-j2")
        self.assertLess(len(contents(w.store, LOG_EVENTS)["(log)"]), 4000)
        w.deliver()
        w.run("-j2")
        quarantine = sqlite3.connect(w.store).execute("SELECT source, file, record, reason FROM quarantine").fetchall()
        self.assertEqual(len(quarantine), len(set(quarantine)))
        self.assertEqual(len(quarantine), sqlite3.connect(w.store).execute("SELECT sum(rejected) FROM source_status").fetchone()[0])
        self.same(w, COPIES, RUNS)

    def test_other_rules_and_back(self):
        w = self.workspace(parts=1)
        edit(w.path("rules", "segments.lua"), r"money\(300,", "money(30,")
        w.run("-j2")
        self.assertIsNotNone(difference(contents(self.base.store, None, RUNS), contents(w.store, None, RUNS)))
        edit(w.path("rules", "segments.lua"), r"money\(30,", "money(300,")
        w.run("-j2")
        self.same(w, RUNS)

    def test_rows_through_sqlite(self):
        """The pages that the bulk writes say what INSERT would."""
        w = self.workspace(parts=1)
        w.run("-j2", env={"KF_STORE_API": "1"})
        self.same(w)

    def test_what_is_explained(self):
        w = self.workspace(parts=1)
        w.run("-j3")
        for person in PEOPLE:
            for how in ((), ("--json",)):
                self.assertEqual(w.kinfold("explain", person, "--reveal", *how), self.base.kinfold("explain", person, "--reveal", *how))
        for command in ("status", "quality"):
            for how in ((), ("--json",)):
                said = [x.kinfold(command, *how, code=None).decode().replace(x.dir, ".") for x in (w, self.base)]
                said = [re.sub(r'\d+\.\d MB|"bytes": *\d+', "its size", text) for text in said]
                self.assertEqual(*said)
                self.assertGreater(len(said[0]), 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
