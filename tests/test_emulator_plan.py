"""The passes of the emulator's plan, each by itself; and the example of docs/emulator_internals.md."""

from __future__ import annotations

import re
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.conftest import ROOT

if find_spec("numba") is None or find_spec("nengo_loihi") is None:
    pytest.skip(
        "numba or nengo_loihi is not installed: pip install 'snnc[run]'", allow_module_level=True
    )

pytestmark = pytest.mark.usefixtures("nengo_loihi")


def example() -> dict[str, Any]:
    """Run the program of the page, and return its names."""
    page = (ROOT / "docs/emulator_internals.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
    names: dict[str, Any] = {}
    exec(program, names)
    return names


def encoded(transform: Any = None, **neurons: Any) -> SimpleNamespace:
    """Return a network that encodes two numbers as spikes of three neurons on the host, which all go to the chip."""
    import nengo
    import nengo_loihi

    with nengo.Network(seed=0) as net:
        nengo_loihi.add_params(net)
        shown = nengo.Node(np.zeros(2))
        encoder = nengo.Ensemble(3, 1, neuron_type=nengo.LIF(**neurons))
        net.config[encoder].on_chip = False
        layer = nengo.Ensemble(3, 1)
        nengo.Connection(shown, encoder.neurons, transform=np.ones((3, 2)), synapse=None)
        nengo.Connection(encoder.neurons, layer.neurons, transform=np.eye(3), synapse=0.005)
    return SimpleNamespace(net=net, shown=shown, encoder=encoder, layer=layer)


def host_pre(net: Any) -> Any:
    from snnc.emulator.built import build

    return build(net, 0.001).model.host_pre


def kinds(operators: Any) -> list[str]:
    return [type(operator).__name__ for operator in operators]


def test_the_example_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """It prints what the page's table says of it."""
    model = example()["model"]
    assert capsys.readouterr().out.splitlines() == [
        "once: Reset Copy Reset DotInc DotInc ElementwiseInc",
        "every step: SimNeurons SimProcess",
        "per_item: 8; per_step: 2; updated: 0; spikes_only: 1; internal: 2; taking turns: 0",
        "once:",
        "every step: Reset SimProcess SimProcess Copy",
        "per_item: 4; per_step: 3; updated: 1; spikes_only: 0; internal: 1; taking turns: 0",
    ]
    assert (len(model.host_pre.operators), len(model.host.operators)) == (11, 6)


def test_what_comes_from_outside_is_not_computed() -> None:
    import nengo

    from snnc.emulator import operators

    case = encoded()
    with case.net:
        wave = nengo.Node(np.sin)
        nengo.Connection(wave, case.encoder.neurons, transform=np.ones((3, 1)), synapse=None)
    model = host_pre(case.net)
    output = model.sig[wave]["out"]
    everything = operators.running(model, [])
    from_outside = operators.running(model, [output])
    assert "TimeUpdate" not in kinds(everything)
    (left_out,) = set(everything) - set(from_outside)
    assert output in operators.written(left_out)


def test_a_copy_to_a_sender_is_passed_over() -> None:
    from snnc.emulator import operators

    case = encoded()
    model = host_pre(case.net)
    running = operators.running(model, [])
    copies = operators.copies_to_senders(running)
    ((sender, pair),) = copies.items()
    assert kinds(pair) == ["Reset", "Copy"]
    sent = operators.host_to_chip(running, copies)
    assert sent == {id(sender.process): model.sig[case.encoder.neurons]["out"]}
    assert operators.host_to_chip(running, {}) == {id(sender.process): sender.input}
    assert set(running) - set(operators.without(running, [pair])) == set(pair)


def test_a_copy_to_a_sender_stays_where_it_is_more_than_that() -> None:
    from nengo.builder import Signal
    from nengo.builder.operator import Copy, Reset
    from nengo.builder.processes import SimProcess
    from nengo_loihi.builder.inputs import HostSendProcess

    from snnc.emulator import operators

    source, target, other = (Signal(np.zeros(3)) for _ in range(3))
    larger, nothing, time = Signal(np.zeros(4)), Signal(np.zeros(0)), Signal(np.zeros(()))
    sender = SimProcess(HostSendProcess(), target, nothing, time)
    reset, copy = Reset(target), Copy(source, target, inc=True)
    assert operators.copies_to_senders([reset, copy, sender]) == {sender: (reset, copy)}
    for different in (
        [Reset(target, value=1.0), copy],
        [reset, Copy(larger, target, src_slice=[3, 1, 0], inc=True)],
        [reset, copy, Copy(other, target, inc=True)],
        [reset, copy, Copy(target, other)],
        [copy],
    ):
        assert operators.copies_to_senders([*different, sender]) == {}
    assert operators.host_to_chip([copy, sender], {}) == {id(sender.process): target}


def test_what_follows_from_changing_inputs_runs_in_every_step() -> None:
    from snnc.emulator import operators

    case = encoded()
    model = host_pre(case.net)
    output = model.sig[case.shown]["out"]
    running = operators.running(model, [output])
    always = kinds(operators.every_step(running, []))
    assert sorted(set(always) - {"Reset", "Copy"}) == ["SimNeurons", "SimProcess"]
    changing = operators.every_step(running, [output])
    assert {"DotInc", "ElementwiseInc"} <= set(kinds(changing))
    assert changing == [operator for operator in running if operator in changing], "in order"


@pytest.mark.parametrize(
    ("probed", "internal", "spikes_only"),
    [
        (None, {"voltage", "refractory_time"}, True),
        ("voltage", {"refractory_time"}, False),
        ("output", {"voltage", "refractory_time"}, False),
    ],
)
def test_probes_decide_what_is_held(
    probed: str | None, internal: set[str], spikes_only: bool
) -> None:
    """Neurons hold states that nobody sees, and say only whether they fire if nobody sees how high a spike is."""
    import nengo

    from snnc.emulator.plan import Plan

    case = encoded()
    with case.net:
        probes = [nengo.Probe(case.encoder.neurons, probed)] if probed else []
    model = host_pre(case.net)
    plan = Plan.of(model, [case.shown], True, probes, {})
    of_neurons = model.sig[case.encoder.neurons]
    assert plan.signals.internal == {of_neurons[name] for name in internal}
    assert plan.signals.spikes_only == ({of_neurons["out"]} if spikes_only else set())
    # A probe that isn't recorded makes no difference.
    unseen = Plan.of(model, [case.shown], True, [], {})
    assert len(unseen.signals.internal) == 2
    assert unseen.signals.spikes_only == {of_neurons["out"]}


def test_bytes_are_only_for_compiled_neurons() -> None:
    import nengo

    from snnc.emulator.plan import Plan

    case = encoded()
    case.encoder.neuron_type = nengo.AdaptiveLIF()
    plan = Plan.of(host_pre(case.net), [case.shown], True, [], {})
    assert plan.signals.spikes_only == set()
    assert plan.signals.bytes_of_step == 3 * 8


def operators_of(*rows: tuple[str, str, str]) -> list[Any]:
    """Return operators that read, set and update signals of one letter each."""
    from nengo.builder import Signal
    from nengo.builder.operator import Operator

    signals = {letter: Signal(np.zeros(1), name=letter) for row in rows for letter in "".join(row)}
    made = []
    for number, row in enumerate(rows):
        operator = Operator(tag=str(number))
        operator.reads, operator.sets, operator.updates = (
            [signals[s] for s in part] for part in row
        )
        operator.incs = []
        made.append(operator)
    return made


def ordered(*rows: tuple[str, str, str]) -> list[tuple[list[int], bool]]:
    """Return the parts of such operators: their numbers, and whether they take turns."""
    from snnc.emulator import operators, order

    parts = order.parts(operators.reads_of(operators_of(*rows), {}), set(), {})
    return [([int(op.tag) for op in part.operators], part.in_turns) for part in parts]


def test_an_operator_runs_after_those_that_it_waits_for() -> None:
    assert ordered(("b", "c", ""), ("a", "b", "")) == [([1], False), ([0], False)]
    # What is updated is read a step later, but all steps of it have to be there.
    assert ordered(("b", "c", ""), ("a", "", "b")) == [([1], False), ([0], False)]
    # Two that write the same signal stay in their order.
    assert ordered(("", "b", ""), ("a", "b", ""), ("b", "c", "")) == [
        ([0], False),
        ([1], False),
        ([2], False),
    ]
    assert ordered() == []


def test_operators_in_a_circle_take_turns() -> None:
    neurons, synapse, before, after = (
        ("bd", "c", ""),
        ("c", "", "b"),
        ("a", "d", ""),
        ("c", "e", ""),
    )
    assert ordered(after, neurons, synapse, before) == [
        ([3], False),
        ([1, 2], True),
        ([0], False),
    ]
    alone = ("a", "", "a")
    assert ordered(alone) == [([0], True)]


def test_buffers_hold_what_a_step_leaves_to_the_next() -> None:
    """For two items: a signal, a view of it, and one that has the same value for all."""
    from nengo.builder import Signal

    from snnc.emulator.buffers import Buffers
    from snnc.emulator.signals import Signals

    base, shared = Signal(np.arange(3.0)), Signal(np.ones(2))
    last = base[2:]
    buffers = Buffers(
        Signals(
            per_item={base},
            per_step={base},
            updated={base},
            kept=set(),
            spikes_only=set(),
            internal=set(),
            counted=set(),
            n_words=0,
        ),
        n_items=2,
    )
    assert buffers.current(last).shape == (buffers.n_steps, 2, 1)
    assert np.all(buffers.current(last)[0] == 2)
    buffers.following(base)[:2] = np.array([[10.0], [20.0]])[:, None]
    assert np.all(buffers.current(last)[1] == 10)
    assert np.all(buffers.at_end_of_step(last)[1] == 20)
    buffers.carry_over(2)
    assert np.all(buffers.current(base)[0] == 20)
    buffers.clear()
    assert np.all(buffers.current(base)[0] == np.arange(3))
    assert not buffers.is_per_item(shared)
    assert buffers.current(shared).tolist() == [1, 1]
