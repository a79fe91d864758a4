"""Processes that share a study in PostgreSQL run each trial once, and those of a killed one again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from snnc.cli import main
from tests.conftest import ROOT
from tests.fitted import of_digits
from tests.postgres import server
from tests.test_study import SPEC

optuna = pytest.importorskip("optuna", reason="pip install 'snnc[study]' installs it")
pytest.importorskip("psycopg", reason="pip install 'snnc[study]' installs it")
pytestmark = pytest.mark.usefixtures("nengo_loihi")

TRIALS = 16
#: A process that finds out sooner that another one was killed; the first trial of the one to be killed lasts.
SHARES = """
import sys
import time
from snnc.cli import main
from snnc.study import storage
storage.HEARTBEAT, storage.KILLED = 1, 4
if "--slowly" in sys.argv:
    sys.argv.remove("--slowly")
    from snnc.study import measured
    measure = measured.measure
    def slowly(*arguments):
        time.sleep(0.5)
        return measure(*arguments)
    measured.measure = slowly
sys.exit(main(sys.argv[1:]))
"""


def until(happens: Callable[[], bool]) -> None:
    for _ in range(600):
        if happens():
            return
        time.sleep(0.1)
    raise TimeoutError


@pytest.mark.slow
def test_every_trial_is_finished_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two processes begin one study at the same moment, and one is killed in the middle of a trial: none is lost, none is run twice."""
    path = of_digits(
        tmp_path / "studied.toml", SPEC.replace("trials = 6", f"trials = {TRIALS}"), False
    )
    with server() as url:
        command = [sys.executable, "-c", SHARES, "study", str(path), "-q", "--storage", url]
        both = [
            subprocess.Popen(
                [*command, "--slowly"],
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={**os.environ, "NUMBA_NUM_THREADS": "1"},
            )
            for _ in range(2)
        ]
        killed, other = both
        try:
            study = []

            def is_at_it() -> bool:
                try:
                    study[:] = [optuna.load_study(study_name="studied", storage=with_psycopg(url))]
                except KeyError:
                    return False
                states = [trial.state.name for trial in study[0].trials]
                return states.count("COMPLETE") >= 4 and states.count("RUNNING") == 2

            until(is_at_it)
            killed.send_signal(signal.SIGKILL)
            _, said = other.communicate(timeout=120)
            assert other.returncode == 0, said
        finally:
            for process in both:
                process.kill()
                process.communicate()
        trials = study[0].trials
        states = [trial.state.name for trial in trials]
        assert states.count("COMPLETE") == TRIALS
        assert set(states) == {"COMPLETE", "FAIL"}
        # The killed process' trial has the values that it had, in a trial of its own.
        lost = [trial for trial in trials if trial.state.name == "FAIL" and trial.params]
        again = [t for t in trials if t.system_attrs.get("failed_trial") is not None]
        assert [t.params for t in again] == [t.params for t in lost]
        assert len(lost) == 1
        assert all(t.state.name == "COMPLETE" for t in again)
        # Nothing is left to do.
        assert main(["study", str(path), "-q", "--storage", url]) == 0
        assert len(study[0].trials) == len(trials)
        assert f"{TRIALS} trials were measured" in capsys.readouterr().out


def with_psycopg(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:")
