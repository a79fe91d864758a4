"""Someone who does what hints say, to the letter: in a spec, and in its data."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tomli

from snnc.diagnostics.diagnostic import Diagnostic
from tests.tables_of_data import Table

Tables = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A spec, and the data beside it, if they are its own."""

    tables: Tables
    data: Table | None = None

    def changed(self) -> Case:
        return replace(self, tables=copy.deepcopy(self.tables))


def options(hint: str) -> list[str]:
    """Return the ways that a hint names, each of which helps."""
    return re.split(r", or (?=\w+ = |write |leave |remove |take |on_chip|read = |mend )", hint)


def follow(case: Case, diagnostic: Diagnostic, option: str) -> Case | None:
    """Return what is there once an option was followed, or None if that can't be done to the letter."""
    case = case.changed()
    for words, act in _LAYERS:
        if found := re.match(words, option):
            act(case.tables, diagnostic.at[1], found)
            return case
    is_about_data = diagnostic.code.startswith(("data-", "csv-"))
    if is_about_data and (mended := _mended(case, option)) is not None:
        return mended
    return _written(case, diagnostic, option)


def _written(case: Case, diagnostic: Diagnostic, option: str) -> Case | None:
    """Follow an option that changes keys and values of the spec."""
    tables, (*table, key) = case.tables, diagnostic.at
    if option.startswith(("leave it out", "remove it", "leave pop_type out")):
        if not is_there(tables, diagnostic.at):
            return None
        del place(tables, table)[key]
    elif option.startswith('take "loihi" out of targets'):
        tables["targets"] = ["nengo_dl"]
    elif found := re.match(r'write "([\w.]+)" (?:in \[study\.vary\]|= \.\.\., in quotes)', option):
        value = place(tables, table).pop(key)
        while isinstance(value, dict) and not {"low", "high"} & value.keys():
            (value,) = value.values()
        place(tables, ["study", "vary"])[found[1]] = value
    elif found := re.match(r"write it in \[(\w+)\]", option):
        place(tables, [found[1]])[key] = place(tables, table).pop(key)
    elif found := re.match(r"(?:did you mean|write) '([^']*)'", option):
        _replaced(tables, diagnostic, found[1])
    else:
        return case if _values_written(tables, diagnostic, option) else None
    return case


def _values_written(tables: Tables, diagnostic: Diagnostic, option: str) -> bool:
    """Write the values of an option, of keys that it names or of the one at the finding; return whether there are any."""
    *table, key = diagnostic.at
    text = re.sub(r"^.*?\b(?=write \w+ = )|^write (?=\w+ = )", "", option)
    if assigned := assignments(text):
        if option.rstrip().endswith("instead"):
            place(tables, table).pop(key)
        for name, value, where in assigned:
            _assign(tables, diagnostic.at, name, value, where)
        return True
    found = re.match(r"write (?=[\[{\"\w.-])", option)
    value = value_in(option[found.end() :])[0] if found else None
    if value is not None:
        place(tables, table)[key] = value
    return value is not None


def _replaced(tables: Tables, diagnostic: Diagnostic, word: str) -> None:
    """Write a word in place of a key that isn't known, or of a value."""
    *table, key = diagnostic.at
    around = place(tables, table)
    # An address is a key, too.
    if diagnostic.code in ("unknown-key", "study-address"):
        around[word] = around.pop(key)
    else:
        around[key] = word


def _assign(tables: Tables, at: Sequence[Any], key: str, value: Any, where: str) -> None:
    """Write key = value: in a table by name, in a layer by name, or in the table where the finding is."""
    if where.startswith("["):
        place(tables, where.strip("[]").split("."))[key] = value
        return
    if where:
        named(tables, where)[key] = value
        return
    *table, last = at
    around = place(tables, table)
    if key == last:
        around[key] = value
        return
    inner = around[last] if isinstance(around, list) else around.get(last)
    # A table is pointed at as a whole.
    place(tables, [*table, last] if isinstance(inner, dict) else table)[key] = value


def assignments(text: str) -> list[tuple[str, Any, str]]:
    """Return the keys in "a = 1 and b = 2 in [c]", each with its value and where it goes."""
    found: list[tuple[str, Any, str]] = []
    while match := re.match(r"(?:write |,? ?and )?(\w+) = ", text):
        value, text = value_in(text[match.end() :])
        if value is None:
            return []
        text = re.sub(r"^ or (?:less|more)", "", text)
        where = re.match(r" in (\[[\w.]+\])| (?:in|for) '(\w+)'", text)
        found.append((match[1], value, (where[1] or where[2]) if where else ""))
        text = text[where.end() :] if where else text
        if where and where[1]:
            # What came before without a place goes into the same table.
            found = [(key, v, place or where[1]) for key, v, place in found]
        text = text.lstrip() if re.match(r" and \w+ = ", text) else text
    return found


