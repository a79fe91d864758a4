"""Change values of a spec where they stand: its comments and its layout stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.document import Document
from snnc.spec import write_toml
from snnc.spec.read import parse

#: New values by the path of their key. None takes the key away, so that its default holds.
Changes = Mapping[KeyPath, Any]


def changed(document: Document, changes: Changes, comment: str = "") -> Document:
    """Return a document with other values. The comment is written behind the first of them.

    A table that isn't there is added; a bare string that stands for a table of that kind becomes one.
    Raises a KeyError for a place in an array that isn't there.
    """
    import tomlkit  # Specs are mostly read, and rarely written.

    written = tomlkit.parse(document.text)
    for path, value in changes.items():
        if value is None:
            _remove(written, path)
            continue
        table, key = _set(written, path, value)
        if comment:
            table.item(key).comment(comment)
            comment = ""
    return parse(written.as_string().encode(), document.path)


def _remove(table: Any, path: KeyPath) -> None:
    *tables, key = path
    for name in tables:
        if isinstance(name, str) and name not in table:
            return
        table = table[name]
    table.pop(key, None)


def _set(table: Any, path: KeyPath, value: Any) -> tuple[Any, str]:
    """Set a value, and return the table and the key of the line that it stands in."""
    import tomlkit
    from tomlkit.items import AoT, Table

    key, *rest = path
    if isinstance(key, int):
        raise KeyError(f"there is no array of tables around {key}")
    inner = table.get(key)
    if not rest:
        table[key] = _as_written(value)
    elif isinstance(inner, AoT):
        place, *rest = rest
        if not isinstance(place, int) or place >= len(inner):
            raise KeyError(f"there is no {key}.{place}")
        return _set(inner[place], tuple(rest), value)
    elif isinstance(inner, Table):
        return _set(inner, tuple(rest), value)
    elif inner is None and isinstance(table, tomlkit.TOMLDocument):
        table[key] = tomlkit.table()
        return _set(table[key], tuple(rest), value)
    else:
        table[key] = _as_written(with_value(_plain(inner), rest, value))
    return table, key


def _plain(value: Any) -> Any:
    """Return what an item holds, a bare string as the table that it stands for."""
    plain = getattr(value, "unwrap", lambda: value)()
    return {"kind": plain} if isinstance(plain, str) else plain or {}


def with_value(table: Any, path: Sequence[str | int], value: Any) -> Any:
    """Return plain data with another value at a path. A bare string becomes the table that it stands for.

    Raises a KeyError for a place in an array that isn't there.
    """
    key, *rest = path
    if not isinstance(key, int):
        table = table if isinstance(table, Mapping) else {}
        inner = _plain(table.get(key)) if rest else None
        return {**table, key: with_value(inner, rest, value) if rest else value}
    if not isinstance(table, list) or key >= len(table):
        raise KeyError(f"there is no array of tables around {key}")
    new = with_value(_plain(table[key]), rest, value) if rest else value
    return [*table[:key], new, *table[key + 1 :]]


def _as_written(value: Any) -> Any:
    """Return a value as it is written on one line."""
    import tomlkit

    return tomlkit.value(write_toml.value(value))
