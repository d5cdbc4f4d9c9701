#!/usr/bin/env python3
"""kinfold fmt: what it writes and what it leaves alone:  test_fmt.py KINFOLD SOURCE"""
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile

BINARY, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
problems = []


def expect(what, have, want):
    if have != want:
        problems.append("%s: expected %r, was %r" % (what, want, have))


def kinfold(*words, cwd, text=None):
    return subprocess.run([BINARY, *words], cwd=cwd, input=text, text=True, capture_output=True, env=dict(os.environ, NO_COLOR="1"))


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def digest(cwd):
    return json.loads(kinfold("check", "--json", cwd=cwd).stdout)["rules_digest"]


home = tempfile.mkdtemp()
kinfold("init", "--template", "minimal", "shop", cwd=home)
shop = os.path.join(home, "shop")
rules = os.path.join(shop, "rules", "shop.lua")
kinfold("fmt", cwd=shop)
neat = read(rules)

# ---- laid out as it should be: nothing is touched ----
before = os.stat(rules).st_mtime_ns
r = kinfold("fmt", cwd=shop)
expect("clean", (r.returncode, r.stdout), (0, "2 files, all laid out as they should be\n"))
expect("clean: not written", os.stat(rules).st_mtime_ns, before)
expect("clean --check", kinfold("fmt", "--check", cwd=shop).returncode, 0)
expect("clean --diff", kinfold("fmt", "--diff", cwd=shop).stdout, "")

# ---- laid out otherwise ----
untidy = neat.replace("  user_id = { rank = 1, per_profile = 1 },\n", "  user_id   = {rank=1;per_profile=1}, -- the account\n")
write(rules, untidy)
os.chmod(rules, 0o640)
same = digest(shop)
r = kinfold("fmt", "--check", cwd=shop)
expect("--check", (r.returncode, r.stdout), (1, "rules/shop.lua\n2 files, 1 would change\nrun 'kinfold fmt' to lay them out\n"))
r = kinfold("fmt", "--diff", cwd=shop)
expect("--diff", r.returncode, 0)
expect("--diff: lines", [l for l in r.stdout.splitlines() if l[0] in "+-@"],
       ["--- a/rules/shop.lua", "+++ b/rules/shop.lua", "@@ -1,7 +1,7 @@", "-  user_id   = {rank=1;per_profile=1}, -- the account",
        "+  user_id = { rank = 1, per_profile = 1 }, -- the account"])
expect("--diff: summary apart", r.stderr, "2 files, 1 would change\n")
expect("--diff --check", kinfold("fmt", "--diff", "--check", cwd=shop).returncode, 1)
expect("nothing was written", read(rules), untidy)
if shutil.which("patch"):
    patched = os.path.join(home, "patched")
    shutil.copytree(shop, patched)
    expect("patch takes it", subprocess.run(["patch", "-s", "-p1"], cwd=patched, input=r.stdout, text=True).returncode, 0)
    expect("patch makes of it what fmt writes", read(os.path.join(patched, "rules", "shop.lua")),
           neat.replace("per_profile = 1 },\n", "per_profile = 1 }, -- the account\n", 1))
d = json.loads(kinfold("fmt", "--json", "--check", cwd=shop).stdout)
expect("--json", d, {"schema": "kinfold.fmt/1", "written": False, "changed": 1, "wrong": 0, "files": [
    {"file": "rules/shop.lua", "state": "changed"}, {"file": "rules/shop_test.lua", "state": "clean"}]})
try:
    import jsonschema
    jsonschema.validate(d, json.loads(read(os.path.join(SOURCE, "tests", "schemas", "kinfold.fmt-1.json"))))
except ImportError:
    print("SKIP the schema: python3-jsonschema is not here")
r = kinfold("-C", "shop", "fmt", cwd=home)
expect("fmt from elsewhere", (r.returncode, r.stdout), (0, "rules/shop.lua\n2 files, 1 changed\n"))
expect("fmt: the mode stays", stat.S_IMODE(os.stat(rules).st_mode), 0o640)
expect("fmt: the digest stays", digest(shop), same)
expect("fmt: nothing else is there", sorted(os.listdir(os.path.dirname(rules))), ["meta", "shop.lua", "shop_test.lua"])

# ---- no Lua: left alone, named at its place, the others are laid out ----
broken = os.path.join(shop, "rules", "broken.lua")
write(broken, 'segment "a" {\n  title = "A"\n  owner = "b@example.com",\n}\n')
write(rules, untidy)
r = kinfold("fmt", cwd=shop)
expect("no Lua", (r.returncode, r.stdout), (65, "rules/shop.lua\n3 files, 1 changed, 1 left alone\n"))
expect("no Lua: said", r.stderr, "rules/broken.lua:3:3: error[KF0001]: expected '}' to close '{' of line 1 before 'owner'\n"
       ' 3 |   owner = "b@example.com",\n   |   ^\nhelp: the file was left as it is\n')
expect("no Lua: left", read(broken), 'segment "a" {\n  title = "A"\n  owner = "b@example.com",\n}\n')
d = json.loads(kinfold("fmt", "--json", cwd=shop).stdout)
expect("no Lua: --json", d["files"][0], {"file": "rules/broken.lua", "state": "wrong", "message": "expected '}' to close '{' of line 1 before 'owner'",
                                        "line": 3, "column": 3})
os.remove(broken)

# ---- a link is followed, a folder that takes no files is said ----
link = os.path.join(shop, "rules", "linked.lua")
target = os.path.join(home, "elsewhere.lua")
write(target, "local a   = 1\n")
os.symlink(target, link)
kinfold("fmt", "rules/linked.lua", cwd=shop)
expect("a link stays a link", (os.path.islink(link), read(target)), (True, "local a = 1\n"))
if os.getuid() != 0:
    write(target, "local a   = 1\n")
    os.chmod(home, 0o555)
    expect("cannot be written", kinfold("fmt", "rules/linked.lua", cwd=shop).returncode, 73)
    os.chmod(home, 0o755)
    expect("cannot be written: as it was", read(target), "local a   = 1\n")

# ---- standard input, for editors ----
r = kinfold("fmt", "-", cwd=shop, text="x={a,\nb}")
expect("stdin", (r.returncode, r.stdout, r.stderr), (0, "x = { a, b }\n", ""))
r = kinfold("fmt", "--check", "-", cwd=shop, text="x={a,\nb}")
expect("stdin --check", (r.returncode, r.stdout), (1, ""))
r = kinfold("fmt", "-", cwd=shop, text="x = {")
expect("stdin, no Lua", (r.returncode, r.stdout, r.stderr.splitlines()[0]),
       (65, "", "stdin:1:6: error[KF0001]: expected a value before the end of the file"))
expect("stdin --json", kinfold("fmt", "--json", "-", cwd=shop, text="").returncode, 64)
expect("no such file", kinfold("fmt", "nothing.lua", cwd=shop).returncode, 66)
r = kinfold("fmt", cwd=home)
expect("no workspace", (r.returncode, "name files or folders to format" in r.stderr), (66, True))

# ---- the rules of this source tree are laid out ----
for folder in ("rules", "rules/templates/minimal/rules", "examples/retail/rules"):
    r = kinfold("fmt", "--check", folder, cwd=SOURCE)
    expect("%s is laid out" % folder, (r.returncode, r.stdout if r.returncode else ""), (0, ""))

subprocess.run(["chmod", "-R", "u+w", home])
shutil.rmtree(home)
print("\n".join(problems))
print("%d problems" % len(problems))
sys.exit(1 if problems else 0)
