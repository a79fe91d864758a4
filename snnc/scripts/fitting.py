"""How a script trains its network: epochs, and what happens in them beside the steps of the optimiser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from snnc.operators.call import Call
from snnc.program.fingerprint import training
from snnc.program.network import Network, Population
from snnc.program.program import Program
from snnc.scripts.code import Code, Group, entry, expression, layout, literal, prefixed
from snnc.scripts.neurons import prefixes_of, running_neurons
from snnc.scripts.section import Section
from snnc.spec.gradients import Rate, Smooth
from snnc.spec.schedules.base import ScheduleKind
from snnc.spec.settings import EarlyStopping


class Fitting(NamedTuple):
    """The function that trains."""

    #: The argument of `compile` that makes the optimiser; with a checkpoint, it is a constant.
    optimizer: str
    resume: bool
    validates: bool
    #: Whether it takes a network of its own to validate.
    validates_apart: bool
    stops: bool
    restores: bool
    has_bands: bool
    epoch_record: str
    template: str = "train/fit.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import nengo_dl", "import numpy as np", "import tensorflow as tf")


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


class Resuming(NamedTuple):
    """A checkpoint of every epoch, and how to go on from it."""

    #: Keras' names for the settings of the operators in use.
    settings: str
    #: The neurons that `ens` runs with.
    neurons: str
    template: str = "train/resume.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        modules = ("hashlib", "io", "json", "os")
        return (*(f"import {module}" for module in modules), "from functools import partial")


def fitting(program: Program) -> tuple[Section, ...]:
    """Return the function that trains, and those that it calls."""
    train, bands = program.train, program.network.bands
    stopping, validates = train.early_stopping, train.validation_fraction is not None
    fit = Fitting(
        optimizer=layout(expression(train.optimizer.call()), "optimizer=", ",", indent=12),
        resume=program.scripts.resume,
        validates=validates,
        validates_apart=validates and program.network.trains_spiking,
        stops=stopping is not None,
        restores=stopping is not None and stopping.restore_best_weights,
        has_bands=bool(bands),
        epoch_record=_record(validates, bool(bands)),
    )
    sections: list[Section] = [fit]
    sections += [Bands()] if bands else []
    sections += [Validation()] if validates else []
    sections += [_stopping(stopping)] if stopping else []
    sections += [_resuming(program.network)] if program.scripts.resume else []
    return tuple(sections)


def optimizer_constants(program: Program) -> tuple[str, ...]:
    """Return constants that make a schedule and an optimiser later, and say until then with which settings."""
    optimizer = program.train.optimizer
    rate = optimizer.learning_rate
    schedule = (
        (layout(_partial(rate.call()), "SCHEDULE = "),) if isinstance(rate, ScheduleKind) else ()
    )
    return (*schedule, layout(_partial(optimizer.call()), "OPTIMIZER = "))


def training_constant(program: Program) -> str:
    """Return what a checkpoint belongs to, by the constants of the script: whoever edits one has edited both."""
    optimizer: list[Code] = ['"kind": OPTIMIZER.func.__name__.lower()', "**OPTIMIZER.keywords"]
    if isinstance(program.train.optimizer.learning_rate, ScheduleKind):
        rate = Group("{", ('"kind": SCHEDULE.func.__name__', "**SCHEDULE.keywords"), "}")
        optimizer.append(entry("learning_rate", rate))
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


def _by_constants(settings: Mapping[str, Any], named: Mapping[str, Code]) -> Code:
    """Return settings as a dict, those that are `named` by the code that stands for them."""
    entries = (entry(key, named.get(key, expression(value))) for key, value in settings.items())
    return Group("{", tuple(entries), "}")


def _stopping(stopping: EarlyStopping) -> Stopping:
    sign, than = ("+", "<") if stopping.monitor == "val_loss" else ("-", ">")
    least = f" {sign} MIN_DELTA" if stopping.min_delta else ""
    return Stopping(stopping.monitor == "val_loss", f"value{least} {than} values[best]")


def _record(validates: bool, has_bands: bool) -> str:
    """Return what a script keeps of an epoch, as `checkpoint` has it."""
    names = ["loss", "accuracy", *(["val_loss", "val_accuracy"] if validates else [])]
    return ", ".join([*names, *(["rate_loss"] if has_bands else [])])


def _resuming(network: Network) -> Resuming:
    operators = (op for c in network.connections for op in c.operators)
    names = sorted({name for op in operators for name in op.settings})
    return Resuming(
        settings=layout(expression(names), "names = ", indent=4),
        neurons=running_neurons(network),
    )


def _partial(call: Call) -> Code:
    """Return code that makes a call later, and says until then what with."""
    settings = (
        prefixed(f"{key}=", "SCHEDULE()" if isinstance(value, Call) else expression(value))
        for key, value in call.kwargs.items()
    )
    return Group("partial(", (call.name, *settings), ")")


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
