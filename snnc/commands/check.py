"""Say what is wrong with a spec."""

from __future__ import annotations

import argparse

from snnc.commands.common import checked_spec
from snnc.overview import summary


def run(arguments: argparse.Namespace) -> int:
    program = checked_spec(arguments).program
    print(f"{arguments.spec.as_posix()}: no errors; {summary(program)}")
    return 0
