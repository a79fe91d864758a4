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
                names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                used |= names | {a.arg for a in node.args.args}
    possible = {name for name in used if PATTERN.match(name)} - layers - set(dir(builtins))
    assert {"inp", "net", "x", "softmax", "show"} <= possible, "the scripts are not read right"
    assert possible <= RESERVED
    assert RESERVED - possible <= {"input", "tf"}, "nothing uses these any more"
