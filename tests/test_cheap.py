"""Asking is cheap: no heavy library is imported to check, compile, show or start a spec."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT

HEAVY = {
    "matplotlib",
    "tensorflow",
    "keras",
    "nengo",
    "nengo_dl",
    "nengo_loihi",
    "numpy",
    "distributed",
    "optuna",
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
        # With a study.
        ["check", str(ROOT / "tests/cases/watched.toml")],
        ["check", str(ROOT / "tests/invalid/study_unknown_address.toml")],
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
        # It imports all there is, in a process of its own.
        pytest.param(["doctor"], marks=pytest.mark.slow),
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


#: Of other libraries, and of other commands, what only some paths need.
LAZY = {
    "jinja2",
    "shtab",
    "tree_sitter",
    "snnc.commands.findings",
    "snnc.diagnostics.as_json",
    "snnc.diagnostics.positions",
    "snnc.diagnostics.sarif",
    "snnc.spec.json_schema",
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


NOT_INSTALLED = """
from importlib import metadata
found = metadata.distribution
def distribution(name):
    if name == "nengo":
        raise metadata.PackageNotFoundError(name)
    return found(name)
metadata.distribution = distribution
"""


@pytest.mark.parametrize("command", ["train", "run"])
@pytest.mark.parametrize(
    ("missing", "wanted"),
    [
        (NOT_INSTALLED, "need nengo (not installed); this installs it:\n  "),
        ("sys.modules['nengo'] = None", "need nengo, which can't be imported: "),
    ],
    ids=["not installed", "broken"],
)
def test_what_is_missing_is_named(command: str, missing: str, wanted: str, tmp_path: Path) -> None:
    """Without the heavy libraries, the commands that need them say which, and how to get them."""
    for name in ("tensorflow", "nengo", "nengo_dl", "nengo_loihi", "nengo_extras"):
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed: pip install 'snnc[run]'")
    probe = f"import sys\n{missing}\nfrom snnc.cli import main; sys.exit(main(sys.argv[1:]))"
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
    # A package that is there is only found to be broken once it is imported.
    said = done.stderr.partition(" ...\n")[2] if "which can't" in wanted else done.stderr
    assert said.startswith(f"snnc: training and running {wanted}")
