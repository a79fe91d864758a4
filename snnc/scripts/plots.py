"""The module beside the scripts that draws their runs, and how they call it."""

from __future__ import annotations

from typing import NamedTuple

from snnc.program.program import Program
from snnc.scripts.code import comment, expression, layout, literal
from snnc.scripts.figures import ITEMS, LONGEST_NAME, MOST_LETTERS, NEURONS, Figures
from snnc.scripts.script import Script
from snnc.scripts.section import Section


class Docstring(NamedTuple):
    name: str
    spec_file: str
    digest: str
    template: str = "plots/docstring.py.jinja"


class Constants(NamedTuple):
    """The names of the classes."""

    labels: str
    #: How much of a name is shown.
    longest: str
    template: str = "plots/constants.py.jinja"


class FreshFigure(NamedTuple):
    """The figure of items shown fresh."""

    has_labels: bool
    #: Whether some neurons are the chip's, and whether some have a softened threshold.
    has_chip_rates: bool
    softens: bool
    template: str = "plots/fresh.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


class StreamFigure(NamedTuple):
    """The figure of a stream."""

    has_labels: bool
    #: The statement that names the layers without spikes, if there are some on the host.
    silent: str
    plotted: str
    plotted_neurons: str
    template: str = "plots/stream.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


class Items(NamedTuple):
    """Items and outputs over time."""

    has_labels: bool
    item_shape: str
    template: str = "plots/items.py.jinja"


class Answers(NamedTuple):
    """What both figures have: rates and answers; and the file that they are written to."""

    classes: str
    names_classes: bool
    counts_answers: bool
    ticks: str
    #: An argument that turns marks without room side by side.
    turn: str
    template: str = "plots/answers.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import os", "import numpy as np")


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
