"""What is read from a source, and its refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from snnc.data.rows import Rows
from snnc.diagnostics.errors import UsageError
from snnc.program.program import Program


@dataclass(frozen=True)
class Raw:
    """Items and labels, and the names of both in their source."""

    x_name: str
    x: NDArray[Any]
    y_name: str
    y: NDArray[Any]


@dataclass(frozen=True)
class Unread:
    """What `Raw` is, with items that stay where they are. Without labels `y_name` is empty, and so is `y`."""

    x_name: str
    x: Rows
    y_name: str
    y: NDArray[Any]
    #: Whether the items are those that training has held out, with channels last where the source has them first.
    moved: bool = False


def source_name(program: Program) -> str:
    """Return the name of the source in messages."""
    path = program.data_path
    return program.data.title if path is None else path.as_posix()


def out_of_reach(program: Program, error: Exception) -> UsageError:
    reason = " ".join(str(getattr(error, "reason", "") or error).split())
    return UsageError(
        f"can't download {source_name(program)}: {reason}; with a file of its arrays, say --data FILE"
    )
