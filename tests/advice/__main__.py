"""Follow what is said of every mistake to the letter, and print what that comes to: `python -m tests.advice`."""

from __future__ import annotations

import argparse
import sys

from tests.advice import data, specs
from tests.advice.literally import walk


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="kinds that have this in their name")
    parser.add_argument("--bad", action="store_true")
    parser.add_argument("--data", action="store_true")
    chosen = parser.parse_args()
    bad = n = 0
    for mistake in [*(specs.mistakes() if not chosen.data else ()), *data.mistakes()]:
        if chosen.only not in mistake.kind:
            continue
        end = walk(mistake)
        n += 1
        bad += not end.is_well
        if not end.is_well or not chosen.bad:
            print("##", mistake.kind, "->", end.end)
            for s in end.steps:
                print("     ", s[:150])
            for s in end.left:
                print("   !!", s[:300])
    print(n, bad)
    return 0


sys.exit(main())
