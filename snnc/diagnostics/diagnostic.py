"""What is wrong with a spec: one value a finding, and the exceptions that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from snnc.diagnostics.codes import Code, Severity

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

    `on` says where the caret goes: under the key, or under its value.
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
