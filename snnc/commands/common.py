"""What several commands do."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from snnc.pipeline import Checked, checked


def checked_spec(arguments: argparse.Namespace) -> Checked:
    """Return the spec that was named, once its warnings are printed."""
    found = checked(arguments.spec)
    if found.warnings:
        from snnc.render import report

        print(report(found.document, found.warnings), file=sys.stderr)
    return found


def output_folder(arguments: argparse.Namespace) -> Path:
    """Return the folder that a command writes to and reads from."""
    folder: Path = arguments.output or arguments.spec.parent
    return folder
