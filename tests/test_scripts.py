"""Emitted scripts as their owner runs them: in a process of their own, without snnc."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.pipeline import scripts
from tests.conftest import ROOT, program_of
from tests.test_parity import load_script

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
    assert refused.stderr.endswith(
        "digits.params.npz is for another spec: train anew\n"
        "  neurons.amplitude: 0.005 there, 0.006666666666666667 here\n"
        "  neurons.max_rate: 200 there, 150 here\n"
    )


def test_damaged_parameters(folder: Path, tmp_path: Path) -> None:
    for name in ("digits_loihi.py", "digits.test.npz", "digits.params.npz"):
        content = (folder / name).read_bytes()
        (tmp_path / name).write_bytes(content[:-1000] if "params" in name else content)
    truncated = run(tmp_path / "digits_loihi.py")
    assert truncated.returncode == 1
    assert truncated.stderr.endswith("\ndigits.params.npz is damaged: train anew\n")
    (tmp_path / "digits.params.npz").write_text("something else")
    foreign = run(tmp_path / "digits_loihi.py")
    assert foreign.stderr.endswith("\ndigits.params.npz is damaged: train anew\n")
    assert "Traceback" not in truncated.stderr + foreign.stderr


def test_resume(folder: Path, tmp_path: Path) -> None:
    """Kill a training between two epochs; what is left is resumed, or refused."""
    for name in ("digits_train.py", "digits_loihi.py"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    script = tmp_path / "digits_train.py"
    killed = script.read_text().replace(
        "training=json.dumps(training))\n",
        "training=json.dumps(training))\n            os.kill(os.getpid(), 9)\n",
    )
    (tmp_path / "killed.py").write_text(killed)
    assert run(tmp_path / "killed.py", "--epochs", "2").returncode == -9
    assert not [path for path in tmp_path.glob("*.npz") if "checkpoint" not in path.name]

    (tmp_path / "other.py").write_text(script.read_text().replace("SEED = 0", "SEED = 1"))
    other = run(tmp_path / "other.py", "--resume")
    assert other.returncode == 1
    assert "digits.checkpoint.npz is for another training: train anew\n  data: " in other.stderr
    assert other.stderr.endswith("\n  seed: 0 there, 1 here\n")

    resumed = run(script, "--resume", "--epochs", "2", "--items", "5")
    assert resumed.returncode == 0, resumed.stderr
    assert re.findall(r"^epoch +\d+", resumed.stdout, re.M) == ["epoch   2"]
    assert not (tmp_path / "digits.checkpoint.npz").exists()
    with (
        np.load(tmp_path / "digits.params.npz") as ours,
        np.load(folder / "digits.params.npz") as theirs,
    ):
        assert set(ours.files) == set(theirs.files)
        for name in ours.files:
            assert np.array_equal(ours[name], theirs[name]), name


def arrays(**changes: Any) -> dict[str, Any]:
    """Items and labels for the digits."""
    sound = {"x": np.random.RandomState(0).normal(size=(60, 8, 8)), "y": np.arange(60) % 10}
    return {**sound, **changes}


def changed(name: str, at: Any, value: Any) -> dict[str, Any]:
    found = arrays()
    found[name] = found[name].astype(float)
    found[name][at] = value
    return found


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({"x_train": arrays()["x"], "y_train": arrays()["y"], "x_test": arrays()["x"]}, "'y_test is not a file in the archive'"),
        ({"x": arrays()["x"]}, "'y is not a file in the archive'"),
        (arrays(x=np.zeros((60, 8, 9))), "'x' has shape (60, 8, 9), not 64 values an item"),
        (arrays(y=np.arange(50) % 10), "'x' has 60 items, 'y' 50 labels"),
        (arrays(y=np.eye(60, 10)), "'x' has 60 items, 'y' 600 labels"),
        (changed("x", (7, 0, 3), np.nan), "item 7 of 'x' is not finite"),
        (changed("x", (8, 0, 3), -np.inf), "item 8 of 'x' is not finite"),
        (changed("y", 9, 10), "label 9 of 'y' is not a whole number from 0 to 9"),
        (changed("y", 10, -1), "label 10 of 'y' is not a whole number from 0 to 9"),
        (changed("y", 11, 0.5), "label 11 of 'y' is not a whole number from 0 to 9"),
        (changed("y", 12, np.nan), "label 12 of 'y' is not a whole number from 0 to 9"),
        (arrays(x=np.array([None] * 60)), "Object arrays cannot be loaded when allow_pickle=False"),
        (arrays(x=np.zeros((0, 64)), y=np.zeros(0, int)), "0 items to train on are fewer than a batch"),
        (arrays(x=np.zeros((30, 64)), y=np.zeros(30, int)), "24 items to train on are fewer than a batch"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_used(
    found: dict[str, Any], sentence: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """The file, the array and what is wrong with it, in one sentence and before any training."""
    np.savez(tmp_path / "own.npz", **found)
    monkeypatch.setattr("sys.argv", ["train", "--data", str(tmp_path / "own.npz")])
    with pytest.raises(SystemExit) as stopped:
        load_script(folder / "digits_train.py").main()
    wanted = sentence if "batch" in sentence else f"can't use {tmp_path}/own.npz: {sentence}"
    assert stopped.value.code == wanted


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("0.5", "nan", "item 0 of 'items' is not finite"),
        ("low", "7", "label 0 of 'labels' is not a whole number from 0 to 2"),
        ("low", "lower", "could not convert string"),
    ],
)
def test_a_table_that_cannot_be_used(
    old: str, new: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that a script reads by itself is looked at as well, by either script."""
    shutil.copytree(ROOT / "tests/cases/data", tmp_path / "data")
    shutil.copy(ROOT / "tests/cases/table.toml", tmp_path)
    for path, text in scripts(program_of(tmp_path / "table.toml"), tmp_path).items():
        path.write_text(text)
    table = tmp_path / "data/table.csv"
    header, *_ = table.read_text("utf-8-sig").splitlines()
    row = "0.5;1;low;2;3"
    assert old in row
    table.write_text("\n".join([header, row.replace(old, new), *[row] * 60]))
    monkeypatch.setattr("sys.argv", ["train"])
    with pytest.raises(SystemExit, match=rf"^can't use .*table\.csv: {sentence}"):
        load_script(tmp_path / "table_train.py").main()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "digits_train.py").write_bytes((folder / "digits_train.py").read_bytes())
    tmp_path.chmod(0o555)
    try:
        done = run(tmp_path / "digits_train.py")
    finally:
        tmp_path.chmod(0o755)
    assert done.returncode == 1
    assert done.stderr.endswith(f"can't write to {tmp_path}\n")


@pytest.mark.parametrize("name", ["digits_train.py", "digits_loihi.py"])
def test_help(name: str, folder: Path) -> None:
    done = run(folder / name, "--help")
    assert done.returncode == 0
    assert "--items" in done.stdout
