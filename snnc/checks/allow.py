"""Warnings that a spec allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from snnc.diagnostics.allowed import without_allowed
from snnc.diagnostics.codes import ERRORS, LEARNT, VALUES, WARNINGS
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.wording import near

#: A warning that other machines may have: data are where they are.
ELSEWHERE = "missing-file"


def unsuppressed(found: Iterable[Diagnostic], allowed: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    """Return what was found and isn't allowed, and what is wrong with what is."""
    found = tuple(found)
    codes = {d.code for d in found}
    wrong = (d for code in allowed for d in _wrong(code, codes))
    return without_allowed((*found, *wrong), allowed)


def _wrong(code: str, found: set[str]) -> Iterable[Diagnostic]:
    at = ("allow", code)
    if code in ERRORS:
        message = f"'{code}' is an error: what it finds can't work, so it can't be allowed"
        yield Diagnostic("not-allowable", message, at, "key")
    elif code not in WARNINGS:
        message = f"there is no warning '{code}'"
        yield Diagnostic("unknown-code", message, at, "key", near(code, sorted(WARNINGS)))
    elif code not in found and code not in VALUES | LEARNT | {ELSEWHERE}:
        message = f"nothing here raises '{code}', so it needn't be allowed"
        yield Diagnostic("unused-allow", message, at, "key", "remove it")
