"""Codes are names for good: each is registered, raised somewhere, and shown by an invalid spec."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from snnc.diagnostics.codes import ERRORS, LEARNT, VALUES, WARNINGS
from tests.conftest import INVALID, ROOT

CODES = ERRORS | WARNINGS


def raised() -> Iterator[str]:
    """Yield the code of every diagnostic that the package makes."""
    for path in (ROOT / "snnc").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if name in ("Diagnostic", "PydanticCustomError"):
                assert isinstance(node, ast.Call)
                code = node.args[0]
                # Only pydantic_errors.py passes on what a PydanticCustomError has said.
                if isinstance(code, ast.Constant):
                    yield code.value


def test_the_registry_is_complete() -> None:
    assert set(raised()) == CODES
    assert not ERRORS & WARNINGS


def test_every_code_has_an_invalid_spec() -> None:
    shown: set[str] = set()
    for path in INVALID:
        report = path.with_suffix(".err").read_text(encoding="utf-8")
        shown |= set(re.findall(r"(?:error|warning)\[([a-z-]+)\]", report))
    # Those about values are shown in test_look.py and test_machine.py, those about what was learnt in test_training.py.
    assert shown == CODES - VALUES - {"data-values"} - LEARNT


@pytest.mark.parametrize("code", sorted(CODES))
def test_codes_are_names(code: str) -> None:
    assert re.fullmatch("[a-z]+(-[a-z]+)*", code)
