"""What nengo.Simulator and NengoLoihi do at the edges, the emulator does too: probes of all kinds, errors of numbers, refusals, interrupts."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.test_emulator import assert_same, fresh_reference, quiet, reference

if find_spec("numba") is None or find_spec("nengo_loihi") is None:
    pytest.skip(
        "numba or nengo_loihi is not installed: pip install 'snnc[run]'", allow_module_level=True
    )

pytestmark = pytest.mark.usefixtures("nengo_loihi")


@pytest.mark.parametrize("n_items", [1, 2, 3, 6])
@pytest.mark.parametrize("value", [[0.5], [1, 2, 3]], ids=["one", "three"])
def test_probes_of_nodes_with_a_constant_output(value: list[float], n_items: int) -> None:
    import nengo

    from snnc.emulator import Emulator

    with nengo.Network(seed=0) as net:
        shown, constant = nengo.Node([0.0]), nengo.Node(value)
        nengo.Connection(shown, nengo.Ensemble(20, 1))
        nengo.Probe(constant)
        nengo.Probe(constant, synapse=0.01)
    items = {shown: np.linspace(0, 1, n_items)[:, None]}
    result = Emulator(net).run(items, 5)
    assert_same(result, fresh_reference(net, items, 5))


def test_probes_of_weights_on_the_host() -> None:
    import nengo

    from snnc.emulator import Emulator

    with nengo.Network(seed=0) as net:
        shown, read = nengo.Node([0.0, 0.0]), nengo.Node(size_in=3)
        connection = nengo.Connection(shown, read, transform=np.arange(6).reshape(3, 2))
        on_chip = nengo.Ensemble(5, 3)
        nengo.Connection(read, on_chip)
        probe = nengo.Probe(connection, "weights")
    try:
        expected = fresh_reference(net, {shown: np.zeros((2, 2))}, 4)
    except Exception as error:  # NengoLoihi's own answer
        with pytest.raises(type(error)):
            Emulator(net)
        return
    assert np.array_equal(Emulator(net).run({shown: np.zeros((2, 2))}, 4)[probe], expected[probe])


def test_nothing_recorded_and_nothing_shown() -> None:
    import nengo

    from snnc.emulator import Emulator

    with nengo.Network(seed=0) as net:
        layer = nengo.Ensemble(20, 1)
        nengo.Connection(layer, layer, synapse=0.1)
    counts = Emulator(net).run({}, 10).spike_counts(layer)
    with net:
        probe = nengo.Probe(layer.neurons)
    emulator = Emulator(net)
    spikes = np.count_nonzero(reference(net, [{}], 10)[probe], axis=1)
    assert np.array_equal(counts, spikes)
    assert np.array_equal(emulator.run({}, 10, probes=[]).spike_counts(layer), spikes)


@pytest.mark.parametrize("is_split", [False, True])
@pytest.mark.parametrize("attribute", [None, "voltage", "input"])
def test_probes_of_some_neurons(attribute: str | None, is_split: bool) -> None:
    """Of a population in one block and in several: by slices, by numbers, by a mask."""
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator

    with nengo.Network(seed=0) as net:
        layer = nengo.Ensemble(80, 1)
        nengo.Connection(nengo.Node([0.5]), layer)
        nengo_loihi.add_params(net)
        if is_split:
            net.config[layer].block_shape = nengo_loihi.BlockShape((5, 4), (10, 8))
        # NengoLoihi doesn't split a probe of a mask.
        mask = slice(None, None, 3) if is_split else np.arange(80) % 3 == 0
        for part in (slice(7, 52, 3), [2, 5, 17, 21, 36], mask):
            nengo.Probe(layer.neurons[part], attribute)
        if not is_split:  # NengoLoihi doesn't filter such a probe
            nengo.Probe(layer.neurons[7:52:3], attribute, synapse=0.01)
    result = Emulator(net).run({}, 12)
    expected = reference(net, [{}], 12)
    assert_same(result, expected)


def test_sparse_transforms_on_the_host() -> None:
    """By indices, as for people without SciPy, and as SciPy's matrix; of what is shown, of what stays, of all in every step."""
    import nengo
    import scipy.sparse

    from snnc.emulator import Emulator

    matrix = scipy.sparse.csr_matrix([[0, 0.1, 0], [0, 0, 0.2]])
    with nengo.Network(seed=0) as net:
        shown, wave = nengo.Node(np.zeros(3)), nengo.Node(lambda t: [t, 2 * t, 3 * t])
        constant = nengo.Node([0.1, 0.2, 0.3])
        for source in (shown, wave, constant):
            for init in (
                nengo.Sparse((2, 3), indices=[[0, 1], [1, 2]], init=[0.1, 0.2]),
                nengo.Sparse((2, 3), init=matrix),
            ):
                read = nengo.Node(lambda t, x: x, size_in=2)
                nengo.Connection(source, read, transform=init, synapse=None)
                nengo.Connection(read, nengo.Ensemble(10, 2))
                nengo.Probe(read)
    items = {shown: np.random.RandomState(0).uniform(-1, 1, (3, 3))}
    assert_same(Emulator(net).run(items, 5), fresh_reference(net, items, 5))


