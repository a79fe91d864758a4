"""What the template of the training script asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from snnc.backends.code import (
    WIDTH,
    Chain,
    Code,
    Group,
    entry,
    expression,
    identifier,
    layout,
    literal,
)
from snnc.backends.view import INDENT, View, connection_code, synapse
from snnc.ir import INPUT, OUTPUT, Connection, Dense, Dropout, Population
from snnc.meaning import training
from snnc.settings import EarlyStopping


class TrainView(View):
    """The training network, and the parameters that it is turned into."""

    @property
    def uses_nengo_loihi(self) -> bool:
        calls = [p.neurons.running() for p in self.program.populations]
        calls += [p.neurons.trained(p.gradient) for p in self.program.populations]
        return any(call.name.startswith("nengo_loihi.") for call in calls)

    @property
    def has_dropout(self) -> bool:
        return any(isinstance(op, Dropout) for c in self.program.connections for op in c.operators)

    @property
    def keras_import(self) -> str:
        names = {op.keras().name for c in self.program.connections for op in c.operators}
        flat = f"from tensorflow.keras.layers import {', '.join(sorted(names))}"
        if len(flat) <= WIDTH:
            return flat
        lines = (f"    {name}," for name in sorted(names))
        return "\n".join(["from tensorflow.keras.layers import (", *lines, ")"])

    @property
    def optimizer(self) -> str:
        call = expression(self.program.train.optimizer.call())
        return layout(call, "optimizer = ", indent=8)

    @property
    def validates(self) -> bool:
        return self.program.train.validation_fraction is not None

    @property
    def validates_apart(self) -> bool:
        """Whether it takes a network of its own to validate."""
        return self.validates and self.program.trains_spiking

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
        bands = {
            p.name: p.firing_rates.model_dump() for p in self.program.regulated if p.firing_rates
        }
        return layout(expression(bands), "FIRING_RATES = ") if bands else None

    @property
    def running_by_layer(self) -> str | None:
        """The running neurons of each layer, where they differ."""
        if len(self.styles) == 1:
            return None
        entries = (
            entry(p.name, self.constant(p, "RUNNING_NEURONS")) for p in self.program.populations
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
        return [list(self._block(population)) for population in self.program.populations]

    def _block(self, population: Population) -> Iterator[str]:
        name = identifier(population.name)
        first, *others = self.program.into(name)
        yield from self._operators(first, "x")
        layer = Group("nengo_dl.Layer(", (self.constant(population, "TRAINING_NEURONS"),), ")")
        tuning = f"**{self.constant(population, 'TUNING')}"
        applied = Chain(layer, Group("(", ("x", f"label={literal(name)}", tuning), ")"))
        yield layout(applied, f"{name} = ", indent=INDENT)
        for connection in others:
            yield from self._operators(connection, "x")
            yield connection_code("x", name, "synapse=None")

    @property
    def output(self) -> Iterator[str]:
        """The statements that make the output: a node of its own where branches are summed."""
        first, *others = self.program.into(OUTPUT)
        if not others:
            yield from self._operators(first, "output")
            return
        yield self.output_node
        for connection in (first, *others):
            yield from self._operators(connection, "x")
            yield connection_code("x", "output", "synapse=None")

    def _operators(self, connection: Connection, last: str) -> Iterator[str]:
        """Yield a statement for each operator of a connection; what the last one puts out is called `last`."""
        value = "inp" if connection.source == INPUT else identifier(connection.source)
        for operator in connection.operators:
            result = last if operator is connection.operators[-1] else "x"
            layer = Group("nengo_dl.Layer(", (expression(operator.keras()),), ")")
            yield layout(Chain(layer, Group("(", (value,), ")")), f"{result} = ", indent=INDENT)
            value = result

    @property
    def training_constant(self) -> str:
        named = {
            "seed": "SEED",
            "dt": "DT",
            "batch_size": "BATCH_SIZE",
            "validation_fraction": "VALIDATION_FRACTION",
            "patience": "PATIENCE",
            "firing_rates": "FIRING_RATES",
        }
        if self.stopping and self.stopping.min_delta:
            named["min_delta"] = "MIN_DELTA"
        return layout(_named(training(self.program), named), "TRAINING = ")

    @property
    def chains(self) -> str | None:
        """Which Keras layers become which weights, unless it is one Dense layer with a bias a population."""
        chains: dict[str, dict[str, list[str]]] = {}
        plain = True
        for target in (*(p.name for p in self.program.populations), OUTPUT):
            connections = self.program.into(target)
            chains[target] = {
                self.program.weights_key(c).partition(".")[2]: [op.name for op in c.lasting]
                for c in connections
            }
            plain &= len(connections) == 1 and _is_dense(connections[0])
            plain &= self.program.has_bias(target)
        return None if plain else layout(expression(chains), "CHAINS = ")

    @property
    def folds(self) -> bool:
        """Whether some weights are more than those of one Dense layer."""
        return not all(_is_dense(c) for c in self.program.connections)

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
        spiking = any(p.neurons.spiking for p in self.program.populations)
        return "spikes (fresh)" if spiking else "rates over time (fresh)"


def _named(settings: dict[str, Any], names: dict[str, str]) -> Code:
    """Return settings as code; those that are constants of the script are named."""
    entries = []
    for key, value in settings.items():
        inner = _named(value, names) if key == "early_stopping" else expression(value)
        entries.append(entry(key, names.get(key, inner)))
    return Group("{", tuple(entries), "}")


def _is_dense(connection: Connection) -> bool:
    return len(connection.lasting) == 1 and isinstance(connection.lasting[0], Dense)
