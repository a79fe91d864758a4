"""Compare a data file with the spec: a module for each kind of file, named as in TOML."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from snnc.data.npz_headers import BadFile
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.program.program import Program


def file_fits(program: Program, path: Path, at: KeyPath) -> Iterator[Diagnostic]:
    """Yield the errors of a file; `at` is where the spec names it. Raises OSError."""
    diagnostics: Iterator[Diagnostic] = _module(program).fits(program, path, at)
    return diagnostics


def items_in(program: Program, path: Path) -> int | None:
    """Return how many items to train on a file holds, or None if that can't be told."""
    try:
        items: int | None = _module(program).items(program, path)
    except (OSError, BadFile):
        return None  # `file_fits` says why
    return items


def _module(program: Program) -> Any:
    return import_module(f"{__name__}.{program.data.file_kind}")
