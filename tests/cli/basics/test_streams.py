#!/usr/bin/env python3
"""What goes where: reports, complaints, colour."""
import os
import shutil
import subprocess

from basics import ENV, KINFOLD, done, expect, expect_in, kinfold, shop

folder = shop("shop")
REPORTS = (["check"], ["dry-run"], ["run", "--force"], ["status"], ["quality"], ["explain", "email:anna@example.com"],
           ["export", "--export", "vip_call_list", "--dry-run"], ["plugin", "list"], ["plugin", "show", "source_csv"],
           ["plugin", "check", "source_csv"], ["test", "--filter", "banner"], ["version"], ["help"])
for words in REPORTS:
    name = " ".join(words)
    plain = kinfold(*words, cwd=folder)
    expect("%s: stderr" % name, plain.stderr, "")
    expect("%s: says something" % name, len(plain.stdout) > 10, True)
    expect("%s: no colour in a file" % name, "\033" in plain.stdout, False)
    expect("%s: ends a line" % name, plain.stdout[-1], "\n")
for words in (["run", "--force"], ["status"], ["check"]):
    always = kinfold(*words, "--colour", "always", cwd=folder).stdout
    expect("%s --colour always" % words[0], "\033[" in always, words != ["status"] or "\033[" in always)
coloured = kinfold("run", "--force", "--colour", "always", cwd=folder).stdout
expect_in("colour of a heading", "\033[1mTry next\033[0m", coloured)

# On a terminal: colour unless NO_COLOR says otherwise. script(1) is a terminal.
def on_terminal(env):
    r = subprocess.run(["script", "-qec", "%s run --force" % KINFOLD, "/dev/null"], cwd=folder, env=dict(ENV, TERM="xterm", **env),
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60)
    return r.stdout.decode()


def terminals():
    try:
        for fd in os.openpty():
            os.close(fd)
    except OSError:
        return False
    return shutil.which("script") is not None


if terminals():
    expect("colour on a terminal", "\033[1mTry next" in on_terminal({}), True)
    expect("NO_COLOR on a terminal", "\033[1m" in on_terminal({"NO_COLOR": "1"}), False)
else:
    print("there is no terminal to be had here: colour on one was not tried")

# Complaints go to stderr and leave stdout alone.
for words in (["run", "--frob"], ["explain", "email:nobody@example.com"], ["explain", "email:nobody@example.com", "--json"], ["-C", "no", "status"]):
    r = kinfold(*words, cwd=folder)
    expect("%s: stdout" % " ".join(words), r.stdout, "")
    expect("%s: stderr" % " ".join(words), len(r.stderr) > 10, True)

# --quiet, a closed pipe.
for words in (["run", "-q"], ["run", "-q", "--force"], ["check", "-q"]):
    r = kinfold(*words, cwd=folder)
    expect(" ".join(words), (r.returncode, r.stdout, r.stderr), (0, "", ""))
r = subprocess.run(["bash", "-c", 'set -o pipefail; "%s" explain email:anna@example.com | head -1; echo "${PIPESTATUS[0]}"' % KINFOLD], cwd=folder,
                   env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
expect("a reader that leaves is no crash", (r.stderr, r.stdout.splitlines()[-1] in ("0", "74")), ("", True))

# In 100 columns: the reports a newcomer sees first.
for words in (["run", "--force"], ["status"]):
    text = kinfold(*words, cwd=folder).stdout
    expect("%s in 100 columns" % words[0], [l for l in text.splitlines() if len(l) > 100 and not l.lstrip().startswith(("/", "Stored"))], [])
expect("run suggests what works", [kinfold(*l.split()[1:], cwd=folder).returncode for l in kinfold("run", "--force", cwd=folder, env=dict(
    ENV, PATH=os.path.dirname(KINFOLD) + ":" + ENV["PATH"])).stdout.split("Try next\n")[1].splitlines() if l.startswith("    ")], [0, 0, 0])
done()
