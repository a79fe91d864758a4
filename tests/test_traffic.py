"""What the emulator counts for each item is what NengoLoihi's own emulator does: spikes, messages, synaptic operations, updates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

if find_spec("numba") is None or find_spec("nengo_loihi") is None:
    pytest.skip(
        "numba or nengo_loihi is not installed: pip install 'snnc[run]'", allow_module_level=True
    )

pytestmark = pytest.mark.usefixtures("nengo_loihi")

STEPS = 30


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count what NengoLoihi's emulator does in its own step, from its own queues of spikes and tables of weights."""
    from nengo_loihi.emulator.interface import CompartmentState, SynapseState
    from nengo_loihi.inputs import SpikeInput

    done: Counter[str] = Counter()
    deliver, update = SynapseState.update_input, CompartmentState.update
    send = SpikeInput.add_spikes

    def delivering(self: Any, inputs: Any) -> None:
        for synapse, spikes in self.spikes_in.items():
            for spike in spikes:
                if synapse.axon_compartment_base(spike.axon_idx) is not None:
                    weights, _ = synapse.axon_weights_indices(spike.axon_idx, atom=spike.atom)
                    done["messages"] += 1
                    done["operations"] += len(weights)
        deliver(self, inputs)

    def updating(self: Any, rng: Any) -> None:
        update(self, rng)
        done["updates"] += self.n_compartments
        done["spikes"] += int(self.spiked.sum())

    def sending(self: Any, step: Any, neurons: Any, **options: Any) -> None:
        send(self, step, neurons, **options)
        done["sent"] += len(neurons)

    with monkeypatch.context() as patch:
        patch.setattr(SpikeInput, "add_spikes", sending)
        patch.setattr(SynapseState, "update_input", delivering)
        patch.setattr(CompartmentState, "update", updating)
        yield done


