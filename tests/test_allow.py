"""Warnings that a spec allows are not raised; what is wrong with allowing them is."""

from __future__ import annotations

import pytest

from snnc.checks.allow import unsuppressed
from snnc.diagnostics.diagnostic import Diagnostic

UNSETTLED, AMPLITUDE = Diagnostic("unsettled", "late"), Diagnostic("amplitude", "large")
WRONG = Diagnostic("labels", "too many")


@pytest.mark.parametrize(
    ("allowed", "codes"),
    [
        ([], ["unsettled", "amplitude", "labels"]),
        (["unsettled"], ["amplitude", "labels"]),
        (["labels"], ["unsettled", "amplitude", "labels", "not-allowable"]),
        (["chip-tau-ref"], ["unsettled", "amplitude", "labels", "unused-allow"]),
        (["chip-tau-ref", "unused-allow"], ["unsettled", "amplitude", "labels"]),
        (["unsettle"], ["unsettled", "amplitude", "labels", "unknown-code"]),
        # Only `check --data` and `train` can tell whether these are needed.
        (["data-leak"], ["unsettled", "amplitude", "labels"]),
        (["silent-filters"], ["unsettled", "amplitude", "labels"]),
    ],
)
def test_what_is_left(allowed: list[str], codes: list[str]) -> None:
    left = unsuppressed([UNSETTLED, AMPLITUDE, WRONG], dict.fromkeys(allowed, "because"))
    assert [d.code for d in left] == codes
