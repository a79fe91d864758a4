"""Bring a trained network to the chip without training it: scale its layers, and search how they run best."""

from __future__ import annotations

import argparse
import sys

from snnc.commands.common import checked_spec, output_folder, say_result, steps_of
from snnc.commands.waiting import ready
from snnc.environment import libraries


def run(arguments: argparse.Namespace) -> int:
    spec = checked_spec(arguments.spec, arguments.data)
    program, folder = spec.program, output_folder(arguments)
    steps = steps_of(arguments.time, program)
    with ready(arguments, libraries.WITHOUT_TENSORFLOW) as watcher:
        from snnc.calibrate.calibrate import calibrate
        from snnc.calibrate.writing import save
        from snnc.trials.writing import difference

        found = calibrate(
            spec.document,
            program,
            folder,
            steps,
            arguments.items,
            arguments.tolerance / 100,
            watcher,
        )
        say_result(found, arguments.json)
        said = sys.stderr if arguments.json else sys.stdout
        if found.is_kept:
            print("the spec runs as well as anything that was tried: it stays as it is", file=said)
            return 0
        if arguments.dry_run:
            print(
                "would be written:",
                difference(spec.document, found.document, "calibrated"),
                sep="\n",
                file=said,
            )
            return 0
        save(spec.document, found.document, found.params, found.program.network)
        names = f"{spec.document.path.as_posix()} and {found.params.as_posix()}"
        print(f"wrote {names}: snnc compile writes its scripts anew", file=said)
    return 0
