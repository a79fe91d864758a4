"""What is wrong with a spec: one value a finding, and the exceptions that carry them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from snnc.codes import severity
from snnc.document import Document

#: Where something stands in a TOML document, for example ("layers", 0, "units").
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Span:
    """A place in a text: line and column count from 1, both in characters."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True)
class Diagnostic:
    """One finding. `at` leads to its place; `span` gives the place itself where there is no path to it.

    `code` is one of `snnc.codes`. `on` says what the caret goes under: the key, or its value.
    """

    code: str
    message: str
    at: KeyPath = ()
    on: Literal["key", "value"] = "value"
    hint: str = ""
    span: Span | None = None

    @property
    def severity(self) -> Literal["error", "warning"]:
        return severity(self.code)


class Error(Exception):
    """What stands in the way of what a user asked for, in words for that user."""

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
        # Only who shows it pays for it.
        from snnc.render import report

        return report(self.document, self.diagnostics)


class Refusal(Error):
    """Something other than the text of the spec stands in the way: one clear sentence, exit code 1."""

    __module__ = "snnc"


class UsageError(Error):
    """A path that can't be read or written, or a package that is missing: exit code 2."""

    __module__ = "snnc"


def cannot(verb: str, path: Path, error: OSError) -> UsageError:
    """Return the error for a path that the system refuses."""
    return UsageError(f"can't {verb} {path}: {(error.strerror or str(error)).lower()}")
