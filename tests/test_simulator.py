"""snnc.emulator.Simulator is nengo_loihi.Simulator: the same values bit for bit, however a run is cut into steps.

`SNNC_EMULATED=60 pytest tests/test_simulator.py` compares 60 networks.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import ROOT

if find_spec("numba") is None or find_spec("nengo_loihi") is None:
    pytest.skip(
        "numba or nengo_loihi is not installed: pip install 'snnc[run]'", allow_module_level=True
    )

pytestmark = [
    pytest.mark.usefixtures("nengo_loihi"),
    # What overflows says so, and some networks could be precomputed.
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

DRAWN = int(os.environ.get("SNNC_EMULATED", "12"))

#: A network, and what its nodes have been called with, to build anew for each simulator.
Made = tuple[Any, list[Any]]


def whole(sim: Any) -> None:
    sim.run_steps(70)


def in_parts(sim: Any) -> None:
    """Run 70 steps, and look at the data in between."""
    sim.step()
    sim.run(3 * sim.dt)
    assert all(np.all(np.isfinite(sim.data[probe])) for probe in sim.network.all_probes)
    for _ in range(6):
        sim.step()
    sim.run_steps(60)


def ran(simulator: Any, made: Made, steps: Callable[[Any], None], **settings: Any) -> list[Any]:
    """Return all that a simulator says of a network after some steps."""
    net, calls = made
    np.random.seed(5)  # for what has no seed
    settings = {key: value() if callable(value) else value for key, value in settings.items()}
    with simulator(net, **settings) as sim:
        steps(sim)
        seen = [sim.data[probe] for probe in net.all_probes]
        parameters = list(parameters_of(sim))
        state = [
            sim.n_steps,
            sim.time,
            sim.trange(),
            sim.trange(sample_every=0.003),
            sim.precompute,
        ]
        names = [
            " ".join(type(key).__name__ for key in sim.data),
            len(sim.data),
            str(list(sim.timers)),
        ]
    assert sim.closed
    return [*seen, *parameters, *state, *names, list(calls), np.random.rand()]


def parameters_of(sim: Any) -> Iterator[Any]:
    """Yield what a simulator built for ensembles and connections, as far as it can be compared."""
    import nengo

    for key in sim.data:
        if isinstance(key, nengo.Ensemble | nengo.Connection):
            for value in sim.data[key]._asdict().values():
                if isinstance(value, np.ndarray | int | float):
                    yield value


def assert_equal(ours: list[Any], theirs: list[Any]) -> None:
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert type(one) is type(other)
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_array_equal(one, other)


def assert_same(
    make: Callable[[], Made], steps: Callable[[Any], None] = whole, **settings: Any
) -> None:
    import nengo_loihi

    from snnc.emulator import Simulator

    assert_equal(
        ran(Simulator, make(), steps, **settings),
        ran(nengo_loihi.Simulator, make(), steps, **settings),
    )


def of_many_kinds(number: int) -> Made:
    """Return a network such as people write: ensembles that represent values, on the chip and on the host, and functions."""
    import nengo
    import nengo_loihi

    chance = np.random.RandomState(number)
    calls: list[Any] = []

    def remembering(t: float, x: Any) -> Any:
        """Return the mean of the last inputs: it counts how often this is called."""
        calls.append((t, *x))
        return np.mean(calls[-4:], axis=0)[1:]

    with nengo.Network(seed=number) as net:
        nengo_loihi.add_params(net)
        stimulus = nengo.Node(
            [
                lambda t: np.sin([40 * t, 60 * t]),
                nengo.processes.WhiteSignal(0.1, high=50),
                nengo.processes.WhiteNoise(),
                [0.3, -0.6],
            ][chance.randint(4)],
            size_out=2,
        )
        kinds = [nengo.LIF(), nengo.SpikingRectifiedLinear(), nengo_loihi.LoihiLIF()]
        first, second = (
            nengo.Ensemble(int(chance.randint(10, 60)), 2, neuron_type=kinds[chance.randint(3)])
            for _ in range(2)
        )
        own = [
            nengo.Direct(),
            nengo.PoissonSpiking(nengo.LIFRate()),
            nengo.AdaptiveLIF(),
            nengo.Tanh(),
        ]
        on_host = nengo.Ensemble(20, 2, neuron_type=own[chance.randint(4)])
        net.config[on_host].on_chip = False
        memory = nengo.Node(remembering, size_in=2)
        nengo.Connection(stimulus, first)
        nengo.Connection(first, second, function=np.square, synapse=0.01)
        nengo.Connection(second, second, synapse=0.05, transform=0.5)
        nengo.Connection(second, memory, synapse=chance.choice([None, 0.005]))
        nengo.Connection(memory, on_host)
        # Back to the chip: both take turns.
        if chance.rand() < 0.5:
            nengo.Connection(on_host if on_host.neuron_type == own[0] else memory, first)
        for probed in (stimulus, first, second, memory, on_host):
            nengo.Probe(probed, synapse=chance.choice([None, 0.01]))
        nengo.Probe(second.neurons)
        nengo.Probe(second.neurons[1:4])
        nengo.Probe(first.neurons, "voltage")
        nengo.Probe(memory, sample_every=0.004)
    return net, calls


@pytest.mark.slow
@pytest.mark.parametrize("steps", [whole, in_parts])
@pytest.mark.parametrize("number", range(DRAWN))
def test_networks_of_ones_own(number: int, steps: Callable[[Any], None]) -> None:
    assert_same(lambda: of_many_kinds(number), steps, seed=number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(max(DRAWN // 4, 3)))
def test_chips_that_learn_and_are_noisy(number: int) -> None:
    """Random numbers go on where they were, and errors arrive in their step."""
    from nengo_loihi.builder import Model
    from nengo_loihi.decode_neurons import NoisyDecodeNeurons

    def learning() -> Made:
        import nengo

        net, calls = of_many_kinds(number)
        with net:
            pre, post = net.all_ensembles[0], nengo.Node(size_in=2)
            error = nengo.Node(lambda t, x: np.clip(x - 0.3, -1, 1), size_in=2)
            learned = nengo.Connection(
                pre, post, function=lambda x: [0, 0], learning_rule_type=nengo.PES(1e-3)
            )
            nengo.Connection(post, error)
            nengo.Connection(error, learned.learning_rule)
            nengo.Probe(post, synapse=0.01)
        return net, calls

    def noisy() -> Any:
        model = Model(dt=0.001)
        model.decode_neurons = NoisyDecodeNeurons(10, dt=0.001)
        return model

    assert_same(learning, in_parts)
    assert_same(lambda: of_many_kinds(number), in_parts, model=noisy)
    assert_same(learning, whole, model=noisy, seed=3)


@pytest.mark.slow
@pytest.mark.parametrize("precompute", [None, False])
@pytest.mark.parametrize("number", range(4))
def test_whatever_a_chip_has(number: int, precompute: bool | None) -> None:
    from tests.chip_networks import drawn

    assert_same(lambda: (drawn(number).net, []), in_parts, precompute=precompute)


def test_what_is_handed_over() -> None:
    """A model, another step, passthrough nodes that are kept: what NengoLoihi builds is another network each time."""
    from nengo_loihi.builder import Model

    model = Model(dt=0.002)
    model.decode_tau = 0.02
    assert_same(lambda: of_many_kinds(0), in_parts, dt=0.002, remove_passthrough=False)
    for settings in (
        {"target": "sim"},
        {"target": "simreal"},
        {"hardware_options": {"n_chips": 1}},
    ):
        assert_same(lambda: of_many_kinds(1), **settings)
    from snnc.emulator import Simulator

    ours = ran(Simulator, of_many_kinds(0), whole, dt=0.002, model=model)
    otherwise = ran(Simulator, of_many_kinds(0), whole, dt=0.002)
    assert not np.array_equal(ours[1], otherwise[1])


@pytest.mark.parametrize("strict", [False, True])
def test_what_overflows(strict: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    import nengo_loihi
    from nengo.exceptions import SimulationError
    from nengo_loihi.emulator import EmulatorInterface

    from snnc.emulator import Simulator
    from tests.chip_networks import overflowing

    monkeypatch.setattr(EmulatorInterface, "strict", strict)
    said = []
    for simulator in (Simulator, nengo_loihi.Simulator):
        net = overflowing(0).net
        next(iter(net.all_nodes)).output = np.full(20, 1.5)
        with warnings.catch_warnings(record=True) as caught, simulator(net) as sim:
            warnings.simplefilter("always")
            try:
                sim.run_steps(40)
            except SimulationError as error:
                said.append({str(error)})
            else:
                said.append({str(w.message) for w in caught if "Overflow" in str(w.message)})
    assert said[0] == said[1] != set()


def test_each_event_of_a_file_counts(tmp_path: Path) -> None:
    """Pixels that are pooled fire several times in a step."""
    import nengo
    import nengo_loihi
    from nengo_loihi.dvs import DVSEvents, DVSFileChipProcess

    chance = np.random.RandomState(0)
    events = DVSEvents()
    events.init_events(n_events=2000)
    events.events[:]["t"] = np.sort(chance.randint(0, 50_000, 2000))
    for name, below in (("x", 8), ("y", 8), ("p", 2)):
        events.events[:][name] = chance.randint(0, below, 2000)
    path = str(tmp_path / "drawn.events")
    events.write_file(path)

    def make() -> Made:
        with nengo.Network(seed=0) as net:
            nengo_loihi.add_params(net)
            seen = nengo.Node(DVSFileChipProcess(path, pool=(4, 4), dvs_height=8, dvs_width=8))
            layer = nengo.Ensemble(8, 1, gain=np.ones(8), bias=np.zeros(8))
            nengo.Connection(seen, layer.neurons, transform=chance_of(8), synapse=0.01)
            nengo.Probe(layer.neurons)
            nengo.Probe(layer.neurons, "voltage")
        return net, []

    def chance_of(n: int) -> Any:
        return np.random.RandomState(1).rand(n, n) / 10

    assert max(np.unique(events.events[:]["t"] // 1000, return_counts=True)[1]) > 8, (
        "more events than pixels"
    )
    assert_same(make, in_parts)


def test_it_ends_as_nengo_loihis_does() -> None:
    """A cleared probe begins anew, a closed simulator keeps its data, and no simulator starts again."""
    import nengo_loihi
    from nengo.exceptions import SimulatorClosed

    from snnc.emulator import Simulator

    after = []
    for simulator in (Simulator, nengo_loihi.Simulator):
        net, _ = of_many_kinds(2)
        with simulator(net, seed=0) as sim:
            sim.run_steps(20)
            sim.clear_probes()
            sim.run_steps(5)
            with pytest.raises(NotImplementedError):
                sim.reset()
        for ask in (sim.step, sim.reset, lambda: sim.run(0.1)):
            with pytest.raises(SimulatorClosed):
                ask()
        after.append([sim.data[probe] for probe in net.all_probes])
        assert isinstance(sim, nengo_loihi.Simulator)
    assert_equal(*after)


def test_what_it_does_not_run_is_said_at_once() -> None:
    import nengo
    from nengo.exceptions import ValidationError

    from snnc.emulator import NotEmulatedError, Simulator

    net, _ = of_many_kinds(0)
    with pytest.raises(ValidationError, match=r"nengo_loihi\.Simulator runs networks on the chip"):
        Simulator(net, target="loihi")
    with net:
        nengo.Probe(net.all_ensembles[0], "input")
    with warnings.catch_warnings():
        # No host is left open.
        warnings.simplefilter("error", ResourceWarning)
        with pytest.raises(NotEmulatedError, match="probes of 'input' on the chip"):
            Simulator(net)


@pytest.mark.slow
def test_the_example_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """Its program in docs/emulator.md, as NengoLoihi's simulator runs it."""
    page = (ROOT / "docs/emulator.md").read_text(encoding="utf-8")
    (program,) = (
        program
        for program in re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
        if "import Simulator" in program
    )
    exec(program, {})
    exec(program.replace("from snnc.emulator import", "from nengo_loihi import"), {})
    ours, theirs = capsys.readouterr().out.splitlines()
    assert ours == theirs
