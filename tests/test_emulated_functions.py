"""What people write for a network is called as nengo_loihi.Simulator calls it: never before the run, and with a memory for each item."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from tests.test_emulator import fresh_reference, quiet, reference

if find_spec("numba") is None or find_spec("nengo_loihi") is None:
    pytest.skip(
        "numba or nengo_loihi is not installed: pip install 'snnc[run]'", allow_module_level=True
    )

pytestmark = pytest.mark.usefixtures("nengo_loihi")

#: What functions of this module remember, besides what is around them.
SEEN: list[float] = []
CALLS = 0
GAIN = 2.0
PICTURES = np.random.RandomState(0).uniform(-1, 1, (100, 200))


def in_a_list_of_the_module(t: float, x: Any) -> float:
    SEEN.append(t)
    return float(len(SEEN))


def in_a_number_of_the_module(t: float, x: Any) -> int:
    global CALLS  # noqa: PLW0603
    CALLS += 1
    return CALLS


def in_a_default(t: float, x: Any, seen: list[float] = []) -> float:  # noqa: B006
    seen.append(t)
    return float(len(seen))


def in_itself(t: float, x: Any) -> int:
    in_itself.calls += 1  # type: ignore[attr-defined]
    return in_itself.calls  # type: ignore[attr-defined,no-any-return]


in_itself.calls = 0  # type: ignore[attr-defined]


class Delay:
    """A bound method, and an array that is a view of another one."""

    def __init__(self, steps: int = 3) -> None:
        self.history = np.zeros(steps)
        self.oldest = self.history[:1]

    def step(self, t: float, x: Any) -> float:
        oldest = float(self.oldest[0])
        self.history[:-1] = self.history[1:]
        self.history[-1] = x[0]
        return oldest


class Counting:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, t: float, x: Any) -> float:
        self.calls += 1
        return self.calls + x[0]


def called_with(t: float, x: Any, *, function: Callable[..., Any]) -> Any:
    return function(t, x)


def partly_called() -> Callable[..., Any]:
    part = partial(called_with, function=Counting())
    return lambda t, x: part(t, x=x)


class OfAllObjects:
    """It keeps what it remembers in its class."""

    seen: list[float] = []

    def __call__(self, t: float, x: Any) -> int:
        self.seen.append(t)
        return len(self.seen)


def nonlocal_number() -> Callable[..., Any]:
    calls = 0

    def step(t: float, x: Any) -> int:
        nonlocal calls
        calls += 1
        return calls

    return step


def numbers() -> Callable[..., Any]:
    count = itertools.count()
    return lambda t, x: next(count)


def values() -> Callable[..., Any]:
    left = iter(np.linspace(0, 1, 1000))
    return lambda t, x: next(left)


def drawn() -> Callable[..., Any]:
    chance = np.random.RandomState(3)
    return lambda t, x: chance.uniform(-1, 1)


def generated() -> Callable[..., Any]:
    squares = (k * k for k in range(1000))
    return lambda t, x: next(squares)


COPIED: dict[str, Callable[[], Callable[..., Any]]] = {
    "a bound method": lambda: Delay().step,
    "an object": Counting,
    "a variable around it": nonlocal_number,
    "an iterator": numbers,
    "an iterator of an array": values,
    "a generator of random numbers": drawn,
    "a part of another function": partly_called,
    "a list of the module": lambda: in_a_list_of_the_module,
    "a number of the module": lambda: in_a_number_of_the_module,
    "a default": lambda: in_a_default,
    "an attribute of the function": lambda: in_itself,
}
REFUSED: dict[str, tuple[Callable[[], Callable[..., Any]], str]] = {
    "generator": (generated, "cannot pickle 'generator'"),
    "class": (OfAllObjects, "the class OfAllObjects"),
    "NumPy": (lambda: lambda t, x: np.random.uniform(), "random numbers that the whole process"),
    "Python": (lambda: lambda t, x: random.random(), "random numbers that the whole process"),
}


def forget() -> None:
    """Let functions of this module remember nothing."""
    global CALLS  # noqa: PLW0603
    CALLS = 0
    SEEN.clear()
    OfAllObjects.seen.clear()
    in_itself.calls = 0  # type: ignore[attr-defined]
    in_a_default.__defaults__[0].clear()  # type: ignore[index]


def network(function: Callable[..., Any]) -> Any:
    """Return a network in which a node calls a function of what is shown, and the chip sees it."""
    import nengo

    with nengo.Network(seed=0) as net:
        net.shown = nengo.Node(np.zeros(1))
        net.node = nengo.Node(function, size_in=1, size_out=1, label="remembering")
        ensemble = nengo.Ensemble(20, 1)
        nengo.Connection(net.shown, net.node, synapse=None)
        nengo.Connection(net.node, ensemble)
        net.probe = nengo.Probe(net.node)
        nengo.Probe(ensemble, synapse=0.01)
    return net


def expected(make: Callable[[], Callable[..., Any]], chains: list[list[float]]) -> list[Any]:
    """Return what a probe sees in NengoLoihi for chains of items, each with functions that remember nothing."""
    seen = []
    for chain in chains:
        forget()
        net = network(make())
        shown = [{net.shown: [value]} for value in chain]
        seen.append(reference(net, shown, 6)[net.probe])
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("make", COPIED.values(), ids=COPIED)
def test_each_item_has_a_memory_of_its_own(make: Callable[[], Callable[..., Any]]) -> None:
    from snnc.emulator import Emulator

    values = [0.1, 0.2, 0.3]
    fresh = np.concatenate(expected(make, [[value] for value in values]))
    stream = np.concatenate(expected(make, [values[:2], values[2:]]))
    forget()
    net = network(make())
    items = {net.shown: np.array(values)[:, None]}
    with quiet():
        emulator = Emulator(net)
        assert np.array_equal(emulator.run(items, 6)[net.probe], fresh)
        # Copies remember; what was copied doesn't.
        assert np.array_equal(emulator.run(items, 6)[net.probe], fresh)
        two = emulator.run(items, 6, present="stream", chains=2)
        assert np.array_equal(two[net.probe], stream)


@pytest.mark.parametrize(
    "make",
    [*COPIED.values(), *(make for make, _ in REFUSED.values())],
    ids=[*COPIED, *REFUSED],
)
def test_a_single_run_is_a_simulators(make: Callable[[], Callable[..., Any]]) -> None:
    """It calls the function itself: not before the run, and where the last run left it in the next one."""
    from snnc.emulator import Emulator

    def seed() -> None:
        forget()
        np.random.seed(0)
        random.seed(0)

    seed()
    net = network(make())
    item = {net.shown: [0.4]}
    with quiet():
        first = simulated_from_here(net, item, seed)
        second = simulated_from_here(net, item, seed=lambda: None)
        net = network(make())
        emulator = Emulator(net)
        seed()
        shown = {net.shown: np.array([[0.4]])}
        assert np.array_equal(emulator.run(shown, 6)[net.probe][0], first)
        assert np.array_equal(emulator.run(shown, 6)[net.probe][0], second)


def simulated_from_here(net: Any, item: dict[Any, Any], seed: Callable[[], None]) -> Any:
    """Return what NengoLoihi sees of an item; to make its simulator draws from NumPy's random numbers, the emulator's doesn't."""
    import nengo_loihi

    for node, value in item.items():
        node.output = np.array(value)
    state = np.random.get_state()
    with nengo_loihi.Simulator(net, progress_bar=False, target="sim") as sim:
        np.random.set_state(state)
        seed()
        sim.run_steps(6)
        return np.array(sim.data[net.probe])


