"""Nengo's operators on the host: which of them run, which are refused, and which signals each reads and writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import nengo
import numpy as np
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import (
    Copy,
    DotInc,
    ElementwiseInc,
    Reset,
    SparseDotInc,
    TimeUpdate,
)
from nengo.builder.probe import SimProbe
from nengo.builder.processes import SimProcess
from nengo.builder.transforms import ConvInc, ConvTransposeInc
from nengo.utils.graphs import toposort
from nengo.utils.simulator import operator_dependency_graph
from nengo_loihi.builder.inputs import HostSendProcess
from nengo_loihi.neurons import LoihiLIF, LoihiSpikingRectifiedLinear

from snnc.emulator.errors import NotEmulatedError
from snnc.emulator.users import draws_random_numbers, owner_of

#: Neuron types whose step works element by element and draws no random numbers; no others that are derived from them.
ELEMENTWISE = frozenset(
    {
        nengo.AdaptiveLIF,
        nengo.AdaptiveLIFRate,
        nengo.Izhikevich,
        nengo.LIF,
        nengo.LIFRate,
        LoihiLIF,
        LoihiSpikingRectifiedLinear,
        nengo.RectifiedLinear,
        nengo.Sigmoid,
        nengo.SpikingRectifiedLinear,
        nengo.Tanh,
    }
)
#: Operators without a memory: the same inputs give the same outputs in every step.
PURE = (Reset, Copy, ElementwiseInc, DotInc, SparseDotInc, ConvInc, ConvTransposeInc)
#: Operators in order, each with the bases of the signals that it reads.
Reads = Mapping[Any, set[Any]]


def bases(signals: Iterable[Any]) -> set[Any]:
    """Return the signals that these are views of: a signal that is no view is its own base."""
    return {signal.base for signal in signals}


def written(operator: Any) -> list[Any]:
    return [*operator.sets, *operator.incs, *operator.updates]


def all_written(operators: Iterable[Any]) -> set[Any]:
    """Return the bases of all signals that operators write."""
    return bases(signal for operator in operators for signal in written(operator))


def states(operator: Any) -> list[Any]:
    """Return the signals that hold the state of neurons or of a process."""
    return list(operator.state.values()) if isinstance(operator, SimNeurons | SimProcess) else []


def is_sender(operator: Any) -> bool:
    """Whether an operator hands spikes to the chip."""
    return isinstance(operator, SimProcess) and isinstance(operator.process, HostSendProcess)


def running(model: Any, inputs: Collection[Any]) -> list[Any]:
    """Return the operators to run, in Nengo's order.

    Those that write `inputs`, signals that come from outside, are replaced by these. Time and probes are the host's own work.
    """
    return [
        operator
        for operator in toposort(operator_dependency_graph(model.operators))
        if hasattr(operator, "make_step")
        and not isinstance(operator, TimeUpdate | SimProbe)
        and not any(signal in inputs for signal in written(operator))
    ]


def refuse_unsupported(model: Any) -> None:
    """Raise a NotEmulatedError if an operator of a model never gives the same twice."""
    for operator in running(model, ()):
        process = operator.process if isinstance(operator, SimProcess) else None
        if process is not None and process.seed is None and draws_random_numbers(process):
            raise NotEmulatedError(
                f"{owner_of(operator, model)}: {process} has no seed, and never runs twice the same"
            )


def is_elementwise(neurons: Any) -> bool:
    """Whether a step of neurons may take those of all items at once."""
    if type(neurons) is nengo.RegularSpiking:
        return is_elementwise(neurons.base_type)
    return type(neurons) in ELEMENTWISE


def copies_to_senders(operators: Sequence[Any]) -> dict[Any, tuple[Reset, Copy]]:
    """Return the operators that only copy a signal to a sender's input, by the sender.

    A sending node of NengoLoihi has an input signal of its own. Usually it is reset and then copied to, once.
    """
    pairs = {op: _copy_to(op, operators) for op in operators if is_sender(op)}
    return {sender: pair for sender, pair in pairs.items() if pair is not None}


def _copy_to(sender: Any, operators: Sequence[Any]) -> tuple[Reset, Copy] | None:
    target = sender.input
    writers = [op for op in operators if target.base in bases(written(op))]
    readers = [op for op in operators if target.base in bases(op.reads)]
    match writers:
        case [Reset() as reset, Copy() as copy] if (
            readers == [sender] and np.all(reset.value == 0) and _copies_all(copy, target)
        ):
            return reset, copy
    return None


def _copies_all(copy: Copy, target: Any) -> bool:
    """Whether an operator copies a whole signal to the whole of another one."""
    is_sliced = copy.src_slice is not None or copy.dst_slice is not None
    return not is_sliced and copy.src.shape == target.shape == target.base.shape


def host_to_chip(
    operators: Iterable[Any], copies: Mapping[Any, tuple[Reset, Copy]]
) -> dict[int, Any]:
    """Return the signal that each sending process reads, by the id of the process; a copy is passed over."""
    return {
        id(op.process): copies[op][1].src if op in copies else op.input
        for op in operators
        if is_sender(op)
    }


def without(operators: Iterable[Any], groups: Iterable[Iterable[Any]]) -> list[Any]:
    left_out = set(chain.from_iterable(groups))
    return [operator for operator in operators if operator not in left_out]


def every_step(operators: Sequence[Any], varying: Iterable[Any]) -> list[Any]:
    """Return the operators that have to run in every step, if these signals differ from step to step.

    All others give the same while an item is shown.
    """
    per_step = bases(varying)
    repeated: list[Any] = []
    while True:
        n_before = len(repeated)
        repeated = [op for op in operators if _may_vary(op, per_step)]
        if len(repeated) == n_before:
            return repeated
        per_step |= all_written(repeated)


def _may_vary(operator: Any, per_step: set[Any]) -> bool:
    """Whether an operator may write other values in the next step; `per_step` are the signals known to vary, by their bases."""
    touched = bases((*operator.reads, *written(operator)))
    return not isinstance(operator, PURE) or not touched.isdisjoint(per_step)


def reads_of(operators: Iterable[Any], to_chip: Mapping[int, Any]) -> Reads:
    """Return operators with the bases of the signals that each reads; a sender reads the signal that it has in `host_to_chip`."""
    return {
        op: {to_chip[id(op.process)].base} if is_sender(op) else bases(op.reads) for op in operators
    }
