"""How fast items are emulated, against nengo_loihi.Simulator, and against what the machine can do.

    python benchmarks/emulator.py [--plot FILE]
    python benchmarks/emulator.py SPEC [-o FOLDER] [--data FILE] [--steps N] [--compared N]
    python benchmarks/emulator.py SPEC --random ITEMS [--steps N] [--compared N]

The first prints, as a table, what a network drawn at random costs as its items, steps and neurons grow, and draws it. The second takes what
`snnc train SPEC` has left; the third needs neither data nor training: weights are random ones of the size of trained ones, items are uniform.
Each comparison measures both in turn.
"""

from __future__ import annotations

import argparse
import os
import resource
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from snnc.environment import libraries
from snnc.environment.libraries import WITHOUT_TENSORFLOW
from snnc.pipeline import checked
from snnc.program.program import Program

#: So many items are run on nengo_loihi, a few at a time.
COMPARED, TURNS = 12, 4


class Run(NamedTuple):
    """How much of a network is run."""

    items: int
    steps: int
    neurons: int


#: What grows while the rest stays, networks of one size after each other.
USUAL = Run(1000, 100, 200)
GROWTH = {
    "items": [USUAL._replace(items=n) for n in (10, 30, 100, 300, 1000, 3000, 10000)],
    "steps": [USUAL._replace(steps=n) for n in (10, 30, 100, 300, 1000)],
    "neurons": [Run(300, 100, n) for n in (50, 100, 200, 400, 800, 1600, 2400)],
}
GROWTH_TURNS = 3


class Peaks(NamedTuple):
    """What one core can do in a second."""

    #: Of BLAS, in single precision.
    flops: float
    #: Of numbers that stay in registers, 32 bits each.
    operations: float
    #: Of numbers in its cache, each read, added to and written.
    sums: float
    #: From and to memory.
    bytes: float


#: What the chip computes of a neuron in a step: two decays of nine operations each, three sums, each of which bits are cut off
#: with two, two limits, and seven to fire and to wait.
UPDATE = 36
#: A current and a voltage of 4 bytes, a refractory count and a spike of one, all read and written.
STATE = 20
#: How many operations `mixed` does with a number.
MIXED = 36


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spec", type=Path, nargs="?")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--steps", type=int, help="instead of the spec's presentation")
    parser.add_argument("--random", type=int, metavar="ITEMS", help="instead of a training's")
    parser.add_argument("--compared", type=int, default=COMPARED, help="items on nengo_loihi")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw growth, without a spec")
    arguments = parser.parse_args()
    if arguments.spec and arguments.plot:
        parser.error("--plot draws how cost grows, without a spec")
    # Keras makes the layers whose weights are drawn.
    packages = libraries.PACKAGES if arguments.random else WITHOUT_TENSORFLOW
    with libraries.loaded(packages), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if arguments.spec:
            compare(arguments, limits())
            return
        costs = dict(grow())
    print_table(costs)
    if arguments.plot:
        draw(costs, arguments.plot)


@dataclass(frozen=True)
class Comparison:
    """A network on both in turns, in seconds of an item by the clock, and of a core on nengo_loihi; the emulator's last run."""

    emulator: Any
    net: Any
    result: Any
    theirs: list[float]
    ours: list[float]
    cpu: list[float]
    #: How many spikes the chip gets from the host in a step of an item.
    sent: float

    @property
    def ratios(self) -> list[float]:
        return [a / b for a, b in zip(self.theirs, self.ours, strict=True)]


