"""Layers: neurons with all that only they receive, which compiled code runs in one pass.

A connection to neurons is a product, a filter and gains in Nengo, each with a signal of its own. Where nothing else reads these
signals, they aren't held: only spikes pass between layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import ElementwiseInc, Reset
from nengo.builder.processes import SimProcess
from numpy.typing import NDArray

from snnc.emulator.at_once import State, Written
from snnc.emulator.buffers import Buffers
from snnc.emulator.delivery import Terms, add_spikes
from snnc.emulator.entries import Entries, aligned
from snnc.emulator.fields import Fields, charge_fields
from snnc.emulator.filters import Filter
from snnc.emulator.layer_kernels import run_layer
from snnc.emulator.machine import GROUP
from snnc.emulator.neurons import COMPILED, LOIHI_RELU, Constants, are_numbers
from snnc.emulator.operators import PURE, Reads, bases, written
from snnc.emulator.scatter import Scatter
from snnc.emulator.signals import can_be_compiled, is_whole

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Source:
    """Neurons whose spikes layers and products receive as bits: the first of their words, and the output of a single spike."""

    neurons: Any
    word: int

    @property
    def n_words(self) -> int:
        return -(-int(self.neurons.output.size) // GROUP)

    def spike(self, dt: float) -> float:
        return float(self.neurons.neurons.amplitude / dt)


@dataclass(frozen=True, eq=False)
class Term:
    """What a layer receives from a source: spikes times weights, filtered or not, times gains."""

    source: Source
    scatter: Scatter
    filter: Filter | None
    gain: Any
    #: The operators that this stands for.
    operators: Sequence[Any]


@dataclass(frozen=True, eq=False)
class Layer:
    """Neurons, and the last ones of the operators that write their currents; those before are `constant` or run by themselves."""

    source: Source
    terms: Sequence[Term]
    constant: Sequence[Any]

    @property
    def absorbed(self) -> Iterator[Any]:
        """The operators that the layer stands for, but for its neurons'."""
        for term in self.terms:
            yield from term.operators

    @cached_property
    def _at_any_dt(self) -> tuple[Terms, Entries, Array, int]:
        return _together(self.terms, self.source.neurons.output.size)

    @cached_property
    def _fields(self) -> Fields | None:
        """What is looked at at once of each step, if the layer has a single term and its neurons small fields."""
        _, entries, weights, _ = self._at_any_dt
        is_one = len(self.terms) == 1 and type(self.source.neurons.neurons) is COMPILED[LOIHI_RELU]
        return Fields.of(entries, weights) if is_one else None

    def on(self, dt: float, buffers: Buffers) -> Running:
        """Return the layer as it runs on buffers. What it receives is put together once, not for each group of items."""
        terms, entries, weights, n_sums = self._at_any_dt
        received = _Received(
            _with_spikes(terms, self.terms, dt), entries, weights, n_sums, self._fields
        )
        return Running(self.source, dt, buffers, received)


class _Received(NamedTuple):
    """What a layer receives, as compiled code takes it."""

    terms: Terms
    entries: Entries
    weights: Array
    n_sums: int
    fields: Fields | None


