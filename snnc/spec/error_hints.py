"""Hints for wrong keys, types and units in a spec: what to write instead."""

from __future__ import annotations

import json
import re

from snnc.diagnostics.wording import close, joined, near, number
from snnc.spec.keras_hints import key_hint
from snnc.spec.kinds import by_kind
from snnc.spec.located_errors import LocatedError, table_keys, value_at

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
    if close(key, error.keys):
        return near(key, error.keys)
    table = next((part for part in reversed(path) if isinstance(part, str)), "")
    return key_hint(table, key, value_at(error.data, path)) or near(key, error.keys)


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


def type_hint(error: LocatedError, expected: str) -> str:
    """Return a hint for a value that isn't of the expected type, or ""."""
    value = error.detail["input"]
    if isinstance(value, str) and expected in _QUOTED and re.fullmatch(_QUOTED[expected], value):
        return f"write {value}, without quotes"
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
    return near("", list(by_kind(error.tables))) if len(error.tables) > 1 else ""


def _toml(value: str | int | float) -> str:
    """Return a short value as TOML text."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, str) else number(value)
