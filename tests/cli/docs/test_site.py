#!/usr/bin/env python3
"""The site of kinfold docs: what it says, in a browser, by keyboard, without script:  test_site.py KINFOLD"""
import json
import os
import re
import shutil
import subprocess

from shop import HERE, call, check, copy, done, edit, must, read, tree
import browser

shop = copy()
site = os.path.join(shop, "site")

# ---- before the first run ----
said = must(shop, "docs", "--out", site)
check("says where to look", said.splitlines()[-1], "Open %s/index.html in a browser." % site)
page = read(site, "segment/vip.html")
check("no run, no figures", "There has been no run yet, so there are no figures." in page, True)
pages = tree(site)
check("pages", sorted(p for p in pages if "/" not in p), ["data.html", "glossary.html", "identity.html", "index.html", "owners.html", "search.js"])
check("a page a rule", len([p for p in pages if "/" in p]), 20)
check("nothing from elsewhere", [p for p, t in pages.items() if "http:" in t or "https:" in t], [])
check("bars in texts stand", "Receipts | invoices go there." in pages["link/checkout.html"], True)

# ---- with figures ----
must(shop, "run", "-q", "--as-of", "2026-01-07")
edit(shop, "rules/people.lua", "at_least(money(100", "at_least(money(80")
must(shop, "run", "-q", "--as-of", "2026-01-07")
must(shop, "docs", "--out", site)
page = read(site, "segment/vip.html")
for part in ("<h1>Customers who bought for *much* money</h1>", "segment vip · owner lifecycle@example.com", "<dt>Members</dt><dd class=\"v\">4</dd>",
             "+1 since the run before", "Can I rely on it today? Yes.", "They get a card at Christmas.", "Only with consent to marketing.",
             "trait <a href=\"../computed/revenue_365d.html\">revenue_365d</a> is at least 80.00 EUR", "<td>changed</td><td class=\"n\">3 \u2192 4</td>"):
    check("the page of a segment: %s" % part, part in page, True)
main = page[page.index("id=\"main\""):]
check("in the first screen", main.index("Can I rely") < main.index("What it means") < main.index("Who decided that") < main.index("Where it is used"), True)
check("a trend on the first page", "at the last 2 runs from 3 to 4" in read(site, "index.html"), True)
check("bands as the rule lists them", re.findall("<span class=\"l\">(\\w+)</span>.*?<span class=\"t\">(\\d+)</span>", read(site, "score/interest.html")),
      [("low", "0"), ("high", "5")])
check("the same again", (must(shop, "docs", "--out", site).split(", ")[1], call(shop, "docs", "--out", site, "--check")[0]), ("0 written", 0))
edit(shop, "rules/people.lua", "at_least(money(80", "at_least(money(90")
must(shop, "docs", "--out", site)
check("changed since the run", "Can I rely on it today? No. The rule has been changed since the last run" in read(site, "segment/vip.html"), True)
check("stale after a run", call(shop, "docs", "--out", site, "--check")[0], 0)
must(shop, "run", "-q", "--as-of", "2026-01-07")
check("figures changed", call(shop, "docs", "--out", site, "--check")[0], 1)
check("what is not worked out says so", "written and checked, but not worked out yet" in read(site, "attribution/last.html"), True)

# ---- how fresh, and who signed ----
page = read(site, "segment/vip.html")
check("as fresh as its source", "<dt>As fresh as</dt><dd class=\"v\">web</dd><dd class=\"w\">newest record 2026-01-07 10:00</dd>" in page, True)
edit(shop, "kinfold.yaml", "cadence: schedule", "cadence: realtime")
must(shop, "run", "-q", "--as-of", "2026-01-07")
must(shop, "docs", "--out", site)
check("a source that fell silent", "Can I rely on it today? With care. Its data come from web, which was late at the last run: silent for " in
      read(site, "segment/vip.html"), True)
check("and what is worked out from it", "With care. Decided for everybody at the last run; late were then: web." in read(site, "score/interest.html"), True)
edit(shop, "kinfold.yaml", "cadence: realtime", "cadence: schedule")
must(shop, "run", "-q", "--as-of", "2026-01-07")
check("nobody has to sign", "Signed off by" in page, False)
key = os.path.join(shop, "pia.key")
public = json.loads(must(shop, "key", "new", "Pia", "--no-passphrase", "--out", key, "--json"))["public"]
with open(os.path.join(shop, "kinfold.yaml"), "a") as f:
    f.write('approval:\n  required: [privacy]\n  people:\n    - { name: Pia, mail: pia@example.com, key: "%s", roles: [privacy] }\n' % public)
must(shop, "docs", "--out", site)
page = read(site, "segment/vip.html")
check("before it is signed", ("<dt>Signed off by</dt><dd>nobody yet</dd>" in page, "No. These rules are not signed off yet: privacy has to agree." in page), (True, True))
plan = os.path.join(shop, "change.plan")
must(shop, "dry-run", "-q", "--out", plan)
must(shop, "approve", plan, "--as", "privacy", "--because", "Fewer <letters>.", "--key", key, "--yes")
must(shop, "docs", "--out", site)
page = read(site, "segment/vip.html")
check("signed", ("<dt>Signed off by</dt><dd>Pia for privacy, " in page, "<td>Fewer &lt;letters&gt;.</td>" in page, "Can I rely on it today? Yes." in page), (True, True, True))

# ---- identity ----
page = read(site, "identity.html")
check("a row a kind of identifier", page.count("class=\"m-box\""), 3)
check("a knot an end", (page.count("class=\"m-knot\""), page.count("class=\"m-apart\"")), (3 + 2 + 2, 2))
check("what needs consent", page.count("class=\"m-ask\""), 1)

# ---- in a browser ----
check("every page in a browser", browser.faults(site), [])
if shutil.which("node"):
    r = subprocess.run(["node", os.path.join(HERE, "search.mjs"), site], capture_output=True, text=True)
    if r.returncode == 77:
        print(r.stdout.strip())
    else:
        check("search", (r.returncode, r.stdout.splitlines()[-1:], r.stderr), (0, ["12 checks, 0 failed"], ""))
done()
