"""Say what is wrong with specs, and with the values of their data if that is asked for."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from snnc.commands.common import checked_spec, data_file, look_at_data, warn
from snnc.commands.exit_codes import attempt
from snnc.diagnostics.report import visible
from snnc.show.layers import summary


def run(arguments: argparse.Namespace) -> int:
    if arguments.json or arguments.sarif:
        # Whoever reads the report doesn't wait for the modules of other forms.
        from snnc.commands import findings

        return findings.run(arguments)
    check = partial(_check, looks=bool(arguments.data), data_file=data_file(arguments))
    return max(attempt(partial(check, path)) for path in arguments.specs)


def _check(path: Path, looks: bool, data_file: Path | None) -> int:
    spec = checked_spec(path, data_file)
    print(f"{path.as_posix()}: no errors; {summary(spec.program)}")
    if looks:
        data = look_at_data(spec)
        warn(spec.document, data.warnings)
        print("\n".join(map(visible, data.lines)))
    return 0
