#!/usr/bin/env python3
"""kinfold docs as Markdown and JSON, and as a check in CI:  test_catalogue.py KINFOLD"""
import json
import os

from shop import HERE, ROOT, call, check, copy, done, edit, must, read, tree

shop = copy()
out = os.path.join(shop, "docs")
as_markdown = ["docs", "--format", "markdown", "--out", out]

# ---- the text, word by word ----
said = must(shop, *as_markdown)
have = tree(out)
expected = os.path.join(HERE, "expected")
if os.environ.get("KF_GOLDEN_WRITE"):
    os.makedirs(expected, exist_ok=True)
    for name, text in have.items():
        with open(os.path.join(expected, name), "w", encoding="utf-8") as f:
            f.write(text)
want = tree(expected)
check("files", sorted(have), sorted(want))
for name in want:
    check(name, have.get(name, "").splitlines(), want[name].splitlines())
check("says what it did", said, "%s: %d files, %d written, 0 as they were, 0 removed\n" % (out, len(want), len(want)))
check("all in one", [h for h in ("# Rule catalogue", "## Segments", "## What uses which data", "## Words") if h not in must(shop, "docs")], [])

# ---- stale or not ----
fresh = as_markdown + ["--check"]
check("fresh", call(shop, *fresh)[:2], (0, "%s says what the rules say\n" % out))
edit(shop, "rules/people.lua", 'segment "vip" {', '-- a remark, and more blanks\n\nsegment   "vip" {')
check("a remark is no change", call(shop, *fresh)[0], 0)
must(shop, "run", "-q")
check("a run is no change", call(shop, *fresh)[0], 0)
edit(shop, "rules/people.lua", "at_least(money(100", "at_least(money(200")
code, text, _ = call(shop, *fresh)
check("a threshold is", (code, text.splitlines()), (1, ["stale  segments.md", "%s is stale: write it again with the same command without --check" % out]))
document = json.loads(call(shop, *fresh, "--json")[1])
check("as a document", {k: document[k] for k in ("schema", "stale", "written", "removed", "unchanged")},
      {"schema": "kinfold.docs-written/1", "stale": True, "written": ["segments.md"], "removed": [], "unchanged": len(want) - 1})
must(shop, *as_markdown)
check("written again", call(shop, *fresh)[0], 0)

# ---- what is left, what is somebody else's ----
with open(os.path.join(out, "notes.md"), "w") as f:
    f.write("# My own\n")
lucky = read(shop, "rules/more.lua")
edit(shop, "rules/more.lua", lucky[lucky.index('custom "lucky"'):], "")
check("a group that is gone", (call(shop, *fresh)[1].splitlines())[:4],
      ["stale  README.md", "stale  data.md", "stale  owners.md", "left   custom.md (no rule makes it any more)"])
must(shop, *as_markdown)
check("it is removed, nothing else", (os.path.exists(os.path.join(out, "custom.md")), read(out, "notes.md")), (False, "# My own\n"))
with open(os.path.join(out, "segments.md"), "w") as f:
    f.write("written by hand\n")
code, _, err = call(shop, *as_markdown)
check("a file that is not ours stays", (code, "is not from here" in err, read(out, "segments.md")), (73, True, "written by hand\n"))
one = os.path.join(shop, "all.md")
must(shop, "docs", "--out", one)
check("one file", (read(one) == must(shop, "docs"), call(shop, "docs", "--out", one, "--check")[0]), (True, 0))

# ---- one rule, one name ----
text = must(shop, "docs", "vip", "--no-figures")
check("one rule", [t for t in ("### Customers who bought for", "They get a card at Christmas.", "trait 'revenue_365d' is at least 200.00 EUR") if t not in text], [])
check("by its kind", must(shop, "docs", "segment/vip", "--no-figures"), text)
check("its figures", "| At the last run | 3 |" in must(shop, "docs", "trait/first_name", "--figures"), False)
code, _, err = call(shop, "docs", "vipp")
check("misspelt", (code, "did you mean 'vip'?" in err), (66, True))
rows = [l.split()[:2] for l in must(shop, "docs", "--uses", "email").splitlines() if l.startswith("  ") and "itself" in l]
check("what uses email?", rows, [["link", "checkout"], ["transfer", "handed_over"], ["consent", "marketing"], ["flag", "test_traffic"], ["segment", "vip"],
                                 ["suppress", "bounced"], ["channel", "email"], ["export", "vip_mail"]])
