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

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

#: Runs a script as if snnc were not installed; today's libraries are prepared for first.
PREPARE = "from snnc.compat import prepare; prepare(); " if sys.version_info >= (3, 12) else ""
RUN = f"{PREPARE}import runpy, sys; sys.modules['snnc'] = None; sys.argv = sys.argv[1:]; sys.path[0] = sys.argv[0].rpartition('/')[0]; runpy.run_path(sys.argv[0], run_name='__main__')"


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, str(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=script.anchor,
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )


def written(folder: Path, spec: str = "") -> Path:
    """Write the scripts of the digits, whose spec may say more, to a folder."""
    text = (ROOT / "specs/digits.toml").read_text()
    (folder / "digits.toml").write_text(f"{text}{spec}")
    for path, script in scripts(program_of(folder / "digits.toml"), folder).items():
        path.write_text(script)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of the digits, trained for two epochs."""
    folder = written(tmp_path_factory.mktemp("digits"))
    missing = run(folder / "digits_loihi.py")
    assert missing.returncode == 1
    assert missing.stderr.endswith("there is no digits.params.npz yet: train first\n")

    trained = run(folder / "digits_train.py", "--epochs", "2")
    assert trained.returncode == 0, trained.stderr
    assert re.search(r"^epoch   2: loss \d\.\d{4}, accuracy \d+\.\d%$", trained.stdout, re.M)
    accuracy = r"\d+\.\d% \(\d+\.\d% to \d+\.\d%, n = 360\)$"
    assert re.search(rf"^rate neurons: {accuracy}", trained.stdout, re.M)
    assert re.search(rf"^spikes \(fresh\): {accuracy}", trained.stdout, re.M)
    assert {p.name for p in folder.glob("*.npz")} == {"digits.params.npz", "digits.test.npz"}
    return folder


def copied(folder: Path, there: Path) -> Path:
    """Copy what training left, and the scripts."""
    for path in folder.glob("digits*"):
        shutil.copy(path, there)
    return there


def test_what_was_trained_runs(folder: Path) -> None:
    streamed = run(folder / "digits_loihi.py", "--items", "5")
    assert streamed.returncode == 0, streamed.stderr
    assert re.search(r"^sim: .*, n = 5\)$", streamed.stdout, re.M)
    assert re.search(r"^  strokes: \d+ Hz, \d+% silent$", streamed.stdout, re.M)
    assert "note" not in streamed.stdout


def test_the_held_out_items_are_the_sources_own(folder: Path) -> None:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    test = np.random.RandomState(0).permutation(len(x))[:360]
    with np.load(folder / "digits.test.npz") as data:
        assert np.array_equal(data["x"], x[test])
        assert np.array_equal(data["y"], y[test])


#: What somebody changes in the training script, and what both the Loihi script and `snnc run` say of each.
EDITS = {
    "neurons": [
        ('"tau_rc": 0.02', '"tau_rc": 0.05', "tau_rc=0.05", "pixels.tau_rc: 0.05 there, 0.02"),
        ("1 / MAX_RATE", "0.01", "amplitude=0.01", "pixels.amplitude: 0.01 there, 0.00333333333"),
        ("MAX_RATE = 300", "MAX_RATE = 150", "max_rate [150.]", "pixels.max_rate: 150 there, 300"),
        (
            "nengo.LIF(**LIF,",
            "nengo.LIF(**LIF, min_voltage=-1,",
            "min_voltage=-1",
            "pixels.min_voltage: -1 there, 0",
        ),
    ],
    "layer": [("Dense(64", "Dense(48", "48 LIF", "strokes.units: 48 there, 64")],
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edited_training_is_noticed(what: str, tmp_path: Path) -> None:
    """Parameters say which network they are for by its own objects: edited ones are refused, with all that differs."""
    written(tmp_path)
    script = tmp_path / "digits_train.py"
    text = script.read_text()
    for old, new, _, _ in EDITS[what]:
        assert text.count(old) == 1
        text = text.replace(old, new)
    script.write_text(text)
    assert run(script, "--epochs", "1").returncode == 0

    refused = run(tmp_path / "digits_loihi.py", "--items", "1")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    layer = EDITS[what][0][3].split(".", maxsplit=1)[0]
    assert f"train anew: {layer} was" in refused.stderr

    done = subprocess.run(
        [sys.executable, "-m", "snnc", "run", "--items", "1", str(tmp_path / "digits.toml")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 1
    assert "digits.params.npz is for another network; run snnc train again\n" in done.stderr
    for _, _, in_script, in_memory in EDITS[what]:
        assert in_script in refused.stderr
        assert f"\n  {in_memory} in the spec" in done.stderr


def test_another_synapse_is_noticed(folder: Path, tmp_path: Path) -> None:
    """Parameters are good for any synapse, so that it isn't refused."""
    copied(folder, tmp_path)
    script = tmp_path / "digits_loihi.py"
    script.write_text(script.read_text().replace("Lowpass(0.002)", "Lowpass(0.003)"))
    done = run(script, "--items", "1")
    assert done.returncode == 0, done.stderr
    assert "note: trained to read [('pixels', Lowpass(tau=0.002))" in done.stdout
    assert "and reads [('pixels', Lowpass(tau=0.003))" in done.stdout

    spec = tmp_path / "digits.toml"
    spec.write_text(f"{spec.read_text()}\n[synapses]\nlayer = {{ tau = 0.003 }}\n")
    done = subprocess.run(
        [sys.executable, "-m", "snnc", "run", "--items", "5", "--on", "nengo", str(spec)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert "spikes: [('pixels', Lowpass(tau=0.002))" in done.stderr


def test_layers_that_are_read_otherwise_are_noticed(tmp_path: Path) -> None:
    """Of the same size, so that every array fits."""
    written(tmp_path)
    script = tmp_path / "digits_train.py"
    text = script.read_text().replace("Dense(64", "Dense(128")
    script.write_text(text.replace('name="output"))(strokes)', 'name="output"))(pixels)'))
    assert run(script, "--epochs", "1").returncode == 0
    loihi = tmp_path / "digits_loihi.py"
    loihi.write_text(
        loihi.read_text().replace('ensemble("strokes", 64)', 'ensemble("strokes", 128)')
    )
    done = run(loihi, "--items", "1")
    assert "note: trained to read [('pixels', Lowpass(tau=0.002)), ('pixels'," in done.stdout
    spec = tmp_path / "digits.toml"
    spec.write_text(spec.read_text().replace("units = 64", "units = 128"))
    from snnc.cli import main

    assert main(["run", "--items", "1", str(spec)]) == 1


def test_parameters_of_the_version_before(folder: Path, tmp_path: Path, capsys: Any) -> None:
    """They had the spec in JSON, and the number of each test item."""
    from snnc.cli import main

    copied(folder, tmp_path)
    with np.load(tmp_path / "digits.params.npz") as file:
        arrays = {k: v for k, v in file.items() if "neurons" not in k and k != "spikes"}
    np.savez(tmp_path / "digits.params.npz", **arrays, spec="{}")
    assert main(["run", str(tmp_path / "digits.toml")]) == 1
    seen = capsys.readouterr().err
    assert seen.endswith(
        "digits.params.npz is of an earlier version of snnc: run snnc train again\n"
    )
    refused = run(tmp_path / "digits_loihi.py")
    assert refused.returncode == 1
    assert "train anew: pixels was None" in refused.stderr


def test_resume(tmp_path: Path) -> None:
    """Kill a training between two epochs; what is left is resumed, or refused."""
    script = written(tmp_path, "\n[scripts]\nresume = true\n") / "digits_train.py"
    whole = tmp_path / "whole"
    whole.mkdir()
    shutil.copy(script, whole)
    assert run(whole / "digits_train.py", "--epochs", "2").returncode == 0
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

    resumed = run(script, "--resume", "--epochs", "2")
    assert resumed.returncode == 0, resumed.stderr
    assert re.findall(r"^epoch +\d+", resumed.stdout, re.M) == ["epoch   2"]
    assert not (tmp_path / "digits.checkpoint.npz").exists()
    with (
        np.load(tmp_path / "digits.params.npz") as ours,
        np.load(whole / "digits.params.npz") as theirs,
    ):
        assert set(ours.files) == set(theirs.files)
        for name in ours.files:
            assert np.array_equal(ours[name], theirs[name]), name


@pytest.mark.parametrize("name", ["digits_train.py", "digits_loihi.py"])
def test_help(name: str, folder: Path) -> None:
    done = run(folder / name, "--help")
    assert done.returncode == 0
    assert ("--items" if "loihi" in name else "--epochs") in done.stdout
