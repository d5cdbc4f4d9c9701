#!/usr/bin/env python3
"""What kinfold.yaml itself decides is part of what was approved: an edited list is refused until somebody agreed to it; the content of a list's
file is data, to which a plan is bound and a publication is not. And an explanation says who approved, and what was edited since."""
import json
import os
import re
import shutil

from office import HOME, approve_all, check, check_in, done, edit, key, kinfold, lines, members, office, plan, publish, read, rules, says, schema, sign, write

LISTS = """lists:
  stop: { values: [u6, "+49 30 1234567"] }
  staff: { file: lists/staff.txt }
"""
STOP = """suppress "%s" {
  title = "%s",
  owner = "ada@example.com",
  because = "They asked.",
  %s,
  blocks = { "post" },
  reason = "channel_opt_out",
}
"""
A = ["approve", "change.plan", "--because", "looked at it", "--yes", "--as", "analytics", "--key", key("Ada")[0]]


def make(name, lists=LISTS):
    write("u5\n", HOME, name, "lists/staff.txt")
    write(STOP % ("no_letters", "Wants no letters", 'list = "stop"') + STOP % ("staff", "Works here", 'who = identifier "user_id":in_list "staff"'),
          HOME, name, "rules/stop.lua")
    return office(name, limits=lists)


def sent(folder):
    path = os.path.join(folder, "out/letters.csv")
    if os.path.exists(path):
        os.unlink(path)
    r = kinfold("export", "--export", "letters", "--json", cwd=folder)
    return (r.returncode, sorted(read(path).split()[1:]) if os.path.exists(path) else None, " ".join(r.stderr.split()))


def refused(what, code, *words, cwd, parts):
    before = lines(cwd)
    r = kinfold(*words, cwd=cwd)
    check("%s: exit" % what, r.returncode, code)
    for part in parts:
        check_in(what, part, " ".join((r.stdout + r.stderr).split()))
    check("%s: nothing was signed" % what, lines(cwd), before)


# ---- approved, published, run ----
shop = make("shop")
refused("nothing is published yet", 66, "diff", "published", cwd=shop, parts=["nothing is published here yet: 'kinfold publish' does that"])
digest = approve_all(shop)
says("run", 0, "run", "-q", cwd=shop)
check("who gets a letter", sent(shop)[:2], (0, ["u3", "u4"]))
folder = json.loads(read(shop, "published/current"))["folder"]
check_in("the snapshot keeps the settings", '      - "u6"', read(shop, folder, "kinfold.settings"))
check_in("but not what is in files", 'file: "lists/staff.txt"', read(shop, folder, "kinfold.settings"))
check("which is not in it", "u5" in read(shop, folder, "kinfold.settings"), False)
d = schema("kinfold.diff-1", says("diff published", 0, "diff", "published", "--json", "--exit-code", cwd=shop))
check("nothing differs from what is in force", (d["same_meaning"], d["rules_before"], d["rules_after"]), (True, digest, digest))
check_in("named", "published/", d["before"])

# ---- who approved it, and when ----
out = says("explain", 0, "explain", "user_id:u6", "--suppression", "no_letters", cwd=shop, part="approved by Ada as analytics on 1 July 2026 10:01")
check_in("both of them", "approved by Pia as privacy on 1 July 2026 10:02", out)
check("and nothing to complain of", ("NOT approved" in out, "edited since" in out), (False, False))
e = schema("kinfold.explain-rule-1", says("explain --json", 0, "explain", "user_id:u3", "--segment", "buyers", "--json", cwd=shop))
check("as JSON", [(a["who"], a["role"], a["verdict"], a["counts"], a["at"][:10]) for a in e["rule"]["approvals"]],
      [("Ada", "analytics", "approve", True, "2026-07-01"), ("Pia", "privacy", "approve", True, "2026-07-01")])
check("and that it stands", e["approval"], {"rules": digest, "approved": True, "rules_in_files": digest, "edited": False, "edited_approved": False})

# ---- another way of writing the same is nothing ----
same = os.path.join(HOME, "same")
shutil.copytree(shop, same)
edit(same, "kinfold.yaml", '{ values: [u6, "+49 30 1234567"] }', '\n    values: # who wants no letters\n      - "+49 30 1234567"\n      - u6\n      - u6')
check("another layout and order: the same digest", json.loads(says("diff", 0, "diff", "published", "--json", cwd=same))["rules_after"], digest)
says("and it runs", 0, "run", "-q", "--force", cwd=same)

