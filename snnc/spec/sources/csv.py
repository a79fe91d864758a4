"""A table of text."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from snnc.diagnostics.codes import CONFLICTING_KEYS
from snnc.spec.sources.base import FileKind, SplitSeed, TestFraction


def _column(value: object) -> str:
    return "name" if isinstance(value, str) else "number"


def _columns(value: object) -> str:
    return "columns" if isinstance(value, (list, tuple)) else _column(value)


#: A column, by its number or its name in the header.
Column = Annotated[
    Annotated[int, Tag("number")] | Annotated[str, Tag("name")], Discriminator(_column)
]
Columns = Annotated[tuple[Column, ...], Field(strict=False)]


class Source(FileKind):
    """A text file with an item a line: numbers, and the label in a column of its own."""

    kind: Literal["csv"]
    delimiter: Literal[",", ";", "\t", "|", " "] = Field(
        ",", description="What stands between two columns."
    )
    header: bool = Field(True, description="Whether the first line names the columns.")
    label: Annotated[
        Annotated[int, Tag("number")]
        | Annotated[str, Tag("name")]
        | Annotated[Columns, Tag("columns")],
        Discriminator(_columns),
    ] = Field(
        -1,
        description="The column of labels: its name in the header, or its number, from 0 at the left; -1 is the last. "
        "Labels are whole numbers from 0, or names that labels in [output] lists; spaces around them don't count. "
        "One-hot labels have a column a class, listed here in the classes' order: 1 or True in that of an item's class, 0 or False in the others.",
    )
    ignore: Annotated[tuple[Column, ...], Field(strict=False)] = Field(
        (),
        description="Columns that are no values of an item, as row numbers and names: by name or number, as the label's. "
        "They may hold anything.",
    )
    test_fraction: TestFraction = 0.2
    split_seed: SplitSeed = None

    @model_validator(mode="after")
    def _one_hot_labels_are_several(self) -> Self:
        if self.is_one_hot and len(self.labels) < 2:
            message = "one-hot labels have a column a class, and classes are at least two"
            raise PydanticCustomError(CONFLICTING_KEYS, message, {"key": "label"})
        return self

    @model_validator(mode="after")
    def _names_need_a_header(self) -> Self:
        if any(isinstance(column, str) for column in self.labels) and not self.header:
            raise PydanticCustomError(
                CONFLICTING_KEYS,
                "without a header columns have no names: the label's is a number, -1 for the last",
                {"key": "label"},
            )
        if not self.header and any(isinstance(column, str) for column in self.ignore):
            raise PydanticCustomError(
                CONFLICTING_KEYS,
                "without a header columns have no names: write their numbers, from 0",
                {"key": "ignore"},
            )
        return self

    @property
    def labels(self) -> tuple[int | str, ...]:
        """The columns of labels: several if they are one-hot."""
        return self.label if isinstance(self.label, tuple) else (self.label,)

    @property
    def is_one_hot(self) -> bool:
        return isinstance(self.label, tuple)

    @property
    def split_fraction(self) -> float | None:
        return self.test_fraction
