"""Answer to the items of a file, as spikes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from snnc.commands.common import output_folder
from snnc.diagnostics.errors import UsageError
from snnc.environment import libraries
from snnc.environment.files import write_text
from snnc.pipeline import checked
from snnc.running import simulators


def run(arguments: argparse.Namespace) -> int:
    program = checked(arguments.spec).program
    # The chip's own place comes last.
    on = simulators.chosen(program, [arguments.on] if arguments.on else None)[-1]
    written: Path | None = arguments.write
    if written and written.exists() and not arguments.force:
        raise UsageError(f"{written} is there already: --force overwrites it")
    with libraries.loaded(simulators.packages([on])):
        from snnc.data.unseen import unseen
        from snnc.running.predict import predict
        from snnc.training import params_file
        from snnc.training.progress import Terminal

        simulators.ensure_reachable(program, [on])
        trained = params_file.load_alone(program, output_folder(arguments))
        items = unseen(program, arguments.data)
        if items.left_out:
            print(f"snnc: {items.left_out}", file=sys.stderr)
        predicted = predict(trained, items, on, arguments.logits, Terminal())
        # The table goes where the answers don't.
        if written:
            write_text(written, str(predicted.predictions))
            print(f"wrote {written}", file=sys.stderr)
        else:
            print(predicted.predictions, end="")
        if predicted.results:
            print(predicted.results, file=sys.stdout if written else sys.stderr)
    predicted.refuse_silence()
    return 0
