"""What spikes cost networks that were trained in Keras without a thought of them: `snnc calibrate` against Keras, over seeds.

    python benchmarks/calibrate.py [jets mnist] [--mnist FILE] [--times 0.2 0.1 0.05] [--seeds 3] -o FOLDER

Trains in tf.keras, writes the weights as they are beside a spec, calibrates a copy for each time on training items, and shows
all test items as a stream on the emulator. Nothing is trained again. What the folder holds already isn't trained or calibrated again.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from accuracy import interval, line

from snnc.cli import main as snnc
from snnc.environment import libraries
from snnc.pipeline import check_document, checked
from snnc.program.program import Program
from snnc.spec.changes import changed
from snnc.spec.read import parse

if TYPE_CHECKING:
    from snnc.data.prepare import Data

ROOT = Path(__file__).resolve().parent.parent

JETS = """
targets = ["nengo_dl"]
network.name = "jets"
data = { kind = "npz", path = "jets_sim.npz", x = "X", y = "y", test_fraction = 0.2, scale = "standard" }
input.shape = [16]
neurons.kind = "relu"
output.classes = 5

[[layers]]
kind = "dense"
name = "dense"
units = 64

[[layers]]
kind = "dense"
name = "dense_1"
units = 32

[[layers]]
kind = "dense"
name = "dense_2"
units = 32
"""

MNIST = """
targets = ["nengo_dl"]
network.name = "mnist"
data = { kind = "keras", name = "mnist", scale = "unit" }
input.shape = [28, 28, 1]
neurons.kind = "relu"
output.classes = 10

[[layers]]
kind = "conv2d"
name = "conv2d"
filters = 16
kernel_size = 3

[[layers]]
kind = "avg_pool2d"
pool_size = 2

[[layers]]
kind = "conv2d"
name = "conv2d_1"
filters = 32
kernel_size = 3

[[layers]]
kind = "avg_pool2d"
pool_size = 2

[[layers]]
kind = "dense"
name = "dense"
units = 64
"""


class Compared(NamedTuple):
    """How many of its test items Keras has right, and of each item +1, 0 or -1 for spikes, and their number."""

    keras: float
    gains: Any
    spikes: float


def main() -> None:
    arguments = _arguments()
    libraries.load()
    print(
        "In points, calibrated spikes on the emulator (stream) minus Keras, on the same test items: the mean over seeds,"
    )
    print("its 95 % interval from a bootstrap that draws seeds, then items, and each seed.\n")
    print(line(["", "ms", "seeds", "n", "Keras", "spikes - Keras", "each seed", "spikes an item"]))
    print(line(["---"] * 8))
    for name in arguments.networks:
        data_file = arguments.mnist if name == "mnist" else None
        for time in arguments.times:
            seeds = [
                _compared(name, seed, time, data_file, arguments.o)
                for seed in range(arguments.seeds)
            ]
            print(line(_cells(name, time, seeds)), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=["jets", "mnist"])
    parser.add_argument("--mnist", type=Path, help="MNIST as a file, instead of Keras' download")
    parser.add_argument("--times", type=float, nargs="+", default=[0.2, 0.1, 0.05])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", type=Path, required=True, help="where networks are kept")
    return parser.parse_args()


def _compared(name: str, seed: int, time: float, data_file: Path | None, kept: Path) -> Compared:
    """Return what one seed's spikes have right on test items, calibrated for a time, and what Keras has."""
    from snnc.data import prepare
    from snnc.running.emulated import emulate
    from snnc.training import params_file

    trained = _trained(name, seed, data_file, kept / f"{name}.{seed}")
    folder = kept / f"{name}.{seed}.{round(1000 * time)}ms"
    spec = folder / f"{name}.toml"
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(trained, unfinished)
        copy = str(unfinished / f"{name}.toml")
        more = ["--data", str(data_file)] if data_file else []
        assert snnc(["calibrate", copy, "--time", str(time), *more]) == 0
        unfinished.rename(folder)
    program = checked(spec, data_file).program
    loaded = params_file.load(program, folder)
    answers = emulate(loaded.program, loaded.x_test)
    keras = _model(trained).predict(_shaped(program, loaded.x_test), verbose=0, batch_size=500)
    labels = prepare.load(program).y_test
    right = keras.argmax(axis=1) == labels
    spikes = sum(float(rates.sum()) for rates in answers.rates.values()) * time
    return Compared(
        float(right.mean()), (answers.classes == labels).astype(int) - right, float(spikes)
    )


