"""Training ends with spikes in floats: those of a run, NengoDL's but for single items, and of as many items as are asked for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import snnc
from snnc.cli import main
from tests.conftest import ROOT

if TYPE_CHECKING:
    from snnc.session import Training

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    shutil.copy(ROOT / "specs/digits.toml", folder)
    return folder


@pytest.fixture(scope="module")
def training(folder: Path) -> Training:
    """The digits, trained for ten epochs."""
    with pytest.warns(snnc.SpecWarning):
        return snnc.train(folder / "digits.toml", epochs=10, folder=folder)


def test_it_ends_as_a_run_does(training: Training, folder: Path) -> None:
    rates, spikes = training.results.rows
    assert (rates.on, spikes.on, spikes.shown) == ("rates", "nengo_fresh", "fresh")
    run = snnc.run(folder / "digits.toml", on="nengo_fresh")
    assert training.results.to_dict()["rows"] == run.to_dict()["rows"]
    assert np.array_equal(spikes.predicted, run.rows[-1].predicted)


def test_nengo_dl_answers_the_same(training: Training) -> None:
    """In single precision a spike may come a step later: at most one item of a hundred is answered otherwise."""
    ours = training.results.rows[-1]
    _, theirs = snnc.run(training, on="nengo_dl").rows
    assert np.mean(ours.predicted != theirs.predicted) <= 0.01
    assert abs(ours.accuracy.value - theirs.accuracy.value) <= 0.01
    assert ours.accuracy.value > 0.9
    for own, its in zip(ours.layers, theirs.layers, strict=True):
        assert own.rate == pytest.approx(its.rate, rel=0.01)


def train(folder: Path, capfd: pytest.CaptureFixture[str], *asked: str) -> Any:
    again = ["train", str(folder / "digits.toml"), "--epochs", "10", "--resume", "--json"]
    assert main([*again, *asked]) == 0
    return json.loads(capfd.readouterr().out)


def test_some_items(training: Training, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = train(folder, capfd, "--items", "30")["rows"]
    assert [row["on"] for row in rows] == ["rates", "nengo_fresh"]
    assert {row["accuracy"]["n"] for row in rows} == {30}
    right = training.results.rows[-1].predicted[:30] == training.results.labels[:30]
    assert rows[-1]["accuracy"]["value"] == pytest.approx(right.mean())


def test_no_item(training: Training, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The training items are looked at all the same."""
    said = train(folder, capfd, "--no-test")
    assert said["rows"] == []
    assert said["trained_on"]["n"] == training.measured.n
    assert (
        main(["train", str(folder / "digits.toml"), "--epochs", "10", "--resume", "--no-test"]) == 0
    )
    seen = capfd.readouterr()
    assert "No test item was shown: snnc run shows them.\nOn 1437 items" in seen.out
    assert "spikes" not in seen.err


def test_no_item_of_several_seeds(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    spec = str(folder / "digits.toml")
    arguments = ["train", spec, "--epochs", "1", "--seeds", "2", "--no-test"]
    assert main([*arguments, "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["rows"] == []
    assert [run["rows"] for run in said["runs"]] == [[], []]
    assert main(arguments) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "No test item was shown: snnc run shows them."


def test_from_python(folder: Path) -> None:
    with pytest.warns(snnc.SpecWarning):
        training = snnc.train(folder / "digits.toml", epochs=1, items=0)
    assert training.results.rows == ()
    assert "No test item was shown" in repr(training)
    assert "No test item was shown" in training._repr_html_()
    with pytest.raises(snnc.UsageError, match="items is a whole number from 0, not -1"):
        snnc.train(folder / "digits.toml", items=-1)


def test_both_make_no_sense(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["train", str(folder / "digits.toml"), "--no-test", "--items", "3"])
    assert stopped.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


WITHOUT = """
import sys
from snnc.cli import main
assert main(sys.argv[1:]) == 0
assert not {"tensorflow", "keras", "nengo_dl"} & set(sys.modules)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--items", "5"],
        ["run", "--items", "5", "--on", "nengo", "--on", "nengo_fresh"],
        ["predict", "--data", "digits.test.npz", "--on", "nengo"],
        ["predict", "--data", "digits.test.npz", "--on", "nengo_fresh"],
        ["ladder", "--items", "20", "--seconds", "0"],
        ["report", "--items", "5"],
        ["tune", "--items", "20"],
        ["calibrate", "--items", "20", "--dry-run"],
        ["check", "--params"],
        ["export", "--nir", "digits.nir"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("training")
def test_only_training_takes_tensorflow(arguments: list[str], folder: Path) -> None:
    command, *others = arguments
    if command == "export":
        pytest.importorskip("nir", reason="nir comes with snnc[import]")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, command, "digits.toml", *others],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
