"""A program trained, and a trained one run: values in and values out. Whoever calls shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from snnc.backends import network
from snnc.deploy import Weights, deploy
from snnc.engine import baseline, data, storage
from snnc.engine.answers import Answers
from snnc.engine.data import Data, Labels
from snnc.engine.fresh import evaluate
from snnc.engine.places import Place
from snnc.engine.progress import Watcher
from snnc.engine.rates import rate_answers
from snnc.engine.results import Results, Scorer
from snnc.engine.storage import Trained
from snnc.engine.stream import stream
from snnc.engine.train import Epoch
from snnc.engine.train import train as train_network
from snnc.ir import Program
from snnc.table import paragraph

RATES = "rate neurons"


@dataclass(frozen=True, eq=False)
class Twin:
    """The float twin's weights, and its answer to each test item, (n,)."""

    weights: Weights
    predicted: Labels


@dataclass(frozen=True, eq=False, repr=False)
class Training:
    """What training came to: the program that was trained, the one that runs, and how test items went.

    `written` names the files that it is saved to.
    """

    program: Program
    trained: Trained
    data: Data
    epochs: tuple[Epoch, ...]
    twin: Twin | None
    results: Results
    written: tuple[Path, ...] = ()

    def save(self, folder: Path | None = None) -> Training:
        """Write what `snnc train` writes to a folder (default: that of the spec), and return the same with `written`."""
        paths = storage.Paths.of(self.program, folder or self.program.spec_path.parent)
        paths.ensure_writable()
        written = storage.save_training(
            paths, self.program, self.trained.program, self.data, self.epochs
        )
        written += _save_twin(paths, self.program, self.data, self.twin)
        return replace(self, written=tuple(written))

    def __repr__(self) -> str:
        last = self.epochs[-1]
        said = f"{self.program.name}, trained for {last.number} epochs: loss {last.loss:.4f}, "
        return f"{said}accuracy {last.accuracy:.1%} while training\n{self.results}"

    def _repr_html_(self) -> str:
        said, *_ = repr(self).splitlines()
        return paragraph(said) + self.results._repr_html_()


def train(program: Program, watcher: Watcher, folder: Path | None, with_baseline: bool) -> Training:
    """Train a program, and if asked for its float twin, and test both. With a folder, each is saved once it is there."""
    paths = storage.Paths.of(program, folder) if folder else None
    if paths:
        paths.ensure_writable()
    items = data.load(program)
    epochs: list[Epoch] = []
    net = network.training_network(program)
    with watcher.epochs("training", program.train.epochs) as show:

        def on_epoch(epoch: Epoch) -> None:
            epochs.append(epoch)
            show(epoch)

        weights = train_network(net, program, items.x_train, items.y_train, on_epoch)
    deployed = deploy(program, weights)
    written = storage.save_training(paths, program, deployed, items, epochs) if paths else []

    twin = _train_twin(program, items, watcher) if with_baseline else None
    written += _save_twin(paths, program, items, twin) if paths else []

    predicted = twin.predicted if twin else None
    scorer = Scorer(program.output, items.y_test, predicted)
    rows = scorer.twin_rows()
    network.put_out_rates(net, program)
    rows.append(scorer.row(RATES, "rates", evaluate(net, program, items.x_test, steps=1)))
    network.prepare_to_run(net, program)
    name = _name(program, "nengo_dl")
    with watcher.items(name, len(items.x_test)) as count:
        spikes = evaluate(net, program, items.x_test, program.fresh_steps, count)
    rows.append(scorer.row(name, "nengo_dl", spikes))
    trained = Trained(
        deployed, items.x_test, items.y_test, items.shift, items.scale, twin=predicted
    )
    results = Results(program, tuple(rows), items.y_test)
    return Training(program, trained, items, tuple(epochs), twin, results, tuple(written))


def run(
    trained: Trained, places: Sequence[Place], n_items: int | None, watcher: Watcher
) -> Results:
    """Run a trained program wherever it is asked for, beside its float twin and its rates."""
    program, x, y = trained.program, trained.x_test[:n_items], trained.y_test[:n_items]
    predicted = None if trained.twin is None else trained.twin[: len(y)]
    scorer = Scorer(program.output, y, predicted)
    rows = [*scorer.twin_rows(), scorer.row(RATES, "rates", rate_answers(program, x))]
    for place in places:
        name = _name(program, place)
        with watcher.items(name, len(x)) as count:
            answers = _answers(program, x, place, count)
        rows.append(scorer.row(name, place, answers))
    return Results(program, tuple(rows), y)


def _train_twin(program: Program, items: Data, watcher: Watcher) -> Twin:
    with watcher.epochs("float twin", program.train.epochs) as show:
        model = baseline.train_twin(program, items.x_train, items.y_train, show)
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    return Twin(weights, baseline.answers(model, program, items.x_test).classes)


def _save_twin(
    paths: storage.Paths, program: Program, items: Data, twin: Twin | None
) -> list[Path]:
    if twin is None:
        return []
    storage.save_baseline(paths.baseline, program, items, twin.weights, twin.predicted)
    return [paths.baseline]


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
