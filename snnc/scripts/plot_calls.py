"""How the scripts have their runs drawn by the module beside them."""

from typing import NamedTuple

from snnc.program.program import Program
from snnc.scripts.code import Group, layout, literal
from snnc.scripts.figures import Figures


class FreshPlot(NamedTuple):
    """The function of the training script that has its run drawn."""

    name: str
    #: For each kind of neurons: their layers and colour, and the names of their constants.
    tunings: tuple[str, ...]
    template: str = "plots/call_fresh.py.jinja"


class StreamPlot(NamedTuple):
    """The functions of the Loihi script that have its run recorded and drawn."""

    name: str
    gap: str
    read: str
    template: str = "plots/call_stream.py.jinja"


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
