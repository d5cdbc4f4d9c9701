#!/usr/bin/env python3
"""Choosing, stopping, coverage, marks and watching:  options.py KINFOLD CASE"""
import json
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time

KINFOLD, CASE = os.path.abspath(sys.argv[1]), sys.argv[2]
HERE = os.path.dirname(os.path.abspath(__file__))
ENV = dict(os.environ, NO_COLOR="1")
problems = []
RULES = '''identifiers {
  user_id = { rank = 1, per_profile = 1 },
}

segment "%s" {
  title = "t",
  owner = "o@example.com",
  because = "b",
  who = %s,
}
'''


def expect(what, have, want):
    if have != want:
        problems.append(f"{what}: expected {want!r}, was {have!r}")


def expect_in(what, part, whole):
    if part not in whole:
        problems.append(f"{what}: expected {part!r} in\n{whole[:1500]}")


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return name


def kinfold(folder, *words):
    return subprocess.run([KINFOLD, "test", *words], cwd=folder, text=True, capture_output=True, timeout=300, env=ENV)


def scenario(name, events, expected, more=""):
    lines = "".join(f"    {e}\n" for e in events)
    return f'\nscenario "{name}" {{\n  given = [[\n{lines}  ]],\n{more}  expect = {{ {expected} }},\n}}\n'


def numbered(names, fails=()):
    return RULES % ("x", 'event "A"') + "".join(
        scenario(n, ["10:00  page  user_id=u1"], f"profiles = {2 if n in fails else 1}") for n in names)


def case_choose(tmp):
    write(tmp, "a.lua", numbered(["one apple", "two apples", "three pears"]) + '''
scenario "many" {
  given = "10:00  page  user_id=u1",
  cases = {
    { "apple", expect = { profiles = 1 } },
    { expect = { profiles = 1 } },
  },
}
''')
    for words, want in ((["--run", "^(one|three)"], 2), (["--run", "apples?$"], 3), (["--run", "many"], 2), (["--run", "^many: apple$"], 1),
                        (["--run", "many: case 2"], 1), (["--run", "kiwi"], 0), (["--filter", "apple"], 2), (["--filter", "apple", "--run", "^two"], 1)):
        expect(" ".join(words), kinfold(tmp, "a.lua", *words).stdout, f"{want} passed, 0 failed\n")
    bad = kinfold(tmp, "a.lua", "--run", "(")
    expect("no regular expression", bad.returncode, 64)
    expect_in("it says so", "--run '(' is no regular expression", bad.stderr)
    listed = kinfold(tmp, "a.lua", "--list", "--run", "ap")
    expect("a list", listed.stdout, "a.lua:12  one apple\na.lua:19  two apples\na.lua:36  many: apple\n3 cases of 3 scenarios\n")
    for words in (["--list", "--format", "tap"], ["--format", "pdf"], ["--json", "--format", "tap"], ["--min", "80 apples"], ["--min", "101%"]):
        expect(" ".join(words), kinfold(tmp, "a.lua", *words).returncode, 64)


def case_fail_fast(tmp):
    names = [f"s{i:02d}" for i in range(40)]
    write(tmp, "a.lua", numbered(names, fails=("s07", "s09", "s31")))
    write(tmp, "b.lua", numbered(["later"]))
    for threads in ("1", "4"):
        done = kinfold(tmp, "a.lua", "b.lua", "--fail-fast", "-j", threads)
        expect(f"-j {threads}", (done.returncode, done.stdout.splitlines()[-1]), (1, "7 passed, 1 failed; stopped at the first failure"))
        expect_in("the first one", "FAILED s07", done.stdout)
    doc = json.loads(kinfold(tmp, "a.lua", "b.lua", "-x", "--json").stdout)
    expect("the document", (doc["stopped"], doc["failed"], [r["scenario"] for r in doc["results"]]), (True, 1, names[:8]))
    expect("without", kinfold(tmp, "a.lua", "b.lua").stdout.splitlines()[-1], "38 passed, 3 failed")
    expect_in("tap", "Bail out! stopped at the first failure", kinfold(tmp, "a.lua", "-x", "--format", "tap").stdout)


