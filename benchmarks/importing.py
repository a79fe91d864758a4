"""How long `snnc import` takes from a cold start, its proof and all: the jets network, and MLPerf Tiny's resnet8.

    python benchmarks/importing.py [--runs 5]

Keras writes each model; then the command and importing what it computes with, NumPy, Nengo and h5py, start in turn.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from startup import ROOT, seconds

FLOOR = [sys.executable, "-c", "import numpy, nengo, h5py"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for model in _models(Path(folder)):
            target = str(model.with_suffix(""))
            command = [sys.executable, "-m", "snnc", "import", str(model), "-o", target, "--force"]
            pairs = [(_taken(command), _taken(FLOOR)) for _ in range(arguments.runs)]
            ratios = [ours.processor / floor.processor for ours, floor in pairs]
            wall, processor = (
                median(times) for times in zip(*(own for own, _ in pairs), strict=True)
            )
            print(
                f"{model.stem}: {wall:.2f} s, {processor:.2f} s of the processor, {median(ratios):.1f} times as much as the "
                f"imports alone ({min(ratios):.1f} to {max(ratios):.1f}, {arguments.runs} pairs)"
            )


class Taken(NamedTuple):
    """Seconds that a command takes: of a clock, and of the processor, which other work doesn't lengthen."""

    wall: float
    processor: float


def _taken(command: list[str]) -> Taken:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = seconds(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _models(folder: Path) -> list[Path]:
    """Write the models, with random weights, as this Python's Keras saves them."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.path.insert(0, str(ROOT))
    import tensorflow as tf

    from tests import keras_models

    files = []
    for name, model in (
        ("jets", keras_models.jets_of_the_thread(tf.keras)),
        ("resnet8", keras_models.resnet8(tf.keras, filters=(16, 32, 64))),
    ):
        files.append(folder / f"{name}.h5")
        model.save(files[-1])
    return files


if __name__ == "__main__":
    main()
