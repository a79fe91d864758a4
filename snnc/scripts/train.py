"""The script that trains."""

from pathlib import Path
from typing import NamedTuple

from snnc.program.program import Program
from snnc.scripts.code import Group, comment, entry, expression, layout, literal
from snnc.scripts.evaluation import evaluation, softmax_of
from snnc.scripts.fitting import fitting, optimizer_constants, training_constant
from snnc.scripts.neurons import Weaker, neurons, rate_scales, styles
from snnc.scripts.parameters import SpeedUp, parameters, running_by_layer, synapse_constant
from snnc.scripts.plot_calls import fresh_plot
from snnc.scripts.scaling import scaling, scaling_constants
from snnc.scripts.script import Description, Script, compat_module, shape_of
from snnc.scripts.sources import source
from snnc.scripts.statements import probe_synapse
from snnc.scripts.training_network import definitions, training_network
from snnc.spec.sources.base import FileKind


class Docstring(NamedTuple):
    name: str
    shape: str
    resume: bool
    spec_file: str
    digest: str
    template: str = "train/docstring.py.jinja"


class Constants(NamedTuple):
    """Paths, and the numbers of training and evaluation."""

    name: str
    #: Those of the data's source.
    source: tuple[str, ...]
    resume: bool
    plots: bool
    seed: str
    dt: str
    epochs: str
    may_stop: bool
    batch_size: str
    #: How many items are evaluated at once, if it is another number.
    items_at_once: str
    optimizer: tuple[str, ...]
    lif_smoothing: str
    validation_fraction: str
    patience: str
    min_delta: str
    steps: str
    #: How much later than an item ends its answer is read, or nothing.
    latency: str
    read_steps: str
    template: str = "train/constants.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("from pathlib import Path",)


class Settings(NamedTuple):
    """What is said once of all layers, and of the libraries."""

    running_by_layer: tuple[str, ...]
    synapses: str
    probe_synapse: str
    firing_rates: str
    #: What a checkpoint belongs to.
    training: str
    template: str = "train/settings.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import warnings", "import nengo")


class Channels(NamedTuple):
    """The function that puts channels last."""

    #: The shape of items, flat before.
    shape: str
    template: str = "train/channels.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


class Main(NamedTuple):
    name: str
    resume: bool
    plots: bool
    scaling: tuple[str, ...]
    validates: bool
    trains_spiking: bool
    scales_rates: bool
    #: What the last row of results is called.
    fresh: str
    #: The statement that adds to the words how items are scaled, and the name of the spec.
    scaling_words: str
    #: The statement that writes the held-out items.
    save_test: str
    #: Whether the data are a file of the user's.
    has_file: bool
    #: Whether training starts from imported weights.
    starts: bool
    #: Whether items have their channels first.
    channels_first: bool
    template: str = "train/main.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        more: tuple[str, ...] = ("import json",) if self.resume else ()
        more += ("from importlib.util import find_spec",) if self.plots else ()
        names = ("from pathlib import Path", "from nengo.ensemble import Neurons")
        return ("import argparse", "import numpy as np", *names, *more)


def train_script(program: Program, folder: Path, digest: str) -> Script:
    network, data = program.network, source(program, folder)
    on, spikes = program.scripts, any(p.neurons.spiking for p in network.populations)
    return Script(
        docstring=Docstring(
            name=network.name,
            shape=shape_of(network),
            resume=on.resume,
            spec_file=comment(program.spec_path.name),
            digest=digest,
        ),
        constants=(
            _constants(program, (*data.constants, *scaling_constants(program))),
            *(neurons(style, with_training=True) for style in styles(network)),
            *rate_scales(network),
            _settings(program),
        ),
        functions=(
            data,
            *((_channels(program),) if program.channels_first else ()),
            *definitions(network),
            training_network(program),
            *fitting(program),
            *softmax_of(program),
            *parameters(network, counts_rates=on.plots),
            *((Weaker(), SpeedUp()) if network.rate_scales else ()),
            Description(of_other_neurons=on.resume),
            evaluation(program),
            *((fresh_plot(program),) if on.plots else ()),
        ),
        main=Main(
            name=network.name,
            resume=on.resume,
            plots=on.plots,
            scaling=scaling(program),
            validates=program.validates,
            trains_spiking=network.trains_spiking,
            scales_rates=bool(network.rate_scales),
            fresh=literal("spikes (fresh)" if spikes else "rates over time (fresh)"),
            scaling_words=_scaling_words(program),
            save_test=_save_test(program),
            has_file=isinstance(program.data, FileKind),
            starts=program.starts_imported,
            channels_first=program.channels_first,
        ),
        first=compat_module(program),
    )


def _constants(program: Program, of_source: tuple[str, ...]) -> Constants:
    train, network = program.train, program.network
    stopping = train.early_stopping
    others = program.items_at_once != train.batch_size
    read_steps = program.read_steps(program.fresh_steps)
    return Constants(
        name=network.name,
        source=of_source,
        resume=program.scripts.resume,
        plots=program.scripts.plots,
        seed=literal(network.seed),
        dt=literal(network.dt),
        epochs=literal(train.epochs),
        may_stop=stopping is not None,
        batch_size=literal(train.batch_size),
        items_at_once=literal(program.items_at_once) if others else "",
        optimizer=optimizer_constants(program),
        lif_smoothing=literal(network.lif_smoothing) if network.lif_smoothing else "",
        validation_fraction=literal(train.validation_fraction) if train.validation_fraction else "",
        patience=literal(stopping.patience) if stopping else "",
        min_delta=literal(stopping.min_delta) if stopping and stopping.min_delta else "",
        steps=literal(program.fresh_steps),
        latency=literal(program.fresh_latency) if program.fresh_latency else "",
        read_steps=literal(read_steps) if read_steps > 1 else "",
    )


def _channels(program: Program) -> Channels:
    return Channels(f"-1, {', '.join(map(literal, program.item_shape))}")


def _settings(program: Program) -> Settings:
    network = program.network
    bands = {name: band.model_dump() for name, band in network.bands.items()}
    return Settings(
        running_by_layer=running_by_layer(network),
        synapses=synapse_constant(network),
        probe_synapse=probe_synapse(network),
        firing_rates=layout(expression(bands), "FIRING_RATES = ") if bands else "",
        training=training_constant(program) if program.scripts.resume else "",
    )


def _scaling_words(program: Program) -> str:
    words = {"input.shift": "shift", "input.scale": "scale"}
    entries = [entry(key, name) for key, name in words.items()]
    entries.append(entry("spec_file", literal(program.spec_path.name)))
    return layout(Group("{", tuple(entries), "}"), "words |= ", indent=4)


def _save_test(program: Program) -> str:
    path = f"HERE / {literal(f'{program.name}.test.npz')}"
    moved = ('channels="last"',) if program.channels_first else ()
    call = Group("np.savez_compressed(", (path, "x=x_held_out", "y=y_test", *moved), ")")
    return layout(call, indent=4)
