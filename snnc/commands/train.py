"""Train a network, and its float twin."""

from __future__ import annotations

import argparse
import gc

from snnc.checks.allow import without_allowed
from snnc.commands.common import checked_spec, output_folder, warn
from snnc.engine import libraries
from snnc.pipeline import with_epochs


def run(arguments: argparse.Namespace) -> int:
    found = checked_spec(arguments.spec, arguments.data)
    program = with_epochs(found.program, arguments.epochs)
    folder = output_folder(arguments)
    gc.enable()  # from here on there is garbage
    with libraries.loaded():
        from snnc.engine import data, session
        from snnc.engine.look import doubts
        from snnc.engine.progress import Terminal

        items = data.load(program)
        warn(found.document, without_allowed(doubts(program, items), found.allowed))
        training = session.train(
            program, items, Terminal(), folder, arguments.baseline, resume=arguments.resume
        )
    print(training.results)
    warn(found.document, without_allowed(training.doubts, found.allowed))
    training.results.refuse_silence()
    return 0
