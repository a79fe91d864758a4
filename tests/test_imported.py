"""Parameters that were trained elsewhere: every command takes them as it takes those of a training, and a training may start from them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from snnc.cli import main
from snnc.pipeline import check_document, checked
from snnc.program.program import Program
from snnc.spec.changes import Changes, changed
from snnc.spec.read import read
from snnc.training.imported import Origin, origin_in
from tests.conftest import ROOT

np = pytest.importorskip("numpy")
pytest.importorskip("scipy")
pytestmark = pytest.mark.usefixtures("nengo_loihi")

SPEC = ROOT / "specs/digits.toml"
ORIGIN = Origin("model.keras", "ab" * 32)
#: As an import writes it: numbers of its own for the scaling, or none.
UNSCALED: Changes = {("data", "scale"): "none", ("neurons", "max_rate"): 200}


def spec(folder: Path, changes: Changes | None = None) -> Path:
    path = folder / "digits.toml"
    path.write_text(changed(read(SPEC), {**UNSCALED, **(changes or {})}).text)
    return path


def imported(path: Path, with_data: bool = True) -> Program:
    """Leave parameters as an import does, and return the program."""
    from snnc.data import prepare
    from snnc.training import params_file
    from snnc.training.paths import Paths
    from tests.fitted import fitted

    program = checked(path).program
    data = prepare.load(replace(program, data_file=None))
    deployed = fitted(program, data).network
    start = {"pixels": [np.ones((64, 128)), np.zeros(128)]}
    params_file.save_imported(
        Paths.of(program, path.parent),
        program,
        deployed,
        data if with_data else None,
        ORIGIN,
        start,
    )
    return program


def test_an_origin_is_read_as_it_is_written() -> None:
    assert origin_in(ORIGIN.as_json()) == ORIGIN
    for text in ("", "nothing", "[]", "3", '{"file": "x"}'):
        assert origin_in(text) is None


def test_commands_take_it_as_they_take_a_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = spec(tmp_path)
    imported(path)
    assert main(["run", str(path), "--on", "emulator", "--items", "50", "--json"]) == 0
    out, err = capsys.readouterr()
    rates, spikes = json.loads(out)["rows"]
    assert min(row["accuracy"]["value"] for row in (rates, spikes)) > 0.5
    assert "trained otherwise" not in err
    assert main(["check", "--params", str(path)]) == 0
    assert "that were trained on" in capsys.readouterr().out
    assert main(["tune", str(path), "--time", "0.05", "--items", "50"]) == 0
    assert "chosen" in capsys.readouterr().out
    assert main(["compile", str(path)]) == 0
    script = [sys.executable, "-m", "snnc.compat", "digits_loihi.py", "--items", "10"]
    ran = subprocess.run(script, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert "n = 10)" in ran.stdout, ran.stderr


def test_it_needs_no_data_and_says_where_they_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sklearn.datasets import load_digits

    changes: Changes = {("data",): {"kind": "npz", "path": "digits.npz", "scale": "none"}}
    path = spec(tmp_path)
    imported(path, with_data=False)
    path.write_text(changed(read(path), changes).text)
    assert main(["check", str(path)]) == 0
    capsys.readouterr()
    for command in (["run"], ["check", "--params"], ["tune"]):
        assert main([*command, str(path)]) == 1
        said = capsys.readouterr().err
        assert "what model.keras brought: save them with their labels as" in said
        assert "digits.npz (arrays x, y)" in said
    assert not (tmp_path / "digits.test.npz").exists()

    x, y = load_digits(return_X_y=True)
    np.savez(tmp_path / "digits.npz", x=x, y=y)
    run = ["run", str(path), "--on", "emulator", "--items", "20"]
    assert main(run) == 0
    # What the emitted script shows.
    assert "digits.test.npz" in capsys.readouterr().err
    assert len(np.load(tmp_path / "digits.test.npz")["y"]) == 360
    assert main(run) == 0
    assert "wrote" not in capsys.readouterr().err


def test_items_are_scaled_and_held_out_as_the_spec_says_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = spec(tmp_path)
    imported(path)
    held_out = (tmp_path / "digits.test.npz").read_bytes()
    path.write_text(changed(read(path), {("data", "scale"): "unit", ("network", "seed"): 5}).text)
    assert main(["run", str(path), "--on", "emulator", "--items", "20"]) == 0
    assert (tmp_path / "digits.test.npz").read_bytes() != held_out
    params = dict(np.load(tmp_path / "digits.params.npz"))
    assert (params["input.shift"], params["input.scale"]) == (0, 16)
    assert {"imported", "start.imported", "start.pixels.1"} <= params.keys()


def test_without_data_a_scale_that_is_fitted_is_refused(tmp_path: Path) -> None:
    from snnc.diagnostics.errors import Refusal

    path = spec(tmp_path, {("data", "scale"): "unit"})
    with pytest.raises(Refusal, match="nobody knows how to scale"):
        imported(path, with_data=False)


def test_another_network_is_imported_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = spec(tmp_path)
    imported(path)
    path.write_text(changed(read(path), {("layers", 0, "units"): 100}).text)
    assert main(["run", str(path)]) == 1
    said = capsys.readouterr().err
    assert "is for another network; run snnc import model.keras again" in said


def test_nothing_of_a_training_before_is_left(tmp_path: Path) -> None:
    path = spec(tmp_path)
    for name in ("digits.history.csv", "digits.test.npz"):
        (tmp_path / name).write_text("of another")
    imported(path, with_data=False)
    assert sorted(p.name for p in tmp_path.glob("digits.*")) == ["digits.params.npz", "digits.toml"]


def test_it_says_where_it_comes_from(tmp_path: Path) -> None:
    import snnc

    path = spec(tmp_path)
    imported(path)
    assert "imported from model.keras (SHA-256 abababab)" in repr(snnc.restore(path))
    assert check_document(read(path)).program.name == "digits"


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_report_and_ladder_take_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = spec(tmp_path)
    imported(path)
    assert main(["report", str(path), "--items", "20", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["about"]["digests"]["imported from model.keras"] == "ab" * 32
    assert "model.keras" in (tmp_path / "digits.report.html").read_text()
    assert main(["ladder", str(path), "--items", "60", "--seconds", "1"]) == 0
    assert "streamed" in capsys.readouterr().out
