"""How long a step of a network takes on snnc.emulator.Simulator, against nengo_loihi.Simulator.

    python benchmarks/simulator.py

prints a table: two ensembles that represent two numbers each, and grow, the second with a recurrent connection. The host shows them
a sine, and reads the second one; or the sine answers to what it reads, so that host and chip take turns. Each is measured in turn.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from snnc.environment import libraries
from snnc.environment.libraries import WITHOUT_TENSORFLOW

NEURONS = (50, 200, 400)
STEPS, TURNS = 200, 5


def main() -> None:
    with libraries.loaded(WITHOUT_TENSORFLOW), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print("| host and chip | neurons | nengo_loihi, µs | snnc, µs | times as fast |")
        print("|---|---|---|---|---|")
        for name, answers in (("one after the other", False), ("in turns", True)):
            for n in NEURONS:
                before, now = measured(network(n, answers))
                print(f"| {name} | 2 x {n} | {before:,.0f} | {now:,.0f} | {before / now:.0f} |")


def measured(net: Any) -> tuple[float, float]:
    """Return the microseconds of a step on nengo_loihi.Simulator and on snnc's."""
    import nengo_loihi

    from snnc.emulator import Simulator

    times = []
    with nengo_loihi.Simulator(net, target="sim") as theirs, Simulator(net) as ours:
        for _ in range(TURNS):
            times.append([microseconds(sim.run_steps) for sim in (theirs, ours)])
        assert all(np.array_equal(theirs.data[p], ours.data[p]) for p in net.all_probes)
    before, now = (median(of_one) for of_one in zip(*times, strict=True))
    return before, now


def network(n: int, answers: bool) -> Any:
    import nengo

    with nengo.Network(seed=0) as net:
        if answers:
            stimulus = nengo.Node(lambda t, x: np.sin(20 * t) - x / 4, size_in=2)
        else:
            stimulus = nengo.Node(lambda t: np.sin([20 * t, 30 * t]))
        first, second = nengo.Ensemble(n, 2), nengo.Ensemble(n, 2)
        output = nengo.Node(size_in=2)
        nengo.Connection(stimulus, first)
        nengo.Connection(first, second)
        nengo.Connection(second, second, synapse=0.1, transform=0.5)
        nengo.Connection(second, output, synapse=0.01)
        if answers:
            nengo.Connection(output, stimulus)
        nengo.Probe(output)
        nengo.Probe(second.neurons)
    return net


def microseconds(run_steps: Callable[[int], None]) -> float:
    began = perf_counter()
    run_steps(STEPS)
    return (perf_counter() - began) / STEPS * 1e6


if __name__ == "__main__":
    main()
