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

    session.train(program, output_folder(arguments), arguments.baseline, arguments.resume)
    return 0