class Running:
    """A layer on buffers: the state of its neurons, which `begin` fills, and what a span of steps makes of it."""

    def __init__(self, source: Source, dt: float, buffers: Buffers, received: _Received) -> None:
        neurons = source.neurons
        currents = buffers.current(neurons.J)
        self._base, self._received = currents.reshape(len(currents), -1), received
        self._constants, self._spikes = Constants.of(neurons.neurons, dt), buffers.spikes
        self._to = Written(
            source.word, buffers.outputs(neurons.output), buffers.counts(neurons.output)
        )
        self._n = int(neurons.output.size)
        n_all = buffers.n_items * self._n
        self._state = State(
            np.empty(n_all), np.zeros(n_all), np.empty((len(received.terms.a), n_all))
        )
        self._initial = {name: its.base.initial_value for name, its in neurons.state.items()}
        self._nothing = self._was_invalid = np.zeros(n_all, bool)

    def begin(self) -> None:
        """Give the neurons their initial state: to make it anew takes longer, as memory does that nobody had before."""
        voltage, refractory_time, filtered = self._state
        voltage.reshape(-1, self._n)[:] = self._initial["voltage"]
        if "refractory_time" in self._initial:
            refractory_time.reshape(-1, self._n)[:] = self._initial["refractory_time"]
        filtered[:] = 0
        self._was_invalid = (
            np.isnan(voltage) if np.isnan(self._initial["voltage"]).any() else self._nothing
        )

    def __call__(self, span: Any) -> None:
        """Let the neurons take the steps of a span."""
        voltage, _, filtered = self._state
        invalid_time = self._steps(span.begin, span.end)
        if not invalid_time and are_numbers(voltage) and are_numbers(filtered.reshape(-1)):
            self._was_invalid = self._nothing
            return
        before, self._was_invalid = self._was_invalid, np.isnan(voltage)
        # What came in invalid isn't an error.
        given = np.isnan(self._base).any(axis=0) if self._was_invalid.any() else False
        became = self._was_invalid & ~before & ~given
        if invalid_time or np.any(became) or not are_numbers(filtered.reshape(-1)):
            raise FloatingPointError("invalid value encountered in a step of neurons")

    def _steps(self, begin: int, end: int) -> bool:
        """Take some steps, and return whether a refractory time is invalid."""
        terms, entries, weights, n_sums, fields = self._received
        neurons = self._base, self._constants, self._state, self._to
        if fields is not None and charge_fields(self._spikes, begin, end, terms, fields, *neurons):
            return False
        return bool(run_layer(self._spikes, begin, end, terms, entries, weights, n_sums, *neurons))


def _with_spikes(terms: Terms, of: Sequence[Term], dt: float) -> Terms:
    return terms._replace(spike=np.array([term.source.spike(dt) for term in of], float))


def _together(terms: Sequence[Term], n: int) -> tuple[Terms, Entries, Array, int]:
    """Return terms as compiled code takes them, without their spikes: entries, weights and sums of all are together."""
    parts = [term.scatter.entries for term in terms]
    sums, of_weights, first, runs = (
        np.cumsum([0, *sizes])
        for sizes in (
            [term.scatter.n_sums for term in terms],
            [len(term.scatter.weights) for term in terms],
            [len(part.first) for part in parts],
            [len(part.runs.target) for part in parts],
        )
    )
    gain = np.empty((len(terms), n))
    for row, term in zip(gain, terms, strict=True):
        row[:] = term.gain
    filters = [(0.0, 0.0) if term.filter is None else term.filter.first_order for term in terms]
    a, b = np.array(filters, float).reshape(-1, 2).T.copy()
    return (
        Terms(
            np.array([term.source.word for term in terms], np.int64),
            np.array([term.source.n_words for term in terms], np.int64),
            np.zeros(len(terms)),
            first[:-1],
            sums,
            runs,
            np.array([term.filter is not None for term in terms], np.bool_),
            a,
            b,
            gain,
        ),
        Entries.together(parts, sums[:-1], of_weights[:-1]),
        aligned([term.scatter.weights for term in terms]),
        int(sums[-1]),
    )


@dataclass(frozen=True, eq=False)
class Layers:
    """All layers of a plan, by the operators of their neurons, and the products beside them that receive spikes as bits."""

    of: Mapping[Any, Layer]
    products: Mapping[Any, Source]
    n_words: int

    @property
    def absorbed(self) -> set[Any]:
        return {operator for layer in self.of.values() for operator in layer.absorbed}

    @property
    def constant(self) -> set[Any]:
        """The operators that are left to run once for an item."""
        return {operator for layer in self.of.values() for operator in layer.constant}

    def product(
        self, operator: Any, scatter: Scatter, dt: float, buffers: Buffers
    ) -> Callable[[Any], None]:
        """Return a function that runs a product on buffers."""
        term = Term(self.products[operator], scatter, None, 1.0, [])
        terms, entries, weights, n_sums = _together([term], operator.Y.size)
        terms = _with_spikes(terms, [term], dt)
        y, spikes = buffers.current(operator.Y), buffers.spikes
        return lambda span: add_spikes(
            spikes, span.begin, span.end, terms, entries, weights, y, n_sums
        )

    def unheld(self, reads: Reads, probed: set[Any]) -> set[Any]:
        """Return the signals that have no values: what layers stand for, and outputs of which nothing but spikes is read.

        `reads` are the operators beside layers, and their neurons'.
        """
        currents = bases(neurons.J for neurons in self.of)
        absorbed = {base for op in self.absorbed for base in bases(written(op))} - currents
        others = probed.union(*(its for op, its in reads.items() if op not in self.products))
        return absorbed | ({neurons.output.base for neurons in self.of} - others)


