"""Commands that promise to change nothing leave every file of the workspace as it was: its bytes, its time, its neighbours."""
import os
import shutil
import unittest

from fault_case import FaultCase, edit

COMMANDS = (
    ["dry-run"], ["dry-run", "--json"], ["plan"], ["check"], ["check", "--json"], ["status"], ["status", "--json"], ["quality"],
    ["quality", "--all", "--reveal"], ["explain", "email=anna@example.com"], ["explain", "user_id=u1001", "--json", "--reveal"],
    ["explain", "email=anna@example.com", "email=ben@example.com"], ["explain", "user_id=nobody-knows-me"],
    ["export", "--export", "crm_call_list", "--dry-run"], ["export", "--export", "cart_mail", "--dry-run", "--json"],
    ["plugin", "list"], ["version"], ["help"])


class ReadOnly(FaultCase):
    def tree(self):
        ret = {}
        for folder, _, files in os.walk(self.w.dir):
            ret[folder] = None
            for name in files:
                path = os.path.join(folder, name)
                s = os.stat(path)
                ret[path] = (s.st_mode, s.st_size, s.st_mtime_ns, s.st_ino, self.w.read(path))
        return ret

    def all_keep(self, commands=COMMANDS, wanted=(0, 1, 66)):
        before = self.tree()
        said, codes = {}, {}
        for command in commands:
            said[tuple(command)] = self.w.kinfold(*command, code=None)
            self.assertIn(self.w.code, wanted, "%s: %s" % (command, self.w.said))
            codes[tuple(command)] = self.w.code
            after = self.tree()
            self.assertEqual(sorted(before), sorted(after), command)
            for path in before:
                self.assertEqual(before[path], after[path], "%s changed %s" % (command, path))
        return said, codes

    def test_after_a_run(self):
        self.put("half")
        said, codes = self.all_keep()
        self.assertIn(b"kinfold.dry-run/1", said[("dry-run", "--json")])
        self.assertEqual([c for c, code in codes.items() if code == 66], [("explain", "user_id=nobody-knows-me")])

    def test_scenarios(self):
        self.put("half")
        said, codes = self.all_keep((["test"], ["test", "--json"]))
        self.assertIn(b"passed", said[("test",)])

    def test_with_other_rules(self):
        self.put("whole")
        edit(self.w.path("rules", "segments.lua"), r"money\(300,", "money(30,")
        try:
            said, _ = self.all_keep()
        finally:
            edit(self.w.path("rules", "segments.lua"), r"money\(30,", "money(300,")
        self.assertIn(b"vip_at_risk", said[("dry-run",)])

    def test_before_a_run(self):
        self.put(None)
        self.all_keep()
        self.assertFalse(os.path.exists(self.w.store))

    def test_beside_a_killed_run(self):
        """What a killed run left is for the next run to clean up, not for readers."""
        self.put("half")
        shutil.copy(self.w.store, self.w.store + ".new")
        self.all_keep()


if __name__ == "__main__":
    unittest.main(verbosity=2)
