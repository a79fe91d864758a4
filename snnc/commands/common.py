"""Steps of several commands."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError, Unfit, UsageError
from snnc.diagnostics.report import report
from snnc.diagnostics.screen import Screen, screen
from snnc.pipeline import Checked, checked

if TYPE_CHECKING:
    from snnc.data.report import DataReport
    from snnc.program.program import Program


def checked_spec(path: Path, data_file: Path | None = None) -> Checked:
    """Return a spec without errors, once its warnings are printed; `data_file` replaces its data."""
    spec = checked(path, data_file)
    warn(spec.document, spec.warnings)
    return spec


def warn(document: Document, warnings: Sequence[Diagnostic]) -> None:
    """Print warnings about a spec, if there are any."""
    if warnings:
        print(report(document, warnings, screen(sys.stderr)), file=sys.stderr)


class Told(Protocol):
    """What a command has found: as plain data, and as text that fits a screen."""

    def to_dict(self) -> dict[str, Any]: ...

    def text(self, screen: Screen = ...) -> str: ...


def say_result(found: Told, as_json: bool) -> None:
    """Print what a command has found, for people or for a program."""
    print(json.dumps(found.to_dict()) if as_json else found.text(screen(sys.stdout)))


def say_written(paths: Iterable[Path], quiet: bool) -> None:
    """Name the files that were written beside what a command prints, if there are any."""
    names = ", ".join(path.as_posix() for path in paths)
    if names and not quiet:
        print(f"wrote {names}", file=sys.stderr)


def specs_of(arguments: argparse.Namespace) -> list[Path]:
    """Return the specs that a command is about: those that were named, else those of this folder. Raises a UsageError without any."""
    specs: list[Path] = arguments.specs or specs_in(Path())
    if not specs:
        raise UsageError(
            "there is no spec in this folder: name one, or write one with snnc new NAME"
        )
    return specs


def specs_in(folder: Path) -> list[Path]:
    """Return the specs of a folder, broken ones too: TOML files that name a network, layers, or the language."""
    with_text = ((path, _text(path)) for path in sorted(folder.glob("*.toml")))
    of_a_spec = re.compile(r"^\s*(snnc|\[*\s*(network|layers))\s*[].=]", re.MULTILINE)
    return [path for path, text in with_text if of_a_spec.search(text)]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def data_file(arguments: argparse.Namespace) -> Path | None:
    """Return the file after `check --data`, if there is one."""
    return arguments.data if isinstance(arguments.data, Path) else None


def look_at_data(spec: Checked) -> DataReport:
    """Return the report on the values of a spec's data, without warnings that the spec allows."""
    from snnc.environment.libraries import needed

    needed("numpy")
    from snnc.data.report import data_report

    with in_spec(spec.document):
        return data_report(spec.program).without(spec.allowed)


@contextmanager
def in_spec(document: Document) -> Iterator[None]:
    """Show what data don't fit where the spec decides it."""
    try:
        yield
    except Unfit as error:
        raise CompileError(document, [error.finding]) from error


def output_folder(arguments: argparse.Namespace) -> Path:
    """Return the folder that a command writes to and reads from."""
    folder: Path = arguments.output or arguments.spec.parent
    return folder


def refuse_alone(arguments: argparse.Namespace) -> None:
    """Raise a UsageError for an option that says how several seeds are done, without any."""
    if arguments.jobs:
        raise UsageError("--jobs is how many seeds go on at a time: add --seeds N")


def refuse_both(arguments: argparse.Namespace) -> None:
    """Raise a UsageError for work that is to be done here and elsewhere."""
    if arguments.jobs and arguments.on_cluster:
        raise UsageError(
            "--jobs is for this machine: the workers of --on-cluster do as much at a time as they have threads"
        )


def steps_of(seconds: float | None, program: Program) -> int | None:
    """Return how many steps an item is to be shown. Raises a UsageError unless it is a whole number of them."""
    if seconds is None:
        return None
    steps = round(seconds / program.network.dt)
    if steps < 1 or abs(steps * program.network.dt - seconds) > 1e-9:
        raise UsageError(f"--time is a multiple of dt, {program.network.dt:g} s, not {seconds:g}")
    return steps
