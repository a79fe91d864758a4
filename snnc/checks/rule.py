"""A rule: a function that yields diagnostics of a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import NamedTuple

from snnc.diagnostics.diagnostic import Diagnostic
from snnc.program.program import Program


class Rule(NamedTuple):
    """A rule. The docstring of its function gives the reason."""

    find: Callable[[Program], Iterable[Diagnostic]]

    def __call__(self, program: Program) -> Iterable[Diagnostic]:
        return self.find(program)


def rule(find: Callable[[Program], Iterable[Diagnostic]]) -> Rule:
    """Mark a function as a rule, by which `rules_of` finds it in its module."""
    return Rule(find)


def rules_of(module: ModuleType) -> Iterator[Rule]:
    """Yield the rules that a module defines."""
    rules = (value for value in vars(module).values() if isinstance(value, Rule))
    return (rule for rule in rules if rule.find.__module__ == module.__name__)
