"""List a network's layers, or its spec with every value."""

from __future__ import annotations

import argparse
import json

from snnc.commands.common import checked_spec
from snnc.show.full import full
from snnc.show.layers import description, layers
from snnc.show.table import aligned


def run(arguments: argparse.Namespace) -> int:
    spec = checked_spec(arguments.spec)
    if arguments.full:
        print(full(spec.document, spec.program), end="")
    elif arguments.json:
        print(json.dumps(description(spec.program)))
    else:
        print(aligned(layers(spec.program)))
    return 0
