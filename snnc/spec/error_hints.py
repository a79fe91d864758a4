"""Hints for wrong keys, types and units in a spec: what to write instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.wording import close, joined, near, number
from snnc.spec import write_toml
from snnc.spec.base import Model
from snnc.spec.keras_hints import key_hint
from snnc.spec.kinds import by_kind, tables_in
from snnc.spec.located_errors import LocatedError, table_keys, value_at
from snnc.spec.meant_values import meant
from snnc.spec.neurons import KINDS as NEURONS
from snnc.spec.other_names import other_name
from snnc.spec.sources.base import SPLIT
from snnc.spec.tables import Spec

#: Values to start from, of keys that have no default.
_USUAL = {
    "vary": '{ "neurons.max_rate" = [100, 200, 400] }',
    "batch_size": "32",
    "classes": "10",
    "decay_rate": "0.9",
    "decay_steps": "1000",
    "filters": "16",
    "initial_learning_rate": "0.001",
    "epochs": "20",
    "kernel_size": "3",
    "learning_rate": "0.001",
    "max_rate": "200",
    "name": '"my_network"',
    "patience": "5",
    "rate": "0.2",
    "shape": "[1]",
    "seed": "0",
    "tau_rc": "0.02",
    "tau_ref": "0.001",
    "test_fraction": "0.2",
    "time": "0.1",
    "units": "64",
}
#: What may stand between two columns, and how people call it.
_DELIMITERS = {
    ",": ("comma",),
    ";": ("semicolon", "semi-colon"),
    "\t": ("\\t", "tab", "tabulator", "tsv"),
    "|": ("bar", "pipe"),
    " ": ("space", "whitespace", "blank", "\\s", "\\s+"),
}
#: The keys that a table needs, for one that isn't there.
_STARTS = {
    "network": 'name = "my_network"',
    "data": 'kind = "csv" and path = "data.csv"',
    "input": "shape = [1], which check compares with the items",
    "layers": 'kind = "dense" and units = 64',
    "output": "classes = 10",
}


def unknown_key_hint(error: LocatedError) -> str:
    """Return a hint for a key that the table doesn't have."""
    *path, last = error.path
    key = str(last)
    others = [table for table in error.siblings if key in table_keys(table)]
    if others:
        kinds = list(by_kind(others))
        (own,) = by_kind(error.tables)
        path_written = value_at(error.data, path).get("path")
        suffix = str(path_written).rpartition(".")[2]
        if path == ["data"] and suffix in kinds:
            return f'write kind = "{suffix}", which has it'
        have = "have" if len(kinds) > 1 else "has"
        return f"leave it out: '{own}' has none; {joined(kinds, 'and')} {have} it"
    table = next((part for part in reversed(path) if isinstance(part, str)), "")
    written = value_at(error.data, path)
    if hint := key_hint(table, key, written) or other_name(table, key, error.keys, written):
        return hint
    if f"{key}s" not in error.keys and (hint := _home(error)):
        return hint
    if close(key, error.keys):
        return near(key, error.keys)
    return _left_out(error.keys)


def _address(key: str, value: Any) -> str:
    """Return the address of a key that varies, in quotes, where it was written without or where there was no place for it; or ""."""
    while isinstance(value, Mapping) and not {"low", "high"} & value.keys() and value:
        inner, value = next(iter(value.items()))
        key = f"{key}.{inner}"
    return json.dumps(key) if "." in key else ""


def _home(error: LocatedError) -> str:
    """Return the hint for a key that belongs to a layer's neurons, or to another table of the spec."""
    *path, last = error.path
    key, written = str(last), value_at(error.data, path)
    if path == ["study"] and (address := _address(key, written[key])):
        return f"write {address} in [study.vary]"
    if len(path) == 2 and path[0] == "layers" and key in _keys_in(NEURONS.values()):
        own = written.get("neurons", {})
        table = {"kind": own} if isinstance(own, str) else own
        return f"write neurons = {write_toml.value({**table, key: written[key]})} instead"
    fields = Spec.model_fields.items()
    inner = {name: tables_in((field.annotation, *field.metadata)) for name, field in fields}
    if key in inner and not inner[key] and path:
        return _in_home(error.data, key, "the top of the file", "above all tables")
    homes = [name for name in inner if name != "layers" and key in _keys_in(inner[name])]
    if len(homes) != 1:
        return ""
    return _in_home(error.data.get(homes[0]), key, f"[{homes[0]}]", f"in [{homes[0]}]")


def _in_home(home: Any, key: str, name: str, where: str) -> str:
    """Return the hint for a key of another table, which may have the key already."""
    there = isinstance(home, Mapping) and key in home
    return f"leave it out: {name} has its own" if there else f"write it {where}"


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
    if key == "path" and isinstance(written, Mapping):
        return f'write path = "data.{written.get("kind", "csv")}", say'
    if key in SPLIT and isinstance(written, Mapping):
        return f'write {key} = "{key}"'
    return f"write {key} = {_USUAL[key]}, say" if key in _USUAL else ""


