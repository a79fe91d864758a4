"""Hints for wrong keys, types and units in a spec: what to write instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from snnc.diagnostics.wording import close, joined, near, number
from snnc.spec import write_toml
from snnc.spec.base import Model
from snnc.spec.keras_hints import key_hint
from snnc.spec.kinds import by_kind, tables_in
from snnc.spec.located_errors import LocatedError, table_keys, value_at
from snnc.spec.neurons import KINDS as NEURONS
from snnc.spec.tables import Spec

#: Values to start from, of keys that have no default.
_USUAL = {
    "classes": "10",
    "decay_rate": "0.9",
    "decay_steps": "1000",
    "filters": "16",
    "initial_learning_rate": "0.001",
    "kernel_size": "3",
    "patience": "5",
    "rate": "0.2",
    "units": "64",
}
#: Patterns of text in quotes that is a value of this type without them.
_QUOTED = {
    "an integer": r"-?(0|[1-9]\d{0,8})",
    "a number": r"-?(0|[1-9]\d{0,8})(\.\d{1,9})?",
    "true or false": "true|false",
}


def unknown_key_hint(error: LocatedError) -> str:
    """Return a hint for a key that the table doesn't have."""
    *path, last = error.path
    key = str(last)
    others = [table for table in error.siblings if key in table_keys(table)]
    if others:
        kinds = list(by_kind(others))
        (own,) = by_kind(error.tables)
        have = "have" if len(kinds) > 1 else "has"
        return f"leave it out: '{own}' has none; {joined(kinds, 'and')} {have} it"
    table = next((part for part in reversed(path) if isinstance(part, str)), "")
    if hint := key_hint(table, key, value_at(error.data, path)):
        return hint
    if close(key, error.keys):
        return near(key, error.keys)
    return _elsewhere(error) or _left_out(error.keys)


def _elsewhere(error: LocatedError) -> str:
    """Return the hint for a key that belongs to a layer's neurons, or to another table of the spec."""
    *path, last = error.path
    key, written = str(last), value_at(error.data, path)
    if len(path) == 2 and path[0] == "layers" and key in _keys_in(NEURONS.values()):
        own = written.get("neurons", {})
        table = {"kind": own} if isinstance(own, str) else own
        return f"write neurons = {write_toml.value({**table, key: written[key]})} instead"
    fields = Spec.model_fields.items()
    inner = {name: tables_in((field.annotation, *field.metadata)) for name, field in fields}
    homes = [name for name in inner if name != "layers" and key in _keys_in(inner[name])]
    return f"write it in [{homes[0]}]" if len(homes) == 1 else ""


def _keys_in(tables: Iterable[type[Model]]) -> set[str]:
    return {key for table in tables for key in table_keys(table)}


def _left_out(keys: list[str]) -> str:
    return f"leave it out: the keys here are {joined(keys, 'and')}" if keys else ""


def as_name(text: str) -> str:
    """Return the name that a text becomes by lower case, and _ for what no name has; "" if nothing is left of it."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_").lstrip("0123456789_")
    return plain[:32].rstrip("_")


def missing_hint(key: str, written: Any) -> str:
    """Return a hint for a key that has to stand in a table: what is usual, or what the rest of the table says."""
    labels = written.get("labels") if isinstance(written, Mapping) else None
    if key == "classes" and isinstance(labels, list) and len(labels) > 1:
        return f"write classes = {len(labels)}"
    if key == "classes" and isinstance(written, Mapping) and written.get("units") == 1:
        return "write classes = 2 for a yes or no"
    return f"write {key} = {_USUAL[key]}, say" if key in _USUAL else ""


def unit_hint(error: LocatedError, limit: float) -> str:
    """Return a hint for a number above a limit that was probably meant in another unit, or ""."""
    key, value = error.path[-1], error.detail["input"]
    if key == "mean_of_last" and value > limit:
        return "write 0.3, say: it is a share of the presentation"
    if key == "tau" and value > limit:
        return "write 0.005, say: times are in seconds"
    if key in ("dt", "tau_ref") and limit <= value < 1000 * limit:
        return f"write {number(value / 1000)}: times are in seconds"
    return ""


def scale_hint(value: Any, words: str) -> str:
    """Return the hint for a scale that isn't one of the words: a number is what is divided by, or multiplied with if it is small."""
    if type(value) in (int, float) and value:
        divisor = value if abs(value) >= 1 else 1 / value
        return f"write {{ divide = {number(float(f'{divisor:.12g}'))} }}"
    return words


def type_hint(error: LocatedError, expected: str) -> str:
    """Return a hint for a value that isn't of the expected type, or ""."""
    value = error.detail["input"]
    if isinstance(value, str) and re.fullmatch(_QUOTED.get(expected, "(?!)"), value.lower()):
        return f"write {value.lower()}, without quotes"
    if expected == "an array":
        return _array_hint(error)
    if expected == "a string":
        return _string_hint(error)
    if expected == "an integer" and isinstance(value, float) and value.is_integer():
        return f"write {value:.0f}"
    return _table_hint(error) if expected == "a table" else ""


def _array_hint(error: LocatedError) -> str:
    value = error.detail["input"]
    if error.path == ("layers",):
        return "write [[layers]], in double brackets, over each layer"
    return f"write [{_toml(value)}]" if isinstance(value, str | int | float) else ""


def _string_hint(error: LocatedError) -> str:
    value = error.detail["input"]
    if error.path[0] == "allow":
        return "write the reason, in quotes"
    return f'write "{_toml(value)}"' if isinstance(value, int | float) else ""


def _table_hint(error: LocatedError) -> str:
    value, path = error.detail["input"], error.path
    if isinstance(value, list) and len(path) == 1:
        return f"write [{path[0]}], in single brackets"
    keys = {key for table in error.tables for key in table.model_fields}
    if type(value) in (int, float) and "tau" in keys:
        return f"write {{ tau = {_toml(value)} }}"
    if "patience" in keys:
        return f"write {{ patience = {value if type(value) is int and value > 0 else 5} }}"
    return near("", list(by_kind(error.tables))) if len(error.tables) > 1 else ""


def _toml(value: str | int | float) -> str:
    """Return a short value as TOML text."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, str) else number(value)
