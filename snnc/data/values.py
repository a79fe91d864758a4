"""Values that neurons can't tell apart, don't hear or answer with bursts, and the scale that would do better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from snnc.data.prepare import Array, Data, Labels, Split, scaled
from snnc.diagnostics.codes import DATA_BURSTS, DATA_SCALE, DATA_SIGN
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.errors import Refusal
from snnc.program.network import Connection, Population
from snnc.program.program import Program
from snnc.spec.base import INPUT
from snnc.spec.scale import Fitted, Given, Scale

#: Unscaled values beyond this are far from 1, the input at which a neuron fires at max_rate.
LARGEST_UNSCALED = 10
#: Unscaled values within this share of the largest, or of 1, look all alike.
ALIKE = 0.1
#: A value that varies over this share of the common range changes the rate of a neuron of 300 Hz by 3 Hz: no spike in 0.1 s.
NARROW = 0.01
#: Images may have this share of narrow values: the dark corners of a round one are 0.21 of it.
MOST_NARROW = 0.25
#: Few values set the range if these percentiles of them keep to less than these shares of it. So many items tell.
CORE = {(1, 99): 0.1, (25, 75): 0.07}
ENOUGH = 1000
#: Values that vary by less than this share of the range that all are scaled by are hardly heard: a neuron that is trained for a few
#: thousand steps follows those that vary more. They may hold this share of what single values tell. So many items tell.
QUIET = 0.03
MOST_UNHEARD = 0.1
MANY = 5000
#: What single values tell is more than chance if it is so many times what chance tells on average.
BY_CHANCE = 4
#: With more negative values than this share, a neuron that is silent for them misses something.
MOST_NEGATIVE = 0.01


class _Fault(NamedTuple):
    """What is wrong with scaled values. The graver, the less they can be used."""

    message: str
    gravity: int


def value_warnings(program: Program, data: Data) -> Iterator[Diagnostic]:
    """Yield what is wrong with the values that a network gets."""
    if fault := _scale_fault(program.data.scale, data):
        hint = _better_scale(program, data, fault)
        yield Diagnostic(DATA_SCALE, fault.message, ("data", "scale"), hint=hint)
    yield from _unheard(program, data.x_train)
    yield from _bursts(program, data)


def _scale_fault(scale: Scale, data: Data) -> _Fault | None:
    low, high = data.x_train.min(axis=0), data.x_train.max(axis=0)
    spread, varying = high.max() - low.min(), high > low
    largest = max(-low.min(), high.max(), _largest(data.x_test))
    fixed = scale == "none" or isinstance(scale, Given)
    if fixed and largest > LARGEST_UNSCALED:
        message = f"values up to {largest:g} reach neurons whose max_rate is for an input of 1"
        return _Fault(message, 2)
    if fixed and spread < ALIKE * max(1, largest):
        message = f"values from {low.min():g} to {high.max():g} hardly differ for neurons whose max_rate is for an input of 1"
        return _Fault(message, 2)
    if scale != "standard" and (message := _narrow(data, fixed)):
        return _Fault(message, 2)
    for percentiles, least in CORE.items() if scale in ("unit", "signed") else ():
        if (share := _core(data.x_train, percentiles) / spread) < least:
            message = f"{percentiles[1] - percentiles[0]}% of the values keep to {share:.1%} of the range that all are scaled by: hardly a neuron can tell"
            return _Fault(message, 2)
    surprising = ~varying & (data.x_test != data.x_train[0]).any(axis=0)
    if scale == "standard" and surprising.any():
        message = (
            f"{surprising.sum()} of {len(varying)} values never vary in training but do in testing, "
            f"where they reach {np.abs(data.x_test[:, surprising]).max():g}, unscaled"
        )
        return _Fault(message, 1)
    return None


def _narrow(data: Data, fixed: bool) -> str:
    """Return which values vary too little beside the range that all are scaled by, or beside 1 if they are as given; "" if hardly one does."""
    x = data.x_train
    low, high = x.min(axis=0), x.max(axis=0)
    spread, varying = high.max() - low.min(), high > low
    common, by = spread, "of the range that all are scaled by"
    if fixed:
        common, by = max(spread, 1), "of 1"
    narrow = varying & (high - low < NARROW * common)
    if narrow.sum() > MOST_NARROW * varying.sum():
        return f"{narrow.sum()} of {varying.sum()} values that vary keep to less than {NARROW:.0%} {by}: hardly a neuron can tell"
    few = slice(None, None, max(1, len(x) // MANY))
    quiet, told = _unheard_columns(x[few], data.y_train[few], common)
    if told <= MOST_UNHEARD:
        return ""
    return (
        f"{quiet} of {len(varying)} values vary by less than {QUIET:.0%} {by} (standard deviation), and hold {told:.0%} of what "
        "single values tell of the classes: hardly a neuron can hear them"
    )


def _unheard_columns(x: Array, y: Labels, common: float) -> tuple[int, float]:
    """Return how many columns vary so little, beside a common range, that hardly a neuron hears them, and the share that they hold.

    That is the share of what single columns tell of the classes: of the variance of each, the part between classes.
    """
    spread = x.std(axis=0)
    low = (spread > 0) & (spread < QUIET * common)
    mean, between = x.mean(axis=0), np.zeros(x.shape[1])
    for members in (x[y == c] for c in np.unique(y)):
        between += len(members) / len(x) * np.square(members.mean(axis=0) - mean)
    told = np.divide(between, np.square(spread), out=between, where=spread > 0)
    # By chance each tells a little of so few items.
    told[told < BY_CHANCE * (len(np.unique(y)) - 1) / len(x)] = 0
    return int(low.sum()), float(told[low].sum() / max(told.sum(), np.finfo(float).tiny))


def _core(x: Array, percentiles: tuple[int, int]) -> float:
    """Return the range between two percentiles of the values, without those that are as usual at their place: pixels may be dark."""
    some = x[:: max(1, len(x) // ENOUGH)]
    telling = some[some != np.median(some, axis=0)]
    low, high = np.percentile(telling, percentiles) if telling.size else (0.0, np.inf)
    return float(high - low)


def _better_scale(program: Program, data: Data, fault: _Fault) -> str:
    """Return the hint for the scale with the least fault, and for what it takes of the network; or what helps if none does."""
    items = Split(
        data.x_train * data.scale + data.shift, data.y_train, data.held_out.x, data.y_test
    )
    least, best = fault.gravity, ""
    scale: Fitted
    for scale in _preferred(program):
        source = program.data.model_copy(update={"scale": scale})
        try:
            other = _scale_fault(scale, scaled(replace(program, data=source), items))
        except Refusal:
            continue
        if (gravity := other.gravity if other else 0) < least:
            least, best = gravity, scale
    if best:
        return f'write scale = "{best}"{_beside(program, best)}'
    return (
        "set them to 0 in the data: nothing can be learnt from them" if fault.gravity == 1 else ""
    )


def _preferred(program: Program) -> Sequence[Fitted]:
    """Return the scales, those first that suit the network: one for all values suits pixels, and neurons that hear no negative ones."""
    network = program.network
    scales: list[Fitted] = ["standard", "unit", "signed"]
    if len(network.input_shape) > 1 or network.one_sided:
        scales = ["unit", "standard", "signed"]
    if any(connection.source == INPUT for connection in network.into_chip()):
        scales = [s for s in scales if s != "standard"]  # NengoLoihi clips to [-1, 1]
    return scales


def _beside(program: Program, scale: str) -> str:
    """Return what has to be written with a scale that gives negative values."""
    names = [] if scale == "unit" else [p.name for p in program.network.one_sided]
    return "".join(f" and mode = \"on_off\" in '{name}'" for name in names)


def _unheard(program: Program, x: Array) -> Iterator[Diagnostic]:
    """Warn of negative values where the scale doesn't tell that there are some."""
    share = np.mean(x < 0)
    if program.data.scale in ("signed", "standard") or share <= MOST_NEGATIVE:
        return
    for population in program.network.one_sided:
        message = f"{share:.0%} of the values are negative, and for those '{population.name}' stays silent"
        hint = 'write mode = "on_off"'
        yield Diagnostic(DATA_SIGN, message, population.at, "key", hint)


