"""Several seeds are what each is alone, in whichever process; errors, kills and interrupts leave nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from snnc.data.unfit import unfit
from snnc.diagnostics.errors import CompileError, Refusal, UsageError
from snnc.pipeline import checked
from snnc.program.program import Program
from snnc.seeds.jobs import OfSeed
from tests.conftest import ROOT

pytest.importorskip("numpy", reason="numpy comes with snnc[run]")

SPEC = """
snnc = 1
targets = ["nengo_dl", "loihi"]
[network]
name = "wine"
seed = 7
[data]
kind = "sklearn"
name = "wine"
test_fraction = 0.3
[input]
shape = [13]
[presentation]
time = 0.03
[neurons]
kind = "lif"
max_rate = 200
[[layers]]
kind = "dense"
name = "first"
units = 20
[[layers]]
kind = "dense"
name = "second"
units = 12
[output]
classes = 3
[train]
optimizer = { kind = "adam", learning_rate = 0.01 }
epochs = 4
batch_size = 16
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "wine.toml"
    path.write_text(SPEC)
    return path


def test_seeds_go_on_from_the_specs_own_and_hold_out_the_same_items(spec: Path) -> None:
    from snnc.data import prepare
    from snnc.seeds.seed import seeds_of, with_seed

    program = checked(spec).program
    assert list(seeds_of(program, 3)) == [7, 8, 9]
    own, other = (with_seed(program, seed) for seed in (7, 9))
    assert other.network.seed == 9
    assert other.name == "wine.seed9"
    assert prepare.load(own).test_digest == prepare.load(other).test_digest
    assert prepare.load(own).test_digest == prepare.load(program).test_digest
    # The spec says the same in its own words, and without them holds out others.
    said = SPEC.replace("seed = 7", "seed = 9").replace("[input]", "split_seed = 7\n[input]")
    assert _data(spec, said).test_digest == prepare.load(other).test_digest
    said = SPEC.replace("seed = 7", "seed = 9")
    assert _data(spec, said).test_digest != prepare.load(other).test_digest


