#!/usr/bin/env python3
"""--json: one document, a schema name, and the figures of the text."""
import json
import os
import re

from basics import HOME, commands, done, edit, expect, expect_in, kinfold, number, problems, shop


def document(words, cwd, schema, status=(0,)):
    r = kinfold(*words, "--json", cwd=cwd)
    expect("%s --json" % " ".join(words), r.returncode in status, True)
    try:
        d = json.loads(r.stdout)
    except ValueError as e:
        problems.append("%s --json is no document: %s\n%s" % (" ".join(words), e, r.stdout[:300]))
        return {}
    expect("%s: schema" % " ".join(words), d.get("schema"), schema)
    expect("%s: one line" % " ".join(words), r.stdout.count("\n"), 1)
    schemas.add(words[0])
    return d


schemas = set()
first, second = shop("first", ran=False), shop("second", ran=False)

d, text = document(["check"], first, "kinfold.check/1"), kinfold("check", cwd=first).stdout
expect("check: rules", d["rules"], number(text, r"^(\d+) rules in"))
expect("check: connectors", d["connectors"], number(text, r"(\d+) connectors ready"))

d, text = document(["run"], first, "kinfold.run/1"), kinfold("run", cwd=second).stdout
expect("run: events", d["events"], number(text, r"^([\d,]+) events from"))
expect("run: sources", [[s["name"]] + [str(s[k]) for k in ("records", "events", "duplicates", "quarantined")] for s in d["sources"]],
       [l.split()[:5] for l in text.split("\n\n")[0].splitlines()[2:]])
expect("run: events add up", sum(s["events"] for s in d["sources"]), d["events"])
expect("run: quarantined", d["quarantined"], number(text, r"^Quarantined (\d+) record"))
expect("run: profiles", d["profiles"], number(text, r"^([\d,]+) profiles from"))
expect("run: identifiers", d["identifiers"], number(text, r"profiles from ([\d,]+) identifiers"))
expect("run: joined", d["joined"], {k: int(v) for k, v in re.findall(r"([a-z_]+) (\d+)", re.search(r"^  joined +(.*)$", text, re.M).group(1))})
expect("run: refused", d["refused"], {k: int(v) for k, v in re.findall(r"^  (?:refused|       )  ([a-z_]+) +(\d+)  \w", text, re.M)})
rows = {m[0]: [int(x) for x in m[1:5]] for m in re.findall(r"^  ([a-z_0-9]+) +(\d+) +(\d+) +(\d+) +(\d+)(?:  .*)?$", text.split("undecided")[1], re.M)}
expect("run: segments", {s["name"]: [s["members"], s["suppressed"], s["no_consent"], s["undecided"]] for s in d["segments"]}, rows)
expect("run: who is suppressed by what", {s["name"]: s["suppressed_by"] for s in d["segments"]}["vip_at_risk"], {"call_opt_out": 1, "do_not_contact": 1})
expect("run: fraud", {f["name"]: (f["reject"], f["suspicious"]) for f in d["fraud"] if f["reject"] + f["suspicious"]},
       {m[0]: (int(m[1]), int(m[2])) for m in re.findall(r"^  ([a-z_]+) +(\d+) +(\d+)  [A-Z]", text.split("  fraud ")[1], re.M)})
again = document(["run"], first, "kinfold.run/1")
expect("run again", (again["nothing_new"], again["events"], again["carried_events"], again["profiles"]), (True, 0, 102, 23))

d, text = document(["status"], first, "kinfold.status/1"), kinfold("status", cwd=first).stdout
expect("status: totals", (d["events"], d["profiles"], d["identifiers"], d["duplicates"], d["quarantined"]),
       tuple(int(x) for x in re.search(r"(\d+) events, (\d+) profiles, (\d+) identifiers, (\d+) duplicates?, (\d+) records? in quarantine", text).groups()))
expect("status: segments", d["segments"], {m[0]: int(m[1]) for m in re.findall(r"^  segment +([a-z_0-9]+) +(\d+)  ", text, re.M)})

d, text = document(["quality"], first, "kinfold.quality/1"), kinfold("quality", "--all", cwd=first).stdout
expect("quality: checks", len(d["checks"]), number(text, r"^(\d+) checks:"))
rows = [re.split(" {2,}", line) for line in re.findall(r"^(?:ok|warn|FAILED)  .*$", text, re.M)]
expect("quality: findings", [(c["rule"] or "built in", c["detail"], "%d" % c["bad"], "%d" % c["of"]) for c in d["checks"]], [tuple(r[1:5]) for r in rows])
expect("quality: verdict", (d["failed"], d["warned"], d["quarantined"]), (number(text, r"checks: (\d+) failed"), number(text, r"failed, (\d+) with"), 1))

