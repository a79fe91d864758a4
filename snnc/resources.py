"""The files that come with snnc: in a checkout they stand beside the package, in a wheel inside it."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
#: Only in a wheel.
FILES = PACKAGE / "_files"


def folder(name: str) -> Path:
    """Return the folder of that name: "templates", "specs", "constraints" or "docs/codes"."""
    installed = FILES / name
    return installed if installed.is_dir() else PACKAGE.parent / name
