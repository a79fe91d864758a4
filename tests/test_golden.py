"""Committed scripts and reports are what snnc writes today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from snnc.scripts.emit import is_untouched
from tests.conftest import CASES, DOWNLOADED, INVALID, ROOT, SPECS
from tests.golden import compare, golden_scripts, invalid_report

SCRIPTS = golden_scripts()


def named(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_script(path: Path) -> None:
    compare(path, SCRIPTS[path])
    assert is_untouched(SCRIPTS[path])


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_lines_fit(path: Path) -> None:
    assert [line for line in SCRIPTS[path].splitlines() if len(line) > 88] == []


def test_no_stray_scripts() -> None:
    """A script that no spec emits any more would never be noticed."""
    there = {*(ROOT / "specs").glob("*.py"), *(ROOT / "tests/cases").glob("**/emitted/*.py")}
    assert there == set(SCRIPTS)
    assert len(SPECS) >= 2
    assert len(CASES) >= 4
    assert len(DOWNLOADED) >= 3


@pytest.mark.parametrize("path", INVALID, ids=named)
def test_invalid_spec(path: Path) -> None:
    report = invalid_report(path)
    assert "[" in report
    compare(path.with_suffix(".err"), report)


def test_enough_invalid_specs() -> None:
    assert len(INVALID) >= 25
    assert {p.stem for p in INVALID} == {p.stem for p in (ROOT / "tests/invalid").glob("*.err")}


@pytest.mark.parametrize(
    "tool", [["black", "-q", "--check"], ["ruff", "check", "-q", "--isolated"]], ids=lambda t: t[0]
)
def test_scripts_look_hand_written(tool: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *tool, *map(str, SCRIPTS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