def value_in(text: str) -> tuple[Any, str]:
    """Return the TOML value that a text begins with, or None, and the rest."""
    for end in range(len(text), 0, -1):
        if end < len(text) and text[end] not in ' ,;:"' and text[end - 1] not in '"]}':
            continue
        try:
            return tomli.loads(f"x = {text[:end]}")["x"], text[end:]
        except tomli.TOMLDecodeError:
            continue
    return None, text


def place(tables: Any, path: Sequence[Any]) -> Any:
    """Return a table: one that wasn't written, or was a bare kind, is there then."""
    for key in path:
        if isinstance(tables, dict):
            found = tables.get(key, {})
            tables[key] = {"kind": found} if isinstance(found, str) else found
        tables = tables[key]
    return tables


def is_there(tables: Any, path: Sequence[Any]) -> bool:
    for key in path:
        try:
            tables = tables[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def named(tables: Tables, name: str) -> Tables:
    """Return a layer by its name, written or by kind and number."""
    numbers: dict[str, int] = {}
    for layer in tables["layers"]:
        numbers[layer["kind"]] = numbers.get(layer["kind"], 0) + 1
        if name == layer.get("name", f"{layer['kind']}{numbers[layer['kind']]}"):
            found: Tables = layer
            return found
    raise AssertionError(f"no layer {name}")


def _removed(tables: Tables, index: int, _: re.Match[str]) -> None:
    del tables["layers"][index]


def _from_moved(tables: Tables, index: int, found: re.Match[str]) -> None:
    sources, _ = value_in(found[1])
    _removed(tables, index, found)
    after = tables["layers"][index:]
    reader = tables["output"] if "[output]" in found[0] or not after else after[0]
    for layer in after:
        if str(layer.get("kind", "")).lower() in ("dense", "conv2d"):
            reader = layer
            break
    reader["from"] = sources


def _shape_moved(tables: Tables, index: int, found: re.Match[str]) -> None:
    _removed(tables, index, found)
    tables["input"]["shape"], _ = value_in(found[1])


def _norm_moved(tables: Tables, index: int, found: re.Match[str]) -> None:
    _removed(tables, index, found)
    tables["layers"][index - 1]["batch_norm"] = True


def _dropout_added(tables: Tables, index: int, found: re.Match[str]) -> None:
    rate = tables["layers"][index].pop("dropout")
    tables["layers"].insert(index + 1, {"kind": "dropout", "rate": rate})


_LAYERS: tuple[tuple[str, Callable[[Tables, Any, re.Match[str]], None]], ...] = (
    (r"leave the layer out, and write from = (.*?\]).* in (the layer|\[output\])", _from_moved),
    (r"leave the layer out, and write shape = (.*?\]) in \[input\]", _shape_moved),
    (r"leave the layer out, and write batch_norm = true in the layer before", _norm_moved),
    (r"leave the layer out|remove the layer", _removed),
    (r"write \[\[layers\]\], kind = \"dropout\"", _dropout_added),
)


def _mended(case: Case, option: str) -> Case | None:
    """Follow an option that changes the data, and what has to be written with it."""
    if case.data is None:
        return None
    for words, act in _DATA:
        if re.search(words, option):
            data = act(case.data)
            tables = case.tables
            also = re.search(r"and write (\w+ = .*)", option)
            for name, value, where in assignments(also[1]) if also else []:
                _assign(tables, ("data", "kind"), name, value, where)
            return Case(tables, data)
    return None


_DATA: tuple[tuple[str, Callable[[Table], Table]], ...] = (
    (r"subtract 1 from each", lambda t: t.with_labels(lambda y: y - 1)),
    (r"make each -1 a 0", lambda t: t.with_labels(lambda y: y.clip(0))),
    (r"return_inverse=True", Table.numbered),
    (r"argmax\(axis=1\)", lambda t: t.with_labels(lambda y: y.argmax(axis=1))),
    (r"save \w+\.ravel\(\)", lambda t: t.with_labels(lambda y: y.ravel())),
    (r"set them to 0 in the data", Table.without_surprises),
    (r"says nothing: leave them out", Table.without_leaks),
    (r"shuffle them", Table.shuffled),
    (r"remove such items", Table.without_gaps),
    (r"pandas: index=False", Table.without_index),
)
