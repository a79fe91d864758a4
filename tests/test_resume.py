"""A training that was stopped goes on, and ends where it would have ended: bit for bit."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.pipeline import scripts
from snnc.program.program import Program
from tests.conftest import ROOT, program_of
from tests.test_parity import load_script

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

OPTIMIZERS = [
    '{ kind = "adam", amsgrad = true }',
    '{ kind = "rmsprop", momentum = 0.5, centered = true }',
    '{ kind = "sgd", momentum = 0.9, nesterov = true, weight_decay = 0.001 }',
    '{ kind = "adadelta", learning_rate = 1 }',
    '{ kind = "adamw", weight_decay = 0.01 }',
    '{ kind = "adamax", learning_rate = { kind = "cosine_decay", initial_learning_rate = 0.01, decay_steps = 150 } }',
    # Falls after the second epoch and after the third.
    '{ kind = "sgd", learning_rate = { kind = "reduce_on_plateau", initial_learning_rate = 0.5, patience = 1, min_delta = 9 } }',
    '{ kind = "adagrad", learning_rate = { kind = "piecewise_constant_decay", boundaries = [60], values = [1, 0.1] } }',
]


def digits(folder: Path, epochs: int, optimizer: str = '{ kind = "adam" }') -> Program:
    """A small network with dropout, on the digits."""
    text = (ROOT / "specs/digits.toml").read_text()
    text = text.replace('{ kind = "adam", learning_rate = 0.001 }', optimizer)
    text = text.replace("epochs = 60", f"epochs = {epochs}").replace("= 128", "= 24")
    (folder / "digits.toml").write_text(f"{text}\n[scripts]\nresume = true\n")
    return program_of(folder / "digits.toml")


def run(program: Program, network: str, start: Any = None) -> list[Any]:
    """Train a network, or its float twin, from a state on; return the state after each epoch."""
    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.training import baseline
    from snnc.training.train import BEGINNING, train

    items = prepare.load(program)
    states: list[Any] = []
    given = (program, items.x_train, items.y_train, states.append, start or BEGINNING)
    if network == "twin":
        baseline.train_baseline(*given)
    else:
        train(training_network(program.network), *given)
    return states


def same(state: Any, other: Any) -> None:
    assert len(state.variables) > 6
    assert len(state.variables) == len(other.variables)
    for ours, theirs in zip(state.variables, other.variables, strict=True):
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)
    for epoch, again in zip(state.epochs, other.epochs, strict=True):
        assert dataclasses.replace(epoch, seconds=0) == dataclasses.replace(again, seconds=0)


@pytest.mark.parametrize("network", ["network", "twin"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda text: text.split('"')[1])
def test_from_a_checkpoint_on(optimizer: str, network: str, tmp_path: Path) -> None:
    from snnc.data import prepare
    from snnc.training import checkpoint

    program = digits(tmp_path, 4, optimizer)
    whole = run(program, network)
    assert not np.array_equal(whole[1].variables[0], whole[3].variables[0])
    depends = checkpoint.depends_on(program, prepare.load(program))
    checkpoint.save(tmp_path / "half.npz", whole[1], depends, "digits.toml")
    half = checkpoint.load(tmp_path / "half.npz", depends)
    rest = run(program, network, half)
    assert len(rest) == 2
    same(rest[0], whole[2])
    same(rest[1], whole[3])


def test_script_and_memory_go_on_with_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Either writes the file that the other reads, and the end is the same."""
    from snnc.data import prepare
    from snnc.training import checkpoint

    for path, text in scripts(digits(tmp_path, 4), tmp_path).items():
        path.write_text(text)
    script = load_script(tmp_path / "digits_train.py")
    x, y, *_ = script.load_data()
    x = (x - x.min()) / (x.max() - x.min())
    whole = script.train(script.build_network(), x, y, 4)
    program = program_of(tmp_path / "digits.toml")
    depends = checkpoint.depends_on(program, prepare.load(program))
    ours = run(program, "network")
    same(checkpoint.load(script.CHECKPOINT, depends), ours[3])

    checkpoint.save(script.CHECKPOINT, ours[1], depends, "digits.toml")
    capsys.readouterr()
    resumed = script.train(script.build_network(), x, y, 4, resume=True)
    assert [line[:9] for line in capsys.readouterr().out.splitlines()] == ["epoch   3", "epoch   4"]
    assert set(resumed) == set(whole)
    for name, array in whole.items():
        assert np.array_equal(resumed[name], array), name

    script.train(script.build_network(), x, y, 2)
    theirs = run(program, "network", checkpoint.load(script.CHECKPOINT, depends))
    same(theirs[-1], ours[3])


