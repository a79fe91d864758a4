"""Train a network, and its float twin."""

from __future__ import annotations

import argparse
import dataclasses

from snnc.commands.common import checked_spec, output_folder
from snnc.engine import libraries


def run(arguments: argparse.Namespace) -> int:
    program = checked_spec(arguments).program
    if arguments.epochs:
        settings = program.train.model_copy(update={"epochs": arguments.epochs})
        program = dataclasses.replace(program, train=settings)
    libraries.load()
    from snnc.engine import session
    from snnc.engine.progress import Terminal
    from snnc.engine.results import percent
    from snnc.engine.storage import Paths

    folder = output_folder(arguments)
    results = session.train(program, Terminal(), folder, arguments.baseline).results
    for row in results.rows:
        print(f"{row.name}: {percent(row.accuracy)}")
    written = Paths.of(program, folder).written(program, arguments.baseline)
    print(f"wrote {', '.join(path.as_posix() for path in written)}")
    results.refuse_silence()
    return 0
