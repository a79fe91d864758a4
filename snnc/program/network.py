"""The network between layers and backends: populations, and connections that carry operators.

Layer kinds lower to these; whatever builds networks or writes scripts handles these and knows no layer kind. Every node
knows where in the spec it comes from. The same Network describes the one that is trained and, after `deploy`, the one that
runs: then every connection has a transform, and every population its gain and bias.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from snnc.diagnostics.diagnostic import KeyPath
from snnc.operators import transforms
from snnc.operators.kernel import Kernel
from snnc.operators.linear import Operator, Shape, size, walk
from snnc.spec.base import INPUT, OUTPUT
from snnc.spec.gradients import Loihi

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from snnc.spec.gradients import Gradient
    from snnc.spec.neurons.base import NeuronKind
    from snnc.spec.settings import FiringRates
    from snnc.spec.synapses import Alpha, Lowpass, NoSynapse

    Synapse = Lowpass | Alpha | NoSynapse


class GainBias(NamedTuple):
    """Gain and bias of each neuron, in Nengo's current units: the current is gain * input + bias."""

    gain: NDArray[np.float64]
    bias: NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Population:
    """Neurons that share a kind.

    `neurons_at` leads to each written setting of them, `on_chip_at` to where it says whether they run on the chip,
    `firing_rates_at` to each written setting of the band that training keeps their rates in, if there is one.
    """

    name: str
    shape: Shape
    neurons: NeuronKind
    gradient: Gradient
    on_chip: bool
    at: KeyPath
    neurons_at: Mapping[str, KeyPath]
    on_chip_at: KeyPath | None = None
    #: How many neurons of each dimension share a core of the chip, written or chosen; NengoLoihi decides if there is none.
    block_shape: Shape | None = None
    #: Where it is written, if it is.
    block_shape_at: KeyPath | None = None
    #: How many bits the chip's axons into the neurons have for a population.
    pop_type: Literal[16, 32] | None = None
    #: How many times as fast the neurons run as they were trained to.
    rate_scale: float = 1.0
    firing_rates: FiringRates | None = None
    firing_rates_at: Mapping[str, KeyPath] = field(default_factory=dict)
    tuning: GainBias | None = None

    @property
    def size(self) -> int:
        """How many neurons there are."""
        return size(self.shape)

    @property
    def running_rate(self) -> float:
        """The firing rate for an input of 1 when the network runs, in hertz."""
        return self.neurons.max_rate * self.rate_scale

    def at_neurons(self, *keys: str, otherwise: KeyPath = ("neurons",)) -> KeyPath:
        """Return where the first of some settings of the neurons was written, a layer's own before those of all."""
        written = [self.neurons_at[key] for key in keys if key in self.neurons_at]
        own = [at for at in written if at[0] == "layers"]
        return next(iter([*own, *written]), otherwise)


@dataclass(frozen=True, eq=False, repr=False)
class Connection:
    """From the input or a population to a population or the output.

    `via` is the layer that was named as the source: the source itself, or one of operators behind it. The synapse
    filters spikes, so the input has none. The transform is there once the network is deployed.
    """

    source: str
    via: str
    target: str
    operators: tuple[Operator, ...]
    synapse: Synapse | None
    at: KeyPath
    synapse_at: KeyPath
    transform: transforms.Transform | None = None
    #: How many of its operators, the last ones, are those of other connections to the target, too: these read a sum.
    shared: int = 0

    @property
    def own(self) -> tuple[Operator, ...]:
        """The operators before the sum that several connections share, or all."""
        return self.operators[: len(self.operators) - self.shared]

    @property
    def behind(self) -> tuple[Operator, ...]:
        """The operators behind the sum that several connections share."""
        return self.operators[len(self.operators) - self.shared :]

    @property
    def taus(self) -> tuple[float, ...]:
        """The time constants of the filters that its synapse is made of, in seconds; none without a filter."""
        return self.synapse.taus if self.synapse else ()

    @property
    def folded(self) -> transforms.Transform:
        """Its transform, in a deployed network."""
        assert self.transform is not None, "only a deployed network has weights"
        return self.transform

    @property
    def receiver(self) -> str:
        """What receives its spikes where it is trained: its first Keras layer, or the neurons themselves."""
        return self.operators[0].name if self.operators else self.target

    @property
    def at_run_time(self) -> tuple[Operator, ...]:
        """The operators that are there when the network runs."""
        return tuple(op for op in self.operators if not op.training_only)

    @property
    def keeps_signs(self) -> bool:
        """Whether a negative value stays negative, whatever training does."""
        return all(op.keeps_signs for op in self.at_run_time)


class Branch(NamedTuple):
    """Connections that are summed, and what the sum passes on its way to their target; mostly it is one, as it is."""

    connections: tuple[Connection, ...]

    @property
    def first(self) -> Connection:
        return self.connections[0]

    @property
    def behind(self) -> tuple[Operator, ...]:
        """The operators behind the sum."""
        return self.first.behind


