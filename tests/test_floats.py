"""Networks in floats for many items at once: equal to nengo.Simulator bit for bit, fresh, as a stream and in chains."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from snnc.program.program import Program
from tests.conftest import CASES, LIGHT_SPECS, program_of
from tests.test_emulator import quiet

if find_spec("numba") is None or find_spec("nengo_loihi") is None:
    pytest.skip(
        "numba or nengo_loihi is not installed: pip install 'snnc[run]'", allow_module_level=True
    )

pytestmark = pytest.mark.usefixtures("nengo_loihi")

DRAWN = int(os.environ.get("SNNC_RANDOM_NETWORKS", "20"))
STEPS = 30


def simulated(program: Program, x: Any, steps: int) -> list[Any]:
    """Return what the probes of a network see of one item in nengo.Simulator, without the optimizer, which merges by chance."""
    import nengo

    from snnc.networks.build import deployed_network

    net = deployed_network(program.network, x)
    with nengo.Simulator(
        net, dt=program.network.dt, progress_bar=False, optimize=False
    ) as simulator:
        simulator.run_steps(steps)
        return [np.array(simulator.data[probe]) for probe in net.all_probes]


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("path", [*LIGHT_SPECS, *CASES], ids=lambda path: path.stem)
def test_every_spec(path: Path) -> None:
    from snnc.emulator import Floats
    from snnc.networks.build import deployed_network
    from tests.test_faults import deployed

    program = deployed(program_of(path), 0)
    x = np.random.RandomState(1).uniform(0, 1, (2, program.network.input_size))
    net = deployed_network(program.network, np.zeros(program.network.input_size))
    with quiet():
        floats = Floats(net, program.network.dt)
        found = floats.run({net.shown: x}, STEPS)
        # Layers that nobody looks at take their steps in another way.
        for numbers, data in floats.batches(
            {net.shown: x}, STEPS, probes=[net.logits], summed=net.spikes
        ):
            assert np.array_equal(data[net.logits], found[net.logits][numbers])
            for probe in net.spikes:
                sums = found[probe][numbers].sum(axis=1)
                assert np.allclose(data[probe], sums, rtol=1e-12)
        for number, item in enumerate(x):
            ours = [found[probe][number] for probe in net.all_probes]
            assert all(map(np.array_equal, ours, simulated(program, item, STEPS)))
            assert any(values.any() for values in ours)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["fresh", "stream", "chains"])
@pytest.mark.parametrize("number", range(DRAWN))
def test_random_networks(number: int, mode: str) -> None:
    from tests.random_networks import is_good, outcome

    with quiet():
        found = outcome(number, mode, "nengo")
    assert is_good(found), found


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("gap", [0, 0.01])
def test_streams_are_what_nengo_shows(gap: float) -> None:
    """In one chain the answers, rates and recordings of a stream are those of a single simulator."""
    from snnc.running.floats import in_floats
    from snnc.running.stream import stream
    from tests.conftest import ROOT
    from tests.test_faults import deployed

    program = deployed(program_of(ROOT / "specs/digits.toml"), 0)
    shown = program.presentation.model_copy(update={"gap": gap})
    program = replace(program, presentation=shown)
    x = np.random.RandomState(1).uniform(0, 1, (6, program.network.input_size))
    with quiet():
        ours, theirs = (
            in_floats(program, x, recorded=2),
            stream(program, x, "nengo", recorded=2),
        )
    assert np.array_equal(ours.logits, theirs.logits)
    # Counted here, and averaged there.
    for name, rates in theirs.rates.items():
        np.testing.assert_allclose(ours.rates[name], rates, rtol=1e-12)
    assert ours.recording is not None
    assert theirs.recording is not None
    assert np.array_equal(ours.recording.filtered, theirs.recording.filtered)
    assert np.array_equal(ours.recording.unfiltered, theirs.recording.unfiltered)


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("name", ["digits", "jets"])
def test_fresh_items_are_what_nengo_shows(name: str) -> None:
    """Each in a simulator of its own, until the answer to its last step has come."""
    import nengo

    from snnc.networks.build import deployed_network
    from snnc.running.floats import in_floats
    from tests.conftest import ROOT
    from tests.test_faults import deployed

    program = deployed(program_of(ROOT / f"specs/{name}.toml"), 0)
    x = np.random.RandomState(1).uniform(0, 1, (4, program.network.input_size))
    steps, read = program.fresh_steps, program.read_steps(program.fresh_steps)
    with quiet():
        ours = in_floats(program, x, present="fresh", each=4)
    for item, shown in enumerate(x):
        net = deployed_network(program.network, shown)
        with nengo.Simulator(net, progress_bar=False, optimize=False) as simulator:
            simulator.run_steps(program.fresh_latency + steps)
        outputs = simulator.data[net.logits]
        assert np.array_equal(ours.logits[item], outputs[-read:].mean(axis=0))
        for probe in net.spikes:
            hertz = simulator.data[probe].mean(axis=0) / probe.target.ensemble.neuron_type.amplitude
            assert np.allclose(ours.each[probe.label][item], hertz, rtol=1e-12)
            assert hertz.any()


@pytest.mark.parametrize("kind", ["LIF", "SpikingRectifiedLinear"])
def test_layers_are_nengos(kind: str) -> None:
    """Inputs that change, neurons that fire more than once in a step, two terms, of which one has no synapse; sums of spikes."""
    import nengo

    from snnc.emulator import Floats

    chance = np.random.RandomState(0)
    x = chance.uniform(0, 1, (2, STEPS, 3))

    def layer(n: int) -> Any:
        neurons = getattr(nengo, kind)()
        return nengo.Ensemble(n, 1, neuron_type=neurons, gain=np.ones(n), bias=np.full(n, 900.0))

    def network(item: Any) -> Any:
        weights = np.random.RandomState(1)
        with nengo.Network(seed=0) as net:
            net.shown = nengo.Node(lambda t: item[round(t / 0.001) - 1], size_out=3)
            layers = [layer(n) for n in (70, 1100, 10)]
            (first, second, third), dense = layers, partial(weights.normal, 0, 20)
            to_first = dense(size=(70, 3))
            nengo.Connection(net.shown, first.neurons, transform=to_first, synapse=None)
            nengo.Connection(first.neurons, second.neurons, transform=dense(size=(1100, 70)))
            to_third = dense(size=(10, 70))
            nengo.Connection(first.neurons, third.neurons, transform=to_third, synapse=None)
            nengo.Connection(second.neurons, third.neurons, transform=dense(size=(10, 1100)))
            for its in layers:
                nengo.Probe(its.neurons)
        return net

    net = network(x[0])
    floats = Floats(net)
    found = floats.run({net.shown: x}, STEPS)
    for number, item in enumerate(x):
        own = network(item)
        with nengo.Simulator(own, progress_bar=False, optimize=False) as simulator:
            simulator.run_steps(STEPS)
        for ours, theirs in zip(net.all_probes, own.all_probes, strict=True):
            assert np.array_equal(found[ours][number], simulator.data[theirs])
            assert simulator.data[theirs].any()
    for numbers, sums in floats.batches({net.shown: x}, STEPS, probes=[], summed=net.all_probes):
        for probe in net.all_probes:
            assert np.allclose(sums[probe], found[probe][numbers].sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize("present", ["fresh", "stream"])
@pytest.mark.parametrize("largest", [400.0, 990.0, 2500.0])
def test_layers_that_nobody_looks_at_are_nengos(
    present: Literal["fresh", "stream"], largest: float
) -> None:
    """Layers of all sizes take many steps at once if only their spikes are counted, and an encoder if none fires twice in a step."""
    import nengo
    from nengo_loihi.neurons import LoihiSpikingRectifiedLinear

    from snnc.emulator import Floats

    sizes, dt = (1, 9, 40, 77, 600), 0.001
    x = np.random.RandomState(0).uniform(-0.5, 1, (3, 4))
    x[0, 0] = 1

    def network(shown: Any) -> Any:
        chance = np.random.RandomState(1)
        with nengo.Network(seed=0) as net:
            net.shown = nengo.Node(shown)
            net.output = nengo.Node(size_in=2)
            for n in sizes:
                relu, chip = (
                    nengo.SpikingRectifiedLinear(),
                    LoihiSpikingRectifiedLinear(amplitude=0.01),
                )
                encoder, layer = (
                    nengo.Ensemble(
                        n, 1, neuron_type=kind, gain=np.ones(n), bias=chance.uniform(-9, 9, n)
                    )
                    for kind in (relu, chip)
                )
                weights = chance.uniform(-largest, largest, (n, 4)) / 4
                weights[0] = [largest, 0, 0, 0]
                nengo.Connection(net.shown, encoder.neurons, transform=weights, synapse=None)
                between = chance.normal(0, 2 / np.sqrt(n), (n, n))
                nengo.Connection(encoder.neurons, layer.neurons, transform=between, synapse=0.002)
                behind = chance.normal(size=(2, n))
                nengo.Connection(layer.neurons, net.output, transform=behind, synapse=0.003)
                nengo.Probe(encoder.neurons)
                nengo.Probe(layer.neurons)
            net.seen = nengo.Probe(net.output)
        return net

    net = network(np.zeros(4))
    spikes = [probe for probe in net.all_probes if probe is not net.seen]
    logits = np.empty((3, STEPS, 2))
    sums, counts = ({probe: np.empty((3, probe.size_in)) for probe in spikes} for _ in range(2))
    floats = Floats(net, dt)
    both = (
        floats.batches({net.shown: x}, STEPS, present=present, probes=[net.seen], summed=spikes),
        floats.batches({net.shown: x}, STEPS, present=present, probes=[net.seen], counted=spikes),
    )
    for batches, found in zip(both, (sums, counts), strict=True):
        for numbers, data in batches:
            logits[numbers] = data[net.seen]
            for probe in spikes:
                found[probe][numbers] = data[probe]
    shown = [*x] if present == "fresh" else [nengo.processes.PresentInput(x, STEPS * dt)]
    seen: dict[int, list[Any]] = {number: [] for number in range(len(net.all_probes))}
    for item in shown:
        own = network(item)
        with nengo.Simulator(own, dt=dt, progress_bar=False, optimize=False) as simulator:
            simulator.run_steps(3 * STEPS // len(shown))
        for number, probe in enumerate(own.all_probes):
            seen[number].extend(simulator.data[probe].reshape(-1, STEPS, probe.size_in))
    for number, probe in enumerate(net.all_probes):
        outputs = np.array(seen[number])
        if probe is net.seen:
            assert np.array_equal(logits, outputs)
        else:
            summed = outputs.sum(axis=1)
            assert np.allclose(sums[probe], summed, rtol=1e-12)
            fired = np.rint(summed * dt / probe.target.ensemble.neuron_type.amplitude)
            assert np.array_equal(counts[probe], fired)
    # Whether a neuron of the last encoder fires more than once in a step.
    assert (np.max(seen[len(spikes) - 2]) > 1 / dt) == (largest > 1 / dt)
    assert np.any(logits != 0)


def pairwise(rows: Any) -> Any:
    """Halves, added to each other: what no lane does."""
    n = rows.shape[1]
    if n == 1:
        return rows[:, 0]
    return pairwise(rows[:, : n // 2]) + pairwise(rows[:, n // 2 :])


def in_lanes(rows: Any, n_lanes: int) -> Any:
    sums = np.zeros((n_lanes, len(rows)))
    for term in range(rows.shape[1]):
        sums[term % n_lanes] += rows[:, term]
    total = sums[0]
    for lane in sums[1:]:
        total = total + lane
    return total


@pytest.mark.parametrize(
    "sums", [pairwise, partial(in_lanes, n_lanes=1), partial(in_lanes, n_lanes=4)]
)
def test_the_order_of_a_sum_is_found(sums: Any) -> None:
    """Added up in the order that was found, random numbers give the same sums, and in another one they don't."""
    from snnc.emulator.sums import order_of

    rows = np.random.RandomState(0).normal(size=(50, 24))
    order = order_of(sums, 24)
    found = np.zeros((order.n_lanes, 50))
    for term, lane in enumerate(order.lanes):
        found[lane] += rows[:, term]
    for first, second in order.merges:
        found[first] += found[second]
    assert np.array_equal(found[0], sums(rows))
    assert not np.array_equal(found[0], in_lanes(rows, 3))


