"""The network that runs, as a script builds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from snnc.operators import transforms
from snnc.operators.call import Call
from snnc.program.network import Connection, Network, Population
from snnc.program.program import Program
from snnc.scripts.code import Code, Group, expression, identifier, layout, literal, prefixed
from snnc.scripts.neurons import prefixes_of
from snnc.scripts.statements import INDENT, connection_code, one_synapse, output_node, synapse
from snnc.spec.base import INPUT, OUTPUT


class Gap(NamedTuple):
    """The function that shows items with zeros between them."""

    template: str = "loihi/gap.py.jinja"


class SpeedUp(NamedTuple):
    """The function that lets the neurons of a layer run faster, or slower, than they were trained to."""

    template: str = "loihi/speed_up.py.jinja"


class RunningNetwork(NamedTuple):
    name: str
    scales_rates: bool
    has_gap: bool
    #: Whether all layers have the same neurons.
    one_style: bool
    #: The argument of what connects, with its default if all spikes have the same synapse.
    synapse: str
    convolves: bool
    scatters: bool
    #: What returns a connection, if somebody wants it.
    returned: str
    #: For each population, the statements that make it and what leads into it.
    populations: tuple[str, ...]
    output_comment: str
    output: str
    filters_probe: bool
    has_bias: bool
    has_softmax: bool
    classes: str
    template: str = "loihi/network.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import nengo", "import nengo_loihi", "import numpy as np")


def running_network(program: Program) -> RunningNetwork:
    network = program.network
    connect = Connector(network, one_synapse(network) is not None)
    prefixes = prefixes_of(network)
    kinds = {network.form(connection).kind for connection in network.connections}
    return RunningNetwork(
        name=literal(network.name),
        scales_rates=bool(network.rate_scales),
        has_gap=program.gap_steps > 0,
        one_style=not any(prefixes.values()),
        synapse="synapse=SYNAPSE" if connect.one_synapse else "synapse",
        convolves="convolution" in kinds,
        scatters="sparse" in kinds,
        returned="return " if any(map(network.pop_type, network.connections)) else "",
        populations=tuple(
            "\n".join(_population(p, prefixes[p.name], connect)) for p in network.populations
        ),
        output_comment=_OUTPUT_COMMENTS[network.output.softmax],
        output="\n".join(
            [
                output_node(network),
                *(connect.statement(c, "output") for c in network.into(OUTPUT)),
            ]
        ),
        filters_probe=bool(network.output.probe.taus),
        has_bias=network.has_bias(OUTPUT),
        has_softmax=network.output.softmax == "host",
        classes=literal(network.output.classes),
    )


_OUTPUT_COMMENTS = {
    "loss": "Back on the host. Loihi has no softmax: the largest value is the answer.",
    "host": "Back on the host, where a softmax makes probabilities of the filtered output.",
    "offline": "Back on the host. Loihi has no softmax: it is applied after the run.",
}


#: The functions of a script that connect through each form of transforms.
HELPERS = {"dense": "connect", "convolution": "convolve", "sparse": "scatter"}


def _population(population: Population, prefix: str, connect: Connector) -> Iterator[str]:
    """Yield the statements that make a population, and connect what it reads."""
    name = identifier(population.name)
    sources = connect.network.into(name)
    if not population.on_chip:
        reads_input = any(c.source == INPUT for c in sources)
        why = ": it turns the input into spikes." if reads_input else "."
        yield f"        # On the host{why}"
    arguments: list[Code] = [literal(name), literal(population.size)]
    arguments += [f"{prefix}NEURONS", f"{prefix}TUNING"] if prefix else []
    yield layout(Group("ensemble(", tuple(arguments), ")"), f"{name} = ", indent=INDENT)
    if not population.on_chip:
        yield f"        net.config[{name}].on_chip = False"
    elif population.block_shape:
        shapes = (literal(population.block_shape), literal(population.shape))
        block = Group("nengo_loihi.BlockShape(", shapes, ")")
        yield layout(block, f"net.config[{name}].block_shape = ", indent=INDENT)
    for connection in sources:
        yield connect.statement(connection, f"{name}.neurons")


class Connector(NamedTuple):
    """Writes the statements that connect the layers of a network."""

    network: Network
    #: Whether all spikes pass the same synapse, which is a constant of the script.
    one_synapse: bool

    def statement(self, connection: Connection, target: str) -> str:
        network, form = self.network, self.network.form(connection)
        from_input = connection.source == INPUT
        source = "inp" if from_input else f"{identifier(connection.source)}.neurons"
        spikes = () if self.one_synapse else (prefixed("synapse=", synapse(connection)),)
        filtered = ("synapse=None",) if from_input else spikes
        if not form.arrays:
            return connection_code(source, target, *(filtered or ("synapse=SYNAPSE",)))
        key = literal(network.array_key(connection))
        arguments = (source, target, key, *_settings(form), *filtered)
        call = Group(f"{HELPERS[form.kind]}(", arguments, ")")
        pop_type = network.pop_type(connection)
        if pop_type is None:
            return layout(call, indent=INDENT)
        made = layout(call, "conn = ", indent=INDENT)
        return f"{made}\n{' ' * INDENT}net.config[conn].pop_type = {literal(pop_type)}"


def _settings(form: transforms.Form) -> Iterator[Code]:
    """Yield the arguments of Nengo's transform, but for the arrays: those are read by their key."""
    call = form.nengo(dict.fromkeys(form.arrays))
    if isinstance(call, Call):
        yield from map(expression, call.args)
        settings = {k: v for k, v in call.kwargs.items() if k not in ("init", "indices")}
        yield from (prefixed(f"{key}=", expression(value)) for key, value in settings.items())
