"""List a network's layers, or its spec with every value."""

from __future__ import annotations

import argparse
import json

from snnc.commands.common import checked_spec, warn
from snnc.diagnostics.errors import CompileError
from snnc.pipeline import understood
from snnc.show.full import full
from snnc.show.layers import description, layers
from snnc.show.table import aligned
from snnc.spec.read import read


def run(arguments: argparse.Namespace) -> int:
    if arguments.full:
        spec = checked_spec(arguments.spec)
        print(full(spec.document, spec.program), end="")
        return 0
    document = read(arguments.spec)
    program, found = understood(document)
    print(json.dumps(description(program)) if arguments.json else aligned(layers(program)))
    if any(d.severity == "error" for d in found):
        raise CompileError(document, found)
    warn(document, found)
    return 0
