"""What the host computes beside the chip, for many items at once.

A model that Nengo has built is a list of operators on signals. Here a signal that changes has one more dimension, the items,
in front, and the operators run in Nengo's own order. What works element by element is done for all items at once;
sums of products go through the same BLAS call as Nengo's, item by item, since another call may round otherwise.
Whatever else there is runs as Nengo's own step on the part of each item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
from numpy.typing import NDArray

from snnc.emulator import neurons
from snnc.emulator.errors import NotEmulatedError

Array = NDArray[Any]
Step = Callable[[], None]

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


class Plan:
    """Which operators of a model run, in which order: those whose input is the same during an item, and those of every step.

    `given` are the nodes whose output comes from outside; with `constant` it stays the same while an item is shown.
    """

    def __init__(self, model: Any, given: Sequence[Any], constant: bool) -> None:
        self.model = model
        self.given = {node: model.sig[node]["out"] for node in given if node in model.sig}
        outputs = set(self.given.values())
        self.operators = [
            operator
            for operator in toposort(operator_dependency_graph(model.operators))
            if hasattr(operator, "make_step")
            and not isinstance(operator, TimeUpdate | SimProbe)
            and not (set(_written(operator)) & outputs)
        ]
        for operator in self.operators:
            _refuse_what_is_missing(operator)
        changing = set() if constant else {signal.base for signal in outputs}
        self.every = list(self.operators)
        while True:
            kept = [op for op in self.every if _changes(op, changing)]
            more = {signal.base for op in kept for signal in _written(op)} - changing
            if not more:
                break
            changing |= more
        self.every = kept
        self.once = [op for op in self.operators if op not in set(kept)]
        #: The network's probes of this part of the host, and what they see.
        self.probes = {probe: model.sig[probe]["in"] for probe in model.probes}
        #: What has a value for each item.
        self.batched = {signal.base for op in self.operators for signal in _written(op)}
        self.batched |= {signal.base for signal in outputs}

    @property
    def bytes_of_item(self) -> int:
        return sum(base.nbytes for base in self.batched)


def _written(operator: Any) -> list[Any]:
    return [*operator.sets, *operator.incs, *operator.updates]


def _changes(operator: Any, changing: set[Any]) -> bool:
    """Whether an operator has to run in every step."""
    return not isinstance(operator, PURE) or any(
        signal.base in changing for signal in (*operator.reads, *_written(operator))
    )


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


@dataclass(frozen=True, eq=False)
class Exchange:
    """What passes between the host and the chip during some steps.

    `sent` holds by the id of each sending process whether its neurons spiked, (steps, items, neurons); `received` by that
    of each receiving process what the chip's neurons came to, (items, steps, size).
    """

    sent: Mapping[int, Array]
    received: Mapping[int, Array]


class Host:
    """The state of some items on the host, and the steps that change it."""

    def __init__(self, plan: Plan, n_items: int) -> None:
        self.plan, self.n_items = plan, n_items
        self.dt = plan.model.dt
        self.time = np.zeros(())
        self.n_steps = 0
        #: The step among those that the exchange is about.
        self.step = 0
        self.exchange = Exchange({}, {})
        self._values = {
            base: np.repeat(np.asarray(base.initial_value)[None], n_items, axis=0)
            for base in plan.batched
        }
        self._once = [self._made(operator) for operator in plan.once]
        self._every = [self._made(operator) for operator in plan.every]
        self._given = {node: self.array(signal) for node, signal in plan.given.items()}

    def show(self, node: Any, values: Array) -> None:
        """Let a node put out values, (items, size), from now on."""
        if node in self._given:
            self._given[node][...] = values

    def start_item(self) -> None:
        """Compute what stays the same while the same is shown."""
        for step in self._once:
            step()

    def advance(self, step: int) -> None:
        """Run a step, the given one of those in the exchange."""
        self.step = step
        self.n_steps += 1
        self.time[...] = self.n_steps * self.dt
        for run in self._every:
            run()

    def array(self, signal: Any) -> Array:
        """Return the values of a signal: with a first dimension for the items, if it has one for each."""
        if signal.sparse or signal.base not in self._values:
            return np.asarray(signal.initial_value) if not signal.sparse else signal.initial_value
        base = self._values[signal.base]
        strides = (base.strides[0], *signal.strides)
        shape = (self.n_items, *signal.shape)
        view: Array = np.ndarray(shape, signal.dtype, base, signal.offset, strides)
        return view

    def _is_batched(self, signal: Any) -> bool:
        return not signal.sparse and signal.base in self._values

    def _aligned(self, signal: Any, ndim: int) -> Array:
        """Return the values of a signal such that the items stay in front of `ndim` dimensions."""
        array = self.array(signal)
        if not self._is_batched(signal):
            return array
        return array.reshape(self.n_items, *(1,) * (ndim - signal.ndim), *signal.shape)

    def _made(self, operator: Any) -> Step:
        if isinstance(operator, Reset):
            return self._reset(operator)
        if isinstance(operator, Copy):
            return self._copy(operator)
        if isinstance(operator, ElementwiseInc):
            return self._elementwise(operator)
        if isinstance(operator, SparseDotInc) and self._is_batched(operator.X):
            return self._sparse_dot(operator)
        if type(operator) is DotInc and self._is_batched(operator.X):
            return self._dot(operator)
        if isinstance(operator, SimNeurons):
            return self._neurons(operator)
        if isinstance(operator, SimProcess):
            return self._process(operator)
        if isinstance(operator, SimPyFunc) and operator.x is None:
            return self._for_all(operator, operator.output)
        return self._one_by_one(operator)

    def _reset(self, operator: Any) -> Step:
        target, value = self.array(operator.dst), operator.value

        def step() -> None:
            target[...] = value

        return step

    def _copy(self, operator: Any) -> Step:
        if operator.src_slice is not None or operator.dst_slice is not None:
            return self._one_by_one(operator)
        source = self._aligned(operator.src, operator.dst.ndim)
        target = self.array(operator.dst)

        def add() -> None:
            np.add(target, source, out=target)

        def copy() -> None:
            target[...] = source

        return add if operator.inc else copy

    def _elementwise(self, operator: Any) -> Step:
        y = self.array(operator.Y)
        a, x = (self._aligned(signal, operator.Y.ndim) for signal in (operator.A, operator.X))

        def step() -> None:
            np.add(y, a * x, out=y)

        return step

    def _dot(self, operator: Any) -> Step:
        a, x, y = self.array(operator.A), self.array(operator.X), self.array(operator.Y)
        if a.ndim != 2 or x.ndim != 2 or y.ndim != 2:
            return self._one_by_one(operator)

        product = _product(a)

        def step() -> None:
            np.add(y, product(x[:, :, None])[:, :, 0], out=y)

        return step

    def _sparse_dot(self, operator: Any) -> Step:
        a, x, y = self.array(operator.A), self.array(operator.X), self.array(operator.Y)

        def step() -> None:
            np.add(y, a.dot(x.T).T, out=y)

        return step

    def _neurons(self, operator: Any) -> Step:
        j, output = self.array(operator.J), self.array(operator.output)
        state = {name: self.array(signal) for name, signal in operator.state.items()}
        if not self._is_batched(operator.J):
            j = np.broadcast_to(j, output.shape)

        return neurons.step_of(operator.neurons, self.dt, j, output, state)

    def _process(self, operator: Any) -> Step:
        process = operator.process
        if isinstance(process, HostSendProcess):
            return self._send(operator)
        if isinstance(process, HostReceiveProcess):
            return self._receive(operator)
        if operator.input is None:
            return self._for_all(operator, operator.output)
        if isinstance(process, LinearFilter) and self._is_batched(operator.input):
            return self._filter(operator)
        return self._one_by_one(operator)

    def _send(self, operator: Any) -> Step:
        process, x = id(operator.process), self._aligned(operator.input, 1)

        def step() -> None:
            neurons.sent(x, self.exchange.sent[process], self.step)

        return step

    def _receive(self, operator: Any) -> Step:
        process, output = id(operator.process), self.array(operator.output)

        def step() -> None:
            output[...] = self.exchange.received[process][:, self.step]

        return step

    def _filter(self, operator: Any) -> Step:
        x, output = self.array(operator.input), self.array(operator.output)
        filtered = filter_of(operator.process, x.shape, self.dt, x.dtype)
        adds = operator.mode == "inc"

        def step() -> None:
            value = filtered(x)
            output[...] = output + value if adds else value

        return step

    def _for_all(self, operator: Any, output: Any) -> Step:
        """Run an operator without input once, for all items."""
        alone = {
            signal: np.array(signal.initial_value)
            for signal in (*_written(operator), *operator.reads)
            if signal is not self.plan.model.time
        }
        alone[self.plan.model.time] = self.time
        run = operator.make_step(alone, self.dt, np.random)
        target = None if output is None else self.array(output)

        def step() -> None:
            run()
            if target is not None:
                target[...] = alone[output]

        return step

    def _one_by_one(self, operator: Any) -> Step:
        """Run Nengo's own step on what each item has of the signals."""
        runs = []
        for item in range(self.n_items):
            part = {
                signal: self.array(signal)[item] if self._is_batched(signal) else self.array(signal)
                for signal in (*_written(operator), *operator.reads)
            }
            part[self.plan.model.time] = self.time
            runs.append(operator.make_step(part, self.dt, np.random))

        def step() -> None:
            for run in runs:
                run()

        return step


