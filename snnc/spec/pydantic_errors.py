"""Turn pydantic's errors into diagnostics, in the words of TOML. Errors are told apart by their type, never by their text."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

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
from snnc.diagnostics.wording import near, number, shown, toml_type
from snnc.spec.error_hints import (
    as_name,
    bound_hint,
    delimiter_hint,
    kind_hint,
    listed_hint,
    missing_hint,
    missing_table_hint,
    own_hint,
    scale_hint,
    type_hint,
    unknown_key_hint,
    usual,
)
from snnc.spec.keras_layers import layer_hint
from snnc.spec.located_errors import LocatedError, locate, value_at
from snnc.spec.other_names import meant_key, other_source
from snnc.spec.regressions import regression, width_hint


def diagnostics(
    error: ValidationError, data: dict[str, Any], root: Any, start: KeyPath = ()
) -> list[Diagnostic]:
    """Return a diagnostic for each of pydantic's errors; `start` is the path of the validated part."""
    all_diagnostics: list[Diagnostic] = []
    misspelt: set[KeyPath] = set()
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and detail["input"]:
            continue  # its items are wrong, and have errors of their own
        located = locate(detail, root, data, start)
        diagnostic = _diagnostic(located)
        all_diagnostics.append(diagnostic)
        if diagnostic.hint.startswith(("did you mean", "write")):
            misspelt |= {
                (*located.path[:-1], key) for key in located.keys if _says(diagnostic.hint, key)
            }
    # A misspelt key isn't missing as well, nor is a table.
    return [d for d in all_diagnostics if not d.code.startswith("missing") or d.at not in misspelt]


def _says(hint: str, key: str) -> bool:
    """Whether a hint has a key written in place of another one."""
    return f"'{key}'" in hint or (f"write {key} = " in hint and hint.endswith("instead"))


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

_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def _diagnostic(error: LocatedError) -> Diagnostic:
    kind = error.detail["type"]
    if found := regression(error):
        return found
    if kind in _EXPECTED:
        return _wrong_type(error, _EXPECTED[kind])
    if kind in _BOUNDS:
        return _out_of_bounds(error)
    return _OTHERS.get(kind, _own_error)(error)


def _unknown_key(error: LocatedError) -> Diagnostic:
    message = f"{_table_name(error.path[:-1], error.data)} has no key {error.name}"
    hint = width_hint(error) or unknown_key_hint(error)
    return Diagnostic(UNKNOWN_KEY, message, error.path, "key", hint)


def _missing(error: LocatedError) -> Diagnostic:
    *table, key = error.path
    if not table:
        header = f"[[{key}]]" if key == "layers" else f"[{key}]"
        hint = missing_table_hint(str(key))
        return Diagnostic(MISSING_TABLE, f"the spec has no {header}", error.path, hint=hint)
    name = _table_name(tuple(table), error.data)
    hint = missing_hint(str(key), value_at(error.data, table))
    return Diagnostic(MISSING_KEY, f"{name} has no '{key}'", error.path, "key", hint)


def _infinite(error: LocatedError) -> Diagnostic:
    message = f"{error.name} is a finite number, not {error.detail['input']}"
    default = usual(error)
    hint = f"write {default}, say" if default else ""
    return Diagnostic(OUT_OF_RANGE, message, error.path, hint=hint)


def _empty(error: LocatedError) -> Diagnostic:
    default = usual(error)
    hint = f"write {default}, say" if default else "leave it out"
    return Diagnostic(OUT_OF_RANGE, f"{error.name} is not empty", error.path, hint=hint)


def _bad_name(error: LocatedError) -> Diagnostic:
    written = error.detail["input"]
    hint = "a lower-case letter, then up to 31 lower-case letters, digits or _"
    if name := as_name(written):
        hint = f'write "{name}": {hint}'
    return Diagnostic(BAD_NAME, f"{shown(written)} is no name", error.path, hint=hint)


def _unknown_value(error: LocatedError) -> Diagnostic:
    path, value = error.path, error.detail["input"]
    hint = near(value, _words(error.detail["ctx"]["expected"]))
    if path == ("presentation", "read"):
        hint += ", or { mean_of_last = 0.5 } for the mean of the second half"
    if path == ("data", "scale"):
        hint = scale_hint(value, hint)
    if path == ("data", "delimiter"):
        hint = delimiter_hint(value)
    return Diagnostic(UNKNOWN_VALUE, f"{error.name} can't be {shown(value)}", path, hint=hint)


def _own_error(error: LocatedError) -> Diagnostic:
    """Return the diagnostic of a PydanticCustomError, which names the key that it is about."""
    detail = error.detail
    key = detail.get("ctx", {}).get("key", "")
    path = (*error.path, key) if key and error.path[-1:] != (key,) else error.path
    hint = own_hint(detail["type"], error.data, path)
    return Diagnostic(named(detail["type"]), detail["msg"], path, "key" if key else "value", hint)