def infinite_input(net: Any) -> Any:
    """A value that is too large for neurons."""
    import nengo

    return nengo.Node(nengo.processes.PresentInput([[np.inf]], 1)), {}


def high_voltage(net: Any) -> Any:
    """A voltage that is above the threshold from the beginning."""
    import nengo

    state = {"voltage": nengo.dists.Choice([2])}
    return nengo.Node(lambda t: np.sin(20 * t)), {"neuron_type": nengo.LIF(initial_state=state)}


def root_of_a_negative_number(net: Any) -> Any:
    import nengo

    return nengo.Node(lambda t: float(np.nan_to_num(np.sqrt(np.float64(-t)), nan=0.5))), {}


def infinite_rectified(net: Any) -> Any:
    import nengo

    return infinite_input(net)[0], {"neuron_type": nengo.SpikingRectifiedLinear()}


@pytest.mark.parametrize(
    "make", [infinite_input, high_voltage, root_of_a_negative_number, infinite_rectified]
)
def test_numbers_that_become_invalid_end_a_run(make: Callable[[Any], Any]) -> None:
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator

    with nengo.Network(seed=0) as net:
        nengo_loihi.add_params(net)
        source, settings = make(net)
        encoder = nengo.Ensemble(20, 1, **settings)
        net.config[encoder].on_chip = False
        layer = nengo.Ensemble(20, 1)
        nengo.Connection(source, encoder, synapse=None)
        nengo.Connection(encoder, layer)
        nengo.Probe(layer)
    with quiet():
        with pytest.raises(FloatingPointError):
            reference(net, [{}], 50)
        with pytest.raises(FloatingPointError):
            Emulator(net).run({}, 50)


def test_a_filter_that_grows_beyond_all_bounds() -> None:
    """Infinity minus infinity, in a filter that compiled code computes."""
    import nengo

    from snnc.emulator.filters import Filter

    synapse = nengo.LinearFilter([1], [-1e-6, 1e-3, -1], analog=True)
    chosen = Filter.of(nengo.Lowpass(0.005), 2, 0.001, float, float)
    assert chosen.steps is not None
    run, output = chosen.started(1), np.empty((2, 2))
    run(np.array([[np.inf, 0.0], [np.inf, 0.0]]), output)
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
        run(np.array([[-np.inf, 0.0], [0.0, 0.0]]), output)
    run = chosen.started(1)
    # What comes in invalid isn't an error, in Nengo neither.
    with np.errstate(invalid="raise"):
        run(np.array([[np.nan, 0.0], [0.0, 0.0]]), output)
        chosen.own()(0.0, np.array([np.nan, 0.0]))
    assert np.isnan(output[:, 0]).all()
    assert synapse is not None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_items_that_are_not_finite(bad: float) -> None:
    import nengo

    from snnc.emulator import Emulator

    with nengo.Network(seed=0) as net:
        shown = nengo.Node([0.0], label="shown")
        nengo.Connection(shown, nengo.Ensemble(20, 1))
    emulator = Emulator(net)
    for values in ([[0.1], [bad]], [[[0.1], [0.1]], [[0.1], [bad]]]):
        with pytest.raises(ValueError, match=rf"<Node .shown.>.*item 1 has {bad}"):
            emulator.run({shown: values}, 2)


def test_numbers_of_32_bits_on_the_host() -> None:
    import nengo

    from snnc.emulator import Emulator, NotEmulatedError

    with nengo.Network(seed=0, label="single") as net:
        nengo.Ensemble(10, 1)
    nengo.rc.set("precision", "bits", "32")
    try:
        with pytest.raises(NotEmulatedError, match=r"<Network .single.>.*float32.*nengo.rc"):
            Emulator(net)
    finally:
        nengo.rc.set("precision", "bits", "64")


def test_probes_that_see_some_steps() -> None:
    """`sample_every`, also of no whole number of steps: fresh, and as a stream where each item has the same samples."""
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator, NotEmulatedError

    with nengo.Network(seed=0) as net:
        nengo_loihi.add_params(net)
        shown = nengo.Node(np.zeros(1))
        encoder = nengo.Ensemble(20, 1)
        net.config[encoder].on_chip = False
        nengo.Connection(shown, encoder)
        read = nengo.Node(size_in=1)
        nengo.Connection(nengo.Ensemble(20, 1), read)
        second = nengo.Probe(encoder, sample_every=0.002)
        other = nengo.Probe(read, sample_every=0.0025)
    items = {shown: np.array([[0.5], [-0.5]])}
    emulator = Emulator(net)
    with quiet():
        fresh = emulator.run(items, 11)
        for item, values in enumerate(items[shown]):
            shown.output = values
            with nengo_loihi.Simulator(net, progress_bar=False, target="sim") as sim:
                sim.run_steps(11)
            for probe, n in ((second, 5), (other, 4)):
                assert fresh[probe][item].shape == (n, 1)
                assert np.array_equal(fresh[probe][item], sim.data[probe])
        stream = emulator.run(items, 10, present="stream")
        now = [0.0]
        shown.output = lambda t: now
        with nengo_loihi.Simulator(net, progress_bar=False, target="sim") as sim:
            for value in items[shown]:
                now[:] = value
                sim.run_steps(10)
        for probe in (second, other):
            assert np.array_equal(np.concatenate(stream[probe]), sim.data[probe])
        with pytest.raises(NotEmulatedError, match=r"sample_every.*show each item for"):
            emulator.run(items, 11, present="stream")