def test_all_that_is_as_keras_has_it_goes_on_in_script_and_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a learning rate that falls, classes that count the same, and weights that cost something."""
    from snnc.data import prepare
    from snnc.training import checkpoint

    program = program_of(ROOT / "tests/cases/costs.toml")
    for path, text in scripts(program, tmp_path).items():
        path.write_text(text)
    script = load_script(tmp_path / "costs_train.py")
    items = prepare.load(program)
    given = (items.x_train, items.y_train, program.train.epochs)
    whole = script.train(script.build_network(), *given)
    falls = "ReduceLROnPlateau reducing learning rate to"
    n_falls = capsys.readouterr().out.count(falls)
    assert n_falls > 0
    depends = checkpoint.depends_on(program, items)
    ours = run(program, "network")
    same(checkpoint.load(script.CHECKPOINT, depends), ours[-1])

    checkpoint.save(script.CHECKPOINT, ours[-2], depends, "costs.toml")
    resumed = script.train(script.build_network(), *given, resume=True)
    assert capsys.readouterr().out.count(falls) == n_falls
    assert set(resumed) == set(whole)
    for name, array in whole.items():
        assert np.array_equal(resumed[name], array), name


EDITS = [
    (
        "learning_rate=0.001",
        "learning_rate=0.002",
        "optimizer.learning_rate: 0.001 there, 0.002 here",
    ),
    ("tf.optimizers.Adam", "tf.optimizers.SGD", "optimizer.kind: adam there, sgd here"),
    ("sigma=0.02", "sigma=0.03", "gradient.sigma: 0.02 there, 0.03 here"),
    ("BATCH_SIZE = 32", "BATCH_SIZE = 16", "batch_size: 32 there, 16 here"),
    ("DT = 0.001", "DT = 0.002", "dt: 0.001 there, 0.002 here"),
    ("SEED = 0", "SEED = 3", "seed: 0 there, 3 here"),
]


def test_an_edited_script_refuses_the_checkpoint_of_the_other(tmp_path: Path) -> None:
    """Whoever edits what trains a network has edited what its checkpoint says of that."""
    for path, text in scripts(digits(tmp_path, 1), tmp_path).items():
        path.write_text(text)
    script = load_script(tmp_path / "digits_train.py")
    x, y, *_ = script.load_data()
    script.train(script.build_network(), x, y, 1)
    text = (tmp_path / "digits_train.py").read_text()
    for number, (old, new, said) in enumerate(EDITS):
        assert text.count(old) == 1
        # A name of its own: Python takes a script of the same second and length for the one before.
        path = tmp_path / f"edited{number}.py"
        path.write_text(text.replace(old, new))
        edited = load_script(path)
        with pytest.raises(SystemExit, match=rf"is for another training.*\n  {said}$"):
            edited.train(edited.build_network(), x, y, 2, resume=True)
    # As one is that was written before what dropout draws from was part of it.
    sound = arrays(script.CHECKPOINT)
    *_, last = (name for name in sound if name.startswith("arr_"))
    np.savez(script.CHECKPOINT, **{key: sound[key] for key in sound if key != last})
    with pytest.raises(SystemExit, match=r"\.checkpoint\.npz is damaged: train anew$"):
        script.train(script.build_network(), x, y, 2, resume=True)


def guided(folder: Path) -> Program:
    """A case that validates, keeps its best weights and ends early, in its eighth epoch or before."""
    text = (ROOT / "tests/cases/guided.toml").read_text()
    (folder / "guided.toml").write_text(f"{text}\n[scripts]\nresume = true\n")
    return program_of(folder / "guided.toml")


@pytest.mark.parametrize("network", ["network", "twin"])
def test_an_early_end_from_any_checkpoint_on(network: str, tmp_path: Path) -> None:
    """The best weights so far and how long to wait are resumed too; from the end on, nothing happens."""
    from snnc.data import prepare
    from snnc.training import checkpoint
    from snnc.training.stopping import is_over

    program = guided(tmp_path)
    whole = run(program, network)
    assert 2 < len(whole) <= 8
    assert is_over(whole[-1].epochs, program.train.early_stopping) == (len(whole) < 8)
    depends = checkpoint.depends_on(program, prepare.load(program))
    for done in range(1, len(whole) + 1):
        checkpoint.save(tmp_path / "part.npz", whole[done - 1], depends, "guided.toml")
        part = checkpoint.load(tmp_path / "part.npz", depends)
        same(part, whole[done - 1])
        rest = run(program, network, part)
        assert len(rest) == len(whole) - done
        for ours, theirs in zip(rest, whole[done:], strict=True):
            same(ours, theirs)


def test_an_early_end_in_the_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends where memory ends, with the same weights, and from any checkpoint on again."""
    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.networks.deploy import deploy
    from snnc.training import checkpoint, params_file
    from snnc.training.train import train

    program = guided(tmp_path)
    for path, text in scripts(program, tmp_path).items():
        path.write_text(text)
    script = load_script(tmp_path / "guided_train.py")
    items = prepare.load(program)
    x, y = items.x_train, items.y_train
    ours: list[Any] = []
    deployed = deploy(
        program.network, train(training_network(program.network), program, x, y, ours.append)
    )
    depends = checkpoint.depends_on(program, items)
    whole = script.train(script.build_network(), x, y, script.EPOCHS)
    assert "no better for 2 epochs: training ends" in capsys.readouterr().out
    for name, array in params_file.parameters(deployed).items():
        assert np.array_equal(whole[name], array), name
    same(checkpoint.load(script.CHECKPOINT, depends), ours[-1])
    for state in (ours[1], ours[-2], ours[-1]):
        checkpoint.save(script.CHECKPOINT, state, depends, "guided.toml")
        resumed = script.train(script.build_network(), x, y, script.EPOCHS, resume=True)
        for name, array in whole.items():
            assert np.array_equal(resumed[name], array), name