def _trained(name: str, seed: int, data_file: Path | None, folder: Path) -> Path:
    """Return a folder with a network that Keras has trained: the model, and a spec with its weights."""
    if not folder.exists():
        from snnc.data import prepare

        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        if name == "jets":
            shutil.copy(ROOT / "specs/data/jets_sim.npz", unfinished)
        spec = unfinished / f"{name}.toml"
        text = JETS if name == "jets" else MNIST
        document = changed(parse(text.encode(), spec), {("network", "seed"): seed})
        spec.write_text(document.text)
        program = check_document(document, data_file).program
        _train(name, program, prepare.load(program), unfinished)
        unfinished.rename(folder)
    return folder


def _train(name: str, program: Program, data: Data, folder: Path) -> None:
    """Train in Keras, and save the model, and its weights as they are."""
    import tensorflow as tf

    from snnc.networks.deploy import deploy
    from snnc.training.imported import Origin
    from snnc.training.params_file import save_imported
    from snnc.training.paths import Paths

    tf.keras.utils.set_random_seed(program.network.seed)
    epochs, batch = (60, 200) if name == "jets" else (12, 100)
    steps = epochs * -(-len(data.x_train) // batch)
    rate = 0.001 if name == "jets" else tf.keras.optimizers.schedules.CosineDecay(0.001, steps)
    model = _layers(name)
    model.compile(tf.keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.fit(
        _shaped(program, data.x_train), data.y_train, epochs=epochs, batch_size=batch, verbose=0
    )
    path = folder / "model.h5"
    model.save(path)
    weights = dict(zip(_operators(program), _weights(model), strict=True))
    deployed = deploy(program.network, weights)
    origin = Origin(path.name, sha256(path.read_bytes()).hexdigest())
    save_imported(Paths.of(program, folder), program, deployed, data, origin, weights)


def _layers(name: str) -> Any:
    import tensorflow as tf

    layers = tf.keras.layers
    if name == "jets":
        return tf.keras.Sequential(
            [
                layers.Input((16,)),
                layers.Dense(64, activation="relu"),
                layers.Dropout(0.25),
                layers.Dense(32, activation="relu"),
                layers.Dropout(0.25),
                layers.Dense(32, activation="relu"),
                layers.Dropout(0.25),
                layers.Dense(5, activation="softmax"),
            ]
        )
    return tf.keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.AveragePooling2D(2),
            layers.Conv2D(32, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def _model(folder: Path) -> Any:
    import tensorflow as tf

    return tf.keras.models.load_model(folder / "model.h5", compile=False)


def _shaped(program: Program, x: Any) -> Any:
    return x.reshape(-1, *program.network.input_shape)


def _operators(program: Program) -> list[str]:
    """Return the operators that have weights, in order."""
    return [op.name for op in program.network.operators if op.has_kernel]


def _weights(model: Any) -> list[list[Any]]:
    """Return the weights of each layer, batch normalisation folded into those before it."""
    import numpy as np

    found: list[list[Any]] = []
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            gamma, beta, mean, variance = layer.get_weights()
            factor = gamma / np.sqrt(variance + layer.epsilon)
            kernel, bias = found[-1]
            found[-1] = [kernel * factor, (bias - mean) * factor + beta]
        elif layer.get_weights():
            found.append(layer.get_weights())
    return found


def _cells(name: str, time: float, seeds: Sequence[Compared]) -> list[str]:
    each = ", ".join(f"{100 * seed.gains.mean():+.2f}" for seed in seeds)
    return [
        name,
        f"{1000 * time:g}",
        str(len(seeds)),
        f"{len(seeds[0].gains):,}",
        f"{100 * sum(seed.keras for seed in seeds) / len(seeds):.2f}",
        interval([seed.gains for seed in seeds]),
        each,
        f"{sum(seed.spikes for seed in seeds) / len(seeds):,.0f}",
    ]


if __name__ == "__main__":
    main()
