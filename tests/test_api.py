"""snnc from Python: the same as the commands, as values, quietly."""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import pickle
import random
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

import snnc
from snnc.cli import main
from tests.conftest import INVALID, ROOT, SPECS, meaning

DIGITS = ROOT / "specs/digits.toml"


@pytest.fixture
def data() -> dict[str, Any]:
    """The digits, as a dict."""
    return tomli.loads(DIGITS.read_text())


def test_a_path_a_text_and_a_dict_are_the_same_spec(data: dict[str, Any]) -> None:
    wanted = meaning(snnc.load(DIGITS).program)
    for spec in (str(DIGITS), DIGITS.read_text(), data, snnc.load(DIGITS)):
        assert meaning(snnc.load(spec).program) == wanted


@pytest.mark.parametrize("path", INVALID, ids=lambda p: p.stem)
def test_the_error_is_the_report_of_the_command(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", str(path)])
    seen = capsys.readouterr().err
    found = snnc.check(path)
    assert f"{found}\n" == seen
    if code == 0:
        assert {d.severity for d in found} == {"warning"}
        with pytest.warns(snnc.SpecWarning) as caught:
            snnc.load(path)
        assert f"{caught[0].message}\n" == seen
        assert caught[0].filename == __file__
    else:
        with pytest.raises(snnc.CompileError) as error:
            snnc.load(path)
        assert f"{error.value}\n" == seen
        assert tuple(error.value.diagnostics) == tuple(found)


def test_a_notebook_shows_the_report_alone() -> None:
    with pytest.raises(snnc.CompileError) as error:
        snnc.load("snnc = 2\n")
    assert error.value._render_traceback_() == [str(error.value)]
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


def test_nothing_found_is_nothing() -> None:
    assert snnc.check(DIGITS) == ()
    assert repr(snnc.check(DIGITS)) == f"{DIGITS.as_posix()}: no errors"


def test_an_error_in_a_dict_has_its_place(data: dict[str, Any]) -> None:
    data["layers"][0]["unts"] = data["layers"][0].pop("units")
    data["train"]["epochs"] = None
    seen = str(snnc.check(data))
    assert "error[unknown-key]: layer 'pixels' has no key 'unts'" in seen
    assert " | unts = 128\n" in seen
    assert "       | ^^^^ did you mean 'units'?" in seen
    assert "'epochs' is an integer, not None" in seen


def test_what_python_has_more_of_than_toml(data: dict[str, Any]) -> None:
    numpy = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")
    wanted = meaning(snnc.load(data).program)
    data["layers"] = tuple(data["layers"])
    data["layers"][0]["units"] = numpy.int64(128)
    data["neurons"]["max_rate"] = numpy.float32(300)
    data["input"]["shape"] = numpy.array([64])
    data["layers"][0]["use_bias"] = numpy.bool_(True)
    assert meaning(snnc.load(data).program) == wanted
    npz = {"kind": "npz", "path": Path("data") / "x.npz"}
    assert "there is no file data/x.npz" in str(snnc.check({**data, "data": npz}))


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(snnc.UsageError, match=r"can't read nowhere.toml: no such file"):
        snnc.load("nowhere.toml")
    with pytest.raises(snnc.Error):
        snnc.check(Path("nowhere.toml"))


def test_scripts_are_those_of_the_command(tmp_path: Path) -> None:
    for spec in SPECS:
        for path, text in snnc.compile(spec).items():
            assert path.read_text() == text
    shutil.copy(DIGITS, tmp_path)
    scripts = snnc.compile(tmp_path / "digits.toml")
    assert not list(tmp_path.glob("*.py")), "compile writes nothing"
    assert scripts.write() == list(scripts)
    assert scripts.write() == []
    assert main(["compile", "--check", str(tmp_path / "digits.toml")]) == 0


def test_an_edited_script_is_not_overwritten(tmp_path: Path) -> None:
    shutil.copy(DIGITS, tmp_path)
    scripts = snnc.compile(tmp_path / "digits.toml")
    first, second = scripts
    first.write_text("mine")
    with pytest.raises(snnc.Refusal, match=r"edited since snnc wrote it.*force=True overwrites it"):
        scripts.write()
    assert first.read_text() == "mine"
    assert not second.exists()
    assert scripts.write(force=True) == [first, second]
    assert first.read_text() == scripts[first]


def test_scripts_for_another_folder(tmp_path: Path) -> None:
    found = snnc.compile(ROOT / "specs/jets.toml", tmp_path)
    assert {path.parent for path in found} == {tmp_path}


def test_a_spec_shows_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(DIGITS)]) == 0
    head, _, table = repr(snnc.load(DIGITS)).partition("\n")
    assert head == "digits: 2 layers, 192 neurons, for nengo_dl and loihi"
    assert f"{table}\n" == capsys.readouterr().out
    html = snnc.load(DIGITS)._repr_html_()
    assert "dropout &gt; dense" in html
    assert html.count("<tr>") == len(table.splitlines())


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_every_name_is_there_and_none_is_a_module() -> None:
    """A submodule would take a function's place as soon as it is imported."""
    for name in snnc.__all__:
        assert getattr(snnc, name).__doc__
        assert importlib.util.find_spec(f"snnc.{name}") is None
    assert set(dir(snnc)) == {*snnc.__all__, "__version__"}
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        snnc.nothing  # noqa: B018


