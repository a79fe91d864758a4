"""Build Nengo networks in memory: the one that NengoDL trains, and the deployed one, in plain Nengo.

The emitted scripts build the same objects in the same order; tests compare both by running them.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import Any

import nengo
import numpy as np
from nengo.ensemble import Neurons
from numpy.typing import NDArray

from snnc.networks.rate_scale import faster, weaker
from snnc.operators.call import Call, Ratio, Real
from snnc.operators.linear import Operator, Shape, size, walk
from snnc.operators.pooled import Pooled
from snnc.program.network import Branch, Connection, Network, Population
from snnc.program.program import Program
from snnc.spec.base import INPUT, OUTPUT

Array = NDArray[np.float64]

#: Modules by the short names that a Call begins with.
_MODULES = {"np": "numpy", "tf": "tensorflow"}


def build(value: Any) -> Any:
    """Return the object that a Call describes, or the value of anything else."""
    if isinstance(value, Call):
        module, *names = value.name.split(".")
        constructor: Any = importlib.import_module(_MODULES.get(module, module))
        for name in names:
            constructor = getattr(constructor, name)
        kwargs = {key: build(argument) for key, argument in value.kwargs.items()}
        return constructor(*map(build, value.args), **kwargs)
    if isinstance(value, Ratio | Real):
        return value.value
    if isinstance(value, list | tuple):
        return type(value)(map(build, value))
    if isinstance(value, dict):
        return {key: build(item) for key, item in value.items()}
    return value


def keras_layer(call: Call) -> Any:
    """Return the Keras layer of an operator: one of snnc's own, or else one of Keras."""
    from snnc.networks import own_layers

    module = "snnc.networks.own_layers" if hasattr(own_layers, call.name) else "tf.keras.layers"
    if call.name == "Dropout":
        # The state of a generator can be kept: a training that goes on draws what it would have drawn.
        call = call._replace(kwargs={**call.kwargs, "force_generator": True})
    return build(call._replace(name=f"{module}.{call.name}"))


def training_network(network: Network) -> nengo.Network:
    """Build the network that NengoDL trains: rates, single time steps, no synapses.

    `net.logits` is the probe of the output. `net.spikes` lists the populations' probes; it is empty unless training keeps
    firing rates in bands.
    """
    import nengo_dl

    with nengo.Network(label=network.name, seed=network.seed) as net:
        # The Keras layers learn, the neurons' own biases don't (they enter after the gain).
        nengo_dl.configure_settings(trainable=False, stateful=False)
        nengo_dl.configure_settings(use_loop=False)
        if smoothing := network.lif_smoothing:
            nengo_dl.configure_settings(lif_smoothing=smoothing)

        net.shown = nengo.Node(np.zeros(network.input_size))
        values: dict[str, Any] = {INPUT: net.shown}
        for population in network.populations:
            first, *others = network.branches(population.name)
            neurons = nengo_dl.Layer(build(population.neurons.trained(population.gradient)))(
                _through(network, first, values),
                label=population.name,
                max_rates=nengo.dists.Choice([population.neurons.max_rate]),
                intercepts=nengo.dists.Choice([population.neurons.intercept]),
            )
            for branch in others:
                nengo.Connection(_through(network, branch, values), neurons, synapse=None)
            values[population.name] = neurons

        readouts = network.branches(OUTPUT)
        if len(readouts) == 1:
            output = _through(network, readouts[0], values)
        else:
            output = nengo.Node(size_in=network.output.classes, label=OUTPUT)
            for branch in readouts:
                nengo.Connection(_through(network, branch, values), output, synapse=None)
        net.logits = nengo.Probe(output, label="logits")
        net.spikes = _spike_probes(net) if network.bands else []
    return net


def _through(network: Network, branch: Branch, values: dict[str, Any]) -> Any:
    """Add a branch's operators behind its sources, and return the last one."""
    first, *others = branch.connections
    steps = list(walk(first.operators, network.source_shape(first)))
    if not others:
        return _layers(steps, values[first.source])
    behind = steps[len(first.own) :]
    joined = nengo.Node(size_in=size(behind[0][1]))
    for connection in branch.connections:
        own = list(walk(connection.own, network.source_shape(connection)))
        nengo.Connection(_layers(own, values[connection.source]), joined, synapse=None)
    return _layers(behind, joined)


def _layers(steps: Sequence[tuple[Operator, Shape]], value: Any) -> Any:
    """Add the Keras layers of some operators behind a value, and return the last one."""
    import nengo_dl

    for operator, shape in steps:
        taken = operator.takes(shape)
        image = taken if len(taken) > 1 else None
        value = nengo_dl.Layer(keras_layer(operator.keras()))(value, shape_in=image)
    return value


def put_out_rates(net: nengo.Network, network: Network) -> None:
    """Have neurons that train with the chip's rates put those out in single steps too, without dropout, and by moving means."""
    import nengo_dl
    import tensorflow as tf

    if not network.trains_spiking:
        return
    with net:
        nengo_dl.configure_settings(learning_phase=True)
    for node in net.nodes:
        layer = getattr(node, "tensor_func", None)
        if isinstance(layer, tf.keras.layers.Dropout):
            layer.rate = 0
        elif isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.trainable = False  # by its moving mean and variance


def watch(net: nengo.Network) -> None:
    """Add the probes of a training network's populations, if it has none."""
    with net:
        net.spikes = net.spikes or _spike_probes(net)


