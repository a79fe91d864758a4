"""Write data as TOML text.

Not by tomli-w: that spreads arrays over lines, refuses None and other Python objects, which diagnostics must point at,
and can't write single values, to which `show --full` adds comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


def text(data: Mapping[str, Any]) -> str:
    """Return a document: tables under headers, each of their values on one line.

    Values that TOML doesn't have are written as in Python: diagnostics point at them, and no parser reads them.
    """
    values = {k: v for k, v in data.items() if not _tables(v)}
    blocks = [_lines(values)] if values else []
    for name, tables in data.items():
        header = "[[{}]]" if isinstance(tables, list) else "[{}]"
        blocks += [f"{header.format(key(name))}\n{_lines(table)}" for table in _tables(tables)]
    return "\n".join(blocks)


def value(data: Any) -> str:
    """Return a value as it stands behind an equals sign."""
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, str):
        # TOML escapes one character more than JSON.
        return json.dumps(data, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(data, list | tuple):
        return f"[{', '.join(map(value, data))}]"
    if isinstance(data, Mapping):
        pairs = ", ".join(f"{key(k)} = {value(v)}" for k, v in data.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return repr(data)


def key(name: Any) -> str:
    """Return a key, in quotes if it needs them."""
    name = str(name)
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else value(name)


def _tables(data: Any) -> list[Mapping[str, Any]]:
    """Return the tables that get headers of their own: one, those of an array, or none."""
    tables = data if isinstance(data, list) else [data]
    return tables if all(isinstance(table, Mapping) for table in tables) else []


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{key(k)} = {value(v)}\n" for k, v in table.items())
