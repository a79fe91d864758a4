"""Print a JSON schema of specs, or write it to a file."""

from __future__ import annotations

import argparse
import json

from snnc.checks.known_codes import allowable
from snnc.environment.files import write_text
from snnc.spec.json_schema import schema


def run(arguments: argparse.Namespace) -> int:
    text = json.dumps(schema(allowable()), indent=2) + "\n"
    if arguments.output is None:
        print(text, end="")
        return 0
    write_text(arguments.output, text)
    path = arguments.output.as_posix()
    print(f"wrote {path}; in a spec's first line, #:schema ./{arguments.output.name} names it")
    return 0
