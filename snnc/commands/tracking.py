"""Log runs with MLflow, for `--track`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.diagnostics.document import Document
from snnc.program.program import Program

if TYPE_CHECKING:
    from snnc.running.results import Results
    from snnc.running.tracking import Tracker
    from snnc.seeds.summary import Summary


def tracker_of(arguments: argparse.Namespace, program: Program) -> Tracker | None:
    """Return what logs, if `--track` asks for it, before anything takes time. Raises a UsageError if nothing can be logged there."""
    if arguments.track is None:
        return None
    from snnc.running.tracking import tracker

    return tracker(arguments.track, program.name)


def log(
    tracker: Tracker,
    command: str,
    document: Document,
    results: Results,
    folder: Path,
    parent: str | None = None,
) -> None:
    """Log the training or the run of one network: values of the spec, rows, of a training its epochs, and files."""
    from snnc.running.tracking import metrics, parameters
    from snnc.training.history import load_history
    from snnc.training.paths import Paths

    program = results.program
    paths = Paths.of(program, folder)
    trained = command == "train"
    tracker.log(
        f"{command} {program.name}",
        parameters(document, program),
        metrics(results),
        epochs=load_history(paths.history) if trained else (),
        files=[document.path, *([paths.params, paths.history] if trained else [])],
        parent=parent,
    )


def log_seeds(
    tracker: Tracker, command: str, document: Document, summary: Summary, folder: Path
) -> None:
    """Log several seeds: a run with their means and deviations, and below it one for each seed."""
    from snnc.running.tracking import parameters

    values = {**parameters(document, summary.program), "seeds": _named(summary.seeds)}
    name = f"{command} {summary.program.name}, {len(summary.seeds)} seeds"
    parent = tracker.log(name, values, summary.metrics(), files=[document.path])
    for results in summary.results:
        log(tracker, command, document, results, folder, parent)


def _named(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))
