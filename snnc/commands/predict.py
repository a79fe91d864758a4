"""Answer to the items of a file, as spikes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.commands.common import output_folder, say_written
from snnc.commands.exit_codes import note
from snnc.commands.waiting import ready
from snnc.diagnostics.errors import UsageError
from snnc.diagnostics.screen import screen
from snnc.environment.files import write_pieces
from snnc.pipeline import checked
from snnc.running import simulators

if TYPE_CHECKING:
    from snnc.running.predict import Predicted


def run(arguments: argparse.Namespace) -> int:
    program = checked(arguments.spec).program
    # The chip's own place comes last.
    on = simulators.chosen(program, [arguments.on] if arguments.on else None)[-1]
    written: Path | None = arguments.write
    if written and written.exists() and not arguments.force:
        raise UsageError(f"{written} is there already: --force overwrites it")
    with ready(arguments, simulators.packages([on])) as watcher:
        from snnc.data.unseen import unseen
        from snnc.running.predict import predict
        from snnc.training import params_file
        from snnc.training.held_out import held_out_among
        from snnc.training.paths import Paths

        simulators.ensure_reachable(program, [on])
        trained = params_file.load_alone(program, output_folder(arguments))
        items = unseen(program, arguments.data)
        if items.left_out:
            note(items.left_out)
        n_held_out = held_out_among(items, Paths.of(program, output_folder(arguments)).test)
        if items.y is not None and 0 < n_held_out < len(items.x):
            note(
                f"{arguments.data.as_posix()} holds the {n_held_out} items that training held out, and others: it was trained on those. "
                f"snnc run {arguments.spec.as_posix()} --data {arguments.data.as_posix()} tests on those that it held out"
            )
        predicted = predict(trained, items, on, arguments.logits, watcher)
        if arguments.json:
            sys.stdout.writelines(predicted.json_pieces())
            print()
        else:
            _show(predicted, written, arguments.quiet)
    predicted.refuse_silence()
    return 0


def _show(predicted: Predicted, written: Path | None, quiet: bool) -> None:
    """Print the answers, or write them to a file. The table goes where the answers don't."""
    if written is None:
        sys.stdout.writelines(predicted.predictions.pieces())
    else:
        write_pieces(written, predicted.predictions.pieces())
        say_written([written], quiet)
    if predicted.results:
        told = sys.stdout if written else sys.stderr
        print(predicted.results.text(screen(told)), file=told)
