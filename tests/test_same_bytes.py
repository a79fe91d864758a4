"""The same spec gives the same bytes, on every Python, in every folder, with every hash seed and time zone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from snnc.environment.versions import LIGHT, Stack, stack_of
from tests.conftest import CASES, DOWNLOADED, ROOT, SPECS

#: Compiles specs, each into a folder `out` beside it, with the snnc of a folder.
PROGRAM = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from snnc.cli import main
for spec in map(Path, sys.argv[2:]):
    if code := main(["compile", str(spec), "-o", str(spec.parent / "out")]):
        sys.exit(code)
"""


def other_pythons() -> list[tuple[Stack, str]]:
    """Return a Python of every supported version but this one; SNNC_PYTHONS may name some that are not on the path."""
    named = os.environ.get("SNNC_PYTHONS", "").split(os.pathsep)
    on_path = [shutil.which(f"python3.{minor}") for minor in range(10, 14)]
    found: dict[tuple[int, int], str] = {}
    for python in filter(None, [*named, *on_path]):
        ask = [python, "-c", "import sys; print(*sys.version_info[:2])"]
        done = subprocess.run(ask, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            major, minor = map(int, done.stdout.split())
            found.setdefault((major, minor), python)
    found.pop(sys.version_info[:2], None)
    return [(stack, python) for version, python in found.items() if (stack := stack_of(version))]


def with_light_dependencies(stack: Stack, python: str, folder: Path) -> str:
    """Return a Python of the same version that has what compiling needs."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    constraints = ROOT / f"constraints/{stack.name}.txt"
    install = [folder / "bin/pip", "install", "-q", "-c", constraints, *LIGHT]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pip can't install {', '.join(LIGHT)}: {done.stderr.strip()[-200:]}")
    return str(folder / "bin/python")


def compiled(python: str, folder: Path, variables: dict[str, str]) -> dict[str, bytes]:
    """Return the scripts of every spec, compiled from a copy of the repository in a folder."""
    for part in ("snnc", "templates", "specs", "tests/cases"):
        shutil.copytree(
            ROOT / part, folder / part, ignore=shutil.ignore_patterns("*.py[co]", "*.npz.part")
        )
    copies = [folder / spec.relative_to(ROOT) for spec in (*SPECS, *CASES, *DOWNLOADED)]
    done = subprocess.run(
        [python, "-c", PROGRAM, folder, *copies],
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
    others = other_pythons()
    if not others:
        pytest.skip("no other supported Python here; SNNC_PYTHONS may name one")
    one = compiled(sys.executable, tmp_path / "one", {})
    for index, (stack, python) in enumerate(others):
        other = with_light_dependencies(stack, python, tmp_path / f"venv{index}")
        assert compiled(other, tmp_path / str(index), {"PYTHONHASHSEED": "3"}) == one
