"""`snnc study` searches what its spec says, by items that are set aside, and loses no trial to a kill or a full disk."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.data.prepare import division, load
from snnc.diagnostics.errors import UsageError
from snnc.pipeline import checked
from snnc.running.run import answers_of
from snnc.trials.items import trial_items
from tests.conftest import ROOT
from tests.fitted import of_digits

optuna = pytest.importorskip("optuna", reason="pip install 'snnc[study]' installs it")
pytestmark = pytest.mark.usefixtures("nengo_loihi")

NETWORK = """
[input]
shape = [64]

[presentation]
time = 0.02

[[layers]]
kind = "dense"
name = "first"
units = 60

[[layers]]
kind = "dense"
name = "second"                          # on the chip
units = 40

[output]
classes = 10
"""

SPEC = (
    """
[network]
name = "studied"

[data]
kind = "npz"
path = "data.npz"
x_train = "x_train"
y_train = "y_train"
x_test = "x_test"
y_test = "y_test"
scale = "unit"
"""
    + NETWORK
    + """
[train]
batch_size = 50
validation_fraction = 0.2

[study]
objectives = ["accuracy", "time"]
trials = 6
items = 100

[study.vary]
"presentation.time" = { low = 0.01, high = 0.03, log = true }
"synapses.layer" = ["none", { kind = "lowpass", tau = 0.004 }]
"presentation.read.mean_of_last" = { low = 0.3, high = 0.7 }
"""
)


def studied(path: Path, *arguments: str, capsys: pytest.CaptureFixture[str]) -> Any:
    assert main(["study", str(path), "--json", "-q", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def stored(path: Path) -> Any:
    """Return the study in a journal, as Optuna itself reads it."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    storage = JournalStorage(JournalFileBackend(str(path)))
    return optuna.load_study(study_name="studied", storage=storage)


def test_trials_are_what_the_emulator_does_on_items_set_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The chosen trial, written as a spec, reaches on the same items what the study says; the journal is Optuna's."""
    path = of_digits(tmp_path / "studied.toml", SPEC, permuted=False)
    found = studied(path, "--apply", capsys=capsys)
    assert (found["measured"], found["pruned"]) == (6, {})
    trials = stored(tmp_path / "studied.study.journal").trials
    assert [trial.state.name for trial in trials] == 6 * ["COMPLETE"]
    best = {trial.number for trial in stored(tmp_path / "studied.study.journal").best_trials}
    assert {trial["trial"] for trial in found["front"]} <= best
    # Nothing was trained: what training has left is of the same training.
    assert not (tmp_path / "studied.study").exists()

    spec = tmp_path / f"studied_trial{found['chosen']['trial']}.toml"
    assert "of the study in studied.toml, 6 trials" in spec.read_text()
    assert "# on the chip" in spec.read_text()
    assert "[study" not in spec.read_text()
    from snnc.training.params_file import load_with_data

    trained, data = load_with_data(checked(spec).program, tmp_path)
    items = trial_items(trained.program, data, 100)
    answers = answers_of(trained.program, items.x, "emulator", lambda n: None)
    assert float(np.mean(answers.classes == items.y)) == found["chosen"]["accuracy"]["value"]
    assert checked(spec).program.presentation.time == found["chosen"]["seconds"]
    assert (found["chosen"]["seconds"] / 0.001).is_integer()


def test_a_study_goes_on_as_if_it_had_never_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = of_digits(tmp_path / "whole/studied.toml", SPEC, permuted=False)
    parts = of_digits(tmp_path / "parts/studied.toml", SPEC, permuted=False)
    studied(whole, capsys=capsys)
    assert studied(parts, "--trials", "2", capsys=capsys)["measured"] == 2
    assert studied(parts, "--timeout", "0", capsys=capsys)["measured"] == 2
    studied(parts, capsys=capsys)
    values = [
        [trial.params for trial in stored(path.with_name("studied.study.journal")).trials]
        for path in (whole, parts)
    ]
    assert values[0] == values[1]
    assert len({str(params) for params in values[0]}) == 6


