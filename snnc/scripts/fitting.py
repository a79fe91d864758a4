"""How a script trains its network: epochs, and what happens in them beside the steps of the optimiser."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from snnc.operators.call import Call
from snnc.operators.kernel import COSTS, Kernel
from snnc.program.fingerprint import training
from snnc.program.network import Network, Population
from snnc.program.program import STEPS_AT_ONCE, Program
from snnc.program.waking import may_start_silent
from snnc.scripts.code import Code, Group, entry, expression, layout, literal, prefixed
from snnc.scripts.neurons import prefixes_of, running_neurons
from snnc.scripts.section import Section
from snnc.scripts.statements import INDENT
from snnc.spec.gradients import Rate, Smooth
from snnc.spec.schedules.base import ScheduleKind
from snnc.spec.settings import EarlyStopping

#: What a script keeps of an epoch that ends with validation, in order.
_LOGS = ("loss", "accuracy", "val_loss", "val_accuracy")


class Fitting(NamedTuple):
    """The function that trains."""

    #: The argument of `compile` that makes the optimiser; with a checkpoint, it is there already.
    optimizer: str
    #: How many of its steps are one call of TensorFlow.
    steps_at_once: int
    #: The statement that trains for an epoch.
    fitted: str
    resume: bool
    validates: bool
    #: Whether it takes a network of its own to validate.
    validates_apart: bool
    has_dropout: bool
    has_batch_norm: bool
    stops: bool
    restores: bool
    has_bands: bool
    #: Whether weights add to the loss.
    penalised: bool
    balances: bool
    #: What is done to initial weights, if anything.
    first: str
    #: Whether it starts from imported weights.
    starts: bool
    #: The statement that makes Keras' callback that lowers the learning rate, if one does; what it gets of an epoch, and
    #: of one before the training was resumed.
    plateau: str
    monitored: str
    monitored_before: str
    epoch_record: str
    template: str = "train/fit.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import nengo_dl", "import numpy as np", "import tensorflow as tf")


class Waking(NamedTuple):
    """How units that would start silent are turned around."""

    #: The statement that names their Keras layers, if there are several.
    names: str
    #: Whether a name is that of one of them.
    is_one: str
    template: str = "train/wake.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


class Beginning(NamedTuple):
    """The imported weights that training starts from."""

    #: The file of parameters.
    params: str
    template: str = "train/begin.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import nengo_dl", "import numpy as np")


class Validation(NamedTuple):
    """The items that validate, and how the network does on them."""

    template: str = "train/validation.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import math",)


class Stopping(NamedTuple):
    """Which epoch did best."""

    by_loss: bool
    #: The condition for the `value` of an epoch to be better than those before it.
    is_better: str
    template: str = "train/stopping.py.jinja"


class Bands(NamedTuple):
    """The loss of firing rates outside of their band."""

    template: str = "train/bands.py.jinja"


class ClassWeights(NamedTuple):
    """How much each item counts in the loss."""

    template: str = "train/class_weights.py.jinja"


class Resuming(NamedTuple):
    """A checkpoint of every epoch, and how to go on from it."""

    #: Keras' names for the settings of the operators in use.
    settings: str
    #: The neurons that `ens` runs with.
    neurons: str
    #: Whether weights add to the loss, and what finds by how much in Keras' settings.
    penalised: bool
    penalty: str
    #: Whether it starts from imported weights.
    starts: bool
    has_dropout: bool
    template: str = "train/resume.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        modules = ("hashlib", "io", "json", "os")
        return (*(f"import {module}" for module in modules), "from functools import partial")


def fitting(program: Program) -> tuple[Section, ...]:
    """Return the function that trains, and those that it calls."""
    train, bands = program.train, program.network.bands
    stopping, validates = train.early_stopping, program.validates
    monitor = program.plateau.kwargs["monitor"] if program.plateau else ""
    optimizer = "optimizer" if program.scripts.resume else _optimizer(train.optimizer.call())
    fit = Fitting(
        optimizer=layout(optimizer, "optimizer=", ",", indent=12),
        steps_at_once=STEPS_AT_ONCE,
        fitted=_fitted(program),
        resume=program.scripts.resume,
        validates=validates,
        validates_apart=validates and program.network.trains_spiking,
        has_dropout=program.network.has_dropout,
        has_batch_norm=program.network.is_normalised,
        stops=stopping is not None,
        restores=stopping is not None and stopping.restore_best_weights,
        has_bands=bool(bands),
        penalised=program.network.is_penalised,
        balances=train.class_weight is not None,
        first=_first(program),
        starts=program.starts_imported,
        plateau=_plateau(program),
        monitored=f'{{"{monitor}": {monitor}}}',
        monitored_before=f'{{"{monitor}": past[{_LOGS.index(monitor)}]}}' if monitor else "",
        epoch_record=_record(validates, bool(bands)),
    )
    sections: list[Section] = [fit]
    if names := may_start_silent(program):
        sections.append(_waking(names))
    if program.starts_imported:
        sections.append(Beginning(literal(f"{program.name}.params.npz")))
    sections += [Bands()] if bands else []
    sections += [ClassWeights()] if train.class_weight else []
    sections += [Validation()] if validates else []
    sections += [_stopping(stopping)] if stopping else []
    sections += [_resuming(program)] if program.scripts.resume else []
    return tuple(sections)


def _waking(names: tuple[str, ...]) -> Waking:
    """Return how the units of Keras layers with some names are turned around."""
    if len(names) == 1:
        return Waking("", f"== {literal(names[0])}")
    return Waking(layout(expression(names), "names = ", indent=4), "in names")


def optimizer_constants(program: Program) -> tuple[str, ...]:
    """Return the constant of a schedule; in a script that goes on, those that make it and an optimiser later, and say until then with which settings."""
    optimizer = program.train.optimizer.call()
    rate, plateau = optimizer.kwargs["learning_rate"], program.plateau
    if not program.scripts.resume:
        return (layout(_scheduled(rate), "LEARNING_RATE = "),) if isinstance(rate, Call) else ()
    schedule = (layout(_partial(rate), "SCHEDULE = "),) if isinstance(rate, Call) else ()
    lowering = (layout(_partial(plateau), "PLATEAU = "),) if plateau else ()
    return (*schedule, layout(_partial(optimizer), "OPTIMIZER = "), *lowering)


def training_constant(program: Program) -> str:
    """Return what a checkpoint belongs to, by the constants of the script: whoever edits one has edited both."""
    optimizer: list[Code] = ['"kind": OPTIMIZER.func.__name__.lower()', "**OPTIMIZER.keywords"]
    if isinstance(program.train.optimizer.learning_rate, ScheduleKind):
        optimizer.append(entry("learning_rate", _schedule(program)))
    stopping = program.train.early_stopping
    settings = training(program)
    del settings["operators"]
    named: dict[str, Code] = {
        "seed": "SEED",
        "dt": "DT",
        "batch_size": "BATCH_SIZE",
        "optimizer": Group("{", tuple(optimizer), "}"),
        "gradient": _gradients(program.network, settings["gradient"]),
        "validation_fraction": "VALIDATION_FRACTION",
        "firing_rates": "FIRING_RATES",
    }
    if stopping:
        constants = {"patience": "PATIENCE"}
        if stopping.min_delta:
            constants["min_delta"] = "MIN_DELTA"
        named["early_stopping"] = _by_constants(settings["early_stopping"], constants)
    return layout(_by_constants(settings, named), "TRAINING = ")


def _schedule(program: Program) -> Code:
    """Return what tells the schedule of the learning rate from others, by its constants."""
    if program.plateau is None:
        return Group("{", ('"kind": SCHEDULE.func.__name__', "**SCHEDULE.keywords"), "}")
    first = entry("initial_learning_rate", 'OPTIMIZER.keywords["learning_rate"]')
    return Group("{", ('"kind": PLATEAU.func.__name__', first, "**PLATEAU.keywords"), "}")


def _plateau(program: Program) -> str:
    """Return the statement that makes Keras' callback that lowers the learning rate, if one does."""
    if program.plateau is None:
        return ""
    if program.scripts.resume:
        return layout("PLATEAU(verbose=1)", "plateau = ", indent=INDENT)
    call = program.plateau._replace(kwargs={**program.plateau.kwargs, "verbose": 1})
    return layout(expression(call), "plateau = ", indent=INDENT)


