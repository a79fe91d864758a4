"""Say what is wrong with specs in a form that programs read."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

from snnc.commands.common import data_file, look_at_data
from snnc.commands.exit_codes import attempt
from snnc.diagnostics.as_json import record
from snnc.diagnostics.codes import DATA_VALUES
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError, Refusal
from snnc.diagnostics.sarif import log
from snnc.pipeline import checked

Found = list[tuple[Document, tuple[Diagnostic, ...]]]


def run(arguments: argparse.Namespace) -> int:
    found: Found = []
    look = partial(_look, looks=bool(arguments.data), data_file=data_file(arguments), found=found)
    code = max(attempt(partial(look, path)) for path in arguments.specs)
    if arguments.sarif:
        print(json.dumps(log(found), indent=2))
        return code
    for document, diagnostics in found:
        print(json.dumps(record(document, diagnostics)))
    return code


def _look(path: Path, looks: bool, data_file: Path | None, found: Found) -> int:
    """Add what is to be said about a spec to what was found; return the exit code."""
    try:
        spec = checked(path, data_file)
    except CompileError as error:
        found.append((error.document, error.diagnostics))
        return 1
    values: tuple[Diagnostic, ...] = ()
    if looks:
        try:
            values = look_at_data(spec).warnings
        except Refusal as error:
            values = (Diagnostic(DATA_VALUES, str(error), ("data", "kind")),)
    found.append((spec.document, (*spec.warnings, *values)))
    return int(any(d.severity == "error" for d in values))
