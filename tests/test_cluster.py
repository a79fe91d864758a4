"""What a cluster of Dask trains and answers is what this machine does, bit for bit, though a worker is killed midway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from snnc.pipeline import checked
from tests.conftest import ROOT
from tests.dask import killed_when_busy, scheduler, workers
from tests.test_seeds import SPEC

pytest.importorskip("numpy", reason="numpy comes with snnc[run]")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("distributed", reason="distributed comes with snnc[cluster]")
    with scheduler(tmp_path_factory.mktemp("scheduler")) as found:
        yield found


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_seeds_on_a_cluster_are_those_of_this_machine_though_a_worker_is_killed(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import numpy as np

    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "wine.toml").write_text(SPEC)
    assert main(["train", "-q", "--baseline", "--seeds", "3", str(here / "wine.toml")]) == 0
    expected = capsys.readouterr().out
    with workers(address, tmp_path, 2) as (first, _second):
        killer = killed_when_busy(first)
        spec = str(there / "wine.toml")
        arguments = ["--baseline", "--seeds", "3", "--on-cluster", address]
        assert main(["train", "-q", *arguments, spec]) == 0
        killer.join()
        assert first.poll() is not None
        assert capsys.readouterr().out == expected
        arguments = ["--seeds", "3", "--on", "emulator", "-q"]
        assert main(["run", *arguments, str(here / "wine.toml")]) == 0
        expected = capsys.readouterr().out
        assert main(["run", *arguments, "--on-cluster", address, spec]) == 0
        assert capsys.readouterr().out == expected
    names = sorted(path.name for path in here.glob("wine.seed*"))
    assert names == sorted(path.name for path in there.glob("wine.seed*"))
    assert len(names) == 12
    for name in names:
        if name.endswith(".npz"):
            with np.load(here / name) as ours, np.load(there / name) as theirs:
                assert all(np.array_equal(ours[key], theirs[key]) for key in ours), name


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("on", ["emulator", "nengo", "nengo_fresh", "nengo_dl"])
def test_parts_of_a_run_answer_as_the_whole(on: Any, tmp_path: Path) -> None:
    import numpy as np

    from snnc.data.prepare import load
    from snnc.running.run import answers_of
    from snnc.seeds.parts import joined, parts
    from snnc.training.progress import Nobody
    from tests.fitted import fitted

    program = checked(_spec(tmp_path)).program
    data = load(program)
    program, x = fitted(program, data), np.resize(data.x_test, (1_711, 13))
    whole = answers_of(program, x, on, lambda n: None)
    cut = parts(program, x, on)
    assert len(cut) > 2
    assert sum(len(part.x) for part in cut) == len(x)
    answers = joined([part.outcome(Nobody()) for part in cut])
    assert np.array_equal(answers.logits, whole.logits)
    assert answers.work == whole.work
    for layer, rates in whole.rates.items():
        # NengoDL's are rounded as scripts round them, part by part.
        np.testing.assert_allclose(answers.rates[layer], rates, rtol=1e-12 * (on == "nengo_dl"))
    if whole.simulated and answers.simulated:
        for count in ("items", "chains", "spikes", "steps", "size"):
            assert getattr(answers.simulated, count) == getattr(whole.simulated, count)


def _spec(folder: Path) -> Path:
    path = folder / "wine.toml"
    path.write_text(SPEC)
    return path


@pytest.mark.usefixtures("nengo_loihi")
@pytest.mark.parametrize("command", ["train", "run"])
def test_no_scheduler_is_told(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    pytest.importorskip("distributed", reason="distributed comes with snnc[cluster]")
    monkeypatch.setattr("snnc.seeds.cluster.PATIENCE", 1)
    (tmp_path / "wine.seed7.params.npz").touch()
    spec = str(_spec(tmp_path))
    assert main([command, "--seeds", "1", "--on-cluster", "tcp://127.0.0.1:1", spec]) == 2
    told = capsys.readouterr().err
    assert "no scheduler of Dask answers at tcp://127.0.0.1:1: start one with dask" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--on-cluster", "a"], "a cluster trains several seeds at a time: add --seeds N"),
        (["train", "--seeds", "2", "--jobs", "2", "--on-cluster", "a"], "--jobs is for this"),
        (["run", "--plot", "--on-cluster", "a"], "--plot doesn't go with --on-cluster"),
    ],
)
def test_wrong_use_is_told(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, str(_spec(tmp_path))]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("nengo_loihi")
def test_a_missing_package_is_named_with_what_installs_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr("snnc.seeds.cluster.installed", lambda name: None)
    spec = str(_spec(tmp_path))
    assert main(["train", "--seeds", "2", "--on-cluster", "tcp://127.0.0.1:1", spec]) == 2
    assert "pip install 'snnc[cluster]'" in capsys.readouterr().err


@pytest.mark.usefixtures("nengo_loihi")
def test_a_parcel_finds_its_data_and_files_in_another_folder(tmp_path: Path) -> None:
    """Data in a file, as the spec names it, and a file of one's own; and those that are downloaded."""
    from snnc.data import prepare
    from snnc.seeds.jobs import Run, Train
    from snnc.seeds.parcel import Parcel, changed, data_of
    from snnc.seeds.seed import with_seed

    program = with_seed(checked(ROOT / "specs/jets.toml").program, 4)
    (tmp_path / "jets.seed4.checkpoint.npz").write_bytes(b"some")
    (tmp_path / "jets.seed5.checkpoint.npz").write_bytes(b"of another seed")
    job = Train(program, tmp_path, False, "jets", None, "")
    parcel = Parcel.of(job)
    assert parcel.files == {"jets.seed4.checkpoint.npz": b"some"}
    there = tmp_path / "there"
    moved = parcel.unpacked(data_of(program), there)
    assert moved.folder == there
    assert moved.program.data_path == there / "data/jets_sim.npz"
    ours, theirs = prepare.load(program), prepare.load(moved.program)
    assert (theirs.train_digest, theirs.test_digest) == (ours.train_digest, ours.test_digest)
    (there / "jets.seed4.params.npz").write_bytes(b"trained")
    assert changed(parcel.files, there) == {"jets.seed4.params.npz": b"trained"}
    own = tmp_path / "own.npz"
    own.write_bytes(b"items")
    run = Run(program, tmp_path, ("emulator",), None, own)
    moved = Parcel.of(run).unpacked(data_of(program, own), tmp_path / "run")
    assert isinstance(moved, Run)
    assert moved.data is not None
    assert moved.data.read_bytes() == b"items"


