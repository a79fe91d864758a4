"""The batched emulator agrees with NengoLoihi's own, bit for bit: every state of every step, and all values of probes.

`SNNC_EMULATED=60 pytest tests/test_emulator.py` compares 60 networks of each kind.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.program.program import Program
from tests.conftest import CASES, LIGHT_SPECS, ROOT, program_of, stand_in

if find_spec("numba") is None or find_spec("nengo_loihi") is None:
    pytest.skip(
        "numba or nengo_loihi is not installed: pip install 'snnc[run]'", allow_module_level=True
    )

pytestmark = pytest.mark.usefixtures("nengo_loihi")

DRAWN = int(os.environ.get("SNNC_EMULATED", "8"))
OVERFLOWING = max(DRAWN // 4, 2)
STEPS = 40


def numbers(of: range, fast: int) -> list[Any]:
    """Return the numbers of networks to draw, as parameters; all but the first few are slow."""
    return [*of[:fast], *(pytest.param(n, marks=pytest.mark.slow) for n in of[fast:])]


@contextmanager
def quiet() -> Iterator[None]:
    """What overflows says so; here that is meant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def reference(net: Any, shown: list[dict[Any, Any]], steps: int) -> dict[Any, Any]:
    """Return what NengoLoihi's probes see of items, (items, steps, size), shown one after the other."""
    import nengo_loihi

    now: dict[Any, Any] = {}
    before = {node: node.output for node in shown[0]}
    for node in shown[0]:
        node.output = lambda t, node=node: now[node]
    try:
        with nengo_loihi.Simulator(net, progress_bar=False, target="sim") as sim:
            for item in shown:
                now.update(item)
                sim.run_steps(steps)
            return {
                probe: sim.data[probe].reshape(len(shown), steps, -1) for probe in net.all_probes
            }
    finally:
        for node, output in before.items():
            node.output = output


def plans_of(emulator: Any, items: dict[Any, Any], probes: list[Any], steps: int) -> Any:
    """Return the plans of a run."""
    from snnc.emulator.asked import Asked

    asked = Asked.of(emulator.network, items, steps, 0, 0, "fresh", 1, probes, [])
    return emulator._plans(asked, {})


def rows(items: dict[Any, Any]) -> list[dict[Any, Any]]:
    n_items = len(next(iter(items.values())))
    return [{node: values[i] for node, values in items.items()} for i in range(n_items)]


def fresh_reference(net: Any, items: dict[Any, Any], steps: int) -> dict[Any, Any]:
    """Return what NengoLoihi's probes see of items, each in a simulator of its own."""
    parts = [reference(net, [item], steps) for item in rows(items)]
    return {probe: np.concatenate([part[probe] for part in parts]) for probe in net.all_probes}


def assert_same(result: Any, expected: dict[Any, Any]) -> None:
    assert expected
    for probe, values in expected.items():
        assert result[probe].dtype == values.dtype
        assert np.array_equal(result[probe], values), probe


@pytest.mark.parametrize("number", numbers(range(DRAWN), fast=0))
def test_probes_see_the_same(number: int) -> None:
    """Fresh, each probe also when it is the only one recorded; in one chain, and in two, of which each is a stream by itself."""
    from snnc.emulator import Emulator
    from tests.chip_networks import drawn

    case = drawn(number)
    with quiet():
        emulator = Emulator(case.net)
        fresh = fresh_reference(case.net, case.items, STEPS)
        assert_same(emulator.run(case.items, STEPS), fresh)
        for probe, seen in fresh.items():
            assert_same(emulator.run(case.items, STEPS, probes=[probe]), {probe: seen})
        one = reference(case.net, rows(case.items), STEPS)
        assert_same(emulator.run(case.items, STEPS, present="stream"), one)
        two = emulator.run(case.items, STEPS, present="stream", chains=2)
        assert_same(
            {probe: two[probe][:2] for probe in one},
            {probe: values[:2] for probe, values in one.items()},
        )
        alone = reference(case.net, rows(case.items)[2:], STEPS)
        assert_same({probe: two[probe][2:] for probe in one}, alone)


@pytest.mark.parametrize("number", range(DRAWN, 2 * DRAWN))
def test_every_state_is_the_same_in_every_step(number: int) -> None:
    from tests.chip_networks import drawn

    assert_states(drawn(number))


