"""The module beside the scripts that draws their runs, and how they call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.program.program import Program
from snnc.scripts.code import Group, comment, expression, layout, literal
from snnc.scripts.figures import ITEMS, LONGEST_NAME, MOST_LETTERS, NEURONS, Figures
from snnc.scripts.script import Script
from snnc.scripts.section import Section


@dataclass(frozen=True, eq=False, repr=False)
class FreshPlot(Section):
    """The function of the training script that has its run drawn."""

    template: ClassVar[str] = "plots/call_fresh.py.jinja"

    name: str
    #: For each kind of neurons: their layers and colour, and the names of their constants.
    tunings: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class StreamPlot(Section):
    """The functions of the Loihi script that have its run recorded and drawn."""

    template: ClassVar[str] = "plots/call_stream.py.jinja"

    name: str
    gap: str
    read: str


@dataclass(frozen=True, eq=False, repr=False)
class Docstring(Section):
    template: ClassVar[str] = "plots/docstring.py.jinja"

    name: str
    spec_file: str
    digest: str


@dataclass(frozen=True, eq=False, repr=False)
class Constants(Section):
    """The names of the classes."""

    template: ClassVar[str] = "plots/constants.py.jinja"

    labels: str
    #: How much of a name is shown.
    longest: str


@dataclass(frozen=True, eq=False, repr=False)
class FreshFigure(Section):
    """The figure of items shown fresh."""

    template: ClassVar[str] = "plots/fresh.py.jinja"

    has_labels: bool
    #: Whether some neurons are the chip's, and whether some have a softened threshold.
    has_chip_rates: bool
    softens: bool

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


@dataclass(frozen=True, eq=False, repr=False)
class StreamFigure(Section):
    """The figure of a stream."""

    template: ClassVar[str] = "plots/stream.py.jinja"

    has_labels: bool
    #: The statement that names the layers without spikes, if there are some on the host.
    silent: str
    plotted: str
    plotted_neurons: str

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


@dataclass(frozen=True, eq=False, repr=False)
class Items(Section):
    """Items and outputs over time."""

    template: ClassVar[str] = "plots/items.py.jinja"

    has_labels: bool
    item_shape: str


@dataclass(frozen=True, eq=False, repr=False)
class Answers(Section):
    """What both figures have: rates and answers; and the file that they are written to."""

    template: ClassVar[str] = "plots/answers.py.jinja"

    classes: str
    names_classes: bool
    counts_answers: bool
    ticks: str
    #: An argument that turns marks without room side by side.
    turn: str

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import os", "import numpy as np")


def fresh_plot(program: Program) -> FreshPlot:
    constants = ("TUNING", "TRAINING_NEURONS", "RUNNING_NEURONS")
    tunings = (
        (literal(layers), literal(colour), *(f"{style.prefix}{name}" for name in constants))
        for layers, colour, style in Figures(program).tunings
    )
    lines = (layout(Group("(", tuning, ")"), after=",", indent=8) for tuning in tunings)
    return FreshPlot(program.name, tuple(lines))


def stream_plot(program: Program) -> StreamPlot:
    reads_last = program.read_steps(program.stream_steps) == 1
    gap = "GAP_STEPS" if program.gap_steps else "0"
    return StreamPlot(program.name, gap, "1" if reads_last else "READ_STEPS")


def plots_script(program: Program, digest: str) -> Script:
    labels = program.network.output.labels
    has_labels = labels is not None
    names = layout(expression(labels), "LABELS = ")
    return Script(
        docstring=Docstring(program.name, comment(program.spec_path.name), digest),
        constants=(Constants(names, literal(LONGEST_NAME)),) if has_labels else (),
        functions=(
            _fresh_figure(program, has_labels),
            *(_stream_figure(program, has_labels) if program.on_loihi else ()),
        ),
        main=_answers(program, has_labels),
    )


def _fresh_figure(program: Program, has_labels: bool) -> FreshFigure:
    populations = program.network.populations
    trained = (p.neurons.trained(p.gradient).name for p in populations)
    names = [*trained, *(p.neurons.running().name for p in populations)]
    return FreshFigure(
        has_labels=has_labels,
        has_chip_rates=any(name.startswith("nengo_loihi.") for name in names),
        softens=any("SoftLIF" in name for name in names),
    )


def _stream_figure(program: Program, has_labels: bool) -> tuple[Section, ...]:
    silent = [p.name for p in program.network.populations if not p.neurons.spiking]
    shape = Figures(program).item_shape or ()
    figure = StreamFigure(
        has_labels=has_labels,
        silent=layout(expression(silent), "silent = ", indent=4) if silent else "",
        plotted=literal(ITEMS),
        plotted_neurons=literal(NEURONS),
    )
    return (figure, Items(has_labels=has_labels, item_shape=", ".join(map(str, shape))))


def _answers(program: Program, has_labels: bool) -> Answers:
    figures, classes = Figures(program), literal(program.network.output.classes)
    turn = ", rotation=90" if figures.turns_names else ""
    if has_labels:
        turn = f', rotation=90 if len("".join(NAMES)) > {MOST_LETTERS} else 0'
    return Answers(
        classes=classes,
        names_classes=figures.names_classes,
        counts_answers=figures.counts_answers,
        ticks=f"range({classes})" + (", NAMES" if has_labels else ""),
        turn=turn,
    )
