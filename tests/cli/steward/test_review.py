#!/usr/bin/env python3
"""kinfold review: each matter with its evidence and a key that lasts; the command it suggests settles it:  test_review.py KINFOLD"""
import os
import random
import shlex
import tempfile

from shop import Workspace, check, done, event, people, write

base = tempfile.mkdtemp(prefix="kf_review_")


def rows():
    out = list(people())
    both = event(70, "Page Seen", "u-kim", day=12)
    both["context"] = {"externalIds": [{"id": "u-lou", "type": "user_id", "encoding": "none", "collection": "users"}]}
    return out + [both, event(71, "Order Completed", "u-kim", day=12, order_id="o7", revenue=1, currency="EUR")]


def items(w, *args):
    return {i["kind"]: i for i in w.json("review", *args)["items"]}


w = Workspace(base, "shop", [rows()]).run()
got = w.json("review", "--reveal")
check("one of each kind", got["counts"], {"shared": 1, "contradictory": 1, "refused": 1, "dangling": 1, "oversize": 1})
check("in this order", [i["kind"] for i in got["items"]], ["shared", "contradictory", "refused", "dangling", "oversize"])
by = {i["kind"]: i for i in got["items"]}
check("shared", {k: by["shared"][k] for k in ("a", "b", "other", "count", "reason", "where", "event", "last")},
      {"a": "email:team@example.org", "b": "user_id:u-eve", "other": "user_id:u-dan", "count": 2, "reason": "shared", "where": "data/00.jsonl:14",
       "event": "m13", "last": "2026-03-05T10:00:13Z"})
check("contradictory", [by["contradictory"][k] for k in ("a", "b", "count", "event")], ["user_id:u-kim", "user_id:u-lou", 1, "m70"])
check("refused", [by["refused"][k] for k in ("a", "b", "rule", "reason")], ["user_id:u-flo", "email:flo0@example.org", "account", "per_profile"])
check("dangling", [by["dangling"][k] for k in ("rule", "has_only", "count", "event")], ["login", "user_id", 1, "m32"])
check("oversize", [by["oversize"][k] for k in ("a", "count", "reason")], ["user_id:u-gil", 10, "ceiling"])
masked = w.must("review") + w.must("review", "--json")
check("masked", [v for v in ("team@", "flo0@") if v in masked], [])
check("only one kind", [i["kind"] for i in w.json("review", "--kind", "shared")["items"]], ["shared"])
check("no such kind", (w.call("review", "--kind", "sharde")[0], "did you mean 'shared'" in w.call("review", "--kind", "sharde")[2]), (64, True))
check("people of fewer identifiers", sorted(i["a"] for i in w.json("review", "--kind", "oversize", "--oversize", "5")["items"]),
      ["email:a***@e***.org~edfe", "user_id:u-gil"])
keys = {k: i["key"] for k, i in by.items()}

# ---- keys last: other files, order, threads, and more of the same ----
for n in (3, 7):
    all_rows = rows()
    random.Random(n).shuffle(all_rows)
    other = Workspace(base, "files%d" % n, [all_rows[i::n] for i in range(n)]).run("-j", str(n))
    check("the same keys from %d files" % n, {k: i["key"] for k, i in items(other).items()}, keys)
write(os.path.join(w.dir, "data", "01.jsonl"), [event(80, "Account Updated", "u-eve", "team@example.org", day=13), event(81, "Signed In", "u-hal", day=13)])
w.run()
check("more evidence, the same keys", {k: i["key"] for k, i in items(w).items()}, keys)
check("it is counted", (items(w)["dangling"]["count"], items(w)["shared"]["last"]), (2, "2026-03-13T10:00:20Z"))

# ---- what a suggested command settles is gone, at once and after the run ----
for kind in ("shared", "contradictory", "refused", "oversize"):
    x = Workspace(base, "settle_" + kind, [rows()]).run()
    it = items(x, "--reveal")[kind]
    args = shlex.split(it["command"])[1:]
    x.must(*args[:-1], "a test", "--by", "tester")
    now = x.json("review", "--reveal")
    left = [i["kind"] for i in now["items"] if i["key"] == it["key"]]
    if kind == "oversize":  # one link less may leave them at the limit, with another link to take its place
        check("oversize: another link is the weakest", items(x, "--reveal")[kind]["command"] != it["command"], True)
    else:
        check(kind + ": settled", (left, now["decisions_waiting"]), ([], 1))
    x.run()
    after = x.json("review")
    check(kind + ": also after the run", (len(after["items"]), after["decisions_waiting"]), (5 if kind == "oversize" else 4, 0))
    x.must("decide", "undo", "1", "--because", "x", "--by", "y")
    check(kind + ": an undo raises it again", {k: i["key"] for k, i in items(x).items()}, keys)

# ---- and so is what the data no longer raise ----
quiet = Workspace(base, "quiet", [[e for e in people() if e.get("userId") in ("u-anna", "u-ben")]])
check("before the first run", quiet.call("review")[0], 66)
quiet.run()
check("nothing waits", quiet.json("review")["items"], [])
check("in words", quiet.must("review"), "0 matters wait for a person.\n")
done()