who = ["explain", "email:anna@example.com"]
d, text = document(who, first, "kinfold.explain/1"), kinfold(*who, cwd=first).stdout
expect("explain: profile", d["profile"], re.search(r"profile ([0-9a-f]{16})", text).group(1))
expect("explain: events", d["events"], number(text, r"^(\d+) events from"))
expect("explain: segments", [s["name"] for s in d["segments"] if s["member"]], re.findall(r"^  in  ([a-z_0-9]+)", text, re.M))
expect("explain: links", len(d["links"]), len(re.findall(r"^  \S", text.split("Joined because\n")[1].split("\n\n")[0], re.M)))
expect("explain: values", {v["name"] for v in d["values"]} >= {"country", "orders_total", "churn_risk"}, True)
document(["explain", "email:anna@example.com", "email:gus@example.com"], first, "kinfold.explain-two/1", (1,))

out = ["export", "--segment", "vip_at_risk", "--to", "crm_file"]
d, text = document(out, first, "kinfold.export/1"), kinfold(*out, cwd=first).stdout
expect("export", (d["members"], d["may_be_sent"], d["sent"], d["suppressed"], d["no_consent"]),
       (number(text, r"has (\d+) members"), number(text, r"(\d+) may be sent"), number(text, r"^(\d+) sent"), number(text, r"^  suppressed +(\d+)"),
        number(text, r"without the consent it requires +(\d+)")))
expect("export: rows of the file", d["sent"], len(open(os.path.join(first, "out", "vip_call_list.csv")).read().splitlines()) - 1)

edit(first, "rules/traits.lua", '{ "large", money(300, "EUR") }', '{ "large", money(400, "EUR") }')
d, text = document(["dry-run"], first, "kinfold.dry-run/1"), kinfold("dry-run", cwd=first).stdout
expect_in("dry-run: verdict", d["verdict"], text)
expect_in("dry-run: summary", d["summary"], text)
changed = {s["name"]: (s["before"], s["after"]) for s in d["segments"] if s["before"] != s["after"]}
expect("dry-run: segments", changed, {"vip": (5, 2), "vip_at_risk": (3, 1)})
for name, (a, b) in changed.items():
    expect("dry-run: %s as text" % name, re.search(r"^  %s +%d +%d " % (name, a, b), text, re.M) is not None, True)
d, text = document(["diff"], first, "kinfold.diff/1"), kinfold("diff", cwd=first).stdout
expect("diff: the edit", [(e["path"], e["before"], e["after"]) for e in d["rules"][0]["edits"]], [("is.bucket", "300.00 EUR", "400.00 EUR")])
expect_in("diff: verdict", d["verdict"], text)

some = ["test", "--filter", "account"]
d, text = document(some, second, "kinfold.test/1"), kinfold(*some, cwd=second).stdout
expect("test: some", d["passed"] > 1, True)
expect("test", (d["passed"], d["failed"]), (number(text, r"^(\d+) passed"), number(text, r"passed, (\d+) failed")))
expect("test: results", len(d["results"]), d["passed"] + d["failed"] + d["todo"])

d, text = document(["plugin", "list"], first, "kinfold.plugin-list/1"), kinfold("plugin", "list", cwd=first).stdout
expect("plugin list", [p["name"] for p in d["plugins"]], [l.split()[0] for l in text.splitlines()[1:] if l[0] != " "])
d, text = document(["plugin", "show", "source_csv"], first, "kinfold.plugin/1"), kinfold("plugin", "show", "source_csv", cwd=first).stdout
expect("plugin show", [o["key"] for o in d["options"]], re.findall(r"^  ([a-z_]+)  \S.*\n      [A-Z]", text, re.M))
for p in ("source_csv", "source_segment", "source_salesforce", "source_google_ads", "source_appsflyer"):
    d, text = document(["plugin", "check", p], first, "kinfold.plugin-check/1"), kinfold("plugin", "check", p, cwd=first).stdout
    expect("plugin check %s" % p, (d["ok"], d["passed"], d["failed"]), (True, number(text, r"^(\d+) passed"), 0))
    expect("plugin check %s has cases" % p, len(d["cases"]) >= 2, True)

d, text = document(["docs"], first, "kinfold.docs/1"), kinfold("docs", cwd=first).stdout
expect("docs: rules", len(d["rules"]), len(re.findall(r'^<a id="', text, re.M)))
expect("docs: data", len(d["data"]), len(text.split("## What uses which data")[1].split("\n## ")[0].strip().splitlines()) - 2)

d = document(["version"], first, "kinfold.version/1")
expect_in("version", "kinfold %s\n" % d["version"], kinfold("version").stdout)
d = document(["help"], first, "kinfold.help/1")
expect("help", [c["name"] for c in d["commands"]], commands())
for shell in ("bash", "zsh"):
    expect("completion %s" % shell, document(["completion", shell], first, "kinfold.completion/1")["script"], kinfold("completion", shell).stdout)
