"""The float twin on disk: its weights, and its answers to the held-out items."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.data.arrays import Array, save_arrays
from snnc.data.prepare import Data
from snnc.diagnostics.errors import Refusal
from snnc.environment.libraries import versions
from snnc.environment.versions import installed
from snnc.program.fingerprint import architecture, as_json, differences, of_twin
from snnc.program.program import Program
from snnc.training.arrays_file import ArraysFile, opened
from snnc.training.checkpoint import depends_on, described

if TYPE_CHECKING:
    from snnc.networks.folding import Weights


@dataclass(frozen=True, eq=False)
class Baseline:
    """The float twin's weights, by the names of its layers, and its answer to each test item, (n,)."""

    weights: Weights
    predicted: Array


def twin_depends_on(
    program: Program, data: Data, start: Mapping[str, Array] | None = None
) -> dict[str, Any]:
    """Return all that decides what the float twin becomes, but for the number of epochs: neurons, rates and time don't."""
    shared = of_twin(depends_on(program, data, start))
    return {**shared, **architecture(program), "tensorflow": installed("tensorflow")}


def save_baseline(
    path: Path,
    program: Program,
    data: Data,
    baseline: Baseline,
    start: Mapping[str, Array] | None = None,
) -> None:
    """Write the float twin's weights, and its answer for each test item; `start` are the arrays that it started from, if any."""
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
        training=as_json(_described(program, data, start)),
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
    theirs = file.training()
    # Files of version 0.1.0 don't say it.
    ways = {key: value for key, value in architecture(program).items() if key in theirs}
    wanted = {**of_twin(described(program, data) if training is None else training), **ways}
    found = {**of_twin(theirs), **{key: theirs[key] for key in ways}}
    if training is None:  # nobody knows from which weights
        found.pop("start_digest", None)
    different = differences(found, wanted, "in the parameters")
    if file.text("test.digest") != data.test_digest:
        different.append("items that are held out: others there")
    if different:
        why = f"{path.as_posix()} was trained otherwise than the parameters; run snnc train --baseline again, or remove it"
        raise Refusal("\n  ".join([why, *different]))
    return Baseline(_weights(file), file.array("test.predicted"))


def is_baseline_complete(
    path: Path, program: Program, data: Data, start: Mapping[str, Array] | None = None
) -> bool:
    """Whether a file holds the float twin that this very training ends with, after as many epochs, and its answers to these items."""
    if not path.exists():
        return False
    try:
        file = opened(path, "snnc train --baseline")
        same_items = file.text("test.digest") == data.test_digest
        return same_items and file.training() == _described(program, data, start)
    except Refusal:
        return False


def _weights(file: ArraysFile) -> dict[str, list[Array]]:
    weights: dict[str, list[Array]] = {}
    for key, array in file.arrays.items():
        layer, _, index = key.rpartition(".")
        if index.isdecimal():
            weights.setdefault(layer, []).append(array)
    return weights


def _described(program: Program, data: Data, start: Mapping[str, Array] | None) -> dict[str, Any]:
    return {**twin_depends_on(program, data, start), "epochs": program.train.epochs}
