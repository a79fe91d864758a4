"""How fast items are emulated, against nengo_loihi.Simulator, and against what the machine can do.

    python benchmarks/emulator.py SPEC [-o FOLDER] [--data FILE] [--steps N]

takes what `snnc train SPEC` has left. Each comparison measures both in turn. Without a spec: what a network drawn at random
costs as its items, steps and neurons grow.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any

import numpy as np

from snnc.engine import libraries
from snnc.engine.libraries import WITHOUT_TENSORFLOW

#: So many items are run on nengo_loihi, a few at a time.
COMPARED, TURNS = 12, 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spec", type=Path, nargs="?")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--steps", type=int, help="instead of the spec's presentation")
    arguments = parser.parse_args()
    with libraries.loaded(WITHOUT_TENSORFLOW), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if arguments.spec:
            compare(arguments)
        else:
            grow()
        limits()


def compare(arguments: argparse.Namespace) -> None:
    """Run all test items of a trained spec on the emulator, and some on nengo_loihi."""
    import nengo
    import nengo_loihi

    from snnc.backends.network import deployed_network
    from snnc.emulator import Emulator
    from snnc.engine import storage
    from snnc.pipeline import checked

    program = checked(arguments.spec, arguments.data).program
    trained = storage.load(program, arguments.output or arguments.spec.parent)
    deployed, x = trained.program, trained.x_test
    steps = arguments.steps or deployed.stream_steps
    net = deployed_network(deployed, np.zeros(deployed.input_size), loihi=True)
    emulator = Emulator(net, deployed.dt)
    presented = nengo.processes.PresentInput(x, steps * deployed.dt)
    own = deployed_network(deployed, presented, loihi=True)
    emulator.run({net.shown: x[:300]}, 3, probes=[net.logits])  # compiled now
    print(f"built in {emulator.build_seconds:.2f} s")
    ratios, theirs, cpu = [], [], []
    with nengo_loihi.Simulator(own, dt=deployed.dt, target="sim") as sim:
        for _ in range(TURNS):
            began, cpu_began = perf_counter(), thread_time()
            sim.run_steps(steps * COMPARED // TURNS)
            theirs.append((perf_counter() - began) / (COMPARED // TURNS))
            cpu.append((thread_time() - cpu_began) / (COMPARED // TURNS))
            result = emulator.run({net.shown: x}, steps, probes=[net.logits])
            ratios.append(theirs[-1] / (result.seconds / len(x)))
    print(result)
    print(
        f"nengo_loihi: {1000 * median(theirs):.1f} ms an item; the emulator "
        f"{1e6 * result.seconds / len(x):.0f} us: {median(ratios):.0f} times as fast "
        f"({min(ratios):.0f} to {max(ratios):.0f}, {TURNS} turns)"
    )
    ours = sum(result.batch.seconds.values()) / len(x)
    print(
        f"of a core's time, which other programs don't change: {1000 * median(cpu):.1f} ms against {1e6 * ours:.0f} us, "
        f"{median(cpu) / ours:.0f} times"
    )
    report(result, emulator)
    answers = result[net.logits][:, -deployed.read_steps(steps) :].mean(axis=1).argmax(axis=1)
    print(f"right, fresh: {np.mean(answers == trained.y_test):.1%} of {len(x)}")
    for chains in (1, 64):
        some = x if chains > 1 else x[:20]
        result = emulator.run(
            {net.shown: some}, steps, present="stream", chains=chains, probes=[net.logits]
        )
        print(f"{result}: {1e6 * result.seconds / len(some):.0f} us an item")


def report(result: Any, emulator: Any) -> None:
    """Print what one step of an item costs a core, by parts, and how many synapses are added up in it."""
    item_steps = len(result.batch.items) * result.steps
    parts = ", ".join(
        f"{part} {1e6 * seconds / item_steps:.2f}" for part, seconds in result.batch.seconds.items()
    )
    synapses = emulator._built.chip.synapses
    lengths = np.concatenate([[0], np.cumsum(synapses.run_length, dtype=np.int64)])
    reached = lengths[synapses.runs[1:]] - lengths[synapses.runs[:-1]]
    reached += np.diff(synapses.singles)
    of_chip = reached[: emulator.size.neurons] @ result.batch.counts.sum(axis=0, dtype=np.int64)
    print(f"a step of an item, in us of a core: {parts}")
    print(
        f"spikes of the chip reach {of_chip / item_steps:,.0f} synapses a step of an item: "
        f"{of_chip / result.batch.seconds['chip'] / 1e9:.2f} billion a second and core"
    )


def grow() -> None:
    """Print the cost of a network as it grows: its items, its steps, its neurons."""
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator

    chance = np.random.RandomState(0)

    def emulated(neurons: int) -> tuple[Any, Any, Any]:
        with nengo.Network(seed=0) as net:
            nengo_loihi.add_params(net)
            shown = nengo.Node(np.zeros(20))
            encoder = nengo.Ensemble(100, 1, gain=np.full(100, 2.0), bias=np.ones(100))
            net.config[encoder].on_chip = False
            layer = nengo.Ensemble(neurons, 1, gain=np.ones(neurons), bias=chance.rand(neurons))
            weights = chance.randn(100, 20) / 4
            nengo.Connection(shown, encoder.neurons, transform=weights, synapse=None)
            weights = chance.randn(neurons, 100) / 300
            nengo.Connection(encoder.neurons, layer.neurons, transform=weights, synapse=0.005)
            weights = chance.randn(neurons, neurons) / neurons / 5
            nengo.Connection(layer.neurons, layer.neurons, transform=weights, synapse=0.005)
            output = nengo.Node(size_in=10)
            nengo.Connection(layer.neurons, output, transform=chance.randn(10, neurons))
            probe = nengo.Probe(output)
        return Emulator(net), shown, probe

    emulator, shown, probe = emulated(200)
    emulator.run({shown: np.zeros((300, 20))}, 2, probes=[probe])
    for n_items, steps, neurons in (
        (100, 100, 200),
        (1000, 100, 200),
        (10000, 100, 200),
        (1000, 10, 200),
        (1000, 1000, 200),
        (1000, 100, 50),
        (1000, 100, 400),
        (1000, 100, 800),
    ):
        if neurons != emulator.size.neurons:
            emulator, shown, probe = emulated(neurons)
        result = emulator.run({shown: chance.uniform(-1, 1, (n_items, 20))}, steps, probes=[probe])
        each = 1e6 * result.seconds / n_items / steps
        print(f"{result}: {each:.2f} us a step of an item")


def limits() -> None:
    """Print what a core and the memory can do: products of matrices, sums of what is in the cache, copies."""
    a = np.random.RandomState(0).rand(2000, 2000).astype(np.float32)
    products = fastest(lambda: a @ a)
    small = np.zeros(50_000, np.int32)
    sums = fastest(lambda: [np.add(small, 1, out=small) for _ in range(200)])
    large, other = np.zeros(1 << 27, np.uint8), np.zeros(1 << 27, np.uint8)
    copies = fastest(lambda: np.copyto(large, other))
    print(
        f"this machine: {2 * 2000**3 / products / 1e9:.0f} GFLOP/s in single precision on all cores; "
        f"{200 * len(small) / sums / 1e9:.1f} billion int32 sums a second on one, in its cache; "
        f"{2 * len(large) / copies / 1e9:.1f} GB/s from and to memory"
    )


def fastest(action: Any) -> float:
    def seconds() -> float:
        began = perf_counter()
        action()
        return perf_counter() - began

    return min(seconds() for _ in range(5))


if __name__ == "__main__":
    main()
