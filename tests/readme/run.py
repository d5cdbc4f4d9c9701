#!/usr/bin/env python3
"""Runs every command of the README's tour and compares what it prints:  run.py KINFOLD README [--update]

A ```console block holds lines `$ command` and, below each, what it prints. `…` on a line of its own stands for any lines, `…` inside a line
for any text (times differ from machine to machine). All blocks run in one shell session's folder, in order; `cd` is kept."""
import os
import re
import subprocess
import sys
import tempfile

binary, readme = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
root = os.path.dirname(readme)


def blocks(text):
    for m in re.finditer(r"^```console\n(.*?)^```$", text, re.S | re.M):
        steps = []
        for line in m.group(1).splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            elif steps:
                steps[-1][1].append(line)
        yield from steps


def matches(want, have):
    pattern = ""
    for line in want:
        if line.strip() == "…":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(p) for p in line.split("…")) + "\n"
    return re.fullmatch(pattern, "".join(l + "\n" for l in have)) is not None


failed = ran = 0
with tempfile.TemporaryDirectory() as home:
    cwd = home
    env = dict(os.environ, PATH=os.path.dirname(binary) + ":" + os.environ["PATH"], NO_COLOR="1", KINFOLD_SOURCE=root, COLUMNS="100")
    for command, want in blocks(open(readme, encoding="utf-8").read()):
        if command.startswith(("./examples/run", "./tests/run", "git clone")):
            continue  # tested by CI itself
        ran += 1
        done = subprocess.run(["bash", "-c", command + "\nstatus=$?; pwd >&9; exit $status"], cwd=cwd, env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, close_fds=False,
                              preexec_fn=lambda: os.dup2(os.open(os.path.join(home, ".cwd"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 9))
        cwd = open(os.path.join(home, ".cwd")).read().strip() or cwd
        have = [l.rstrip() for l in done.stdout.splitlines()]
        if want and not matches([w.rstrip() for w in want], have):
            failed += 1
            print("README: $ %s\n--- expected\n%s\n--- printed (exit %d)\n%s\n" % (command, "\n".join(want), done.returncode, "\n".join(have)))
        elif not want and done.returncode not in (0, 1):
            failed += 1
            print("README: $ %s: exit %d\n%s" % (command, done.returncode, done.stdout))
print("%d commands of the README, %d not as written" % (ran, failed))
sys.exit(1 if failed or not ran else 0)
