"""Compare a data file with the spec: a module for each kind of file, named as in TOML."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.program.program import Program


def file_fits(program: Program, path: Path, at: KeyPath) -> Iterator[Diagnostic]:
    """Yield the errors of a file; `at` is where the spec names it. Raises OSError."""
    module = import_module(f"{__name__}.{program.data.file_kind}")
    diagnostics: Iterator[Diagnostic] = module.fits(program, path, at)
    return diagnostics
