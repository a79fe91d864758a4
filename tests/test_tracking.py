"""What `--track` logs with MLflow: the spec's values, the numbers of the table, epochs and files; and what it says where it can't."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from snnc.pipeline import checked
from tests.test_seeds import SPEC

pytest.importorskip("numpy", reason="numpy comes with snnc[run]")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "wine.toml"
    path.write_text(SPEC)
    return path


def _runs(store: Path) -> dict[str, Any]:
    """Return what is logged in a folder, by the names of runs, as MLflow reads it."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=store.as_uri())
    (experiment,) = client.search_experiments(filter_string="name = 'wine'")
    return {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}


@pytest.mark.slow
@pytest.mark.usefixtures("nengo_loihi")
def test_a_run_is_logged_with_its_values_and_numbers(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("mlflow", reason="mlflow-skinny comes with snnc[track]")
    from snnc.data.prepare import load
    from tests.fitted import fitted, save

    program = checked(spec).program
    data = load(program)
    save(fitted(program, data), data, spec.parent)
    store = spec.with_name("store")
    arguments = ["run", "-q", "--json", "--on", "emulator", "--track", store.as_uri()]
    assert main([*arguments, str(spec)]) == 0
    told = json.loads(capsys.readouterr().out)
    run = _runs(store)["run wine"]
    row = told["rows"][-1]
    assert run.info.status == "FINISHED"
    assert run.data.params["neurons.max_rate"] == "200"
    assert run.data.params["layers.1.units"] == "12"
    assert run.data.params["network.seed"] == "7"
    assert run.data.metrics["emulator/accuracy"] == row["accuracy"]["value"]
    assert run.data.metrics["emulator/accuracy.low"] == row["accuracy"]["low"]
    assert run.data.metrics["emulator/rate.first"] == row["layers"][0]["rate"]
    artifacts = store.glob("*/*/artifacts/*")
    assert [path.name for path in artifacts] == ["wine.toml"]


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_seeds_are_logged_below_what_they_come_to(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("mlflow", reason="mlflow-skinny comes with snnc[track]")
    store = spec.with_name("store")
    arguments = ["train", "-q", "--json", "--seeds", "2", "--track", store.as_uri()]
    assert main([*arguments, str(spec)]) == 0
    told = json.loads(capsys.readouterr().out)
    runs = _runs(store)
    whole = runs["train wine, 2 seeds"]
    assert whole.data.params["seeds"] == "7, 8"
    mean = whole.data.metrics["nengo_fresh/accuracy.mean"]
    assert mean == told["rows"][-1]["accuracy"]["mean"]
    for seed in (7, 8):
        one = runs[f"train wine.seed{seed}"]
        assert one.data.tags["mlflow.parentRunId"] == whole.info.run_id
        assert one.data.params["network.seed"] == str(seed)
        files = {
            path.name for path in Path(one.info.artifact_uri.removeprefix("file://")).iterdir()
        }
        assert files == {"wine.toml", f"wine.seed{seed}.params.npz", f"wine.seed{seed}.history.csv"}
        assert "training/loss" in one.data.metrics


@pytest.mark.parametrize("uri", ["nowhere://x", "http://127.0.0.1:1"])
@pytest.mark.slow
def test_where_nothing_can_be_logged_is_told_before_anything_takes_time(
    uri: str, spec: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    pytest.importorskip("mlflow", reason="mlflow-skinny comes with snnc[track]")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert main(["train", "--track", uri, str(spec)]) == 2
    told = capsys.readouterr().err
    assert f"can't log to {uri}: " in told
    assert "epoch" not in told
    assert "Traceback" not in told


def test_a_missing_package_is_named_with_what_installs_it(
    spec: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr("snnc.running.tracking.installed", lambda name: None)
    assert main(["run", "--track", "file:x", str(spec)]) == 2
    assert "pip install 'snnc[track]'" in capsys.readouterr().err
