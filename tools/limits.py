"""Fail where code has outgrown its limits: `python tools/limits.py`, a part of `make lint`.

Ruff limits complexity too, but counts statements alone; conditions within a line are counted here, as radon does.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

COMPLEXITY = 15
MODULE_LINES = 400
TEMPLATE_LINES = 150
#: Of the package's root; every other module belongs to a room.
ROOT_MODULES = 9

#: Where complexity is counted. Tests are left to ruff: each assert would count.
COUNTED = ("snnc", "tools", "docs", "benchmarks", "specs")


class Script(NamedTuple):
    """At most so many lines, and the line before which `build_network` begins: it is what a reader looks for."""

    lines: int
    network_before: int


SCRIPTS = {
    "specs/jets_train.py": Script(lines=180, network_before=80),
    "specs/jets_loihi.py": Script(lines=125, network_before=80),
    "specs/mnist_loihi_train.py": Script(lines=240, network_before=110),
    "specs/mnist_loihi_loihi.py": Script(lines=160, network_before=110),
    "specs/cifar10_train.py": Script(lines=270, network_before=110),
}


def main() -> int:
    """Print what is over its limit, and return the exit code."""
    root = Path(__file__).resolve().parent.parent
    messages = list(excesses(root))
    for message in messages:
        print(message, file=sys.stderr)
    return 1 if messages else 0


def excesses(root: Path) -> Iterator[str]:
    """Yield a message for everything in a repository that is over its limit."""
    yield from complex_functions(root)
    yield from long_files(root, "snnc/**/*.py", MODULE_LINES)
    yield from long_files(root, "templates/**/*", TEMPLATE_LINES)
    yield from crowded_root(root)
    yield from long_scripts(root)


def complex_functions(root: Path) -> Iterator[str]:
    for folder in COUNTED:
        for path in sorted((root / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                if (count := complexity(node)) > COMPLEXITY:
                    place = f"{path.relative_to(root).as_posix()}:{node.lineno}"
                    yield f"{place}: {node.name} has a complexity of {count}, over {COMPLEXITY}: divide it"


def complexity(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many paths lead through a function, apart from functions and classes within it."""
    return 1 + sum(_branches(node) for child in function.body for node in _own_nodes(child))


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _own_nodes(child)


def _branches(node: ast.AST) -> int:
    match node:
        case ast.If() | ast.IfExp() | ast.Assert():
            return 1
        case ast.For() | ast.AsyncFor() | ast.While():
            return 1 + bool(node.orelse)
        case ast.Try():
            return len(node.handlers) + bool(node.orelse)
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.comprehension():
            return 1 + len(node.ifs)
        case ast.match_case():
            is_wildcard = isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None
            return 0 if is_wildcard else 1
    return 0


def long_files(root: Path, pattern: str, most: int) -> Iterator[str]:
    for path in sorted(root.glob(pattern)):
        if path.is_file() and "__pycache__" not in path.parts and (n := _lines(path)) > most:
            yield f"{path.relative_to(root).as_posix()}: {n} lines, over {most}: divide it"


def crowded_root(root: Path) -> Iterator[str]:
    modules = sorted(path.name for path in (root / "snnc").glob("*.py"))
    if len(modules) > ROOT_MODULES:
        names = ", ".join(modules)
        yield f"snnc: {len(modules)} modules in its root, over {ROOT_MODULES}: move one to a room ({names})"


def long_scripts(root: Path) -> Iterator[str]:
    for name, (most, before) in SCRIPTS.items():
        path = root / name
        if (n := _lines(path)) > most:
            yield f"{name}: {n} lines, over {most}: shorten its templates"
        begins = _network_line(path)
        if begins is None:
            yield f"{name}: no build_network"
        elif begins >= before:
            yield f"{name}:{begins}: build_network begins on line {begins}, not before {before}: move what stands above it"


def _network_line(path: Path) -> int | None:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(
        (n for n, line in enumerate(lines, 1) if line.startswith("def build_network")), None
    )


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


if __name__ == "__main__":
    sys.exit(main())