# ---- a rule edited in the files ----
rules(shop, 4)
out = says("explain after an edit", 0, "explain", "user_id:u3", "--segment", "buyers", cwd=shop, part="approved by Ada as analytics")
check_in("the rule in the files is not approved", "edited since: what is in the files now is NOT approved: privacy has not signed, analytics has not signed", " ".join(out.split()))
e = schema("kinfold.explain-rule-1", says("as JSON", 0, "explain", "user_id:u3", "--segment", "buyers", "--json", cwd=shop))
check("as JSON", (e["approval"]["approved"], e["approval"]["edited"], e["approval"]["edited_approved"]), (True, True, False))
out = says("by the files", 0, "explain", "user_id:u3", "--segment", "buyers", "--candidate", cwd=shop)
check_in("is not approved", "NOT approved, as it decided here: privacy has not signed", " ".join(out.split()))
check("nobody is named", "approved by" in out, False)
out = says("another rule", 0, "explain", "user_id:u6", "--suppression", "no_letters", cwd=shop)
check("is as it was", "edited since" in out, False)
rules(shop, 3)

# ---- a name taken off a list ----
plan(shop, "before.plan")
edit(shop, "kinfold.yaml", "values: [u6, ", "values: [")
why = "kinfold.yaml differs: list stop changed (+0 -1 values)"
refused("run", 77, "run", cwd=shop, parts=[why, "are not the published ones", "'kinfold dry-run --out change.plan'"])
refused("publish", 77, "publish", "--key", key("nightly")[0], cwd=shop, parts=[why, "are not approved"])
code, rows, text = sent(shop)
check("export", (code, rows), (77, None))
check_in("export says why", why + ", compared with what run 2 decided under; nothing was sent. Next: bring it back", text)
refused("a plan of before", 77, "approve", "before.plan", *A[2:], cwd=shop, parts=["before.plan is stale: the rules are"])
out = says("diff", 1, "diff", "published", "--exit-code", cwd=shop, part="1 setting of kinfold.yaml differs: list stop changed (+0 -1 values).")
check_in("the section", "Settings of kinfold.yaml\n  changed  list stop  kinfold.yaml:", out)
check("whoever is on it is masked", ("u6" in out, re.findall(r"values  - \*\*\*~[0-9a-f]{4}\n", out) != []), (False, True))
check_in("unless it is asked for", "      values  - u6\n", says("diff --reveal", 0, "diff", "published", ".", "--reveal", cwd=shop))
d = schema("kinfold.diff-1", says("diff --json", 0, "diff", "published", "--json", "--reveal", cwd=shop))
check("as JSON", [(s["setting"], s["name"], s["change"], s["values_removed"], s["edits"][0]["before"]) for s in d["settings"]], [("list", "stop", "changed", 1, "u6")])
out = says("explain", 0, "explain", "user_id:u6", "--suppression", "no_letters", cwd=shop, part="suppressed")
check_in("the list is not approved", "NOT approved: privacy has not signed, analytics has not signed (%s)" % why, " ".join(out.split()))
d = schema("kinfold.dry-run-1", says("dry-run", 0, "dry-run", "--json", cwd=shop))
check("a dry-run decides before by the list of before", (d["settings"][0]["name"], d["contactable"]["added"], d["suppressed"]["removed"]), ("stop", 1, 1))
check_in("and says so first", "Changes: 1 setting of kinfold.yaml differs, ", d["verdict"])
says("the nightly run decides with what is published", 0, "run", "--published", "--force", "-q", cwd=shop)
check("the list of then", [s["state"] for s in [json.loads(says("explain", 0, "explain", "user_id:u6", "--suppression", "no_letters", "--json", cwd=shop))]], ["suppressed"])
plan(shop)
r = sign(shop, "Pia", "privacy")
check_in("Pia sees the list before she signs", "Settings of kinfold.yaml that differ", r.stdout)
check_in("and what she signs with the rules", "Part of what is signed, from kinfold.yaml: destination file, list staff, list stop.\n", r.stdout)
check_in("and what she does not", "Data that may change without another approval: lists/staff.txt (1 value).\n", r.stdout)
check("and signs", (r.returncode, sign(shop, "Ada", "analytics").returncode), (0, 0))
check_in("so does who publishes", "Data that may change without another approval: lists/staff.txt (1 value).\n", publish(shop).stdout)
says("now it runs", 0, "run", "-q", cwd=shop)
check("and is sent", sent(shop)[:2], (0, ["u3", "u4", "u6"]))
check("back to the list before", publish(shop, "--previous", "--because", "she did ask").returncode, 0)
refused("the tree is another then", 77, "run", cwd=shop, parts=["kinfold.yaml differs: list stop changed (+0 -1 values)"])
says("what is published", 0, "run", "--published", "-q", cwd=shop)
check("has the old list", members(shop)[0], digest)

