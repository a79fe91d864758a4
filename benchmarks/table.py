"""How fast networks run and train, each number beside what it is compared to: `python benchmarks/table.py [--quick]`.

Nothing is trained before and no data are needed: weights are random ones of the size of trained ones, and items are uniform; how often
neurons fire stands in the table. Both sides of a row are measured in turns, in one process, and the medians count. It prints rows of
Markdown as soon as they are measured, and first what the machine can do. On a machine that others use too, only the shares of the
processor's time can be trusted.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks import emulator, floats, training
from snnc.environment import libraries
from snnc.pipeline import checked
from snnc.program.program import Program

ROOT = Path(__file__).resolve().parent.parent


class Size(NamedTuple):
    """How much of a spec is measured: items on the emulator and in floats, items of an epoch, turns."""

    shown: int
    in_floats: int
    trained: int
    turns: int


#: Of each spec; a network of two convolutions costs a hundred times as much as the jets.
WHOLE = {
    "jets": Size(5638, 2000, 22000, 5),
    "mnist_loihi": Size(10000, 400, 4000, 5),
}
QUICK = {"jets": Size(1000, 2000, 4000, 3), "mnist_loihi": Size(500, 50, 400, 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer items and turns")
    arguments = parser.parse_args()
    libraries.load()
    warnings.simplefilter("ignore")
    peaks = emulator.limits()
    busy = os.getloadavg()[0]
    print(f"{busy:.1f} processes were waiting or at work; Python {sys.version.partition(' ')[0]}\n")
    print("| what | snnc | beside it | times as fast | of the peak |")
    print("|---|---|---|---|---|")
    for name, size in (QUICK if arguments.quick else WHOLE).items():
        program = checked(ROOT / f"specs/{name}.toml").program
        for row in rows(program, size, peaks):
            print(f"| {row} |", flush=True)


def rows(program: Program, size: Size, peaks: emulator.Peaks) -> Iterator[str]:
    """Yield the rows of a spec."""
    deployed, x = emulator.drawn(program, size.shown)
    steps = deployed.stream_steps
    both = emulator.in_turns(deployed, x, steps)
    loihi, ours = median(both.theirs), median(both.ours)
    neurons = both.emulator.size.neurons
    hertz = both.result.spikes / len(x) / steps / deployed.network.dt / neurons
    yield (
        f"`{program.name}`, {len(x):,} fresh items of {steps} steps on the emulated chip, {hertz:.0f} Hz | {1 / ours:,.0f} items a second | "
        f"`nengo_loihi.Simulator` {1 / loihi:.2g} | {median(both.ratios):,.0f} | {emulator.share_of_peak(both, peaks):.0%}"
    )
    shows = floats.in_floats(*emulator.drawn(program, 2 * size.in_floats))
    found = floats.items_a_second(shows, size.in_floats, size.turns)
    ratio = median(a / b for a, b in zip(found["snnc"], found["nengo_dl"], strict=True))
    yield (
        f"`{program.name}`, fresh items in floats | {median(found['snnc']):,.0f} items a second | "
        f"`nengo_dl.Simulator` {median(found['nengo_dl']):,.0f} | {ratio:.1f} | "
    )
    n = size.trained // program.train.batch_size * program.train.batch_size
    chance = np.random.RandomState(0)
    drawn = chance.uniform(0, 1, (n, program.network.input_size)).astype("float32")
    labels = chance.randint(program.network.output.classes, size=n)
    with redirect_stdout(sys.stderr):
        epochs = training.epochs(program, drawn, labels, size.turns)
    seconds = {name: median(clock for clock, _ in times) for name, times in epochs.items()}
    for name, what in (
        ("ReLU", "`tf.keras` with ReLU"),
        ("same formula", "`tf.keras` with the same formula"),
        ("NengoDL", "NengoDL's own operations"),
    ):
        clock, processor = (1 / median(training.ratios(epochs, name, k)) for k in (0, 1))
        yield (
            f"`{program.name}`, an epoch of {n:,} items | {seconds['snnc']:.2f} s | {what} {seconds[name]:.2f} s | "
            f"{clock:.2f} ({processor:.2f} of the processor) | "
        )


if __name__ == "__main__":
    main()
