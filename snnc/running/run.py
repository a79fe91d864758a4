"""Run a trained program in each simulator that was asked for, and return the results; commands and notebooks show them.

TensorFlow is imported for NengoDL alone.
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
from snnc.running.results import Results, Row
from snnc.running.scoring import Scorer
from snnc.running.simulators import SimulatorName
from snnc.running.stream import stream
from snnc.scripts.figures import ITEMS
from snnc.training.params_file import Trained
from snnc.training.progress import Watcher

#: What answers items x, (n, size), in a simulator: it is told how many are done, and records the first ones if asked to.
Answering = Callable[[Program, Any, SimulatorName, Callable[[int], None], int], Answers]


def run(
    trained: Trained, simulators: Sequence[SimulatorName], n_items: int | None, watcher: Watcher
) -> Results:
    """Return the results of a trained program in some simulators, beside its float twin and its rate neurons."""
    return results_of(trained, rows(trained, simulators, n_items, watcher))


def rows(
    trained: Trained,
    simulators: Sequence[SimulatorName],
    n_items: int | None,
    watcher: Watcher,
    figures: Path | None = None,
    answering: Answering | None = None,
) -> Iterator[Row]:
    """Yield a row for each way to run a trained program, as soon as it is done: a later Refusal leaves earlier rows valid.

    With a folder for `figures`, write the figure of each simulator there. `answering` runs it elsewhere than in this process.
    """
    program, y = trained.program, trained.y_test[:n_items]
    x = trained.x_test if n_items is None else trained.x_test[:n_items]
    predicted = None if trained.baseline is None else trained.baseline[: len(y)]
    scorer = Scorer(program, y, predicted)
    yield from scorer.baseline_rows()
    rates = scorer.rates_row(rate_answers(program, x))
    yield rates
    for index, simulator in enumerate(simulators):
        name = name_of(program, simulator)
        with _before(simulators[index + 1 :]), watcher.items(name, len(x)) as count:
            answer = answering or answers_of
            answers = answer(program, x, simulator, count, ITEMS if figures else 0)
        yield scorer.row(name, simulator, answers, rates)
        # After the row: a failing figure loses no numbers.
        if figures:
            plots.save(figures, program, simulator, x, y, answers)


@contextmanager
def _before(simulators: Sequence[SimulatorName]) -> Iterator[None]:
    """Name the simulators that don't run because of a Refusal or UsageError."""
    try:
        yield
    except (Refusal, UsageError) as error:
        if not simulators:
            raise
        raise type(error)(f"{error}; not run after that: {', '.join(simulators)}") from error


def results_of(trained: Trained, rows: Iterable[Row]) -> Results:
    """Return rows as results."""
    all_rows = tuple(rows)
    return Results(trained.program, all_rows, trained.y_test[: all_rows[0].accuracy.n])


def name_of(program: Program, simulator: SimulatorName) -> str:
    """Return the name of a row in the table."""
    spikes = any(population.neurons.spiking for population in program.network.populations)
    names: dict[SimulatorName, str] = {
        "nengo_fresh": "nengo (fresh)",
        "nengo_dl": "nengo_dl (fresh)",
        "nengo": "nengo (stream)",
        "emulator": "emulator (stream)",
        "nengo_loihi": f"nengo_loihi {program.loihi.target} (stream)",
    }
    return f"{'spikes' if spikes else 'rates over time'}, {names[simulator]}"


def answers_of(
    deployed: Program,
    x: Any,
    simulator: SimulatorName,
    count: Callable[[int], None],
    recorded: int = 0,
    n_chains: int | None = None,
) -> Answers:
    """Return what a deployed program answers to items x, (n, size), with a recording of the first ones if it is asked for.

    On the emulator and in floats a stream is shown in `n_chains`, by default as many as its number of items asks for.
    """
    if simulator == "nengo_dl":
        from snnc.running.fresh import evaluate

        net = deployed_network(deployed.network, np.zeros(deployed.network.input_size))
        return evaluate(net, deployed, x, deployed.fresh_steps, count, deployed.fresh_latency)
    if simulator == "emulator":
        from snnc.running.emulated import emulate

        return emulate(deployed, x, count, recorded, n_chains=n_chains)
    if simulator == "nengo_fresh":
        from snnc.running.floats import in_floats

        return in_floats(deployed, x, count, present="fresh")
    if simulator == "nengo":
        from snnc.running.floats import in_floats

        return in_floats(deployed, x, count, recorded, n_chains=n_chains)
    return stream(deployed, x[:], simulator, count, recorded)
