"""What accuracy is left on the emulator by how often neurons fire while an item is shown: the table of docs/rates.md.

    python benchmarks/rates.py [SPEC ...] [--rates 50 100 200] [--kinds lif] [--epochs N]

Trains each spec once for each kind of neuron and max_rate, with a fifth of the training items held back; on those, and
never on items to test on, it compares streams of several presentations with the network's own rate neurons.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from snnc.environment import libraries
from snnc.pipeline import check_document
from snnc.spec.changes import changed
from snnc.spec.read import read

ROOT = Path(__file__).resolve().parent.parent
SPECS = (ROOT / "specs/digits.toml", ROOT / "specs/jets.toml")
TIMES = (0.02, 0.03, 0.05, 0.1, 0.2)
#: Bins of spikes an item, in the layer that fires most slowly where it fires.
EDGES = (0, 1, 2, 3, 4, 5, 6, 8, 12, 1000)


class Point(NamedTuple):
    """How often neurons fire in an item where they fire, and how many points are lost against rate neurons."""

    spikes: float
    lost: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("specs", nargs="*", type=Path, default=SPECS)
    parser.add_argument("--rates", nargs="+", type=float, default=[25, 50, 100, 200, 400, 490])
    parser.add_argument("--kinds", nargs="+", default=["lif"])
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    libraries.load()
    points: list[Point] = []
    for spec in arguments.specs:
        for kind in arguments.kinds:
            for rate in arguments.rates:
                points += _points(spec, kind, rate, arguments.epochs)
    for low, high in pairwise(EDGES):
        lost = sorted(point.lost for point in points if low <= point.spikes < high)
        if lost:
            worse = sum(each >= 1 for each in lost)
            middle = lost[len(lost) // 2]
            print(
                f"{low:4} to {high:4} spikes: {worse:3} of {len(lost):3} lose a point, median {middle:.1f}"
            )


def _points(spec: Path, kind: str, rate: float, epochs: int) -> Iterator[Point]:
    """Train one variant of a spec, and yield a point for each presentation."""
    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.networks.deploy import deploy
    from snnc.running.emulated import emulate
    from snnc.running.measured import items_to_measure, measure
    from snnc.training.train import train

    changes = {
        ("neurons", "kind"): kind,
        ("neurons", "max_rate"): rate,
        ("train", "epochs"): epochs,
        ("train", "validation_fraction"): 0.2,
    }
    if kind.startswith("loihi") or kind.endswith("relu"):
        changes |= {("train", "gradient"): None}
        if kind.endswith("relu"):
            changes |= {("neurons", key): None for key in ("tau_rc", "tau_ref")}
    program = check_document(changed(read(spec), changes)).program
    items = prepare.load(program)
    net = training_network(program.network)
    weights = train(net, program, items.x_train, items.y_train)
    program = replace(program, network=deploy(program.network, weights))
    measured = measure(program, *prepare.trained_on(program, items, items_to_measure(program)))
    slowest = min(layer.rate for layer in measured.layers)
    _, held = prepare.division(program, len(items.x_train))
    x, y = items.x_train[held], items.y_train[held]
    rates = measure(program, x, y)
    print(
        f"{program.name}, {kind} at {rate:g} Hz: rate neurons {100 * rates.right.mean():.1f} % of {len(x)}"
    )
    print("\n".join(measured.lines()))
    for time in TIMES:
        shown = program.presentation.model_copy(update={"time": time})
        right = emulate(replace(program, presentation=shown), x).classes == y
        lost = 100 * (rates.right.mean() - right.mean())
        fast = max(layer.fast for layer in measured.layers)
        print(
            f"  {time:g} s: {slowest * time:.1f} spikes, up to {fast:.0%} fast: {lost:+.1f} points lost",
            flush=True,
        )
        yield Point(slowest * time, lost)


if __name__ == "__main__":
    main()