@pytest.mark.parametrize("number", numbers(range(OVERFLOWING), fast=0))
def test_sums_that_overflow_wrap_around_alike(number: int) -> None:
    from snnc.emulator import Emulator
    from tests.chip_networks import overflowing

    case = overflowing(number)
    with warnings.catch_warnings(record=True) as theirs:
        warnings.simplefilter("always")
        expected = fresh_reference(case.net, case.items, STEPS)
    with warnings.catch_warnings(record=True) as ours:
        warnings.simplefilter("always")
        result = Emulator(case.net).run(case.items, STEPS)
    assert_same(result, expected)
    said = {str(w.message) for w in ours if str(w.message).startswith("Overflow")}
    assert said
    assert said == {str(w.message) for w in theirs if str(w.message).startswith("Overflow")}
    assert_states(case)


def assert_states(case: Any) -> None:
    """Step by step, for two different items at once: current, voltage, refractory count and spikes of every compartment."""
    import nengo_loihi

    from snnc.emulator import Emulator
    from snnc.emulator.side_by_side import SideBySide
    from snnc.emulator.slots import Piece, Slot

    with quiet():
        networks = SideBySide(plans_of(Emulator(case.net), case.items, probes=[], steps=1), 2)
        networks.clear([{}, {}])
        both = {node: values[:2] for node, values in case.items.items()}
        simulators = []
        for item in rows(both):
            for node, values in item.items():
                node.output = values
            simulators.append(nengo_loihi.Simulator(case.net, progress_bar=False, target="sim"))
        chip = networks.plans.built.chip
        # The order of the blocks is the same in both builds.
        order = np.concatenate(list(chip.places.values()))
        blocks = [len(places) for places in chip.places.values()]
        fired = 0
        for _ in range(STEPS):
            networks.show(Slot([Piece(both, 1)]))
            for number, sim in enumerate(simulators):
                sim.run_steps(1)
                theirs = sim.sims["emulator"].compartment
                assert [b.n_neurons for b in sim.model.blocks] == blocks
                ours = {
                    name: values[number][order] for name, values in networks.state._asdict().items()
                }
                assert np.array_equal(ours["current"], theirs.current)
                assert np.array_equal(ours["voltage"], theirs.voltage)
                assert np.array_equal(ours["ref_count"], theirs.ref_count)
                assert np.array_equal(ours["fired"], theirs.spiked)
                fired += theirs.spiked.sum()
        assert fired
        for sim in simulators:
            sim.close()


@pytest.mark.slow
def test_what_changes_while_an_item_is_shown() -> None:
    import nengo

    from snnc.emulator import Emulator
    from tests.chip_networks import drawn

    case = drawn(0)
    chance = np.random.RandomState(5)
    moving = {node: chance.uniform(-1, 1, (3, STEPS, node.size_out)) for node in case.items}
    with quiet():
        result = Emulator(case.net).run(moving, STEPS)
        for item in range(3):
            for node, values in moving.items():
                node.output = lambda t, x=values[item]: x[round(t / 0.001) - 1]
            expected = reference(case.net, [{}], STEPS)
            assert_same({probe: result[probe][item : item + 1] for probe in expected}, expected)
    assert isinstance(case.net, nengo.Network)


def test_gaps_between_items() -> None:
    """They are recorded with the item before them; spikes in them are not counted."""
    from snnc.emulator import Emulator
    from tests.chip_networks import drawn

    case = drawn(4)
    zeros = {node: np.zeros_like(values) for node, values in case.items.items()}
    shown = [part for pair in zip(rows(case.items), rows(zeros), strict=True) for part in pair]
    with quiet():
        emulator = Emulator(case.net)
        result = emulator.run(case.items, 20, gap=20, present="stream")
        assert_same(
            result,
            {p: seen.reshape(3, 40, -1) for p, seen in reference(case.net, shown, 20).items()},
        )
        # Of the two chains the second has ended when the first is shown its last item.
        halves = emulator.run(case.items, 20, gap=20, present="stream", chains=2)
    layer = case.on_chip[0]
    probe = next(p for p in case.net.all_probes if p.target == layer.neurons)
    for chains in (result, halves):
        counts = np.count_nonzero(chains[probe][:, :20], axis=1)
        assert np.array_equal(chains.spike_counts(layer), counts)
        assert counts.any()
    assert np.array_equal(halves[probe][:2], result[probe][:2])


