"""The float twin on disk: its weights, and its answers to the held-out items."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.data.arrays import Array, save_arrays
from snnc.data.prepare import Data
from snnc.diagnostics.errors import Refusal
from snnc.environment.libraries import versions
from snnc.program.fingerprint import as_json, differences
from snnc.program.program import Program
from snnc.training.arrays_file import ArraysFile, opened
from snnc.training.checkpoint import described

if TYPE_CHECKING:
    from snnc.networks.deploy import Weights

#: What the float twin has in common with the network that it is compared with.
SHARED = (
    *("data", "seed", "scale", "validation_fraction"),
    *("epochs", "early_stopping", "batch_size", "optimizer", "operators", "class_weight"),
)


@dataclass(frozen=True, eq=False)
class Baseline:
    """The float twin's weights, by the names of its layers, and its answer to each test item, (n,)."""

    weights: Weights
    predicted: Array


def save_baseline(path: Path, program: Program, data: Data, baseline: Baseline) -> None:
    """Write the float twin's weights, and its answer for each test item."""
    arrays = {
        f"{name}.{index}": array
        for name, layer in baseline.weights.items()
        for index, array in enumerate(layer)
    }
    save_arrays(
        path,
        **arrays,
        **{"test.predicted": baseline.predicted, "test.digest": data.test_digest},
        spec_file=program.spec_path.name,
        training=as_json(described(program, data)),
        versions=json.dumps(versions()),
    )


def load_baseline(
    path: Path, program: Program, data: Data, training: dict[str, Any] | None
) -> Baseline | None:
    """Return the float twin, or None if it was never trained.

    Raises a Refusal if it was trained otherwise than the parameters, whose `training` may be unknown, or on other items.
    """
    if not path.exists():
        return None
    file = opened(path, "snnc train --baseline")
    wanted = described(program, data) if training is None else training
    different = differences(_shared(file.training()), _shared(wanted), "in the parameters")
    if file.text("test.digest") != data.test_digest:
        different.append("items that are held out: others there")
    if different:
        why = f"{path.as_posix()} was trained otherwise than the parameters; run snnc train --baseline again, or remove it"
        raise Refusal("\n  ".join([why, *different]))
    return Baseline(_weights(file), file.array("test.predicted"))


def is_baseline_complete(path: Path, program: Program, data: Data) -> bool:
    """Whether a file holds the float twin that this very training ends with, after as many epochs."""
    if not path.exists():
        return False
    try:
        return opened(path, "snnc train --baseline").training() == described(program, data)
    except Refusal:
        return False


def _weights(file: ArraysFile) -> dict[str, list[Array]]:
    weights: dict[str, list[Array]] = {}
    for key, array in file.arrays.items():
        layer, _, index = key.rpartition(".")
        if index.isdecimal():
            weights.setdefault(layer, []).append(array)
    return weights


def _shared(training: dict[str, Any]) -> dict[str, Any]:
    return {key: training[key] for key in SHARED if key in training}
