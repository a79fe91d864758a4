"""Write what is known of a trained network into one HTML file."""

from __future__ import annotations

import argparse
import json

from snnc.commands.common import checked_spec, output_folder, say_written
from snnc.commands.exit_codes import note
from snnc.commands.waiting import ready
from snnc.diagnostics.errors import UsageError
from snnc.environment.files import ensure_room, write_text
from snnc.environment.libraries import WITHOUT_TENSORFLOW

#: Largest size of a page.
MOST_BYTES = 5_000_000


def run(arguments: argparse.Namespace) -> int:
    spec = checked_spec(arguments.spec, arguments.data)
    folder = output_folder(arguments)
    path = folder / f"{spec.program.name}.report.html"
    with ready(arguments, WITHOUT_TENSORFLOW) as watcher:
        _ensure_matplotlib()
        from snnc.report.measured import measure
        from snnc.report.report import report
        from snnc.training import params_file
        from snnc.training.paths import Paths

        trained, data = params_file.load_with_data(spec.program, folder)
        if data.left_out:
            note(data.left_out)
        ensure_room([(path, MOST_BYTES)])
        measured = measure(trained, arguments.items, watcher)
        page = report(spec, data, Paths.of(spec.program, folder), measured)
        write_text(path, page.html())
        say_written([path], arguments.quiet)
        if arguments.json:
            print(json.dumps(page.to_dict()))
    measured.results.refuse_silence()
    return 0


def _ensure_matplotlib() -> None:
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"snnc report needs Matplotlib ({error}): pip install 'matplotlib>=3.8' installs it"
        ) from error
