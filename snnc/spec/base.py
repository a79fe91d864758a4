"""The base class of all tables of a spec, and types that several of them use."""

from collections.abc import Container
from itertools import chain, count
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from snnc.diagnostics.codes import DUPLICATE_VALUE, OUT_OF_RANGE, WRONG_TYPE


class Model(BaseModel):
    """A table of the spec: immutable and strict. It refuses unknown keys, and converts no values."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        # Only whole specs are validated: a validator for each table would double the start-up time.
        defer_build=True,
    )

    @property
    def unused(self) -> frozenset[str]:
        """Keys whose defaults have no effect beside the keys that were written."""
        return frozenset()


def _table(value: Any) -> Any:
    """Return the table that a bare kind stands for; any other value as it is."""
    return {"kind": value} if isinstance(value, str) else value


#: A bare string may stand for a table that has only a kind.
Bare = BeforeValidator(_table)


class WithKind:
    """Writes a kind into a table that has none."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, value: Any) -> Any:
        return {"kind": self.kind, **value} if isinstance(value, dict) else value


def default_kind(kind: str) -> BeforeValidator:
    """Return a validator that lets a table leave out its kind."""
    return BeforeValidator(WithKind(kind))


#: A number of things. The limit is far beyond what a network can have, and still easy to read in a message.
Count = Annotated[int, Field(ge=1, le=10**9)]

#: Training seeds each epoch with 1000 * seed + epoch + 1, which has to stay below 2**32.
LARGEST_SEED = 4_000_000
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]

#: The name of a network or a layer; it becomes a Python name and part of file names.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


def free_name(wanted: str, taken: Container[str]) -> str:
    """Return a name, with a number from 2 on behind it if others have it already."""
    numbered = (f"{wanted}_{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if name not in taken)


def once(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return values of which none stands there twice."""
    for index, value in enumerate(values):
        if value in values[:index]:
            raise PydanticCustomError(
                DUPLICATE_VALUE, "{value} stands here twice", {"value": repr(value)}
            )
    return values


Positive = Annotated[float, Field(gt=0)]
Seconds = Annotated[float, Field(ge=0)]
PositiveSeconds = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]


def pair(value: Any, info: ValidationInfo) -> Any:
    """Return two numbers: the value if it is a pair, else the value twice."""
    both = [value, value] if type(value) is int else value
    if not isinstance(both, list | tuple) or len(both) != 2:
        message = "'{key}' is one number, or two: down and across"
        raise PydanticCustomError(WRONG_TYPE, message, {"key": info.field_name})
    if type(value) is int and value < 1:
        message = "'{key}' is at least 1, not {value}"
        raise PydanticCustomError(OUT_OF_RANGE, message, {"key": info.field_name, "value": value})
    return both


#: Height and width; one number stands for both, as in Keras.
Size2D = Annotated[tuple[Count, Count], Field(strict=False), BeforeValidator(pair)]


def length(value: Any, info: ValidationInfo) -> Any:
    """Return one number: the value, or that of an array whose numbers are all the same, as Keras has it."""
    if isinstance(value, list | tuple) and len({*map(str, value)}) == 1:
        value = value[0]
    if type(value) is not int:
        message = "'{key}' is one number"
        raise PydanticCustomError(WRONG_TYPE, message, {"key": info.field_name})
    return value


#: Along a series, or the same in all directions.
Size1D = Annotated[Count, BeforeValidator(length)]


#: The name of the input, as the source of a connection.
INPUT = "input"
#: The name of the output, as the target of a connection.
OUTPUT = "output"