def _out_of_bounds(error: LocatedError) -> Diagnostic:
    path, value = error.path, error.detail["input"]
    if path == ("snnc",):
        message = f"this snnc reads version 1 of the language, not {number(value)}"
        return Diagnostic(OUT_OF_RANGE, message, path, hint="write 1")
    words, bound = _BOUNDS[error.detail["type"]]
    limit = error.detail["ctx"][bound]
    message = f"{error.name} is {words} {number(limit)}, not {number(value)}"
    hint = listed_hint(error) or width_hint(error) or bound_hint(error, limit)
    return Diagnostic(OUT_OF_RANGE, message, path, hint=hint)


def _wrong_type(error: LocatedError, expected: str) -> Diagnostic:
    value = toml_type(error.detail["input"])
    if expected == "a number" and value == "an integer":
        return Diagnostic(OUT_OF_RANGE, f"{error.name} is too large a number", error.path)
    hint = type_hint(error, expected)
    if (
        error.path[-1:] == ("neurons",)
        and type(error.detail["input"]) is int
        and len(error.path) > 1
    ):
        hint = f"write units = {error.detail['input']} instead"
    if expected == "a table" and len(error.tables) > 1:
        expected = "a table, or a kind in quotes"
    if expected == "a number" and len(error.tables) > 1:
        expected = "a number, or a table with a kind"
    message = f"{error.name} is {expected}, not {value}"
    return Diagnostic(WRONG_TYPE, message, error.path, hint=hint)


def _wrong_kind(error: LocatedError) -> Diagnostic:
    path, value = error.path, error.detail["input"]
    if isinstance(value, dict) and not isinstance(value.get("kind", ""), str):
        message = f"'kind' is a string, not {toml_type(value['kind'])}"
        return Diagnostic(WRONG_TYPE, message, (*path, "kind"))
    if error.detail["type"] == "union_tag_invalid":
        return _unknown_kind(error)
    if isinstance(value, dict):
        table = _table_name(path, error.data)
        if other := _kind_by_other_name(path, value):
            message = f"{table} has no key '{other}'"
            return Diagnostic(UNKNOWN_KEY, message, (*path, other), "key", "did you mean 'kind'?")
        hint = kind_hint(value, error.tables)
        return Diagnostic(MISSING_KEY, f"{table} has no 'kind'", path, "key", hint)
    return _wrong_type(error, "a table")


def _kind_by_other_name(path: KeyPath, written: dict[str, Any]) -> str:
    """Return the key that says a table's kind, by the name that it has elsewhere, or ""."""
    table = next((part for part in reversed(path) if isinstance(part, str)), "")
    names = (k for k, v in written.items() if isinstance(v, str) and meant_key(table, k) == "kind")
    return next(names, "")


def _unknown_kind(error: LocatedError) -> Diagnostic:
    kind, noun = error.detail["ctx"]["tag"], _noun(error.path)
    kinds = _words(error.detail["ctx"]["expected_tags"])
    hint = other_source(str(kind)) if noun == "data" else ""
    hint = hint or near(kind, kinds)
    if noun == "layer":
        index = error.path[-1]
        assert isinstance(index, int)
        hint = layer_hint(str(kind), kinds, error.data["layers"], index) or hint
    message = f"there is no {noun} kind {shown(kind)}"
    return Diagnostic(UNKNOWN_KIND, message, (*error.path, "kind"), hint=hint)


#: Errors by pydantic's types; others are PydanticCustomErrors of this package.
_OTHERS = {
    "extra_forbidden": _unknown_key,
    "finite_number": _infinite,
    "literal_error": _unknown_value,
    "missing": _missing,
    "string_pattern_mismatch": _bad_name,
    "string_too_short": _empty,
    "too_short": _empty,
    "union_tag_invalid": _wrong_kind,
    "union_tag_not_found": _wrong_kind,
}


def _table_name(path: KeyPath, data: dict[str, Any]) -> str:
    """Return the name of a table in messages: "[train]", "layer 'hidden1'", "layer 2"."""
    if not path:
        return "the spec"
    if path[0] == "layers" and len(path) > 1:
        index = path[1]
        layer: Any = data["layers"][index] if isinstance(index, int) else {}
        name = layer.get("name") if isinstance(layer, dict) else None
        layer_name = f"layer '{name}'" if isinstance(name, str) else f"layer {int(index) + 1}"
        rest = ".".join(str(part) for part in path[2:])
        return f"'{rest}' of {layer_name}" if rest else layer_name
    return "[" + ".".join(str(part) for part in path) + "]"


def _noun(path: KeyPath) -> str:
    names = [part for part in path if isinstance(part, str)]
    if names[0] == "synapses":
        return "synapse"
    return {"layers": "layer", "neurons": "neuron"}.get(names[-1], names[-1])


def _words(text: str) -> list[str]:
    """Return the words in pydantic's list of quoted words: 'a', 'b' or 'c'."""
    return text.replace("\\t", "\t").split("'")[1::2]