def test_no_choice_sees_test_items(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SPEC.replace("trials = 6", "trials = 4")
    one = studied(of_digits(tmp_path / "one/studied.toml", text, False), capsys=capsys)
    other = studied(of_digits(tmp_path / "other/studied.toml", text, True), capsys=capsys)
    apart = {"spec": "", "storage": ""}
    assert one | apart == other | apart


def test_items_are_set_aside_where_the_spec_has_none(tmp_path: Path) -> None:
    """No trial is trained on what it is measured on; all are measured on the same items."""
    from snnc.study.search import Search
    from snnc.training.progress import Nobody

    text = SPEC.replace("validation_fraction = 0.2\n", "")
    path = of_digits(tmp_path / "studied.toml", text, permuted=False)
    spec = checked(path)
    from snnc.spec.validate import validate

    settings = validate(spec.document).study
    assert settings is not None
    search = Search.of(spec, settings, tmp_path, Nobody())
    values = {"presentation.time": 0.01, "synapses.layer": "none"}
    program = search._checked({**values, "presentation.read.mean_of_last": 0.5}).program
    data = load(program)
    seen, aside = division(program, len(data.x_train))
    assert len(aside) == 240
    assert not set(seen) & set(aside)
    items = trial_items(program, data)
    assert sorted(map(bytes, items.x)) == sorted(map(bytes, data.x_train[aside]))


def test_a_grid_has_each_combination_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = SPEC.index("[study]")
    text = f"""{SPEC[:start]}[study]
sampler = "grid"
items = 50

[study.vary]
"presentation.time" = {{ low = 0.01, high = 0.03, step = 0.01 }}
"presentation.latency" = {{ low = 1, high = 2 }}
"""
    path = of_digits(tmp_path / "studied.toml", text, permuted=False)
    assert studied(path, capsys=capsys)["measured"] == 6
    trials = stored(tmp_path / "studied.study.journal").trials
    values = {tuple(trial.user_attrs["written"].values()) for trial in trials}
    assert values == {(time, late) for time in (0.01, 0.02, 0.03) for late in (1, 2)}


def test_another_spec_is_another_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = of_digits(tmp_path / "studied.toml", SPEC, permuted=False)
    studied(path, "--trials", "1", capsys=capsys)
    path.write_text(SPEC.replace("trials = 6", "trials = 2"))
    assert studied(path, capsys=capsys)["measured"] == 2
    path.write_text(SPEC.replace("items = 100", "items = 90"))
    assert main(["study", str(path)]) == 1
    assert "study.items: 100 there, 90 in the spec" in capsys.readouterr().err


def test_a_full_disk_leaves_the_study_readable(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    limited: Callable[[int], AbstractContextManager[None]],
) -> None:
    path = of_digits(tmp_path / "studied.toml", SPEC, permuted=False)
    journal = tmp_path / "studied.study.journal"
    studied(path, "--trials", "2", capsys=capsys)
    before = journal.read_bytes()
    with limited(len(before) + 300):
        assert main(["study", str(path), "-q"]) == 2
    assert f"can't write {journal}: file too large" in capsys.readouterr().err
    after = journal.read_bytes()
    assert after.startswith(before)
    assert after.endswith(b"\n")
    assert sum(t.state.name == "COMPLETE" for t in stored(journal).trials) == 2
    assert studied(path, "--trials", "0", capsys=capsys)["measured"] == 2
    assert studied(path, capsys=capsys)["measured"] == 6


def test_part_of_a_line_is_forgotten(tmp_path: Path) -> None:
    """What a killed writer has left of its line spoils neither the lines before nor those after."""
    from snnc.study.journal import Journal, WholeLines

    path = tmp_path / "journal"
    study = optuna.create_study(storage=Journal(path), study_name="studied")
    study.add_trial(optuna.create_trial(state=optuna.trial.TrialState.WAITING))
    whole = path.read_bytes()
    for part in (b'{"op_code":', b"x" * 5000):
        path.write_bytes(whole + part)
        lines = WholeLines(path)
        lines.append_logs(list(lines.read_logs(0))[-1:])
        assert path.read_bytes() == whole + whole.splitlines(keepends=True)[-1]
        assert len(stored(path).trials) == 2


def test_a_journal_that_cant_be_written(tmp_path: Path) -> None:
    from snnc.study.journal import Journal

    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't write"):
        Journal(tmp_path / "file/journal")


HOLDS_A_TRIAL = """
import sys, time
from pathlib import Path
import optuna
from snnc.study.journal import Journal
study = optuna.load_study(study_name="studied", storage=Journal(Path(sys.argv[1])))
def objective(trial):
    trial.suggest_float("x", 0, 1)
    print("begun", flush=True)
    time.sleep(600)
study.optimize(objective, n_trials=1)
"""


def test_the_trial_of_a_killed_process_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While its process lives a trial is left alone; once it is killed, it is queued with the same values."""
    from datetime import timedelta

    from snnc.study import journal

    monkeypatch.setattr(journal, "BEGINNING", timedelta(0))
    path = tmp_path / "journal"
    study = optuna.create_study(storage=journal.Journal(path), study_name="studied")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_TRIAL, str(path)], stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        optuna.storages.fail_stale_trials(study)
        assert [trial.state.name for trial in study.trials] == ["RUNNING"]
        process.send_signal(signal.SIGKILL)
    optuna.storages.fail_stale_trials(study)
    failed, again = study.trials
    assert (failed.state.name, again.state.name) == ("FAIL", "WAITING")
    assert study.ask().suggest_float("x", 0, 1) == failed.params["x"]


def test_fronts_are_optunas() -> None:
    """On random numbers, with ties, the front has the values of Optuna's best trials, each once."""
    from snnc.study.measured import Measured
    from snnc.study.record import Done, chosen, front

    chance = np.random.RandomState(0)
    for _ in range(20):
        study = optuna.create_study(directions=["maximize", "minimize", "minimize"])
        trials = []
        for number in range(30):
            right, steps, spikes = chance.randint(0, 6, 3)
            measured = Measured(np.arange(5) < right, steps / 1000, float(spikes))
            values = [measured.value(o) for o in ("accuracy", "time", "spikes")]
            study.add_trial(optuna.create_trial(values=values))
            trials.append(Done(number, {}, measured))
        found = front(trials, ("accuracy", "time", "spikes"))
        costs = [tuple(trial.cost(("accuracy", "time", "spikes"))) for trial in found]
        assert len(set(costs)) == len(costs)
        assert set(costs) == {(-t.values[0], *t.values[1:]) for t in study.best_trials}
        best = chosen(found, ("accuracy", "time", "spikes"), 0.2)
        assert best is not None
        most = max(trial.measured.accuracy.value for trial in found)
        close = [t for t in found if t.measured.accuracy.value >= most - 0.2 - 1e-9]
        assert best.measured.seconds == min(t.measured.seconds for t in close)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "--storage is an URL"),
        ("postgresql://nobody@127.0.0.1:1/none", "can't reach the storage of the study"),
        ("nobase://nobody@host/none", "--storage is an URL"),
    ],
)
def test_a_storage_that_isnt_there(
    url: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("psycopg")
    path = of_digits(tmp_path / "studied.toml", SPEC, permuted=False)
    assert main(["study", str(path), "--storage", url, "-q"]) == 2
    assert words in capsys.readouterr().err


def test_an_interrupted_trial_is_queued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A grid that is interrupted has each combination in the end."""
    from snnc.study import measured

    start = SPEC.index("[study]")
    text = f"""{SPEC[:start]}[study]
sampler = "grid"
items = 50

[study.vary]
"presentation.time" = [0.01, 0.02, 0.03]
"""
    path = of_digits(tmp_path / "studied.toml", text, permuted=False)
    with monkeypatch.context() as patch:
        patch.setattr(measured, "measure", _interrupted)
        assert main(["study", str(path), "-q"]) == 130
    assert "interrupted; the same command goes on" in capsys.readouterr().err
    assert studied(path, capsys=capsys)["measured"] == 3
    trials = stored(tmp_path / "studied.study.journal").trials
    assert [trial.state.name for trial in trials] == ["FAIL", *(3 * ["COMPLETE"])]
    assert {t.params["presentation.time"] for t in trials[1:]} == {0.01, 0.02, 0.03}


def _interrupted(*arguments: Any) -> Any:
    raise KeyboardInterrupt


def test_what_was_imported_is_never_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It runs in each trial, and one for whose network it isn't is pruned."""
    from snnc.data.arrays import arrays_of, save_arrays
    from snnc.training.imported import ORIGIN, Origin

    start = SPEC.index("[study]")
    text = f"""{SPEC[:start]}[study]
sampler = "grid"
items = 50

[study.vary]
"layers.first.units" = [60, 50]
"""
    path = of_digits(tmp_path / "studied.toml", text, permuted=False)
    params = tmp_path / "studied.params.npz"
    arrays = {k: v for k, v in arrays_of(params, "").items() if k != "training"}
    save_arrays(params, **arrays, **{ORIGIN: Origin("model.h5", 64 * "0").as_json()})
    found = studied(path, "--apply", capsys=capsys)
    assert found["measured"] == 1
    (why,) = found["pruned"].values()
    assert "is for another network" in why
    number = found["chosen"]["trial"]
    assert main(["run", str(tmp_path / f"studied_trial{number}.toml"), "--items", "20"]) == 0


def test_without_a_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = of_digits(tmp_path / "studied.toml", SPEC[: SPEC.index("[study]")], permuted=False)
    assert main(["study", str(path)]) == 1
    assert "has no [study]: write one" in capsys.readouterr().err


TRAINED = f"""
[network]
name = "studied"

[data]
kind = "sklearn"
name = "digits"
scale = "unit"
{NETWORK}
[train]
epochs = 2

[study]
sampler = "grid"
objectives = ["accuracy", "spikes", "cores", "energy"]
items = 100

[study.vary]
"neurons.max_rate" = [150, 200, 2000]
"presentation.time" = [0.02, 0.03]
"""


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_weights_are_trained_once_for_all_that_share_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two rates are trained, each once, to the very parameters that `snnc train` finds; a rate that can't be is pruned, with the report."""
    path = tmp_path / "studied.toml"
    path.write_text(TRAINED)
    found = studied(path, "--plot", capsys=capsys)
    assert found["measured"] == 4
    assert len(found["pruned"]) == 2
    assert all("max-rate" in why for why in found["pruned"].values())
    folders = list((tmp_path / "studied.study").iterdir())
    assert len(folders) == 2
    figures = {figure.name for figure in tmp_path.glob("*.png")}
    assert {"studied.study.history.accuracy.png", "studied.study.history.energy.png"} <= figures

    rates = {150: 0, 200: 0}
    for trial in stored(tmp_path / "studied.study.journal").trials:
        if trial.state.name == "COMPLETE":
            rates[trial.params["neurons.max_rate"]] += 1
            number = trial.number
    assert rates == {150: 2, 200: 2}
    applied = studied(path, "--trials", "0", "--apply", str(number), capsys=capsys)
    assert applied["measured"] == 4
    spec = tmp_path / f"studied_trial{number}.toml"
    assert main(["train", str(spec), "-o", str(tmp_path / "again"), "-q"]) == 0
    capsys.readouterr()
    name = f"studied_trial{number}.params.npz"
    with np.load(tmp_path / name) as one, np.load(tmp_path / "again" / name) as other:
        assert one.files == other.files
        assert all(np.array_equal(one[key], other[key]) for key in one.files)
    assert main(["run", str(spec), "--on", "emulator", "--items", "20", "-q"]) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_a_training_that_is_behind_is_pruned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A learning rate at which nothing is learnt ends early, and its trial says why."""
    head = TRAINED[: TRAINED.index("[study]")].replace("epochs = 2", "epochs = 8")
    text = f"""{head}
[study]
sampler = "grid"
pruner = "successive_halving"
items = 100

[study.vary]
"train.optimizer.learning_rate" = [0.000001, 0.000002, 0.02, 0.01]
"""
    path = tmp_path / "studied.toml"
    path.write_text(text)
    found = studied(path, capsys=capsys)
    assert found["pruned"]
    assert all("behind other trainings after epoch" in why for why in found["pruned"].values())
    assert found["chosen"]["values"]["train.optimizer.learning_rate"] >= 0.01
