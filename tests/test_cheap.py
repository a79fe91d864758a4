"""Asking is cheap: no heavy library is imported to check, compile, show or start a spec."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

HEAVY = {
    "tensorflow",
    "keras",
    "nengo",
    "nengo_dl",
    "nengo_loihi",
    "numpy",
    "scipy",
    "sklearn",
    "rich",
}

PROBE = f"""
import sys
from snnc.cli import main
code = main(sys.argv[1:])
print("imported:", *sorted({HEAVY!r} & set(sys.modules)))
sys.exit(code)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", str(ROOT / "specs/jets.toml")],
        ["check", str(ROOT / "tests/invalid/out_of_range.toml")],
        ["compile", str(ROOT / "specs/jets.toml"), "-o", "out"],
        ["compile", "--check", str(ROOT / "specs/jets.toml")],
        ["show", str(ROOT / "specs/jets.toml")],
        ["show", "--full", str(ROOT / "specs/jets.toml")],
        ["show", "--json", str(ROOT / "specs/jets.toml")],
        ["check", "--json", str(ROOT / "tests/invalid/out_of_range.toml")],
        ["check", "--sarif", str(ROOT / "tests/invalid/out_of_range.toml")],
        ["explain"],
        ["explain", "chip-neurons"],
        ["schema", "-o", "schema.json"],
        ["new", "mine"],
    ],
    ids=lambda a: " ".join(Path(part).name for part in a),
)
def test_no_heavy_import(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1] == "imported:"


#: What only some paths need: reports, machines' forms, explanations, other commands.
LAZY = {
    "jinja2",
    "shtab",
    "tree_sitter",
    "snnc.commands.findings",
    "snnc.complaints",
    "snnc.pages",
    "snnc.positions",
    "snnc.records",
    "snnc.render",
    "snnc.sarif",
    "snnc.schema",
    "snnc.syntax",
}


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["check", str(ROOT / "specs/jets.toml")], set()),
        (["compile", str(ROOT / "specs/jets.toml"), "-o", "out"], {"jinja2"}),
    ],
    ids=["check", "compile"],
)
def test_where_nothing_is_wrong_nothing_is_paid(
    arguments: list[str], needed: set[str], tmp_path: Path
) -> None:
    probe = PROBE.replace(repr(HEAVY), repr(LAZY))
    run = [sys.executable, "-c", probe, *arguments]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1].split()[1:] == sorted(needed)


def test_explaining_needs_no_pydantic(tmp_path: Path) -> None:
    probe = PROBE.replace(repr(HEAVY), repr({"pydantic", "tomli", "tree_sitter", "jinja2"}))
    run = [sys.executable, "-c", probe, "explain", "chip-neurons"]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "imported:"


@pytest.mark.parametrize("command", ["train", "run"])
def test_what_is_missing_is_named(command: str, tmp_path: Path) -> None:
    """Without the heavy libraries, the commands that need them say which, and how to get them."""
    probe = "import sys; sys.modules['nengo'] = None; from snnc.cli import main; sys.exit(main(sys.argv[1:]))"
    pytest.importorskip("numpy", reason="numpy comes with snnc[run]")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            probe,
            command,
            str(ROOT / "specs/digits.toml"),
            "-o",
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "snnc: training, running and check --data need nengo, which is not installed: "
        "pip install 'snnc[run]'\n"
    )