@dataclass(frozen=True, eq=False)
class Found:
    """What layers are found in: operators of every step, and what else is known of them."""

    reads: Reads
    #: What they write, and inputs that change.
    varying: set[Any]
    probed: set[Any]
    per_item: set[Any]
    internal: set[Any]
    #: Outputs that aren't held in double precision.
    spikes_only: set[Any]
    #: Operators that wait for each other.
    in_turns: set[Any]
    filters: Mapping[Any, Filter]
    scatters: Mapping[Any, Scatter]

    def layers(self) -> Layers:
        sources: dict[Any, Source] = {}
        word = 0
        for operator in self.reads:
            if self._has_spikes(operator):
                source = Source(operator, word)
                sources[operator.output] = source
                word += source.n_words
        found = {source.neurons: self._layer(source, sources) for source in sources.values()}
        absorbed = {operator for layer in found.values() for operator in layer.absorbed}
        products = {
            operator: sources[operator.X]
            for operator, scatter in self.scatters.items()
            if operator not in absorbed
            and operator.X in sources
            and scatter.in_order
            and is_whole(operator.Y)
        }
        return Layers(found, products, word)

    def _has_spikes(self, operator: Any) -> bool:
        return (
            isinstance(operator, SimNeurons)
            and can_be_compiled(operator, self.per_item, self.internal)
            and operator.output.base not in self.spikes_only
        )

    def _layer(self, source: Source, sources: Mapping[Any, Source]) -> Layer:
        """Return the layer of some neurons: from the end on, as many of the operators that write their currents as are terms."""
        neurons = source.neurons
        if neurons in self.in_turns or not self._is_read_by_one(neurons.J):
            return Layer(source, [], [])
        writers, terms = self._writers(neurons.J), list[Term]()
        while writers and (term := self._term(writers[-1], sources)):
            terms.insert(0, term)
            writers.pop()
        stays = all(self._stays(operator) for operator in writers)
        return Layer(source, terms, writers) if stays else Layer(source, [], [])

    def _term(self, operator: Any, sources: Mapping[Any, Source]) -> Term | None:
        """Return the term that an operator adds to currents, if it multiplies by gains what comes of a source's spikes."""
        if type(operator) is not ElementwiseInc or not is_whole(operator.Y):
            return None
        if operator.A.base in self.per_item or operator.A.sparse or operator.A.ndim > 1:
            return None
        gain = np.asarray(operator.A.initial_value, float)
        process = self._process(operator.X)
        if process is None:
            return self._product(operator.X, sources, None, gain, [operator])
        if process.mode != "update" or self.filters[process].first_order is None:
            return None
        its_filter = self.filters[process]
        return self._product(process.input, sources, its_filter, gain, [operator, process])

    def _process(self, signal: Any) -> Any:
        """Return the filter that a signal, which nothing else reads, is the output of, if it is one's."""
        match self._writers(signal):
            case [SimProcess() as process] if process in self.filters and self._is_read_by_one(
                signal
            ):
                return process
        return None

    def _product(
        self,
        signal: Any,
        sources: Mapping[Any, Source],
        its_filter: Filter | None,
        gain: Array,
        used: Sequence[Any],
    ) -> Term | None:
        """Return the term of a signal that is a product of a source's spikes, and which nothing else reads."""
        match self._writers(signal):
            case [Reset() as reset, product] if product in self.scatters:
                operators = [*used, reset, product]
                scatter = self.scatters[product]
                if (
                    product.X in sources
                    and scatter.in_order
                    and np.all(reset.value == 0)
                    and is_whole(product.Y)
                    and self._is_read_by_one(signal)
                    and self.in_turns.isdisjoint(operators)
                ):
                    return Term(sources[product.X], scatter, its_filter, gain, operators)
        return None

    def _writers(self, signal: Any) -> list[Any]:
        return [op for op in self.reads if signal.base in bases(written(op))]

    def _is_read_by_one(self, signal: Any) -> bool:
        """Whether a signal is whole, and a single operator reads it, but no probe."""
        readers = [op for op, its in self.reads.items() if signal.base in its]
        return is_whole(signal) and len(readers) == 1 and signal.base not in self.probed

    def _stays(self, operator: Any) -> bool:
        """Whether an operator writes the same in every step."""
        return isinstance(operator, PURE) and self.reads[operator].isdisjoint(self.varying)
