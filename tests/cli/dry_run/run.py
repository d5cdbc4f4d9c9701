#!/usr/bin/env python3
"""What `kinfold dry-run` says before a rule change against what `kinfold run` makes of it:  run.py KINFOLD

People of an invented shop are written by seed-free arithmetic below; every figure of a dry-run is compared with the stores that both rule
sets really made, read with sqlite3."""
import glob
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
kinfold = os.path.abspath(sys.argv[1])
failures = 0


def check(what, found, wanted):
    global failures
    if found == wanted:
        print("  ok   %s: %.100r" % (what, found))
    else:
        failures += 1
        print("  FAIL %s: found %.300r, wanted %.300r" % (what, found, wanted))


def events():
    """80 accounts; person i spends i * 3 EUR, every fourth confirms a newsletter, pairs share a device, every tenth opted out."""
    n = 0

    def line(kind, name, i, **more):
        nonlocal n
        n += 1
        e = {"messageId": "m%d" % n, "type": kind, "timestamp": "2026-%02d-%02dT10:00:00Z" % (1 + i % 6, 1 + i % 28)}
        if name:
            e["event"] = name
        e.update(more)
        return e

    for i in range(80):
        mail, device = "person%d@example.org" % i, "device-%d" % (i // 2)
        yield line("track", "Account Created", i, userId="u%d" % i, context={"traits": {"email": mail}})
        yield line("track", "Order Completed", i, userId="u%d" % i, properties={
            "order_id": "o%d" % i, "revenue": i * 3, "currency": "EUR", "coupon": "STAFF" if i % 16 == 0 else "NONE"})
        yield line("identify", None, i, userId="u%d" % i, traits={"opted_out": i % 10 == 0})
        if i % 4 == 0:
            yield line("track", "Newsletter Confirmed", i, context={"traits": {"email": mail}, "device": {"id": device}})
        if i % 2 == 1:
            yield line("track", "Device Seen", i, userId="u%d" % i, context={"device": {"id": device}})


class Workspace:
    def __init__(self, base, name):
        self.dir = os.path.join(base, name)
        shutil.copytree(os.path.join(here, "workspace"), self.dir)
        with open(os.path.join(self.dir, "events.jsonl"), "w") as f:
            for e in events():
                f.write(json.dumps(e) + "\n")

    def call(self, *args):
        p = subprocess.run([kinfold, "-C", self.dir, *args], capture_output=True, text=True, timeout=60)
        return p.returncode, p.stdout, p.stderr

    def run(self):
        code, out, err = self.call("run", "-q")
        if code:
            sys.exit("kinfold run failed (%d): %s" % (code, err))
        return self

    def dry(self, *args):
        """The document of a dry-run that must succeed, its store untouched."""
        before = self.state()
        code, out, err = self.call("dry-run", "--json", *args)
        if code:
            sys.exit("kinfold dry-run failed (%d): %s" % (code, err))
        if self.state() != before:
            check("files untouched", self.state(), before)
        d = json.loads(out)
        if d["schema"] != "kinfold.dry-run/1":
            check("schema", d["schema"], "kinfold.dry-run/1")
        return d

    def state(self):
        return {p: hashlib.sha256(open(p, "rb").read()).hexdigest()
                for p in glob.glob(self.dir + "/**", recursive=True) if os.path.isfile(p)}

    def edit(self, file, old, new):
        path = os.path.join(self.dir, "rules", file)
        text = open(path).read()
        if old not in text:
            sys.exit("%s does not hold %r" % (path, old))
        open(path, "w").write(text.replace(old, new, 1))
        return self

    def store(self):
        return sqlite3.connect("file:%s/kinfold.db?mode=ro" % self.dir, uri=True)

    def people(self):
        """profile -> its identifiers"""
        out = {}
        for profile, ns, value in self.store().execute(
                "SELECT i.profile, n.name, i.value FROM identifier i JOIN namespace n ON n.id = i.namespace WHERE i.profile IS NOT NULL"):
            out.setdefault(profile, set()).add((ns, value))
        return out

    def members(self, table, rule):
        return {p for (p,) in self.store().execute(
            "SELECT DISTINCT m.profile FROM %s m JOIN rule r ON r.id = m.rule WHERE r.name = ?" % table, (rule,))}


def by_name(rows, name):
    return next(r for r in rows if r["name"] == name)


def really(base, name, *edits):
    """A store that the edited rules made from the same files."""
    w = Workspace(base, name)
    for e in edits:
        w.edit(*e)
    return w.run()


def moved(a, b, table, rule):
    """Members by identifiers: added, removed, kept. Nobody merges or splits, so a person is their identifiers."""
    one = {frozenset(a.people()[p]) for p in a.members(table, rule)}
    two = {frozenset(b.people()[p]) for p in b.members(table, rule)}
    return {"added": len(two - one), "removed": len(one - two), "kept": len(one & two)}


def figures(row):
    return {k: row[k] for k in ("added", "removed", "kept")}


def several(a, b):
    """How many people of b hold identifiers of several people of a."""
    owner = {i: p for p, ids in a.people().items() for i in ids}
    return sum(len({owner[i] for i in ids if i in owner}) > 1 for ids in b.people().values())


def test_never_ran(base):
    w = Workspace(base, "never")
    d = w.dry()
    check("never ran: first run", d["first_run"], True)
    check("never ran: changes are pending", w.call("dry-run", "--detailed-exit", "-q"), (2, "", ""))
    check("never ran: no store was made", os.path.exists(w.dir + "/kinfold.db"), False)
    w.run()
    check("never ran: profiles", d["identity"]["after"]["profiles"], len(w.people()))
    check("never ran: profiles before", d["identity"]["before"]["profiles"], 0)
    check("never ran: big_spenders", by_name(d["segments"], "big_spenders")["after"], len(w.members("membership", "big_spenders")))
    check("never ran: 46 spent 100 EUR", by_name(d["segments"], "big_spenders")["after"], sum(i * 3 >= 100 for i in range(80)))
    check("never ran: everybody is added", by_name(d["segments"], "big_spenders")["added"], 46)


def test_no_change(base, w):
    d = w.dry()
    check("no change: same rules", (d["same_rules"], d["changes"], d["rules"]), (True, False, []))
    code, out, err = w.call("dry-run", "--detailed-exit", "--max-merges", "0", "--max-segment-change", "0%")
    check("no change: exit", code, 0)
    check("no change: verdict", out.splitlines()[0], "Nothing would change: the rules mean what they meant in run 1.")
    check("no change: last line", out.splitlines()[-1], "Nothing was written.")
    w.edit("decisions.lua", 'title = "Has a device"', 'title = "Came with a device"')
    d = w.dry()
    check("title: same meaning", (d["same_rules"], d["text_only"]), (True, True))
    check("title: exit", w.call("plan", "--detailed-exit")[0], 0)
    w.edit("decisions.lua", 'title = "Came with a device"', 'title = "Has a device"')


def test_threshold(base, w):
    edit = ("decisions.lua", 'money(100, "EUR")', 'money(150, "EUR")')
    after = really(base, "threshold", edit)
    w.edit(*edit)
    d = w.dry()
    row = by_name(d["segments"], "big_spenders")
    check("threshold: figures are those of two runs", figures(row), moved(w, after, "membership", "big_spenders"))
    check("threshold: as counted by hand", figures(row), {"added": 0, "removed": 16, "kept": 30})
    check("threshold: other segment", figures(by_name(d["segments"], "visitors")), moved(w, after, "membership", "visitors"))
    check("threshold: cause", row["cause"], "edited (+0 -16)")
    check("threshold: edits", [(e["path"], e["before"], e["after"], e["sentence_after"], e["where"]) for e in d["rules"][0]["edits"]],
          [("who.at_least", "100.00 EUR", "150.00 EUR", "trait 'revenue' is at least 150.00 EUR", "rules/decisions.lua:24")])
    check("threshold: identity", (d["identity"]["rules_differ"], d["identity"]["merged"], d["identity"]["split"]), (False, 0, 0))
    for e in row["examples"]:
        spent = float(e["conditions_after"][0]["actual"].split()[0])
        if not (e["change"] == "removed" and 100 <= spent < 150 and e["conditions_before"][0]["holds"] == "true"
                and e["conditions_after"][0]["holds"] == "false"):
            check("threshold: an example has values between the thresholds", e, None)
    check("threshold: examples", len(row["examples"]), 3)
    code, out, err = w.call("dry-run")
    lines = out.splitlines()
    check("threshold: first line", lines[0],
          "Changes: 1 rule differs, 1 segment gets other members; nobody merges or splits; nobody becomes contactable.")
    check("threshold: last line", lines[-1].startswith("Summary: profiles 80 -> 80, merged 0, split 0, memberships +0 -16, "), True)
    check("threshold: masked", "person" in out.replace("person ", ""), False)
    check("threshold: revealed", "@example.org" in w.call("dry-run", "--reveal")[1], True)
    check("threshold: exit", code, 0)
    check("threshold: --detailed-exit", w.call("dry-run", "--detailed-exit")[0], 2)
    code, out, err = w.call("dry-run", "--detailed-exit", "--max-segment-change", "10%", "--max-merges", "0")
    check("threshold: over the limit", (code, out.splitlines()[0]), (
        1, "Over the limit: --max-segment-change 10%, but segment big_spenders changes by 34.8% (+0 -16 of 46)."))
    check("threshold: within the limit", w.call("dry-run", "--max-segment-change", "35%")[0], 0)
    check("threshold: no such share", w.call("dry-run", "--max-segment-change", "lots")[0], 64)
    w.edit(edit[0], edit[2], edit[1])


def test_asked(base, w):
    edit = ("decisions.lua", 'event "Order Completed":within(days(365))', 'event "Order Completed":where { coupon = "STAFF" }:within(days(365))')
    after = really(base, "asked", edit)
    w.edit(*edit)
    row = by_name(w.dry()["segments"], "big_spenders")
    check("asked: figures are those of two runs", figures(row), moved(w, after, "membership", "big_spenders"))
    check("asked: cause", row["cause"], "asks computed revenue, which is edited (+0 -44)")
    w.edit(edit[0], edit[2], edit[1])


def test_suppression(base, w):
    edit = ("decisions.lua", 'who = trait "opted_out":is(true)', 'who = trait "revenue":at_least(money(180, "EUR"))')
    after = really(base, "suppression", edit)
    w.edit(*edit)
    d = w.dry()
    real = moved(w, after, "suppression", "no_mail")
    check("suppression: figures are those of two runs", figures(by_name(d["suppressions"], "no_mail")), real)
    check("suppression: newly suppressed", d["suppressed"]["added"], 18)
    check("suppression: newly contactable", (d["contactable"]["added"], real["removed"]), (6, 6))
    code, out, err = w.call("dry-run", "--max-newly-contactable", "5")
    check("suppression: over the limit", (code, out.splitlines()[0]),
          (1, "Over the limit: --max-newly-contactable 5, but 6 people become contactable."))
    check("suppression: who and by what", ": no longer suppressed by no_mail" in out, True)
    w.edit(edit[0], edit[2], edit[1])


def test_except(base, w):
    edit = ("decisions.lua", 'who = trait "revenue":at_least(money(100, "EUR")),',
            'who = trait "revenue":at_least(money(100, "EUR")),\n  except = trait "opted_out":is(true),')
    w.edit(*edit)
    row = by_name(w.dry()["segments"], "big_spenders")
    check("except: four of those who spent opted out", figures(row), {"added": 0, "removed": 4, "kept": 42})
    check("except: the condition", [(c["except"], c["needed"], c["actual"], c["holds"]) for c in row["examples"][0]["conditions_after"]][1:],
          [(False, "is no exception", None, "false"), (True, "trait 'opted_out' is true", "true", "true")])
    check("except: in the text", "now    \u2713 except trait 'opted_out' is true: was true" in w.call("dry-run")[1], True)
    w.edit(edit[0], edit[2], edit[1])


def test_flag(base, w):
    edit = ("identity.lua", '{ coupon = "STAFF" }', '{ coupon = "NONE" }')
    w.edit(*edit)
    row = by_name(w.dry()["flags"], "test_order")
    check("flag: events", (row["before"], row["after"], row["added"], row["removed"]), (5, 75, 75, 5))
    w.edit(edit[0], edit[2], edit[1])


MERGE = ("identity.lua", 'link "newsletter" {', '''link "device" {
  title = "Whoever signs in on a device has it",
  owner = "analytics@example.com",
  because = "To see what a merge looks like.",
  when = event "Device Seen",
  connect = { "user_id", "device_id" },
  strength = "observed",
}

link "newsletter" {''')


def test_merge(base, w):
    after = really(base, "merge", MERGE, ("identity.lua", "per_profile = 1", "per_profile = 2"))
    w.edit(*MERGE).edit("identity.lua", "per_profile = 1", "per_profile = 2")
    d = w.dry()
    i = d["identity"]
    check("merge: profiles are those of two runs", (i["before"]["profiles"], i["after"]["profiles"]), (len(w.people()), len(after.people())))
    check("merge: merged", i["merged"], several(w, after))
    check("merge: by hand: every other device is two accounts'", (i["merged"], i["split"]), (20, 0))
    for e in i["merged_examples"]:
        if e["link"]["rule"] != "device" or e["link"]["where"] != "rules/identity.lua:16" or not e["link"]["record"].startswith("events.jsonl:"):
            check("merge: the link that causes it", e["link"], "device")
    check("merge: examples", len(i["merged_examples"]), 3)
    code, out, err = w.call("dry-run", "--max-merges", "19")
    check("merge: over the limit", (code, out.splitlines()[0]), (1, "Over the limit: --max-merges 19, but 20 people merge."))
    check("merge: within the limit", w.call("dry-run", "--max-merges", "20", "--max-splits", "0")[0], 0)
    return w, after


def test_refused(base, w):
    """With one account a person, the links that would join two accounts are refused, and a dry-run says so."""
    after = really(base, "refused", MERGE)
    w.edit("identity.lua", "per_profile = 2", "per_profile = 1")
    i = w.dry()["identity"]
    check("refused: profiles", i["after"]["profiles"], len(after.people()))
    check("refused: merged are those of two runs", i["merged"], several(w, after))
    check("refused: links", (i["before"]["refused_links"], i["after"]["refused_links"]), (0, 20))


def test_split(base):
    two = ("identity.lua", "per_profile = 1", "per_profile = 2")
    edit = ("identity.lua", 'when = event "Newsletter Confirmed"', 'when = event "Newsletter Closed"')
    a = really(base, "split", MERGE, two).edit(*edit)
    b = really(base, "split_after", MERGE, two, edit)
    i = a.dry()["identity"]
    check("split: split are those of two runs", i["split"], several(b, a))
    check("split: by hand", (i["merged"], i["split"]), (0, 20))
    check("split: profiles are those of two runs", (i["before"]["profiles"], i["after"]["profiles"]), (len(a.people()), len(b.people())))
    check("split: the link", {e["link"]["rule"] for e in i["split_examples"]}, {"newsletter"})
    check("split: over the limit", a.call("dry-run", "--max-splits", "0")[0], 1)


def test_sample(base, w):
    edit = ("decisions.lua", 'money(100, "EUR")', 'money(150, "EUR")')
    w.edit(*edit)
    d = w.dry("--sample", "40")
    s = d["sample"]
    check("sample: not all, not none", 0 < s["components"] < s["of_components"] and 0 < s["events"] < s["of_events"], True)
    check("sample: the same again", w.dry("--sample", "40%")["sample"], s)
    whole = dict(w.store().execute("SELECT profile_id, events FROM profile"))
    seen = [e["before"] for row in d["segments"] for e in row["examples"]]
    check("sample: people are whole", {p["profile"]: p["events"] for p in seen}, {p["profile"]: whole.get(p["profile"]) for p in seen})
    check("sample: people", len(seen), 3)
    check("sample: all of it", w.dry("--sample", "100")["sample"], None)
    check("sample: out of range", w.call("dry-run", "--sample", "101")[0], 64)
    w.edit(edit[0], edit[2], edit[1])


def test_sample_decided(base):
    """Whom a steward spoke of in one breath is in a sample together."""
    edit = ("decisions.lua", 'money(100, "EUR")', 'money(150, "EUR")')
    w = Workspace(base, "decided").run().edit(*edit)
    apart = w.dry("--sample", "40")["sample"]["of_components"]
    a, b = [v for (v,) in w.store().execute(
        "SELECT min(value) FROM identifiers WHERE namespace = 'user_id' AND profile_id IS NOT NULL GROUP BY profile_id ORDER BY 1")][::20][:2]
    code, _, err = w.call("decide", "keep-apart", "user_id:" + a, "user_id:" + b, "--because", "twins", "--by", "t@example.com")
    check("decided: said", (code, err), (0, ""))
    w.edit(edit[0], edit[2], edit[1]).run().edit(*edit)
    check("decided: two components are one", w.dry("--sample", "40")["sample"]["of_components"], apart - 1)


def test_broken_rules(base, w):
    w.edit("decisions.lua", 'trait "revenue":at_least', 'trait "revenu":at_least')
    code, out, err = w.call("dry-run")
    check("broken rules: exit", code, 78)
    check("broken rules: nothing on stdout, the place on stderr", (out, "rules/decisions.lua:" in err), ("", True))


def main():
    with tempfile.TemporaryDirectory(prefix="kf_dry_run_") as base:
        test_never_ran(base)
        w = Workspace(base, "before").run()
        test_no_change(base, w)
        test_threshold(base, w)
        test_asked(base, w)
        test_suppression(base, w)
        test_except(base, w)
        test_flag(base, w)
        test_sample(base, w)
        test_sample_decided(base)
        test_merge(base, w)
        test_refused(base, w)
        test_split(base)
        test_broken_rules(base, w)
    print("%d failure%s" % (failures, "" if failures == 1 else "s"))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
