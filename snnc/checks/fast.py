"""Layers that run faster than some limit: by their max_rate, or by how many times as fast they run as they were trained to."""

from __future__ import annotations

from math import floor
from typing import NamedTuple

from snnc.checks.hints import at_most, setting
from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.wording import number
from snnc.program.network import Population


class TooFast(NamedTuple):
    """What asks for too high a rate, in words, where that is written, what to write instead, and whether it is rate_scale."""

    asked: str
    at: KeyPath
    instead: str
    scaled: bool


def too_fast(population: Population, largest: float, *keys: str) -> TooFast | None:
    """Return what is above a limit, in hertz. `keys` are settings of the neurons that it may be due to, besides their rate."""
    limit = largest * (1 + 1e-9)
    if population.running_rate <= limit:
        return None
    rate = population.neurons.max_rate
    if rate > limit:
        at = population.at_neurons("max_rate", *keys, otherwise=("network", "dt"))
        slower = setting(at, "neurons", "max_rate", f"{at_most(largest)} or less")
        return TooFast(f"max_rate is {number(rate)}", at, f"write {slower}", scaled=False)
    asked = f"max_rate times rate_scale is {number(population.running_rate)}"
    less = scaled_less(population, largest)
    return TooFast(asked, (*population.at, "rate_scale"), less, scaled=True)


def scaled_less(population: Population, largest: float) -> str:
    """Return the hint for a layer that its rate_scale brings above a limit, in hertz."""
    scale = floor(100 * largest / population.neurons.max_rate) / 100
    return f"write rate_scale = {number(scale)} or less" if scale > 1 else "leave rate_scale out"
