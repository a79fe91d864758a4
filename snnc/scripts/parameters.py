"""How a script gets from the network that it has trained to the parameters of the one that runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from snnc.operators import transforms
from snnc.operators.linear import BatchNorm, Conv2D, Dense, Dropout, Operator
from snnc.program.network import Connection, Network
from snnc.scripts.code import Group, entry, expression, layout, literal
from snnc.scripts.neurons import prefix_of, running_neurons, styles
from snnc.scripts.section import Section
from snnc.scripts.statements import one_synapse, spike_connections, synapse
from snnc.spec.base import OUTPUT


@dataclass(frozen=True, eq=False, repr=False)
class Rates(Section):
    """How neurons that train with the chip's rates are told to put those out in testing too."""

    template: ClassVar[str] = "train/rates.py.jinja"

    has_dropout: bool
    has_batch_norm: bool

    @property
    def imports(self) -> tuple[str, ...]:
        norm = ("from tensorflow.keras.layers import BatchNormalization",)
        return norm if self.has_batch_norm else ()


@dataclass(frozen=True, eq=False, repr=False)
class Preparation(Section):
    """How the trained network is made to run as spikes."""

    template: ClassVar[str] = "train/prepare.py.jinja"

    neurons: str
    synapse: str
    trains_spiking: bool
    #: Whether somebody looks at firing rates who hasn't in training.
    adds_probes: bool
    has_softmax: bool
    classes: str


@dataclass(frozen=True, eq=False, repr=False)
class DenseParameters(Section):
    """The parameters of a network of dense layers, one behind the other."""

    template: ClassVar[str] = "train/collect_dense.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


@dataclass(frozen=True, eq=False, repr=False)
class LayerParameters(Section):
    """The parameters of a network in which one Keras layer leads to each population."""

    template: ClassVar[str] = "train/collect_layers.py.jinja"

    classes: str

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


@dataclass(frozen=True, eq=False, repr=False)
class Parameters(Section):
    """The parameters of any network: the Keras layers between two populations become one transform."""

    template: ClassVar[str] = "train/collect.py.jinja"

    classes: str
    #: Whether several branches are summed at the output.
    sums_output: bool
    has_dropout: bool
    has_images: bool
    #: Whether some connections pass values as they are.
    passes_values: bool
    #: Whether several Keras layers become one matrix, and which become one kernel or weights here and there.
    folds_matrices: bool
    kernels: str
    sparse: str

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np", "from collections import defaultdict")


def parameters(network: Network, counts_rates: bool) -> tuple[Section, ...]:
    """Return the functions that prepare the network to run, and those that collect its parameters."""
    rates = Rates(_has(network, Dropout), _has(network, BatchNorm))
    preparation = Preparation(
        neurons=running_neurons(network),
        synapse="SYNAPSE" if one_synapse(network) else "SYNAPSES[conn.post_obj.tensor_func.name]",
        trains_spiking=network.trains_spiking,
        adds_probes=counts_rates and not network.bands,
        has_softmax=network.output.softmax == "host",
        classes=literal(network.output.classes),
    )
    first: tuple[Section, ...] = (rates,) if network.trains_spiking else ()
    return (*first, preparation, _collected(network))


def running_by_layer(network: Network) -> tuple[str, ...]:
    """Return the constant of the running neurons of each layer, where they differ."""
    if len(styles(network)) == 1:
        return ()
    entries = (
        entry(p.name, f"{prefix_of(network, p)}RUNNING_NEURONS") for p in network.populations
    )
    return (layout(Group("{", tuple(entries), "}"), "RUNNING_NEURONS = "),)


def synapse_constant(network: Network) -> str:
    """Return the synapse that all spikes pass, or each, by the Keras layer that receives them."""
    if one := one_synapse(network):
        return f"SYNAPSE = {one}"
    entries = (entry(c.operators[0].name, synapse(c)) for c in spike_connections(network))
    by_layer = layout(Group("{", tuple(entries), "}"), "SYNAPSES = ")
    return f"# By the Keras layer that receives the spikes.\n{by_layer}"


def _collected(network: Network) -> Section:
    if all(_is_plain(network, target) for target in network.receivers):
        return DenseParameters()
    classes = literal(network.output.classes)
    if all(_is_one_layer(*network.into(target)) for target in network.receivers):
        return LayerParameters(classes)
    folded = list(_folded(network))
    kernels = [
        entry(key, Group("(", tuple(map(literal, (f.start, f.kernel_size, f.place))), ")"))
        for key, f in folded
        if isinstance(f, transforms.Convolution)
    ]
    sparse = [key for key, form in folded if isinstance(form, transforms.Sparse)]
    return Parameters(
        classes=classes,
        sums_output=len(network.into(OUTPUT)) > 1,
        has_dropout=_has(network, Dropout),
        has_images=_has(network, Conv2D),
        passes_values=any(not c.at_run_time for c in network.connections),
        folds_matrices=any(isinstance(form, transforms.Dense) for _, form in folded),
        kernels=layout(Group("{", tuple(kernels), "}"), "kernels = ", indent=4) if kernels else "",
        sparse=layout(expression(sparse), "sparse = ", indent=4) if sparse else "",
    )


def _folded(network: Network) -> Iterator[tuple[str, transforms.Form]]:
    """Yield the key and the form of each connection whose weights are not those of one Keras layer."""
    for connection in network.connections:
        if connection.at_run_time and not _is_one_layer(connection):
            yield network.array_key(connection), network.form(connection)


def _is_one_layer(connection: Connection, *others: Connection) -> bool:
    """Whether the weights into a target are those of one Keras layer."""
    lasting = connection.at_run_time
    return not others and len(lasting) == 1 and isinstance(lasting[0], Dense | Conv2D)


def _is_plain(network: Network, target: str) -> bool:
    """Whether one Dense layer with a bias leads to a population, or to the output."""
    connections = network.into(target)
    lasting = connections[0].at_run_time
    is_dense = len(lasting) == 1 and isinstance(lasting[0], Dense)
    return len(connections) == 1 and is_dense and network.has_bias(target)


def _has(network: Network, kind: type[Operator]) -> bool:
    return any(isinstance(op, kind) for c in network.connections for op in c.operators)
