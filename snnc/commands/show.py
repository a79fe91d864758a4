"""List a network's layers, the cores that it takes, or its spec with every value."""

from __future__ import annotations

import argparse
import json
import sys

from snnc.commands.common import checked_spec, warn
from snnc.diagnostics.errors import CompileError, UsageError
from snnc.diagnostics.screen import screen
from snnc.pipeline import understood
from snnc.program.program import Program
from snnc.show import cores
from snnc.show.full import full
from snnc.show.layers import description, layers
from snnc.show.table import aligned
from snnc.spec.read import read


def run(arguments: argparse.Namespace) -> int:
    if arguments.full:
        if arguments.cores:
            raise UsageError("--full prints the spec, and --cores a table: write one of them")
        spec = checked_spec(arguments.spec)
        print(full(spec.document, spec.program), end="")
        return 0
    document = read(arguments.spec)
    program, found = understood(document)
    errors = CompileError(document, found) if any(d.severity == "error" for d in found) else None
    try:
        print(
            _cores(program, arguments.json) if arguments.cores else _layers(program, arguments.json)
        )
    except UsageError as nothing_to_count:
        # What is wrong with the spec may be why.
        raise errors or nothing_to_count from None
    if errors:
        raise errors
    warn(document, found)
    return 0


def _layers(program: Program, as_json: bool) -> str:
    return (
        json.dumps(description(program))
        if as_json
        else aligned(layers(program), width=screen(sys.stdout).width)
    )


def _cores(program: Program, as_json: bool) -> str:
    return (
        json.dumps(cores.description(program))
        if as_json
        else aligned(cores.table(program), width=screen(sys.stdout).width)
    )
