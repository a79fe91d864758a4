"""Items and labels: loaded, split and scaled as the spec says, and as the emitted scripts do."""

from __future__ import annotations

import hashlib
import importlib
import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics import Refusal, cannot
from snnc.ir import Program
from snnc.sources import Npz, Scale, Sklearn

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Data:
    """Scaled items, (n, size), and labels, (n,). An item as it was is item * scale + shift."""

    x_train: Array
    y_train: Labels
    x_test: Array
    y_test: Labels
    shift: Array
    scale: Array
    #: Which of the source's items are held out, and how those were before scaling.
    test_index: NDArray[np.int64]
    raw_test: Array

    @property
    def test_digest(self) -> str:
        """Eight hex digits by which the held-out items and their labels are recognised."""
        labels = self.y_test.astype(np.int64)
        return hashlib.sha256(self.raw_test.tobytes() + labels.tobytes()).hexdigest()[:8]


def load(program: Program) -> Data:
    """Return a program's data, or raise a Refusal that names what is wrong with them."""
    arrays = _arrays(program)
    if program.data.split_fraction is None:
        x_train, y_train, x_test, y_test = arrays
        test = np.arange(len(x_test))
    else:
        x, y = arrays
        order = np.random.RandomState(program.seed).permutation(len(x))
        n_test = math.ceil(program.data.split_fraction * len(x))
        test, train = order[:n_test], order[n_test:]
        x_train, y_train, x_test, y_test = x[train], y[train], x[test], y[test]
    if len(x_train) < program.train.batch_size:
        raise Refusal(
            f"there are {len(x_train)} items to train on, fewer than a batch of {program.train.batch_size}: lower batch_size"
        )
    shift, scale = _scaling(x_train, program.data.scale)
    return Data(
        x_train=(x_train - shift) / scale,
        y_train=y_train,
        x_test=(x_test - shift) / scale,
        y_test=y_test,
        shift=shift,
        scale=scale,
        test_index=test,
        raw_test=x_test,
    )


def _arrays(program: Program) -> list[Any]:
    """Return x and y, or both of training and both of testing, as they are in the source."""
    data = program.data
    if isinstance(data, Npz):
        keys = ("x", "y") if data.split_fraction else ("x_train", "y_train", "x_test", "y_test")
        names = [getattr(data, key) for key in keys]
        arrays = _read(program.spec_path.parent / data.path, names)
    else:
        assert isinstance(data, Sklearn)
        loader = getattr(importlib.import_module("sklearn.datasets"), f"load_{data.name}")
        names, arrays = ["data", "target"], list(loader(return_X_y=True))
    for index in range(0, len(arrays), 2):
        x, y = arrays[index : index + 2]
        arrays[index] = _items(x, names[index])
        _check_labels(y, names[index + 1], program.output.classes)
    return arrays


def _read(path: Path, names: list[str]) -> list[Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return [file[name] for name in names]
    except OSError as error:
        raise cannot("read", path, error) from error
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, RuntimeError) as error:
        raise Refusal(f"{path.as_posix()} is damaged: {error}") from error


def _items(x: Any, name: str) -> Array:
    """Return items flat and in double precision, once all their values are finite."""
    flat: Array = x.reshape(len(x), -1).astype(float)
    bad = np.argwhere(~np.isfinite(flat))
    if len(bad):
        item, value = bad[0]
        raise Refusal(f"item {item} of '{name}' has the value {flat[item, value]} at {value}")
    return flat


def _check_labels(y: Any, name: str, classes: int) -> None:
    bad = np.flatnonzero((y < 0) | (y >= classes))
    if len(bad):
        raise Refusal(
            f"label {bad[0]} of '{name}' is {y[bad[0]]}; with {classes} classes labels go from 0 to {classes - 1}"
        )


def _scaling(x: Array, kind: Scale) -> tuple[Any, Any]:
    """Return shift and scale, fitted on training items: (item - shift) / scale is what the network gets."""
    if kind == "none":
        return 0.0, 1.0
    low, high = x.min(), x.max()
    if low == high:
        raise Refusal(
            f"all training values are {low}, so they can't be scaled: write scale = 'none'"
        )
    if kind == "standard":
        with np.errstate(over="ignore", invalid="ignore"):
            shift, scale = x.mean(axis=0), x.std(axis=0)
        if not np.isfinite([shift, scale]).all():
            raise Refusal("the training values are too large to scale")
        scale[scale == 0] = 1  # a feature that never varies
        return shift, scale
    if kind == "unit":
        return low, high - low
    return (high + low) / 2, (high - low) / 2
