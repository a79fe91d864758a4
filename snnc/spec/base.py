"""What all parts of the spec language have in common."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from snnc.diagnostics.codes import OUT_OF_RANGE, WRONG_TYPE
from snnc.operators.frozen import frozen


class Model(BaseModel):
    """A table of the spec: immutable, without unknown keys, and nothing is converted on the way in."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        # Only the whole spec is ever validated: building each table's validator by itself
        # would double the time it takes to start.
        defer_build=True,
    )

    @property
    def unused(self) -> frozenset[str]:
        """Keys that have a default, but no meaning beside what was written."""
        return frozenset()


def _table(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


#: A bare string may stand for a table that has only a kind.
Bare = BeforeValidator(_table)


@frozen
class WithKind:
    """Writes a kind into a table that has none."""

    kind: str

    def __call__(self, value: Any) -> Any:
        return {"kind": self.kind, **value} if isinstance(value, dict) else value


def default_kind(kind: str) -> BeforeValidator:
    """Return what lets a table leave out its kind."""
    return BeforeValidator(WithKind(kind))


#: How many there may be of anything: far beyond what fits, and small enough to say.
Count = Annotated[int, Field(ge=1, le=10**9)]

#: The name of a network or a layer; it becomes a Python name and part of file names.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]

Positive = Annotated[float, Field(gt=0)]
Seconds = Annotated[float, Field(ge=0)]
PositiveSeconds = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]


def pair(value: Any, info: ValidationInfo) -> Any:
    """Return a number twice, and two numbers as they are."""
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


#: What names the input as the source of a connection.
INPUT = "input"


OUTPUT = "output"
