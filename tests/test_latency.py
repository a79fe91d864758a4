"""Answers are read when an item's last step has come through the network: neither earlier, nor when the next one's has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import snnc
from snnc.program.latency import latency
from snnc.program.program import Program

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("libraries")]


def program(*layers: dict[str, Any], **tables: Any) -> Program:
    spec: dict[str, Any] = {
        "network": {"name": "late"},
        "data": {"kind": "openml", "data_id": 1},
        "input": {"shape": [3]},
        "layers": [{"kind": "dense", "units": 8, **layer} for layer in layers],
        "output": {"classes": 2},
        "allow": {},
    }
    return snnc.load(spec | tables).program


SHAPES = {
    "two layers": program({}, {}),
    "three layers": program({}, {}, {}),
    "a probe filter": program({}, {}, synapses={"probe": "alpha"}),
    "no filter at the output": program({}, {}, synapses={"output": "none"}),
    "a layer back on the host": program({}, {}, {"on_chip": False}),
    "branches": program(
        {"name": "a"},
        {"name": "b"},
        {"name": "c", "from": ["a"]},
        {"name": "d", "from": ["b", "c"]},
    ),
    "not on the chip": program({}, {}, {}, targets=["nengo_dl"]),
}


@pytest.mark.parametrize("on_chip", [False, True])
@pytest.mark.parametrize("name", SHAPES)
def test_nothing_of_the_next_item_is_in_an_answer(name: str, on_chip: bool) -> None:
    """Networks that see the same until some step answer alike for so many steps more: an answer has nothing of the next item."""
    import nengo
    import nengo_loihi

    from snnc.networks.build import deployed_network

    found = SHAPES[name]
    if on_chip and not found.on_loihi:
        pytest.skip("nothing of it runs on the chip")
    late = found.stream_latency if on_chip else found.fresh_latency
    outputs = []
    for last in (0.0, 40.0):
        net = deployed_network(
            spiking_through(found), lambda t, last=last: [last if t > 0.0205 else 5.0] * 3, on_chip
        )
        make = nengo_loihi.Simulator if on_chip else nengo.Simulator
        with make(net, progress_bar=False) as sim:
            sim.run_steps(60)
        outputs.append(sim.data[net.logits])
    differ = np.flatnonzero((outputs[0] != outputs[1]).any(axis=1))
    # Steps 0 to 19 show the same. Neurons take some steps to the spike that differs, and none is earlier.
    assert 20 + late <= differ[0] < 20 + late + 20


def spiking_through(found: Program) -> Any:
    """Return a network whose layers pass on what they get: large weights, neurons that fire in nearly every step."""
    from dataclasses import replace

    from snnc.operators.transforms import Transform
    from snnc.program.network import GainBias

    network = found.network
    populations = tuple(
        replace(p, tuning=GainBias(np.full(p.size, 2.0), np.full(p.size, 1.5)))
        for p in network.populations
    )
    connections = tuple(
        replace(c, transform=Transform(network.form(c), _weights(network.form(c))))
        for c in network.connections
    )
    output = replace(network.output, bias=np.zeros(network.output.classes))
    return replace(network, populations=populations, connections=connections, output=output)


def _weights(form: Any) -> dict[str, Any]:
    return {"weights": np.full(form.shape, 3.0)}


def test_branches_have_the_latency_of_the_shortest() -> None:
    found = SHAPES["branches"]
    assert latency(found.network, ()) == latency(SHAPES["three layers"].network, ())


@pytest.mark.parametrize("gap", [0, 3, 9])
@pytest.mark.parametrize(("steps", "late"), [(10, 4), (5, 5), (3, 2), (10, 0)])
@pytest.mark.parametrize("answers", [False, True])
def test_the_emulator_begins_late_as_a_simulator_does(
    answers: bool, steps: int, late: int, gap: int
) -> None:
    """Bit for bit, with a host that answers to the chip or not, and with items that are written step by step."""
    import nengo_loihi

    from snnc.emulator import Emulator

    x = np.random.RandomState(0).uniform(-1, 1, (7, 3))
    ours = _network(answers)
    shown: dict[str, Any] = {"gap": gap, "latency": late, "present": "stream"}
    result = Emulator(ours).run({ours.u: x}, steps, **shown)
    by_step = Emulator(ours).run({ours.u: np.repeat(x[:, None], steps, 1)}, steps, **shown)
    theirs = _network(answers)

    def item(t: float) -> Any:
        number, step = divmod(round(t / 0.001) - 1, steps + gap)
        return x[number % len(x)] if step < steps else np.zeros(3)

    theirs.u.output = item
    with nengo_loihi.Simulator(theirs, target="sim", progress_bar=False) as sim:
        if late:
            sim.run_steps(late)
        for number in range(len(x)):
            sim.clear_probes()
            sim.run_steps(steps)
            if gap:
                sim.run_steps(gap)
            for probe, its in zip(ours.all_probes, theirs.all_probes, strict=True):
                assert np.array_equal(result[probe][number], sim.data[its])
                assert np.array_equal(by_step[probe][number], sim.data[its])


def _network(answers: bool) -> Any:
    import nengo
    import nengo_loihi

    weights = np.random.RandomState(1).uniform(-0.1, 0.1, (20, 30))
    with nengo.Network(seed=0) as net:
        nengo_loihi.add_params(net)
        net.u = nengo.Node(np.zeros(3))
        host, chip, more = (nengo.Ensemble(n, d, seed=n) for n, d in ((30, 3), (20, 1), (21, 1)))
        net.config[host].on_chip = False
        nengo.Connection(net.u, host, synapse=None)
        nengo.Connection(host.neurons, chip.neurons, transform=weights, synapse=0.002)
        nengo.Connection(chip, more, synapse=0.005)
        output = nengo.Node(size_in=1)
        nengo.Connection(more, output, synapse=0.002)
        if answers:
            node = nengo.Node(lambda t, x: np.tanh(x), size_in=1)
            nengo.Connection(more, node)
            nengo.Connection(node, host[0])
        for target in (output, more, chip.neurons, host.neurons):
            nengo.Probe(target, synapse=0.01 if target is more else None)
    return net


def test_an_item_is_at_least_as_long_as_the_emulators_latency() -> None:
    from snnc.emulator import Emulator

    net = _network(answers=False)
    with pytest.raises(ValueError, match="as late as an item is long, 3 steps, not 4"):
        Emulator(net).run({net.u: np.zeros((2, 3))}, 3, latency=4)
