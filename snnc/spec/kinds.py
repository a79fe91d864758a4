"""Tables of several kinds, told apart by their key `kind`.

A spec has few of the kinds, and importing and building all of them would take a tenth of the time of a check. So a kind's
class is imported, and its validator built, when a spec names it.
"""

import importlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Union, get_args

from pydantic import Discriminator, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, core_schema

from snnc.spec.base import Model

Tables = Mapping[str, type[Model]]


def imported(module: str, name: str) -> type[Any]:
    """Return a table of a module that may not be imported yet."""
    table: type[Any] = getattr(importlib.import_module(module), name)
    return table


class Folder(Mapping[str, type[Any]]):
    """The kinds of a package: each is a module of that name, whose table is called `attribute`.

    Looking a kind up imports its module.
    """

    def __init__(self, package: str, path: Iterable[str], attribute: str) -> None:
        self.package = package
        self.attribute = attribute
        # In half a millisecond less than pkgutil, for each package.
        files = (file for folder in path for file in Path(folder).iterdir())
        modules = {file.stem for file in files if file.suffix == ".py"}
        self.names = sorted(modules - {"__init__", "base"})

    def __getitem__(self, kind: str) -> type[Any]:
        if kind not in self.names:
            raise KeyError(kind)
        return imported(f"{self.package}.{kind}", self.attribute)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class ByKind:
    """Annotates a union as a choice by kind, as pydantic's Discriminator does; `given` are the tables if there is no union."""

    def __init__(self, given: Tables | None = None) -> None:
        self.given = given or {}

    def __get_pydantic_core_schema__(
        self, annotated: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        tables = self.given or by_kind(get_args(annotated))
        return core_schema.no_info_plain_validator_function(Choice(tables).validated)


class Choice:
    """Validates a table as the kind that it names."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    @cached_property
    def whole(self) -> TypeAdapter[Model]:
        """The validator of all kinds, for errors: it names the kinds that there are."""
        union: Any = Union[tuple(self.tables.values())]  # noqa: UP007 - built from a tuple
        annotated: Any = Annotated[union, Discriminator("kind")]
        return TypeAdapter(annotated)

    def validated(self, value: Any) -> Model:
        kind = value.get("kind") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in self.tables:
            try:
                return self.tables[kind].model_validate(value)
            except ValidationError:
                pass  # the locations of these errors lack the kind
        return self.whole.validate_python(value)


class Later:
    """Annotates a table that most specs don't have: its module is imported, and its validator built, when one does."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def __get_pydantic_core_schema__(
        self, annotated: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validated)

    @property
    def table(self) -> type[Model]:
        return imported(self.module, self.name)

    @property
    def whole(self) -> TypeAdapter[Model]:
        return TypeAdapter(self.table)

    def validated(self, value: Any) -> Model:
        return self.table.model_validate(value)


def by_kind(tables: Iterable[type[Model]]) -> dict[str, type[Model]]:
    """Return the tables that have a kind, by kind."""
    fields = [(table, table.model_fields.get("kind")) for table in tables]
    return {kind: table for table, f in fields if f for kind in get_args(f.annotation)}


def tables_in(annotation: Any) -> list[type[Model]]:
    """Return the tables in a type, or in a tuple of types and annotations."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [annotation]
    if isinstance(annotation, ByKind):
        return list(annotation.given.values())
    if isinstance(annotation, Later):
        return [annotation.table]
    parts = annotation if isinstance(annotation, tuple) else get_args(annotation)
    return [table for part in parts for table in tables_in(part)]
