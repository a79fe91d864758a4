"""What the template of the training script asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from snnc.operators import transforms
from snnc.operators.call import Call
from snnc.operators.linear import BatchNorm, Conv2D, Dense, Dropout, OnOff, Operator, walk
from snnc.program.fingerprint import training
from snnc.program.network import Connection, Network, Population
from snnc.scripts.code import (
    WIDTH,
    Chain,
    Code,
    Group,
    entry,
    expression,
    identifier,
    layout,
    literal,
    prefixed,
)
from snnc.scripts.view import INDENT, View, connection_code, synapse
from snnc.spec.base import INPUT, OUTPUT
from snnc.spec.gradients import Rate, Smooth
from snnc.spec.schedules.base import ScheduleKind
from snnc.spec.settings import EarlyStopping


class TrainView(View):
    """The training network, and the parameters that it is turned into."""

    @property
    def uses_nengo_loihi(self) -> bool:
        return any(call.name.startswith("nengo_loihi.") for call in self._neurons)

    @property
    def _neurons(self) -> list[Call]:
        """All neurons that are trained or run."""
        calls = [p.neurons.running() for p in self.program.network.populations]
        return [*calls, *(p.neurons.trained(p.gradient) for p in self.program.network.populations)]

    @property
    def has_dropout(self) -> bool:
        return self._has(Dropout)

    @property
    def has_batch_norm(self) -> bool:
        return self._has(BatchNorm)

    @property
    def has_on_off(self) -> bool:
        return self._has(OnOff)

    @property
    def keras_import(self) -> str:
        names = {
            op.keras().name
            for connection in self.program.network.connections
            for op in connection.operators
            if not isinstance(op, OnOff)
        }
        if self.has_batch_norm and self.program.network.trains_spiking:
            names.add("BatchNormalization")
        flat = f"from tensorflow.keras.layers import {', '.join(sorted(names))}"
        if len(flat) <= WIDTH:
            return flat
        lines = (f"    {name}," for name in sorted(names))
        return "\n".join(["from tensorflow.keras.layers import (", *lines, ")"])

    @property
    def optimizer(self) -> str:
        """The constant that makes the optimiser, and tells a checkpoint of it."""
        return layout(_partial(self.program.train.optimizer.call()), "OPTIMIZER = ")

    @property
    def schedule(self) -> str | None:
        """The constant that makes a learning rate that changes."""
        rate = self.program.train.optimizer.learning_rate
        return (
            layout(_partial(rate.call()), "SCHEDULE = ") if isinstance(rate, ScheduleKind) else None
        )

    @property
    def evaluation_batch(self) -> str:
        """Code for how many items are evaluated at once."""
        same = self.program.items_at_once == self.program.train.batch_size
        return "BATCH_SIZE" if same else "ITEMS_AT_ONCE"

    @property
    def validates(self) -> bool:
        return self.program.train.validation_fraction is not None

    @property
    def validates_apart(self) -> bool:
        """Whether it takes a network of its own to validate."""
        return self.validates and self.program.network.trains_spiking

    @property
    def stopping(self) -> EarlyStopping | None:
        return self.program.train.early_stopping

    @property
    def restores(self) -> bool:
        """Whether the best weights are kept."""
        return self.stopping is not None and self.stopping.restore_best_weights

    @property
    def is_better(self) -> str:
        """The condition for the `value` of an epoch to be better than those before it."""
        assert self.stopping
        sign, than = ("+", "<") if self.stopping.monitor == "val_loss" else ("-", ">")
        least = f" {sign} MIN_DELTA" if self.stopping.min_delta else ""
        return f"value{least} {than} values[best]"

    @property
    def firing_rates(self) -> str | None:
        """The bands of firing rates, by layer."""
        bands = {name: band.model_dump() for name, band in self.program.network.bands.items()}
        return layout(expression(bands), "FIRING_RATES = ") if bands else None

    @property
    def running_by_layer(self) -> str | None:
        """The running neurons of each layer, where they differ."""
        if len(self.styles) == 1:
            return None
        entries = (
            entry(p.name, self.constant(p, "RUNNING_NEURONS"))
            for p in self.program.network.populations
        )
        return layout(Group("{", tuple(entries), "}"), "RUNNING_NEURONS = ")

    @property
    def synapses_by_operator(self) -> str:
        """Each synapse, by the Keras layer that receives the spikes."""
        entries = (entry(c.operators[0].name, synapse(c)) for c in self.spike_connections)
        return layout(Group("{", tuple(entries), "}"), "SYNAPSES = ")

    @property
    def blocks(self) -> list[list[str]]:
        """The statements that make each population."""
        return [list(self._block(population)) for population in self.program.network.populations]

    def _block(self, population: Population) -> Iterator[str]:
        name = identifier(population.name)
        first, *others = self.program.network.into(name)
        yield from self._operators(first, "x")
        layer = Group("nengo_dl.Layer(", (self.constant(population, "TRAINING_NEURONS"),), ")")
        tuning = f"**{self.constant(population, 'TUNING')}"
        value = "x" if first.operators else self._source(first)
        applied = Chain(layer, Group("(", (value, f"label={literal(name)}", tuning), ")"))
        yield layout(applied, f"{name} = ", indent=INDENT)
        for connection in others:
            yield from self._operators(connection, "x")
            value = "x" if connection.operators else self._source(connection)
            yield connection_code(value, name, "synapse=None")

    @property
    def output(self) -> Iterator[str]:
        """The statements that make the output: a node of its own where branches are summed."""
        first, *others = self.program.network.into(OUTPUT)
        if not others:
            yield from self._operators(first, "output")
            return
        yield self.output_node
        for connection in (first, *others):
            yield from self._operators(connection, "x")
            yield connection_code("x", "output", "synapse=None")

    def _operators(self, connection: Connection, last: str) -> Iterator[str]:
        """Yield a statement for each operator of a connection; what the last one puts out is called `last`."""
        value = self._source(connection)
        for operator, shape in walk(
            connection.operators, self.program.network.source_shape(connection)
        ):
            result = last if operator is connection.operators[-1] else "x"
            layer = Group("nengo_dl.Layer(", (expression(operator.keras()),), ")")
            taken = operator.takes(shape)
            values = (value, f"shape_in={literal(taken)}") if len(taken) > 1 else (value,)
            yield layout(Chain(layer, Group("(", values, ")")), f"{result} = ", indent=INDENT)
            value = result

    def _source(self, connection: Connection) -> str:
        return "inp" if connection.source == INPUT else identifier(connection.source)

    @property
    def training_constant(self) -> str:
        """What a training depends on, said by the constants that it goes by: who edits one has edited both."""
        optimizer: list[Code] = ['"kind": OPTIMIZER.func.__name__.lower()', "**OPTIMIZER.keywords"]
        if self.schedule:
            rate = Group("{", ('"kind": SCHEDULE.func.__name__', "**SCHEDULE.keywords"), "}")
            optimizer.append(entry("learning_rate", rate))
        named: dict[str, Code] = {
            "seed": "SEED",
            "dt": "DT",
            "batch_size": "BATCH_SIZE",
            "optimizer": Group("{", tuple(optimizer), "}"),
            "gradient": self._gradient,
            "validation_fraction": "VALIDATION_FRACTION",
            "patience": "PATIENCE",
            "firing_rates": "FIRING_RATES",
        }
        if self.stopping and self.stopping.min_delta:
            named["min_delta"] = "MIN_DELTA"
        return layout(_named(training(self.program), named), "TRAINING = ")

    @property
    def _gradient(self) -> Code:
        by_layer = {p.name: self._slope(p) for p in self.program.network.populations}
        if "kind" in training(self.program)["gradient"]:
            return by_layer[self.program.network.populations[0].name]
        return Group("{", tuple(entry(name, slope) for name, slope in by_layer.items()), "}")

    def _slope(self, population: Population) -> Code:
        """Return the gradient of a population, as `meaning.training` has it."""
        gradient = population.gradient
        kind = entry("kind", literal(gradient.kind))
        if isinstance(gradient, Rate):
            return Group("{", (kind,), "}")
        if isinstance(gradient, Smooth):
            sigma = f"{self.constant(population, 'TRAINING_NEURONS')}.sigma"
        elif population.neurons.leaky:
            sigma = "LIF_SMOOTHING"
        else:
            sigma = literal(gradient.sigma)
        return Group("{", (kind, entry("sigma", sigma)), "}")

    @property
    def chains(self) -> str | None:
        """Which Keras layers become which matrices or kernels, unless it is one Dense layer with a bias a population."""
        program = self.program
        if all(_is_plain(program.network, target) for target in program.network.receivers):
            return None
        found = {
            key: names
            for key, (connection, names) in self._names.items()
            if _is_one_layer(connection)
            or isinstance(program.network.form(connection), transforms.Dense)
        }
        return layout(expression(found), "CHAINS = ")

    @property
    def kernels(self) -> str | None:
        """Which Keras layers become one kernel, with a window in which it can be read, and the place of its output."""
        entries = []
        for key, names, form in self._folded:
            if isinstance(form, transforms.Convolution):
                window = map(literal, (form.start, form.kernel_size, form.place))
                entries.append(entry(key, Group("(", (expression(names), *window), ")")))
        return layout(Group("{", tuple(entries), "}"), "KERNELS = ") if entries else None

    @property
    def scattered(self) -> str | None:
        """Which Keras layers become weights here and there."""
        found = {
            key: names for key, names, form in self._folded if isinstance(form, transforms.Sparse)
        }
        return layout(expression(found), "SCATTERED = ") if found else None

    @property
    def folded(self) -> bool:
        """Whether some weights are more than those of one Keras layer."""
        return bool(self._folded)

    @property
    def folds_matrices(self) -> bool:
        return any(isinstance(form, transforms.Dense) for _, _, form in self._folded)

    @property
    def _names(self) -> dict[str, tuple[Connection, list[str]]]:
        """The names of the Keras layers that lead to weights, by the name of those."""
        return {
            self.program.network.array_key(c, "weights"): (c, [op.name for op in c.at_run_time])
            for target in self.program.network.receivers
            for c in self.program.network.into(target)
            if c.at_run_time
        }

    @property
    def _folded(self) -> list[tuple[str, list[str], transforms.Form]]:
        return [
            (key, names, self.program.network.form(connection))
            for key, (connection, names) in self._names.items()
            if not _is_one_layer(connection)
        ]

    @property
    def has_images(self) -> bool:
        """Whether there are biases of channels."""
        return self._has(Conv2D)

    def _has(self, kind: type[Operator]) -> bool:
        return any(
            isinstance(op, kind) for c in self.program.network.connections for op in c.operators
        )

    @property
    def softens(self) -> bool:
        """Whether some neurons have a softened threshold."""
        return any("SoftLIF" in call.name for call in self._neurons)

    @property
    def plot_tunings(self) -> Iterator[str]:
        """The statements that draw the tuning curves."""
        for layers, colour, style in self.figures.tunings:
            names = ("TUNING", "TRAINING_NEURONS", "RUNNING_NEURONS")
            constants = (f"{style.prefix}{name}" for name in names)
            arguments = ("axes[0]", literal(layers), literal(colour), *constants)
            yield layout(Group("plot_tuning(", arguments, ")"), indent=4)

    @property
    def read_steps(self) -> int:
        return self.program.read_steps(self.program.fresh_steps)

    def read(self, outputs: str) -> str:
        """Code that reads the answers of a batch from outputs over time, items first."""
        if self.read_steps == 1:
            return f"{outputs}[:n_items, -1]"
        return f"{outputs}[:n_items, -READ_STEPS:].mean(axis=1)"

    @property
    def fresh_label(self) -> str:
        spiking = any(p.neurons.spiking for p in self.program.network.populations)
        return "spikes (fresh)" if spiking else "rates over time (fresh)"


def _partial(call: Call) -> Code:
    """Return code that makes a call later, and says until then what with."""
    settings = (
        prefixed(f"{key}=", "SCHEDULE()" if isinstance(value, Call) else expression(value))
        for key, value in call.kwargs.items()
    )
    return Group("partial(", (call.name, *settings), ")")


def _named(settings: dict[str, Any], names: dict[str, Code]) -> Code:
    """Return settings as code; those that are constants of the script are named."""
    entries = []
    for key, value in settings.items():
        inner = _named(value, names) if key == "early_stopping" else expression(value)
        entries.append(entry(key, names.get(key, inner)))
    return Group("{", tuple(entries), "}")


def _is_one_layer(connection: Connection) -> bool:
    """Whether a connection's weights are those of one Keras layer."""
    return len(connection.at_run_time) == 1 and isinstance(
        connection.at_run_time[0], Dense | Conv2D
    )


def _is_plain(network: Network, target: str) -> bool:
    """Whether one Dense layer with a bias leads to a population, or to the output."""
    connections = network.into(target)
    return (
        len(connections) == 1
        and len(connections[0].at_run_time) == 1
        and isinstance(connections[0].at_run_time[0], Dense)
        and network.has_bias(target)
    )
