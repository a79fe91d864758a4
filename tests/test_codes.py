"""Codes are names for good: each is declared once, raised by a name, shown by an invalid spec; and every rule is asked."""

from __future__ import annotations

import ast
import copy
import importlib
import pickle
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from snnc import checks
from snnc.checks.known_codes import known_codes
from snnc.checks.rule import rules_of
from snnc.diagnostics import codes
from snnc.diagnostics.diagnostic import Diagnostic
from tests.conftest import INVALID, ROOT

CODES = known_codes()


def syntax_trees() -> Iterator[ast.AST]:
    for path in (ROOT / "snnc").rglob("*.py"):
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def declarations() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every code that is declared: NAME = error("text")."""
    for node in syntax_trees():
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(
                    func=ast.Name(id="error" | "warning"), args=[ast.Constant(value=text), *_]
                ),
            ):
                yield name, text


def raised() -> Iterator[str]:
    """Yield the name of the code that every diagnostic of the package is made with."""
    for node in syntax_trees():
        match node:
            case ast.Call(func=ast.Name(id="Diagnostic" | "PydanticCustomError"), args=[code, *_]):
                match code:
                    # pydantic_errors passes on the codes that a PydanticCustomError has named.
                    case ast.Call(func=ast.Name(id="named")):
                        pass
                    case ast.Name(id=name):
                        yield name
                    case _:
                        pytest.fail(f"a code is a name, not {ast.unparse(code)}")


def test_codes_are_declared_once_and_known() -> None:
    texts = Counter(text for _, text in declarations())
    assert set(texts.values()) == {1}
    assert texts.keys() == CODES.keys()


def test_names_say_what_they_stand_for() -> None:
    for name, text in declarations():
        assert name == text.upper().replace("-", "_")


def test_all_codes_are_raised() -> None:
    assert set(raised()) == {name for name, _ in declarations()}


def test_every_code_has_an_invalid_spec() -> None:
    shown: set[str] = set()
    for path in INVALID:
        report = path.with_suffix(".err").read_text(encoding="utf-8")
        shown |= set(re.findall(r"(?:error|warning)\[([a-z-]+)\]", report))
    # Those about values are shown in test_data_report.py, those about training in test_training.py.
    assert shown == {text for text, code in CODES.items() if code.found_by == "check"}


@pytest.mark.parametrize("code", CODES)
def test_codes_are_names(code: str) -> None:
    assert re.fullmatch("[a-z]+(-[a-z]+)*", code)


@pytest.mark.parametrize("code", CODES.values(), ids=str)
def test_copies_keep_the_severity(code: codes.Code) -> None:
    diagnostic = Diagnostic(code, "message")
    for other in (pickle.loads(pickle.dumps(diagnostic)), copy.deepcopy(diagnostic)):
        assert other == diagnostic
        assert (other.severity, other.code.found_by) == (code.severity, code.found_by)


def test_rules_are_asked_wherever_they_stand() -> None:
    modules = [
        importlib.import_module(f"snnc.checks.{module.name}")
        for module in pkgutil.iter_modules(checks.__path__)
    ]
    assert {module for module in modules if any(rules_of(module))} == set(checks.SUBJECTS)


def test_every_rule_says_why() -> None:
    for subject in checks.SUBJECTS:
        for rule in rules_of(subject):
            assert rule.find.__doc__
