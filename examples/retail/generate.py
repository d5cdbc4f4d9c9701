#!/usr/bin/env python3
"""Write the data of the example shop: half a year of an invented European retailer.

    generate.py                    write data/ beside this file
    generate.py --out DIR          write it elsewhere
    generate.py --seed N           another half year (the cases stay, the crowd changes)
    generate.py --check            compare with data/, exit 1 if a file differs

Standard library only. The output depends on nothing but the seed: no clock, no locale, no hash order, and of
`random` only random(), whose sequence Python guarantees. The cases that the documents and tests refer to are
written by cases.py and do not depend on the seed.
"""
import argparse
import filecmp
import pathlib
import sys
import tempfile

import cases
import shop


def write(out, seed):
    world = shop.World(seed)
    cases.people(world)
    cases.machines(world)
    shop.crowd(world)
    cases.deliveries(world)
    world.write(out)
    (out / "CASES.md").write_text(cases.document(world), encoding="utf-8")


def main():
    here = pathlib.Path(__file__).resolve().parent
    args = argparse.ArgumentParser(description="write the data of the example shop")
    args.add_argument("--seed", type=int, default=20260701)
    args.add_argument("--out", type=pathlib.Path, default=here / "data")
    args.add_argument("--check", action="store_true", help="compare with what is there, write nothing")
    opt = args.parse_args()
    if not opt.check:
        opt.out.mkdir(parents=True, exist_ok=True)
        write(opt.out, opt.seed)
        return 0
    with tempfile.TemporaryDirectory() as tmp:
        fresh = pathlib.Path(tmp)
        write(fresh, opt.seed)
        names = sorted(p.name for p in fresh.iterdir())
        _, differ, missing = filecmp.cmpfiles(fresh, opt.out, names, shallow=False)
    for name in differ + missing:
        print(f"{opt.out / name}: differs from what generate.py writes", file=sys.stderr)
    return 1 if differ or missing else 0


if __name__ == "__main__":
    sys.exit(main())