def _by_constants(settings: Mapping[str, Any], named: Mapping[str, Code]) -> Code:
    """Return settings as a dict, those that are `named` by the code that stands for them."""
    entries = (entry(key, named.get(key, expression(value))) for key, value in settings.items())
    return Group("{", tuple(entries), "}")


def _fitted(program: Program) -> str:
    """Return the statement that trains for an epoch."""
    arguments = ["x[order]", "labels" if program.network.bands else "y[order]"]
    if program.train.class_weight:
        # Keras takes class_weight for models with one output and flat labels alone.
        arguments.append('sample_weight={"logits": weights[order]}')
    call = Group("sim.fit(", (*arguments, "shuffle=False", "verbose=0"), ").history")
    return layout(call, "fitted = ", indent=INDENT + 4)


def _first(program: Program) -> str:
    """Return the statement that changes the initial weights, if some may start silent or are imported."""
    if program.starts_imported:
        return "begin(net, start)"
    return "wake(net)" if may_start_silent(program) else ""


def _stopping(stopping: EarlyStopping) -> Stopping:
    sign, than = ("+", "<") if stopping.monitor == "val_loss" else ("-", ">")
    least = f" {sign} MIN_DELTA" if stopping.min_delta else ""
    return Stopping(stopping.monitor == "val_loss", f"value{least} {than} values[best]")


