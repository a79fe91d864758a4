"""Several trials at a time, here or on a cluster, are those of one process, bit for bit, though a worker is killed or the study interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from tests.conftest import ROOT
from tests.dask import killed_when_busy, scheduler, workers
from tests.fitted import of_digits
from tests.test_study import SPEC, TRAINED, stored, studied

optuna = pytest.importorskip("optuna", reason="pip install 'snnc[study]' installs it")
pytestmark = pytest.mark.usefixtures("nengo_loihi")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("distributed", reason="distributed comes with snnc[cluster]")
    with scheduler(tmp_path_factory.mktemp("scheduler")) as found:
        yield found


def came_to(folder: Path) -> dict[str, Any]:
    """Return what each trial that ended came to, all of it, by its values; reports without the names of folders."""
    ended = [t for t in stored(folder / "studied.study.journal").trials if t.state.name != "FAIL"]
    found = {
        str(t.params): (t.state.name, t.values, str(t.user_attrs).replace(str(folder), ""))
        for t in ended
    }
    assert len(found) == len(ended)
    return found


@pytest.mark.slow
def test_processes_do_what_one_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the first trials draw depends on their numbers alone."""
    one = of_digits(tmp_path / "one/studied.toml", SPEC, permuted=False)
    two = of_digits(tmp_path / "two/studied.toml", SPEC, permuted=False)
    expected = studied(one, capsys=capsys)
    found = studied(two, "--jobs", "2", capsys=capsys)
    apart = {"spec": "", "storage": ""}
    assert found | apart == expected | apart
    assert came_to(two.parent) == came_to(one.parent)
    assert not list(two.parent.glob("*.trial*"))


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_a_cluster_does_what_this_machine_does_though_a_worker_is_killed(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same spikes, reports and parameters, trained once for all trials that share them."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "studied.toml").write_text(TRAINED)
    studied(here / "studied.toml", capsys=capsys)
    with workers(address, tmp_path, 2) as (first, _):
        killer = killed_when_busy(first)
        found = studied(there / "studied.toml", "--on-cluster", address, capsys=capsys)
        killer.join()
        assert first.poll() is not None
    assert (found["measured"], len(found["pruned"])) == (4, 2)
    assert all("error[max-rate]" in why for why in found["pruned"].values())
    assert came_to(there) == came_to(here)
    names = sorted(p.relative_to(here) for p in here.glob("studied.study/*/*.npz"))
    assert names == sorted(p.relative_to(there) for p in there.glob("studied.study/*/*.npz"))
    assert len({name.parent for name in names}) == 2
    for name in names:
        with np.load(here / name) as ours, np.load(there / name) as others:
            assert all(np.array_equal(ours[key], others[key]) for key in ours), name


@pytest.mark.slow
@pytest.mark.parametrize("where", ["--jobs", "--on-cluster"])
def test_an_interrupt_leaves_the_study_to_go_on(
    where: str, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = of_digits(tmp_path / "studied.toml", SPEC, permuted=False)
    with workers(address, tmp_path, 2 if where == "--on-cluster" else 0):
        command = ["study", str(path), "-q", where, address if where == "--on-cluster" else "2"]
        with subprocess.Popen(
            [sys.executable, "-m", "snnc", *command],
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            text=True,
        ) as process:
            _until_two_run(tmp_path / "studied.study.journal", process)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=120)
        assert process.returncode == 130, said
        assert "interrupted; the same command goes on" in said
    states = {trial.state.name for trial in stored(tmp_path / "studied.study.journal").trials}
    assert "RUNNING" not in states
    assert studied(path, capsys=capsys)["measured"] == 6


def _until_two_run(journal: Path, process: subprocess.Popen[str]) -> None:
    """Wait until two trials run and are claimed: one that was only asked for would be found by who goes on."""
    for _ in range(1200):
        if process.poll() is not None:
            return
        try:
            trials = stored(journal).trials
        except (KeyError, OSError):
            trials = []
        running = [trial._trial_id for trial in trials if trial.state.name == "RUNNING"]
        claims = [journal.with_name(f".{journal.name}.trial{number}.lock") for number in running]
        if len(claims) == 2 and all(claim.exists() for claim in claims):
            return
        time.sleep(0.1)
    raise TimeoutError


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--jobs", "2", "--on-cluster", "a"], "--jobs is for this machine"),
        (["--jobs", "2"], 'pruner = "median" judges trainings while they go on'),
        (["--on-cluster", "a"], 'pruner = "median" judges trainings while they go on'),
    ],
)
def test_wrong_use_is_told(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SPEC.replace('objectives = ["accuracy", "time"]', 'pruner = "median"')
    path = of_digits(tmp_path / "studied.toml", text, permuted=False)
    assert main(["study", str(path), "-q", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_no_scheduler_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="distributed comes with snnc[cluster]")
    monkeypatch.setattr("snnc.seeds.cluster.PATIENCE", 1)
    path = of_digits(tmp_path / "studied.toml", SPEC, permuted=False)
    assert main(["study", str(path), "-q", "--on-cluster", "tcp://127.0.0.1:1"]) == 2
    assert "no scheduler of Dask answers" in capsys.readouterr().err
