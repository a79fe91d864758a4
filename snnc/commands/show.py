"""List a network's layers, or its spec with every value."""

from __future__ import annotations

import argparse

from snnc.commands.common import checked_spec
from snnc.overview import layers
from snnc.table import aligned


def run(arguments: argparse.Namespace) -> int:
    found = checked_spec(arguments)
    if arguments.full:
        from snnc.full import full

        print(full(found.document, found.program), end="")
    else:
        print(aligned(layers(found.program)))
    return 0