def test_asking_is_cheap() -> None:
    probe = f"""
import sys
import snnc
assert "snnc.api" not in sys.modules
print(snnc.load({str(DIGITS)!r}), snnc.check("x = 1\\n"), snnc.compile({str(DIGITS)!r}))
heavy = {{"numpy", "tensorflow", "nengo", "nengo_dl", "nengo_loihi", "rich", "sklearn"}}
print("imported:", *sorted(heavy & set(sys.modules)))
"""
    run = [sys.executable, "-c", probe]
    seen = subprocess.check_output(run, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert seen.splitlines()[-1] == "imported:"


@pytest.mark.parametrize("number", [0, -1, 1.5, "3", 1000])
def test_a_number_of_epochs_that_is_none(number: Any) -> None:
    with pytest.raises(snnc.UsageError, match="epochs is a whole number from 1 to 999"):
        snnc.train(DIGITS, epochs=number)


# From here on networks are trained and run.


def test_resuming_needs_a_folder() -> None:
    with pytest.raises(snnc.UsageError, match="say which, folder="):
        snnc.train(DIGITS, resume=True)


@pytest.fixture(scope="module")
def trained(libraries: None) -> snnc.Training:
    """The digits, trained for three epochs with their float twin."""
    return snnc.train(DIGITS, epochs=3, baseline=True)


@pytest.fixture
def unchanged() -> Iterator[None]:
    """What a library call must leave as it was."""
    import nengo
    import numpy as np

    def state() -> tuple[Any, ...]:
        kept = np.random.get_state()
        numpy_state = (kept[1].tobytes(), kept[2:])
        cache = nengo.rc["decoder_cache"]["enabled"]
        return random.getstate(), numpy_state, list(warnings.filters), cache, gc.isenabled()

    before = state()
    yield
    assert state() == before


@pytest.mark.slow
def test_training_is_that_of_the_command(
    trained: snnc.Training, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import numpy as np

    shutil.copy(DIGITS, tmp_path)
    assert main(["train", "--baseline", "--epochs", "3", str(tmp_path / "digits.toml")]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = [line for line in lines if not line.startswith("wrote ")]
    results = str(trained.results).splitlines()
    # Behind them stands how it went on the items that were trained on.
    assert said[: len(results)] == results
    (tmp_path / "ours").mkdir()
    ours = trained.save(tmp_path / "ours")
    for path in ours:
        theirs = tmp_path / path.name
        if path.suffix == ".npz":
            with np.load(path) as a, np.load(theirs) as b:
                assert set(a) == set(b)
                assert all(np.array_equal(a[name], b[name]) for name in a)
    assert {p.name for p in ours} == {p.name for p in tmp_path.glob("digits.*.*")}
    assert trained.save(str(tmp_path / "as text"))[0].parent == tmp_path / "as text"
    assert len(trained.epochs) == 3
    assert set(trained.trained.params) > {"pixels.weights", "pixels.gain", "output.bias"}


@pytest.mark.slow
@pytest.mark.usefixtures("unchanged")
def test_nothing_is_printed_and_nothing_stays_changed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    training = snnc.train(DIGITS.read_text(), epochs=1, folder=tmp_path)
    assert {p.name for p in tmp_path.iterdir()} >= {f"digits.{s}" for s in WRITTEN}
    snnc.run(training, on="nengo", items=2)
    assert capfd.readouterr() == ("", "")


WRITTEN = ["params.npz", "history.csv", "test.npz"]


@pytest.mark.slow
def test_results_are_those_of_the_command(
    trained: snnc.Training, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(DIGITS, tmp_path)
    trained.save(tmp_path)
    spec = tmp_path / "digits.toml"
    capsys.readouterr()
    assert main(["run", str(spec), "--items", "20", "--on", "nengo", "--on", "nengo_loihi"]) == 0
    seen = capsys.readouterr().out
    for network in (trained, snnc.restore(spec), spec):
        found = snnc.run(network, on=["nengo", "nengo_loihi"], items=20)
        assert f"{found}\n" == seen
    again = json.loads(json.dumps(found.to_dict()))
    assert [row["on"] for row in again["rows"]] == ["keras", "rates", "nengo", "nengo_loihi"]
    for row, told in zip(found.rows, again["rows"], strict=True):
        assert told["accuracy"]["value"] == (row.predicted == found.labels).mean()
        if row.minus_rates:
            right, as_rates = (r.predicted == found.labels for r in (row, found.rows[1]))
            assert told["minus_rates"]["value"] == right.mean() - as_rates.mean()
        assert sum(c["n"] for c in told["classes"]) == told["accuracy"]["n"] == 20
    assert found._repr_html_().count("<tr>") == 1 + len(found.rows)


@pytest.mark.slow
def test_what_runs_on_the_emulator_has_its_energy(trained: snnc.Training) -> None:
    """In the table, as numbers, and in JSON; digits' one layer on the chip has 64 neurons, and all spikes come from the host."""
    found = snnc.run(trained, on=["nengo", "emulator"], items=40)
    row = found.rows[-1]
    assert found.rows[-2].energy is None
    assert row.energy is not None
    assert row.simulated is not None
    work = row.energy.work
    assert work.fired == row.simulated.spikes / 40
    assert work.operations == pytest.approx(64 * work.sent)
    assert work.updates == 64 * row.simulated.steps
    assert row.energy.macs == 64 * 128 + 128 * 64 + 64 * 10
    assert f"Energy of an item, estimated: {row.energy}." in str(found).splitlines()
    told = json.loads(json.dumps(found.to_dict()))["rows"]
    assert [row["energy"] is None for row in told] == [True, True, True, False]
    assert told[-1]["energy"]["chip"] == {
        "low": row.energy.chip.low,
        "high": row.energy.chip.high,
    }


@pytest.mark.slow
def test_the_network_that_runs_is_plain_nengo(trained: snnc.Training) -> None:
    """Nengo alone, told nothing but the network, answers as `run` says."""
    import nengo
    import numpy as np

    results = snnc.run(trained, on="nengo", items=5)
    raw = trained.data.held_out.x[:5].reshape(5, 8, 8)
    steps, latency = trained.program.stream_steps, trained.program.fresh_latency
    for net in (snnc.build(trained), snnc.build(trained.trained, raw.reshape(5, 64))):
        assert not isinstance(net.shown.output, np.ndarray)
        with nengo.Simulator(net, seed=0, progress_bar=False) as sim:
            sim.run_steps(latency + 5 * steps)
        logits = sim.data[net.logits][latency:].reshape(5, steps, 10)
        answers = logits[:, -trained.program.read_steps(steps) :].mean(axis=1).argmax(axis=1)
        assert np.array_equal(answers, results.rows[-1].predicted)
    with pytest.raises(snnc.UsageError, match=r"x has the shape \(5, 7, 8\), not \(n, 64\)"):
        snnc.build(trained, raw[:, :7])


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_the_network_that_is_trained_is_for_nengo_dl() -> None:
    import nengo_dl
    import numpy as np

    net = snnc.build(DIGITS)
    with nengo_dl.Simulator(net, minibatch_size=1, progress_bar=False) as sim:
        assert sim.predict(np.zeros((1, 1, 64)), verbose=0)[net.logits].shape == (1, 1, 10)
    with pytest.raises(snnc.UsageError, match="x is for networks that run"):
        snnc.build(DIGITS, np.zeros((1, 64)))  # type: ignore[call-overload]


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_places_that_are_not_there(trained: snnc.Training, data: dict[str, Any]) -> None:
    with pytest.raises(snnc.UsageError, match="there is no place 'loihi' to run on"):
        snnc.run(trained, on="loihi")  # type: ignore[arg-type]
    with pytest.raises(snnc.UsageError, match="is for specs with"):
        snnc.run({**data, "targets": ["nengo_dl"]}, on="nengo_loihi")
    with pytest.raises(snnc.Refusal, match="run snnc train first"):
        snnc.run({**data, "network": {"name": "never_trained"}})


@pytest.mark.parametrize("wrong", [3, None, [1]])
def test_what_is_no_spec_is_said(wrong: Any) -> None:
    for function in (snnc.load, snnc.check, snnc.compile):
        with pytest.raises(snnc.UsageError, match="a spec is a path, a TOML text or a dict"):
            function(wrong)
