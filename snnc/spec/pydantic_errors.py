"""pydantic's errors in the words of TOML, each with its place. They are told apart by their type, never by their text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from snnc.diagnostics.codes import (
    BAD_NAME,
    MISSING_KEY,
    MISSING_TABLE,
    OUT_OF_RANGE,
    UNKNOWN_KEY,
    UNKNOWN_KIND,
    UNKNOWN_VALUE,
    WRONG_TYPE,
    named,
)
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import close, joined, near, number, shown, toml_type
from snnc.spec.base import Model
from snnc.spec.keras_hints import key_hint, layer_hint
from snnc.spec.kinds import by_kind, tables_in


@dataclass(frozen=True, eq=False)
class _Complaint:
    """One of pydantic's errors: `at` is its place in the document, `tables` what may stand there or around it.

    `kin` are the kinds of which one was chosen, where it stands in a table that has a kind.
    """

    detail: ErrorDetails
    at: KeyPath
    data: dict[str, Any]
    tables: list[type[Model]]
    kin: list[type[Model]]

    @property
    def name(self) -> str:
        """How the wrong value is called."""
        key = self.at[-1] if self.at else ""
        return f"item {key + 1} of '{self.at[-2]}'" if isinstance(key, int) else f"'{key}'"


def complaints(
    error: ValidationError, data: dict[str, Any], root: Any, start: KeyPath = ()
) -> list[Diagnostic]:
    """Return a diagnostic for each of pydantic's errors; `start` is where the validated part stands."""
    found = []
    misspelt: set[KeyPath] = set()
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and detail["input"]:
            continue  # its items are wrong, and have errors of their own
        complaint = _Complaint(detail, *_place(root, detail["loc"], data, start))
        diagnostic = _diagnostic(complaint)
        found.append(diagnostic)
        if diagnostic.code == "unknown-key":
            misspelt |= {
                (*complaint.at[:-1], key)
                for key in _keys(complaint)
                if f"'{key}'" in diagnostic.hint
            }
    # A key that is misspelt is not missing as well.
    return [d for d in found if d.code != "missing-key" or d.at not in misspelt]


def place(at: KeyPath, data: dict[str, Any]) -> str:
    """Return how people call the table at a place: "[train]", "layer 'hidden1'", "layer 2"."""
    if not at:
        return "the spec"
    if at[0] == "layers" and len(at) > 1:
        index = at[1]
        layer: Any = data["layers"][index] if isinstance(index, int) else {}
        name = layer.get("name") if isinstance(layer, dict) else None
        called = f"layer '{name}'" if isinstance(name, str) else f"layer {int(index) + 1}"
        rest = ".".join(str(part) for part in at[2:])
        return f"'{rest}' of {called}" if rest else called
    return "[" + ".".join(str(part) for part in at) + "]"


def _place(
    root: Any, loc: tuple[int | str, ...], data: Any, start: KeyPath
) -> tuple[KeyPath, dict[str, Any], list[type[Model]], list[type[Model]]]:
    """Lead pydantic's location through the document; return what a complaint is made of, `at` and all after it.

    The location also names the kinds, and the branches of other unions, that it passes through; a path does not.
    """
    models, path = tables_in(root), start
    kin: list[type[Model]] = []
    # Whether the next part may be a kind: a key of that name would come after it.
    at_union = len(models) > 1
    for part in loc:
        fields = [f for m in models for n, f in m.model_fields.items() if part == (f.alias or n)]
        tagged = by_kind(models)
        if isinstance(part, int):
            path = (*path, part)
        elif at_union and part in tagged:
            models, kin, at_union = [tagged[part]], models, False
        elif fields:
            path = (*path, part)
            inner = [m for f in fields for m in tables_in((f.annotation, *f.metadata))]
            if inner:
                models, kin = inner, []
            at_union = len(inner) > 1
        elif part == loc[-1] and _is_key(data, path, part):
            path = (*path, part)
    return path, data, models, kin


def _is_key(data: Any, path: KeyPath, key: str) -> bool:
    """Whether a table in the document has a key."""
    table = _value(data, path)
    return isinstance(table, dict) and key in table


def _value(data: Any, path: Iterable[str | int]) -> Any:
    """Return what stands at a place of the document."""
    for part in path:
        data = data[part]
    return data