@pytest.mark.usefixtures("nengo_loihi")
def test_what_is_downloaded_here_is_sent(tmp_path: Path, monkeypatch: Any) -> None:
    import numpy as np

    from snnc.data import prepare
    from snnc.data.sources.base import Raw
    from snnc.seeds.jobs import Train
    from snnc.seeds.parcel import Parcel, data_of

    spec = tmp_path / "mnist.toml"
    source = 'kind = "keras"\nname = "mnist"\n'
    text = SPEC.replace('kind = "sklearn"\nname = "wine"\ntest_fraction = 0.3\n', source)
    spec.write_text(text.replace("[13]", "[28, 28, 1]").replace("classes = 3", "classes = 10"))
    program = checked(spec).program
    chance = np.random.default_rng(0)
    raw = [
        Raw("x", chance.integers(0, 256, (40, 28, 28), np.uint8), "y", chance.integers(0, 10, 40))
        for _ in range(2)
    ]
    monkeypatch.setattr("snnc.data.sources.keras.read", lambda program: raw)
    job = Train(program, tmp_path, False, "mnist", None, "")
    data, ours = data_of(program), prepare.load(program)
    monkeypatch.setattr("snnc.data.sources.keras.read", lambda program: 1 / 0)
    theirs = prepare.load(Parcel.of(job).unpacked(data, tmp_path / "there").program)
    assert (theirs.train_digest, theirs.test_digest) == (ours.train_digest, ours.test_digest)