def _bursts(program: Program, data: Data) -> Iterator[Diagnostic]:
    """Warn of values for which neurons on the host send the chip several spikes in a step."""
    for population in program.network.feeding_from_host:
        neurons, into = population.neurons, program.network.into(population.name)
        if not neurons.bursts or not all(map(_as_it_is, into)):
            continue
        largest = max(_largest(x if c.at_run_time else x.clip(0)) for c in into for x in data.items)
        share = (largest - neurons.intercept) / (1 - neurons.intercept)
        spikes = neurons.max_rate * share * program.network.dt
        if spikes > 1 + 1e-6:
            message = (
                f"for values up to {largest:.3g} neurons of '{population.name}' fire {spikes:.2g} times in a step: "
                "the chip takes one spike"
            )
            at, hint = _cut(population)
            yield Diagnostic(DATA_BURSTS, message, at, "key", hint)


def _cut(population: Population) -> tuple[KeyPath, str]:
    """Return where a layer says its neurons, and the hint for a kind that fires once a step at most."""
    kind, own = '"loihi_spiking_relu"', (*population.at, "neurons")
    written = population.neurons_at.get("kind", ())
    if written[: len(own)] == own:
        return written, f"write {kind}: such neurons fire once a step at most, in training too"
    inner = any(at[: len(own)] == own for at in population.neurons_at.values())
    at, key = (own, "kind") if inner else (population.at, "neurons")
    return at, f"write {key} = {kind}: such neurons fire once a step at most, in training too"


def _as_it_is(connection: Connection) -> bool:
    """Whether neurons get values of the input, or their negatives."""
    kinds = {operator.kind for operator in connection.at_run_time}
    return connection.source == INPUT and kinds <= {"on_off"}


def _largest(x: Array) -> float:
    return float(np.abs(x).max())
