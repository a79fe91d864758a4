"""Data as TOML text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def text(data: Mapping[str, Any]) -> str:
    """Return a document: a table a header, what is in a table on one line each.

    What TOML can't say stands there as Python has it: such a text is to be pointed into, not to be read.
    """
    values = {k: v for k, v in data.items() if not _tables(v)}
    blocks = [_lines(values)] if values else []
    for name, tables in data.items():
        header = "[[{}]]" if isinstance(tables, list) else "[{}]"
        blocks += [f"{header.format(key(name))}\n{_lines(table)}" for table in _tables(tables)]
    return "\n".join(blocks)


def value(found: Any) -> str:
    """Return a value, as it stands behind an equals sign."""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str):
        # JSON's escapes are TOML's, but for one character.
        return json.dumps(found, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(found, list | tuple):
        return f"[{', '.join(map(value, found))}]"
    if isinstance(found, Mapping):
        pairs = ", ".join(f"{key(k)} = {value(v)}" for k, v in found.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return repr(found)


def key(name: Any) -> str:
    """Return a key, in quotes if it needs them."""
    name = str(name)
    return name if _BARE.fullmatch(name) else value(name)


def _tables(found: Any) -> list[Mapping[str, Any]]:
    """Return the tables that get headers of their own: one, those of an array, or none."""
    tables = found if isinstance(found, list) else [found]
    return tables if all(isinstance(table, Mapping) for table in tables) else []


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{key(k)} = {value(v)}\n" for k, v in table.items())