@pytest.mark.parametrize(("make", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_copied_is_refused_by_name(
    make: Callable[[], Callable[..., Any]], why: str
) -> None:
    from snnc.emulator import Emulator, NotEmulatedError

    forget()
    net = network(make())
    items = {net.shown: np.array([[0.1], [0.2]])}
    with quiet():
        emulator = Emulator(net)
        with pytest.raises(NotEmulatedError, match=f"<Node .remembering.>.*{why}.*shared"):
            emulator.run(items, 6)
        # The hint, to the letter.
        assert emulator.run(items, 6, shared=[net.node])[net.probe].shape == (2, 6, 1)
        stream = emulator.run(items, 6, present="stream")
        assert stream[net.probe].shape == (2, 6, 1)


def test_what_a_node_writes_down_is_there_after_a_single_run() -> None:
    import nengo

    from snnc.emulator import Emulator, NotEmulatedError

    written: list[float] = []
    with nengo.Network(seed=0) as net:
        shown = nengo.Node(np.zeros(1))
        sink = nengo.Node(lambda t, x: written.append(float(x[0])), size_in=1, label="sink")
        nengo.Ensemble(5, 1)
        nengo.Connection(shown, sink, synapse=None)
    written.clear()  # Nengo called it to see what it puts out
    emulator = Emulator(net)
    assert written == []
    emulator.run({shown: [[0.5]]}, 4)
    assert written == [0.5] * 4
    with pytest.raises(NotEmulatedError, match=r"<Node .sink.>.*would be lost in copies"):
        emulator.run({shown: [[0.5], [0.6]]}, 4)
    emulator.run({shown: [[0.1], [0.2]]}, 4, shared=[sink])
    assert sorted(written[4:]) == [0.1] * 4 + [0.2] * 4


@pytest.mark.parametrize("n_items", [1, 2])
@pytest.mark.parametrize("of_the_chip", [False, True], ids=["before the chip", "behind it"])
def test_functions_that_share_a_memory_take_turns(n_items: int, of_the_chip: bool) -> None:
    """One writes what the other reads in the same step, in Nengo's order; also where one feeds the chip and the other reads it."""
    import nengo

    from snnc.emulator import Emulator

    def made() -> Any:
        last: list[float] = [0.0]

        def write(t: float, x: Any) -> Any:
            last[0] += x[0]
            return x

        def read(t: float, x: Any) -> float:
            return last[0]

        with nengo.Network(seed=0) as net:
            net.shown = nengo.Node(np.zeros(1))
            writer = nengo.Node(write, size_in=1)
            reader = nengo.Node(read, size_in=1)
            layer = nengo.Ensemble(10, 1)
            nengo.Connection(net.shown, writer, synapse=None)
            nengo.Connection(writer, layer)
            # Nengo's order is that of signals: without this one, there is none.
            nengo.Connection(layer if of_the_chip else writer, reader, synapse=None)
            nengo.Probe(reader)
        return net

    values = np.array([[0.3], [-0.2]])[:n_items]
    with quiet():
        theirs = []
        for value in values:
            net = made()
            theirs.append(reference(net, [{net.shown: value}], 12)[net.probes[0]])
        net = made()
        ours = Emulator(net).run({net.shown: values}, 12)
    assert np.array_equal(ours[net.probes[0]], np.concatenate(theirs))


def test_functions_without_a_memory_are_not_copied() -> None:
    from snnc.emulator.memory import memories

    scale, offset = 0.5, (1.0, 2.0)
    functions: dict[str, Any] = {
        "ufunc": np.tanh,
        "lambda": lambda t, x: np.sin(x) * scale + offset[0] * GAIN,
        "partial": partial(np.clip, a_min=0, a_max=1),
        "looks at a large array": lambda t: PICTURES[int(t)],
        "its own random numbers": lambda t: np.random.RandomState(int(1000 * t)).uniform(),
    }
    assert not any(memories(functions).values())
    assert memories({**functions, "remembers": nonlocal_number()})["remembers"]


def test_a_function_that_only_reads_what_another_one_changes_remembers_too() -> None:
    from snnc.emulator.memory import Copies, memories

    calls = 0

    def write(t: float) -> None:
        nonlocal calls
        calls += 1

    functions = {"write": write, "read": lambda t: calls, "other": lambda t: GAIN}
    assert [bool(places) for places in memories(functions).values()] == [True, True, False]
    first, second = (Copies.of(functions).copy() for _ in range(2))
    first["write"](0)
    assert [functions["read"](0), first["read"](0), second["read"](0)] == [0, 1, 0]


def test_a_large_array_is_lent_and_cannot_be_written_to() -> None:
    from snnc.emulator.memory import Copies

    large = np.zeros(10_000)

    def write(t: float) -> None:
        large[0] = t

    copy = Copies.of({"write": write}).copy()["write"]
    with pytest.raises(ValueError, match="read-only"):
        copy(1.0)
    assert large[0] == 0


def test_processes_and_neurons_of_ones_own() -> None:
    """Known by their classes: one with the name of Nengo's has its own step, which is called for each item."""
    import nengo
    import nengo_loihi

    from snnc.emulator import Emulator

    class LIF(nengo.LIF):
        def step(self, dt: float, J: Any, output: Any, **state: Any) -> None:  # noqa: N803
            super().step(dt, J + J.mean(), output, **state)

    class Lowpass(nengo.Lowpass):
        def make_step(self, *arguments: Any) -> Any:
            step = super().make_step(*arguments)
            return lambda t, x: 2 * step(t, x)

    class Growing(nengo.Process):
        def make_step(self, shape_in: Any, shape_out: Any, dt: Any, rng: Any, state: Any) -> Any:
            total = np.zeros(shape_out)

            def step(t: float, x: Any) -> Any:
                total[...] += x
                return np.tanh(total)

            return step

    with nengo.Network(seed=0) as net:
        nengo_loihi.add_params(net)
        shown = nengo.Node(np.zeros(1))
        growing = nengo.Node(Growing(), size_in=1, size_out=1)
        nengo.Connection(shown, growing, synapse=Lowpass(0.005))
        for neurons in (LIF(), nengo.PoissonSpiking(nengo.LIFRate())):
            encoder = nengo.Ensemble(20, 1, neuron_type=neurons)
            net.config[encoder].on_chip = False
            nengo.Connection(growing, encoder)
            layer = nengo.Ensemble(20, 1)
            nengo.Connection(encoder, layer)
            nengo.Probe(encoder.neurons)
            nengo.Probe(layer.neurons)
    items = {shown: np.array([[0.5], [-0.3]])}
    with quiet():
        result = Emulator(net).run(items, 30)
        theirs = fresh_reference(net, items, 30)
    for probe, values in theirs.items():
        assert np.array_equal(result[probe], values), probe
        assert values.any()