def test_an_early_end_on_the_command_line(
    tmp_path: Path, stop: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    guided(tmp_path)
    train = ["train", "--baseline", "--resume", str(tmp_path / "guided.toml")]
    (tmp_path / "whole").mkdir()
    assert main([*train, "-o", str(tmp_path / "whole")]) == 0
    seen = capsys.readouterr().out
    assert (
        "training: over after epoch 7, val_loss was best in epoch 5, whose weights are kept" in seen
    )
    assert "float twin: over after epoch " in seen
    for name in ("guided.checkpoint.npz", "guided.baseline.checkpoint.npz"):
        stop(3, name)
        with pytest.raises(Stopped):
            main(train)
    stop(99)
    assert main(train) == 0
    for name in ("guided.params.npz", "guided.baseline.npz"):
        same_files(tmp_path / name, tmp_path / "whole" / name)


class Stopped(Exception):
    """Instead of a kill."""


def _stop() -> None:
    raise Stopped


def _interrupt() -> None:
    raise KeyboardInterrupt


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make training stop once a checkpoint of some epoch of some name was written."""
    from snnc.training import checkpoint

    save = checkpoint.save

    def stop_after(epoch: int, name: str = "digits.checkpoint.npz", how: Any = _stop) -> None:
        def saved(path: Path, state: Any, *rest: Any) -> None:
            save(path, state, *rest)
            if path.name == name and len(state.epochs) == epoch:
                how()

        monkeypatch.setattr(checkpoint, "save", saved)

    return stop_after


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"digits.toml"}


def arrays(path: Path) -> dict[str, Any]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def same_files(one: Path, other: Path) -> None:
    ours, theirs = arrays(one), arrays(other)
    assert set(ours) == set(theirs)
    for name, array in ours.items():
        assert np.array_equal(array, theirs[name]), name


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits and their float twin, four epochs without a stop."""
    folder = tmp_path_factory.mktemp("whole")
    digits(folder, 4)
    assert main(["train", "--baseline", str(folder / "digits.toml")]) == 0
    assert not [name for name in left(folder) if "checkpoint" in name]
    return folder


def test_resume_after_stops_in_both_trainings(
    whole: Path, tmp_path: Path, stop: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    digits(tmp_path, 4)
    train = ["train", "--baseline", "--resume", str(tmp_path / "digits.toml")]
    stop(2)
    with pytest.raises(Stopped):
        main(train)
    assert "training: there is no " in capsys.readouterr().out
    assert left(tmp_path) == {"digits.checkpoint.npz"}

    stop(3, "digits.baseline.checkpoint.npz")
    with pytest.raises(Stopped):
        main(train)
    seen = capsys.readouterr().out
    assert f"training: goes on after epoch 2, from {tmp_path}/digits.checkpoint.npz\n" in seen
    assert f"wrote {tmp_path}/digits.params.npz" in seen
    assert "float twin: there is no " in seen
    files = {"digits.params.npz", "digits.test.npz", "digits.history.csv"}
    assert left(tmp_path) == {*files, "digits.baseline.checkpoint.npz"}
    same_files(tmp_path / "digits.params.npz", whole / "digits.params.npz")

    stop(99)
    assert main(train) == 0
    seen = capsys.readouterr().out
    assert f"{tmp_path}/digits.params.npz is complete" in seen
    assert "float twin: goes on after epoch 3, from " in seen
    assert left(tmp_path) == {*files, "digits.baseline.npz"}
    same_files(tmp_path / "digits.baseline.npz", whole / "digits.baseline.npz")
    columns = [
        [line.split(",")[:3] for line in (folder / "digits.history.csv").read_text().splitlines()]
        for folder in (tmp_path, whole)
    ]
    assert columns[0] == columns[1]
    assert len(columns[0]) == 5

    assert main(train) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" is complete")[0] for line in lines[:2]] == [
        f"{tmp_path}/digits.params.npz",
        f"{tmp_path}/digits.baseline.npz",
    ]
    # What is complete is tested all the same.
    assert [line.partition("  ")[0] for line in lines[3:6]] == [
        "float network (Keras, ReLU)",
        "rate neurons",
        "spikes, nengo (fresh)",
    ]


