"""Values of another type than a key takes, as they were probably meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from snnc.spec import write_toml
from snnc.spec.toml_values import as_value, without_unit

_YES, _NO = ("true", "yes", "on", "1", "infer"), ("false", "no", "off", "0", "none")


def meant(value: Any, expected: str, key: str) -> str:
    """Return the hint for the value of a type that was probably meant by another value, or ""."""
    if expected == "true or false":
        return _truth(value, key)
    if expected in ("an integer", "a number"):
        return _number(value, expected)
    return _array(value) if expected == "an array" else ""


def _truth(value: Any, key: str) -> str:
    if key == "header" and type(value) is int:
        return "write true: the first line names the columns, and is the only one left out"
    word = str(value).lower()
    truth = "true" if word in _YES else "false" if word in _NO else ""
    quotes = ", without quotes" if truth and isinstance(value, str) else ""
    return f"write {truth}{quotes}" if truth else ""


def _number(value: Any, expected: str) -> str:
    if isinstance(value, str):
        return _in_quotes(value.strip(), expected)
    if isinstance(value, list) and value and all(type(v) in (int, float) for v in value):
        several = ": one number for all" if len(value) > 1 else ""
        return f"write {write_toml.value(max(value))}{several}"
    if isinstance(value, float) and expected == "an integer" and abs(value) < 1e9:
        return f"write {max(int(value), 1)}"
    return ""


def _in_quotes(text: str, expected: str) -> str:
    """Return the hint for a number in quotes, perhaps with its unit."""
    united = without_unit(text)
    number = united[0] if united else as_value(text)
    pattern = r"-?\d{1,9}" if expected == "an integer" else r"-?\d{1,9}(\.\d{1,9})?(e-?\d{1,2})?"
    if not re.fullmatch(pattern, number):
        return ""
    return f"write {number}: {united[1]}" if united else f"write {number}, without quotes"


def _array(value: Any) -> str:
    if isinstance(value, Mapping):
        return _names_by_number(value)
    if not isinstance(value, str):
        return f"write [{write_toml.value(value)}]" if isinstance(value, int | float) else ""
    parts = [part for part in re.split(r"[,;x*\s()\[\]]+", value) if part]
    if parts and all(re.fullmatch(r"\d{1,9}", part) for part in parts):
        return f"write [{', '.join(parts)}]"
    return f"write {write_toml.value([part.strip() for part in value.split(',') if part.strip()])}"


def _names_by_number(value: Mapping[str, Any]) -> str:
    """Return the hint for names that are given their numbers, or numbers that are given their names."""
    names, numbers = list(value), list(value.values())
    if all(isinstance(n, str) for n in numbers):
        names, numbers = numbers, names
    try:
        order = sorted(range(len(names)), key=lambda index: int(numbers[index]))
    except (TypeError, ValueError):
        return ""
    return f"write {write_toml.value([names[index] for index in order])}"
