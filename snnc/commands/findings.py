"""Say what is wrong with specs in a form that programs read."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

from snnc.commands.common import data_file, look_at_data, specs_of
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
    look = (partial(_look, reports, path, arguments) for path in specs_of(arguments))
    code = max(attempt(each, arguments.json) for each in look)
    if arguments.sarif:
        print(json.dumps(log(reports), indent=2))
        return code
    for document, diagnostics in reports:
        print(json.dumps(record(document, diagnostics)))
    return code


def _look(reports: Reports, path: Path, arguments: argparse.Namespace) -> int:
    """Add the diagnostics of a spec to the reports; return the exit code."""
    try:
        spec = checked(path, data_file(arguments))
    except CompileError as error:
        reports.append((error.document, error.diagnostics))
        return 1
    values: tuple[Diagnostic, ...] = ()
    if arguments.data:
        try:
            values = look_at_data(spec).warnings
        except CompileError as error:
            values = error.diagnostics
        except Refusal as error:
            values = (Diagnostic(DATA_VALUES, str(error), ("data", "kind")),)
    reports.append((spec.document, (*spec.warnings, *values)))
    if any(d.severity == "error" for d in values):
        return 1
    if arguments.params:
        from snnc.commands.params import look_at_params

        _, found = look_at_params(spec, arguments.output or path.parent)
        reports[-1] = (spec.document, (*spec.warnings, *values, *found))
    return 0
