"""The network that runs, as a script builds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from snnc.operators import transforms
from snnc.program.network import Connection, Network, Population
from snnc.program.program import Program
from snnc.scripts.code import Code, Group, identifier, layout, literal, prefixed
from snnc.scripts.neurons import prefix_of, styles
from snnc.scripts.section import Section
from snnc.scripts.statements import INDENT, connection_code, one_synapse, output_node, synapse
from snnc.spec.base import INPUT, OUTPUT


@dataclass(frozen=True, eq=False, repr=False)
class Gap(Section):
    """The function that shows items with zeros between them."""

    template: ClassVar[str] = "loihi/gap.py.jinja"


@dataclass(frozen=True, eq=False, repr=False)
class RunningNetwork(Section):
    template: ClassVar[str] = "loihi/network.py.jinja"

    name: str
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
    has_bias: bool
    has_softmax: bool
    classes: str

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import nengo", "import nengo_loihi", "import numpy as np")


def running_network(program: Program) -> RunningNetwork:
    network = program.network
    forms = [network.form(connection) for connection in network.connections]
    return RunningNetwork(
        name=literal(network.name),
        has_gap=program.gap_steps > 0,
        one_style=len(styles(network)) == 1,
        synapse="synapse=SYNAPSE" if one_synapse(network) else "synapse",
        convolves=any(isinstance(form, transforms.Convolution) for form in forms),
        scatters=any(isinstance(form, transforms.Sparse) for form in forms),
        returned="return " if any(map(network.pop_type, network.connections)) else "",
        populations=tuple("\n".join(_population(network, p)) for p in network.populations),
        output_comment=_OUTPUT_COMMENTS[network.output.softmax],
        output="\n".join(
            [
                output_node(network),
                *(_connection(network, c, "output") for c in network.into(OUTPUT)),
            ]
        ),
        has_bias=network.has_bias(OUTPUT),
        has_softmax=network.output.softmax == "host",
        classes=literal(network.output.classes),
    )


_OUTPUT_COMMENTS = {
    "loss": "Back on the host. Loihi has no softmax: the largest value is the answer.",
    "host": "Back on the host, where a softmax makes probabilities of the filtered output.",
    "offline": "Back on the host. Loihi has no softmax: it is applied after the run.",
}


def _population(network: Network, population: Population) -> Iterator[str]:
    name = identifier(population.name)
    sources = network.into(name)
    if not population.on_chip:
        reads_input = any(c.source == INPUT for c in sources)
        why = ": it turns the input into spikes." if reads_input else "."
        yield f"        # On the host{why}"
    arguments: list[Code] = [literal(name), literal(population.size)]
    if len(styles(network)) > 1:
        prefix = prefix_of(network, population)
        arguments += [f"{prefix}NEURONS", f"{prefix}TUNING"]
    yield layout(Group("ensemble(", tuple(arguments), ")"), f"{name} = ", indent=INDENT)
    if not population.on_chip:
        yield f"        net.config[{name}].on_chip = False"
    elif population.block_shape:
        shapes = (literal(population.block_shape), literal(population.shape))
        block = Group("nengo_loihi.BlockShape(", shapes, ")")
        yield layout(block, f"net.config[{name}].block_shape = ", indent=INDENT)
    for connection in sources:
        yield _connection(network, connection, f"{name}.neurons")


def _connection(network: Network, connection: Connection, target: str) -> str:
    form = network.form(connection)
    from_input = connection.source == INPUT
    source = "inp" if from_input else f"{identifier(connection.source)}.neurons"
    spikes = () if one_synapse(network) else (prefixed("synapse=", synapse(connection)),)
    filtered = ("synapse=None",) if from_input else spikes
    if isinstance(form, transforms.NoTransform):
        spikes = spikes or ("synapse=SYNAPSE",)
        return connection_code(source, target, *(filtered if from_input else spikes))
    ends = (source, target, literal(network.array_key(connection)))
    if isinstance(form, transforms.Dense):
        call = Group("connect(", (*ends, *filtered), ")")
    elif isinstance(form, transforms.Sparse):
        call = Group("scatter(", (*ends, literal(form.shape), *filtered), ")")
    else:
        assert isinstance(form, transforms.Convolution)
        call = Group("convolve(", (*ends, *_window(form), *filtered), ")")
    pop_type = network.pop_type(connection)
    if pop_type is None:
        return layout(call, indent=INDENT)
    made = layout(call, "conn = ", indent=INDENT)
    return f"{made}\n{' ' * INDENT}net.config[conn].pop_type = {literal(pop_type)}"


def _window(form: transforms.Convolution) -> tuple[str, ...]:
    """Return how many filters look at which shape, and through which window unless it is nengo's default."""
    settings = {"kernel_size": form.kernel_size, "strides": form.strides, "padding": form.padding}
    usual = {"kernel_size": (3, 3), "strides": (1, 1), "padding": "valid"}
    written = (f"{k}={literal(v)}" for k, v in settings.items() if v != usual[k])
    return (literal(form.output_shape[-1]), literal(form.input_shape), *written)
