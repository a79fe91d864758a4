"""What the templates of both scripts ask for. Python decides here what is said, the templates lay it out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from snnc.program.fingerprint import fingerprint
from snnc.program.network import Connection, Population
from snnc.program.program import Program
from snnc.scripts.code import (
    WIDTH,
    Code,
    Group,
    comment,
    expression,
    identifier,
    layout,
    literal,
    width,
)
from snnc.scripts.figures import LONGEST_NAME, MOST_LETTERS, Figures
from snnc.scripts.styles import Style, styles
from snnc.spec.base import INPUT
from snnc.spec.sources import SPLIT, Csv, FileKind, Openml, Sklearn

#: Where statements inside `build_network` start.
INDENT = 8


@dataclass(frozen=True, eq=False, repr=False)
class View:
    """A program as a script says it, for the folder that the script goes to. `digest` signs the script."""

    program: Program
    folder: Path
    digest: str

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def spec_file(self) -> str:
        return comment(self.program.spec_path.name)

    @property
    def shape(self) -> str:
        """The network in numbers: 16-64-32-32-5."""
        sizes = [
            self.program.network.input_size,
            *(p.size for p in self.program.network.populations),
        ]
        text = "-".join(map(str, [*sizes, self.program.network.output.classes]))
        return text if len(text) <= 40 else f"{len(sizes) - 1} layers of neurons"

    @property
    def split(self) -> bool:
        """Whether the script splits the data itself."""
        return self.program.data.split_fraction is not None

    @property
    def scale(self) -> str:
        return self.program.data.scale

    @property
    def writes_test(self) -> bool:
        """Whether the training script writes the held-out items for the Loihi script, which can't load the source."""
        return self.program.on_loihi and not self.program.data.is_file

    @property
    def sklearn_loader(self) -> str | None:
        """What loads the data, if scikit-learn does."""
        data = self.program.data
        if isinstance(data, Openml):
            return "fetch_openml"
        return identifier(f"load_{data.name}") if isinstance(data, Sklearn) else None

    @property
    def data_constant(self) -> str:
        """The constant that leads from the script to the data."""
        assert isinstance(self.program.data, FileKind)
        # The script looks for the data from where it really is, whatever links lead there.
        target = self.program.spec_path.parent.resolve() / self.program.data.path
        relative = Path(os.path.relpath(target, self.folder.resolve())).as_posix()
        line = f"DATA = HERE / {literal(relative)}"
        if width(line) <= WIDTH:
            return line
        return layout(Group("Path(", ("HERE", literal(relative)), ")"), "DATA = ")

    @cached_property
    def arrays(self) -> dict[str, str]:
        """The names of the arrays in a file, as code, by what they hold: long ones are constants."""
        keys = ("x", "y") if self.split else SPLIT
        codes = zip(keys, map(literal, self.program.data.arrays), strict=True)
        return {key: name if width(name) <= 20 else key.upper() for key, name in codes}

    @property
    def array_constants(self) -> list[str]:
        """A line for every array with a long name."""
        return [
            f"{code} = {literal(name)}"
            for code, name in zip(self.arrays.values(), self.program.data.arrays, strict=True)
            if code.isidentifier()
        ]

    @property
    def spec_constant(self) -> str:
        return layout(expression(fingerprint(self.program.network)), "SPEC = ")

    @property
    def label_is_named(self) -> bool:
        return isinstance(self.program.data, Csv) and isinstance(self.program.data.label, str)

    @property
    def label_column(self) -> str:
        """Code for the column of labels in a csv file."""
        assert isinstance(self.program.data, Csv)
        return "label" if self.label_is_named else literal(self.program.data.label)

    @property
    def find_label(self) -> str:
        """The statement that finds the column of labels by its name."""
        assert isinstance(self.program.data, Csv)
        name = literal(self.program.data.label)
        return layout(Group("columns.index(", (name,), ")"), "label = ", indent=4)

    @property
    def load_table(self) -> str:
        """The statement that reads a csv file."""
        data = self.program.data
        assert isinstance(data, Csv)
        arguments = ["path", f"delimiter={literal(data.delimiter)}"]
        arguments += ["skiprows=1"] if data.header else []
        arguments += ["comments=None", "quotechar='\"'", "ndmin=2", 'encoding="utf-8-sig"']
        if self.program.network.output.labels:
            arguments.append(f"converters={{{self.label_column}: class_number}}")
        return layout(Group("np.loadtxt(", tuple(arguments), ")"), "table = ", indent=4)

    @property
    def download(self) -> str:
        """The statement that downloads a data set of OpenML."""
        data = self.program.data
        assert isinstance(data, Openml)
        which = [f"data_id={literal(data.data_id)}"]
        if data.name is not None:
            which = [literal(data.name), f"version={literal(data.version)}"]
        arguments = (*which, "as_frame=False", 'parser="liac-arff"')
        return layout(Group("fetch_openml(", arguments, ")"), "found = ", indent=8)

    @property
    def labels(self) -> str | None:
        labels = self.program.network.output.labels
        return None if labels is None else layout(expression(labels), "LABELS = ")

    @property
    def classes(self) -> str:
        return literal(self.program.network.output.classes)

    @property
    def figures(self) -> Figures:
        return Figures(self.program)

    @property
    def names(self) -> str | None:
        """Code for what classes are called in figures, where that isn't their number."""
        if self.labels is None:
            return None
        return f'[" ".join(label.split())[:{LONGEST_NAME}] for label in LABELS]'

    @property
    def ticks(self) -> str:
        """Code for where an axis marks classes, and with what."""
        return f"range({self.classes})" + (", NAMES" if self.labels else "")

    @property
    def turn(self) -> str:
        """Code for an argument that turns marks without room side by side."""
        if self.labels:
            return f', rotation=90 if len("".join(NAMES)) > {MOST_LETTERS} else 0'
        return ", rotation=90" if self.figures.turns_names else ""

    def named(self, number: str) -> str:
        """Code for what the class with a number is called in an image."""
        return f"NAMES[{number}]" if self.labels else number

    @cached_property
    def styles(self) -> tuple[Style, ...]:
        return styles(self.program)

    @cached_property
    def _prefixes(self) -> dict[str, str]:
        return {member.name: style.prefix for style in self.styles for member in style.members}

    def constant(self, population: Population, name: str) -> str:
        """Return the name of a constant of a population's neurons."""
        return f"{self._prefixes[population.name]}{name}"

    @cached_property
    def one_synapse(self) -> str | None:
        """The synapse that all spikes pass, if it is one."""
        texts = {str(synapse(c)) for c in self.spike_connections}
        return texts.pop() if len(texts) == 1 else None

    @property
    def spike_connections(self) -> list[Connection]:
        return [c for c in self.program.network.connections if c.source != INPUT]

    @property
    def probe_synapse(self) -> str:
        return str(expression(self.program.network.output.probe.nengo()))

    @property
    def softmax(self) -> str:
        return self.program.network.output.softmax

    @property
    def output_node(self) -> str:
        """The statement that makes a node of the output."""
        classes = literal(self.program.network.output.classes)
        node = Group("nengo.Node(", (f"size_in={classes}", 'label="output"'), ")")
        return layout(node, "output = ", indent=INDENT)


def synapse(connection: Connection) -> Code:
    """Return the synapse of a connection as code."""
    return expression(connection.synapse.nengo() if connection.synapse else None)


def connection_code(*arguments: Code) -> str:
    """Return the statement that makes a connection."""
    return layout(Group("nengo.Connection(", arguments, ")"), indent=INDENT)
