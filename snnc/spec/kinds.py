"""Tables of which there are several kinds, told apart by their key `kind`.

All kinds' classes and validators together take a tenth of the time it takes to check a spec, and a spec has few of them: those of
many kinds are imported when a spec names them, and no validator is built before.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Union, get_args

from pydantic import Discriminator, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, core_schema

from snnc.spec.base import Model

Tables = Mapping[str, type[Model]]


class Folder(Mapping[str, type[Any]]):
    """The kinds that a package has, each in a file of its own that is named like it.

    A file is imported when its kind is asked for; `attribute` is what all of them call their table.
    """

    def __init__(self, package: str, path: Iterable[str], attribute: str) -> None:
        self.package = package
        self.attribute = attribute
        names = (module.name for module in pkgutil.iter_modules(path))
        self.names = [name for name in names if name != "base"]

    def __getitem__(self, kind: str) -> type[Any]:
        if kind not in self.names:
            raise KeyError(kind)
        table: type[Any] = getattr(
            importlib.import_module(f"{self.package}.{kind}"), self.attribute
        )
        return table

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class ByKind:
    """Tells tables apart as a Discriminator does: those of the annotated union, or those that are given."""

    def __init__(self, given: Tables | None = None) -> None:
        self.given = given or {}

    def __get_pydantic_core_schema__(
        self, annotated: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        tables = self.given or by_kind(get_args(annotated))
        return core_schema.no_info_plain_validator_function(Choice(tables).validated)


class Choice:
    """What validates a table of one of several kinds."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    @cached_property
    def whole(self) -> TypeAdapter[Model]:
        """What validates all kinds, and says what is wrong."""
        union: Any = Union[tuple(self.tables.values())]  # noqa: UP007 - of so many as there are
        annotated: Any = Annotated[union, Discriminator("kind")]
        return TypeAdapter(annotated)

    def validated(self, value: Any) -> Model:
        kind = value.get("kind") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in self.tables:
            try:
                return self.tables[kind].model_validate(value)
            except ValidationError:
                pass  # its places leave out the kind
        return self.whole.validate_python(value)


def by_kind(tables: Iterable[type[Model]]) -> dict[str, type[Model]]:
    """Return those tables that are of a kind, by it."""
    fields = [(table, table.model_fields.get("kind")) for table in tables]
    return {kind: table for table, f in fields if f for kind in get_args(f.annotation)}


def tables_in(annotation: Any) -> list[type[Model]]:
    """Return the tables that a type, or a tuple of types and what annotates them, is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [annotation]
    if isinstance(annotation, ByKind):
        return list(annotation.given.values())
    parts = annotation if isinstance(annotation, tuple) else get_args(annotation)
    return [table for part in parts for table in tables_in(part)]