def prepare_to_run(net: nengo.Network, network: Network) -> None:
    """Replace the neurons of a training network by those that run, and filter their spikes."""
    import nengo_dl

    synapses = {c.receiver: c.synapse for c in network.connections if c.source != INPUT}
    for ensemble in net.ensembles:
        population = network.population(ensemble.label)
        ensemble.neuron_type = build(population.neurons.running())
        if (scale := population.rate_scale) != 1:
            ensemble.max_rates = nengo.dists.Choice(scale * ensemble.max_rates.options)
            ensemble.neuron_type = weaker(ensemble.neuron_type, scale)
    for connection in net.connections:
        if isinstance(connection.pre_obj, Neurons):
            synapse = synapses[_receiver(connection.post_obj)]
            connection.synapse = build(synapse.nengo()) if synapse else None
    net.logits.synapse = build(network.output.probe.nengo())
    watch(net)
    with net:
        nengo_dl.configure_settings(use_loop=True)
        if network.trains_spiking:
            nengo_dl.configure_settings(learning_phase=None)
        if network.output.softmax == "host":
            _add_softmax(net, network, net.logits.target)


def _receiver(target: Any) -> str:
    """Return the name of a Keras layer, or of neurons, as `Connection.receiver` has it."""
    return str(target.ensemble.label if isinstance(target, Neurons) else target.tensor_func.name)


def deployed_network(network: Network, shown: Any, loihi: bool = False) -> nengo.Network:
    """Build a deployed network in plain Nengo.

    `shown` is the output of the input node: values, a process, or a function of time. With `loihi`, the network
    says which populations run on the chip. `net.logits` and `net.spikes` are probes.
    """
    with nengo.Network(label=network.name, seed=network.seed) as net:
        if loihi:
            import nengo_loihi

            nengo_loihi.add_params(net)
        net.shown = nengo.Node(shown)
        sources: dict[str, Any] = {INPUT: net.shown}
        for population in network.populations:
            ensemble = _ensemble(population)
            if loihi:
                _place(net, population, ensemble)
            sources[population.name] = ensemble.neurons
            for connection in network.into(population.name):
                connected = _connect(connection, sources, ensemble.neurons)
                if loihi and (pop_type := network.pop_type(connection)):
                    net.config[connected].pop_type = pop_type
        output = nengo.Node(size_in=network.output.classes, label=OUTPUT)
        for connection in network.into(OUTPUT):
            _connect(connection, sources, output)
        if network.output.bias is not None:
            nengo.Connection(nengo.Node(network.output.bias), output, synapse=None)
        net.logits = nengo.Probe(
            output, synapse=build(network.output.probe.nengo()), label="logits"
        )
        if network.output.softmax == "host":
            _add_softmax(net, network, output)
        net.spikes = _spike_probes(net)
    return net


def _place(net: nengo.Network, population: Population, ensemble: nengo.Ensemble) -> None:
    """Configure where neurons run, and how the chip's cores share them."""
    import nengo_loihi

    if not population.on_chip:
        net.config[ensemble].on_chip = False
    elif population.block_shape:
        block = nengo_loihi.BlockShape(population.block_shape, population.shape)
        net.config[ensemble].block_shape = block


def _ensemble(population: Population) -> nengo.Ensemble:
    assert population.tuning is not None, "only a deployed program has gain and bias"
    neuron_type, tuning = faster(build(population.neurons.running()), population, population.tuning)
    return nengo.Ensemble(
        population.size,
        dimensions=1,
        neuron_type=neuron_type,
        gain=tuning.gain,
        bias=tuning.bias,
        label=population.name,
    )


def _connect(connection: Connection, sources: dict[str, Any], target: Any) -> nengo.Connection:
    transform, form = connection.folded.nengo(), connection.folded.form
    source = sources[connection.source]
    synapse = build(connection.synapse.nengo()) if connection.synapse else None
    if isinstance(form, Pooled):
        source, synapse = _largest(form, source, synapse), None
    return nengo.Connection(
        source,
        target,
        transform=nengo.connection.Default if transform is None else build(transform),
        synapse=synapse,
    )


def _largest(form: Pooled, source: Any, synapse: Any) -> nengo.Node:
    """Add a node that puts out the largest values of windows, of filtered rates."""

    def largest(_: float, x: Array) -> Array:
        found: Array = form.largest(x[None])[0]
        return found

    node = nengo.Node(largest, size_in=size(form.input_shape))
    nengo.Connection(source, node, synapse=synapse)
    return node


def _spike_probes(net: nengo.Network) -> list[nengo.Probe]:
    return [nengo.Probe(ensemble.neurons, label=ensemble.label) for ensemble in net.ensembles]


def _add_softmax(net: nengo.Network, network: Network, output: Any) -> None:
    """Add a node on the host that turns the filtered output into probabilities in every step."""
    probabilities = nengo.Node(_softmax, size_in=network.output.classes)
    nengo.Connection(output, probabilities, synapse=build(network.output.probe.nengo()))
    net.probabilities = nengo.Probe(probabilities, label="probabilities")


def _softmax(_: float, logits: Array) -> Array:
    e = np.exp(logits - logits.max())
    return np.asarray(e / e.sum())


def stream_of(program: Program, items: Array) -> Any:
    """Return the output of an input node that shows items one after the other, with a gap of zeros if there is one."""
    if not program.gap_steps:
        return nengo.processes.PresentInput(items, program.stream_steps * program.network.dt)
    zeros = np.zeros(math.prod(items.shape[1:]))

    def shown(t: float) -> Array:
        item, step = divmod(
            round(t / program.network.dt) - 1, program.stream_steps + program.gap_steps
        )
        # The answer to the last one is read later: as with PresentInput, the first one follows.
        return items[item % len(items)] if step < program.stream_steps else zeros

    return shown
