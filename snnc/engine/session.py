"""What `snnc train` and `snnc run` do, with progress and results on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nengo
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from snnc.backends import network
from snnc.deploy import deploy
from snnc.diagnostics import Refusal
from snnc.engine import baseline, checkpoint, data, storage
from snnc.engine.answers import Answers
from snnc.engine.data import Data, Labels
from snnc.engine.fresh import evaluate
from snnc.engine.rates import rate_answers
from snnc.engine.statistics import accuracy
from snnc.engine.stream import stream
from snnc.engine.table import Row, by_class, percent, table
from snnc.engine.train import BEGINNING, Epoch, State
from snnc.engine.train import train as train_network
from snnc.ir import Program

Place = Literal["nengo_dl", "nengo", "nengo_loihi"]


def train(program: Program, folder: Path, with_baseline: bool, resume: bool) -> None:
    """Train a program; save its parameters, its history and, if asked for, its float twin.

    What a killed training with the same settings has left is done already, if it is to be resumed.
    """
    paths = storage.Paths.of(program, folder)
    items = data.load(program)
    paths.ensure_writable(program, items, with_baseline)
    if resume and _is_done(paths.params, paths.checkpoint, program, items):
        net = None
    else:
        net = _train_network(paths, program, items, resume)
    if with_baseline and not (
        resume and _is_done(paths.baseline, paths.baseline_checkpoint, program, items)
    ):
        _train_twin(paths, program, items, resume)
    if net is not None:
        _evaluate(net, program, items)


def _is_done(path: Path, checkpoint_path: Path, program: Program, items: Data) -> bool:
    """Whether there is nothing to resume, as all was written already."""
    done = not checkpoint_path.exists() and storage.is_complete(path, program, items)
    if done:
        print(f"{path.as_posix()} is complete: there is nothing to resume")
    return done


def _train_network(
    paths: storage.Paths, program: Program, items: Data, resume: bool
) -> nengo.Network:
    """Return the trained network, once its parameters are saved."""
    net = network.training_network(program)
    with _resumable("training", paths.checkpoint, program, items, resume) as course:
        weights = train_network(
            net, program, items.x_train, items.y_train, course.advance, course.state
        )
    written = [paths.params, paths.history]
    if not program.data.is_file:
        storage.save_test(paths.test, items)
        written.append(paths.test)
    storage.save_history(paths.history, course.state.epochs)
    storage.save_params(paths.params, program, deploy(program, weights), items)
    _say_written(written, paths.checkpoint)
    return net


def _train_twin(paths: storage.Paths, program: Program, items: Data, resume: bool) -> None:
    """Train the float twin, and save it with its answers."""
    with _resumable("float twin", paths.baseline_checkpoint, program, items, resume) as course:
        model = baseline.train_twin(
            program, items.x_train, items.y_train, course.advance, course.state
        )
    twin = baseline.answers(model, program, items.x_test)
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    storage.save_baseline(paths.baseline, program, items, weights, twin.classes)
    _say_written([paths.baseline], paths.baseline_checkpoint)
    _say("float network", twin, items.y_test)


def _say_written(written: Sequence[Path], finished: Path) -> None:
    """Name the files of a finished training, which needs its checkpoint no more."""
    finished.unlink(missing_ok=True)
    print(f"wrote {', '.join(path.as_posix() for path in written)}", flush=True)


def _evaluate(net: nengo.Network, program: Program, items: Data) -> None:
    """Say how good a network is that was just trained."""
    network.put_out_rates(net, program)
    _say("rate neurons", evaluate(net, program, items.x_test, steps=1), items.y_test)
    network.prepare_to_run(net, program)
    name = _name(program, "nengo_dl")
    with _items(name, len(items.x_test)) as count:
        answers = evaluate(net, program, items.x_test, program.fresh_steps, count)
    _say(name, answers, items.y_test)
    answers.refuse_silence()


@dataclass
class _Course:
    """A training under way. `advance` is told after every epoch."""

    state: State
    advance: Callable[[State], None]


@contextmanager
def _resumable(
    title: str, path: Path, program: Program, items: Data, resume: bool
) -> Iterator[_Course]:
    """Show how training goes, from where it was left if it is to be resumed, and keep each epoch in a checkpoint."""
    depends = checkpoint.depends_on(program, items)
    start = _start(title, path, depends, program.train.epochs, resume)
    with _epochs(title, program.train.epochs, len(start.epochs)) as show:

        def advance(state: State) -> None:
            checkpoint.save(path, state, depends)
            course.state = state
            show(state.epochs[-1])

        course = _Course(start, advance)
        try:
            yield course
        except KeyboardInterrupt:
            done = len(course.state.epochs)
            if not done:
                raise
            raise KeyboardInterrupt(
                f"interrupted; --resume goes on after epoch {done} ({title})"
            ) from None


def _start(title: str, path: Path, depends: dict[str, Any], epochs: int, resume: bool) -> State:
    """Return where a training starts, and say so where it isn't what one might think."""
    try:
        state = checkpoint.load(path, depends)
    except FileNotFoundError:
        if resume:
            _tell(title, f"there is no {path.as_posix()}, so it starts from the beginning")
        return BEGINNING
    except Refusal:
        if resume:
            raise
        _tell(title, f"{path.as_posix()} belongs to another training, and is replaced")
        return BEGINNING
    done = len(state.epochs)
    if not resume:
        _tell(
            title,
            f"starts from the beginning; --resume would go on after epoch {done}, "
            f"from {path.as_posix()}, which the first epoch replaces",
        )
        return BEGINNING
    if done > epochs:
        raise Refusal(
            f"{path.as_posix()} is at epoch {done} already: train for as many epochs, or without --resume"
        )
    _tell(title, f"goes on after epoch {done}, from {path.as_posix()}")
    return state


