"""The table of pitfalls is complete, and what it names exists."""

from __future__ import annotations

import ast
import re

import pytest

from snnc.checks.known_codes import known_codes
from tests.conftest import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs/pitfalls.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d", line)
]


def test_there_is_a_row_for_each() -> None:
    assert [row[0] for row in ROWS] == [str(number) for number in range(1, 67)]


@pytest.fixture(scope="module")
def tests() -> set[str]:
    """The names of all tests."""
    names = set()
    for path in (ROOT / "tests").glob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    return names


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_a_row_names_exists(row: list[str], tests: set[str]) -> None:
    _, _, by, what, shown_by = row
    assert by in {"rule", "construction", "run", "later"}
    if by == "rule":
        assert set(re.findall("`([a-z-]+)`", what)) & known_codes().keys()
    named = set(re.findall("`(test_[a-z_]+)`", shown_by))
    assert named <= tests
    assert named or by == "later"
