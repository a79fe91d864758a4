"""Train a network, and its float twin."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.commands.common import output_folder, refuse_alone, say_written, warn
from snnc.commands.exit_codes import note
from snnc.commands.same_files import specs_of_the_same_files
from snnc.commands.tracking import log, tracker_of
from snnc.commands.waiting import ready
from snnc.diagnostics.allowed import without_allowed
from snnc.diagnostics.errors import UsageError
from snnc.diagnostics.screen import screen
from snnc.environment.files import claimed
from snnc.pipeline import LONGER, Checked, checked, with_epochs

if TYPE_CHECKING:
    from snnc.session import Training
    from snnc.training.progress import Watcher


def run(arguments: argparse.Namespace) -> int:
    if arguments.seeds:
        from snnc.commands import seeds

        return seeds.train(arguments)
    refuse_alone(arguments)
    if arguments.on_cluster:
        raise UsageError("a cluster trains several seeds at a time: add --seeds N")
    spec = with_epochs(checked(arguments.spec, arguments.data), arguments.epochs, "--epochs {}")
    warn(spec.document, spec.warnings)
    folder = output_folder(arguments)
    tracker = tracker_of(arguments, spec.program)
    with _said_if_not_alone(spec, folder), ready(arguments) as watcher:
        figure = folder / f"{spec.program.name}.history.png"
        if arguments.plot:
            _ensure_drawable(figure)
        training, told = _train(arguments, spec, folder, watcher)
        if arguments.plot and training.epochs:
            _draw(training, figure, arguments.quiet)
    if arguments.json:
        print(json.dumps(training.to_dict()))
    else:
        print(training.results.text(screen(sys.stdout)))
        print(screen(sys.stdout).lines(training.lines()))
    found = [d for d in training.warnings if (d.code, d.at) not in told]
    warn(spec.document, without_allowed(found, spec.allowed))
    if tracker:
        log(tracker, "train", spec.document, training.results, folder)
    training.results.refuse_silence()
    return 0


def _train(
    arguments: argparse.Namespace, spec: Checked, folder: Path, watcher: Watcher
) -> tuple[Training, set[object]]:
    """Return what training came to, and which warnings were printed before."""
    from snnc import session
    from snnc.data import prepare
    from snnc.data.report import data_warnings

    items = prepare.load(spec.program)
    warn(spec.document, without_allowed(data_warnings(spec.program, items), spec.allowed))
    at_start = () if arguments.resume else session.before_training(spec.program, items)
    at_start = without_allowed(at_start, spec.allowed)
    warn(spec.document, at_start)
    training = session.train(
        spec.program,
        items,
        watcher,
        folder,
        arguments.baseline,
        resume=arguments.resume,
        n_tested=arguments.items,
        longer="train with --epochs {}" if arguments.epochs else LONGER,
    )
    return training, {(d.code, d.at) for d in at_start}


def _ensure_drawable(figure: Path) -> None:
    from snnc.running.plots import ensure_files

    ensure_files([figure])


def _draw(training: Training, figure: Path, quiet: bool) -> None:
    from snnc.running.plots import save_history

    save_history(figure, training.program.name, training.epochs)
    say_written([figure], quiet)


@contextmanager
def _said_if_not_alone(spec: Checked, folder: Path) -> Iterator[None]:
    """Say which other specs' trainings write the same files, and whether one does at this moment."""
    program = spec.program
    params = folder / f"{program.name}.params.npz"
    for other in specs_of_the_same_files(program.spec_path, program.name):
        note(
            f"{other.as_posix()} is called '{program.name}' too, and training it writes the same files, "
            f"{params.as_posix()} among them: give one of the two another name"
        )
    with claimed(params) as alone:
        if not alone:
            note(
                f"another training is writing the same files at this moment, {params.as_posix()} among them: "
                "what ends last stays; -o writes elsewhere"
            )
        yield
