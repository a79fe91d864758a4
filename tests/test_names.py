"""No layer can take a name that the scripts need."""

from __future__ import annotations

import ast
import builtins
import re

from snnc.program.reserved_names import RESERVED
from snnc.spec.base import Name
from tests.conftest import CASES, DOWNLOADED, SPECS, program_of
from tests.golden import golden_scripts

PATTERN = re.compile(Name.__metadata__[0].metadata[0].pattern)  # type: ignore[attr-defined]


def names_of(function: ast.FunctionDef) -> set[str]:
    """Return the names that a function uses, but for those that only functions and comprehensions in it have."""
    names = {argument.arg for argument in function.args.args}
    own: set[str] = set()
    for statement in ast.iter_child_nodes(function):
        for node in ast.walk(statement):
            if isinstance(node, ast.comprehension):
                own |= {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
            if isinstance(node, ast.Name):
                names.add(node.id)
        if isinstance(statement, ast.FunctionDef):
            arguments = statement.args
            every = [*arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
            own |= {argument.arg for argument in every if argument}
            own |= {
                n.id
                for n in ast.walk(statement)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
            names.add(statement.name)
    return names - own


def test_reserved_names_are_those_of_the_scripts() -> None:
    layers = {
        p.name
        for spec in [*SPECS, *CASES, *DOWNLOADED]
        for p in program_of(spec).network.populations
    }
    used: set[str] = set()
    for text in golden_scripts().values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name == "build_network":
                used |= names_of(node)
    possible = {name for name in used if PATTERN.match(name)} - layers - set(dir(builtins))
    assert {"inp", "net", "x", "softmax", "show"} <= possible, "the scripts are not read right"
    assert possible <= RESERVED
    assert RESERVED - possible <= {"input", "tf"}, "nothing uses these any more"
