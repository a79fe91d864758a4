"""Rules on training: a lower learning rate can come, and firing rates can be kept in their bands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from snnc.checks.hints import at_most
from snnc.checks.rule import rule
from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import counted, number
from snnc.program.program import Program
from snnc.spec.write_toml import value as quoted

#: Where a schedule of the learning rate stands.
RATE: KeyPath = ("train", "optimizer", "learning_rate")

PLATEAU = error("plateau")


@rule
def plateau_judged(program: Program) -> Iterator[Diagnostic]:
    """What the learning rate depends on is known only where some items validate."""
    monitor = program.plateau.kwargs["monitor"] if program.plateau else ""
    if monitor.startswith("val_") and not program.validates:
        message = f"no items are held out from training, by which {monitor} could be told"
        hint = "write validation_fraction = 0.1 in [train], or write {}"
        at = (*RATE, "monitor")
        yield Diagnostic(PLATEAU, message, at, hint=hint.format(quoted(monitor[4:])))


LATE_PLATEAU = warning("late-plateau")


@rule
def plateau_possible(program: Program) -> Iterator[Diagnostic]:
    """A lower learning rate needs the first epoch, those of patience, and another one."""
    rate: Any = program.train.optimizer.learning_rate
    epochs = program.train.epochs
    if program.plateau is None or rate.patience + 2 <= epochs:
        return
    message = (
        f"the learning rate never falls in {counted(epochs, 'epoch')}: "
        f"it would wait for {number(rate.patience)} after the first"
    )
    if epochs < 3:
        yield Diagnostic(LATE_PLATEAU, message, RATE, hint=f"write {number(rate.argument)}")
    else:
        hint = f"write patience = {max(epochs // 5, 1)}"
        yield Diagnostic(LATE_PLATEAU, message, RATE, "key", hint)


FIRING_RATES = error("firing-rates")


@rule
def bands_possible(program: Program) -> Iterator[Diagnostic]:
    """A band has a width, and begins below what an input of 1 gives."""
    for name, band in program.network.bands.items():
        assert band.max is not None
        population = program.network.population(name)
        max_rate = population.neurons.max_rate
        upper = min(band.max, max_rate)
        if band.min >= upper:
            limit = "max_rate, the rate for an input of 1," if upper == max_rate else "max"
            yield Diagnostic(
                FIRING_RATES,
                f"rates are to be at least {number(band.min)} Hz, but {limit} is {number(upper)} Hz",
                population.firing_rates_at["min"],
                hint=f"write {at_most(upper / 2)} or less",
            )


UNUSED_FIRING_RATES = warning("unused-firing-rates")


@rule
def bands_used(program: Program) -> Iterator[Diagnostic]:
    """A band is for some layer, and there are rates outside of it."""
    if program.train.firing_rates and not program.network.bands:
        message = "the weight of firing rates is 0 in every layer"
        yield Diagnostic(
            UNUSED_FIRING_RATES, message, ("train", "firing_rates"), "key", "leave it out"
        )
    for name, band in program.network.bands.items():
        assert band.max is not None
        population = program.network.population(name)
        rest = population.neurons.refractory
        at = population.firing_rates_at.get("max")
        if at and band.min == 0 and band.max * rest >= 1:
            yield Diagnostic(
                UNUSED_FIRING_RATES,
                f"with tau_ref {rest:g} neurons never fire faster than {1 / rest:g} Hz, so every rate is in the band",
                at,
                hint=f"write {at_most(population.neurons.max_rate)} or less",
            )
