"""A spec as it was written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, eq=False, repr=False)
class Document:
    """A spec as it was written. `path` is how the user named the file."""

    path: Path
    text: str
    data: dict[str, Any]
