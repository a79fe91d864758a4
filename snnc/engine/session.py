"""What `snnc train` and `snnc run` do, with progress and results on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from snnc.backends import network
from snnc.deploy import deploy
from snnc.engine import baseline, data, storage
from snnc.engine.answers import Answers
from snnc.engine.data import Labels
from snnc.engine.fresh import evaluate
from snnc.engine.rates import rate_answers
from snnc.engine.results import Results
from snnc.engine.statistics import accuracy
from snnc.engine.stream import stream
from snnc.engine.table import Row, percent
from snnc.engine.train import Epoch
from snnc.engine.train import train as train_network
from snnc.ir import Program

Place = Literal["nengo_dl", "nengo", "nengo_loihi"]


def train(program: Program, folder: Path, with_baseline: bool) -> None:
    """Train a program; save its parameters, its history and, if asked for, its float twin."""
    paths = storage.Paths.of(program, folder)
    paths.ensure_writable()
    items = data.load(program)
    epochs: list[Epoch] = []
    net = network.training_network(program)
    with _epochs("training", program.train.epochs) as show:

        def on_epoch(epoch: Epoch) -> None:
            epochs.append(epoch)
            show(epoch)

        weights = train_network(net, program, items.x_train, items.y_train, on_epoch)
    written = [paths.params, paths.history]
    if not program.data.is_file:
        storage.save_test(paths.test, items)
        written.append(paths.test)
    storage.save_params(paths.params, program, deploy(program, weights), items)
    storage.save_history(paths.history, epochs)

    if with_baseline:
        with _epochs("float twin", program.train.epochs) as show:
            model = baseline.train_twin(program, items.x_train, items.y_train, show)
        twin = baseline.answers(model, program, items.x_test)
        twin_weights = {layer.name: layer.get_weights() for layer in model.layers}
        storage.save_baseline(paths.baseline, program, items, twin_weights, twin.classes)
        written.append(paths.baseline)
        _say("float network", twin, items.y_test)

    network.put_out_rates(net, program)
    _say("rate neurons", evaluate(net, program, items.x_test, steps=1), items.y_test)
    network.prepare_to_run(net, program)
    name = _name(program, "nengo_dl")
    with _items(name, len(items.x_test)) as count:
        answers = evaluate(net, program, items.x_test, program.fresh_steps, count)
    _say(name, answers, items.y_test)
    print(f"wrote {', '.join(path.as_posix() for path in written)}")
    answers.refuse_silence()


def _say(name: str, answers: Answers, labels: Labels) -> None:
    print(f"{name}: {percent(accuracy(answers.classes == labels))}")


def run(
    program: Program,
    folder: Path,
    places: Sequence[Place],
    n_items: int | None,
    show: Callable[[Results], str],
) -> None:
    """Run a trained program wherever it was asked for; print the results as `show` puts them."""
    paths = storage.Paths.of(program, folder)
    items = data.load(program)
    trained = storage.load_params(paths.params, program, items)
    predicted = storage.load_baseline(paths.baseline, program, items, trained.training)
    deployed, x, y = trained.program, trained.x_test[:n_items], trained.y_test[:n_items]

    rows = []
    reference = None
    if predicted is not None:
        reference = predicted[: len(y)] == y
        rows.append(Row("float network (Keras, ReLU)", reference))
    rates = rate_answers(deployed, x)
    rows.append(Row("rate neurons", rates.classes == y, rates))
    for place in places:
        name = _name(program, place)
        with _items(name, len(x)) as count:
            answers = _answers(deployed, x, place, count)
        rows.append(Row(name, answers.classes == y, answers))

    print(show(Results(program, tuple(rows), y, reference)))
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
def _epochs(title: str, total: int) -> Iterator[Callable[[Epoch], None]]:
    """Show how training goes."""
    with _progress(
        TextColumn("loss {task.fields[loss]}, accuracy {task.fields[accuracy]}")
    ) as progress:
        task = progress.add_task(title, total=total, loss="", accuracy="")

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