def _record(validates: bool, has_bands: bool) -> str:
    """Return what a script keeps of an epoch, as `checkpoint` has it."""
    names = _LOGS if validates else _LOGS[:2]
    return ", ".join([*names, *(["rate_loss"] if has_bands else [])])


def _resuming(program: Program) -> Resuming:
    network = program.network
    # What weights cost stands in another place of Keras' settings.
    names = sorted({name for op in network.operators for name in op.settings if name not in COSTS})
    kernels = (op for op in network.operators if isinstance(op, Kernel) and op.is_penalised)
    penalties = dict.fromkeys(op.penalty for op in kernels)
    return Resuming(
        settings=layout(expression(names), "names = ", indent=4),
        neurons=running_neurons(network),
        penalised=network.is_penalised,
        penalty=" or ".join(f"config.get({literal(name)})" for name in penalties),
        starts=program.starts_imported,
        has_dropout=network.has_dropout,
    )


def _scheduled(rate: Call) -> Code:
    """Return code that makes a schedule. Its first setting is the learning rate, or where it changes: that needs no name."""
    (_, first), *others = rate.kwargs.items()
    return expression(Call(rate.name, (first,), dict(others)))


def _optimizer(call: Call) -> Code:
    """Return code that makes an optimiser; its schedule is a constant."""
    return Group(f"{call.name}(", tuple(_settings(call, "LEARNING_RATE")), ")")


def _partial(call: Call) -> Code:
    """Return code that makes a call later, and says until then what with."""
    return Group("partial(", (call.name, *_settings(call, "SCHEDULE()")), ")")


def _settings(call: Call, schedule: str) -> Iterator[Code]:
    """Yield the arguments of a call, with a word for the schedule among them."""
    for key, value in call.kwargs.items():
        yield prefixed(f"{key}=", schedule if isinstance(value, Call) else expression(value))


def _gradients(network: Network, settings: Mapping[str, Any]) -> Code:
    """Return the one gradient of all layers, or that of each, as `settings` have them."""
    prefixes = prefixes_of(network)
    by_layer = {p.name: _slope(p, prefixes[p.name]) for p in network.populations}
    if "kind" in settings:
        return by_layer[network.populations[0].name]
    return _by_constants(settings, by_layer)


def _slope(population: Population, prefix: str) -> Code:
    """Return the gradient of a population, as `fingerprint.training` has it."""
    gradient = population.gradient
    kind = entry("kind", literal(gradient.kind))
    if isinstance(gradient, Rate):
        return Group("{", (kind,), "}")
    if isinstance(gradient, Smooth):
        sigma = f"{prefix}TRAINING_NEURONS.sigma"
    elif population.neurons.leaky:
        sigma = "LIF_SMOOTHING"
    else:
        sigma = literal(gradient.sigma)
    return Group("{", (kind, entry("sigma", sigma)), "}")