def _tell(title: str, what: str) -> None:
    """Print at once: who is killed prints nothing later."""
    print(f"{title}: {what}", flush=True)


def _say(name: str, answers: Answers, labels: Labels) -> None:
    print(f"{name}: {percent(accuracy(answers.classes == labels))}")


def run(program: Program, folder: Path, places: Sequence[Place], n_items: int | None) -> None:
    """Run a trained program wherever it was asked for; print one table."""
    paths = storage.Paths.of(program, folder)
    items = data.load(program)
    trained = storage.load_params(paths.params, program, items)
    predicted = storage.load_baseline(paths.baseline, program, items, trained.training)
    deployed, x, y = trained.program, trained.x_test[:n_items], trained.y_test[:n_items]

    rows: list[Row] = []
    reference = None
    if predicted is not None:
        reference = predicted[: len(y)] == y
        rows.append(Row("float network (Keras, ReLU)", reference))
    rates = rate_answers(deployed, x)
    rows.append(Row("rate neurons", rates.classes == y, rates))
    try:
        for place in places:
            name = _name(program, place)
            with _items(name, len(x)) as count:
                answers = _answers(deployed, x, place, count)
            rows.append(Row(name, answers.classes == y, answers))
    finally:
        # A place that refuses the network, or an interrupt, takes nothing from the others.
        print(table(rows, y, reference))
        if program.output.labels:
            print(by_class(rows, y, program.output.labels))
        if predicted is None:
            print("No float twin to compare with: snnc train --baseline trains one.")
    for row in rows:
        if row.answers is not None and row.answers is not rates:
            row.answers.refuse_silence()


def _name(program: Program, place: Place) -> str:
    """Return what the table calls a way to run."""
    what = "spikes" if any(p.neurons.spiking for p in program.populations) else "rates over time"
    where: dict[Place, str] = {
        "nengo_dl": "nengo_dl (fresh)",
        "nengo": "nengo (stream)",
        "nengo_loihi": f"nengo_loihi {program.loihi.target} (stream)",
    }
    return f"{what}, {where[place]}"


def _answers(deployed: Program, x: Any, place: Place, count: Callable[[int], None]) -> Answers:
    if place == "nengo_dl":
        net = network.deployed_network(deployed, np.zeros(deployed.input_size))
        return evaluate(net, deployed, x, deployed.fresh_steps, count)
    return stream(deployed, x, place, count)


@contextmanager
def _epochs(title: str, total: int, done: int) -> Iterator[Callable[[Epoch], None]]:
    """Show how training goes."""
    with _progress(
        TextColumn("loss {task.fields[loss]}, accuracy {task.fields[accuracy]}")
    ) as progress:
        task = progress.add_task(title, total=total, completed=done, loss="", accuracy="")

        def show(epoch: Epoch) -> None:
            progress.update(
                task, advance=1, loss=f"{epoch.loss:.4f}", accuracy=f"{epoch.accuracy:.1%}"
            )

        yield show


@contextmanager
def _items(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many items were run."""
    with _progress() as progress:
        task = progress.add_task(title, total=total)
        yield lambda n: progress.update(task, advance=n)


def _progress(*columns: TextColumn) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        *columns,
        console=Console(stderr=True),
    )
