"""How an operator of the host runs: for many items and steps at once.

Element by element, NumPy or compiled code computes all items at once. Sums of products go through the same BLAS call as
Nengo's, item by item, since another call may round otherwise. Any other operator runs as Nengo's own step on the values of
each item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import Copy, DotInc, ElementwiseInc, Reset, SparseDotInc
from nengo.builder.processes import SimProcess
from nengo_loihi.builder.inputs import HostReceiveProcess, HostSendProcess
from numpy.typing import NDArray

from snnc.emulator import neurons
from snnc.emulator.buffers import Buffers, steps_of
from snnc.emulator.operators import is_elementwise, written
from snnc.emulator.plan import Plan
from snnc.emulator.stand_ins import Keep, SendErrors
from snnc.emulator.users import NoChance, WithoutChance, calling

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Exchange:
    """The spikes and values that pass between host and chip during some steps."""

    #: Of all neurons of the host, (steps, items, neurons): senders write them.
    spikes: Array
    #: The neurons of each sending process among these, by its id.
    columns: Mapping[int, slice]
    #: The values for each receiving process, by its id: (steps, items, size).
    from_chip: Mapping[int, Array]
    #: The values of each process that sends errors, by its id, (steps, items, size): these processes write them.
    errors: Mapping[int, Array]


class Span(NamedTuple):
    """The steps that an operator runs, from one step of the buffers to another."""

    begin: int
    end: int
    exchange: Exchange
    #: The step of the exchange, and the step of the run, that the first one of the buffers is.
    in_exchange: int
    in_run: int
    #: Raises an exception if the run is to end early.
    check: Check


Check = Callable[[], None]
#: What operators with a memory call for an item, instead of what a person wrote.
Called = Mapping[Any, Any]
#: Runs an operator for some steps.
Run = Callable[[Span], None]


def run_of(operator: Any, plan: Plan, buffers: Buffers, called: Sequence[Called]) -> Run:
    """Return a function that runs an operator on buffers, with a state of its own that starts anew.

    For each item, `called` is what operators call instead of what a person wrote.
    """
    return _at_once(operator, plan, buffers) or _item_by_item(operator, plan, buffers, called)


def _at_once(operator: Any, plan: Plan, buffers: Buffers) -> Run | None:
    """Return a function that runs an operator for all items at once, or None if only Nengo's own step will do."""
    if operator in plan.layers.products:
        return plan.layers.product(operator, plan.scatters[operator], plan.model.dt, buffers)
    if operator in plan.scatters and (run := _scatter(operator, plan, buffers)):
        return run
    if make := _MATH.get(type(operator)):
        return make(operator, buffers)
    if isinstance(operator, SimNeurons) and is_elementwise(operator.neurons):
        return _neurons(operator, plan, buffers)
    if isinstance(operator, SimProcess):
        return _process(operator, plan, buffers)
    return None


def _reset(operator: Any, buffers: Buffers) -> Run:
    target, value = buffers.current(operator.dst), operator.value

    def run(span: Span) -> None:
        target[span.begin : span.end] = value

    return run


def _copy(operator: Any, buffers: Buffers) -> Run | None:
    if operator.src_slice is not None or operator.dst_slice is not None:
        return None
    target = buffers.current(operator.dst)
    source = _operand(operator.src, operator.dst.ndim, buffers)

    def run(span: Span) -> None:
        if operator.inc:
            target[span.begin : span.end] += source(span)
        else:
            target[span.begin : span.end] = source(span)

    return run


def _elementwise(operator: Any, buffers: Buffers) -> Run:
    y = buffers.current(operator.Y)
    a, x = (_operand(signal, operator.Y.ndim, buffers) for signal in (operator.A, operator.X))

    def run(span: Span) -> None:
        y[span.begin : span.end] += a(span) * x(span)

    return run


def _operand(signal: Any, ndim: int, buffers: Buffers) -> Callable[[Span], Array]:
    """Return a function that gives a signal's values in some steps, for a result of `ndim` dimensions."""
    values = buffers.aligned(signal, ndim)
    if buffers.is_per_item(signal):
        return lambda span: steps_of(values, span.begin, span.end)
    return lambda span: values