def case_todo(tmp):
    page = ["10:00  page  user_id=u1"]
    write(tmp, "a.lua", RULES % ("x", 'event "A"') + scenario("holds", page, "profiles = 1") +
          scenario("wish", page, "profiles = 2", '  todo = "guests",\n') + scenario("came true", page, "profiles = 1", '  todo = "soon",\n') + '''
scenario "some" {
  given = "10:00  page  user_id=u1",
  cases = {
    { "now", expect = { profiles = 1 } },
    { "later", todo = "not today", expect = { profiles = 3 } },
  },
}
''')
    done = kinfold(tmp, "a.lua")
    expect("a wish does not fail", (done.returncode, done.stdout.splitlines()[-1]), (0, "3 passed, 0 failed, 2 todo, 1 marked as todo and holding"))
    expect_in("its reason", "todo   wish  a.lua:19\n    guests\n", done.stdout)
    expect_in("of one case", "todo   some: later  a.lua:39\n    not today\n", done.stdout)
    expect_in("what holds is said", "it holds now, though it is marked as todo (soon): take the mark off", done.stdout)
    expect_in("and why it does not", "a.lua:24: profiles: expected 2, was 1", kinfold(tmp, "a.lua", "-v").stdout)


def case_coverage(tmp):
    who = 'all { event "A", any { event "B", trait "plan":is("pro") } }'
    rules = RULES % ("x", who)
    write(tmp, "a.lua", rules + scenario("one", ["10:00  A  user_id=u1", "10:01  B  user_id=u1"], "segments = { x = { 'user_id=u1' } }"))
    done = kinfold(tmp, "a.lua", "--coverage", "--min", "80%")
    expect("one profile shows one side", (done.returncode, done.stdout), (1, """segment x  0 of 5  a.lua:5
  never false    a.lua:9  there is 'A' and (there is 'B' or trait 'plan' is 'pro')
  never false    a.lua:9  there is 'A'
  never false    a.lua:9  there is 'B' or trait 'plan' is 'pro'
  never false    a.lua:9  there is 'B'
  never true     a.lua:9  trait 'plan' is 'pro'
coverage 0.0 %: 0 of 5 conditions were seen both true and false; less than the 80 % asked for
1 passed, 0 failed
"""))
    write(tmp, "b.lua", rules + scenario("two", ["10:00  A  user_id=u1", "10:01  B  user_id=u1", "10:02  A  user_id=u2", "10:03  page  user_id=u3"],
                                         "segments = { x = { 'user_id=u1' } }"))
    done = kinfold(tmp, "b.lua", "--coverage", "--min", "80%")
    expect("three profiles show nearly all", (done.returncode, done.stdout), (0, """segment x  4 of 5  b.lua:5
  never true     b.lua:9  trait 'plan' is 'pro'
coverage 80.0 %: 4 of 5 conditions were seen both true and false; at least 80 % is asked for
1 passed, 0 failed
"""))
    expect("a little more is too much", kinfold(tmp, "b.lua", "--min", "80.1").returncode, 1)
    ws = os.path.join(tmp, "ws")
    write(ws, "kinfold.yaml", "zone: UTC\n")
    write(ws, "rules/rules.lua", rules)
    write(ws, "rules/a_test.lua", scenario("one", ["10:00  A  user_id=u1", "10:01  B  user_id=u1"], "segments = { x = { 'user_id=u1' } }"))
    write(ws, "rules/b_test.lua", scenario("two", ["10:00  page  user_id=u1", "10:01  identify  user_id=u2 trait.plan=pro"], "segments = { x = {} }"))
    for words in ([], ["rules"], ["rules/a_test.lua", "rules/b_test.lua"]):
        doc = json.loads(kinfold(ws, *words, "--coverage", "--json").stdout)
        expect(f"all files of a workspace together {words}", (doc["coverage"]["both"], doc["coverage"]["conditions"], doc["coverage"]["percent"]),
               (5, 5, "100.0"))
    doc = json.loads(kinfold(ws, "rules/b_test.lua", "--coverage", "--json").stdout)
    expect("one file alone", [(g["seen_true"], g["seen_false"]) for r in doc["coverage"]["rules"] for g in r["gaps"]],
           [(False, True), (False, True), (False, True)])
    case_coverage_inside(tmp)


