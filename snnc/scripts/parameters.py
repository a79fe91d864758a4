"""How a script gets from the network that it has trained to the parameters of the one that runs."""

from collections.abc import Mapping
from typing import NamedTuple

from snnc.operators import transforms
from snnc.operators.linear import Operator
from snnc.program.network import Connection, Network
from snnc.scripts.code import Group, entry, expression, layout, literal
from snnc.scripts.neurons import prefixes_of, running_neurons, styles
from snnc.scripts.section import Section
from snnc.scripts.statements import one_synapse, spike_connections, synapse
from snnc.spec.base import OUTPUT


class Rates(NamedTuple):
    """How neurons that train with the chip's rates are told to put those out in testing too."""

    has_dropout: bool
    has_batch_norm: bool
    template: str = "train/rates.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        norm = ("from tensorflow.keras.layers import BatchNormalization",)
        return norm if self.has_batch_norm else ()


class Preparation(NamedTuple):
    """How the trained network is made to run as spikes."""

    neurons: str
    synapse: str
    #: Whether spikes have different synapses, and some reach neurons as they are.
    finds_layer: bool
    trains_spiking: bool
    #: Whether somebody looks at firing rates who hasn't in training.
    adds_probes: bool
    filters_probe: bool
    has_softmax: bool
    classes: str
    template: str = "train/prepare.py.jinja"


class SpeedUp(NamedTuple):
    """The function that lets layers run faster, or slower, than they were trained to."""

    template: str = "train/speed_up.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("from nengo.dists import Choice",)


class DenseParameters(NamedTuple):
    """The parameters of a network of dense layers, one behind the other."""

    template: str = "train/collect_dense.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


class LayerParameters(NamedTuple):
    """The parameters of a network in which one Keras layer leads to each population."""

    classes: str
    #: Whether some kernels are those of series.
    has_series: bool
    template: str = "train/collect_layers.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


class Parameters(NamedTuple):
    """The parameters of any network: the Keras layers between two populations become one transform."""

    classes: str
    #: Whether several branches are summed at the output.
    sums_output: bool
    #: The Keras layers that are no part of a transform.
    skipped: tuple[str, ...]
    has_images: bool
    #: Whether some layers of neurons sum several branches.
    sums_branches: bool
    #: The statements that say which Keras layers become one kernel, or weights here and there.
    kernels: str
    sparse: str
    #: The statement that says how many Keras layers connections share that are joined, but for the first of them.
    joins: str
    template: str = "train/collect.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np", "from collections import defaultdict")


class Folding(NamedTuple):
    """How Keras layers become one transform."""

    has_images: bool
    #: Whether some kernels, each alone between two layers, are those of series.
    has_series: bool
    #: Whether some connections pass values as they are.
    passes_values: bool
    #: Whether several Keras layers become one matrix, one kernel, or weights here and there.
    folds_matrices: bool
    kernels: bool
    sparse: bool
    #: Whether some connections share Keras layers.
    joins: bool
    template: str = "train/fold.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


def parameters(network: Network, counts_rates: bool) -> tuple[Section, ...]:
    """Return the functions that prepare the network to run, and those that collect its parameters."""
    rates = Rates(
        has_dropout=network.has_dropout,
        has_batch_norm=network.is_normalised,
    )
    preparation = Preparation(
        neurons=running_neurons(network),
        synapse=_own_synapse(network),
        finds_layer=one_synapse(network) is None and _has_straight(network),
        trains_spiking=network.trains_spiking,
        adds_probes=counts_rates and not network.bands,
        filters_probe=bool(network.output.probe.taus),
        has_softmax=network.output.softmax == "host",
        classes=literal(network.output.classes),
    )
    first: tuple[Section, ...] = (rates,) if network.trains_spiking else ()
    return (*first, preparation, *_collected(network))


def running_by_layer(network: Network) -> tuple[str, ...]:
    """Return the constant of the running neurons of each layer, where they differ."""
    if len(styles(network)) == 1:
        return ()
    prefixes = prefixes_of(network)
    names = (p.name for p in network.populations)
    entries = (entry(name, f"{prefixes[name]}RUNNING_NEURONS") for name in names)
    return (layout(Group("{", tuple(entries), "}"), "RUNNING_NEURONS = "),)


