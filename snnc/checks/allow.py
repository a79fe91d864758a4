"""Warnings that a spec allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from snnc.checks.batch_norm import BATCH_NORM_STEPS
from snnc.checks.data import MISSING_FILE
from snnc.diagnostics.allowed import without_allowed
from snnc.diagnostics.codes import Code, error, warning
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
    from snnc.checks.known_codes import allowable, known_codes  # most specs allow nothing

    at, code = ("allow", name), known_codes().get(name)
    if code is None:
        message = f"there is no warning '{name}'"
        yield Diagnostic(UNKNOWN_CODE, message, at, "key", near(name, allowable()))
    elif code.severity == "error":
        message = f"'{name}' is an error: what it finds can't work, so it can't be allowed"
        yield Diagnostic(NOT_ALLOWABLE, message, at, "key")
    elif name not in raised and not _told_elsewhere(code, raised):
        message = f"nothing here raises '{name}', so it needn't be allowed"
        yield Diagnostic(UNUSED_ALLOW, message, at, "key", "remove it")


def _told_elsewhere(code: Code, raised: Set[str]) -> bool:
    """Whether others raise it: only other commands know a file's values, or train, and only other machines may miss a file."""
    of_the_file = code == BATCH_NORM_STEPS and MISSING_FILE in raised
    return code.found_by != "check" or code == MISSING_FILE or of_the_file
