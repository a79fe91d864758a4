"""What several commands do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.diagnostics.report import report
from snnc.pipeline import Checked, checked

if TYPE_CHECKING:
    from snnc.data.report import DataReport


def checked_spec(path: Path, data_file: Path | None = None) -> Checked:
    """Return a spec without errors, once its warnings are printed; `data_file` replaces its data."""
    found = checked(path, data_file)
    warn(found.document, found.warnings)
    return found


def warn(document: Document, warnings: Sequence[Diagnostic]) -> None:
    """Print warnings about a spec, if there are any."""
    if warnings:
        print(report(document, warnings), file=sys.stderr)


def data_file(arguments: argparse.Namespace) -> Path | None:
    """Return the file that was named after `check --data`, if one was."""
    return arguments.data if isinstance(arguments.data, Path) else None


def look_at_data(found: Checked) -> DataReport:
    """Return what there is to say of the values of a spec's data, but for what it allows."""
    from snnc.environment.libraries import needed

    needed("numpy")
    from snnc.data.report import data_report

    return data_report(found.program).without(found.allowed)


def output_folder(arguments: argparse.Namespace) -> Path:
    """Return the folder that a command writes to and reads from."""
    folder: Path = arguments.output or arguments.spec.parent
    return folder
