"""What the host has to compute beside the chip: which of Nengo's operators, when, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import (
    Copy,
    DotInc,
    ElementwiseInc,
    Reset,
    SimPyFunc,
    SparseDotInc,
    TimeUpdate,
)
from nengo.builder.probe import SimProbe
from nengo.builder.processes import SimProcess
from nengo.builder.transforms import ConvInc, ConvTransposeInc
from nengo.processes import Piecewise, PresentInput
from nengo.synapses import LinearFilter, Synapse
from nengo.utils.graphs import toposort
from nengo.utils.simulator import operator_dependency_graph
from nengo_loihi.builder.inputs import HostReceiveProcess, HostSendProcess
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from snnc.emulator.errors import NotEmulatedError
from snnc.emulator.filters import Filter
from snnc.emulator.neurons import COMPILED

#: Neurons whose step works element by element, and draws no random numbers.
ELEMENTWISE = frozenset(
    {
        "AdaptiveLIF",
        "AdaptiveLIFRate",
        "Izhikevich",
        "LIF",
        "LIFRate",
        "LoihiLIF",
        "LoihiSpikingRectifiedLinear",
        "RectifiedLinear",
        "RegularSpiking",
        "Sigmoid",
        "SpikingRectifiedLinear",
        "Tanh",
    }
)
#: What gives the same from the same input, whenever it is computed.
PURE = (Reset, Copy, ElementwiseInc, DotInc, SparseDotInc, ConvInc, ConvTransposeInc)


class Part(NamedTuple):
    """Operators of every step: one that runs all its steps at once, or some in a circle, which take turns in each step."""

    operators: list[Any]
    in_turns: bool


class Plan:
    """Which operators of a model run, in which order: those whose input is the same during an item, and those of every step.

    `given` are the nodes whose output comes from outside; with `constant` it stays the same while an item is shown. Of the
    network's probes, only the `recorded` ones matter.
    """

    def __init__(
        self, model: Any, given: Sequence[Any], constant: bool, recorded: Sequence[Any]
    ) -> None:
        self.model = model
        self.given = {node: model.sig[node]["out"] for node in given if node in model.sig}
        outputs = set(self.given.values())
        operators = [
            operator
            for operator in toposort(operator_dependency_graph(model.operators))
            if hasattr(operator, "make_step")
            and not isinstance(operator, TimeUpdate | SimProbe)
            and not (set(written(operator)) & outputs)
        ]
        for operator in operators:
            _refuse_what_is_missing(operator)
        #: The probes of this part of the host, and what they see.
        self.probes = {probe: model.sig[probe]["in"] for probe in model.probes if probe in recorded}
        #: By the id of each sending process: what it looks at.
        self.sent, copying = _sent(operators)
        operators = [operator for operator in operators if operator not in copying]
        #: What has a value for each item.
        self.batched = {signal.base for op in operators for signal in written(op)}
        self.batched |= {signal.base for signal in outputs}
        #: What may have another one in each step.
        self.changing = set() if constant else {signal.base for signal in outputs}
        every: list[Any] = []
        while True:
            kept = [op for op in operators if _changes(op, self.changing)]
            self.changing |= {signal.base for op in kept for signal in written(op)}
            if len(kept) == len(every):
                break
            every = kept
        self.once = [op for op in operators if op not in set(every)]
        #: What an operator remembers, and nobody else looks at.
        self.private = self._private(every)
        self.changing -= self.private
        #: What a step leaves to the next one.
        self.updated = {s.base for op in every for s in op.updates} - self.private
        #: Outputs of neurons of which nobody wants to know more than whether they are spikes.
        self.told = {op.output.base for op in every if self._is_told(op, every)}
        self.parts = self._parts(every) if every else []
        self.filters = {
            op: Filter.of(op.process, op.output.size, model.dt, op.output.dtype, op.input.dtype)
            for op in every
            if isinstance(op, SimProcess) and isinstance(op.process, LinearFilter)
        }

    @property
    def bytes_of_item(self) -> int:
        return sum(base.nbytes for base in self.batched)

    @property
    def bytes_of_step(self) -> int:
        """What an item takes for each step that is kept."""
        return sum(base.size if base in self.told else base.nbytes for base in self.changing)

    def _is_told(self, operator: Any, every: Iterable[Any]) -> bool:
        """Whether neurons are compiled, and their output is only sent."""
        if not isinstance(operator, SimNeurons) or type(operator.neurons) not in COMPILED:
            return False
        current, output = operator.J, operator.output
        looking = [op for op in every if output.base in {s.base for s in self._read(op)}]
        return (
            all(id(getattr(op, "process", None)) in self.sent for op in looking)
            and output.base not in {signal.base for signal in self.probes.values()}
            and {state.base for state in _state(operator)} <= self.private
            and current.base in self.batched
            and all(s.shape == s.base.shape and s.dtype == np.float64 for s in (current, output))
            and operator.neurons.amplitude != 0
        )

    def _private(self, every: Iterable[Any]) -> set[Any]:
        seen = {signal.base for signal in self.probes.values()}
        seen |= {signal.base for op in every for signal in self._read(op)}
        return {s.base for op in every for s in _state(op) if s.base not in seen}

    def _parts(self, every: list[Any]) -> list[Part]:
        waits = set(self._waits(every))
        pairs = np.array(sorted(waits), dtype=int).reshape(-1, 2).T
        graph = coo_matrix((np.ones(len(waits)), (pairs[0], pairs[1])), (len(every),) * 2)
        _, circle = connected_components(graph, connection="strong")
        followers: dict[int, set[int]] = {number: set() for number in circle.tolist()}
        in_turns = set()
        for before, after in waits:
            first, second = int(circle[before]), int(circle[after])
            if first == second:
                in_turns.add(first)
            else:
                followers[first].add(second)
        return [
            Part(
                [op for op, of in zip(every, circle, strict=True) if of == number],
                number in in_turns,
            )
            for number in toposort(followers)
        ]

    def _waits(self, every: list[Any]) -> Iterator[tuple[int, int]]:
        """Yield the numbers of operators of which the second needs what the first one writes, in this step or in the next."""
        writers: dict[Any, list[int]] = {}
        for number, operator in enumerate(every):
            for base in {signal.base for signal in written(operator)} - self.private:
                writers.setdefault(base, []).append(number)
        for numbers in writers.values():
            yield from pairwise(numbers)
        for number, operator in enumerate(every):
            for base in {signal.base for signal in self._read(operator)}:
                for writer in writers.get(base, ()):
                    yield writer, number

    def _read(self, operator: Any) -> list[Any]:
        """Return what an operator really looks at."""
        process = getattr(operator, "process", None)
        return [self.sent[id(process)]] if id(process) in self.sent else list(operator.reads)


def written(operator: Any) -> list[Any]:
    return [*operator.sets, *operator.incs, *operator.updates]


def _state(operator: Any) -> list[Any]:
    """Return what neurons or a process remember."""
    return list(operator.state.values()) if isinstance(operator, SimNeurons | SimProcess) else []


def _changes(operator: Any, changing: set[Any]) -> bool:
    """Whether an operator has to run in every step."""
    return not isinstance(operator, PURE) or any(
        signal.base in changing for signal in (*operator.reads, *written(operator))
    )


def _sent(operators: Sequence[Any]) -> tuple[dict[int, Any], set[Any]]:
    """Return what each sending process looks at, and the operators that would only copy it there."""
    looked_at, copying = {}, set()
    for operator in operators:
        if not isinstance(operator, SimProcess) or not isinstance(
            operator.process, HostSendProcess
        ):
            continue
        signal = operator.input
        match [op for op in operators if signal.base in {s.base for s in written(op)}]:
            case [Reset() as reset, Copy() as copy] if (
                np.all(reset.value == 0)
                and copy.src_slice is None
                and copy.dst_slice is None
                and copy.src.shape == signal.shape == signal.base.shape
                and not any(
                    signal.base in {s.base for s in op.reads}
                    for op in operators
                    if op is not operator
                )
            ):
                looked_at[id(operator.process)] = copy.src
                copying |= {reset, copy}
            case _:
                looked_at[id(operator.process)] = signal
    return looked_at, copying


def _refuse_what_is_missing(operator: Any) -> None:
    """Raise a NotEmulatedError if items can't be computed apart from each other, or the same twice."""
    if isinstance(operator, SimNeurons):
        if (kind := type(operator.neurons).__name__) not in ELEMENTWISE:
            raise NotEmulatedError(f"{kind} neurons on the host")
    elif isinstance(operator, SimProcess):
        process = operator.process
        known = PresentInput | Piecewise | Synapse | HostReceiveProcess | HostSendProcess
        if not isinstance(process, known) and process.seed is None:
            raise NotEmulatedError(f"{process} without a seed, which never runs twice the same")
    elif not isinstance(operator, (*PURE, SimPyFunc)):
        raise NotEmulatedError(f"{type(operator).__name__} on the host")
    elif isinstance(operator, DotInc) and not (operator.A.readonly or operator.A.sparse):
        raise NotEmulatedError("weights on the host that change")
