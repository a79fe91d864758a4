"""The files that come with snnc: in a checkout they stand beside the package, in a wheel inside it."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def folder(name: str, package: Path = PACKAGE) -> Path:
    """Return the folder of that name: "templates" or "specs"."""
    installed = package / "_files" / name
    return installed if installed.is_dir() else package.parent / name
