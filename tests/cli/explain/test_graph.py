#!/usr/bin/env python3
"""kinfold explain --graph: dot text, SVG laid out by Graphviz or without it, masked."""
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "steward"))
from shop import Workspace, check, done, kinfold  # noqa: E402

base = tempfile.mkdtemp()
w = Workspace(base, "graph").run()
SVG = "{http://www.w3.org/2000/svg}"


def draw(name, *words, path=None):
    """The file's text, and the report."""
    file = os.path.join(base, name)
    env = dict(os.environ, PATH=path) if path is not None else os.environ
    p = subprocess.run([kinfold, "-C", w.dir, "explain", *words, "--graph", file], capture_output=True, text=True, timeout=120, env=env)
    if p.returncode:
        sys.exit("explain %s: %d %s" % (words, p.returncode, p.stderr))
    with open(file, encoding="utf-8") as f:
        return f.read(), p.stdout


def nodes(dot):
    return {m[0]: m[1] for m in re.findall(r'^  (n\d+) \[fillcolor="[^"]*", label="([^"]*)"\];$', dot, re.M)}


def edges(dot):
    n = nodes(dot)
    return sorted((n[a].split("\\n")[0], n[b].split("\\n")[0], style, label) for a, b, style, label in
                  re.findall(r'^  (n\d+) -- (n\d+) \[style=(\w+)(?:, color="[^"]*")?, label="([^"]*)"\];$', dot, re.M))


# ---- dot ----
dot, said = draw("dan.dot", "user_id:u-dan", "--and", "user_id:u-eve", "--reveal")
check("the two and the mailbox between them", sorted(nodes(dot).values()),
      ["email:team@example.org\\nnobody's: shared", "user_id:u-dan", "user_id:u-eve"])
check("refused links are dotted, with the reason", edges(dot),
      [("user_id:u-dan", "email:team@example.org", "dotted", "account: shared"),
       ("user_id:u-eve", "email:team@example.org", "dotted", "account: shared")])
check("what is said of it", said, "%s/dan.dot: 3 identifiers, 0 links, 2 refused; unmasked, only you can read it\n" % base)
check("unmasked: only the owner may read it", stat.S_IMODE(os.stat(os.path.join(base, "dan.dot")).st_mode), 0o600)

dot, _ = draw("anna.dot", "user_id:u-anna", "--and", "user_id:u-cleo", "--reveal")
check("the tablet is two stretches", sorted(v for v in nodes(dot).values() if "dev-s" in v),
      ["device_id:dev-s\\nfrom 2026-03-04 10:00", "device_id:dev-s\\nuntil 2026-03-04 10:00"])
check("kept links are solid", [e for e in edges(dot) if "dev-s" in e[1]],
      [("user_id:u-anna", "device_id:dev-s", "solid", "login"), ("user_id:u-cleo", "device_id:dev-s", "solid", "login")])
alone, _ = draw("one.dot", "user_id:u-anna", "--reveal")
check("a picture of one holds nothing of the other", "u-cleo" in alone or "from 2026-03-04" in alone, False)
check("the same picture twice", draw("again.dot", "user_id:u-anna", "--reveal")[0], alone)

shared, _ = draw("team.dot", "email:team@example.org", "--reveal")
check("what is nobody's, and whom it was refused", edges(shared), edges(draw("dan.dot", "user_id:u-dan", "--and", "user_id:u-eve", "--reveal")[0]))

# ---- SVG without Graphviz ----
nowhere = os.path.join(base, "empty")
os.mkdir(nowhere)
svg, _ = draw("anna.svg", "user_id:u-anna", "--and", "user_id:u-cleo", "--reveal", path=nowhere)
tree = ET.fromstring(svg)
names = [t.text for t in tree.iter(SVG + "text") if t.get("class") == "name"]
check("every node is a box with a name", sorted(names), sorted(v.split("\\n")[0] for v in nodes(dot).values()))
check("spans are under the names", sorted(t.text for t in tree.iter(SVG + "text") if t.get("class") == "when"),
      ["from 2026-03-04 10:00", "until 2026-03-04 10:00"])