def test_the_host_may_answer_to_the_chip() -> None:
    """From the chip to the host and back: both take turns, step by step."""
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator

    chance = np.random.RandomState(0)
    with nengo.Network(seed=0) as net:
        nengo_loihi.add_params(net)
        shown = nengo.Node(np.zeros(2))
        layer = nengo.Ensemble(30, 1, gain=np.ones(30), bias=np.linspace(0.5, 2, 30))
        turned = nengo.Node(lambda t, x: np.sin(x + t), size_in=2)
        nengo.Connection(shown, layer.neurons, transform=chance.randn(30, 2))
        nengo.Connection(layer.neurons, turned, transform=chance.randn(2, 30) / 100)
        nengo.Connection(turned, layer.neurons, transform=chance.randn(30, 2))
        nengo.Probe(turned)
        nengo.Probe(layer.neurons)
        nengo.Probe(layer.neurons, "voltage")
    emulator = Emulator(net)
    items = {shown: chance.uniform(-1, 1, (3, 2))}
    assert_same(emulator.run(items, 30), fresh_reference(net, items, 30))
    assert_same(emulator.run(items, 30, present="stream"), reference(net, rows(items), 30))


@pytest.mark.parametrize("back", [False, True], ids=["precomputed", "in turns"])
def test_spikes_take_a_step_from_neuron_to_neuron(back: bool) -> None:
    """As docs/emulator_internals.md says: from the host to the chip, from neuron to neuron there, and back to the host."""
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator

    with nengo.Network(seed=0) as net:
        nengo_loihi.add_params(net)
        one = {"gain": np.ones(1), "bias": np.zeros(1)}
        shown = nengo.Node(np.zeros(1))
        encoder = nengo.Ensemble(1, 1, neuron_type=nengo.SpikingRectifiedLinear(), **one)
        net.config[encoder].on_chip = False
        first, second = (nengo.Ensemble(1, 1, neuron_type=nengo.LIF(), **one) for _ in range(2))
        output = nengo.Node(lambda t, x: x, size_in=1)
        nengo.Connection(shown, encoder.neurons, synapse=None)
        for pre, post in ((encoder, first), (first, second)):
            nengo.Connection(pre.neurons, post.neurons, transform=[[0.1]], synapse=None)
        nengo.Connection(second.neurons, output, synapse=None)
        if back:
            answer = nengo.Ensemble(1, 1, neuron_type=nengo.SpikingRectifiedLinear(), **one)
            net.config[answer].on_chip = False
            nengo.Connection(output, answer.neurons, synapse=None)
            nengo.Connection(answer.neurons, first.neurons, transform=[[0.1]], synapse=None)
        probes = [nengo.Probe(x.neurons) for x in (encoder, first, second)] + [nengo.Probe(output)]
    shows = np.zeros((1, 12, 1))
    shows[0, 4] = 1000.0
    with quiet():
        emulator = Emulator(net)
        result = emulator.run({shown: shows}, 12)
        shown.output = lambda t: [1000.0 if round(t / 0.001) == 5 else 0.0]
        expected = reference(net, [{}], 12)
    assert emulator._built.precomputed is not back
    assert_same(result, expected)
    steps = [(1 + np.flatnonzero(expected[probe])).tolist() for probe in probes]
    assert [of_neuron[0] for of_neuron in steps] == [5, 6, 7, 8]
    # The answer fires in the step in which it sees a spike, and the first neuron on the chip in the next one.
    assert steps[1] == ([6, 9, 12] if back else [6])


def test_precomputed_the_host_takes_the_first_step_of_the_chip_twice() -> None:
    import nengo

    from snnc.emulator import Emulator

    with nengo.Network(seed=0) as net:
        neurons = nengo.LIF(tau_ref=0.003)
        layer = nengo.Ensemble(1, 1, neuron_type=neurons, gain=np.ones(1), bias=np.full(1, 500.0))
        output = nengo.Node(lambda t, x: x, size_in=1)
        nengo.Connection(layer.neurons, output, synapse=None)
        probes = [nengo.Probe(layer.neurons), nengo.Probe(output)]
    with quiet():
        result = Emulator(net).run({}, 12)
        expected = reference(net, [{}], 12)
    assert_same(result, expected)
    fires, arrives = ((1 + np.flatnonzero(expected[probe])).tolist() for probe in probes)
    assert fires[0] == 1
    assert arrives == [1, *(step + 1 for step in fires if step < 12)]