def in_turns(deployed: Program, x: Any, steps: int, compared: int = COMPARED) -> Comparison:
    """Run all items on the emulator in each turn, and some on nengo_loihi."""
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator
    from snnc.networks.build import deployed_network

    net = deployed_network(deployed.network, np.zeros(deployed.network.input_size), loihi=True)
    emulator = Emulator(net, deployed.network.dt)
    presented = nengo.processes.PresentInput(x, steps * deployed.network.dt)
    own = deployed_network(deployed.network, presented, loihi=True)
    feeding = {population.name for population in deployed.network.feeding_from_host}
    probes = [p for p in net.spikes if p.label in feeding]
    seen = emulator.run({net.shown: x[:30]}, steps, probes=probes).batch.data
    sent = sum(int(np.count_nonzero(values)) for values in seen.values()) / min(len(x), 30) / steps
    each = max(compared // TURNS, 1)
    theirs, ours, cpu = [], [], []
    with nengo_loihi.Simulator(own, dt=deployed.network.dt, target="sim") as sim:
        for _ in range(TURNS):
            began, cpu_began = perf_counter(), thread_time()
            sim.run_steps(steps * each)
            theirs.append((perf_counter() - began) / each)
            cpu.append((thread_time() - cpu_began) / each)
            result = emulator.run({net.shown: x}, steps, probes=[net.logits])
            ours.append(result.seconds / len(x))
    return Comparison(emulator, net, result, theirs, ours, cpu, sent)


def compare(arguments: argparse.Namespace, peaks: Peaks) -> None:
    """Run all items of a spec on the emulator, and some on nengo_loihi."""
    from snnc.training import params_file

    program = checked(arguments.spec, arguments.data).program
    answers = None
    if arguments.random:
        deployed, x = drawn(program, arguments.random)
    else:
        trained = params_file.load(program, arguments.output or arguments.spec.parent)
        deployed, x, answers = trained.program, trained.x_test, trained.y_test
    steps = arguments.steps or deployed.stream_steps
    both = in_turns(deployed, x, steps, arguments.compared)
    emulator, net, result = both.emulator, both.net, both.result
    print(f"built in {emulator.build_seconds:.2f} s")
    print(result)
    ratios = both.ratios
    print(
        f"nengo_loihi: {1000 * median(both.theirs):.1f} ms an item; the emulator "
        f"{1e6 * median(both.ours):.0f} µs, {1 / median(both.ours):,.0f} items a second: {median(ratios):.0f} times as fast "
        f"({min(ratios):.0f} to {max(ratios):.0f}, {TURNS} turns)"
    )
    ours = sum(result.batch.seconds.values()) / len(x)
    print(
        f"of a core's time, which other programs don't change: {1000 * median(both.cpu):.1f} ms against {1e6 * ours:.0f} µs, "
        f"{median(both.cpu) / ours:.0f} times"
    )
    report(result, emulator, both.sent, peaks)
    alone = silent(emulator.size.neurons)
    share = updates(emulator.size.neurons, peaks) / alone
    print(f"as many neurons without a spike: {alone:.2f} µs, {share:.0%} of the peak")
    if answers is not None:
        read = result[net.logits][:, -deployed.read_steps(steps) :].mean(axis=1).argmax(axis=1)
        print(f"right, fresh: {np.mean(read == answers):.1%} of {len(x)}")
    for chains in (1, 64):
        some = x if chains > 1 else x[:20]
        result = emulator.run(
            {net.shown: some}, steps, present="stream", chains=chains, probes=[net.logits]
        )
        print(f"{result}: {1e6 * result.seconds / len(some):.0f} µs an item")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"at most {most / 1024:,.0f} MB of memory, NengoLoihi's simulator included")


def drawn(program: Program, items: int) -> tuple[Program, Any]:
    """Return a program as it is deployed, with random weights, and uniform items for it."""
    from tests.test_faults import deployed

    x = np.random.RandomState(0).uniform(0, 1, (items, program.network.input_size))
    return deployed(program, 0), x


def share_of_peak(both: Comparison, peaks: Peaks) -> float:
    """Return what part of the emulated chip's time a core would take at its peaks."""
    result = both.result
    measured = 1e6 * result.batch.seconds["chip"] / len(result.batch.items) / result.steps
    return best(both.emulator, result, both.sent, peaks).micros / measured