@dataclass(frozen=True, eq=False, repr=False)
class Output:
    """The readout. `bias` is there once the program is deployed."""

    classes: int
    labels: tuple[str, ...] | None
    softmax: Literal["loss", "host", "offline"]
    probe: Synapse
    bias: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """Populations from an input to an output, in the order in which they are computed."""

    name: str
    seed: int
    #: How long a time step is, in seconds.
    dt: float
    input_shape: Shape
    populations: tuple[Population, ...]
    connections: tuple[Connection, ...]
    output: Output

    @cached_property
    def _by_target(self) -> dict[str, tuple[Connection, ...]]:
        into: dict[str, tuple[Connection, ...]] = {}
        for connection in self.connections:
            into[connection.target] = (*into.get(connection.target, ()), connection)
        return into

    @cached_property
    def _by_name(self) -> dict[str, Population]:
        return {population.name: population for population in self.populations}

    def into(self, target: str) -> tuple[Connection, ...]:
        """Return the connections into a population, or into the output."""
        return self._by_target[target]

    def branches(self, target: str) -> tuple[Branch, ...]:
        """Return the connections into a population, or into the output, those together that share operators."""
        alike: dict[object, list[Connection]] = {}
        for connection in self.into(target):
            key = connection.behind[0].name if connection.shared else connection
            alike.setdefault(key, []).append(connection)
        return tuple(Branch(tuple(connections)) for connections in alike.values())

    def steps(self, target: str) -> Iterator[tuple[Operator, Shape]]:
        """Yield the operators into a population, or into the output, each once, with the shape of what it gets."""
        for branch in self.branches(target):
            for connection in branch.connections:
                walked = walk(connection.operators, self.source_shape(connection))
                # What several share comes with the first of them.
                last = connection is not branch.first
                yield from list(walked)[: len(connection.own) if last else None]

    def has_bias(self, target: str) -> bool:
        """Whether anything that leads to a population, or to the output, adds a bias."""
        return any(op.adds_bias for c in self.into(target) for op in c.operators)

    def source_shape(self, connection: Connection) -> Shape:
        """The shape of what a connection starts with."""
        if connection.source == INPUT:
            return self.input_shape
        return self.population(connection.source).shape

    def size_of(self, target: str) -> int:
        """How many values lead into a population, or into the output."""
        return self.output.classes if target == OUTPUT else self.population(target).size

    def form(self, connection: Connection) -> transforms.Form:
        """Return the form of a connection's transform."""
        return transforms.form(connection.at_run_time, self.source_shape(connection))

    @property
    def sees_images(self) -> bool:
        """Whether some layer looks at images, so that the axes of an item have a meaning."""
        return any(op.on_images for op in self.operators)

    @property
    def receivers(self) -> tuple[str, ...]:
        """The targets of connections, in order: the populations, then the output."""
        return (*(population.name for population in self.populations), OUTPUT)

    @property
    def populations_on_chip(self) -> tuple[Population, ...]:
        """The populations that run on the chip, in order."""
        return tuple(p for p in self.populations if p.on_chip)

    def into_chip(self) -> tuple[Connection, ...]:
        """Return the connections into populations on the chip."""
        on_chip = {population.name for population in self.populations_on_chip}
        return tuple(c for c in self.connections if c.target in on_chip)

    @property
    def trains_spiking(self) -> bool:
        """Whether single steps of the training network are spikes unless it is told otherwise."""
        return any(isinstance(p.gradient, Loihi) for p in self.populations)

    @property
    def bands(self) -> dict[str, FiringRates]:
        """The bands that training keeps firing rates in, by population."""
        return {p.name: p.firing_rates for p in self.populations if p.firing_rates}

    @property
    def rate_scales(self) -> dict[str, float]:
        """By population: how many times as fast it runs as it was trained to, where it does."""
        return {p.name: p.rate_scale for p in self.populations if p.rate_scale != 1}

    @property
    def feeding_from_host(self) -> tuple[Population, ...]:
        """The populations on the host whose spikes the chip reads."""
        sources = {c.source for c in self.into_chip()}
        return tuple(p for p in self.populations if p.name in sources and not p.on_chip)

    @property
    def may_burst(self) -> tuple[Population, ...]:
        """Of those, the populations whose neurons may fire more than once in a step."""
        return tuple(p for p in self.feeding_from_host if p.neurons.bursts)

    @property
    def one_sided(self) -> tuple[Population, ...]:
        """The populations that take the input as it is, and are silent for what is negative."""
        into = ((p, self.into(p.name)) for p in self.populations)
        return tuple(
            population
            for population, connections in into
            if all(c.source == INPUT and c.keeps_signs for c in connections)
        )

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The operators of all connections, in order; what several connections share stands there once."""
        found = {op.name: op for connection in self.connections for op in connection.operators}
        return tuple(found.values())

    @property
    def is_penalised(self) -> bool:
        """Whether weights add to the loss of training."""
        return any(isinstance(op, Kernel) and op.is_penalised for op in self.operators)

    @property
    def has_dropout(self) -> bool:
        """Whether training puts some values to zero at random."""
        return any(op.drops_values for op in self.operators)

    @property
    def is_normalised(self) -> bool:
        """Whether training normalises anything batch by batch."""
        return any(op.kind == "batch_norm" for op in self.operators)

    def population(self, name: str) -> Population:
        return self._by_name[name]

    def pop_type(self, connection: Connection) -> Literal[16, 32] | None:
        """Return the type of a convolution's axons on the chip, if it says one."""
        target = self._by_name.get(connection.target)
        if target is None or target.pop_type is None or not target.on_chip:
            return None
        return target.pop_type if self.form(connection).kind == "convolution" else None

    def array_key(self, connection: Connection) -> str:
        """Return what the names of a connection's arrays begin with among the parameters: the target, and its number."""
        number = self.into(connection.target).index(connection) + 1
        return connection.target if number == 1 else f"{connection.target}.{number}"

    @property
    def lif_smoothing(self) -> float | None:
        """How much NengoDL softens the slope of LIF neurons that train with the chip's rates."""
        gradients = (p.gradient for p in self.populations if p.neurons.leaky)
        return next((g.sigma for g in gradients if isinstance(g, Loihi)), None)

    @property
    def input_size(self) -> int:
        return size(self.input_shape)
