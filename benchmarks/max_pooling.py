"""What a Keras network with max pooling loses on the chip: imported with means in its place, an epoch of training, spikes.

    python benchmarks/max_pooling.py [--mnist FILE] [--time 0.1] [--seeds 3] -o FOLDER

Trains in tf.keras, and gives the file to the commands of a user: `snnc import` refuses it, `import --max-pool average` takes it,
`train --epochs 1` goes on from there, and `calibrate` chooses by training items how it runs. All test items are shown as a stream
on the emulator. What the folder holds already isn't done again.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from accuracy import interval, line

from snnc.cli import main as snnc
from snnc.environment import libraries
from snnc.pipeline import checked

if TYPE_CHECKING:
    from snnc.training.params_file import Trained

NAME = "mnist"
EPOCHS, BATCH = 6, 100


class Folders(NamedTuple):
    """The folders of one seed's network: in Keras, with means in place of the largest values, trained, and calibrated."""

    keras: Path
    means: Path
    trained: Path
    calibrated: Path


class Right(NamedTuple):
    """Of each test item whether one seed's network has it right, at each step: as Keras' file, then as rates, then as spikes."""

    keras: Any
    means: Any
    trained: Any
    spikes: Any


def main() -> None:
    arguments = _arguments()
    libraries.load()
    data = arguments.mnist or _downloaded()
    seeds = [
        _right(_folders(data, seed, arguments.time, arguments.o), data)
        for seed in range(arguments.seeds)
    ]
    print(
        "In points, minus Keras on the same test items: the mean over seeds, its 95 % interval from a bootstrap that draws"
    )
    print("seeds, then items, and each seed.\n")
    print(line(["", "seeds", "n", "right, %", "minus Keras", "each seed"]))
    print(line(["---"] * 6))
    steps = (
        "Keras, max pooling",
        "means instead, rates",
        "after one epoch, rates",
        f"after one epoch, spikes, {1000 * arguments.time:g} ms",
    )
    for name, right in zip(steps, zip(*seeds, strict=True), strict=True):
        print(line(_cells(name, right, [seed.keras for seed in seeds])))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, help="MNIST as a file, instead of Keras' download")
    parser.add_argument("--time", type=float, default=0.1, help="seconds an item")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", type=Path, required=True, help="where networks are kept")
    return parser.parse_args()


def _downloaded() -> Path:
    import tensorflow as tf

    tf.keras.datasets.mnist.load_data()
    return Path("~/.keras/datasets/mnist.npz").expanduser()


def _folders(data: Path, seed: int, time: float, kept: Path) -> Folders:
    """Do each step of a user for one seed, and keep what it leaves in a folder of its own."""
    names = ("keras", "means", "trained", f"{1000 * time:g}ms")
    found = Folders(*(kept / f"{seed}.{name}" for name in names))
    with _step(found.keras) as folder:
        if folder:
            _train(data, seed, folder / "model.h5")
    with _step(found.means) as folder:
        if folder:
            model = str(found.keras / "model.h5")
            command = ["import", model, "--data", str(data), "-o", str(folder / NAME)]
            assert snnc(command) == 1, "means were taken without being asked for"
            assert snnc([*command, "--max-pool", "average"]) == 0
    with _step(found.trained, found.means) as folder:
        if folder:
            assert snnc(["train", str(folder / f"{NAME}.toml"), "--epochs", "1"]) == 0
    with _step(found.calibrated, found.trained) as folder:
        if folder:
            spec = str(folder / f"{NAME}.toml")
            assert snnc(["calibrate", spec, "--time", str(time)]) == 0
    return found


@contextmanager
def _step(kept: Path, before: Path | None = None) -> Iterator[Path | None]:
    """Yield a folder to fill, which begins as a copy of that of the step before; None if it is done."""
    if kept.exists():
        yield None
        return
    unfinished = kept.with_name(f"{kept.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    if before:
        shutil.copytree(before, unfinished)
    else:
        unfinished.mkdir(parents=True)
    yield unfinished
    unfinished.rename(kept)


def _train(data: Path, seed: int, file: Path) -> None:
    """Train a convolutional network in Keras, on training items alone, and save it as Keras does."""
    import numpy as np
    import tensorflow as tf

    layers = tf.keras.layers
    tf.keras.utils.set_random_seed(seed)
    with np.load(data) as arrays:
        x, y = arrays["x_train"][..., np.newaxis] / np.float32(255), arrays["y_train"]
    model = tf.keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    rate = tf.keras.optimizers.schedules.CosineDecay(0.001, EPOCHS * -(-len(x) // BATCH))
    model.compile(tf.keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    model.save(file)


def _right(folders: Folders, data: Path) -> Right:
    """Return which test items one seed's network has right at each step."""
    import numpy as np
    import tensorflow as tf

    from snnc.running.emulated import emulate
    from snnc.running.rates import rate_answers

    with np.load(data) as arrays:
        x, labels = arrays["x_test"][..., np.newaxis] / np.float32(255), arrays["y_test"]
    model = tf.keras.models.load_model(folders.keras / "model.h5", compile=False)
    keras = model.predict(x, verbose=0, batch_size=500).argmax(axis=1)
    means, trained, spikes = (_trained(folder) for folder in folders[1:])
    return Right(
        keras == labels,
        rate_answers(means.program, means.x_test).classes == labels,
        rate_answers(trained.program, trained.x_test).classes == labels,
        emulate(spikes.program, spikes.x_test).classes == labels,
    )


def _trained(folder: Path) -> Trained:
    from snnc.training import params_file

    return params_file.load(checked(folder / f"{NAME}.toml").program, folder)


def _cells(name: str, right: Sequence[Any], keras: Sequence[Any]) -> list[str]:
    gains = [own.astype(int) - theirs for own, theirs in zip(right, keras, strict=True)]
    return [
        name,
        str(len(right)),
        f"{len(right[0]):,}",
        f"{100 * sum(own.mean() for own in right) / len(right):.2f}",
        interval(gains),
        ", ".join(f"{100 * gain.mean():+.2f}" for gain in gains),
    ]


if __name__ == "__main__":
    main()
