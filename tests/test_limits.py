"""The limits of `make lint`: what is within them passes, one more line or branch doesn't."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools import limits


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository in which everything is as large as it may be."""
    for number in range(limits.ROOT_MODULES):
        write(tmp_path / f"snnc/module{number}.py", "\n" * limits.MODULE_LINES)
    write(tmp_path / "snnc/room/branches.py", branches(limits.COMPLEXITY))
    write(tmp_path / "templates/parts/layer.py.jinja", "\n" * limits.TEMPLATE_LINES)
    for name, script in limits.SCRIPTS.items():
        write(tmp_path / name, emitted(script.lines, script.network_before - 1))
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def branches(complexity: int) -> str:
    return f"def function(x):\n    return {' or '.join(['x'] * complexity)}\n"


def emitted(lines: int, network_line: int) -> str:
    """Return a script of some lines, with the network on one of them."""
    above = "\n" * (network_line - 1)
    return above + "def build_network():\n    pass\n" + "\n" * (lines - network_line - 1)


def test_what_is_within_the_limits_passes(repository: Path) -> None:
    assert list(limits.excesses(repository)) == []


OVER = {
    "a function": (
        "snnc/room/branches.py",
        branches(limits.COMPLEXITY + 1),
        "snnc/room/branches.py:1: function has a complexity of 16, over 15: divide it",
    ),
    "a module": (
        "snnc/room/long.py",
        "\n" * (limits.MODULE_LINES + 1),
        "snnc/room/long.py: 401 lines, over 400: divide it",
    ),
    "a template": (
        "templates/train.py.jinja",
        "\n" * (limits.TEMPLATE_LINES + 1),
        "templates/train.py.jinja: 151 lines, over 150: divide it",
    ),
    "the root": (
        "snnc/one_more.py",
        "",
        "snnc: 10 modules in its root, over 9: move one to a room",
    ),
    "a script": (
        "specs/jets_train.py",
        emitted(181, 79),
        "specs/jets_train.py: 181 lines, over 180: shorten its templates",
    ),
    "what stands above a network": (
        "specs/jets_train.py",
        emitted(180, 80),
        "specs/jets_train.py:80: build_network begins on line 80, not before 80",
    ),
    "a network that isn't found": (
        "specs/jets_train.py",
        "",
        "specs/jets_train.py: no build_network",
    ),
}


@pytest.mark.parametrize("excess", OVER)
def test_what_is_over_a_limit_is_named(excess: str, repository: Path) -> None:
    name, text, wanted = OVER[excess]
    write(repository / name, text)
    (message,) = limits.excesses(repository)
    assert message.startswith(wanted)


@pytest.mark.parametrize(
    ("body", "complexity"),
    [
        ("return 1", 1),
        ("if x:\n  return 1\n elif y:\n  return 2\n else:\n  return 3", 3),
        ("return (1 if x else 2) if x and y or z else 3", 5),
        ("return [a for a in x if a if b]", 4),
        ("for a in x:\n  pass\n else:\n  pass", 3),
        ("while x:\n  assert x", 3),
        ("try:\n  pass\n except A:\n  pass\n except B:\n  pass\n else:\n  pass", 4),
        ("match x:\n  case 1:\n   pass\n  case _:\n   pass", 2),
        ("with x as y:\n  return lambda: y and x", 2),
        ("def inner():\n  return x and y\n return inner if x else 0", 2),
    ],
)
def test_complexity_is_counted_as_radon_does(body: str, complexity: int) -> None:
    (function,) = ast.parse(f"def function():\n {body}\n").body
    assert isinstance(function, ast.FunctionDef)
    assert limits.complexity(function) == complexity


def test_the_command_fails_with_what_it_names(repository: Path) -> None:
    """A copy of it looks at the repository that it stands in."""
    script = repository / "tools/limits.py"
    write(script, (ROOT / "tools/limits.py").read_text())
    assert command(script) == (0, "")
    name, text, wanted = OVER["the root"]
    write(repository / name, text)
    code, printed = command(script)
    assert code == 1
    assert printed.startswith(wanted)


def command(script: Path) -> tuple[int, str]:
    run = [sys.executable, str(script)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_make_lint_runs_it() -> None:
    _, _, recipe = (ROOT / "Makefile").read_text().partition("\nlint:")
    assert "tools/limits.py" in recipe.partition("\n\n")[0]


@pytest.mark.skipif(find_spec("ruff") is None, reason="pip install ruff")
def test_ruff_counts_statements() -> None:
    """Ten branches are too many in the package and in the tests."""
    code = "def function(x):\n" + "".join(f"    if x == {n}:\n        x += 1\n" for n in range(10))
    for name in ("snnc/module.py", "tests/test_module.py", "tools/tool.py"):
        run = [sys.executable, "-m", "ruff", "check", "--stdin-filename", name]
        done = subprocess.run(
            [*run, "-"], input=code, capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert "`function` is too complex (11 > 10)" in done.stdout