class Best(NamedTuple):
    """What the chip computes in a step of an item: sums, and µs of a core at its peaks."""

    sums: float
    micros: float


def best(emulator: Any, result: Any, sent: float, peaks: Peaks) -> Best:
    item_steps = len(result.batch.items) * result.steps
    neurons, leading = emulator.size.neurons, synapses_of(emulator)
    spikes = result.batch.counts.sum(axis=0) / item_steps
    # Of the host's spikes it isn't known which neuron made them: on average, then.
    reached = spikes @ leading[:neurons] + sent * leading[neurons:].mean()
    return Best(reached, 1e6 * reached / peaks.sums + updates(neurons, peaks))


def updates(neurons: int, peaks: Peaks) -> float:
    """Return what neurons cost a core at its peak in a step, in µs."""
    return 1e6 * UPDATE * neurons / peaks.operations


def report(result: Any, emulator: Any, sent: float, peaks: Peaks) -> None:
    """Print what one step of an item costs a core, by parts, and how near the chip's gets to what the machine can do.

    `sent` is how many spikes the chip gets from the host in a step of an item.
    """
    item_steps = len(result.batch.items) * result.steps
    measured = {part: 1e6 * s / item_steps for part, s in result.batch.seconds.items()}
    parts = ", ".join(f"{part} {each:.2f}" for part, each in measured.items())
    neurons = emulator.size.neurons
    reached, micros = best(emulator, result, sent, peaks)
    flops, state = 2 * emulator.size.synapses, STATE * neurons
    print(f"a step of an item, in µs of a core: {parts}\n")
    print("| what the chip computes in a step of an item | number | µs at a core's peak |")
    print("|---|---|---|")
    for what, number, peak in (
        ("sums, of the synapses that spikes reach", reached, peaks.sums),
        (f"operations, {UPDATE} a neuron", UPDATE * neurons, peaks.operations),
        ("instead of the sums, products of all weights, in BLAS", flops, peaks.flops),
        ("bytes of state, were they in memory", state, peaks.bytes),
    ):
        print(f"| {what} | {number:,.0f} | {1e6 * number / peak:.2f} |")
    print(
        f"\nthe chip: {micros:.2f} µs at the peak, {measured['chip']:.2f} measured, {micros / measured['chip']:.0%} of the peak"
    )


