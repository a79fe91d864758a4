"""What a key of the spec language means, from its JSON schema: as editors show it, in a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from snnc.diagnostics.wording import number

Schema = Mapping[str, Any]

#: JSON schema's bounds, in words.
BOUNDS = {
    "exclusiveMinimum": "above {}",
    "minimum": "from {}",
    "exclusiveMaximum": "below {}",
    "maximum": "to {}",
}
TYPES = {"integer": "a whole number", "number": "a number", "string": "a string"}
TYPES |= {"boolean": "true or false", "array": "an array", "object": "a table"}
#: Above this a limit only says that there is one.
MOST = 10**8


class Row(NamedTuple):
    """A key of a table, or a kind: its name, what it may be, and what it means."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Explained:
    """A key: the tables that have it, what it means and may be; `rows` are the keys or the kinds of a table."""

    key: str
    of: tuple[str, ...]
    meaning: str
    value: str
    rows: tuple[Row, ...]


def explained(root: Schema, words: Sequence[str]) -> list[Explained]:
    """Return what a path of keys means, once for each meaning. A kind may stand in it, and it may leave out what stands around."""
    found = list(_found(root, words, ()))
    if not found:
        around = [path[:-1] for path in paths(root) if path[1:] and path[-1] == words[0]]
        whole = [(*path, *words) for path in around]
        return [e for path in whole if any(_found(root, path, ())) for e in explained(root, path)]
    meanings: dict[str, Explained] = {}
    for kinds, schema in found:
        new = _explained(".".join(words), kinds, schema)
        same = f"{new.meaning} {new.value} {new.rows}"
        old = meanings.get(same, new)
        meanings[same] = Explained(
            old.key, tuple(dict.fromkeys((*old.of, *new.of))), old.meaning, old.value, old.rows
        )
    return list(meanings.values())


def paths(root: Schema) -> list[tuple[str, ...]]:
    """Return the path of every key, without kinds, each once."""

    def below(schema: Schema, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for table in _branches(schema):
            for key, value in table.get("properties", {}).items():
                yield (*path, key)
                yield from below(value, (*path, key))

    return list(dict.fromkeys(below(root, ())))


def _found(
    schema: Schema, words: Sequence[str], kinds: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """Yield each schema that a path leads to, with the kinds on the way."""
    if not words:
        yield kinds, schema
        return
    first, *others = words
    for table in _branches(schema):
        keys, kind = table.get("properties", {}), _kind(table)
        own = (*kinds, kind) if kind else kinds
        if first in keys:
            yield from _found(keys[first], others, own)
        elif first == kind:
            yield from _found(table, others, kinds)


def _branches(schema: Schema) -> Iterator[Schema]:
    """Yield the tables that a value may be, or each item of an array."""
    if "anyOf" in schema:
        for branch in schema["anyOf"]:
            yield from _branches(branch)
    elif "items" in schema:
        yield from _branches(schema["items"])
    elif "properties" in schema:
        yield schema
    elif isinstance(schema.get("additionalProperties"), dict):  # keys of any name
        yield from _branches(schema["additionalProperties"])


def _explained(key: str, kinds: tuple[str, ...], schema: Schema) -> Explained:
    tables = list(_branches(schema))
    named = {kind: table for table in tables if (kind := _kind(table))}
    if len(tables) > 1 and named:
        rows = [Row(kind, "", table.get("description", "")) for kind, table in named.items()]
    else:
        rows = [
            Row(name, _value(value), value.get("description", ""))
            for table in tables
            for name, value in table["properties"].items()
        ]
    of = (kinds[-1],) if kinds else ()
    value = "" if tables else _value(schema)
    if tables and "default" in schema:
        value = f"by default {_toml(schema['default'])}"
    return Explained(key, of, schema.get("description", ""), value, tuple(rows))


def _value(schema: Schema) -> str:
    """Return what a value may be, and its default."""
    if set(schema.get("properties", ())) == {"kind"} or "const" in schema:
        return _toml(schema.get("const", "a table"))
    words = ", or ".join(dict.fromkeys(_forms(schema)))
    if "default" in schema:
        words += f"; by default {_toml(schema['default'])}"
    return words


def _forms(schema: Schema) -> Iterator[str]:
    if "anyOf" in schema:
        for branch in schema["anyOf"]:
            yield from _forms(branch)
    elif "const" in schema:
        yield _toml(schema["const"])
    elif "enum" in schema:
        yield from map(_toml, schema["enum"])
    else:
        kind = schema.get("type", "")
        kind = kind[0] if isinstance(kind, list) else kind
        bounds = [
            words.format(number(schema[bound]))
            for bound, words in BOUNDS.items()
            if bound in schema and abs(schema[bound]) < MOST
        ]
        yield " ".join([TYPES.get(kind, "a value"), *bounds])


def _kind(table: Schema) -> str | None:
    kind: str | None = table.get("properties", {}).get("kind", {}).get("const")
    return kind


def _toml(value: object) -> str:
    """Return a value as TOML has it."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{key} = {_toml(item)}" for key, item in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return number(value) if isinstance(value, float) else json.dumps(value)


def known(root: Schema) -> Iterable[str]:
    """Return all paths of keys, and all keys, for whoever misspelt one."""
    every = paths(root)
    return dict.fromkeys([".".join(path) for path in every] + [path[-1] for path in every])