def missing_table_hint(table: str) -> str:
    """Return the hint for a table that has to stand in a spec: it with the keys that it needs."""
    header = "[[layers]]" if table == "layers" else f"[{table}]"
    return f"write {header}, and below it {_STARTS[table]}" if table in _STARTS else ""


def kind_hint(written: Mapping[str, Any], tables: Iterable[type[Model]]) -> str:
    """Return the hint for a table without its kind: the first kind that has all of its keys, or else all kinds."""
    kinds = by_kind(tables)
    fitting = [
        kind
        for kind, table in kinds.items()
        if written.keys() <= set(table_keys(table)) and _required(table) <= written.keys()
    ]
    return f'write kind = "{fitting[0]}"' if fitting else near("", list(kinds))


def _required(table: type[Model]) -> set[str]:
    fields = table.model_fields.items()
    return {f.alias or name for name, f in fields if f.is_required() and name != "kind"}


def bound_hint(error: LocatedError, limit: float) -> str:
    """Return the hint for a number that is out of bounds: the same in another unit or without its sign, or what is usual."""
    key, value, kind = str(error.path[-1]), error.detail["input"], error.detail["type"]
    if unit := unit_hint(error, limit):
        return unit
    if kind in ("less_than", "less_than_equal"):
        return _share_hint(value) if limit == 1 else f"write {number(limit)} or less"
    if error.path[:2] == ("input", "shape"):
        return "leave it out: shape is that of one item, without the number of items"
    if value < 0 and -value > limit:
        return f"write {number(-value)}"
    if key in _USUAL:
        return f"write {_USUAL[key]}, say"
    default = usual(error)
    return f"write {default}, say" if default else f"write {number(limit)} or more"


def usual(error: LocatedError) -> str:
    """Return the default of a number, or what is usual, or ""."""
    key = str(error.path[-1])
    fields = [table.model_fields[key] for table in error.tables if key in table.model_fields]
    default = fields[0].default if fields else None
    return _USUAL.get(key, number(default) if type(default) in (int, float) else "")


def _share_hint(value: float) -> str:
    if 1 < value < 100:
        return f"write {number(value / 100)}: it is a share, not a percentage"
    return "write 0.2, say: it is a share, below 1"


def listed_hint(error: LocatedError) -> str:
    """Return the hint for a number of classes beside their names, or ""."""
    labels = error.data["output"].get("labels") if error.path == ("output", "classes") else None
    if not isinstance(labels, list) or len(labels) < 2:
        return ""
    return f"write {len(labels)}: labels lists so many"


def own_hint(code: str, data: Mapping[str, Any], path: KeyPath) -> str:
    """Return the hint for an error that snnc's own validators found, of the value at a path, or ""."""
    try:
        value = value_at(data, path)
    except (KeyError, IndexError, TypeError):
        return ""
    if code == "conflicting-keys" and path == ("data", "label"):
        return "write -1, the last column, or its number"
    if code == "study-test-items":
        return "write 2000, say"
    if code == "study-address":
        return f"write {_address(str(path[-1]), value)} = ..., in quotes"
    if code == "duplicate-value":
        return "leave it out: each class has a name of its own"
    if code == "missing-key" and path[-1] in SPLIT and isinstance(value, str):
        key = str(path[-1])[0]
        return f'if the data are to be split here, write {key} = "{value}" instead'
    if code != "wrong-type":
        return ""
    numbers = re.findall(r"\d+", str(value))[:2]
    return f"write [{', '.join(2 * numbers if len(numbers) == 1 else numbers)}]" if numbers else ""


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


def delimiter_hint(value: Any) -> str:
    """Return the hint for what can't stand between two columns: an escape in single quotes, or a name."""
    word = str(value).strip().lower().removesuffix("s")
    named = next((own for own, names in _DELIMITERS.items() if word in names), "")
    if named:
        return f"write {write_toml.value(named)}, in double quotes"
    *first, last = map(write_toml.value, _DELIMITERS)
    return f"write {', '.join(first)} or {last}, in double quotes"


def scale_hint(value: Any, words: str) -> str:
    """Return the hint for a scale that isn't one of the words: a number is what is divided by, or multiplied with if it is small."""
    if type(value) in (int, float) and value:
        divisor = value if abs(value) >= 1 else 1 / value
        return f"write {{ divide = {number(float(f'{divisor:.12g}'))} }}"
    return words


def type_hint(error: LocatedError, expected: str) -> str:
    """Return a hint for a value that isn't of the expected type, or ""."""
    key, value = str(error.path[-1]), error.detail["input"]
    if error.path == ("layers",):
        return "write [[layers]], in double brackets, over each layer"
    if expected == "a string":
        return _string_hint(error)
    if hint := meant(value, expected, key):
        return hint
    if expected in ("an integer", "a number") and (default := usual(error)):
        return f"write {default}, say"
    return _table_hint(error) if expected == "a table" else ""


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
