"""Say what is wrong with specs, and if that is asked for, with the values of their data and with what training has left."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from snnc.commands.common import checked_spec, data_file, look_at_data, specs_of, warn
from snnc.commands.exit_codes import attempt
from snnc.diagnostics.report import visible
from snnc.diagnostics.screen import screen
from snnc.show.layers import summary


def run(arguments: argparse.Namespace) -> int:
    if arguments.json or arguments.sarif:
        # Whoever reads the report doesn't wait for the modules of other forms.
        from snnc.commands import findings

        return findings.run(arguments)
    return max(attempt(partial(_check, path, arguments)) for path in specs_of(arguments))


def _check(path: Path, arguments: argparse.Namespace) -> int:
    spec, shown = checked_spec(path, data_file(arguments)), screen(sys.stdout)
    # Nothing is called right before all that was asked for is looked at.
    data = look_at_data(spec) if arguments.data else None
    if not arguments.quiet:
        told = f"{path.as_posix()}: no errors; {summary(spec.program)}"
        print(shown.wrapped(told, "  "))
    if data:
        warn(spec.document, data.warnings)
        print(shown.lines(map(visible, data.lines)))
    if arguments.params:
        from snnc.commands.params import look_at_params

        lines, found = look_at_params(spec, arguments.output or path.parent)
        warn(spec.document, found)
        print(shown.lines(lines))
    return 0
