"""Warnings that a spec allows are not raised; what is wrong with allowing them is."""

from __future__ import annotations

import pytest

from snnc.checks.allow import unsuppressed
from snnc.checks.network import LABELS
from snnc.checks.rates import AMPLITUDE
from snnc.checks.settling import UNSETTLED
from snnc.diagnostics.diagnostic import Diagnostic

LATE, LARGE = Diagnostic(UNSETTLED, "late"), Diagnostic(AMPLITUDE, "large")
WRONG = Diagnostic(LABELS, "too many")


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
    left = unsuppressed([LATE, LARGE, WRONG], dict.fromkeys(allowed, "because"))
    assert [d.code for d in left] == codes