@pytest.mark.parametrize("n", [1, 64, 1500])
@pytest.mark.parametrize(
    "settings",
    [{"tau_ref": 0.001}, {"tau_ref": 0.0034, "min_voltage": -0.3, "amplitude": 0.01}, None],
    ids=["LIF", "a long LIF", "spiking ReLU"],
)
def test_compiled_neurons_are_nengos(settings: dict[str, float] | None, n: int) -> None:
    """In every step and to the last bit, some steps at a time, of constant and of changing currents; or only whether they fire."""
    import nengo

    from snnc.emulator.neurons import steps_of

    neurons = nengo.SpikingRectifiedLinear() if settings is None else nengo.LIF(**settings)
    chance = np.random.RandomState(n)
    scale = 700.0 if settings is None else 1.0
    constant = scale * chance.uniform(-1, 4, (1, n))
    names = ("voltage",) if settings is None else ("voltage", "refractory_time")
    ours, spikes_only, theirs = ({name: np.zeros(n) for name in names} for _ in range(3))
    outputs, fired, expected = np.empty((10, n)), np.empty((10, n), np.uint8), np.empty(n)
    n_spikes = 0
    for part in range(6):
        noise = scale * chance.normal(size=(10, n))
        j = constant if part % 2 else constant + noise
        steps_of(neurons, 0.001, ours)(j, outputs)
        steps_of(neurons, 0.001, spikes_only)(j, fired)
        for step in range(10):
            neurons.step(0.001, j[step if len(j) > 1 else 0], expected, **theirs)
            assert np.array_equal(outputs[step], expected)
            assert np.array_equal(fired[step], expected != 0)
            n_spikes += np.count_nonzero(expected)
        assert np.array_equal(ours["voltage"], theirs["voltage"])
    assert n_spikes


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", [1, 5, 32])
def test_filters_are_nengos(size: int, dtype: Any) -> None:
    """Each of some items as by itself, some steps at a time: compiled, or by Nengo's own step."""
    import nengo

    from snnc.emulator.filters import Filter

    chance = np.random.RandomState(size)
    x = chance.normal(size=(40, 3, size)).astype(dtype)
    compiled = []
    for synapse in (
        nengo.Lowpass(0.005),
        nengo.Alpha(0.01),
        nengo.LinearFilter([0.01, 1], [0.02, 1]),
        nengo.LinearFilter([1], [1e-6, 3e-4, 0.03, 1]),
        nengo.synapses.Triangle(0.004),
    ):
        chosen = Filter.of(synapse, size, 0.001, dtype, dtype)
        compiled.append(chosen.steps is not None)
        run, outputs = chosen.started(3), np.empty_like(x)
        for begin in (0, 13, 30):
            part = slice(begin, {0: 13, 13: 30, 30: 40}[begin])
            run(*(values[part].reshape(-1, 3 * size) for values in (x, outputs)))
        for item in range(3):
            own = chosen.own()
            expected = [np.array(own(0.0, row), dtype).reshape(size) for row in x[:, item]]
            assert np.array_equal(outputs[:, item], expected), synapse
    assert compiled[0]
    assert not compiled[-1]


@pytest.mark.slow
def test_where_no_compiled_sum_agrees_the_libraries_own_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from snnc.emulator import Emulator, filters, readout
    from tests.chip_networks import drawn

    def wrong(probe: Any, columns: Any, fired: Any) -> Any:
        return right(probe, columns, fired) + 1

    right = readout._sums_of_spikes
    monkeypatch.setattr(readout, "_sums_of_spikes", wrong)
    monkeypatch.setattr(filters, "_candidates", lambda own, dtype: iter(()))
    case = drawn(0)
    with quiet():
        emulator = Emulator(case.net)
        plans = plans_of(emulator, case.items, case.net.all_probes, STEPS)
        tried = [*plans.host.filters.values(), *plans.filters.values()]
        assert tried
        assert all(chosen.steps is None for chosen in tried)
        assert not plans.readout.is_divisible
        assert_same(emulator.run(case.items, STEPS), fresh_reference(case.net, case.items, STEPS))