def theirs(net: Any, item: dict[Any, Any], monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return what NengoLoihi does in some steps of an item. A spike is delivered in the step after it."""
    import nengo_loihi

    before = {node: node.output for node in item}
    for node, values in item.items():
        node.output = lambda t, values=values: values
    try:
        with (
            watched(monkeypatch) as done,
            nengo_loihi.Simulator(net, progress_bar=False, target="sim") as sim,
        ):
            sim.run_steps(STEPS)
            of_steps = Counter(done)
            sim.run_steps(1)
    finally:
        for node, output in before.items():
            node.output = output
    for later in ("messages", "operations"):
        of_steps[later] = done[later]
    return of_steps


def assert_same(net: Any, items: dict[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from snnc.emulator import Emulator

    emulator = Emulator(net)
    ours = emulator.run(items, STEPS).traffic
    n_items = len(next(iter(items.values())))
    for item in range(n_items):
        shown = {node: values[item] for node, values in items.items()}
        expected = theirs(net, shown, monkeypatch)
        assert expected["spikes"] == ours.fired[item]
        assert expected["sent"] == ours.sent[item]
        assert expected["messages"] == ours.messages[item]
        assert expected["operations"] == ours.operations[item]
        assert expected["updates"] == emulator.size.neurons * STEPS
    assert ours.operations.any()


@pytest.mark.slow
@pytest.mark.parametrize("number", range(8))
def test_dense_and_convolutional_networks(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With populations of spikes, of 16 and 32 bits, split layers, several connections between two layers, and inputs."""
    from tests import chip_networks

    case = chip_networks.drawn(number)
    assert_same(case.net, case.items, monkeypatch)


def test_chips_that_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A synapse that learns carries spikes as any other, and values of a node come as spikes of neurons on the host."""
    from tests.test_emulator_learning import learning

    net, items = learning(size=2, errors=2)
    assert_same(net, items, monkeypatch)


def test_a_stream_does_what_a_simulator_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Items in a stream divide among them all that NengoLoihi does, also what it does in the gaps."""
    import nengo_loihi

    from snnc.emulator import Emulator
    from tests import chip_networks

    case = chip_networks.drawn(2)
    n_items = 3
    ours = Emulator(case.net).run(case.items, 8, gap=5, present="stream")

    for node, values in case.items.items():

        def stream(t: float, values: Any = values) -> Any:
            item, step = divmod(round(t / 0.001) - 1, 13)
            # One step more delivers the spikes of the last one.
            return values[item % n_items] if step < 8 else np.zeros(values.shape[1])

        node.output = stream
    with (
        watched(monkeypatch) as done,
        nengo_loihi.Simulator(case.net, progress_bar=False, target="sim") as sim,
    ):
        sim.run_steps(13 * n_items)
        fired, sent = done["spikes"], done["sent"]
        sim.run_steps(1)
    traffic = ours.traffic
    assert traffic.fired.sum() == fired > ours.spikes
    assert traffic.operations.sum() == done["operations"]
    assert traffic.messages.sum() == done["messages"]
    assert traffic.sent.sum() == sent


def test_batches_and_chains_change_no_item(monkeypatch: pytest.MonkeyPatch) -> None:
    from snnc.emulator import Emulator
    from tests import chip_networks

    case = chip_networks.drawn(3, n_items=9)
    together = Emulator(case.net).run(case.items, STEPS).traffic
    monkeypatch.setattr("snnc.emulator.threads.MOST_ITEMS", 2)
    few = Emulator(case.net).run(case.items, STEPS).traffic
    for name in ("sent", "messages", "operations"):
        assert np.array_equal(getattr(together, name), getattr(few, name))
    assert together.operations.any()


def test_long_items_are_counted_whole() -> None:
    """Spikes of the host are counted in bytes, some steps at a time; this neuron fires in every second step, or more often."""
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator

    with nengo.Network(seed=1) as net:
        nengo_loihi.add_params(net)
        shown = nengo.Node([0.0])
        busy = nengo.Ensemble(
            3,
            1,
            neuron_type=nengo.SpikingRectifiedLinear(),
            gain=np.ones(3),
            bias=np.full(3, 900.0),
        )
        net.config[busy].on_chip = False
        layer = nengo.Ensemble(5, 1, gain=np.ones(5), bias=np.zeros(5))
        nengo.Connection(shown, busy.neurons, transform=np.ones((3, 1)), synapse=None)
        nengo.Connection(busy.neurons, layer.neurons, transform=np.eye(5, 3))
        probe = nengo.Probe(busy.neurons)
    result = Emulator(net).run({shown: np.zeros((2, 1))}, 700)
    expected = result[probe].sum(axis=(1, 2)) * 0.001
    assert np.allclose(result.traffic.sent, expected)
    assert np.array_equal(result.traffic.operations, 5 * result.traffic.sent)
    assert result.traffic.sent.min() > 3 * 600


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("gap", [0.0, 0.004])
def test_the_work_of_a_program(gap: float) -> None:
    """Spikes of each layer, on the host and on the chip, and what the chip does with them."""
    from snnc.running.emulated import emulate
    from tests.test_cores import lowered, spec
    from tests.test_faults import deployed

    tables = spec(
        [6, 6, 1],
        {"name": "encoder", "kind": "encoder"},
        {"name": "edges", "filters": 3, "kernel_size": 3, "block_shape": [2, 4, 3]},
        {"name": "dense", "units": 7},
    )
    tables["presentation"] = {"time": 0.02, "gap": gap}
    program = deployed(lowered(tables), 0)
    answers = emulate(program, np.random.RandomState(0).rand(8, 36))
    work = answers.work
    assert work is not None
    assert set(work.spikes) == {"encoder", "edges", "dense"}
    assert work.spikes["encoder"] == work.sent > 0
    assert work.spikes["edges"] + work.spikes["dense"] == pytest.approx(work.fired)
    for name, hertz in answers.rates.items():
        # Rates are those of the steps before a gap.
        shown = hertz.sum() * 0.02
        assert work.spikes[name] == pytest.approx(shown) if not gap else work.spikes[name] >= shown
    assert work.updates == (4 * 4 * 3 + 7) * (20 + round(1000 * gap))
    assert work.cores == 3
    assert work.seconds == pytest.approx(0.02 + gap)
    assert work.operations >= 7 * work.spikes["edges"]
