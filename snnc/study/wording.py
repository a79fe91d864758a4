"""What trials come to, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snnc.running.energy import in_words as joules_in_words
from snnc.spec import write_toml
from snnc.spec.study import Objective
from snnc.study.measured import Measured


def word(measured: Measured, objective: Objective) -> str:
    """Return the number of an objective, with its unit."""
    value = measured.value(objective)
    if objective == "accuracy":
        return f"{100 * value:.2f} %"
    if objective == "time":
        return f"{1000 * value:g} ms"
    if objective == "energy":
        return joules_in_words(value)
    return f"{value:.0f} {objective}"


def in_words(values: Mapping[str, Any]) -> str:
    """Return the values of a trial, by address."""
    return ", ".join(f"{address} {short(value)}" for address, value in values.items())


def short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else write_toml.value(value)