def _keys(complaint: _Complaint) -> list[str]:
    """Return the keys that the table may have, if it is clear which table is meant."""
    return _table_keys(complaint.tables[0]) if len(complaint.tables) == 1 else []


def _table_keys(table: type[Model]) -> list[str]:
    return [field.alias or name for name, field in table.model_fields.items()]


_EXPECTED = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "string_type": "a string",
    "bool_type": "true or false",
    "tuple_type": "an array",
    "list_type": "an array",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}

#: How text looks that is a value of this type, in quotes.
_QUOTED = {
    "an integer": r"-?(0|[1-9]\d{0,8})",
    "a number": r"-?(0|[1-9]\d{0,8})(\.\d{1,9})?",
    "true or false": "true|false",
}

_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def _diagnostic(complaint: _Complaint) -> Diagnostic:
    kind, value = complaint.detail["type"], complaint.detail["input"]
    context = complaint.detail.get("ctx", {})
    at, name = complaint.at, complaint.name
    if kind == "extra_forbidden":
        message = f"{place(at[:-1], complaint.data)} has no key {name}"
        return Diagnostic(UNKNOWN_KEY, message, at, "key", _instead_of_key(complaint))
    if kind == "missing":
        return _missing(complaint)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_kind(complaint)
    if kind in _EXPECTED:
        return _wrong_type(complaint, _EXPECTED[kind])
    if kind in _BOUNDS:
        return _out_of_bounds(complaint)
    if kind == "finite_number":
        return Diagnostic(OUT_OF_RANGE, f"{name} is a finite number, not {value}", at)
    if kind in ("too_short", "string_too_short"):
        return Diagnostic(OUT_OF_RANGE, f"{name} is not empty", at)
    if kind == "literal_error":
        return _unknown_value(complaint)
    if kind == "string_pattern_mismatch":
        hint = "a lower-case letter, then up to 31 lower-case letters, digits or _"
        return Diagnostic(BAD_NAME, f"{shown(value)} is no name", at, hint=hint)
    # One of our own: it names the key that it is about.
    key = context.get("key", "")
    return Diagnostic(
        named(kind), complaint.detail["msg"], (*at, key) if key else at, "key" if key else "value"
    )


def _instead_of_key(complaint: _Complaint) -> str:
    """Return what to do about a key that a table doesn't have."""
    *path, key = complaint.at
    keys, key = _keys(complaint), str(key)
    others = [table for table in complaint.kin if key in _table_keys(table)]
    if others:
        kinds = list(by_kind(others))
        (own,) = by_kind(complaint.tables)
        have = "have" if len(kinds) > 1 else "has"
        return f"leave it out: '{own}' has none; {joined(kinds, 'and')} {have} it"
    if close(key, keys):
        return near(key, keys)
    table = next((part for part in reversed(path) if isinstance(part, str)), "")
    return key_hint(table, key, _value(complaint.data, path)) or near(key, keys)


def _unknown_value(complaint: _Complaint) -> Diagnostic:
    at, value = complaint.at, complaint.detail["input"]
    hint = near(value, _words(complaint.detail["ctx"]["expected"]))
    if at == ("presentation", "read"):
        hint += ", or { mean_of_last = 0.3 } for the mean of the last 30 %"
    return Diagnostic(UNKNOWN_VALUE, f"{complaint.name} can't be {shown(value)}", at, hint=hint)


def _out_of_bounds(complaint: _Complaint) -> Diagnostic:
    at, value = complaint.at, complaint.detail["input"]
    if at == ("snnc",):
        message = f"this snnc reads version 1 of the language, not {number(value)}"
        return Diagnostic(OUT_OF_RANGE, message, at, hint="write 1")
    words, bound = _BOUNDS[complaint.detail["type"]]
    limit = complaint.detail["ctx"][bound]
    message = f"{complaint.name} is {words} {number(limit)}, not {number(value)}"
    return Diagnostic(OUT_OF_RANGE, message, at, hint=_in_unit(complaint, limit))