def _dot(operator: Any, buffers: Buffers) -> Run | None:
    a, x, y = (buffers.current(signal) for signal in (operator.A, operator.X, operator.Y))
    is_matrix_by_vector = operator.A.ndim == 2 and operator.X.ndim == operator.Y.ndim == 1
    if not buffers.is_per_item(operator.X) or not is_matrix_by_vector:
        return None
    learns = buffers.is_per_item(operator.A)

    def run(span: Span) -> None:
        # A matrix by one of a single column, for each item: np.dot makes the same call for a vector.
        column = steps_of(x, span.begin, span.end)[..., None]
        matrix = steps_of(a, span.begin, span.end) if learns else a
        # And np.dot says nothing of numbers that aren't finite.
        with np.errstate(all="ignore"):
            products = np.matmul(matrix, column)[..., 0]
        y[span.begin : span.end] += products

    return run


def _scatter(operator: Any, plan: Plan, buffers: Buffers) -> Run | None:
    x, y = buffers.current(operator.X), buffers.current(operator.Y)
    if x.dtype != np.float64:
        return None
    scatter = plan.scatters[operator]

    def run(span: Span) -> None:
        scatter.add(steps_of(x, span.begin, span.end), y[span.begin : span.end])

    return run


def _sparse_dot(operator: Any, buffers: Buffers) -> Run | None:
    a, x, y = (buffers.current(signal) for signal in (operator.A, operator.X, operator.Y))
    if not buffers.is_per_item(operator.X):
        return None

    def run(span: Span) -> None:
        now = steps_of(x, span.begin, span.end)
        products = a.dot(now.reshape(-1, now.shape[-1]).T).T
        y[span.begin : span.end] += products.reshape(*now.shape[:2], -1)

    return run


def _keep(operator: Keep, buffers: Buffers) -> Run:
    before, now = buffers.before(operator.signal), buffers.current(operator.signal)

    def run(span: Span) -> None:
        now[span.begin : span.end] = before[span.begin : span.end]

    return run


def _send_errors(operator: SendErrors, buffers: Buffers) -> Run:
    process, values = id(operator.process), buffers.current(operator.signal)

    def run(span: Span) -> None:
        first, last = (span.in_exchange + step for step in (span.begin, span.end))
        span.exchange.errors[process][first:last] = (
            steps_of(values, span.begin, span.end)
            if buffers.is_per_item(operator.signal)
            else values
        )

    return run


def _neurons(operator: Any, plan: Plan, buffers: Buffers) -> Run:
    j, output = buffers.current(operator.J), buffers.current(operator.output)
    if not buffers.is_per_item(operator.J):
        j = np.broadcast_to(j, (1, *output.shape[1:]))
    state = {name: buffers.state_of(signal.base) for name, signal in operator.state.items()}
    read_by_others = {
        name: buffers.current(signal)
        for name, signal in operator.state.items()
        if signal.base not in plan.signals.internal
    }
    if operator.output.base in plan.signals.spikes_only or (
        type(operator.neurons) in neurons.COMPILED
        and not read_by_others
        and all(map(_is_plain, (j, output, *state.values())))
    ):
        return _compiled_neurons(operator.neurons, plan.model.dt, j, state, output)

    def run(span: Span) -> None:
        for step in range(span.begin, span.end):
            now = j[step if len(j) > 1 else 0]
            operator.neurons.step(plan.model.dt, now, output[step], **state)
            for name, values in read_by_others.items():
                values[step] = state[name]

    return run


def _compiled_neurons(
    kind: Any, dt: float, j: Array, state: Mapping[str, Array], output: Array
) -> Run:
    flat_state = {name: values.reshape(-1) for name, values in state.items()}
    steps = neurons.steps_of(kind, dt, flat_state)
    flat_j, flat_output = _flat(j), _flat(output)
    return lambda span: steps(
        steps_of(flat_j, span.begin, span.end), flat_output[span.begin : span.end]
    )


def _process(operator: Any, plan: Plan, buffers: Buffers) -> Run | None:
    if isinstance(operator.process, HostSendProcess):
        return _send(id(operator.process), plan, buffers)
    if isinstance(operator.process, HostReceiveProcess):
        return _receive(operator, buffers)
    if operator in plan.filters:
        return _filter(operator, plan, buffers)
    return None


def _send(process: int, plan: Plan, buffers: Buffers) -> Run:
    outputs = buffers.current(plan.host_to_chip[process])

    def run(span: Span) -> None:
        neurons.mark_spikes(
            steps_of(outputs, span.begin, span.end),
            span.exchange.spikes,
            span.in_exchange + span.begin,
            span.exchange.columns[process].start,
            span.end - span.begin,
        )

    return run


def _receive(operator: Any, buffers: Buffers) -> Run:
    process, output = id(operator.process), buffers.current(operator.output)

    def run(span: Span) -> None:
        first, last = (span.in_exchange + step for step in (span.begin, span.end))
        output[span.begin : span.end] = span.exchange.from_chip[process][first:last]

    return run


