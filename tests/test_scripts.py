"""Emitted scripts as their owner runs them: in a process of their own, without snnc."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from snnc.pipeline import scripts
from tests.conftest import ROOT, program_of

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

#: Runs a script as if snnc were not installed; today's libraries are prepared for first.
PREPARE = "from snnc.compat import prepare; prepare(); " if sys.version_info >= (3, 12) else ""
RUN = f"{PREPARE}import runpy, sys; sys.modules['snnc'] = None; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, str(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=script.anchor,
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of the digits, trained for two epochs."""
    folder = tmp_path_factory.mktemp("digits")
    for path, text in scripts(program_of(ROOT / "specs/digits.toml"), folder).items():
        path.write_text(text)
    return folder


def test_train_then_run(folder: Path) -> None:
    missing = run(folder / "digits_loihi.py")
    assert missing.returncode == 1
    assert missing.stderr.endswith("there is no digits.params.npz yet: train first\n")

    trained = run(folder / "digits_train.py", "--epochs", "2", "--items", "50")
    assert trained.returncode == 0, trained.stderr
    assert re.search(r"^epoch   2: loss \d\.\d{4}, accuracy \d+\.\d%$", trained.stdout, re.M)
    assert re.search(r"^rate neurons: .*, n = 50\)$", trained.stdout, re.M)
    assert re.search(r"^spikes \(fresh\): .*, n = 50\)$", trained.stdout, re.M)
    assert re.search(r"^  pixels: \d+ Hz, \d+% of the neurons silent$", trained.stdout, re.M)
    assert {p.name for p in folder.glob("*.npz")} == {"digits.params.npz", "digits.test.npz"}

    streamed = run(folder / "digits_loihi.py", "--items", "5")
    assert streamed.returncode == 0, streamed.stderr
    assert re.search(r"^nengo_loihi, sim \(stream\): .*, n = 5\)$", streamed.stdout, re.M)
    assert re.search(r"^  strokes: \d+ Hz", streamed.stdout, re.M)


def test_parameters_of_another_network_are_refused(folder: Path, tmp_path: Path) -> None:
    """A spec whose neurons changed needs new parameters, even where all shapes fit."""
    text = (ROOT / "specs/digits.toml").read_text().replace("max_rate = 200", "max_rate = 150")
    (tmp_path / "digits.toml").write_text(text)
    for path, script in scripts(program_of(tmp_path / "digits.toml"), tmp_path).items():
        path.write_text(script)
    for file in folder.glob("*.npz"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    refused = run(tmp_path / "digits_loihi.py", "--items", "5")
    assert refused.returncode == 1
    assert "is for another network" in refused.stderr


@pytest.mark.parametrize("name", ["digits_train.py", "digits_loihi.py"])
def test_help(name: str, folder: Path) -> None:
    done = run(folder / name, "--help")
    assert done.returncode == 0
    assert "--items" in done.stdout
