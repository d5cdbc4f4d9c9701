#!/usr/bin/env python3
"""Personal data are masked unless --reveal is given, in text and documents."""
import os

from basics import done, expect, kinfold, shop

folder = shop("shop")
PEOPLE = ("anna@example.com", "gus@example.com", "bert@example.com", "+493023125101", "Aster")
WAYS = (["explain", "user_id:u1001"], ["explain", "user_id:u1001", "user_id:u1007"], ["explain", "email:anna@example.com"], ["quality"],
        ["quality", "--all"], ["status"], ["dry-run"], ["dry-run", "--as-of", "2026-01-01"], ["run", "--force"],
        ["export", "--export", "vip_call_list", "--dry-run"], ["check"], ["review"], ["erase", "user_id:u1001", "--dry-run"],
        ["decide", "list"])
for words in WAYS:
    for more in ([], ["--json"]):
        r = kinfold(*words, *more, cwd=folder)
        shown = [p for p in PEOPLE if p in r.stdout + r.stderr]
        expect(" ".join(words + more), shown, [])
for file in ("profiles.csv", "profiles.jsonl"):
    kinfold("export", "--profiles", "--out", file, cwd=folder)
    text = open(os.path.join(folder, file), encoding="utf-8").read()
    expect("%s has rows" % file, text.count("\n") >= 23, True)
    expect(file, [p for p in PEOPLE if p in text], [])
    kinfold("export", "--profiles", "--out", "revealed-" + file, "--reveal", cwd=folder)
    expect("revealed " + file, "Aster" in open(os.path.join(folder, "revealed-" + file), encoding="utf-8").read(), True)
for more in ([], ["--json"]):
    shown = kinfold("explain", "user_id:u1001", "--reveal", *more, cwd=folder).stdout
    expect("explain --reveal %s" % more, [p for p in ("anna@example.com", "+493023125101", "Aster") if p not in shown], [])

expect("quality --all --reveal says more", len(kinfold("quality", "--all", "--reveal", cwd=folder).stdout) > len(kinfold("quality", "--all", cwd=folder).stdout), True)
done()