def test_results_can_be_pickled() -> None:
    """Without the network, whose functions can't be: probes and ensembles are known by their numbers."""
    import nengo

    from snnc.emulator import Emulator

    with nengo.Network(seed=0) as net:
        shown = nengo.Node(lambda t: np.sin(20 * t))
        layer = nengo.Ensemble(20, 1)
        nengo.Connection(shown, layer)
        probes = [nengo.Probe(shown), nengo.Probe(layer.neurons)]
    result = Emulator(net).run({}, 50, probes=probes[1:])
    again = pickle.loads(pickle.dumps(result))
    assert str(again) == str(result)
    number = net.all_probes.index(probes[1])
    assert np.array_equal(again[number], result[probes[1]])
    assert np.array_equal(result[number], result[probes[1]])
    assert np.array_equal(again.spike_counts(0), result.spike_counts(layer))
    assert pickle.loads(pickle.dumps(again))[number].any()
    for ask in (lambda: again[probes[1]], lambda: again.spike_counts(layer)):
        with pytest.raises(KeyError, match="by its number"):
            ask()


def test_what_is_asked_for_has_the_right_types() -> None:
    import nengo

    from snnc.emulator import Emulator

    with nengo.Network(seed=0) as net:
        shown = nengo.Node([0.0], label="shown")
        layer = nengo.Ensemble(20, 1)
        nengo.Connection(shown, layer)
        probe = nengo.Probe(layer)
    emulator = Emulator(net)
    items = {shown: [[0.5]]}
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (items, {"chains": 2.5}, "chains is a whole number, not 2.5"),
        (items, {"gap": 0.5}, "gap is a whole number, not 0.5"),
        (items, {"steps": 10.0}, "steps is a whole number, not 10.0"),
        (items, {"probes": (p for p in [probe])}, "probes are a list, not a generator"),
        (items, {"probes": probe}, "probes are a list, not a Probe"),
        (items, {"probes": [layer]}, "probes are probes of the network"),
        (items, {"shared": shown}, "shared are a list, not a Node"),
        ({"shown": [[0.5]]}, {}, "'shown' is a str"),
        ([[0.5]], {}, "items are a dictionary"),
        ({shown: (x for x in [[0.5]])}, {}, "real numbers"),
        ({shown: [["a"]]}, {}, "real numbers"),
        ({shown: [[0.5], [0.5, 0.6]]}, {}, "real numbers"),
        ({shown: np.array([[1j]])}, {}, "real numbers"),
        ({shown: None}, {}, "real numbers"),
    ]
    for given, wrong, match in cases:
        with pytest.raises(TypeError, match=match):
            emulator.run(given, **{"steps": 5, **wrong})
    with pytest.raises(ValueError, match="isn't a node, connection or ensemble"):
        emulator.run(items, 5, shared=[probe])


#: Says when it is ready, and how a long run ends.
INTERRUPTED = """
import sys
import nengo, numpy as np
from snnc.environment import libraries
libraries.load(libraries.WITHOUT_TENSORFLOW)
from snnc.emulator import Emulator
n_items, sleeps = map(int, sys.argv[1:])
with nengo.Network(seed=0) as net:
    shown, layer = nengo.Node([0.0]), nengo.Ensemble(100, 1)
    def step(t, x):
        if t > 0.002:
            print("ready", flush=True)
        if t > 0.002 and sleeps:
            import time
            time.sleep(1000)
        return np.tanh(x)
    read = nengo.Node(step, size_in=1)
    nengo.Connection(shown, layer); nengo.Connection(layer, read); nengo.Connection(read, layer)
try:
    Emulator(net).run({shown: [[0.5]] * n_items}, 10**7, probes=[])
except KeyboardInterrupt:
    print("ended")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_items", "sleeps"),
    [(1, 0), (4, 0), (4, 1)],
    ids=["one", "several", "a function that sleeps"],
)
def test_ctrl_c_ends_a_run(n_items: int, sleeps: int) -> None:
    """Also in the threads, and where a function of the user's doesn't come back."""
    command = [sys.executable, "-W", "ignore", "-c", INTERRUPTED, str(n_items), str(sleeps)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        # Two threads may write at once.
        while "ready" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=120)
    assert printed.splitlines()[-1] == "ended"
    assert process.returncode == 0
