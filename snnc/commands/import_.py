"""Turn a file with a trained network into a spec with its parameters."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

from snnc.diagnostics.errors import UsageError
from snnc.environment import libraries

#: Enough to read a file, and to compute without spikes.
PACKAGES = ("numpy", "nengo")


def run(arguments: argparse.Namespace) -> int:
    name, folder = _target(arguments)
    with libraries.loaded(PACKAGES):
        from snnc.importing import importer, writing
        from snnc.importing.refusal import NotCarriedOver
        from snnc.importing.shown import as_data, lines

        if not (arguments.force or arguments.check_only):
            writing.refuse_to_overwrite(name, folder)
        asked = importer.Asked(
            arguments.model,
            arguments.weights,
            name,
            folder,
            arguments.data,
            averages=arguments.max_pool == "average",
        )
        try:
            result = importer.imported(asked)
        except NotCarriedOver as refusal:
            if arguments.json:
                print(json.dumps(refusal.to_dict()))
            raise
        written = [] if arguments.check_only else writing.write(result)
        said: dict[str, Any] = {"written": [path.as_posix() for path in written]}
        print(
            json.dumps({**as_data(result), **said})
            if arguments.json
            else "\n".join(lines(result, written))
        )
    return 0


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
