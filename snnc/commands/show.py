"""List a network's layers, or its spec with every value."""

from __future__ import annotations

import argparse

from snnc.commands.common import checked_spec
from snnc.show.layers import description, layers
from snnc.show.table import aligned


def run(arguments: argparse.Namespace) -> int:
    found = checked_spec(arguments.spec)
    if arguments.full:
        from snnc.show.full import full

        print(full(found.document, found.program), end="")
    elif arguments.json:
        import json

        print(json.dumps(description(found.program)))
    else:
        print(aligned(layers(found.program)))
    return 0