INSIDE = '''
computed "spent" {
  title = "t",
  owner = "o@example.com",
  because = "b",
  is = ratio(
    event "Order":where { paid = is "yes" }:sum "items",
    event "Order":where { channel = any { is "web", is "app" } }:count()
  ),
}

segment "again" {
  title = "t",
  owner = "o@example.com",
  because = "b",
  who = event "Order"
    :where { coupon = exists() }
    :followed_by(event "Refund":where { reason = "broken" }, days(7))
    :count()
    :at_least(1),
}

segment "lately" {
  title = "t",
  owner = "o@example.com",
  because = "b",
  who = event "Order":where { coupon = exists() }:newest(1):first "paid":is "yes",
}

trait "size" {
  title = "t",
  owner = "o@example.com",
  because = "b",
  from = { { event "Order":where { kind = "shoe" }, "size" } },
}
'''


def case_coverage_inside(tmp):
    """What selections ask of single events, in conditions, in values and where events are picked."""
    orders = ["2026-03-01 10:00  Order  user_id=u1 coupon=c paid=yes channel=web items=2",
              "2026-03-02 10:00  Order  user_id=u1 coupon=d paid=yes channel=tv items=2"]
    rules = RULES % ("none", 'event "A"') + INSIDE
    write(tmp, "inside.lua", rules + scenario("one", orders, "segments = { lately = { 'user_id=u1' } }"))
    done = kinfold(tmp, "inside.lua", "--coverage", "--min", "20")
    expect("always, never and both", (done.returncode, done.stdout), (1, """trait size  0 of 1  inside.lua:40
  never true     inside.lua:44  of 'Order': kind is 'shoe'
computed spent  2 of 4  inside.lua:12
  never false    inside.lua:17  of 'Order': paid is 'yes'
  never true     inside.lua:18  of 'Order': channel is 'app'
segment again  0 of 3  inside.lua:22
  never true     inside.lua:26  the number of 'Order' where coupon is there followed by 'Refund'
                   where reason is 'broken' within 7 days is at least 1
  never false    inside.lua:27  of 'Order': coupon is there
  never asked    inside.lua:28  of 'Refund': reason is 'broken'
segment lately  0 of 2  inside.lua:33
  never false    inside.lua:37  the first paid of 'Order' where coupon is there (the newest 1) is
                   'yes'
  never false    inside.lua:37  of 'Order': coupon is there
segment none  0 of 1  inside.lua:5
  never true     inside.lua:9  there is 'A'
coverage 18.1 %: 2 of 11 conditions were seen both true and false; less than the 20 % asked for
1 passed, 0 failed
"""))
    more = orders + ["2026-03-03 10:00  Refund  user_id=u1 reason=broken", "2026-03-03 10:00  Refund  user_id=u1 reason=late",
                     "2026-03-03 10:00  Order  user_id=u2 channel=app paid=no kind=shoe size=44", "2026-03-03 10:00  A  user_id=u2"]
    write(tmp, "more.lua", rules + scenario("two", more, "segments = { again = { 'user_id=u1' }, lately = { 'user_id=u1' } }"))
    done = kinfold(tmp, "more.lua", "--coverage", "--min", "100")
    expect("all of them both ways", (done.returncode, done.stdout),
           (0, "coverage 100.0 %: 11 of 11 conditions were seen both true and false; at least 100 % is asked for\n1 passed, 0 failed\n"))
    doc = json.loads(kinfold(tmp, "inside.lua", "--json", "--coverage").stdout)["coverage"]
    expect("counted in the document", [(r["rule"], r["conditions"], r["both"]) for r in doc["rules"]],
           [("size", 1, 0), ("spent", 4, 2), ("again", 3, 0), ("lately", 2, 0), ("none", 1, 0)])
    expect("with their places", [(g["where"], g["sentence"], g["seen_true"], g["seen_false"]) for g in doc["rules"][2]["gaps"]][1:],
           [("inside.lua:27", "of 'Order': coupon is there", True, False), ("inside.lua:28", "of 'Refund': reason is 'broken'", False, False)])
    lines = RULES % ("some", 'event "Order":where {\n    size = is("x"),\n    coupon = exists(),\n    ["context.app.name"] = missing(),\n  }')
    write(tmp, "lines.lua", lines + scenario("one", orders, "segments = { some = {} }"))
    doc = json.loads(kinfold(tmp, "lines.lua", "--json", "--coverage").stdout)["coverage"]
    at = [int(g["where"].split(":")[1]) for g in doc["rules"][0]["gaps"]]
    expect("by line, not by name", at, list(range(at[0], at[0] + 4)))
    expect("and no rounding", kinfold(tmp, "inside.lua", "--min", "18.2").returncode, 1)


