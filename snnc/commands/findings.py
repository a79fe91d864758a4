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

Reports = list[tuple[Document, tuple[Diagnostic, ...]]]


def run(arguments: argparse.Namespace) -> int:
    reports: Reports = []
    look = partial(_look, reports, looks=bool(arguments.data), data_file=data_file(arguments))
    code = max(attempt(partial(look, path)) for path in arguments.specs)
    if arguments.sarif:
        print(json.dumps(log(reports), indent=2))
        return code
    for document, diagnostics in reports:
        print(json.dumps(record(document, diagnostics)))
    return code


def _look(reports: Reports, path: Path, looks: bool, data_file: Path | None) -> int:
    """Add the diagnostics of a spec to the reports; return the exit code."""
    try:
        spec = checked(path, data_file)
    except CompileError as error:
        reports.append((error.document, error.diagnostics))
        return 1
    values: tuple[Diagnostic, ...] = ()
    if looks:
        try:
            values = look_at_data(spec).warnings
        except Refusal as error:
            values = (Diagnostic(DATA_VALUES, str(error), ("data", "kind")),)
    reports.append((spec.document, (*spec.warnings, *values)))
    return int(any(d.severity == "error" for d in values))