def filter_of(
    synapse: LinearFilter, shape: tuple[int, ...], dt: float, dtype: Any
) -> Callable[[Array], Array]:
    """Return a synapse for values of many items, (items, size), with zeros before; it takes one step after the other."""
    n_items, size = shape
    # By itself, a single number is computed in double precision whatever the synapse has.
    if dtype != np.float64 and size == 1:
        parts = [_alone(synapse, (1,), dt, dtype) for _ in range(n_items)]
        return lambda x: np.stack([part(0.0, row) for part, row in zip(parts, x, strict=True)])
    of_one = _alone(synapse, (size,), dt, dtype)
    if not isinstance(of_one, LinearFilter.NoD | LinearFilter.General):
        whole = _alone(synapse, shape, dt, dtype)
        return lambda x: np.asarray(whole(0.0, x))
    b, d, through, out = of_one.B, of_one.D, _product(of_one.A), _product(of_one.C)
    state = np.zeros((n_items, *of_one.X.shape), dtype)

    def advanced(x: Array) -> Array:
        state[...] = through(state) + b * x[:, None, :]
        return out(state)[:, 0]

    def lagging(x: Array) -> Array:
        y = out(state)[:, 0] + d * x
        state[...] = through(state) + b * x[:, None, :]
        return np.asarray(y)

    return advanced if isinstance(of_one, LinearFilter.NoD) else lagging


def _product(a: Array) -> Callable[[Array], Array]:
    """Return what multiplies a matrix, (m, n), by one of each item, (items, n, k), and rounds as np.dot does for each."""
    if (np.count_nonzero(a, axis=1) <= 1).all():
        # Sums of a single number are no sums: there is one way to round.
        places = np.abs(a).argmax(axis=1)
        values = a[np.arange(len(a)), places][:, None]
        return lambda x: np.asarray(values * x[:, places])
    return lambda x: np.asarray(np.matmul(a, x))


def _alone(synapse: LinearFilter, shape: tuple[int, ...], dt: float, dtype: Any) -> Any:
    """Return Nengo's own step of a synapse."""
    state = synapse.make_state(shape, shape, dt, dtype=dtype)
    return synapse.make_step(shape, shape, dt, None, state)
