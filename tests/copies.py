"""Copies of the repository to which a test adds files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def copy_of_repository(folder: Path) -> Path:
    """Copy into a folder what a network is checked, trained and run with, and return the folder."""
    trained = shutil.ignore_patterns("__pycache__", "*.params.npz", "*.test.npz", "*.baseline.npz")
    for part in ("snnc", "templates", "tests", "specs"):
        shutil.copytree(ROOT / part, folder / part, ignore=trained)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run_in(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a copy of the repository."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
    )