def test_other_settings_are_no_resume_of_complete_parameters(
    whole: Path, tmp_path: Path, stop: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    stop(1)
    with pytest.raises(Stopped):
        main(["train", "--resume", "--epochs", "5", str(tmp_path / "digits.toml")])
    assert "training: there is no " in capsys.readouterr().out


def test_longer_and_shorter(
    whole: Path, tmp_path: Path, stop: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    digits(tmp_path, 3)
    spec = str(tmp_path / "digits.toml")
    stop(3)
    with pytest.raises(Stopped):
        main(["train", spec])
    stop(99)
    assert main(["train", "--resume", "--epochs", "2", spec]) == 1
    assert "digits.checkpoint.npz is at epoch 3 already" in capsys.readouterr().err
    assert main(["train", "--resume", "--epochs", "4", spec]) == 0
    same_files(tmp_path / "digits.params.npz", whole / "digits.params.npz")


def test_nothing_to_resume_and_no_history(whole: Path, tmp_path: Path) -> None:
    import snnc

    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    (tmp_path / "digits.history.csv").write_text("lost")
    training = snnc.train(tmp_path / "digits.toml", folder=tmp_path, resume=True)
    assert training.epochs == ()
    for shown in (repr(training), training._repr_html_()):
        assert "digits, trained for 4 epochs" in shown
        assert "loss" not in shown
    assert tmp_path / "digits.history.csv" not in training.save()
    assert (tmp_path / "digits.history.csv").read_text() == "lost"


def test_all_epochs_done_but_nothing_written(whole: Path, tmp_path: Path, stop: Any) -> None:
    digits(tmp_path, 4)
    stop(4)
    with pytest.raises(Stopped):
        main(["train", str(tmp_path / "digits.toml")])
    assert main(["train", "--resume", str(tmp_path / "digits.toml")]) == 0
    same_files(tmp_path / "digits.params.npz", whole / "digits.params.npz")


def test_afresh_beside_a_checkpoint(
    tmp_path: Path, stop: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    digits(tmp_path, 4)
    train = ["train", str(tmp_path / "digits.toml")]
    stop(2)
    with pytest.raises(Stopped):
        main(train)
    stop(1)
    with pytest.raises(Stopped):
        main(train)
    assert (
        "starts from the beginning; --resume would go on after epoch 2, from "
        in capsys.readouterr().out
    )
    assert len(arrays(tmp_path / "digits.checkpoint.npz")["history"]) == 1


def test_an_interrupt_says_how_to_go_on(
    tmp_path: Path, stop: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    digits(tmp_path, 4)
    stop(2, how=_interrupt)
    assert main(["train", str(tmp_path / "digits.toml")]) == 130
    assert capsys.readouterr().err.endswith(
        "snnc: interrupted; --resume goes on after epoch 1 (training)\n"
    )


def test_a_disk_that_becomes_full(
    whole: Path,
    tmp_path: Path,
    limited: Callable[[int], AbstractContextManager[None]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was complete stays, and training goes on from there once there is room."""
    from snnc.training import checkpoint, paths

    digits(tmp_path, 4)
    train = ["train", str(tmp_path / "digits.toml")]
    save, ensure_room = checkpoint.save, paths.ensure_room

    def saved(path: Path, state: Any, *rest: Any) -> None:
        with limited(-1 if len(state.epochs) < 3 else 20_000):
            save(path, state, *rest)

    monkeypatch.setattr(checkpoint, "save", saved)
    assert main(train) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == f"snnc: can't write {tmp_path}/digits.checkpoint.npz: file too large"
    assert left(tmp_path) == {"digits.checkpoint.npz"}
    assert len(arrays(tmp_path / "digits.checkpoint.npz")["history"]) == 2

    def looked_for(files: Any) -> None:
        with limited(20_000):
            ensure_room(files)

    monkeypatch.setattr(paths, "ensure_room", looked_for)
    assert main([*train, "--resume"]) == 2
    assert " MB to " in capsys.readouterr().err
    assert left(tmp_path) == {"digits.checkpoint.npz"}
    monkeypatch.undo()
    assert main([*train, "--resume"]) == 0
    same_files(tmp_path / "digits.params.npz", whole / "digits.params.npz")


def test_the_room_that_is_looked_for_is_enough(
    whole: Path, tmp_path: Path, stop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file is larger than what was reserved for it."""
    from snnc.data import prepare
    from snnc.training import paths

    program = digits(tmp_path, 4, OPTIMIZERS[1])
    reserved: list[tuple[Path, int]] = []
    monkeypatch.setattr(paths, "ensure_room", reserved.extend)
    monkeypatch.setattr(paths, "OVERHEAD", 0)
    files = paths.Paths.of(program, tmp_path)
    files.ensure_writable(program, prepare.load(program), with_baseline=True)
    written = {(whole / "digits.baseline.npz").name: (whole / "digits.baseline.npz").stat().st_size}
    for stopped in ("digits.checkpoint.npz", "digits.baseline.checkpoint.npz"):
        stop(2, stopped)
        with pytest.raises(Stopped):
            main(["train", "--resume", "--baseline", str(tmp_path / "digits.toml")])
        written |= {name: (tmp_path / name).stat().st_size for name in left(tmp_path)}
    assert {path.name for path, _ in reserved} == set(written)
    for path, size in reserved:
        assert written[path.name] < size + 10_000, path.name


CHANGES = [
    ("units = 64", "units = 65", "operators.strokes.units: 64 there, 65 now"),
    ('name = "digits"', 'name = "digits"\nseed = 7', "seed: 0 there, 7 now"),
    ("rate = 0.2", "rate = 0.3", "operators.dropout1.rate: 0.2 there, 0.3 now"),
    ("batch_size = 32", "batch_size = 30", "batch_size: 32 there, 30 now"),
    ('scale = "unit"', 'scale = "signed"', "scale: unit there, signed now"),
    ("test_fraction = 0.2", "test_fraction = 0.3", "data: "),
    ("adam", "rmsprop", "optimizer.kind: adam there, rmsprop now"),
    ("[train]", '[train]\ngradient = { kind = "smooth", sigma = 0.1 }', "gradient.sigma: 0.02 "),
    (
        "[train]",
        "[train]\nvalidation_fraction = 0.1",
        "validation_fraction: nothing there, 0.1 now",
    ),
    ("[train]", "[train]\nfiring_rates = { max = 90 }", "firing_rates.pixels.max: nothing there"),
    (
        '"adam"',
        '"adam", learning_rate = { kind = "cosine_decay", initial_learning_rate = 1, decay_steps = 9 }',
        "optimizer.learning_rate: 0.001 there, nothing now",
    ),
    (
        "classes = 10",
        "classes = 10\nuse_bias = false",
        "operators.output.use_bias: True there, False now",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), CHANGES, ids=lambda text: text[:14])
def test_a_checkpoint_of_another_training_is_refused(
    old: str, new: str, said: str, half: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(half, tmp_path, dirs_exist_ok=True)
    spec = tmp_path / "digits.toml"
    assert old in spec.read_text()
    spec.write_text(spec.read_text().replace(old, new, 1))
    assert main(["train", "--resume", str(spec)]) == 1
    seen = capsys.readouterr().err
    assert "digits.checkpoint.npz belongs to another training" in seen
    assert f"\n  {said}" in seen


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits with a checkpoint of one epoch."""
    from snnc.data import prepare
    from snnc.training import checkpoint

    folder = tmp_path_factory.mktemp("half")
    program = digits(folder, 1)
    depends = checkpoint.depends_on(program, prepare.load(program))
    state = run(program, "network")[0]
    checkpoint.save(folder / "digits.checkpoint.npz", state, depends, "digits.toml")
    return folder


def test_a_strange_checkpoint(
    half: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(half, tmp_path, dirs_exist_ok=True)
    path, train = (
        tmp_path / "digits.checkpoint.npz",
        ["train", "--resume", str(tmp_path / "digits.toml")],
    )
    whole = path.read_bytes()
    sound = arrays(path)
    path.write_bytes(whole[:-100])
    assert main(train) == 1
    assert "digits.checkpoint.npz is damaged" in capsys.readouterr().err
    np.savez(path, **{**sound, "training": "[]"})
    assert main(train) == 1
    assert "digits.checkpoint.npz is no checkpoint" in capsys.readouterr().err
    np.savez(path, **{**sound, "arr_0": np.zeros((2, 2))})
    assert main(train) == 1
    assert "the checkpoint holds other arrays" in capsys.readouterr().err
