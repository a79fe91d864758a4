"""Follow hints from generated specs and data until nothing is reported, and train what they end with.

    python -m tests.follow_hints --count 300 --train 300

prints how many end, how many in a circle, and how many of those that were trained answer better than by chance.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import snnc
from snnc.commands.common import look_at_data
from snnc.diagnostics.codes import DATA_VALUES
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.errors import CompileError, Refusal
from tests.following import Case, follow, options
from tests.mistakes import case

#: Nobody follows more hints than this, one by one.
MOST_STEPS = 80
#: Nobody trains more often than this.
MOST_TRAININGS = 6


@dataclass(frozen=True)
class Way:
    """What following hints has come to: the last case, what was done, and why it ended."""

    case: Case
    steps: tuple[str, ...]
    #: "nothing reported", "circle", "no hint", or "too long".
    end: str
    left: tuple[str, ...] = ()


@contextmanager
def beside(made: Case) -> Iterator[None]:
    """Write a case's data into a folder, and work there."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            if made.data:
                made.data.write(Path(folder))
            yield
        finally:
            os.chdir(before)


def found(made: Case) -> tuple[Diagnostic, ...]:
    """Return all that `snnc check --data` reports."""
    with beside(made):
        said = snnc.check(made.tables)
        if made.data is None or any(d.severity == "error" for d in said):
            return tuple(said)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = snnc.load(made.tables)
        try:
            return (*said, *look_at_data(loaded).warnings)
        except CompileError as error:
            return (*said, *error.diagnostics)
        except Refusal as error:
            hint = str(error).rpartition(": ")[2]
            return (*said, Diagnostic(DATA_VALUES, str(error), ("data", "kind"), hint=hint))


def walk(start: Case, seed: int) -> Way:
    """Follow one hint after the other, each time one at random of all that there are."""
    chance, made, seen = random.Random(seed), start, set()
    steps: list[str] = []
    while diagnostics := found(made):
        state = (repr(made.tables), made.data.state if made.data else 0)
        if state in seen:
            return Way(made, tuple(steps), "circle")
        seen.add(state)
        ways = [(d, o, follow(made, d, o)) for d in diagnostics for o in options(d.hint) if o]
        ways = [way for way in ways if way[2] is not None]
        if not ways or len(steps) == MOST_STEPS:
            left = tuple(f"{d.code}: {d.message} | {d.hint}" for d in diagnostics)
            return Way(made, tuple(steps), "too long" if ways else "no hint", left)
        diagnostic, option, better = chance.choice(ways)
        assert better is not None
        steps.append(f"{diagnostic.code}: {option}")
        made = better
    return Way(made, tuple(steps), "nothing reported")


@dataclass(frozen=True)
class Trained:
    """The accuracy of spikes and of rates on held-out items, and that of always naming the largest class."""

    spikes: float
    rates: float
    chance: float

    @property
    def learnt(self) -> bool:
        return self.spikes > self.chance


def train(made: Case, seed: int, epochs: int = 20) -> Trained:
    """Train a case, and run it as spikes. While that is no better than chance, follow what training says, and train again."""
    chance = random.Random(seed)
    made = replace(
        made, tables={**made.tables, "train": {**made.tables.get("train", {}), "epochs": epochs}}
    )
    for _ in range(MOST_TRAININGS):
        with beside(made), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            training = snnc.train(made.tables)
        results = training.results
        accuracy = {row.on: row.accuracy.value for row in results.rows}
        largest = float(np.bincount(results.labels).max() / len(results.labels))
        trained = Trained(accuracy["nengo_fresh"], accuracy["rates"], largest)
        ways = [follow(made, d, o) for d in training.warnings for o in options(d.hint) if o]
        better = [way for way in ways if way is not None]
        if trained.learnt or not better:
            break
        made = chance.choice(better)
    return trained


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=300, help="how many pairs of spec and data")
    parser.add_argument("--train", type=int, default=0, help="how many of them to train")
    parser.add_argument("--start", type=int, default=0, help="the seed of the first pair")
    chosen = parser.parse_args(arguments)
    ends: Counter[str] = Counter()
    n_steps, trained, above = 0, 0, 0
    for seed in range(chosen.start, chosen.start + chosen.count):
        way = walk(case(seed), seed)
        ends[way.end] += 1
        n_steps += len(way.steps)
        if way.end != "nothing reported":
            print(seed, way.end, *way.steps[-6:], *way.left, sep="\n    ")
        elif seed < chosen.start + chosen.train:
            result, trained = train(way.case, seed), trained + 1
            above += result.learnt
            told = "" if result.learnt else f"\n    {way.case.tables}"
            print(f"{seed}: {result}{told}", flush=True)
    print(f"{chosen.count} pairs, {n_steps} hints followed; {dict(ends)}")
    if trained:
        print(f"{trained} trained, {above} better than by chance")
    return int(set(ends) != {"nothing reported"} or above < trained)


if __name__ == "__main__":
    sys.exit(main())