d = document(["init", "third"], os.path.dirname(first), "kinfold.init/1")
there = [os.path.relpath(os.path.join(a, f), os.path.join(os.path.dirname(first), "third")) for a, _, files in
         os.walk(os.path.join(os.path.dirname(first), "third")) for f in files]
expect("init: files", sorted(d["files"]), sorted(there))
d = document(["fmt", "--check"], first, "kinfold.fmt/1")
expect("fmt: files", len(d["files"]), number(kinfold("fmt", "--check", cwd=first).stdout, r"^(\d+) files"))
document(["decide", "list"], first, "kinfold.decisions/1")
if "review" in commands():
    d, text = document(["review"], first, "kinfold.review/1"), kinfold("review", cwd=first).stdout
    expect("review", len(d["items"]), number(text, r"^(\d+) matters? waits? for a person"))
    expect("review: counts", sum(d["counts"].values()), len(d["items"]))
    expect("review: keys", [i["key"] for i in d["items"] if i["key"] not in text], [])
if "erase" in commands():
    who = ["erase", "user_id:u1001", "--dry-run"]
    d, text = document(who, first, "kinfold.erase/1"), kinfold(*who, cwd=first).stdout
    expect("erase", (d["erased"], d["counts"]["identifiers"], d["counts"]["events"]),
           (False, number(text, r"^ +(\d+)  identifiers$"), number(text, r"^ +(\d+)  events +theirs$")))
who = ["simulate", "--scenario", "family"]
d, text = document(who, first, "kinfold.simulate/1"), kinfold(*who, cwd=first).stdout
expect("simulate", (len(d["people"]), len(d["events"])), (number(text, r"^(\d+) people$"), len(re.findall(r"^ +\d+  2026", text, re.M))))
document(["explain", "email:anna@example.com", "--graph", "anna.dot"], first, "kinfold.explain-graph/1")

# A change that two people sign, from key to log.
made = {n: document(["key", "new", n, "--no-passphrase", "--out", os.path.join(HOME, n + ".key")], first, "kinfold.key-new/1") for n in ("pia", "ada")}
with open(os.path.join(second, "kinfold.yaml"), "a") as f:
    f.write("approval:\n  people:\n" + "".join('    - { name: %s, key: "%s", roles: [%s] }\n' % (n, made[n]["public"], r)
                                               for n, r in (("pia", "privacy"), ("ada", "analytics"))))
d, text = document(["key", "show", "--key", made["ada"]["file"]], second, "kinfold.key-show/1"), kinfold("key", "show", "--key", made["ada"]["file"], cwd=second).stdout
expect("key show", (d["keys"][0]["public"], d["keys"][0]["roles"]), re.search(r"^  (ed25519:\S+)\n  in kinfold.yaml: ada, (\w+)$", text, re.M).groups())
expect("dry-run --out", kinfold("dry-run", "--out", "a.plan", "-q", cwd=second).returncode, 0)
for n, r in (("pia", "privacy"), ("ada", "analytics")):
    sign = ["approve", "a.plan", "--as", r, "--because", "looked at it", "--key", made[n]["file"], "--yes"]
    d = document(sign, second, "kinfold.approve/1")
    expect("approve", (d["who"], d["role"], d["written"], d["approved"]), (n, r, True, n == "ada"))
d, text = document(["publish", "--dry-run"], second, "kinfold.publish/1"), kinfold("publish", "--dry-run", cwd=second).stdout
expect("publish", [(a["role"], a["who"]) for a in d["approvals"]], re.findall(r"^  (\w+): (\w+) on ", text, re.M))
expect("publish: rules", d["rules"][:12], re.search(r"the rules ([0-9a-f]{12}) ", text).group(1))
d, text = document(["log"], second, "kinfold.log/1"), kinfold("log", cwd=second).stdout
expect("log", [(str(e["line"]), e["who"], e["rules"][:12]) for e in d["lines"]], re.findall(r"^ +(\d+)  \S+ \S+  (\w+) +approves for \w+ +([0-9a-f]{12})", text, re.M))
d, text = document(["log", "--verify"], second, "kinfold.log-verify/1"), kinfold("log", "--verify", cwd=second).stdout
expect("log --verify", (d["lines"], d["head"]), (number(text, r"^(\d+) lines are sound"), re.search(r"hash ([0-9a-f]{64})", text).group(1)))
d, text = document(["source", "list"], second, "kinfold.source-list/1"), kinfold("source", "list", cwd=second).stdout
expect("source list", [s["name"] for s in d["sources"]], [l.split()[0] for l in text.splitlines()[1:]])
expect("commands without a document", sorted(set(commands()) - schemas), [])
done()
