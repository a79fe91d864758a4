"""The float twin depends on architecture, data and training alone: other neurons, rates and times leave it as it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from snnc.pipeline import check_document
from snnc.program.fingerprint import architecture, of_twin, training
from snnc.spec.changes import Changes, changed
from snnc.spec.read import read
from tests.conftest import ROOT

SPEC = ROOT / "specs/digits.toml"
#: Changes that leave the twin as it is.
SAME: tuple[Changes, ...] = (
    {("neurons", "max_rate"): 100},
    {("neurons", "kind"): "loihi_spiking_relu"},
    {("neurons", "tau_rc"): 0.03},
    {("neurons", "amplitude"): 0.004},
    {("layers", 0, "neurons"): {"kind": "spiking_relu", "max_rate": 150}},
    {("layers", 2, "synapse"): {"kind": "lowpass", "tau": 0.003}},
    {("layers", 2, "block_shape"): [32]},
    {("presentation", "time"): 0.05},
    {("presentation", "read"): "last"},
    {("synapses", "probe"): {"kind": "lowpass", "tau": 0.005}},
    {("network", "dt"): 0.0005},
    {("train", "gradient"): "rate"},
    {("train", "firing_rates"): {"max": 100}},
    {("output", "softmax"): "host"},
)
#: Changes by which it becomes another one.
OTHER: tuple[Changes, ...] = (
    {("layers", 2, "units"): 65},
    {("layers", 1, "rate"): 0.3},
    {("layers", 2, "use_bias"): False},
    {("layers", 2, "l2"): 0.001},
    {("layers", 2, "from"): ["pixels"]},
    {("output", "from"): ["strokes", "pixels"]},
    {("train", "optimizer"): {"kind": "adam", "learning_rate": 0.002}},
    {("train", "optimizer"): {"kind": "rmsprop", "learning_rate": 0.001}},
    {("train", "batch_size"): 64},
    {("train", "validation_fraction"): 0.1},
    {("train", "class_weight"): "balanced"},
    {("network", "seed"): 1},
    {("data", "scale"): "signed"},
)


def depends(changes: Changes) -> dict[str, Any]:
    """Return what the twin depends on, but for the values of the data and the number of epochs."""
    program = check_document(changed(read(SPEC), changes)).program
    return {**of_twin(training(program)), **architecture(program)}


@pytest.mark.parametrize("changes", SAME, ids=str)
def test_neurons_rates_and_time_are_nothing_to_it(changes: Changes) -> None:
    assert depends(changes) == depends({})


@pytest.mark.parametrize("changes", OTHER, ids=str)
def test_architecture_data_and_training_are_all_to_it(changes: Changes) -> None:
    if ("layers", 2, "from") in changes:
        # Without the dropout in between, which then nothing follows.
        program = check_document(
            changed(read(SPEC), {**changes, ("output", "from"): ["strokes", "dropout1"]})
        )
        assert architecture(program.program) != architecture(check_document(read(SPEC)).program)
        return
    assert depends(changes) != depends({})


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_it_is_trained_again_only_when_it_would_become_another_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, twin = tmp_path / "digits.toml", tmp_path / "digits.baseline.npz"
    shutil.copy(SPEC, spec)
    train = ["train", "--baseline", "--epochs", "2", str(spec)]
    assert main(train) == 0
    first, accuracy = twin.read_bytes(), _float_row(capsys)

    changes: dict[Any, Any] = {}
    for more in SAME[:2] + SAME[5:8]:
        changes |= more
    spec.write_text(changed(read(SPEC), changes).text)
    assert main(train) == 0
    assert twin.read_bytes() == first
    assert _float_row(capsys, "is complete: the float twin of these layers") == accuracy
    assert main(["run", str(spec), "--on", "nengo_dl", "--items", "360"]) == 0
    assert _float_row(capsys) == accuracy

    # Others are trained, and one that belongs to another training is no comparison.
    assert main(["train", "--epochs", "3", str(spec)]) == 0
    capsys.readouterr()
    assert main(["run", str(spec)]) == 1
    assert "epochs: 2 there, 3 in the parameters" in capsys.readouterr().err
    assert main(["train", "--baseline", "--epochs", "3", str(spec)]) == 0
    assert twin.read_bytes() != first


def _float_row(capsys: pytest.CaptureFixture[str], said: str = "") -> str:
    out = capsys.readouterr().out
    assert said in out
    return next(line for line in out.splitlines() if line.startswith("float network"))