def test_circles_on_the_host_take_turns() -> None:
    """What waits for its own last step runs step by step; and all kinds of synapses and probes that the host has."""
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator
    from snnc.emulator.plan import Plan

    with nengo.Network(seed=1) as net:
        nengo_loihi.add_params(net)
        shown = nengo.Node(np.zeros(1))
        integrator = nengo.Ensemble(40, 1)
        net.config[integrator].on_chip = False
        nengo.Connection(shown, integrator, transform=0.1, synapse=0.1)
        nengo.Connection(integrator, integrator, synapse=0.02)
        on_chip = nengo.Ensemble(30, 1)
        nengo.Connection(integrator.neurons, on_chip.neurons, transform=np.full((30, 40), 0.01))
        output = nengo.Node(size_in=2)
        synapse = nengo.LinearFilter([0.01, 1], [0.02, 1])
        nengo.Connection(integrator, output[0], synapse=synapse)
        nengo.Connection(integrator, output[1], synapse=nengo.synapses.Triangle(0.005))
        nengo.Connection(on_chip, output[0], synapse=0.005)
        for target in (integrator, integrator.neurons, on_chip, on_chip.neurons, output):
            nengo.Probe(target, synapse=0.01)
        nengo.Probe(output, synapse=nengo.synapses.Alpha(0.01))
        nengo.Probe(integrator.neurons, "voltage", synapse=None)
    items = {shown: np.array([[0.5], [-1.0], [0.0], [1.0]])}
    emulator = Emulator(net)
    model = emulator._built.model
    plans = [
        Plan.of(part, [shown], True, net.all_probes, {}) for part in (model.host_pre, model.host)
    ]
    in_turns = [part for plan in plans for part in plan.parts if part.in_turns]
    assert [len(part.operators) > 1 for part in in_turns] == [True]
    assert_same(emulator.run(items, STEPS), fresh_reference(net, items, STEPS))
    stream = emulator.run(items, STEPS, present="stream")
    assert_same(stream, reference(net, rows(items), STEPS))


def test_networks_of_the_nef() -> None:
    """Decoded connections, recurrent ones, and probes of what ensembles represent."""
    import nengo

    from snnc.emulator import Emulator

    with nengo.Network(seed=3) as net:
        shown = nengo.Node(np.zeros(2), label="shown")
        first = nengo.Ensemble(100, 2, max_rates=nengo.dists.Uniform(100, 120))
        integrator = nengo.Ensemble(120, 2, max_rates=nengo.dists.Uniform(100, 120))
        nengo.Connection(shown, first)
        nengo.Connection(first, integrator, transform=0.1, synapse=0.1)
        nengo.Connection(integrator, integrator, synapse=0.1)
        read = nengo.Node(size_in=2)
        nengo.Connection(integrator, read, function=np.square, synapse=0.02)
        nengo.Probe(first, synapse=0.02)
        nengo.Probe(integrator, synapse=0.02)
        nengo.Probe(read)
    items = {shown: np.array([[0.5, -0.2], [-0.9, 0.1]])}
    with quiet():
        result = Emulator(net).run(items, 60)
        assert_same(result, fresh_reference(net, items, 60))
    assert np.abs(result[net.probes[1]]).max() > 0.01


def test_convolutions_the_other_way_round() -> None:
    """Transposed: an axon leads to larger images."""
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator

    transform = nengo.ConvolutionTranspose(
        n_filters=4, input_shape=(4, 4, 2), kernel_size=(3, 3), strides=(2, 2)
    )
    n_out = transform.output_shape.size
    with nengo.Network(seed=0) as net:
        nengo_loihi.add_params(net)
        shown = nengo.Node(np.zeros(32))
        encoder = nengo.Ensemble(32, 1, gain=np.full(32, 2.0), bias=np.ones(32))
        net.config[encoder].on_chip = False
        nengo.Connection(shown, encoder.neurons, synapse=None)
        layer = nengo.Ensemble(n_out, 1, gain=np.ones(n_out), bias=np.full(n_out, 0.9))
        nengo.Connection(encoder.neurons, layer.neurons, transform=transform, synapse=0.005)
        nengo.Probe(layer.neurons)
        nengo.Probe(layer.neurons, "input")
    items = {shown: np.random.RandomState(0).uniform(0, 1, (2, 32))}
    with quiet():
        result = Emulator(net).run(items, STEPS)
        assert_same(result, fresh_reference(net, items, STEPS))
    assert result.spikes


