"""A diagnostic, one finding in a spec, and its place."""

from typing import Literal, NamedTuple

from snnc.diagnostics.codes import Code, Severity

#: The path of a value in a TOML document, for example ("layers", 0, "units").
KeyPath = tuple[str | int, ...]


class Span(NamedTuple):
    """A place in a text: line and column count from 1, both in characters."""

    line: int
    column: int
    length: int = 1


class Diagnostic(NamedTuple):
    """One finding. `at` leads to its place; `span` gives the place itself where there is no path to it.

    `code` is a string, which `snnc explain` explains. `on` says where the caret goes: under the key, or under its value.
    """

    code: Code
    message: str
    at: KeyPath = ()
    on: Literal["key", "value"] = "value"
    hint: str = ""
    span: Span | None = None

    @property
    def severity(self) -> Severity:
        return self.code.severity
