"""Train a network, and its float twin."""

from __future__ import annotations

import argparse
import gc

from snnc.commands.common import checked_spec, output_folder
from snnc.engine import libraries
from snnc.pipeline import with_epochs


def run(arguments: argparse.Namespace) -> int:
    program = with_epochs(checked_spec(arguments.spec, arguments.data).program, arguments.epochs)
    folder = output_folder(arguments)
    gc.enable()  # from here on there is garbage
    with libraries.loaded():
        from snnc.engine import session
        from snnc.engine.progress import Terminal
        from snnc.engine.results import percent

        training = session.train(
            program, Terminal(), folder, arguments.baseline, resume=arguments.resume
        )
    for row in training.results.rows:
        print(f"{row.name}: {percent(row.accuracy)}")
    training.results.refuse_silence()
    return 0
