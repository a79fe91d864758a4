"""The same spec gives the same bytes, on every Python, in every folder, with every hash seed and time zone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CASES, ROOT, SPECS

PROGRAM = "import sys; sys.path[:0] = sys.argv.pop(1).split(':'); from snnc.cli import main; sys.exit(main(sys.argv[1:]))"


def other_pythons() -> list[str]:
    """Return the supported Pythons on this machine that have snnc's light dependencies."""
    found = []
    for name in ("python3.10", "python3.11"):
        path = shutil.which(name)
        probe = "import pydantic, jinja2, tomli, tree_sitter_toml"
        if (
            path
            and subprocess.run([path, "-c", probe], capture_output=True, check=False).returncode
            == 0
        ):
            found.append(path)
    return found


def compiled(python: str, folder: Path, variables: dict[str, str]) -> dict[str, bytes]:
    """Return the scripts of every spec, compiled from a copy of the repository in a folder."""
    for part in ("snnc", "templates", "specs", "tests/cases"):
        shutil.copytree(
            ROOT / part, folder / part, ignore=shutil.ignore_patterns("*.py[co]", "*.npz.part")
        )
    for spec in [*SPECS, *CASES]:
        copy = folder / spec.relative_to(ROOT)
        done = subprocess.run(
            [
                python,
                "-c",
                PROGRAM,
                str(folder),
                "compile",
                str(copy),
                "-o",
                str(copy.parent / "out"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder.anchor,
            env={**os.environ, **variables},
        )
        assert done.returncode == 0, done.stderr
    return {p.name: p.read_bytes() for p in folder.glob("**/out/*.py")}


@pytest.mark.slow
def test_same_bytes(tmp_path: Path) -> None:
    one = compiled(sys.executable, tmp_path / "one", {"PYTHONHASHSEED": "1", "TZ": "UTC"})
    two = compiled(
        sys.executable,
        tmp_path / "a rather longer folder" / "two",
        {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C", "COLUMNS": "40"},
    )
    assert len(one) >= 9
    assert one == two


@pytest.mark.slow
def test_same_bytes_on_another_python(tmp_path: Path) -> None:
    here = sys.version_info[:2]
    others = [p for p in other_pythons() if not p.endswith(f"python{here[0]}.{here[1]}")]
    if not others:
        pytest.skip(
            "no other supported Python with pydantic, jinja2, tomli and tree-sitter-toml here"
        )
    one = compiled(sys.executable, tmp_path / "one", {})
    for index, python in enumerate(others):
        assert compiled(python, tmp_path / str(index), {"PYTHONHASHSEED": "3"}) == one
