"""What the template of the Loihi script asks for."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from snnc.operators import transforms
from snnc.program.network import Connection, Population
from snnc.scripts.code import WIDTH, Code, Group, expression, identifier, layout, literal, prefixed
from snnc.scripts.figures import ITEMS, NEURONS
from snnc.scripts.view import INDENT, View, connection_code, synapse
from snnc.spec.base import INPUT, OUTPUT


class LoihiView(View):
    """The deployed network."""

    @property
    def uses_nengo_dl(self) -> bool:
        running = (p.neurons.running() for p in self.program.network.populations)
        return any(call.name.startswith("nengo_dl.") for call in running)

    @property
    def needs(self) -> str:
        """The sentence that says which files the script reads."""
        test = f" and {self.name}.test.npz" if self.writes_test else ""
        sentence = f"Needs {self.name}.params.npz{test}, which {self.name}_train.py writes."
        return textwrap.fill(sentence, WIDTH)

    @property
    def blocks(self) -> list[list[str]]:
        """The statements that make each population, and what leads into it."""
        return [list(self._block(population)) for population in self.program.network.populations]

    def _block(self, population: Population) -> Iterator[str]:
        name = identifier(population.name)
        sources = self.program.network.into(name)
        if not population.on_chip:
            reads_input = any(c.source == INPUT for c in sources)
            why = ": it turns the input into spikes." if reads_input else "."
            yield f"        # On the host{why}"
        neurons = self.constant(population, "NEURONS")
        arguments = (literal(name), literal(population.size), neurons, "params")
        yield layout(Group("ensemble(", arguments, ")"), f"{name} = ", indent=INDENT)
        if not population.on_chip:
            yield f"        net.config[{name}].on_chip = False"
        elif population.block_shape:
            shapes = (literal(population.block_shape), literal(population.shape))
            block = Group("nengo_loihi.BlockShape(", shapes, ")")
            yield layout(block, f"net.config[{name}].block_shape = ", indent=INDENT)
        for connection in sources:
            yield self._connection(
                connection, f"{name}.neurons", self.program.network.pop_type(connection)
            )

    @property
    def output(self) -> Iterator[str]:
        """The statements that make the output."""
        yield self.output_node
        for connection in self.program.network.into(OUTPUT):
            yield self._connection(connection, "output")
        if self.program.network.has_bias(OUTPUT):
            yield connection_code('nengo.Node(params["output.bias"])', "output", "synapse=None")

    def _connection(self, connection: Connection, target: str, pop_type: int | None = None) -> str:
        if connection.source == INPUT:
            source, filter_ = "inp", synapse(connection)
        else:
            source = f"{identifier(connection.source)}.neurons"
            filter_ = "SYNAPSE" if self.one_synapse else synapse(connection)
        arguments = (source, target, *self._transform(connection), prefixed("synapse=", filter_))
        if pop_type is None:
            return connection_code(*arguments)
        made = layout(Group("nengo.Connection(", arguments, ")"), "conn = ", indent=INDENT)
        return f"{made}\n{' ' * INDENT}net.config[conn].pop_type = {literal(pop_type)}"

    def _transform(self, connection: Connection) -> Iterator[Code]:
        """Yield the argument that says what a connection does to values, unless they pass as they are."""
        form = self.program.network.form(connection)
        weights = self._params(connection, "weights")
        if isinstance(form, transforms.Dense):
            yield prefixed("transform=", weights)
        elif isinstance(form, transforms.Sparse):
            places = tuple(self._params(connection, name) for name in ("row", "column"))
            indices = Group("indices=np.column_stack(", (Group("[", places, "]"),), ")")
            arguments: tuple[Code, ...] = (literal(form.shape), indices, prefixed("init=", weights))
            yield Group("transform=nengo.Sparse(", arguments, ")")
        elif isinstance(form, transforms.Convolution):
            settings = {
                "kernel_size": form.kernel_size,
                "strides": form.strides,
                "padding": form.padding,
            }
            usual = {"kernel_size": (3, 3), "strides": (1, 1), "padding": "valid"}
            written = (f"{k}={literal(v)}" for k, v in settings.items() if v != usual[k])
            arguments = (
                literal(form.output_shape[-1]),
                literal(form.input_shape),
                *written,
                prefixed("init=", weights),
            )
            yield Group("transform=nengo.Convolution(", arguments, ")")

    def _params(self, connection: Connection, name: str) -> Group:
        return Group("params[", (literal(self.program.network.array_key(connection, name)),), "]")

    @property
    def bursting(self) -> str | None:
        """The layers on the host that may have more spikes for the chip than one a step."""
        names = [p.name for p in self.program.network.feeding_from_host if p.neurons.bursts]
        return str(expression(names)) if names else None

    @property
    def plotted(self) -> int:
        return ITEMS

    @property
    def plotted_neurons(self) -> int:
        return NEURONS

    @property
    def silent(self) -> str | None:
        """The statement that names the layers without spikes, if there are some on the host."""
        names = [p.name for p in self.program.network.populations if not p.neurons.spiking]
        return layout(expression(names), "silent = ", indent=4) if names else None

    @property
    def output_comment(self) -> str:
        return {
            "loss": "Back on the host. Loihi has no softmax: the largest value is the answer.",
            "host": "Back on the host, where a softmax makes probabilities of the filtered output.",
            "offline": "Back on the host. Loihi has no softmax: it is applied after the run.",
        }[self.softmax]

    @property
    def read_steps(self) -> int:
        return self.program.read_steps(self.program.stream_steps)

    def read(self, outputs: str) -> str:
        """Code that reads the answer from outputs over time."""
        if self.read_steps == 1:
            return f"{outputs}[-1]"
        return f"{outputs}[-READ_STEPS:].mean(axis=0)"
