"""Program to Python scripts. Python decides here what is said, the templates lay it out."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from snnc.backends.code import (
    WIDTH,
    Chain,
    Code,
    Group,
    comment,
    expression,
    identifier,
    joined,
    layout,
    literal,
    prefixed,
    width,
)
from snnc.call import Call
from snnc.gradients import Gradient, Loihi, Rate, Smooth
from snnc.ir import INPUT, OUTPUT, Connection, Dense, Dropout, Population, Program
from snnc.meaning import digest, meaning
from snnc.sources import Npz, Sklearn
from snnc.templates import environment

#: Stands for the digest while a script is being written.
_PLACEHOLDER = "0" * 8
_SIGNATURE = re.compile(r"^(?:.* )?Written by snnc from .* \[([0-9a-f]{8})\]\.$", re.MULTILINE)


def emit(program: Program, folder: Path) -> dict[str, str]:
    """Return the scripts of a program by file name, for a folder that they are to be written to."""
    templates = environment()
    templates.globals.update(lit=literal, ident=identifier)
    view = View(program, folder)
    names = ["train", *(["loihi"] if program.on_loihi else [])]
    return {
        f"{program.name}_{name}.py": _signed(
            _tidy(templates.get_template(f"{name}.py.jinja").render(view=view))
        )
        for name in names
    }


def is_untouched(text: str) -> bool:
    """Whether a script is as snnc wrote it."""
    text = text.replace("\r\n", "\n")
    found = _SIGNATURE.search(text)
    return found is not None and _digest(_without(text, found)) == found[1]


def _signed(text: str) -> str:
    """Put the digest of a script into its docstring: of its text without those digits."""
    found = _SIGNATURE.search(text)
    assert found is not None, "a template has lost its signature"
    start, end = found.span(1)
    return text[:start] + _digest(_without(text, found)) + text[end:]


def _without(text: str, signature: re.Match[str]) -> str:
    start, end = signature.span(1)
    return text[:start] + text[end:]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _tidy(text: str) -> str:
    """Leave at most two empty lines, and one inside a block: templates are spaced for those who read them."""
    text = re.sub(r"\n{4,}", "\n\n\n", text.strip("\n") + "\n")
    return re.sub(r"\n{3,}(?=[ \t])", "\n\n", text)


@dataclass(frozen=True)
class Style:
    """Neurons that several layers share, as constants of a script."""

    layers: str
    prefix: str
    max_rate: float
    tuning: str
    training_comment: str
    training: str
    at_rest: bool
    running: str
    running_alone: str


@dataclass(frozen=True)
class View:
    """What the templates ask for."""

    program: Program
    folder: Path

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def digest(self) -> str:
        return _PLACEHOLDER

    @property
    def spec_file(self) -> str:
        return comment(self.program.spec_path.name)

    @property
    def shape(self) -> str:
        """The network in numbers: 16-64-32-32-5."""
        sizes = [self.program.input_size, *(p.size for p in self.program.populations)]
        text = "-".join(map(str, [*sizes, self.program.output.classes]))
        return text if len(text) <= 40 else f"{len(sizes) - 1} layers of neurons"

    # Data

    @property
    def split(self) -> bool:
        return self.program.data.split_fraction is not None

    @property
    def scale(self) -> str:
        return self.program.data.scale

    @property
    def sklearn_loader(self) -> str | None:
        data = self.program.data
        return identifier(f"load_{data.name}") if isinstance(data, Sklearn) else None

    @property
    def data_path(self) -> str:
        """The constant that leads from the script to the data."""
        assert isinstance(self.program.data, Npz)
        # The script looks for the data from where it really is, whatever links lead there.
        target = self.program.spec_path.parent.resolve() / self.program.data.path
        relative = Path(os.path.relpath(target, self.folder.resolve())).as_posix()
        line = f"DATA = HERE / {literal(relative)}"
        if width(line) <= WIDTH:
            return line
        return layout(Group("Path(", ("HERE", literal(relative)), ")"), "DATA = ")

    def array(self, key: str) -> str:
        """Code for the name of an array in the data: long ones are constants."""
        name = literal(getattr(self.program.data, key))
        return name if width(name) <= 20 else key.upper()

    @property
    def array_constants(self) -> list[str]:
        """A line for every array with a long name."""
        keys = ("x", "y") if self.split else ("x_train", "y_train", "x_test", "y_test")
        return [
            f"{key.upper()} = {literal(getattr(self.program.data, key))}"
            for key in keys
            if self.array(key) == key.upper()
        ]

    @property
    def labels(self) -> str | None:
        labels = self.program.output.labels
        return None if labels is None else layout(expression(labels), "LABELS = ")

    # Neurons

    @cached_property
    def _styles(self) -> list[tuple[Population, list[Population]]]:
        """Populations that share everything about their neurons, under the first of them."""
        styles: list[tuple[Population, list[Population]]] = []
        for population in self.program.populations:
            for first, members in styles:
                if (first.neurons, first.gradient) == (population.neurons, population.gradient):
                    members.append(population)
                    break
            else:
                styles.append((population, [population]))
        return styles

    @cached_property
    def _prefixes(self) -> dict[str, str]:
        """What the constants of each population's neurons begin with."""
        if len(self._styles) == 1:
            return {p.name: "" for p in self.program.populations}
        prefixes: dict[str, str] = {}
        for number, (first, members) in enumerate(self._styles, 1):
            prefix = f"{first.name.upper()[:16].rstrip('_')}_"
            if prefix in prefixes.values():
                prefix = f"{prefix}{number}_"
            prefixes |= dict.fromkeys((member.name for member in members), prefix)
        return prefixes

    @cached_property
    def styles(self) -> list[Style]:
        return [self._style(first, members) for first, members in self._styles]

    def _style(self, first: Population, members: list[Population]) -> Style:
        neurons, prefix = first.neurons, self._prefixes[first.name]
        several = len(self._styles) > 1

        def named(value: Any) -> str | None:
            return f"{prefix}MAX_RATE" if value is neurons.max_rate else None

        max_rate = Group("[", (f"{prefix}MAX_RATE",), "]")
        tuning = Group(
            "{",
            (
                _entry("max_rates", _choice(max_rate)),
                _entry("intercepts", _choice(expression([neurons.intercept]))),
            ),
            "}",
        )
        running = neurons.running()
        return Style(
            layers=joined([m.name for m in members])
            if several and len(members) < 5
            else (f"{first.name} and {len(members) - 1} more" if several else ""),
            prefix=prefix,
            max_rate=neurons.max_rate,
            tuning=layout(tuning, f"{prefix}TUNING = "),
            training_comment=_training_comment(first.gradient),
            training=layout(
                expression(neurons.trained(first.gradient), named), f"{prefix}TRAINING_NEURONS = "
            ),
            at_rest="initial_state" in running.kwargs,
            running=layout(expression(running, named), f"{prefix}RUNNING_NEURONS = "),
            running_alone=layout(expression(running), f"{prefix}NEURONS = "),
        )

    @property
    def running_by_layer(self) -> str | None:
        if len(self._styles) == 1:
            return None
        entries = (
            _entry(p.name, f"{self._prefixes[p.name]}RUNNING_NEURONS")
            for p in self.program.populations
        )
        return layout(Group("{", tuple(entries), "}"), "RUNNING_NEURONS = ")

    @property
    def _calls(self) -> Iterator[Call]:
        for population in self.program.populations:
            yield population.neurons.running()
            yield population.neurons.trained(population.gradient)

    @property
    def uses_nengo_loihi(self) -> bool:
        return any(call.name.startswith("nengo_loihi.") for call in self._calls)

    @property
    def runs_nengo_dl(self) -> bool:
        running = (p.neurons.running() for p in self.program.populations)
        return any(call.name.startswith("nengo_dl.") for call in running)

    @property
    def trains_spiking(self) -> bool:
        """Whether single steps of the training network are spikes unless it is told otherwise."""
        return any(isinstance(p.gradient, Loihi) for p in self.program.populations)

    @property
    def lif_smoothing(self) -> float | None:
        return lif_smoothing(self.program)

    # Training

    @property
    def keras_import(self) -> str:
        names = {op.keras().name for c in self.program.connections for op in c.operators}
        flat = f"from tensorflow.keras.layers import {', '.join(sorted(names))}"
        if len(flat) <= WIDTH:
            return flat
        return "\n".join(
            ["from tensorflow.keras.layers import (", *(f"    {n}," for n in sorted(names)), ")"]
        )

    @property
    def has_dropout(self) -> bool:
        return any(isinstance(op, Dropout) for c in self.program.connections for op in c.operators)

    @property
    def optimizer(self) -> str:
        call = expression(self.program.train.optimizer.call())
        return layout(call, "optimizer=", ",", indent=12)

    @property
    def training_blocks(self) -> list[list[str]]:
        return [list(self._training_block(p)) for p in self.program.populations]

    def _training_block(self, population: Population) -> Iterator[str]:
        name = identifier(population.name)
        first, *others = self.program.into(name)
        prefix = self._prefixes[name]
        yield from self._operators(first, "x")
        arguments = ("x", f"label={literal(name)}", f"**{prefix}TUNING")
        layer = Group("nengo_dl.Layer(", (f"{prefix}TRAINING_NEURONS",), ")")
        yield layout(Chain(layer, Group("(", arguments, ")")), f"{name} = ", indent=8)
        for connection in others:
            yield from self._operators(connection, "x")
            yield layout(Group("nengo.Connection(", ("x", name, "synapse=None"), ")"), indent=8)

    @property
    def training_output(self) -> list[str]:
        first, *others = self.program.into(OUTPUT)
        lines = list(self._operators(first, "output" if not others else "x"))
        if not others:
            return lines
        # A node of its own sums the branches.
        classes = literal(self.program.output.classes)
        node = Group("nengo.Node(", (f"size_in={classes}", 'label="output"'), ")")
        lines.insert(0, layout(node, "output = ", indent=8))
        summed = layout(Group("nengo.Connection(", ("x", "output", "synapse=None"), ")"), indent=8)
        lines.append(summed)
        for connection in others:
            lines += [*self._operators(connection, "x"), summed]
        return lines

    def _operators(self, connection: Connection, last: str) -> Iterator[str]:
        """Yield a line for each operator of a connection; the last one's value is called `last`."""
        value = _variable(connection.source)
        for index, operator in enumerate(connection.operators):
            result = last if index == len(connection.operators) - 1 else "x"
            layer = expression(operator.keras())
            applied = Chain(Group("nengo_dl.Layer(", (layer,), ")"), Group("(", (value,), ")"))
            yield layout(applied, f"{result} = ", indent=8)
            value = result

    # Running

    @property
    def _spike_connections(self) -> list[Connection]:
        return [c for c in self.program.connections if c.source != INPUT]

    @cached_property
    def one_synapse(self) -> str | None:
        """The synapse that all spikes pass, if it is one."""
        texts = {str(expression(_synapse(c))) for c in self._spike_connections}
        return texts.pop() if len(texts) == 1 else None

    @property
    def synapses_by_operator(self) -> str:
        entries = (
            _entry(c.operators[0].name, expression(_synapse(c))) for c in self._spike_connections
        )
        return layout(Group("{", tuple(entries), "}"), "SYNAPSES = ")

    @property
    def probe_synapse(self) -> str:
        return str(expression(self.program.output.probe.nengo()))

    @property
    def running_blocks(self) -> list[list[str]]:
        return [list(self._running_block(p)) for p in self.program.populations]

    def _running_block(self, population: Population) -> Iterator[str]:
        name = identifier(population.name)
        sources = self.program.into(name)
        if not population.on_chip:
            reads_input = any(c.source == INPUT for c in sources)
            yield "        # On the host" + (
                ": it turns the input into spikes." if reads_input else "."
            )
        arguments = (
            literal(name),
            literal(population.size),
            f"{self._prefixes[name]}NEURONS",
            "params",
        )
        yield layout(Group("ensemble(", arguments, ")"), f"{name} = ", indent=8)
        if not population.on_chip:
            yield f"        net.config[{name}].on_chip = False"
        for connection in sources:
            yield self._running_connection(connection, f"{name}.neurons")

    @property
    def running_output(self) -> list[str]:
        classes = literal(self.program.output.classes)
        node = Group("nengo.Node(", (f"size_in={classes}", 'label="output"'), ")")
        lines = [layout(node, "output = ", indent=8)]
        for connection in self.program.into(OUTPUT):
            lines.append(self._running_connection(connection, "output"))
        if self.program.has_bias(OUTPUT):
            bias = ('nengo.Node(params["output.bias"])', "output", "synapse=None")
            lines.append(layout(Group("nengo.Connection(", bias, ")"), indent=8))
        return lines

    def _running_connection(self, connection: Connection, target: str) -> str:
        from_input = connection.source == INPUT
        source = "inp" if from_input else f"{identifier(connection.source)}.neurons"
        key = weights_key(self.program, connection)
        if from_input:
            synapse: Code = "None"
        else:
            synapse = "SYNAPSE" if self.one_synapse else expression(_synapse(connection))
        arguments = (
            source,
            target,
            Group("transform=params[", (literal(key),), "]"),
            prefixed("synapse=", synapse),
        )
        return layout(Group("nengo.Connection(", arguments, ")"), indent=8)

    @property
    def output_comment(self) -> str:
        return {
            "loss": "Back on the host. Loihi has no softmax: the largest value is the answer.",
            "host": "Back on the host, where a softmax turns the filtered output into probabilities.",
            "offline": "Back on the host. Loihi has no softmax: it is applied after the run.",
        }[self.softmax]

    @property
    def softmax(self) -> str:
        return self.program.output.softmax

    @property
    def fresh_label(self) -> str:
        spiking = any(p.neurons.spiking for p in self.program.populations)
        return "spikes (fresh)" if spiking else "rates over time (fresh)"

    @property
    def fresh_read_steps(self) -> int:
        return self.program.read_steps(self.program.fresh_steps)

    @property
    def stream_read_steps(self) -> int:
        return self.program.read_steps(self.program.stream_steps)

    def fresh_read(self, outputs: str) -> str:
        """Code that reads the answers of a batch from outputs over time, items first."""
        if self.fresh_read_steps == 1:
            return f"{outputs}[:n_items, -1]"
        return f"{outputs}[:n_items, -READ_STEPS:].mean(axis=1)"

    def stream_read(self, outputs: str) -> str:
        """Code that reads the answer from outputs over time."""
        if self.stream_read_steps == 1:
            return f"{outputs}[-1]"
        return f"{outputs}[-READ_STEPS:].mean(axis=0)"

    # Parameters

    @property
    def spec_constant(self) -> str:
        return layout(expression(meaning(self.program)), "SPEC = ")

    @property
    def spec_digest(self) -> str:
        return digest(meaning(self.program))

    @property
    def chains(self) -> str | None:
        """Which Keras layers become which weights, unless it is one Dense layer with a bias a population."""
        targets = [*(p.name for p in self.program.populations), OUTPUT]
        chains: dict[str, dict[str, list[str]]] = {}
        plain = True
        for target in targets:
            connections = self.program.into(target)
            chains[target] = {
                weights_key(self.program, c).partition(".")[2]: [op.name for op in c.lasting]
                for c in connections
            }
            plain &= len(connections) == 1 and _is_plain(connections[0])
        return None if plain else layout(expression(chains), "CHAINS = ")

    @property
    def folds(self) -> bool:
        """Whether some weights are more than those of one Dense layer."""
        return not all(
            len(c.lasting) == 1 and isinstance(c.lasting[0], Dense)
            for c in self.program.connections
        )