def products() -> Iterator[Any]:
    """Yield transforms of many shapes."""
    import nengo

    chance = np.random.RandomState(0)
    for shape in [(1, 5), (2, 25), (5, 32), (10, 100), (33, 17), (100, 300), (64, 1), (10, 12000)]:
        yield nengo.Dense(shape, init=chance.normal(size=shape))
    for settings in [
        {"n_filters": 5, "input_shape": (6, 6, 2)},
        {"n_filters": 32, "input_shape": (28, 28, 3), "strides": (2, 2)},
        {"n_filters": 8, "input_shape": (4, 6, 6), "channels_last": False},
        {"n_filters": 4, "input_shape": (7, 7, 40), "padding": "same"},
        {"n_filters": 6, "input_shape": (9, 3), "kernel_size": (3,), "strides": (2,)},
        {"n_filters": 1, "input_shape": (5, 5, 1), "kernel_size": (1, 1), "strides": (1, 1)},
    ]:
        yield nengo.Convolution(**settings)


def test_products_of_spikes_are_nengos() -> None:
    """Bit for bit, whatever BLAS does on this machine; where the order isn't found, no code of ours computes them."""
    import nengo

    from snnc.emulator.scatter import Scatter
    from snnc.emulator.windows import Window

    chance, found = np.random.RandomState(1), 0
    for transform in products():
        with nengo.Network(seed=0) as net:
            before, after = (
                nengo.Node(np.zeros(transform.size_in)),
                nengo.Node(size_in=transform.size_out),
            )
            nengo.Connection(before, after, transform=transform, synapse=None)
        model = nengo.builder.Model()
        model.build(net)
        (operator,) = (op for op in model.operators if getattr(op, "X", None) is not None)
        assert Window.of(operator) is not None
        scatter = Scatter.of(operator)
        if scatter is None:
            continue
        found += 1
        # Each of the sums is in a run, also if no input reaches it.
        assert scatter.entries.runs.length.sum() == scatter.n_sums
        x = chance.choice([0.0, 0.0, 1000.0, 0.3], (4, 3, transform.size_in))
        y = chance.normal(size=(4, 3, transform.size_out))
        expected = y.copy()
        for now, sums in zip(x.reshape(12, -1), expected.reshape(12, -1), strict=True):
            signals = {
                operator.X: now,
                operator.Y: sums,
                operator.reads[0]: operator.reads[0].initial_value,
            }
            operator.make_step(signals, 0.001, None)()
        scatter.add(x, y)
        assert np.array_equal(y, expected)
    assert found


def test_a_sum_that_rounds_in_no_known_way_is_left_to_nengo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import nengo

    from snnc.emulator.scatter import Scatter
    from snnc.emulator.windows import Window

    with nengo.Network(seed=0) as net:
        before, after = nengo.Node(np.zeros(20)), nengo.Node(size_in=3)
        nengo.Connection(before, after, transform=np.ones((3, 20)) / 3, synapse=None)
    model = nengo.builder.Model()
    model.build(net)
    (operator,) = (op for op in model.operators if getattr(op, "X", None) is not None)
    own = Window.of(operator)
    assert own is not None
    otherwise = replace(own, product=lambda weights, x: own.product(weights, x) * (1 + 1e-15))
    monkeypatch.setattr(Window, "of", lambda operator: otherwise)
    assert Scatter.of(operator) is None