check("as many lines as links", len([p for p in tree.iter(SVG + "path") if p.get("class") == "kept"]), len(edges(dot)))
boxes = [(int(r.get("x")), int(r.get("y")), int(r.get("width")), int(r.get("height"))) for r in tree.iter(SVG + "rect") if r.get("x")]
check("no box lies on another", [(a, b) for i, a in enumerate(boxes) for b in boxes[:i]
                                 if abs(a[0] - b[0]) < a[2] and abs(a[1] - b[1]) < a[3]], [])
check("all inside the picture", [b for b in boxes if b[0] + b[2] > int(tree.get("width")) or b[1] + b[3] > int(tree.get("height"))], [])
svg, _ = draw("dan.svg", "user_id:u-dan", "--and", "user_id:u-eve", "--reveal", path=nowhere)
tree = ET.fromstring(svg)
check("refused links in SVG", sorted(t.text for t in tree.iter(SVG + "text") if t.get("class") == "refused-label"), ["account: shared"] * 2)
check("and their lines are dotted", (len([p for p in tree.iter(SVG + "path") if p.get("class") == "refused"]),
                                     "stroke-dasharray" in svg), (2, True))

# ---- SVG by Graphviz: what stands in for it says what it was given ----
tools = os.path.join(base, "tools")
os.mkdir(tools)


def stand_in(body):
    with open(os.path.join(tools, "dot"), "w") as f:
        f.write("#!/bin/sh\n" + body)
    os.chmod(os.path.join(tools, "dot"), 0o755)
    return tools + ":/usr/bin:/bin"


svg, _ = draw("by_dot.svg", "user_id:u-anna", "--and", "user_id:u-cleo", "--reveal", path=stand_in('echo "laid out $*"\ncat\n'))
check("Graphviz gets the dot text and writes the file", svg, "laid out -Tsvg\n" + dot)
svg, said = draw("failed.svg", "user_id:u-dan", "--json", path=stand_in("echo half a picture\nexit 1\n"))
check("where it fails, the own layout is whole", (svg.startswith("<svg "), ET.fromstring(svg).tag, '"layout":"own"' in said), (True, SVG + "svg", True))

# ---- SVG by the real Graphviz ----
real = shutil.which("dot")
if real is None:
    print("SKIP: dot is not installed, so no picture was laid out by it")
else:
    svg, said = draw("real.svg", "user_id:u-anna", "--and", "user_id:u-cleo", "--reveal", "--json")
    check("the real dot lays it out", '"layout":"dot"' in said, True)
    groups = [g.get("class") for g in ET.fromstring(svg).iter(SVG + "g")]
    check("as many boxes as nodes, as many lines as links", (groups.count("node"), groups.count("edge")), (len(nodes(dot)), len(edges(dot))))
    words = [t.text for t in ET.fromstring(svg).iter(SVG + "text")]
    check("with their names", [v for v in (n.split("\\n")[0] for n in nodes(dot).values()) if v not in words], [])
    odd, _ = draw("odd.svg", "user_id:u-dan", "--and", "user_id:u-eve", "--reveal")
    check("refused links are dotted there, too", (odd.count('stroke-dasharray="1,5"') > 0, "account: shared" in odd), (True, True))

# ---- masked ----
for name in ("m.dot", "m.svg"):
    text, said = draw(name, "user_id:u-anna", "--and", "user_id:u-dan", path=nowhere)
    check("%s is masked" % name, [v for v in ("anna@example.org", "4915100001", "team@example.org") if v in text], [])
    check("%s names the address all the same" % name, "email:a***@e***.org~edfe" in text, True)
    check("%s says nothing of being unmasked" % name, "unmasked" in said, False)
d = w.json("explain", "user_id:u-dan", "--graph", os.path.join(base, "j.dot"))
check("as a document", {k: d[k] for k in ("schema", "layout", "nodes", "kept", "refused", "left_out", "masked")},
      {"schema": "kinfold.explain-graph/1", "layout": "none", "nodes": 2, "kept": 0, "refused": 1, "left_out": 0, "masked": True})

# ---- what cannot be drawn ----
code, _, err = w.call("explain", "user_id:u-dan", "--graph", "x.png")
check("another kind of file", (code, "ends in .dot or .svg, not 'x.png'" in err), (64, True))
code, _, err = w.call("explain", "user_id:u-dan", "--graph", os.path.join(base, "no", "x.svg"))
check("a folder that is not there", (code, "cannot write" in err), (73, True))
done()
