"""The codes of diagnostics: names for good, and whether they are errors.

An error can't work, or can't give right results. A warning nearly always means wrong results; a spec may allow it, with a reason.
"""

from __future__ import annotations

from typing import Literal

ERRORS = frozenset(
    {
        "bad-name",
        "batch-size",
        "block-shape",
        "chip-empty",
        "chip-input",
        "chip-max-rate",
        "chip-neurons",
        "chip-output",
        "chip-synapse",
        "chip-tau",
        "conflicting-keys",
        "core-limits",
        "data-array",
        "data-column",
        "data-file",
        "data-header",
        "data-path",
        "data-shape",
        "data-type",
        "data-values",
        "duplicate-name",
        "duplicate-value",
        "early-stopping",
        "firing-rates",
        "forbidden-name",
        "labels",
        "layer-shape",
        "max-rate",
        "missing-key",
        "missing-table",
        "no-neurons",
        "no-spikes",
        "not-a-multiple",
        "not-allowable",
        "out-of-range",
        "pop-type",
        "schedule",
        "test-fraction",
        "toml-syntax",
        "too-few-steps",
        "too-many-sources",
        "unknown-code",
        "unknown-key",
        "unknown-kind",
        "unknown-layer",
        "unknown-value",
        "unused-gradient",
        "unused-layer",
        "unused-synapse",
        "validation-fraction",
        "wrong-type",
    }
)

#: Warnings about the values of the data, which `snnc check --data` and `snnc train` look at.
VALUES = frozenset({"data-balance", "data-classes", "data-leak", "data-order", "data-scale"})

#: Warnings about what training left, which only `snnc train` can give.
LEARNT = frozenset({"silent-filters"})

WARNINGS = frozenset(
    {
        *VALUES,
        *LEARNT,
        "amplitude",
        "chip-host-chip",
        "chip-input-coding",
        "chip-no-synapse",
        "chip-rounding",
        "chip-tau-ref",
        "csv-header",
        "csv-index",
        "few-spikes",
        "high-intercept",
        "host-max-rate",
        "late-stopping",
        "many-channels",
        "many-cores",
        "missing-file",
        "one-sided-encoder",
        "steep-gradient",
        "unfiltered-output",
        "unsettled",
        "unused-allow",
        "unused-chip-setting",
        "unused-firing-rates",
        "wrong-unit",
    }
)


def severity(code: str) -> Literal["error", "warning"]:
    return "warning" if code in WARNINGS else "error"
