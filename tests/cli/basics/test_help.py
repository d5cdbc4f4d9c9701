#!/usr/bin/env python3
"""Help, manual, completion and suggestions."""
import json
import os
import re
import shutil
import subprocess

from basics import ENV, HOME, KINFOLD, commands, done, expect, expect_in, kinfold, problems, shop

names = commands()
expect("commands that the contract names", sorted(set(
    "init check run dry-run explain export status quality plugin version help completion".split()) - set(names)), [])
for n in names:
    r = kinfold(n, "--help")
    text = r.stdout
    expect("%s --help" % n, (r.returncode, r.stderr), (0, ""))
    if not re.match(r"kinfold %s: [a-z][^\n]{10,70}[^.\n]\n\nUsage: kinfold %s" % (n, n), text):
        problems.append("%s: no purpose in one line:\n%s" % (n, text[:200]))
    for part in ("\nExamples:\n  kinfold %s" % n, "\nOptions:\n", "\nExit status:\n"):
        if n == "completion" and part.startswith("\nExamples"):
            part = "\nExamples:\n  source <(kinfold completion"
        expect_in("%s --help" % n, part, text)
    for code in (0, 64, 70, 78):
        expect_in("%s --help" % n, "\n  %-4d " % code, text)
    expect("long lines of %s --help" % n, [l for l in text.splitlines() if len(l) > 100 and not l.startswith("Usage:")], [])
    expect("help %s" % n, kinfold("help", n).stdout, text)
for alias, name in (("plan", "dry-run"),):
    expect("alias %s" % alias, kinfold(alias, "--help").stdout, kinfold(name, "--help").stdout)

# Every example is a command line that is accepted: it is run, and none says that it was called wrongly.
template = shop("template")
tools = os.path.join(HOME, "tools")
os.mkdir(tools)
log = os.path.join(HOME, "statuses")
with open(os.path.join(tools, "kinfold"), "w") as f:
    f.write('#!/bin/bash\n"%s" "$@"\nstatus=$?\necho "$status" >>"%s"\nexit $status\n' % (KINFOLD, log))
os.chmod(os.path.join(tools, "kinfold"), 0o755)
os.mkdir(os.path.join(HOME, ".zfunc"))
ran = 0
for c in json.loads(kinfold("help", "--json").stdout)["commands"]:
    for e in c["examples"]:
        line, work = e["command"], os.path.join(HOME, "work")
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(template, work)
        open(log, "w").close()
        subprocess.run(["bash", "-c", line], cwd=work, env=dict(ENV, PATH=tools + ":" + ENV["PATH"]), stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
        statuses = open(log).read().split()
        ran += 1
        if "decide undo" in line and statuses == ["64"]:
            continue  # a fresh workspace has no decision 3 to undo
        if not re.search(r"\bkinfold ", line):
            continue  # another program, on what Kinfold wrote
        if not statuses or "64" in statuses or any(int(s) > 128 for s in statuses):
            problems.append("the example '%s' of %s ended with %s" % (line, c["name"], statuses))
        if not re.match(r"[a-z]", e["does"]):
            problems.append("what '%s' does begins with a capital" % line)
expect("examples", ran >= len(names), True)

# Misspelt words.
for words, said in (
        (("rnu",), "there is no command 'rnu' (did you mean 'run'?)"),
        (("dry-rum",), "there is no command 'dry-rum' (did you mean 'dry-run'?)"),
        (("run", "--fore"), "there is no option '--fore' (did you mean '--force'?)"),
        (("export", "--segmnet", "x"), "there is no option '--segmnet' (did you mean '--segment'?)"),
        (("run", "--color=never"), "there is no option '--color=never' (did you mean '--colour'?)"),
        (("help", "statsu"), "there is no command 'statsu' (did you mean 'status'?)"),
        (("plugin", "lits"), "not 'lits' (did you mean 'list'?)"),
        (("plugin", "show", "source_segmnt"), "no plugin 'source_segmnt'; did you mean 'source_segment'?"),
        (("frobnicate",), "there is no command 'frobnicate'")):
    r = kinfold(*words)
    expect_in(" ".join(words), said, r.stderr)
    expect("%s says nothing on stdout" % " ".join(words), r.stdout, "")

# The manual page and completion.
page = os.path.join(HOME, "kinfold.1")
with open(page, "w") as f:
    f.write(kinfold("help", "--man").stdout)
for n in names:
    expect_in("the manual", ".SS kinfold %s" % n.replace("-", "-"), open(page).read())
if shutil.which("groff"):
    r = subprocess.run(["groff", "-man", "-ww", "-Tutf8", page], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    expect("warnings of the manual", (r.returncode, r.stderr), (0, ""))
    expect_in("the manual as text", "EXIT STATUS", re.sub(".\b|\033\\[[0-9;]*m", "", r.stdout))
else:
    print("groff is not installed: the manual was not rendered")
for shell in ("bash", "zsh"):
    script = os.path.join(HOME, "completion." + shell)
    with open(script, "w") as f:
        f.write(kinfold("completion", shell).stdout)
    if shutil.which(shell):
        r = subprocess.run([shell, "-n", script], stderr=subprocess.PIPE, text=True)
        expect("%s reads its completion" % shell, (r.returncode, r.stderr), (0, ""))
    else:
        print("%s is not installed: its completion was not read" % shell)


def completed(*words):
    """What bash offers for the last word."""
    script = 'source "$0"; COMP_WORDS=(kinfold "$@"); COMP_CWORD=$#; _kinfold; printf "%s\\n" "${COMPREPLY[@]}"'
    r = subprocess.run(["bash", "-c", script, os.path.join(HOME, "completion.bash"), *words], cwd=HOME, stdout=subprocess.PIPE, text=True)
    return r.stdout.split()


expect("complete st", completed("st"), ["status"])
expect("complete every command", [n for n in names if n not in completed("")], [])
expect("complete run --fo", completed("run", "--fo"), ["--force"])
expect("complete export --seg", completed("export", "--seg"), ["--segment"])
expect("complete plugin ch", completed("plugin", "ch"), ["check"])
expect("complete behind -C DIR", completed("-C", "shop", "dry"), ["dry-run"])
expect("complete plan --max-m", completed("plan", "--max-m"), ["--max-merges"])
done()
