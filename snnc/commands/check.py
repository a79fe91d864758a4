"""Say what is wrong with specs."""

from __future__ import annotations

import argparse

from snnc.commands.common import checked_specs
from snnc.words import counted


def run(arguments: argparse.Namespace) -> int:
    if arguments.json or arguments.sarif:
        # Only programs pay for how programs read it.
        from snnc.commands import findings

        return findings.run(arguments)
    found, code = checked_specs(arguments.specs)
    for path, program in ((spec.document.path, spec.program) for spec in found):
        layers = counted(len(program.populations), "layer")
        neurons = counted(sum(p.size for p in program.populations), "neuron")
        targets = " and ".join(program.targets)
        print(f"{path.as_posix()}: no errors; {layers}, {neurons}, for {targets}")
    return code
