"""The wheel brings what a checkout has, and does the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from snnc import __version__
from snnc.diagnostics.pages import page, plain
from snnc.scripts.templates import CompiledLoader, compiled_file, environment
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel: what pip would put into site-packages."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel: pip install hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def snnc(
    installed: Path, folder: Path, *arguments: str, before: Path | None = None
) -> subprocess.CompletedProcess[str]:
    paths = [str(path) for path in (before, installed) if path]
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from snnc.cli import main; sys.exit(main(sys.argv[1:]))",
            *arguments,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


def test_what_is_in_it(installed: Path) -> None:
    files = {p.relative_to(installed).as_posix() for p in installed.rglob("*") if p.is_file()}
    for name in (
        "templates/train/fit.py.jinja",
        "specs/jets.toml",
        "specs/data/jets_sim.npz",
        "templates/new.toml",
        "docs/codes/chip-neurons.md",
        "constraints/frozen.txt",
        "constraints/today.txt",
    ):
        assert f"snnc/_files/{name}" in files
    assert "snnc/py.typed" in files
    assert not [f for f in files if "params.npz" in f or f.startswith(("tests/", "benchmarks/"))]
    tops = {f.split("/")[0] for f in files}
    assert tops == {"snnc", *(top for top in tops if top.endswith(".dist-info"))}


def test_it_says_which_version_it_is(installed: Path, tmp_path: Path) -> None:
    (info,) = installed.glob("*.dist-info")
    assert info.name == f"snnc-{__version__}.dist-info"
    (version,) = re.findall(r"^Version: (.*)$", (info / "METADATA").read_text(), re.M)
    assert version == __version__
    assert snnc(installed, tmp_path, "--version").stdout == f"snnc {version}\n"


def test_doctor_names_constraints_that_are_there(installed: Path, tmp_path: Path) -> None:
    """A package that is too old, found before the real one, makes it print the command."""
    info = tmp_path / "site/jinja2-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: jinja2\nVersion: 1.0\n")
    done = snnc(installed, tmp_path, "doctor", before=info.parent)
    assert done.returncode == 1
    (path,) = set(re.findall(r"-c (\S+)", done.stdout))
    assert Path(path).parent == installed / "snnc/_files/constraints"
    assert Path(path).exists()
    assert done.stdout.endswith(" 'snnc[run]'\n")


def test_it_compiles_to_the_same_bytes(installed: Path, tmp_path: Path) -> None:
    spec = tmp_path / "digits.toml"
    spec.write_bytes((ROOT / "specs/digits.toml").read_bytes())
    done = snnc(installed, tmp_path, "compile", "digits.toml")
    assert done.returncode == 0, done.stderr
    for name in ("digits_train.py", "digits_loihi.py"):
        assert (tmp_path / name).read_bytes() == (ROOT / "specs" / name).read_bytes()
    assert snnc(installed, tmp_path, "new", "mine").returncode == 0
    assert snnc(installed, tmp_path, "check", "mine.toml").returncode == 0
    assert snnc(installed, tmp_path, "explain", "labels").stdout == plain(page("labels")) + "\n"


def test_templates_are_compiled_for_this_jinja_alone(installed: Path, tmp_path: Path) -> None:
    """With another Jinja, the templates are read as text."""
    compiled = CompiledLoader(compiled_file(installed / "snnc/_files"))
    assert list(compiled.module.TEMPLATES) == environment().list_templates(extensions=["jinja"])
    where = (
        "from snnc.scripts.templates import environment; print(type(environment().loader).__name__)"
    )
    run = [sys.executable, "-c", where]
    variables = {**os.environ, "PYTHONPATH": str(installed)}
    assert subprocess.check_output(run, env=variables, cwd=tmp_path) == b"CompiledLoader\n"
    other = f"import jinja2; jinja2.__version__ = '0.0'; {where}"
    run = [sys.executable, "-c", other]
    assert subprocess.check_output(run, env=variables, cwd=tmp_path) == b"FileSystemLoader\n"
