"""Turn a file with a trained network into a spec with its parameters."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.commands.waiting import ready
from snnc.diagnostics.errors import UsageError
from snnc.environment import libraries
from snnc.pipeline import Checked

if TYPE_CHECKING:
    from snnc.training.progress import Watcher

#: Enough to read a file, and to compute without spikes.
PACKAGES = ("numpy", "nengo")
#: Those of snnc calibrate by default: on how many items, and how large a share of answers may be lost.
ITEMS, TOLERANCE = 5000, 0.003


def run(arguments: argparse.Namespace) -> int:
    name, folder = _target(arguments)
    if arguments.calibrate and (arguments.data is None or arguments.check_only):
        raise UsageError(
            "--calibrate tries settings on items and writes the spec: give it --data, and no --check-only"
        )
    packages = libraries.WITHOUT_TENSORFLOW if arguments.calibrate else PACKAGES
    with ready(arguments, packages) as watcher:
        from snnc.importing import importer, writing
        from snnc.importing.shown import as_data, lines

        if not (arguments.force or arguments.check_only):
            writing.refuse_to_overwrite(name, folder)
        averages = arguments.max_pool == "average"
        asked = importer.Asked(
            arguments.model, arguments.weights, name, folder, arguments.data, averages
        )
        result = importer.imported(asked)
        written = [] if arguments.check_only else writing.write(result)
        data = {**as_data(result), "written": [path.as_posix() for path in written]}
        if not arguments.json:
            print("\n".join(lines(result, written)))
        if arguments.calibrate:
            data["calibrated"] = _calibrated(result.spec, folder, arguments.json, watcher)
        if arguments.json:
            print(json.dumps(data))
    return 0


def _calibrated(spec: Checked, folder: Path, as_json: bool, watcher: Watcher) -> dict[str, Any]:
    """Calibrate what was imported, as the command of that name does by default, and return how it went."""
    from snnc.calibrate.calibrate import calibrate
    from snnc.calibrate.writing import save

    found = calibrate(spec.document, spec.program, folder, None, ITEMS, TOLERANCE, watcher)
    if not as_json:
        print(found)
    if not found.is_kept:
        save(spec.document, found.document, found.params, found.program.network)
    return found.to_dict()


def _target(arguments: argparse.Namespace) -> tuple[str, Path]:
    """Return the network's name and the folder of its spec. Raises a UsageError for what is no name."""
    if arguments.output is None:
        from snnc.importing.names import network_name

        return network_name(arguments.model.name.partition(".")[0]), Path()
    name = arguments.output.name.removesuffix(".toml")
    if not re.fullmatch("[a-z][a-z0-9_]{0,31}", name):
        raise UsageError(
            f"{name!r} is no name for a network: a lower-case letter, then up to 31 lower-case letters, digits or _"
        )
    return name, arguments.output.parent