class Watched:
    """A pass ends with the line of its figures; what was said is kept."""

    def __init__(self, folder, *words, terminal=False):
        self.said = b""
        self.fd = None
        if terminal:
            self.fd, inner = pty.openpty()
            self.p = subprocess.Popen([KINFOLD, "test", "--watch", *words], cwd=folder, stdout=inner, stderr=subprocess.DEVNULL, env=ENV)
            os.close(inner)
        else:
            self.p = subprocess.Popen([KINFOLD, "test", "--watch", *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENV)
            self.fd = self.p.stdout.fileno()

    def until(self, text, seconds=60):
        end = time.monotonic() + seconds
        at = len(self.said)
        while time.monotonic() < end:
            if text.encode() in self.said[at:] or (at == 0 and text.encode() in self.said):
                return True
            if select.select([self.fd], [], [], 0.2)[0]:
                self.said += os.read(self.fd, 65536)
        problems.append(f"waited for {text!r}, had {self.said!r}")
        return False

    def quiet(self, seconds):
        if select.select([self.fd], [], [], seconds)[0]:
            problems.append(f"another pass: {os.read(self.fd, 65536)!r}")

    def end(self, sig=signal.SIGINT):
        self.p.send_signal(sig)
        return self.p.wait(timeout=60)


def case_watch(tmp):
    ws = os.path.join(tmp, "ws")
    write(ws, "kinfold.yaml", "zone: UTC\n")
    write(ws, "rules/rules.lua", RULES % ("x", 'event "A"'))
    write(ws, "rules/a_test.lua", scenario("one", ["10:00  A  user_id=u1"], "segments = { x = { 'user_id=u1' } }"))
    w = Watched(ws)
    w.until("1 passed, 0 failed\n")
    write(ws, "rules/rules.lua", RULES % ("x", 'event "B"'))
    w.until("0 passed, 1 failed\n")
    expect_in("what differs", "segment x: missing user_id=u1", w.said.decode())
    write(ws, "rules/rules.lua", RULES % ("x", "event ") + "}")  # half a word, as when saving in the middle
    time.sleep(1)
    os.rename(os.path.join(ws, write(ws, "rules/.rules.lua.swp", RULES % ("x", 'event "A"'))), os.path.join(ws, "rules/rules.lua"))
    w.until("1 passed, 0 failed\n")  # a file that takes the place of another, and rules that load again
    write(ws, "rules/more/b_test.lua", scenario("two", ["10:00  A  user_id=u1"], "segments = { x = {} }"))
    w.until("1 passed, 1 failed\n")  # a folder that is new
    write(ws, "rules/more/b_test.lua", scenario("two", ["10:00  A  user_id=u1"], "segments = { x = { 'user_id=u1' } }"))
    w.until("2 passed, 0 failed\n")  # and is watched
    before = w.said.count(b"passed,")
    for i in range(5):
        write(ws, "rules/a_test.lua", scenario("one", ["10:00  A  user_id=u1"], "segments = { x = { 'user_id=u1' } }") + f"-- {i}\n")
    w.until("2 passed, 0 failed\n")
    w.quiet(1.5)
    expect("several saves at once are one pass", w.said.count(b"passed,") - before, 1)
    write(ws, "rules/notes.txt", "no rule")
    write(ws, "rules/.hidden.lua", "no rule")
    w.quiet(1.5)
    expect("no terminal, no clearing", b"\033[2J" in w.said, False)
    expect("Ctrl-C", w.end(), 130)
    t = Watched(ws, "rules/a_test.lua", terminal=True)
    t.until("1 passed, 0 failed")
    expect("a terminal is cleared", t.said.startswith(b"\033[2J"), True)
    expect("a request to end", t.end(signal.SIGTERM), 143)
    own = write(tmp, "own/own.lua", numbered(["alone"]))
    o = Watched(tmp, own)
    o.until("1 passed, 0 failed\n")
    write(tmp, own, numbered(["alone", "two"], fails=("two",)))
    o.until("1 passed, 1 failed\n")
    expect("Ctrl-C of a file of its own", o.end(), 130)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        globals()["case_" + CASE](tmp)
    for p in problems:
        print(p)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
