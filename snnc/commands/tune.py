"""Search how a trained network runs best on the emulated chip, without training it."""

from __future__ import annotations

import argparse
import sys

from snnc.commands.common import checked_spec, output_folder, say_result, steps_of
from snnc.commands.waiting import ready
from snnc.diagnostics.errors import UsageError
from snnc.environment import libraries
from snnc.training.paths import Paths


def run(arguments: argparse.Namespace) -> int:
    spec = checked_spec(arguments.spec, arguments.data)
    program, folder = spec.program, output_folder(arguments)
    if not program.on_loihi:
        raise UsageError('tuning is for specs with "loihi" among their targets')
    steps = steps_of(arguments.time, program)
    has_twin = Paths.of(program, folder).baseline.exists()
    packages = libraries.PACKAGES if has_twin else libraries.WITHOUT_TENSORFLOW
    with ready(arguments, packages) as watcher:
        from snnc.trials.tune import tune

        tuned = tune(
            spec.document,
            program,
            folder,
            steps,
            arguments.items,
            arguments.tolerance / 100,
            watcher,
        )
        say_result(tuned, arguments.json)
        from snnc.trials import writing

        after = writing.tuned_document(spec.document, tuned)
        said = sys.stderr if arguments.json else sys.stdout
        if after is spec.document:
            print("the spec says so already", file=said)
        elif arguments.apply:
            writing.write(spec.document, after, "tune")
            print(
                f"wrote {spec.document.path.as_posix()}: snnc compile writes its scripts anew",
                file=said,
            )
        else:
            print("--apply writes:", writing.difference(spec.document, after), sep="\n", file=said)
    return 0
