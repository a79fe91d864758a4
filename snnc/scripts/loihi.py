"""The script that runs what was trained, on Loihi or its emulator."""

from typing import NamedTuple

from snnc.program.program import Program
from snnc.scripts.code import comment, expression, literal
from snnc.scripts.evaluation import softmax_of
from snnc.scripts.figures import ITEMS, NEURONS
from snnc.scripts.neurons import Weaker, neurons, rate_scales, styles
from snnc.scripts.plot_calls import stream_plot
from snnc.scripts.running_network import Gap, SpeedUp, running_network
from snnc.scripts.script import Description, Script, compat_module
from snnc.scripts.statements import one_synapse, probe_synapse


class Docstring(NamedTuple):
    name: str
    spec_file: str
    digest: str
    template: str = "loihi/docstring.py.jinja"


class Constants(NamedTuple):
    name: str
    plots: bool
    seed: str
    dt: str
    steps: str
    gap_steps: str
    read_steps: str
    template: str = "loihi/constants.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("from pathlib import Path",)


class Settings(NamedTuple):
    """What is said once of all layers, and of the libraries."""

    synapse: str
    probe_synapse: str
    #: Whether it runs alone on every Python.
    alone: bool
    template: str = "loihi/settings.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import warnings", "import nengo", "import nengo_loihi", "import numpy as np")


class Run(NamedTuple):
    """The function that shows items one after the other."""

    classes: str
    reads_last: bool
    has_gap: bool
    has_softmax: bool
    #: The layers on the host that may have more spikes for the chip than one a step.
    bursting: str
    #: How many steps an item takes to its first effect on the output, or nothing.
    latency: str
    plots: bool
    plotted: str
    plotted_neurons: str
    template: str = "loihi/run.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import nengo_loihi", "import numpy as np")


class Main(NamedTuple):
    name: str
    target: str
    softmax: str
    plots: bool
    #: Whether there may be no items to run yet: an import needs none.
    may_lack_items: bool
    template: str = "loihi/main.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return (
            "import argparse",
            "import numpy as np",
            "from scipy.stats import binomtest",
            "from nengo.ensemble import Neurons",
            *(("from importlib.util import find_spec",) if self.plots else ()),
        )


def loihi_script(program: Program, digest: str) -> Script:
    network = program.network
    return Script(
        docstring=Docstring(network.name, comment(program.spec_path.name), digest),
        constants=(
            _constants(program),
            *(neurons(style, with_training=False) for style in styles(network)),
            *rate_scales(network),
            Settings(
                synapse=one_synapse(network) or "",
                probe_synapse=probe_synapse(network),
                alone=program.scripts.compat,
            ),
        ),
        functions=(
            Description(of_other_neurons=False),
            *((Weaker(), SpeedUp()) if network.rate_scales else ()),
            *((Gap(),) if program.gap_steps else ()),
            *softmax_of(program),
            running_network(program),
            _run(program),
            *((stream_plot(program),) if program.scripts.plots else ()),
        ),
        main=Main(
            name=network.name,
            target=literal(program.loihi.target),
            softmax=network.output.softmax,
            plots=program.scripts.plots,
            may_lack_items=program.starts_imported,
        ),
        first=compat_module(program),
    )


def _constants(program: Program) -> Constants:
    read_steps = program.read_steps(program.stream_steps)
    return Constants(
        name=program.name,
        plots=program.scripts.plots,
        seed=literal(program.network.seed),
        dt=literal(program.network.dt),
        steps=literal(program.stream_steps),
        gap_steps=literal(program.gap_steps) if program.gap_steps else "",
        read_steps=literal(read_steps) if read_steps > 1 else "",
    )


def _run(program: Program) -> Run:
    names = [p.name for p in program.network.may_burst]
    return Run(
        classes=literal(program.network.output.classes),
        reads_last=program.read_steps(program.stream_steps) == 1,
        has_gap=program.gap_steps > 0,
        has_softmax=program.network.output.softmax == "host",
        bursting=str(expression(names)) if names else "",
        latency=literal(program.stream_latency) if program.stream_latency else "",
        plots=program.scripts.plots,
        plotted=literal(ITEMS),
        plotted_neurons=literal(NEURONS),
    )
