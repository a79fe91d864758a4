"""Show where accuracy goes between the float twin and the chip, and what brings it back."""

from __future__ import annotations

import argparse
import sys

from snnc.commands.common import checked_spec, output_folder, say_result
from snnc.commands.waiting import ready
from snnc.environment import libraries
from snnc.training.paths import Paths


def run(arguments: argparse.Namespace) -> int:
    spec = checked_spec(arguments.spec, arguments.data)
    folder = output_folder(arguments)
    said = sys.stderr if arguments.json else sys.stdout
    has_twin = Paths.of(spec.program, folder).baseline.exists()
    packages = libraries.PACKAGES if has_twin else libraries.WITHOUT_TENSORFLOW
    with ready(arguments, packages) as watcher:
        from snnc.ladder import writing
        from snnc.ladder.ladder import climb
        from snnc.trials.writing import write

        ladder = climb(
            spec.document, spec.program, folder, arguments.items, arguments.seconds, watcher
        )
        say_result(ladder, arguments.json)
        found = ladder.headline
        if found is None or found.change is None:
            return 0
        after = writing.repaired(spec.document, found, ladder.items.which)
        if arguments.apply:
            write(spec.document, after, "ladder")
            then = "run snnc train again" if found.change.trains else "the parameters stay"
            print(f"wrote {spec.document.path.as_posix()}: {then}", file=said)
        else:
            print("--apply writes it", file=said)
    return 0
