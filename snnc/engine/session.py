"""What `snnc train` and `snnc run` do, with progress and results on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from snnc.backends import network
from snnc.deploy import deploy
from snnc.engine import baseline, data, storage
from snnc.engine.fresh import evaluate
from snnc.engine.rates import rate_answers
from snnc.engine.statistics import accuracy
from snnc.engine.stream import stream
from snnc.engine.table import Row, by_class, percent, table
from snnc.engine.train import Epoch
from snnc.engine.train import train as train_network
from snnc.ir import Program

Place = Literal["nengo_dl", "nengo", "nengo_loihi"]


def train(program: Program, folder: Path, with_baseline: bool) -> None:
    """Train a program; save its parameters, its history and, if asked for, its float twin."""
    paths = storage.Paths.of(program, folder)
    items = data.load(program)
    epochs: list[Epoch] = []
    net = network.training_network(program)
    with _epochs("training", program.train.epochs) as show:

        def on_epoch(epoch: Epoch) -> None:
            epochs.append(epoch)
            show(epoch)

        weights = train_network(net, program, items.x_train, items.y_train, on_epoch)
    storage.save_params(paths.params, deploy(program, weights), items)
    storage.save_history(paths.history, epochs)
    written = [paths.params, paths.history]
    if not program.data.is_file:
        storage.save_test(paths.test, items)
        written.append(paths.test)

    network.put_out_rates(net, program)
    answers = evaluate(net, program, items.x_test, steps=1)
    results = [("rate neurons", answers)]
    network.prepare_to_run(net, program)
    with _items("spikes (fresh)", len(items.x_test)) as count:
        answers = evaluate(net, program, items.x_test, program.fresh_steps, count)
    answers.refuse_silence()
    results.append(("spikes (fresh)", answers))

    if with_baseline:
        with _epochs("float twin", program.train.epochs) as show:
            model = baseline.train_twin(program, items.x_train, items.y_train, show)
        answers = baseline.answers(model, program, items.x_test)
        twin_weights = {layer.name: layer.get_weights() for layer in model.layers}
        storage.save_baseline(paths.baseline, program, twin_weights, answers.classes)
        written.append(paths.baseline)
        results.insert(0, ("float network", answers))

    for name, answers in results:
        print(f"{name}: {percent(accuracy(answers.classes == items.y_test))}")
    print(f"wrote {', '.join(path.as_posix() for path in written)}")


def run(program: Program, folder: Path, places: list[str], n_items: int | None) -> None:
    """Run a trained program wherever it was asked for; print one table."""
    paths = storage.Paths.of(program, folder)
    deployed = storage.load_params(paths.params, program)
    x, y = storage.load_test(paths.params, program, data.load(program))
    predicted = storage.load_baseline(paths.baseline, program)
    x, y = x[:n_items], y[:n_items]

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
            answers = _answers(deployed, x, cast(Place, place), count)
        answers.refuse_silence()
        rows.append(Row(name, answers.classes == y, answers))

    print(table(rows, y, reference))
    if program.output.labels:
        print(by_class(rows, y, program.output.labels))
    if predicted is None:
        print("No float twin to compare with: snnc train --baseline trains one.")


def _name(program: Program, place: str) -> str:
    """Return what the table calls a way to run."""
    what = "spikes" if any(p.neurons.spiking for p in program.populations) else "rates over time"
    where = {
        "nengo_dl": "nengo_dl (fresh)",
        "nengo": "nengo (stream)",
        "nengo_loihi": f"nengo_loihi {program.loihi.target} (stream)",
    }
    return f"{what}, {where[place]}"


def _answers(deployed: Program, x: Any, place: Place, count: Callable[[int], None]) -> Any:
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
