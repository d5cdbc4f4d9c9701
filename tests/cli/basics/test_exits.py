#!/usr/bin/env python3
"""Each exit code, provoked, with the sentence that goes with it."""
import fcntl
import os
import shutil
import signal
import subprocess
import time

from basics import ENV, HOME, KINFOLD, done, edit, expect, expect_in, kinfold, shop


def exits(what, words, status, said, cwd=HOME, **more):
    r = kinfold(*words, cwd=cwd, **more)
    expect(what, r.returncode, status)
    if said:
        expect_in(what, said, r.stderr)
    if status >= 64:
        expect("%s: stdout" % what, r.stdout or "", "")


new, ran = shop("new", ran=False), shop("ran")
exits("0: fine", ["version"], 0, "")

exits("1: two people", ["explain", "email:anna@example.com", "email:gus@example.com"], 1, "", cwd=ran)
exits("1: nobody may be sent", ["export", "--export", "champions_elsewhere", "--dry-run"], 0, "", cwd=ran)
edit(ran, "rules/traits.lua", '{ "large", money(300, "EUR") }', '{ "large", money(400, "EUR") }')
exits("1: a limit of the dry-run", ["dry-run", "--max-segment-change", "10%"], 1, "", cwd=ran)
exits("1: a scenario fails", ["test", "--filter", "at risk is who is worth"], 1, "", cwd=ran)
exits("2: changes are pending", ["dry-run", "--detailed-exit"], 2, "", cwd=ran)
edit(ran, "rules/traits.lua", '{ "large", money(400, "EUR") }', '{ "large", money(300, "EUR") }')
exits("0: no change is pending", ["dry-run", "--detailed-exit"], 0, "", cwd=ran)

exits("64: no command", [], 64, "Usage: kinfold COMMAND")
exits("64: unknown command", ["frobnicate"], 64, "there is no command 'frobnicate'")
exits("64: unknown option", ["run", "--frob"], 64, "there is no option '--frob'")
exits("64: a value is missing", ["run", "--as-of"], 64, "--as-of wants a value")
exits("64: a value too many", ["run", "--force=yes"], 64, "--force takes no value")
exits("64: twice", ["run", "-j", "1", "-j", "2"], 64, "--threads is given twice")
exits("64: no number", ["run", "-j", "many"], 64, "--threads wants a whole number from 1 to 256, not 'many'")
exits("64: too few words", ["explain"], 64, "wants ID")
exits("64: too many words", ["run", "now"], 64, "'now' is one word too many")
exits("64: no instant", ["run", "--as-of", "yesterday"], 64, "--as-of wants a day or an instant", cwd=new)
exits("64: no such colour", ["version", "--colour", "pink"], 64, "--colour wants auto, always or never")
exits("64: no such export", ["export", "--export", "nope"], 64, "there is no export rule 'nope'", cwd=ran)

with open(os.path.join(ran, "kinfold.db"), "rb") as f:
    store = f.read()
with open(os.path.join(ran, "kinfold.db"), "wb") as f:
    f.write(store[:len(store) // 2])
exits("65: half a store", ["status"], 65, "is damaged", cwd=ran)
with open(os.path.join(ran, "kinfold.db"), "wb") as f:
    f.write(store)

exits("66: no workspace", ["-C", "nowhere", "status"], 66, "cannot read 'nowhere'")
exits("66: no store", ["status"], 66, "run 'kinfold run' first", cwd=new)
exits("66: never seen", ["explain", "email:nobody@example.com"], 66, "was never seen", cwd=ran)
exits("66: no connector file", ["plugin", "check", "./nothing.so"], 66, "cannot read the plugin")
os.rename(os.path.join(new, "data/refunds.csv"), os.path.join(new, "refunds.csv"))
exits("66: a source without files", ["run"], 66, "source 'refunds': no file is called data/refunds.csv", cwd=new)
os.rename(os.path.join(new, "refunds.csv"), os.path.join(new, "data/refunds.csv"))

exits("73: init overwrites nothing", ["init", "new"], 73, "is there already; init never overwrites")
if os.path.exists("/dev/full"):
    with open("/dev/full", "w") as full:
        exits("74: stdout is full", ["help"], 74, "cannot write to standard output: No space left on device", stdout=full)

with open(os.path.join(new, "kinfold.db.lock"), "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    exits("75: another run", ["run"], 75, "another run is writing", cwd=new)

writable = os.path.join(HOME, "source_csv.so")
shutil.copy(os.path.join(os.path.dirname(KINFOLD), "plugins", "source_csv.so"), writable)
os.chmod(writable, 0o666)
exits("77: a connector that others may write", ["plugin", "check", writable], 77, "others than its owner may write it")

with open(os.path.join(new, "rules", "mine.lua"), "w") as f:
    f.write('segmnt "x" {}\n')
exits("78: an unknown word", ["run"], 78, "rules/mine.lua:1:1: error[", cwd=new)
exits("78: it is suggested", ["run"], 78, "help: did you mean 'segment'?", cwd=new)
with open(os.path.join(new, "rules", "mine.lua"), "w") as f:
    f.write("while true do end\n")
exits("124: a rule file without end", ["run"], 124, "the instruction budget is used up", cwd=new)
r = kinfold("check", cwd=new)
expect("124: check", r.returncode, 124)
os.remove(os.path.join(new, "rules", "mine.lua"))
edit(new, "kinfold.yaml", "cadence: realtime", "cadance: realtime")
exits("78: an unknown key", ["run"], 78, "did you mean 'cadence'?", cwd=new)


# A run that is stopped while its input still comes.
def stopped(number):
    folder = os.path.join(HOME, "stop%d" % number)
    expect("init", kinfold("init", "-t", "minimal", folder).returncode, 0)
    edit(folder, "kinfold.yaml", "path: data/events.jsonl", 'path: "-"')
    p = subprocess.Popen([KINFOLD, "run", "-q"], cwd=folder, env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    p.stdin.write('{"type":"track","event":"Signed In","userId":"u1","timestamp":"2026-01-01T10:00:00Z","messageId":"m1"}\n')
    p.stdin.flush()
    time.sleep(0.5)
    p.send_signal(number)
    try:
        out, err = p.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        p.kill()
        out, err = p.communicate()
    return p.returncode, err


expect("130: interrupted", stopped(signal.SIGINT)[0], 130)
expect("143: terminated", stopped(signal.SIGTERM)[0], 143)
done()
