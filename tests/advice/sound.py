"""The sound specs and data that mistakes are made in: a table of flowers, and small images."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

FLOWERS = """\
snnc = 1
targets = ["nengo_dl", "loihi"]

[network]
name = "flowers"
seed = 1

[data]
kind = "csv"
path = "flowers.csv"
label = "species"
test_fraction = 0.2
scale = "standard"

[input]
shape = [4]

[presentation]
time = 0.1

[neurons]
kind = "lif"
max_rate = 200

[[layers]]
kind = "encoder"
mode = "on_off"

[[layers]]
kind = "dense"
units = 24

[output]
classes = 3
labels = ["setosa", "versicolor", "virginica"]

[train]
optimizer = { kind = "adam", learning_rate = 0.01 }
epochs = 3
batch_size = 10
"""

IMAGES = """\
[network]
name = "images"

[data]
kind = "npz"
path = "images.npz"
x = "x"
y = "y"
scale = "unit"

[input]
shape = [6, 6, 1]

[neurons]
max_rate = 200

[[layers]]
kind = "conv2d"
filters = 2
kernel_size = 1

[[layers]]
kind = "conv2d"
filters = 6
kernel_size = 3

[[layers]]
kind = "dense"
units = 20

[output]
classes = 3

[train]
epochs = 3
batch_size = 10
"""

COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")
NAMES = ("setosa", "versicolor", "virginica")


@dataclass(frozen=True)
class Mistake:
    """Something that people do: the text of a spec with it, and the files beside the spec. `room` is what it is about."""

    room: str
    kind: str
    spec: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    name: str = "flowers.toml"


def flowers(classes: int = 3, n: int = 120) -> tuple[Array, Array]:
    """Return items, (n, 4), around a centre for each class, and labels from 0, (n,)."""
    chance = np.random.RandomState(3)
    y = chance.permutation(np.arange(n) % classes)
    centres = np.array([[5.0, 3.4, 1.5, 0.3], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.1]])
    return np.round(centres[y] + 0.3 * chance.normal(size=(n, 4)), 2), y


def images(n: int = 120) -> tuple[Array, Array]:
    """Return images, (n, 6, 6, 1), of bytes, and labels from 0, (n,)."""
    chance = np.random.RandomState(4)
    y = chance.permutation(np.arange(n) % 3)
    bars = np.zeros((3, 6, 6, 1))
    for c in range(3):
        bars[c, 2 * c : 2 * c + 2] = 180
    return np.rint(bars[y] + chance.uniform(0, 70, (n, 6, 6, 1))).astype(np.uint8), y


def csv(
    items: Sequence[Sequence[object]],
    labels: Sequence[object],
    header: Sequence[str] | None = (*COLUMNS, "species"),
    between: str = ",",
) -> bytes:
    """Return a table with the labels in its last column."""
    lines = [
        between.join(map(str, [*item, label])) for item, label in zip(items, labels, strict=True)
    ]
    return ("\n".join([*([between.join(header)] if header else []), *lines]) + "\n").encode()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def table() -> bytes:
    """Return the table of flowers as it should be."""
    x, y = flowers()
    return csv(x.tolist(), [NAMES[c] for c in y])


def pictures() -> bytes:
    x, y = images()
    return npz(x=x, y=y)


def edited(text: str, *edits: tuple[str, str]) -> str:
    """Return a text with some of its parts changed, each of which is there once."""
    for was, becomes in edits:
        assert text.count(was) == 1, (was, text.count(was))
        text = text.replace(was, becomes)
    return text
