"""Warnings that a spec allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from snnc.checks.data import MISSING_FILE
from snnc.checks.known_codes import allowable, known_codes
from snnc.diagnostics.allowed import without_allowed
from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.wording import near

NOT_ALLOWABLE = error("not-allowable")
UNKNOWN_CODE = error("unknown-code")
UNUSED_ALLOW = warning("unused-allow")


def unsuppressed(
    diagnostics: Iterable[Diagnostic], allowed: Mapping[str, str]
) -> tuple[Diagnostic, ...]:
    """Leave out the warnings that are allowed, and add what is wrong with allowing them."""
    diagnostics = tuple(diagnostics)
    raised = {d.code for d in diagnostics}
    wrong = (d for code in allowed for d in _wrong(code, raised))
    return without_allowed((*diagnostics, *wrong), allowed)


def _wrong(name: str, raised: Set[str]) -> Iterable[Diagnostic]:
    at, code = ("allow", name), known_codes().get(name)
    if code is None:
        message = f"there is no warning '{name}'"
        yield Diagnostic(UNKNOWN_CODE, message, at, "key", near(name, allowable()))
    elif code.severity == "error":
        message = f"'{name}' is an error: what it finds can't work, so it can't be allowed"
        yield Diagnostic(NOT_ALLOWABLE, message, at, "key")
    # Only other commands can tell whether a file's values, or training, raise it; and only other machines may miss a file.
    elif name not in raised and code.found_by == "check" and code != MISSING_FILE:
        message = f"nothing here raises '{name}', so it needn't be allowed"
        yield Diagnostic(UNUSED_ALLOW, message, at, "key", "remove it")