def _data(spec: Path, text: str) -> Any:
    from snnc.data import prepare

    path = spec.with_name("said.toml")
    path.write_text(text)
    return prepare.load(checked(path).program)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--seeds", "0"], "argument --seeds: '0' is no whole number from 1"),
        (["run", "--seeds", "two"], "argument --seeds: 'two' is no whole number from 1"),
        (["train", "--seeds", "2", "--jobs", "0"], "argument --jobs: '0' is no whole number"),
        (["train", "--jobs", "2"], "add --seeds N"),
        (["run", "--jobs", "2"], "add --seeds N"),
        (["train", "--seeds", "2", "--plot"], "--plot doesn't go with --seeds"),
        (["run", "--seeds", "2", "--plot"], "--plot doesn't go with --seeds"),
        (["run", "--seeds", "2", "--verify", "3"], "--verify doesn't go with --seeds"),
        (["run", "--seeds", "2", "--params", "x"], "there is no option '--params'"),
        (["train", "--seeds", "4000000"], "seeds end at 4000000, and 4000000 from 7 on go beyond"),
    ],
)
def test_wrong_use_is_told(
    spec: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main([*arguments, str(spec)])
    except SystemExit as error:
        code = int(error.code or 0)
    assert code == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


def test_seeds_that_arent_trained_are_named_with_what_trains_them(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.with_name("wine.seed8.params.npz").touch()
    assert main(["run", "--seeds", "3", str(spec)]) == 1
    told = capsys.readouterr().err
    assert "2 seeds of wine not trained yet (7, 9)" in told
    assert f"run snnc train --seeds 3 {spec.as_posix()}" in told


@dataclass(frozen=True, eq=False)
class Fake(OfSeed):
    """A job that does what it is told instead of training, and says so by files in its folder."""

    program: Program
    folder: Path
    does: str = "ends"
    packages: tuple[str, ...] = ()

    def outcome(self, watcher: Any) -> Any:
        seed = self.program.network.seed
        (self.folder / f"{seed}.{os.getpid()}").touch()
        if self.does == "waits":
            time.sleep(60)
        if self.does == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.does == "refuses":
            raise Refusal("the loss is no number")
        if self.does == "can't write":
            raise UsageError("can't write there")
        if self.does == "doesn't fit":
            raise unfit("items are too short", ("input", "shape"), hint="write shape = [3]")
        if self.does == "breaks":
            raise ZeroDivisionError("our own mistake")
        if self.does == "is wrong":
            text = self.program.spec_path.read_text().replace("units = 20", "units = 0")
            wrong = self.program.spec_path.with_name("wrong.toml")
            wrong.write_text(text)
            checked(wrong)
        return seed


def _fakes(spec: Path, *does: str) -> list[Any]:
    from snnc.seeds.seed import seeds_of, with_seed

    program = checked(spec).program
    pairs = zip(seeds_of(program, len(does)), does, strict=True)
    return [Fake(with_seed(program, seed), spec.parent, what) for seed, what in pairs]


def _pids(folder: Path) -> dict[int, int]:
    """Return the processes of seeds that began."""
    names = (path.name.split(".") for path in folder.iterdir())
    return {int(n[0]): int(n[1]) for n in names if len(n) == 2 and n[1].isdecimal()}


def _left(pids: dict[int, int]) -> Iterator[int]:
    for pid in pids.values():
        with suppress(OSError):
            os.kill(pid, 0)
            yield pid


@pytest.mark.slow
@pytest.mark.usefixtures("nengo_loihi")
class TestProcesses:
    def test_each_job_is_done_once_and_few_processes_do_all(self, spec: Path) -> None:
        from snnc.seeds.processes import carried_out

        done = list(carried_out(_fakes(spec, *["ends"] * 5), 2, quiet=True))
        assert sorted(done) == [7, 8, 9, 10, 11]
        pids = _pids(spec.parent)
        assert len(set(pids.values())) == 2
        assert not list(_left(pids))

    @pytest.mark.parametrize(
        ("does", "error", "said"),
        [
            ("refuses", Refusal, "^seed 8: the loss is no number$"),
            ("can't write", UsageError, "^seed 8: can't write there$"),
            ("doesn't fit", Refusal, r"^seed 8: items are too short: write shape = \[3\]$"),
            ("is wrong", CompileError, "wrong.toml:21:9: error"),
            ("dies", Refusal, r"^seed 8: its process was killed \(SIGKILL\): .*fewer --jobs"),
            ("breaks", Exception, "(?s)^Traceback.*ZeroDivisionError: our own mistake"),
        ],
    )
    def test_an_error_in_one_ends_all_and_is_the_specs_own(
        self, spec: Path, does: str, error: type[Exception], said: str
    ) -> None:
        from snnc.seeds.processes import carried_out

        with pytest.raises(error, match=said):
            list(carried_out(_fakes(spec, "waits", does, "ends"), 2, quiet=True))
        assert not list(_left(_pids(spec.parent)))

    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
    def test_no_process_outlives_the_one_that_started_it(
        self, spec: Path, how: signal.Signals
    ) -> None:
        script = (
            "import sys; from pathlib import Path; from tests.test_seeds import _fakes\n"
            "from snnc.seeds.processes import carried_out\n"
            "list(carried_out(_fakes(Path(sys.argv[1]), 'waits', 'waits'), 2, quiet=True))"
        )
        begun = subprocess.Popen(
            [sys.executable, "-c", script, spec],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        _until(lambda: len(_pids(spec.parent)) == 2)
        begun.send_signal(how)
        begun.wait(timeout=30)
        _until(lambda: not list(_left(_pids(spec.parent))))


def _until(condition: Any) -> None:
    """Wait for a condition, and fail after a minute without it."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it never was")


@pytest.mark.usefixtures("nengo_loihi")
def test_imported_weights_that_seeds_start_from_are_brought_once(spec: Path) -> None:
    import numpy as np

    from snnc.seeds.resuming import bring_start
    from snnc.seeds.seed import with_seed

    spec.write_text(SPEC + 'start = "imported"\n')
    program = with_seed(checked(spec).program, 8)
    with pytest.raises(Refusal, match="holds no imported weights to start from"):
        bring_start(program, spec.parent, "wine")
    first, own = (spec.with_name(f"{name}.params.npz") for name in ("wine", "wine.seed8"))
    start = {"start.first.0": np.ones((13, 20)), "start.imported": "{}"}
    np.savez(first, **start, weights=1.0)
    bring_start(program, spec.parent, "wine")
    assert own.read_bytes() == first.read_bytes()
    # What was trained from the same weights stays; from others it doesn't.
    np.savez(own, **start, weights=2.0)
    trained = own.read_bytes()
    bring_start(program, spec.parent, "wine")
    assert own.read_bytes() == trained
    np.savez(first, **{**start, "start.first.0": np.zeros((13, 20))}, weights=1.0)
    bring_start(program, spec.parent, "wine")
    assert own.read_bytes() == first.read_bytes()


@pytest.fixture(scope="module")
def folder(libraries: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seeds and their float twins, trained side by side."""
    folder = tmp_path_factory.mktemp("seeds")
    (folder / "wine.toml").write_text(SPEC)
    spec = str(folder / "wine.toml")
    assert main(["train", "-q", "--baseline", "--seeds", "2", "--jobs", "2", spec]) == 0
    return folder


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
class TestTrained:
    def test_a_seed_is_the_spec_with_that_seed_alone(self, folder: Path) -> None:
        import numpy as np

        alone = folder / "alone"
        alone.mkdir()
        said = SPEC.replace("seed = 7", "seed = 8").replace("[input]", "split_seed = 7\n[input]")
        (alone / "wine.toml").write_text(said)
        assert main(["train", "-q", "--baseline", str(alone / "wine.toml")]) == 0
        for end in ("params", "baseline", "test"):
            with (
                np.load(folder / f"wine.seed8.{end}.npz") as ours,
                np.load(alone / f"wine.{end}.npz") as theirs,
            ):
                assert set(ours) == set(theirs)
                for name in ours:
                    assert np.array_equal(ours[name], theirs[name]), name
        assert not (folder / "wine.params.npz").exists()

    def test_what_is_done_isnt_trained_again_and_what_changed_is(
        self, folder: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        spec, times = str(folder / "wine.toml"), _times(folder)
        assert main(["train", "--baseline", "--seeds", "2", spec]) == 0
        assert _times(folder) == times
        assert "is complete: there is nothing to resume" in capfd.readouterr().err
        other = folder / "other"
        other.mkdir()
        for path in folder.glob("wine.*"):
            (other / path.name).write_bytes(path.read_bytes())
        text = SPEC.replace("epochs = 4", "epochs = 5")
        (other / "wine.toml").write_text(text)
        # A checkpoint of a training of other settings is none to go on from.
        (other / "wine.seed8.checkpoint.npz").write_bytes(b"not a checkpoint")
        assert main(["train", "-q", "--seeds", "2", str(other / "wine.toml")]) == 0
        assert not (other / "wine.seed8.checkpoint.npz").exists()
        history = (other / "wine.seed8.history.csv").read_text().splitlines()
        assert len(history) == 6

    def test_the_table_is_of_the_seeds_own_runs(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        import numpy as np

        from snnc.running.statistics import paired_over_seeds

        spec = str(folder / "wine.toml")
        capsys.readouterr()
        assert main(["run", "-q", "--json", "--seeds", "2", "--on", "emulator", spec]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["seeds"] == [7, 8]
        assert [run["seed"] for run in told["runs"]] == [7, 8]
        row = told["rows"][-1]
        shares = [run["rows"][-1]["accuracy"]["value"] for run in told["runs"]]
        assert row["on"] == "emulator"
        assert row["accuracy"]["mean"] == pytest.approx(np.mean(shares))
        assert row["accuracy"]["deviation"] == pytest.approx(np.std(shares, ddof=1))
        assert (row["accuracy"]["least"], row["accuracy"]["most"]) == (min(shares), max(shares))
        right = {on: _right(folder, on) for on in ("emulator", "keras")}
        expected = paired_over_seeds(right["emulator"], right["keras"])
        assert row["minus_float"]["low"] == pytest.approx(expected.low)
        assert row["minus_float"]["value"] == pytest.approx(expected.value)
        assert main(["run", "-q", "--seeds", "2", "--on", "emulator", spec]) == 0
        table = capsys.readouterr().out
        assert "Hillis" in table
        assert f"{100 * np.mean(shares):.1f}" in table


def _times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("wine.seed*")}


def _right(folder: Path, on: str) -> Any:
    """Return which items each seed answered right, by running its parameters alone."""
    import numpy as np

    from snnc.running import run
    from snnc.seeds.seed import with_seed
    from snnc.training import params_file
    from snnc.training.progress import Nobody

    program = checked(folder / "wine.toml").program
    rows = []
    for seed in (7, 8):
        trained = params_file.load(with_seed(program, seed), folder)
        results = run.run(trained, ["emulator"], None, Nobody())
        (row,) = (row for row in results.rows if row.on == on)
        rows.append(row.predicted == results.labels)
    return np.array(rows)
