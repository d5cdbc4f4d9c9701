#!/usr/bin/env python3
"""init --editor and init --ci:  test_editor.py KINFOLD"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BINARY = os.path.abspath(sys.argv[1])
ENV = dict(os.environ, NO_COLOR="1", PATH=os.path.dirname(BINARY) + ":" + os.environ["PATH"])
problems = []


def expect(what, have, want):
    if have != want:
        problems.append("%s: expected %r, was %r" % (what, want, have))


def kinfold(*words, cwd):
    return subprocess.run([BINARY, *words], cwd=cwd, text=True, capture_output=True, env=ENV)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def names(shop, alias):
    part = read(shop, "rules/meta/workspace.lua").split("---@alias kf.name.%s\n" % alias)[1].split("\n\n")[0]
    return re.findall(r'^---\| "([^"]+)"', part, re.M)


home = tempfile.mkdtemp()
kinfold("init", "--template", "minimal", "shop", cwd=home)
shop = os.path.join(home, "shop")
expect("segments", names(shop, "segment"), ["welcome_back"])
expect("identifiers", names(shop, "identifier"), ["anonymous_id", "email", "user_id"])
expect("events that rules ask for", names(shop, "event"), ["Newsletter Subscribed", "Newsletter Unsubscribed", "Order Completed", "Signed In"])
expect("a title for hover", '---| "welcome_back" # Ordered before, but not in the last 90 days\n' in read(shop, "rules/meta/workspace.lua"), True)
expect("every name that is used is declared", sorted(set(re.findall(r"kf\.name\.(\w+)", read(shop, "rules/meta/kinfold.lua"))) -
                                                     set(re.findall(r"@alias kf\.name\.(\w+)", read(shop, "rules/meta/workspace.lua")))), [])

# ---- anew: a rule more, the events of the store; what was changed by hand stays ----
with open(os.path.join(shop, "rules", "more.lua"), "w", encoding="utf-8") as f:
    f.write('trait "plan" {\n  title = "The plan",\n  owner = "a@example.com",\n  because = "Billing.",\n  from = { "traits.plan" },\n}\n')
with open(os.path.join(shop, ".luacheckrc"), "w", encoding="utf-8") as f:
    f.write("-- ours\n")
os.remove(os.path.join(shop, "stylua.toml"))
kinfold("run", "-q", cwd=shop)
r = kinfold("init", "--editor", cwd=shop)
expect("--editor", (r.returncode, r.stdout), (0, "wrote stylua.toml\nwrote rules/meta/kinfold.lua\nwrote rules/meta/workspace.lua\n"))
expect("traits", names(shop, "trait"), ["plan"])
expect("ours stays", read(shop, ".luacheckrc"), "-- ours\n")
first = read(shop, "rules/meta/workspace.lua")
d = json.loads(kinfold("init", "--editor", "--json", cwd=shop).stdout)
expect("--json", (d["schema"], d["files"]), ("kinfold.init/1", ["rules/meta/kinfold.lua", "rules/meta/workspace.lua"]))
expect("the same bytes", read(shop, "rules/meta/workspace.lua"), first)
expect("it is not loaded", json.loads(kinfold("check", "--json", cwd=shop).stdout)["errors"], 0)
expect("no workspace", kinfold("init", "--editor", "nowhere", cwd=home).returncode, 66)
json.loads(read(shop, ".luarc.json"))

# ---- services ----
for service, path in (("github", ".github/workflows/kinfold.yml"), ("gitlab", ".gitlab-ci.yml")):
    r = kinfold("init", "--ci", service, cwd=shop)
    expect(service, (r.returncode, r.stdout), (0, "wrote %s\n" % path))
    expect("%s again" % service, kinfold("init", "--ci", service, cwd=shop).returncode, 73)
expect("another service", kinfold("init", "--ci", "jenkins", cwd=shop).returncode, 64)
try:
    import yaml
except ImportError:
    print("SKIP the steps of hooks and services: python3-yaml is not here")
else:
    summary = os.path.join(home, "summary.md")
    hub = [s["run"] for s in yaml.safe_load(read(shop, ".github/workflows/kinfold.yml"))["jobs"]["rules"]["steps"] if "run" in s]
    lab = yaml.safe_load(read(shop, ".gitlab-ci.yml"))["rules"]["script"]
    hook = [h["entry"] for h in yaml.safe_load(read(shop, ".pre-commit-config.yaml"))["repos"][0]["hooks"]]
    expect("steps", (len(hub), len(lab), len(hook)), (4, 4, 3))
    ENV["GITHUB_STEP_SUMMARY"] = summary
    for step in hub + lab + hook:
        r = subprocess.run(["bash", "-eo", "pipefail", "-c", step], cwd=shop, env=ENV, text=True, capture_output=True)
        expect("step '%s'" % step.splitlines()[0], (r.returncode, r.stderr if r.returncode else ""), (0, ""))
    expect("the summary holds the report", read(summary).split("```\n")[1], read(shop, "dry-run.txt"))
    with open(os.path.join(shop, "rules", "more.lua"), "a", encoding="utf-8") as f:
        f.write("local  unused = 1\n")
    codes = [subprocess.run(["bash", "-ec", h], cwd=shop, env=ENV, capture_output=True).returncode for h in hook]
    expect("the hook stops what is not laid out", codes[0], 1)

shutil.rmtree(home)
print("\n".join(problems))
print("%d problems" % len(problems))
sys.exit(1 if problems else 0)
