"""Locate pydantic's errors in the document, and the tables that may stand there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

from snnc.diagnostics.diagnostic import KeyPath
from snnc.spec.base import Model
from snnc.spec.kinds import by_kind, tables_in


class LocatedError(NamedTuple):
    """One of pydantic's errors, and its path in the document.

    `tables` are the tables that may stand there or around it. In a table that has a kind, `siblings` are those of all kinds
    that could stand there instead.
    """

    detail: ErrorDetails
    path: KeyPath
    data: dict[str, Any]
    tables: list[type[Model]]
    siblings: list[type[Model]]

    @property
    def name(self) -> str:
        """The name of the wrong value in messages."""
        key = self.path[-1] if self.path else ""
        return f"item {key + 1} of '{self.path[-2]}'" if isinstance(key, int) else f"'{key}'"

    @property
    def keys(self) -> list[str]:
        """The keys that the table may have; empty if it may be one of several tables."""
        return table_keys(self.tables[0]) if len(self.tables) == 1 else []


def locate(detail: ErrorDetails, root: Any, data: dict[str, Any], start: KeyPath) -> LocatedError:
    """Follow pydantic's location of an error through a part of the document, of type `root`, that stands at `start`.

    The location also names the kinds, and the branches of other unions, that it passes through; a path does not.
    """
    tables, path = tables_in(root), start
    siblings: list[type[Model]] = []
    # Whether the next part may be a kind: a key of that name would come after it.
    at_union = len(tables) > 1
    loc = detail["loc"]
    for part in loc:
        kinds, inner = by_kind(tables), _tables_at(tables, part)
        if isinstance(part, int):
            path = (*path, part)
        elif at_union and part in kinds:
            tables, siblings, at_union = [kinds[part]], tables, False
        elif inner is not None:
            path = (*path, part)
            tables, siblings = (inner, []) if inner else (tables, siblings)
            at_union = len(inner) > 1
        # No kind and no branch has a point in its name; addresses do.
        elif (part == loc[-1] or "." in part) and _is_key(data, path, part):
            path = (*path, part)
    return LocatedError(detail, path, data, tables, siblings)


def _tables_at(tables: Iterable[type[Model]], key: str | int) -> list[type[Model]] | None:
    """Return the tables that may be the value of a key, or None if none of some tables has that key."""
    fields = [
        field
        for table in tables
        for name, field in table.model_fields.items()
        if key == (field.alias or name)
    ]
    inner = [t for field in fields for t in tables_in((field.annotation, *field.metadata))]
    return inner if fields else None


def table_keys(table: type[Model]) -> list[str]:
    return [field.alias or name for name, field in table.model_fields.items()]


def value_at(data: Any, path: Iterable[str | int]) -> Any:
    """Return the value at a path of the document."""
    for part in path:
        data = data[part]
    return data


def _is_key(data: Any, path: KeyPath, key: str) -> bool:
    """Whether the table at a path of the document has a key."""
    table = value_at(data, path)
    return isinstance(table, dict) and key in table