def test_of_several_weights_for_one_compartment_the_last_counts() -> None:
    """That is how NumPy adds to places that are named twice, and NengoLoihi leaves it to NumPy."""
    from snnc.emulator.chip import _last_of_each

    places, weights = np.array([3, 1, 3, 0, 1, 3]), np.arange(1, 7)
    counts = _last_of_each(places)
    theirs, ours = np.zeros(5, int), np.zeros(5, int)
    theirs[places] += weights
    np.add.at(ours, places[counts], weights[counts])
    assert ours.tolist() == theirs.tolist() == [4, 5, 0, 6, 0]
    assert _last_of_each(np.array([2, 0, 1])) == slice(None)


def test_other_nodes_do_what_they_do_anyway() -> None:
    import nengo

    from snnc.emulator import Emulator

    with nengo.Network(seed=3) as net:
        shown = nengo.Node(np.zeros(1))
        waves = nengo.Node(lambda t: np.sin(20 * t))
        noise = nengo.Node(nengo.processes.WhiteSignal(0.1, high=50, seed=4))
        presented = nengo.Node(nengo.processes.PresentInput([[0.3], [-0.4]], 0.01))
        layer = nengo.Ensemble(50, 1)
        for node in (shown, waves, noise, presented):
            nengo.Connection(node, layer)
        nengo.Probe(layer)
        nengo.Probe(layer.neurons)
    items = {shown: np.array([[0.2], [-0.5], [0.9]])}
    with quiet():
        assert_same(Emulator(net).run(items, 40), fresh_reference(net, items, 40))
        alone = Emulator(net).run({}, 40)
        assert_same(alone, reference(net, [{}], 40))


@pytest.mark.slow
def test_many_items_come_back_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """More items than go side by side, on several threads, so that networks are cleared; a chain of several rounds is one that goes on."""
    from snnc.emulator import Emulator, threads
    from tests.chip_networks import drawn

    monkeypatch.setattr(threads, "MOST_ITEMS", 64)
    case = drawn(2, n_items=700)
    with quiet():
        emulator = Emulator(case.net)
        all_at_once = emulator.run(case.items, 20)
        done: list[int] = []
        emulator.run(case.items, 20, progress=done.append)
        assert sum(done) == 700
        for item in (0, 255, 256, 699):
            part = {node: values[item : item + 1] for node, values in case.items.items()}
            alone = emulator.run(part, 20)
            for probe in case.net.all_probes:
                assert np.array_equal(alone[probe][0], all_at_once[probe][item])
        stream = emulator.run(case.items, 20, present="stream", chains=700)
        assert_same(stream, all_at_once.batch.data)
    assert stream.spikes == all_at_once.spikes == all_at_once.batch.counts.sum()


def test_spikes_are_counted() -> None:
    from snnc.emulator import Emulator
    from tests.chip_networks import drawn

    case = drawn(1)
    with quiet():
        result = Emulator(case.net).run(case.items, STEPS)
    counted = 0
    for ensemble in case.on_chip:
        probe = next(p for p in case.net.all_probes if p.target == ensemble.neurons)
        counts = np.count_nonzero(result[probe], axis=1)
        assert np.array_equal(result.spike_counts(ensemble), counts)
        counted += counts.sum()
    assert counted == result.spikes > 0
    assert f"3 items of {STEPS} steps, fresh: {counted:,} spikes" in str(result)


@pytest.mark.parametrize("number", range(6))
def test_spikes_of_the_host_are_counted_where_they_are_sent(number: int) -> None:
    """As its probe sees them: in a stream with a latency, without those of the gap, but these are traffic."""
    import nengo

    from snnc.emulator import Emulator
    from tests.chip_networks import drawn

    case = drawn(number, n_items=5)
    with case.net:
        alone = nengo.Ensemble(3, 1)
        case.net.config[alone].on_chip = False
    with quiet():
        emulator = Emulator(case.net)
        stream = emulator.run(case.items, 20, gap=7, latency=3, present="stream", chains=2)
    on_host = [ensemble for ensemble in emulator.counted if ensemble not in case.on_chip]
    assert on_host
    assert {*emulator.counted, alone} == {*case.net.all_ensembles}
    for ensemble in on_host:
        (probe,) = (probe for probe in case.net.all_probes if probe.target == ensemble.neurons)
        fired = stream[probe] != 0
        assert np.array_equal(stream.spike_counts(ensemble), fired[:, :20].sum(axis=1))
        traffic = stream.traffic.of_ensembles[case.net.all_ensembles.index(ensemble)]
        assert np.array_equal(traffic, fired.sum(axis=(1, 2)))
        assert traffic.any()
    with pytest.raises(ValueError, match="isn't on the chip"):
        stream.spike_counts(alone)


