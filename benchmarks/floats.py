"""Fresh spikes in floats: how many items a second NengoDL shows, and how many snnc's own code, in turns.

    python benchmarks/floats.py [SPEC ...] [--items N] [--turns N]

Weights are random ones of the size of trained ones, items are uniform. NengoDL's time to build and compile is left out: it shows
one and two times the items, and the difference counts. Beside them stands what the emulator shows of the same network on the chip.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.emulator import drawn
from snnc.environment import libraries
from snnc.pipeline import checked
from snnc.program.program import Program

ROOT = Path(__file__).resolve().parent.parent
SPECS = (ROOT / "specs/mnist_loihi.toml", ROOT / "specs/jets.toml")

#: Shows so many items.
Show = Callable[[int], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("specs", nargs="*", type=Path, default=SPECS)
    parser.add_argument("--items", type=int, default=400)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    libraries.load()
    for path in arguments.specs:
        program, x = drawn(checked(path).program, 2 * arguments.items)
        shows = in_floats(program, x)
        if program.on_loihi:
            shows["emulator"] = on_chip(program, x)
        rates = items_a_second(shows, arguments.items, arguments.turns)
        theirs, own = median(rates["nengo_dl"]), median(rates["snnc"])
        said = f"{program.name}: nengo_dl {theirs:,.0f} items a second, snnc {own:,.0f}, {own / theirs:.1f} times"
        if program.on_loihi:
            said += f"; the emulated chip, in whole numbers, {median(rates['emulator']):,.0f}"
        print(said)


def in_floats(program: Program, x: Any) -> dict[str, Show]:
    """Return what shows the first of items x, (n, size), fresh in floats: NengoDL and snnc."""
    from snnc.running import floats
    from snnc.running.fresh import evaluate

    def ours(n: int) -> None:
        floats.in_floats(program, x[:n], present="fresh")

    def nengo_dl(n: int) -> None:
        evaluate(_net(program), program, x[:n], program.fresh_steps, latency=program.fresh_latency)

    return {"nengo_dl": nengo_dl, "snnc": ours}


def on_chip(program: Program, x: Any) -> Show:
    """Return what shows them on the emulated chip."""
    from snnc.emulator import Emulator

    net = _net(program, loihi=True)
    emulator = Emulator(net, program.network.dt)

    def emulated(n: int) -> None:
        emulator.run({net.shown: x[:n]}, program.fresh_steps, probes=[net.logits])

    return emulated


def items_a_second(shows: Mapping[str, Show], n_items: int, turns: int) -> dict[str, list[float]]:
    """Return how many items each shows in a second, turn by turn."""
    for run in shows.values():
        run(2)  # compiles
    rates: dict[str, list[float]] = {name: [] for name in shows}
    for _ in range(turns):
        for name, run in shows.items():
            seconds = []
            for n in (n_items, 2 * n_items):
                began = perf_counter()
                run(n)
                seconds.append(perf_counter() - began)
            more = seconds[1] - seconds[0]
            rates[name].append(n_items / more if more > 0 else inf)  # too few to tell
    return rates


def _net(program: Program, loihi: bool = False) -> Any:
    import numpy as np

    from snnc.networks.build import deployed_network

    return deployed_network(program.network, np.zeros(program.network.input_size), loihi=loihi)


if __name__ == "__main__":
    main()
