"""What several commands do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from snnc.compile import Checked, checked
from snnc.failures import attempt


def checked_spec(arguments: argparse.Namespace) -> Checked:
    """Return the spec that was named, once its warnings are printed."""
    return _checked(arguments.spec)


def checked_specs(paths: Sequence[Path]) -> tuple[list[Checked], int]:
    """Return the specs without errors, once all that was found is printed, and the exit code so far."""
    found: list[Checked] = []
    return found, max(attempt(partial(_add, path, found)) for path in paths)


def _add(path: Path, found: list[Checked]) -> int:
    found.append(_checked(path))
    return 0


def _checked(path: Path) -> Checked:
    found = checked(path)
    if found.warnings:
        from snnc.render import report

        print(report(found.document, found.warnings), file=sys.stderr)
    return found


def output_folder(arguments: argparse.Namespace) -> Path:
    """Return the folder that a command writes to and reads from."""
    folder: Path = arguments.output or arguments.spec.parent
    return folder
