"""Exceptions: their text is for the user who asked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.diagnostics.report import report


class Error(Exception):
    """The base of all errors that users can do something about."""

    __module__ = "snnc"

    def _render_traceback_(self) -> list[str]:
        """Have notebooks show the words alone: where in snnc they come from helps nobody."""
        return [str(self)]


class CompileError(Error):
    """The spec, its data or its parameters are wrong: exit code 1. Its text is the report that the commands print."""

    __module__ = "snnc"

    def __init__(self, document: Document, diagnostics: Iterable[Diagnostic]) -> None:
        self.document = document
        # A setting that many layers inherit is wrong once, not once a layer.
        self.diagnostics = tuple(dict.fromkeys(diagnostics))
        super().__init__(self.document, self.diagnostics)

    def __str__(self) -> str:
        return report(self.document, self.diagnostics)


class Refusal(Error):
    """Something other than the text of the spec stands in the way: one clear sentence, exit code 1."""

    __module__ = "snnc"

    def to_dict(self) -> dict[str, Any]:
        """Return what else there is to say, as plain data."""
        return {}


class Unfit(Refusal):
    """Data that don't fit their spec: whoever knows the spec shows the finding where the spec decides it."""

    __module__ = "snnc"

    def __init__(self, finding: Diagnostic) -> None:
        self.finding = finding
        super().__init__(f"{finding.message}: {finding.hint}" if finding.hint else finding.message)


class UsageError(Error):
    """A path that can't be read or written, or a package that is missing: exit code 2."""

    __module__ = "snnc"


def cannot(verb: str, path: Path, error: OSError) -> UsageError:
    """Return the error for a path that the system refuses."""
    return UsageError(f"can't {verb} {path}: {(error.strerror or str(error)).lower()}")