def _in_unit(complaint: _Complaint, limit: float) -> str:
    """Return a hint where a number above a limit is surely meant in another unit."""
    key, value = complaint.at[-1], complaint.detail["input"]
    if key == "mean_of_last" and value > limit:
        return "write 0.3, say: it is a share of the presentation"
    if key == "tau" and value > limit:
        return "write 0.005, say: times are in seconds"
    if key in ("dt", "tau_ref") and limit <= value < 1000 * limit:
        return f"write {number(value / 1000)}: times are in seconds"
    return ""


def _missing(complaint: _Complaint) -> Diagnostic:
    *table, key = complaint.at
    if not table:
        header = f"[[{key}]]" if key == "layers" else f"[{key}]"
        return Diagnostic(MISSING_TABLE, f"the spec has no {header}", complaint.at)
    where = place(tuple(table), complaint.data)
    return Diagnostic(MISSING_KEY, f"{where} has no '{key}'", complaint.at, "key")


def _wrong_type(complaint: _Complaint, expected: str) -> Diagnostic:
    value = toml_type(complaint.detail["input"])
    if expected == "a number" and value == "an integer":
        return Diagnostic(OUT_OF_RANGE, f"{complaint.name} is too large a number", complaint.at)
    hint = _instead(complaint, expected)
    if expected == "a table" and len(complaint.tables) > 1:
        expected = "a table, or a kind in quotes"
    if expected == "a number" and len(complaint.tables) > 1:
        expected = "a number, or a table with a kind"
    message = f"{complaint.name} is {expected}, not {value}"
    return Diagnostic(WRONG_TYPE, message, complaint.at, hint=hint)


def _instead(complaint: _Complaint, expected: str) -> str:
    """Return a hint: what was probably meant, as it is written."""
    value, at = complaint.detail["input"], complaint.at
    if expected == "an array" and at == ("layers",):
        return "write [[layers]], in double brackets, over each layer"
    if expected == "an array" and isinstance(value, str | int | float):
        return f"write [{_toml(value)}]"
    if expected == "a string" and at[0] == "allow":
        return "write the reason, in quotes"
    if expected == "a string" and isinstance(value, int | float):
        return f'write "{_toml(value)}"'
    if isinstance(value, str) and expected in _QUOTED and re.fullmatch(_QUOTED[expected], value):
        return f"write {value}, without quotes"
    if expected == "an integer" and isinstance(value, float) and value.is_integer():
        return f"write {value:.0f}"
    if expected != "a table":
        return ""
    if isinstance(value, list) and len(at) == 1:
        return f"write [{at[0]}], in single brackets"
    keys = {key for table in complaint.tables for key in table.model_fields}
    if type(value) in (int, float) and "tau" in keys:
        return f"write {{ tau = {_toml(value)} }}"
    return near("", list(by_kind(complaint.tables))) if len(complaint.tables) > 1 else ""


def _toml(value: str | int | float) -> str:
    """Return a short value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, str) else number(value)


def _wrong_kind(complaint: _Complaint) -> Diagnostic:
    at, value = complaint.at, complaint.detail["input"]
    noun = _noun(at)
    if isinstance(value, dict) and not isinstance(value.get("kind", ""), str):
        message = f"'kind' is a string, not {toml_type(value['kind'])}"
        return Diagnostic(WRONG_TYPE, message, (*at, "kind"))
    if complaint.detail["type"] == "union_tag_invalid":
        context = complaint.detail["ctx"]
        message = f"there is no {noun} kind {shown(context['tag'])}"
        kinds = _words(context["expected_tags"])
        habit = layer_hint(str(context["tag"]), kinds) if noun == "layer" else ""
        hint = habit or near(context["tag"], kinds)
        return Diagnostic(UNKNOWN_KIND, message, (*at, "kind"), hint=hint)
    if isinstance(value, dict):
        kinds = list(by_kind(complaint.tables))
        message = f"{place(at, complaint.data)} has no 'kind'"
        return Diagnostic(MISSING_KEY, message, at, "key", near("", kinds))
    return _wrong_type(complaint, "a table")


def _noun(at: KeyPath) -> str:
    names = [part for part in at if isinstance(part, str)]
    if names[0] == "synapses":
        return "synapse"
    return {"layers": "layer", "neurons": "neuron"}.get(names[-1], names[-1])


def _words(text: str) -> list[str]:
    """Return the words of pydantic's list, which are in quotes: 'a', 'b' or 'c'."""
    return text.replace("\\t", "\t").split("'")[1::2]