#: Draws a network, and prints what is compiled before anything runs, and how often something is while it does.
COMPILING = """
import warnings
import numba.core.event as events
from snnc.emulator import Emulator
from tests.chip_networks import drawn
warnings.simplefilter("ignore")
case = drawn(%d, n_items=8)
emulator = Emulator(case.net)
for probes in ([], case.net.all_probes):
    with events.install_recorder("numba:compile") as before:
        batches = emulator.batches(case.items, 20, probes=probes)
    with events.install_recorder("numba:compile") as during:
        assert sum(len(batch.items) for batch in batches) == 8
    print(len(before.buffer), len(during.buffer))
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1])
def test_all_is_compiled_before_the_clock_starts(number: int, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}
    run = [sys.executable, "-c", COMPILING % number]
    printed = subprocess.check_output(run, text=True, cwd=ROOT, env=environment)
    first, second = (tuple(map(int, line.split())) for line in printed.splitlines())
    assert first[0] > 0
    assert first[1] == second[1] == 0


@pytest.mark.slow
@pytest.mark.parametrize("path", [*LIGHT_SPECS, *CASES], ids=lambda p: p.stem)
def test_every_spec_is_emulated_as_nengo_loihi_runs_it(path: Path, tmp_path: Path) -> None:
    """With random weights: the spikes of all layers and the outputs, in every step of a stream; images are 0 to 1.

    The outputs are no others when spikes aren't recorded.
    """
    from snnc.emulator import Emulator
    from snnc.networks.build import deployed_network
    from snnc.running.emulated import emulate, verify
    from tests.test_faults import deployed

    program = program_of(path, stand_in(path, tmp_path))
    if not program.on_loihi:
        pytest.skip("Loihi isn't among its targets")
    items = np.random.RandomState(0).uniform(0, 1, (3, program.network.input_size))
    running = deployed(program, 0)
    verify(running, items)
    assert all(hertz.any() for hertz in emulate(running, items).rates.values())
    net = deployed_network(running.network, items[0], loihi=True)
    emulator, shown = Emulator(net, running.network.dt), {net.shown: items}
    outputs = emulator.run(shown, running.stream_steps, probes=[net.logits])[net.logits]
    assert outputs.any()
    assert np.array_equal(outputs, emulator.run(shown, running.stream_steps)[net.logits])


@pytest.mark.slow
def test_cifar10s_network_at_work(tmp_path: Path) -> None:
    """51,510 neurons, the median of each layer at about 100 Hz: all spikes and outputs, in every step of a stream of two items."""
    from snnc.running.emulated import emulate, verify

    path = ROOT / "specs/cifar10.toml"
    program = program_of(path, stand_in(path, tmp_path))
    items = np.random.RandomState(0).uniform(-1, 1, (2, program.network.input_size))
    brief = program.presentation.model_copy(update={"time": 0.03})
    running = replace(busy(program, items), presentation=brief)
    rates = emulate(running, items).rates
    assert len(rates) == 7
    assert all(50 < np.median(hertz) < 150 for hertz in rates.values()), rates
    verify(running, items)


def busy(program: Program, x: Any) -> Program:
    """Return a program, a chain of layers, with random weights that leave none silent for items x, (n, size).

    They are scaled layer by layer, and biased, so that inputs of neurons are 0.7 in the median, and mostly between 0 and 1.5:
    at 1 a neuron fires with `max_rate`, and a rectified input is near enough to what it then puts out.
    """
    from snnc.networks.build import keras_layer
    from snnc.networks.deploy import deploy

    chance, weights = np.random.RandomState(0), {}
    for connection in program.network.connections:
        (operator,) = connection.at_run_time
        layer = keras_layer(operator.keras())
        shape = program.network.source_shape(connection)
        shown = x.reshape(len(x), *(shape if operator.on_images else (-1,)))
        layer.build(shown.shape)
        kernel, bias = layer.get_weights()
        kernel = chance.normal(size=kernel.shape)
        layer.set_weights([kernel, bias])
        inputs = np.asarray(layer(shown))
        scale = 0.4 / inputs.std()
        bias = 0.7 - np.full(bias.shape, np.median(inputs) * scale)
        weights[operator.name] = [kernel * scale, bias]
        layer.set_weights(weights[operator.name])
        x = np.maximum(layer(shown), 0)
    return replace(program, network=deploy(program.network, weights))


@pytest.mark.slow
def test_a_long_stream() -> None:
    """Two hundred items in a row: nothing creeps in."""
    from snnc.running.emulated import verify
    from tests.test_faults import deployed

    program = program_of(ROOT / "specs/digits.toml")
    items = np.random.RandomState(0).uniform(-1, 1, (200, program.network.input_size))
    verify(deployed(program, 0), items)


def program_of_the_page(number: int = 0) -> str:
    page = (ROOT / "docs/emulator.md").read_text(encoding="utf-8")
    return str(re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)[number])


@pytest.mark.slow
def test_the_page_by_itself() -> None:
    """Its program runs as a script, without what the tests or the commands prepare."""
    run = [sys.executable, "-c", program_of_the_page()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    printed = subprocess.check_output(run, text=True, env=environment)
    assert "100 items of 200 steps, fresh" in printed


def test_the_integrator_of_the_page() -> None:
    """The program in docs/emulator.md, and what NengoLoihi says of three of its hundred inputs."""
    names: dict[str, Any] = {}
    with quiet():
        exec(program_of_the_page(), names)
        assert names["integrals"].shape == (100, 200, 1)
        for item in (0, 60, 99):
            stimulus = names["stimuli"][item]
            names["stim"].output = lambda t, stimulus=stimulus: stimulus[round(t / 0.001) - 1]
            expected = reference(names["model"], [{}], 200)
            assert np.array_equal(names["integrals"][item], expected[names["ens_probe"]][0])
    ends = names["integrals"][:, -50:, 0].mean(axis=1)
    assert np.all(np.diff(ends[::11]) > 0), "the larger the step, the larger its integral"


def test_what_it_cannot_do_is_named() -> None:
    import nengo

    from snnc.emulator import Emulator, NotEmulatedError

    with nengo.Network(seed=0) as net:
        ensemble = nengo.Ensemble(10, 1)
        noise = nengo.Node(nengo.processes.WhiteNoise(), label="noise")
        nengo.Connection(noise, ensemble)
        nengo.Probe(ensemble)
    named = "<Node .noise.>: WhiteNoise.* has no seed"
    with quiet(), pytest.raises(NotEmulatedError, match=named):
        Emulator(net)
    with nengo.Network() as net:
        ensemble = nengo.Ensemble(10, 1)
        nengo.Probe(ensemble.neurons, sample_every=0.01)
    with quiet(), pytest.raises(NotEmulatedError, match=r"sample_every.*nor does nengo_loihi"):
        Emulator(net)


def test_what_does_not_fit_is_said() -> None:
    from snnc.emulator import Emulator
    from tests.chip_networks import drawn

    case = drawn(0)
    with quiet():
        emulator = Emulator(case.net)
    node = next(iter(case.items))
    with pytest.raises(ValueError, match=r"have the shape \(3, 4\), not \(items, 12\)"):
        emulator.run({node: np.zeros((3, 4))}, 5)
    for nodes, wrong, match in (
        ({node: np.zeros((0, 12))}, {}, "no items"),
        ({_other(drawn(0).net): np.zeros((3, 1))}, {}, "isn't a node of the network without input"),
        (case.items, {"present": "freshly"}, "fresh or stream, not 'freshly'"),
        (case.items, {"chains": 0}, "at least one chain"),
        (case.items, {"gap": -1}, "no gap is shorter"),
        (case.items, {"probes": [drawn(0).net.all_probes[0]]}, "isn't one of the network's probes"),
    ):
        with pytest.raises(ValueError, match=match):
            emulator.run(nodes, 5, **wrong)
    with pytest.raises(ValueError, match="at least one step"):
        emulator.run(case.items, 0)
    with pytest.raises(ValueError, match="as many items"):
        emulator.run({**case.items, node: np.zeros((4, 12)), _other(case.net): np.zeros((3, 1))}, 5)


def _other(net: Any) -> Any:
    import nengo

    with net:
        return nengo.Node(np.zeros(1))