def weights_key(program: Program, connection: Connection) -> str:
    """Return the name of a connection's weights in the parameters."""
    several = len(program.into(connection.target)) > 1
    return f"{connection.target}.weights" + (f".{connection.source}" if several else "")


def lif_smoothing(program: Program) -> float | None:
    """Return the softening that NengoDL applies to the slope of Loihi's LIF neurons."""
    gradients = (
        p.gradient
        for p in program.populations
        if p.neurons.on_chip_rates().name.endswith("LoihiLIF")
    )
    return next((g.sigma for g in gradients if isinstance(g, Loihi)), None)


def _is_plain(connection: Connection) -> bool:
    return (
        len(connection.lasting) == 1
        and isinstance(connection.lasting[0], Dense)
        and connection.lasting[0].use_bias
    )


def _synapse(connection: Connection) -> Call | None:
    return connection.synapse.nengo() if connection.synapse else None


def _variable(source: str) -> str:
    return "inp" if source == INPUT else identifier(source)


def _choice(options: Code) -> Code:
    return Group("nengo.dists.Choice(", (options,), ")")


def _entry(key: str, value: Code) -> Code:
    return prefixed(f"{literal(key)}: ", value)


def _training_comment(gradient: Gradient) -> str:
    if isinstance(gradient, Rate):
        return "# Trained on firing rates."
    if isinstance(gradient, Smooth):
        return "# Trained on rates with a softened threshold: LIF's own have no finite slope there."
    return "# Trained on rates rounded as on the chip, with a smooth slope."