def _filter(operator: Any, plan: Plan, buffers: Buffers) -> Run | None:
    if not buffers.is_per_item(operator.input) or operator.input.ndim != 1:
        return None
    updates = operator.mode == "update"
    x = buffers.current(operator.input)
    output = (buffers.following if updates else buffers.current)(operator.output)
    if not (_is_plain(x) and _is_plain(output)):
        return None
    filtered = plan.filters[operator].started(buffers.n_items)
    x, output = _flat(x), _flat(output)
    if operator.mode != "inc":
        return lambda span: filtered(
            steps_of(x, span.begin, span.end), output[span.begin : span.end]
        )

    def run(span: Span) -> None:
        values = np.empty_like(output[span.begin : span.end])
        filtered(steps_of(x, span.begin, span.end), values)
        output[span.begin : span.end] += values

    return run


def _item_by_item(operator: Any, plan: Plan, buffers: Buffers, called: Sequence[Called]) -> Run:
    """Run Nengo's own step on the values of each item.

    It runs only once for all items if no signal it reads has a value for each, and nothing else changes what it remembers.
    """
    time = plan.model.time
    signals = {*written(operator), *operator.reads} - {time}
    per_item = set(filter(buffers.is_per_item, signals))
    buffered = {signal for signal in per_item if signal.base not in plan.signals.internal}
    read = buffered.intersection((*operator.reads, *operator.incs))
    n_runs = buffers.n_items if read or operator in plan.sharing else 1
    # Nengo's steps work on arrays of their own: buffers are copied to and from these.
    own = {signal: np.stack([signal.initial_value] * n_runs) for signal in per_item}
    clock = np.zeros(())
    shared = {signal: buffers.current(signal) for signal in signals - per_item} | {time: clock}
    # What draws at random has a seed of its own, or none, and then is refused: an operator of a person's own as well.
    chance = (
        np.random.RandomState(0)
        if isinstance(operator, SimProcess)
        else NoChance(f"a {type(operator).__name__}, which draws random numbers and has no seed")
    )
    steps = [
        _of_network(operator, called[number]).make_step(
            {**shared, **_of_item(own, number)}, plan.model.dt, chance
        )
        for number in range(n_runs)
    ]
    loaded = [(own[signal], buffers.current(signal)) for signal in read]
    stored = [
        (own[signal], _target(signal, operator, buffers))
        for signal in buffered.intersection(written(operator))
    ]

    def run(span: Span) -> None:
        for step in range(span.begin, span.end):
            span.check()
            clock[...] = (span.in_run + step + 1) * plan.model.dt
            for values, buffer in loaded:
                values[...] = buffer[step if len(buffer) > 1 else 0]
            for own_step in steps:
                own_step()
            for values, buffer in stored:
                buffer[step] = values

    return run


def _of_network(operator: Any, called: Called) -> Any:
    """Return an operator as it is in a network of its own: with what it calls there, and with random numbers of its own."""
    if operator in called:
        operator = calling(operator, called[operator])
    if isinstance(operator, SimProcess) and operator.process.seed is None:
        operator = calling(operator, WithoutChance(operator.process))
    if getattr(operator, "state_extra", None):
        operator = copy(operator)
        operator.state_extra = deepcopy(operator.state_extra)
    return operator


def _of_item(own: Mapping[Any, Array], number: int) -> dict[Any, Array]:
    """Return the part of own arrays, (items, ...), that belongs to an item."""
    return {signal: values[number, ...] for signal, values in own.items()}


def _target(signal: Any, operator: Any, buffers: Buffers) -> Array:
    """Return the steps of a signal that an operator writes to."""
    return (buffers.following if signal in operator.updates else buffers.current)(signal)


def _is_plain(values: Array) -> bool:
    """Whether compiled code takes an array: contiguous, in double precision."""
    return values.dtype == np.float64 and values.flags.c_contiguous


def _flat(values: Array) -> Array:
    """Return values, (steps, items, ...), as (steps, all that a step has)."""
    return values.reshape(len(values), -1)


#: Of just these types: others that are derived from them have steps of their own.
_MATH: Mapping[type, Callable[[Any, Buffers], Run | None]] = {
    Reset: _reset,
    Copy: _copy,
    ElementwiseInc: _elementwise,
    DotInc: _dot,
    SparseDotInc: _sparse_dot,
    Keep: _keep,
    SendErrors: _send_errors,
}