def silent(neurons: int) -> float:
    """Return what a step of an item costs a core where neurons on the chip never fire, in µs: the least of some turns."""
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator

    with nengo.Network(seed=0) as net:
        nengo_loihi.add_params(net)
        shown = nengo.Node(np.zeros(1))
        layer = nengo.Ensemble(neurons, 1, gain=np.ones(neurons), bias=np.full(neurons, -50.0))
        net.config[layer].block_shape = nengo_loihi.BlockShape((min(neurons, 1024),), (neurons,))
        seen = nengo.Ensemble(1, 1, gain=np.ones(1), bias=np.full(1, -50.0))
        nengo.Connection(shown, seen.neurons, transform=np.ones((1, 1)))
        probe = nengo.Probe(seen.neurons)
    emulator = Emulator(net)
    items, steps = max(2_000_000 // neurons, 64), 100
    runs = (
        emulator.run({shown: np.zeros((items, 1))}, steps, probes=[probe]) for _ in range(TURNS)
    )
    return 1e6 * min(run.batch.seconds["chip"] for run in runs) / items / steps


def synapses_of(emulator: Any) -> Any:
    """Return how many synapses a spike of each neuron on the chip leads to, then of each on the host that feeds it."""
    synapses = emulator._built.chip.synapses
    lengths = np.concatenate([[0], np.cumsum(synapses.run_length, dtype=np.int64)])
    return lengths[synapses.runs[1:]] - lengths[synapses.runs[:-1]] + np.diff(synapses.singles)


@dataclass(frozen=True)
class Cost:
    """Of a step of an item, in µs: on nengo_loihi and on the emulator, turn by turn; and how fast neurons fired, in hertz."""

    cores: int
    loihi: list[float]
    ours: list[float]
    hertz: float

    @property
    def times(self) -> float:
        """How many times as fast the emulator is."""
        return median(a / b for a, b in zip(self.loihi, self.ours, strict=True))


def grow() -> Iterator[tuple[Run, Cost]]:
    """Yield what a network costs as it grows: its items, its steps, its neurons."""
    import nengo_loihi

    from snnc.emulator import Emulator

    runs = sorted({run for runs in GROWTH.values() for run in runs}, key=lambda run: run.neurons)
    for neurons, same in groupby(runs, key=lambda run: run.neurons):
        net, shown, probe = network(neurons)
        emulator = Emulator(net)
        drawn = np.random.RandomState(0).uniform(-1, 1, (max(GROWTH["items"]).items, 20))
        with nengo_loihi.Simulator(net, progress_bar=False, target="sim") as sim:
            sim.run_steps(20)
            # There one item after the other costs the same: a second or so of them tells.
            steps = min(60_000 // neurons, 300)
            for run in same:
                loihi, ours = [], []
                for _ in range(GROWTH_TURNS):
                    began = perf_counter()
                    sim.run_steps(steps)
                    loihi.append(1e6 * (perf_counter() - began) / steps)
                    result = emulator.run({shown: drawn[: run.items]}, run.steps, probes=[probe])
                    ours.append(1e6 * result.seconds / run.items / run.steps)
                hertz = result.spikes / run.items / run.steps / emulator.dt / neurons
                yield run, Cost(emulator.size.cores, loihi, ours, hertz)


def network(neurons: int) -> tuple[Any, Any, Any]:
    """Return a network, its input and its probe: 100 neurons on the host, and on the chip a layer that reads them and itself."""
    import nengo
    import nengo_loihi

    chance = np.random.RandomState(neurons)
    with nengo.Network(seed=0) as net:
        nengo_loihi.add_params(net)
        # What nengo_loihi is shown: an item every 100 steps.
        shown = nengo.Node(nengo.processes.PresentInput(chance.uniform(-1, 1, (9, 20)), 0.1))
        encoder = nengo.Ensemble(100, 1, gain=np.full(100, 2.0), bias=np.ones(100))
        net.config[encoder].on_chip = False
        bias = chance.uniform(0.5, 2.5, neurons)
        layer = nengo.Ensemble(neurons, 1, gain=np.ones(neurons), bias=bias)
        # In blocks whose weights have room on a core.
        block = min(80_000 // neurons, neurons)
        net.config[layer].block_shape = nengo_loihi.BlockShape((block,), (neurons,))
        weights = chance.randn(100, 20) / 4
        nengo.Connection(shown, encoder.neurons, transform=weights, synapse=None)
        weights = chance.randn(neurons, 100) / 300
        nengo.Connection(encoder.neurons, layer.neurons, transform=weights, synapse=0.005)
        weights = chance.randn(neurons, neurons) / neurons / 5
        nengo.Connection(layer.neurons, layer.neurons, transform=weights, synapse=0.005)
        output = nengo.Node(size_in=10)
        nengo.Connection(layer.neurons, output, transform=chance.randn(10, neurons))
        return net, shown, nengo.Probe(output)


def print_table(costs: dict[Run, Cost]) -> None:
    """Print costs as Markdown, what grows first."""
    print("| items | steps | neurons | cores | nengo_loihi, µs | emulator, µs | times as fast |")
    print("|---|---|---|---|---|---|---|")
    for run in dict.fromkeys(run for runs in GROWTH.values() for run in runs):
        cost = costs[run]
        print(
            f"| {run.items:,} | {run.steps:,} | {run.neurons:,} | {cost.cores} "
            f"| {_short(median(cost.loihi))} | {_short(median(cost.ours))} | {cost.times:,.0f} |"
        )
    slowest, fastest = (pick(cost.hertz for cost in costs.values()) for pick in (min, max))
    print(f"\nneurons fired at {slowest:.0f} to {fastest:.0f} Hz; {_cores()} cores")


def _short(number: float) -> str:
    """Return a number with two digits, or all that stand before the point."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"


def draw(costs: dict[Run, Cost], path: Path) -> None:
    """Draw costs as they grow, in colours that do on white and on black."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    grey = "#808080"
    plain = FuncFormatter(lambda number, _: f"{number:,g}")
    fig = Figure((10, 3.9), layout="constrained")
    for ax, (what, runs) in zip(fig.subplots(1, 3, sharey=True), GROWTH.items(), strict=True):
        sizes = [getattr(run, what) for run in runs]
        loihi = [median(costs[run].loihi) for run in runs]
        ours = [median(costs[run].ours) for run in runs]
        ax.loglog(sizes, loihi, "s-", color="#D55E00", label="nengo_loihi.Simulator")
        ax.loglog(sizes, ours, "o-", color="#1F8FD6", label="snnc's emulator")
        for run, size, above, below in zip(runs, sizes, loihi, ours, strict=True):
            middle = (above * below) ** 0.5
            # The line has a gap for what stands on it.
            for ends in ((above, middle * 1.5), (middle / 1.5, below)):
                ax.plot([size] * 2, ends, ":", color=grey, linewidth=0.8, zorder=0)
            text = f"{costs[run].times:,.0f}\N{MULTIPLICATION SIGN}"
            ax.text(size, middle, text, ha="center", va="center", color=grey, fontsize="small")
        others = [f"{getattr(runs[0], key):,} {key}" for key in Run._fields if key != what]
        ax.set_title(", ".join(others), color=grey, fontsize="medium")
        ax.set_xlabel(what, color=grey)
        ax.margins(x=0.1)
        ax.xaxis.set_major_formatter(plain)
        ax.yaxis.set_major_formatter(plain)
        ax.tick_params(which="both", colors=grey)
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set_color(grey)
        ax.grid(color=grey, alpha=0.25)
    first = fig.axes[0]
    first.set_ylabel("a step of an item, µs", color=grey)
    first.legend(labelcolor=grey, frameon=False)
    fig.savefig(path, dpi=120, transparent=True)
    print(f"wrote {path}")


def limits() -> Peaks:
    """Print and return what the machine can do."""
    a = np.random.RandomState(0).rand(2000, 2000).astype(np.float32)
    products = fastest(lambda: a @ a)
    few = np.zeros(4096, np.int32)
    operations = fastest(lambda: [mixed(few) for _ in range(2000)])
    small = np.zeros(50_000, np.int32)
    sums = fastest(lambda: [np.add(small, 1, out=small) for _ in range(200)])
    large, other = np.zeros(1 << 27, np.uint8), np.zeros(1 << 27, np.uint8)
    copies = fastest(lambda: np.copyto(large, other))
    peaks = Peaks(
        2 * 2000**3 / products / _cores(),  # which are computed on all of them
        2000 * MIXED * len(few) / operations,
        200 * len(small) / sums,
        2 * len(large) / copies,
    )
    print(
        f"a core of this machine, of {_cores()}: {peaks.flops / 1e9:.0f} GFLOP/s in single precision; {peaks.operations / 1e9:.0f} billion "
        f"int32 operations a second in registers, {peaks.sums / 1e9:.0f} billion sums in its cache; "
        f"{peaks.bytes / 1e9:.0f} GB/s from and to memory"
    )
    return peaks


@njit
def mixed(values: Any) -> None:
    """Change each number by MIXED operations."""
    for i in range(len(values)):
        x = values[i]
        for _ in range(MIXED // 3):
            x = np.int32(np.int32(x << np.int32(1)) ^ np.int32(x + np.int32(7)))
        values[i] = x


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def fastest(action: Any) -> float:
    def seconds() -> float:
        began = perf_counter()
        action()
        return perf_counter() - began

    return min(seconds() for _ in range(5))


if __name__ == "__main__":
    main()
