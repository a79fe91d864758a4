"""The codes of diagnostics: names for good, and whether they are errors.

An error can't work, or can't give right results. A warning nearly always means wrong results; a spec may allow it, with a reason.
"""

from __future__ import annotations

ERRORS = frozenset(
    {
        "bad-name",
        "batch-size",
        "chip-empty",
        "chip-input",
        "chip-max-rate",
        "chip-neurons",
        "chip-synapse",
        "chip-tau",
        "conflicting-keys",
        "data-array",
        "data-file",
        "data-path",
        "data-shape",
        "data-type",
        "duplicate-name",
        "duplicate-value",
        "forbidden-name",
        "labels",
        "max-rate",
        "missing-file",
        "missing-key",
        "missing-table",
        "no-neurons",
        "no-spikes",
        "not-a-multiple",
        "not-allowable",
        "out-of-range",
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
        "wrong-type",
    }
)

WARNINGS = frozenset(
    {
        "amplitude",
        "chip-host-chip",
        "chip-input-coding",
        "chip-no-synapse",
        "chip-rounding",
        "chip-tau-ref",
        "few-spikes",
        "high-intercept",
        "host-max-rate",
        "steep-gradient",
        "unfiltered-output",
        "unsettled",
        "unused-allow",
        "unused-chip-setting",
    }
)
