"""Say what is wrong with a spec, and with the values of its data if that is asked for."""

from __future__ import annotations

import argparse
import sys

from snnc.commands.common import checked_spec


def run(arguments: argparse.Namespace) -> int:
    found = checked_spec(arguments)
    program = found.program
    neurons = sum(p.size for p in program.populations)
    print(
        f"{arguments.spec.as_posix()}: no errors; {len(program.populations)} layers, {neurons} neurons, "
        f"for {' and '.join(program.targets)}"
    )
    if arguments.data:
        from snnc.engine.libraries import needed

        needed("numpy")
        from snnc.engine.look import look
        from snnc.render import report, visible

        seen = look(program)
        warnings = [w for w in seen.warnings if w.code not in found.allowed]
        if warnings:
            print(report(found.document, warnings), file=sys.stderr)
        print("\n".join(map(visible, seen.lines)))
    return 0
