"""Train a network, and its float twin."""

from __future__ import annotations

import argparse

from snnc.commands.common import in_spec, output_folder, warn
from snnc.diagnostics.allowed import without_allowed
from snnc.environment import libraries
from snnc.pipeline import LONGER, checked, with_epochs


def run(arguments: argparse.Namespace) -> int:
    spec = with_epochs(checked(arguments.spec, arguments.data), arguments.epochs, "--epochs {}")
    warn(spec.document, spec.warnings)
    program = spec.program
    folder = output_folder(arguments)
    with libraries.loaded():
        from snnc import session
        from snnc.data import prepare
        from snnc.data.report import data_warnings
        from snnc.training.progress import Terminal

        with in_spec(spec.document):
            items = prepare.load(program)
        warn(spec.document, without_allowed(data_warnings(program, items), spec.allowed))
        at_start = () if arguments.resume else session.before_training(program, items)
        at_start = without_allowed(at_start, spec.allowed)
        warn(spec.document, at_start)
        training = session.train(
            program,
            items,
            Terminal(),
            folder,
            arguments.baseline,
            resume=arguments.resume,
            longer="train with --epochs {}" if arguments.epochs else LONGER,
        )
    print(training.results)
    print("\n".join(training.lines()))
    told = {(d.code, d.at) for d in at_start}
    found = [d for d in training.warnings if (d.code, d.at) not in told]
    warn(spec.document, without_allowed(found, spec.allowed))
    training.results.refuse_silence()
    return 0
