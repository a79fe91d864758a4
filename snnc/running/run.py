"""A trained program run wherever it is asked for: values in and values out. Whoever calls shows them.

Only NengoDL needs TensorFlow: nothing here imports it for the other places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from snnc.diagnostics.errors import Refusal, UsageError
from snnc.networks.build import deployed_network
from snnc.program.program import Program
from snnc.running import plots
from snnc.running.answers import Answers
from snnc.running.rates import rate_answers
from snnc.running.results import Results, Row, Scorer
from snnc.running.simulators import Place
from snnc.running.stream import stream
from snnc.scripts.figures import ITEMS
from snnc.training.params_file import Trained
from snnc.training.progress import Watcher


def run(
    trained: Trained, places: Sequence[Place], n_items: int | None, watcher: Watcher
) -> Results:
    """Run a trained program wherever it is asked for, beside its float twin and its rates."""
    return results_of(trained, rows(trained, places, n_items, watcher))


def rows(
    trained: Trained,
    places: Sequence[Place],
    n_items: int | None,
    watcher: Watcher,
    figures: Path | None = None,
) -> Iterator[Row]:
    """Yield how a trained program does, one way to run it after the other: one that is refused takes nothing from those before.

    With a folder for figures, one of each place is written there.
    """
    program, x, y = trained.program, trained.x_test[:n_items], trained.y_test[:n_items]
    predicted = None if trained.baseline is None else trained.baseline[: len(y)]
    scorer = Scorer(program, y, predicted)
    yield from scorer.baseline_rows()
    rates = scorer.rates_row(rate_answers(program, x))
    yield rates
    for index, place in enumerate(places):
        name = name_of(program, place)
        with _before(places[index + 1 :]), watcher.items(name, len(x)) as count:
            answers = _answers(program, x, place, count, ITEMS if figures else 0)
        yield scorer.row(name, place, answers, rates)
        # Now: the numbers are safe whatever becomes of the figure.
        if figures:
            plots.save(figures, program, place, x, y, answers)


@contextmanager
def _before(places: Sequence[Place]) -> Iterator[None]:
    """Have what is refused say which places aren't run because of it."""
    try:
        yield
    except (Refusal, UsageError) as error:
        if not places:
            raise
        raise type(error)(f"{error}; not run after that: {', '.join(places)}") from error


def results_of(trained: Trained, found: Iterable[Row]) -> Results:
    """Return rows as results."""
    done = tuple(found)
    return Results(trained.program, done, trained.y_test[: done[0].accuracy.n])


def name_of(program: Program, place: Place) -> str:
    """Return what the table calls a way to run."""
    what = (
        "spikes"
        if any(p.neurons.spiking for p in program.network.populations)
        else "rates over time"
    )
    where: dict[Place, str] = {
        "nengo_dl": "nengo_dl (fresh)",
        "nengo": "nengo (stream)",
        "emulator": "emulator (stream)",
        "nengo_loihi": f"nengo_loihi {program.loihi.target} (stream)",
    }
    return f"{what}, {where[place]}"


def _answers(
    deployed: Program, x: Any, place: Place, count: Callable[[int], None], recorded: int
) -> Answers:
    if place == "nengo_dl":
        from snnc.running.fresh import evaluate

        net = deployed_network(deployed.network, np.zeros(deployed.network.input_size))
        return evaluate(net, deployed, x, deployed.fresh_steps, count)
    if place == "emulator":
        from snnc.running.emulated import emulate

        return emulate(deployed, x, count, recorded)
    return stream(deployed, x, place, count, recorded)
