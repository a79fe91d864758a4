"""Say what is wrong with a spec."""

from __future__ import annotations

import argparse

from snnc.commands.common import checked_spec


def run(arguments: argparse.Namespace) -> int:
    program = checked_spec(arguments).program
    neurons = sum(p.size for p in program.populations)
    print(
        f"{arguments.spec.as_posix()}: no errors; {len(program.populations)} layers, {neurons} neurons, "
        f"for {' and '.join(program.targets)}"
    )
    return 0
