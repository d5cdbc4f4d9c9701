#!/usr/bin/env python3
"""Whole screens, as text and as a document, of the reports that no other folder holds:  test_golden.py KINFOLD

Workspaces of the retail template, the same commands in the same order. It is always the same instant;
seconds, folders and the versions of others have stand-ins. KF_GOLDEN_WRITE=1 writes golden/; read the difference."""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "cli", "basics"))
from basics import ENV, HOME, KINFOLD, done, expect, kinfold, problems, shop  # noqa: E402

ANNA, GUS, OFFICE = "email:anna@example.com", "email:gus@example.com", "email:office@example.net"
NOW = "1782900000"  # 2026-07-01T10:00:00Z
WHY = ("--because", "asked for by letter", "--by", "desk")
JOIN = ("user_id:u1001", "user_id:u1007")
COPIED = re.compile(r"      kinfold decide ")  # a command to be copied stays in one line
WIDE = {"decide_list"}  # a table with the reasons, as long as people make them
written = set()

# In this order: each is run in a workspace of its own as text, and in another as a document.
CASES = [
    ("run", ("run",), 0),
    ("run_nothing_new", ("run",), 0),
    ("explain", ("explain", ANNA), 0),
    ("explain_nobody", ("explain", OFFICE), 1),
    ("explain_one", ("explain", ANNA, "user_id:u1001"), 0),
    ("explain_two", ("explain", ANNA, GUS), 1),
    ("simulate", ("simulate", "--scenario", "family"), 0),
    ("simulate_steps", ("simulate", "--scenario", "kiosk", "--steps"), 0),
    ("review", ("review",), 0),
    ("export", ("export", "--segment", "vip_at_risk", "--to", "crm_file"), 0),
    ("decide_dry_run", ("decide", "join", *JOIN, *WHY, "--dry-run"), 0),
    ("decide", ("decide", "join", *JOIN, *WHY), 0),
    ("decide_again", ("decide", "join", *JOIN, *WHY), 1),
    ("decide_undo", ("decide", "undo", "1", *WHY), 0),
    ("decide_list", ("decide", "list"), 0),
    ("erase_dry_run", ("erase", ANNA, "--dry-run"), 0),
    ("erase", ("erase", ANNA, *WHY), 0),
    ("explain_erased", ("explain", ANNA), 1),
    ("plugin_list", ("plugin", "list"), 0),
    ("plugin_show", ("plugin", "show", "source_csv"), 0),
    ("plugin_check", ("plugin", "check", "source_segment"), 0),
    ("version", ("version",), 0),
]


def plain(text, folder):
    """Without what differs from run to run, or from machine to machine."""
    text = text.replace(folder, "SHOP").replace(HOME, "HOME").replace(os.path.dirname(KINFOLD), "BIN").replace(ROOT, "SOURCE")
    text = re.sub(r"\b\d+\.\d\d s\b", "N.NN s", text)
    text = re.sub(r'("(?:total|read|identity|decide|store)":) ?\d+\.\d+', r"\1 0", text)
    text = re.sub(r'("(?:sqlite|lua)": )"[\d.]+"', r'\1"VERSION"', text)
    text = re.sub(r"Lua [\d.]+; store: SQLite [\d.]+", "Lua VERSION; store: SQLite VERSION", text)
    return text


def hold(name, text):
    path = os.path.join(HERE, "golden", name)
    written.add(name)
    if os.environ.get("KF_GOLDEN_WRITE"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    want = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
    if want != text:
        a, b = want.splitlines() + [None], text.splitlines() + [None]
        n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)) - 1)
        problems.append("golden/%s, line %d:\n  was %.300s\n  is  %.300s" % (name, n + 1, a[n], b[n]))


def say(name, folder, words, status):
    r = kinfold(*words, cwd=folder, env=dict(ENV, SOURCE_DATE_EPOCH=NOW))
    expect("%s: exit" % name, (r.returncode, r.stderr), (status, ""))
    return r.stdout


def main():
    text, documents = shop("text", ran=False), shop("documents", ran=False)
    for name, words, status in CASES:
        screen = say(name, text, words, status)
        screen = plain(screen, text)
        expect("%s: columns" % name, [line for line in screen.splitlines() if len(line) > 100 and not COPIED.match(line) and name not in WIDE], [])
        hold(name + ".txt", screen)
        d = json.loads(say(name, documents, (*words, "--json"), status) or "{}")
        hold(name + ".json", plain(json.dumps(d, indent=1, ensure_ascii=False) + "\n", documents))
    expect("files of no case", sorted(set(os.listdir(os.path.join(HERE, "golden"))) - written), [])
    done()


main()
