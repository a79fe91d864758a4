"""The codes of findings: names for good, each with its severity.

The codes of rules stand beside them, in `snnc.checks`. Here are those that are found before a spec is a program (reading,
validation, lowering), in the values of its data, and by training.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Literal

Severity = Literal["error", "warning"]
#: The command that finds something. `check --data` and `train` look at more than the spec; `run` and `check --params` at what `train` left.
FoundBy = Literal["check", "check --data", "train"]


class Code(str):
    """The name of a kind of finding, as reports have it in brackets, with its severity.

    An error can't work, or can't give right results. A warning nearly always means wrong results; a spec may allow it, with a
    reason.
    """

    severity: Severity
    found_by: FoundBy

    def __new__(cls, name: str, severity: Severity, found_by: FoundBy = "check") -> Code:
        code = super().__new__(cls, name)
        code.severity = severity
        code.found_by = found_by
        return code

    def __getnewargs__(self) -> tuple[str, Severity, FoundBy]:  # type: ignore[override]
        """Return the arguments that `pickle` makes the same code of."""
        return str(self), self.severity, self.found_by


def error(name: str, found_by: FoundBy = "check") -> Code:
    return Code(name, "error", found_by)


def warning(name: str, found_by: FoundBy = "check") -> Code:
    return Code(name, "warning", found_by)


# Reading.
TOML_SYNTAX = error("toml-syntax")

# Validation.
BAD_NAME = error("bad-name")
CONFLICTING_KEYS = error("conflicting-keys")
DUPLICATE_VALUE = error("duplicate-value")
MISSING_KEY = error("missing-key")
MISSING_TABLE = error("missing-table")
OUT_OF_RANGE = error("out-of-range")
REGRESSION = error("regression")
SCHEDULE = error("schedule")
STUDY_ADDRESS = error("study-address")
STUDY_RANGE = error("study-range")
STUDY_TEST_ITEMS = error("study-test-items")
UNKNOWN_KEY = error("unknown-key")
UNKNOWN_KIND = error("unknown-kind")
UNKNOWN_VALUE = error("unknown-value")
WRONG_TYPE = error("wrong-type")

# Lowering.
DUPLICATE_NAME = error("duplicate-name")
FORBIDDEN_NAME = error("forbidden-name")
LAYER_SHAPE = error("layer-shape")
NO_NEURONS = error("no-neurons")
SHARED_WEIGHTS = error("shared-weights")
TOO_MANY_SOURCES = error("too-many-sources")
UNKNOWN_LAYER = error("unknown-layer")
UNUSED_LAYER = error("unused-layer")

# Values of the data. A batch is compared with items where they are counted, and again where they are loaded.
BATCH_SIZE = error("batch-size")
DATA_ANSWER = warning("data-answer", "check --data")
DATA_BALANCE = warning("data-balance", "check --data")
DATA_BURSTS = warning("data-bursts", "check --data")
DATA_CLASSES = warning("data-classes", "check --data")
DATA_CONSTANT = warning("data-constant", "check --data")
DATA_LEAK = warning("data-leak", "check --data")
DATA_MISSING = warning("data-missing", "check --data")
DATA_NUMBER = warning("data-number", "check --data")
DATA_ORDER = warning("data-order", "check --data")
DATA_SCALE = warning("data-scale", "check --data")
DATA_SIGN = warning("data-sign", "check --data")
DATA_VALUES = error("data-values", "check --data")

# Training, and what it leaves.
BELOW_LARGEST = warning("below-largest", "train")
DEAD_NEURONS = warning("dead-neurons", "train")
FAST_RATES = warning("fast-rates", "train")
LINEAR_AHEAD = warning("linear-ahead", "train")
SCARCE_SPIKES = warning("scarce-spikes", "train")
SILENT_FILTERS = warning("silent-filters", "train")
STILL_IMPROVING = warning("still-improving", "train")
TWIN_AHEAD = warning("twin-ahead", "train")


def of_module(module: ModuleType) -> dict[str, Code]:
    """Return the codes that a module names, by their text."""
    return {str(code): code for code in vars(module).values() if isinstance(code, Code)}


def named(name: str) -> Code:
    """Return the code of this module that has a name."""
    return of_module(sys.modules[__name__])[name]