def synapse_constant(network: Network) -> str:
    """Return the synapse that all spikes pass, or each, by the Keras layer that receives them."""
    if one := one_synapse(network):
        return f"SYNAPSE = {one}"
    # Neurons that several layers lead to have one synapse.
    synapses = {c.receiver: synapse(c) for c in spike_connections(network)}
    entries = (entry(name, code) for name, code in synapses.items())
    by_layer = layout(Group("{", tuple(entries), "}"), "SYNAPSES = ")
    straight = ", or the neurons," if _has_straight(network) else ""
    return f"# By the Keras layer{straight} that receives the spikes.\n{by_layer}"


def _own_synapse(network: Network) -> str:
    """Return code for the synapse of a connection."""
    if one_synapse(network):
        return "SYNAPSE"
    layer = "layer" if _has_straight(network) else "conn.post_obj.tensor_func.name"
    return f"SYNAPSES[{layer}]"


def _has_straight(network: Network) -> bool:
    """Whether some spikes reach neurons without passing a Keras layer."""
    return any(not c.operators for c in spike_connections(network))


def _collected(network: Network) -> tuple[Section, ...]:
    """Return the shortest functions that collect the parameters of such a network."""
    into = [network.into(target) for target in network.receivers]
    kernels = [_kernel(connections[0]) for connections in into if len(connections) == 1]
    if len(kernels) < len(into) or not all(kernels):
        return _parameters(network)
    if all(op and op.fully_connected and op.adds_bias for op in kernels):
        return (DenseParameters(),)
    return (LayerParameters(literal(network.output.classes), _has_series(network)),)


def _folded_forms(network: Network) -> dict[str, transforms.Form]:
    """Return what several Keras layers are folded into, by the names of its arrays."""
    return {
        network.array_key(c): _linear(network.form(c))
        for c in network.connections
        if c.at_run_time and not _kernel(c)
    }


def _parameters(network: Network) -> tuple[Section, ...]:
    operators, forms = network.operators, _folded_forms(network)
    # The transforms are behind whatever isn't linear.
    skipped = {op.keras().name for op in operators if op.training_only or not op.linear}
    sparse = [key for key, form in forms.items() if form.kind == "sparse"]
    has_images = any(op.has_kernel and op.receptive_field for op in operators)
    kernels, joins = _kernels(forms), _joins(network)
    return (
        Parameters(
            classes=literal(network.output.classes),
            sums_output=len(network.into(OUTPUT)) > 1,
            skipped=tuple(sorted(skipped)),
            has_images=has_images,
            sums_branches=any(len(network.into(p.name)) > 1 for p in network.populations),
            kernels=kernels,
            sparse=layout(expression(sparse), "sparse = ", indent=4) if sparse else "",
            joins=joins,
        ),
        Folding(
            has_images=has_images,
            has_series=_has_series(network),
            passes_values=any(
                not any(op.linear for op in c.at_run_time) for c in network.connections
            ),
            folds_matrices=any(form.kind == "dense" for form in forms.values()),
            kernels=bool(kernels),
            sparse=bool(sparse),
            joins=bool(joins),
        ),
    )


def _linear(form: transforms.Form) -> transforms.Form:
    """Return the part of a form that has weights."""
    from snnc.operators.pooled import Pooled  # most networks have none

    return form.linear if isinstance(form, Pooled) else form


def _joins(network: Network) -> str:
    """Return the statement that says how many layers at the end of which chains others have, too, if there are some."""
    branches = (b for target in network.receivers for b in network.branches(target))
    shared = {
        network.array_key(c): sum(not op.training_only for op in c.behind)
        for branch in branches
        for c in branch.connections[1:]
    }
    entries = tuple(entry(key, literal(number)) for key, number in shared.items() if number)
    return layout(Group("{", entries, "}"), "shared = ", indent=4) if entries else ""


def _has_series(network: Network) -> bool:
    """Whether the kernel of a series is all that leads from one layer to another."""
    kernels = (_kernel(connection) for connection in network.connections)
    return any(op and op.on_series for op in kernels)


def _kernels(forms: Mapping[str, transforms.Form]) -> str:
    """Return the statement that says where each kernel can be read, if there are some."""
    entries = tuple(
        entry(key, Group("(", tuple(map(literal, (f.start, f.kernel_size, f.place))), ")"))
        for key, f in forms.items()
        if isinstance(f, transforms.Convolution)
    )
    return layout(Group("{", entries, "}"), "kernels = ", indent=4) if entries else ""


def _kernel(connection: Connection) -> Operator | None:
    """Return the operator whose one Keras layer holds all weights of a connection, if there is one."""
    operators = [op for op in connection.at_run_time if op.linear]
    return operators[0] if len(operators) == 1 and operators[0].is_form else None