# ---- what is in a file is data ----
data = make("data")
approve_all(data)
says("run", 0, "run", "-q", cwd=data)
first = members(data)[0]
rules(data, 2)
plan(data)
p = schema("kinfold.plan-1", read(data, "change.plan"))
check("a plan names the file", [(v["setting"], v["name"], v["file"], v["values"]) for v in p["values"]], [("list", "staff", "lists/staff.txt", 1)])
rules(data, 3)
write("u4\nu5\n", data, "lists/staff.txt")
r = json.loads(says("a run reads the file", 0, "run", "--json", cwd=data))
check("is not nothing new", (r["nothing_new"], r["rules_digest"]), (False, first))
check("and says what it read", [(v["file"], v["values"]) for v in r["values"]], [("lists/staff.txt", 2)])
check("who gets a letter", sent(data)[:2], (0, ["u3", "u6"][:1]))
says("again", 0, "run", cwd=data, part="othing new")
rules(data, 2)
refused("a plan of before the file", 77, *A, cwd=data, parts=["lists/staff.txt is another file now (1 value then, 2 now)", "Make it again with 'kinfold dry-run"])
rules(data, 3)
edit(data, "kinfold.yaml", "file: lists/staff.txt", "file: lists/all.txt")
write("u1\n", data, "lists/all.txt")
refused("another file", 77, "run", cwd=data, parts=["kinfold.yaml differs: list staff changed"])
check_in("by its path", "file  lists/staff.txt \u2192 lists/all.txt", says("diff", 0, "diff", "published", cwd=data))
edit(data, "kinfold.yaml", "file: lists/all.txt", "file: lists/staff.txt, ignore_case: true")
refused("read otherwise", 77, "run", cwd=data, parts=["kinfold.yaml differs: list staff changed"])

# ---- what else kinfold.yaml decides ----
base = read(shop, "kinfold.yaml").replace('values: ["', 'values: [u6, "')
for what, more, part in (("the zone", "zone: Europe/Berlin\n", "zone changed"), ("the currency", "currency: SEK\n", "currency changed"),
                         ("amounts", "money: [revenue]\n", "money changed (+0 -7 values)"), ("rates", 'rates: { "2026-03-01": { SEK: "0.1" } }\n', "rates added (+1 -0 values)"),
                         ("a new list", None, "list vip added (+1 -0 values)"), ("identifiers that leave as they are", None, "destination file changed")):
    text = more + base if more else base.replace("lists:\n", "lists:\n  vip: { values: [u1] }\n") if "vip" in part else base.replace("plugin: destination_csv,", "plugin: destination_csv, hash: true,")
    write(text, shop, "kinfold.yaml")
    refused(what, 77, "run", cwd=shop, parts=["kinfold.yaml differs: " + part])
write(base, shop, "kinfold.yaml")
says("as it was", 0, "run", "-q", cwd=shop)
write(base.replace("approval:", "retention: 730d\nprivacy: { mask: false }\ncompression: none\napproval:"), shop, "kinfold.yaml")
says("what decides nothing is free", 0, "run", "-q", cwd=shop)
write(base, shop, "kinfold.yaml")

# ---- values that name people are masked, those that name nobody are not ----
OFFICE = 'flag "at_work" { title = "At work", owner = "ada@example.com", because = "No customers.", when = property "context.ip":in_list "office" }\n'
for folder, more in (("one", ""), ("two", ", 203.0.113.7, 203.0.113.0/28")):
    write(OFFICE, HOME, folder, "rules/flags.lua")
    write("lists:\n  office: { networks: [192.0.2.0/24%s] }\n  towns: { values: [Rome%s] }\n" % (more, ", Oslo, ann@example.com" if more else ""), HOME, folder, "kinfold.yaml")
out = says("two folders", 0, "diff", "one", "two", cwd=HOME, part="list office changed (+2 -0 values), list towns changed (+2 -0 values)")
check("masked and not", re.findall(r"  values  \+ (\S+)\n", re.sub(r"~[0-9a-f]{4}", "~", out)), ["203.0.113.0/28", "***~", "Oslo", "a***@e***.com~"])
d = schema("kinfold.diff-1", says("as JSON", 0, "diff", "one", "two", "--json", cwd=HOME))
check("in JSON, too", ["203.0.113.7" in json.dumps(d), "ann@" in json.dumps(d)], [False, False])

# ---- without approval: a list that was edited holds from the next run on, and nothing is sent before ----
free = make("free")
write(read(free, "kinfold.yaml").split("approval:")[0], free, "kinfold.yaml")
says("run", 0, "run", "-q", cwd=free)
edit(free, "kinfold.yaml", "values: [u6, ", "values: [u3, u6, ")
code, rows, text = sent(free)
check("somebody was put on the list", (code, rows), (77, None))
check_in("and is not written to before the next run", "list stop changed (+1 -0 values), compared with what run 1 decided under; nothing was sent. Next: 'kinfold run'", text)
says("run again", 0, "run", "-q", cwd=free)
check("the rest is", sent(free)[:2], (0, ["u4"]))
done()
