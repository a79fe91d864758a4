"""Firing rates of a trained network on items that it was trained on, and what is odd about them.

They are computed without time, as the neurons fire that run: on the chip in whole steps. docs/rates.md says where the limits
come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from snnc.data.prepare import Data, trained_on
from snnc.diagnostics.codes import DEAD_NEURONS, FAST_RATES, SCARCE_SPIKES, TWIN_AHEAD
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import counted, number
from snnc.program.network import Population
from snnc.program.program import Program
from snnc.running.rates import activity, as_it_runs, as_trained
from snnc.running.statistics import Interval, accuracy, paired_difference
from snnc.training.improving import more
from snnc.training.params_file import Trained

Array = NDArray[np.float64]

#: Rates of this many items are measured, or of fewer where there are so many neurons that they take memory.
ITEMS, MOST_RATES = 10_000, 10_000_000
#: Where it fires at all, a neuron has to fire so often while an item is shown: with less, a point or more is lost mostly.
ENOUGH_SPIKES = 4.0
#: Rates that are usual end here, in hertz: above it the chip's next lower rate is a quarter lower, or more.
FAST = 250.0
#: What the chip's steps may change, in shares of answers: less is hardly seen.
HARDLY_SEEN = 0.003
#: This share of a layer's neurons is hardly missed.
SPARE_NEURONS = 0.25
#: What a hint adds to what would just do: after another training rates are a little different.
MARGIN = 1.25


@dataclass(frozen=True)
class LayerMeasured:
    """The rates of a layer in hertz: the mean where a neuron fires, the share of those above FAST, and how many neurons never do."""

    name: str
    rate: float
    fast: float
    dead: int
    neurons: int


@dataclass(frozen=True, eq=False)
class Measured:
    """The rates of each layer on n items, for `seconds` an item.

    `right` says of each whether the rate neurons that were trained answer it rightly; `steps_cost` is by how much those are
    right more often whose rates run.
    """

    right: NDArray[np.bool_]
    seconds: float
    layers: tuple[LayerMeasured, ...]
    steps_cost: Interval

    @property
    def n(self) -> int:
        return len(self.right)

    def lines(self) -> Iterator[str]:
        """Yield what there is to say of each layer."""
        yield f"Rates on {counted(self.n, 'item')} that were trained on, where a neuron fires:"
        for layer in self.layers:
            spikes = layer.rate * self.seconds
            yield (
                f"  {layer.name}: {layer.rate:.0f} Hz, {spikes:.1f} spikes in {self.seconds:g} s; {layer.fast:.0%} above {FAST:g} Hz; "
                f"{layer.dead} of {counted(layer.neurons, 'neuron')} never"
            )


def items_to_measure(program: Program) -> int:
    """Return on how many items rates are measured."""
    neurons = sum(population.size for population in program.network.populations)
    return max(1, min(ITEMS, MOST_RATES // neurons))


def measure(program: Program, x: Array, y: NDArray[np.int64]) -> Measured:
    """Return the rates of a deployed program on items x, (n, size), with labels y, (n,)."""
    network = program.network
    runs, hertz = activity(network, x, as_it_runs)
    right = activity(network, x, as_trained)[0].argmax(axis=1) == y
    cost = paired_difference(runs.argmax(axis=1) == y, right)
    layers = (
        _layer(population, hertz[population.name])
        for population in network.populations
        if population.neurons.spiking
    )
    return Measured(right, shortest(program), tuple(layers), cost)


def measured_again(trained: Trained, program: Program, data: Data) -> Measured:
    """Return the rates of a program that was trained before, on its data."""
    x, y = trained_on(program, data, items_to_measure(program))
    # Scaled as they were when it was trained.
    items = (x * data.scale + data.shift - trained.shift) / trained.scale
    return measure(trained.program, items, y)


def _layer(population: Population, hertz: Array) -> LayerMeasured:
    fires = hertz[hertz > 0]
    return LayerMeasured(
        population.name,
        rate=float(fires.mean()) if len(fires) else 0.0,
        fast=float(np.mean(fires > FAST)) if len(fires) else 0.0,
        dead=int(np.sum(~(hertz > 0).any(axis=0))),
        neurons=population.size,
    )


def shortest(program: Program) -> float:
    """Return for how long items are shown at least, in seconds."""
    steps = program.presentation.steps
    fresh = steps * program.network.dt if steps else program.presentation.time
    return min(fresh, program.presentation.time)


def rate_warnings(program: Program, measured: Measured) -> tuple[Diagnostic, ...]:
    """Return what is odd about measured rates, with what to write instead: the network has to be trained again then."""
    return (
        *_scarce(program, measured),
        *_fast(program, measured),
        *_dead(program, measured.layers, measured.n),
    )


def twin_ahead(
    program: Program, measured: Measured, twin_right: NDArray[np.bool_] | None, longer: str
) -> Iterator[Diagnostic]:
    """Yield a warning if the float twin has learnt more of the items that were trained on than the rate neurons have.

    `longer` says how a number of epochs is given.
    """
    if twin_right is None or (wanted := more(program)) is None:
        return
    difference = paired_difference(measured.right, twin_right)
    if difference.high < 0 and difference.value <= -HARDLY_SEEN:
        yield Diagnostic(
            TWIN_AHEAD,
            f"of {measured.n} items that were trained on, the float twin has {100 * twin_right.mean():.1f} % right, the rate neurons "
            f"{100 * measured.right.mean():.1f} %, {_points(difference)} points fewer: training is unfinished for these neurons",
            ("train", "epochs"),
            hint=longer.format(wanted),
        )


def _scarce(program: Program, measured: Measured) -> Iterator[Diagnostic]:
    alive = [layer for layer in measured.layers if layer.rate]
    if not alive:
        return
    least = min(alive, key=lambda layer: layer.rate)
    spikes = least.rate * measured.seconds
    if spikes < ENOUGH_SPIKES:
        at, hint = _more_spikes(program, program.network.population(least.name), spikes)
        yield Diagnostic(
            SCARCE_SPIKES,
            f"where neurons of '{least.name}' fire, they fire at {least.rate:.0f} Hz, {spikes:.1f} times in {number(measured.seconds)} s: "
            "too few to tell rates apart",
            at,
            hint=hint,
        )


def _more_spikes(program: Program, population: Population, spikes: float) -> tuple[KeyPath, str]:
    """Return a place and a hint: a higher max_rate as far as that is usual, and else more time."""
    factor = MARGIN * ENOUGH_SPIKES / spikes
    longer = _time(program, factor)
    highest = max(p.neurons.max_rate for p in program.network.populations)
    at = population.at_neurons("max_rate")
    if at[0] != "neurons" or factor * highest > FAST:
        return ("presentation", "time"), f"write {longer} in [presentation]"
    faster = ceil(factor * population.neurons.max_rate / 10) * 10
    return at, f"write max_rate = {faster} and train again, or write {longer} in [presentation]"


def _time(program: Program, factor: float) -> str:
    """Return the settings by which items are shown for longer."""
    dt, presentation = program.network.dt, program.presentation
    steps = ceil(factor * shortest(program) / dt / 10) * 10
    settings = []
    if presentation.time < steps * dt:
        settings.append(f"time = {number(float(f'{steps * dt:.10g}'))}")
    if presentation.steps and presentation.steps < steps:
        settings.append(f"steps = {steps}")
    return " and ".join(settings)


def _fast(program: Program, measured: Measured) -> Iterator[Diagnostic]:
    cost = measured.steps_cost
    on_chip = {population.name for population in program.network.populations_on_chip}
    layers = [layer for layer in measured.layers if layer.name in on_chip]
    if not layers or cost.high >= 0 or cost.value > -HARDLY_SEEN:
        return
    fastest = max(layers, key=lambda layer: (layer.fast, layer.rate))
    population = program.network.population(fastest.name)
    yield Diagnostic(
        FAST_RATES,
        f"with the chip's rates, which come in steps, {_points(cost)} points fewer of {measured.n} items are right than with those "
        f"that were trained; of the rates of '{fastest.name}' {fastest.fast:.0%} are above {FAST:g} Hz",
        population.at_neurons("max_rate"),
        hint='write gradient = "loihi" in [train], and train again',
    )


def _dead(program: Program, layers: Iterable[LayerMeasured], n: int) -> Iterator[Diagnostic]:
    dead = {layer.name for layer in layers if layer.dead == layer.neurons}
    for layer in layers:
        population = program.network.population(layer.name)
        hears = any(
            connection.source not in dead for connection in program.network.into(layer.name)
        )
        # Filters have a code of their own, and neurons of an encoder nothing to learn.
        learns = any(
            op.fully_connected for c in program.network.into(layer.name) for op in c.operators
        )
        if hears and learns and layer.dead > SPARE_NEURONS * layer.neurons:
            yield Diagnostic(
                DEAD_NEURONS,
                f"{layer.dead} of {counted(layer.neurons, 'neuron')} of '{layer.name}' never fire for any of {counted(n, 'item')} "
                "that were trained on",
                population.at,
                "key",
                both_signs(program),
            )


def both_signs(program: Program) -> str:
    """Return what makes neurons fire that no value excites: values of both signs, or slower steps."""
    if program.data.scale in ("unit", "none"):
        scale = "signed" if program.network.sees_images else "standard"
        return f'write scale = "{scale}" in [data], and train again'
    return "lower the learning rate, and train again"


def in_per_cent(right: NDArray[np.bool_]) -> str:
    """Return a share with its interval."""
    share = accuracy(right)
    value, low, high = (100 * number for number in (share.value, share.low, share.high))
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def _points(interval: Interval) -> str:
    low, value, high = (-100 * share for share in (interval.high, interval.value, interval.low))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"
