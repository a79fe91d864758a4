"""Firing rates: high enough to count, low enough for steps of time, and worth what they are taken for."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from snnc.checks.chip import CROWDED
from snnc.checks.fast import scaled_less
from snnc.checks.hints import at_most, setting, usual_step
from snnc.checks.rule import rule
from snnc.checks.units import LONG
from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import number
from snnc.program.network import Population
from snnc.program.program import Program

#: With fewer spikes than this at max_rate, one more or less changes the rate by more than a fifth.
FEW = 5
#: Maximal rates that are usual, in hertz: the lowest one, and one to start from.
LEAST_USUAL, USUAL = 100, 200
#: For how long items are usually shown, in seconds, at least.
USUAL_TIME = 0.1
#: Outputs of max_rate * amplitude in this range neither saturate the next layer nor vanish in it.
USUAL_OUTPUT = (0.3, 3.0)


NO_SPIKES = error("no-spikes")
FEW_SPIKES = warning("few-spikes")


@rule
def spikes_suffice(program: Program) -> Iterator[Diagnostic]:
    """The number of spikes stands for a rate; below one, most neurons are silent."""
    seconds, key = min(_shown(program))
    for population in program.network.populations:
        rate = population.neurons.max_rate
        spikes = population.running_rate * seconds
        if not population.neurons.spiking or spikes >= FEW:
            continue
        at, hint = _more_spikes(program, population, key)
        scaled = f" times {number(population.rate_scale)}" if population.rate_scale != 1 else ""
        asked = f"with max_rate {number(rate)}{scaled} and {number(seconds)} s an item, a neuron with an input of 1"
        if spikes < 1:
            yield Diagnostic(NO_SPIKES, f"{asked} doesn't fire once", at, hint=hint)
        else:
            times = "once" if f"{spikes:.2g}" == "1" else f"{spikes:.2g} times"
            message = f"{asked} fires {times}: too few to tell rates apart"
            yield Diagnostic(FEW_SPIKES, message, at, hint=hint)


def _more_spikes(program: Program, population: Population, key: str) -> tuple[KeyPath, str]:
    """Return a hint, and its place: a higher rate, or a longer presentation where rates can't be higher."""
    neurons, dt = population.neurons, program.network.dt
    longer = max(USUAL_TIME, ceil(10 * FEW / neurons.max_rate) / 10)
    at: KeyPath = population.at_neurons("max_rate")
    if neurons.max_rate < LEAST_USUAL and (neurons.refractory * USUAL < 1 or longer >= LONG):
        fastest = CROWDED / dt
        faster = at_most(fastest) if LEAST_USUAL <= fastest < USUAL else str(USUAL)
        written = f"write {setting(at, 'neurons', 'max_rate', faster)}; 100 to 300 is usual"
        return at, usual_step(program.network, written)
    steps = ceil(longer / dt - 1e-6)
    value = steps if key == "steps" else float(f"{steps * dt:.10g}")
    if key in program.presentation.model_fields_set:
        at = ("presentation", key)
    return at, f"write {setting(at, 'presentation', key, f'{number(value)} or more')}"


RATE_SCALE = error("rate-scale")
#: The share of the fastest rate up to which neurons that run faster than they were trained to put out about what they did.
STEEPEST = 0.75


@rule
def rates_scaled(program: Program) -> Iterator[Diagnostic]:
    """A layer may run faster than it was trained to, but not faster than its refractory period lets it."""
    for population in program.network.populations:
        neurons, at = population.neurons, (*population.at, "rate_scale")
        if population.rate_scale == 1 or neurons.max_rate * neurons.refractory >= 1:
            continue  # max_rate_possible has something to say of those
        if not neurons.spiking:
            why = f"'{neurons.kind}' puts out its rate, and no spikes that could be more or fewer"
            yield Diagnostic(RATE_SCALE, why, at, "key", "leave rate_scale out")
        elif population.running_rate * neurons.refractory >= 1:
            fastest = 1 / neurons.refractory
            yield Diagnostic(
                RATE_SCALE,
                f"with tau_ref {neurons.refractory:g} neurons fire below {fastest:g} Hz; max_rate times rate_scale is "
                f"{number(population.running_rate)}",
                at,
                hint=scaled_less(population, STEEPEST * fastest),
            )


STEEP_RATES = warning("steep-rates")


@rule
def rates_keep_their_curve(program: Program) -> Iterator[Diagnostic]:
    """Next to the fastest rate that a refractory period allows, neurons are either silent or fire about as fast as they can."""
    for population in program.network.populations:
        neurons = population.neurons
        share = population.running_rate * neurons.refractory
        if population.rate_scale > 1 and neurons.spiking and STEEPEST < share < 1:
            fastest = 1 / neurons.refractory
            yield Diagnostic(
                STEEP_RATES,
                f"max_rate times rate_scale is {number(population.running_rate)}, near the {fastest:g} Hz that tau_ref allows: "
                "small inputs put out nearly as much as large ones, unlike in training",
                (*population.at, "rate_scale"),
                hint=scaled_less(population, STEEPEST * fastest),
            )


AMPLITUDE = warning("amplitude")


@rule
def amplitude_fits(program: Program) -> Iterator[Diagnostic]:
    """Outputs are amplitude times rate; training starts from outputs of about 1."""
    low, high = USUAL_OUTPUT
    for population in program.network.populations:
        neurons = population.neurons
        if neurons.amplitude is None:
            continue
        output = neurons.amplitude * neurons.max_rate
        if not low <= output <= high:
            yield Diagnostic(
                AMPLITUDE,
                f"amplitude times max_rate is {output:.3g}: that is what the next layer gets for an input of 1",
                population.at_neurons("amplitude"),
                hint=f"leave it out: 1 / max_rate, {1 / neurons.max_rate:.4g}, makes it 1",
            )


HIGH_INTERCEPT = warning("high-intercept")


@rule
def intercept_low(program: Program) -> Iterator[Diagnostic]:
    """A neuron that only starts to fire near an input of 1 is silent for most items."""
    for population in program.network.populations:
        intercept = population.neurons.intercept
        if intercept > 0.5:
            yield Diagnostic(
                HIGH_INTERCEPT,
                f"neurons stay silent for inputs below {number(intercept)}, and training can't wake those that always are",
                population.at_neurons("intercept"),
                hint="write intercept = 0",
            )


def _shown(program: Program) -> Iterator[tuple[float, str]]:
    """Yield for how long items are shown, in seconds, and the key of [presentation] that says so."""
    yield program.presentation.time, "time"
    if program.presentation.steps:
        yield program.presentation.steps * program.network.dt, "steps"