uses = json.loads(must(shop, "docs", "--uses", "revenue", "--json"))
check("the same as a document", [(u["kind"], u["rule"], u["directly"]) for u in uses["rules"]][:4],
      [("computed", "revenue_365d", True), ("attribution", "last", True), ("expect", "order_money", True), ("segment", "not_sent_yet", False)])
check("nobody", call(shop, "docs", "--uses", "revenu")[2].count("did you mean 'revenue'?"), 1)
for words in (["docs", "--check"], ["docs", "--format", "pdf"], ["docs", "--format", "html"], ["docs", "--out", "x.html"], ["docs", "vip", "--out", out],
              ["docs", "--figures", "--no-figures"]):
    check("wrong: %s" % words, call(shop, *words)[0], 64)

# ---- the document ----
catalogue = json.loads(must(shop, "docs", "--json"))
rule = {r["kind"] + " " + r["name"]: r for r in catalogue["rules"]}
vip = rule["segment vip"]
check("personal data", vip["personal"], ["name", "identifier", "e-mail address"])
check("through which rule", [(u["what"], u["name"], u["through"]) for u in vip["uses"] if u["personal"]],
      [("field", "first_name", "first_name"), ("field", "traits.first_name", "first_name"), ("identifier", "anonymous_id", "many_accounts"),
       ("identifier", "email", None), ("identifier", "user_id", "many_accounts")])
check("used by", ([u["name"] for u in vip["used_by"]], [u["name"] for u in vip["exports"]]), (["not_sent_yet", "vip_mail"], ["vip_mail"]))
check("tests", {n: len(r["tests"]) for n, r in rule.items() if r["tests"]},
      {"computed revenue_365d": 1, "segment vip": 1, "channel email": 1, "score interest": 1})
check("identifiers", [(i["name"], i["rank"], i["limit"]) for i in catalogue["identifiers"]],
      [("user_id", 1, "one a person"), ("email", 2, "at most 3 a person"), ("anonymous_id", 3, "at most 20 in 30 days")])
check("purposes", [(p["name"], len(p["rules"])) for p in catalogue["purposes"]], [("marketing", 1), (None, len(rule) - 1)])
check("no figures", [r for r in catalogue["rules"] if "history" in r], [])
figures = json.loads(must(shop, "docs", "--json", "--figures"))
check("figures", {r["name"]: [h["members"] for h in r["history"]] for r in figures["rules"] if r["kind"] in ("segment", "computed")},
      {"not_sent_yet": [3], "vip": [3], "revenue_365d": [5]})
check("changed since", {r["name"]: r["reliable"]["answer"] for r in figures["rules"] if r["kind"] == "segment"}, {"not_sent_yet": "yes", "vip": "no"})
try:
    import jsonschema
except ImportError:
    print("no python3-jsonschema: documents are not held against their schemas")
else:
    for name, d in (("kinfold.docs-1", catalogue), ("kinfold.docs-1", figures), ("kinfold.docs-written-1", document), ("kinfold.docs-uses-1", uses)):
        schema = json.loads(read(ROOT, "tests", "schemas", name + ".json"))
        check(name, [e.message for e in jsonschema.Draft202012Validator(schema).iter_errors(d)], [])

# ---- the example's own catalogue ----
retail = copy(os.path.join(ROOT, "examples", "retail"))
check("examples/retail/docs is as its rules", call(retail, "docs", "--format", "markdown", "--out", os.path.join(retail, "docs"), "--check")[1].splitlines()[-1],
      os.path.join(retail, "docs") + " says what the rules say")
done()
