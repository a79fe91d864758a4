"""What the float twin answers to items that it isn't tested on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from snnc.data.prepare import Array, Data
from snnc.program.program import Program
from snnc.training.baseline_file import Baseline, load_baseline
from snnc.training.paths import Paths


def trained_twin(
    program: Program, folder: Path, data: Data, training: dict[str, Any]
) -> Baseline | None:
    """Return the float twin in a folder, or None if it was never trained; a Refusal if it was trained otherwise."""
    return load_baseline(Paths.of(program, folder).baseline, program, data, training or None)


def twin_classes(program: Program, twin: Baseline, x: Array) -> NDArray[Any]:
    """Return the classes that the twin answers for items x, (n, size). Takes TensorFlow."""
    from snnc.session import baseline_classes

    return baseline_classes(program, twin, x)
