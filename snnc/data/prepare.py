"""Check, split and scale items and labels as the spec says, and as the emitted scripts do."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.csv_file import MOST_NAMES, expected
from snnc.data.left_out import LeftOut, in_words, left_out
from snnc.data.measured import regression_of
from snnc.data.sources import read
from snnc.data.sources.base import Raw, source_name
from snnc.data.unfit import unfit
from snnc.diagnostics.codes import BATCH_SIZE
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.errors import Refusal, Unfit
from snnc.program.item_shapes import items_hint, same_items
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.spec.scale import Given, Scale
from snnc.spec.sources.base import FileKind
from snnc.spec.sources.csv import Source as Csv
from snnc.spec.sources.npz import Source as Npz

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

#: What gives classes numbers without gaps.
NUMBERED = "number them from 0: numpy.unique(labels, return_inverse=True)[1]"
#: What helps if there is nothing to learn from, or something that can't be used.
MORE_ITEMS = "add items, some of each class"
REMOVE = "remove such items"
#: More items than this share are left out by mistake.
MOST_UNUSABLE = 0.5
#: Labels beyond this number no classes.
MOST_CLASSES = 1000


@dataclass(frozen=True)
class HeldOut:
    """Items, (n, size), and labels, (n,), in the types of the source; training writes them beside the parameters."""

    x: NDArray[Any]
    y: NDArray[Any]

    def is_same(self, other: HeldOut) -> bool:
        return np.array_equal(self.x, other.x) and np.array_equal(self.y, other.y)


@dataclass(frozen=True)
class Data:
    """Scaled items, (n, size), and labels, (n,). An item as it was is item * scale + shift.

    Those to train on include those that validate (`division`).
    """

    x_train: Array
    y_train: Labels
    x_test: Array
    y_test: Labels
    shift: Array
    scale: Array
    #: The held-out items and labels, unscaled, in the types of the source.
    held_out: HeldOut
    #: The items to train on, unscaled, in the types of the source.
    x_unscaled: NDArray[Any]
    #: How many items the spec leaves out, and why; "" if none.
    left_out: str = ""

    @property
    def items(self) -> tuple[Array, Array]:
        """The scaled items to train on, and to test on."""
        return self.x_train, self.x_test

    @cached_property
    def train_digest(self) -> str:
        """Eight hex digits that identify the scaled training items and their labels."""
        return _digest(self.x_train, self.y_train)

    @cached_property
    def test_digest(self) -> str:
        """Eight hex digits that identify the unscaled held-out items and their labels."""
        return _digest(self.held_out.x, self.held_out.y)


@dataclass(frozen=True)
class Split:
    """Items, (n, size), and labels, (n,), unscaled, in the types of the source."""

    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]
    #: How many items the spec leaves out, and why; "" if none.
    left_out: str = ""


def _digest(x: NDArray[Any], y: NDArray[Any]) -> str:
    """Hash items and labels without a copy: of images, one takes hundreds of megabytes."""
    digest = hashlib.sha256(np.ascontiguousarray(x).data)
    digest.update(np.ascontiguousarray(y).data)
    return digest.hexdigest()[:8]


def load(program: Program) -> Data:
    """Return a program's data. Raises a Refusal that says why they can't be used."""
    return scaled(program, split(program))


def split(program: Program) -> Split:
    """Return the items for training and testing, split by the source or else by the seed."""
    where = source_name(program)
    try:
        kept = [_kept(raw, program, where) for raw in read(program)]
    except MemoryError as error:
        raise Refusal(f"{where} takes more memory than there is") from error
    arrays = [(x, y) for x, y, _ in kept]
    if len(arrays) == 2:
        (x_train, y_train), (x_test, y_test) = arrays
    else:
        ((x, y),) = arrays
        test, train = parts(program.split_seed, len(x), program.data.split_fraction)
        x_train, y_train, x_test, y_test = x[train], y[train], x[test], y[test]
    n_seen = len(division(program, len(x_train))[0])
    if n_seen < program.train.batch_size:
        batch_size = program.train.batch_size
        message = (
            f"{where}: {n_seen} items are left to train on, fewer than a batch of {batch_size}"
        )
        hint = f"write batch_size = {max(n_seen // 4, 1)} in [train]" if n_seen else MORE_ITEMS
        raise Unfit(Diagnostic(BATCH_SIZE, message, ("train", "batch_size"), hint=hint))
    return Split(x_train, y_train, x_test, y_test, in_words(out for *_, out in kept))


def parts(seed: int, n: int, held_out: float | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices of those of n items that are held out, and of those to train on."""
    order = np.random.RandomState(seed).permutation(n)
    n_test = math.ceil((held_out or 0.0) * n)
    return order[:n_test], order[n_test:]


def division(program: Program, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices of those of n training items that are trained on, and of those that validate."""
    if program.train.validation_fraction is None:
        return np.arange(n), np.arange(0)
    order = np.random.RandomState(program.network.seed).permutation(n)
    n_validation = math.ceil(program.train.validation_fraction * n)
    return order[n_validation:], order[:n_validation]


def trained_on(program: Program, data: Data, most: int) -> tuple[Array, Labels]:
    """Return items, (n, size), and labels, (n,), that are trained on: at most so many, from all over the data."""
    seen, _ = division(program, len(data.x_train))
    chosen = seen[np.linspace(0, len(seen) - 1, min(most, len(seen))).astype(int)]
    return data.x_train[chosen], data.y_train[chosen]


def scaled(program: Program, items: Split) -> Data:
    """Return items scaled as the network gets them."""
    where = source_name(program)
    x_train, x_test = items.x_train.astype(float), items.x_test.astype(float)
    seen = x_train
    if program.validates:
        seen = seen[division(program, len(seen))[0]]
    shift, scale = _scaling(seen, program.data.scale, where)
    with np.errstate(over="ignore", invalid="ignore"):
        x_train, x_test = (x_train - shift) / scale, (x_test - shift) / scale
    # TensorFlow's numbers have 32 bits.
    largest = max(np.abs(x_train).max(), np.abs(x_test).max())
    if not largest < np.finfo(np.float32).max:
        message = f"{where}: there are values too large to use, {largest:g} once scaled"
        raise unfit(message, ("data", "scale"), hint=REMOVE)
    return Data(
        x_train=x_train,
        y_train=items.y_train.astype(np.int64),
        x_test=x_test,
        y_test=items.y_test.astype(np.int64),
        shift=shift,
        scale=scale,
        held_out=HeldOut(items.x_test, items.y_test),
        x_unscaled=items.x_train,
        left_out=items.left_out,
    )


def without_data(program: Program) -> tuple[Array, Array]:
    """Return shift and scale as a spec says them. Raises a Refusal if it is to be found out from data."""
    scale = program.data.scale
    if scale == "none":
        return np.array(0.0), np.array(1.0)
    if isinstance(scale, Given):
        return given(scale, program.network.input_size)
    raise Refusal(
        f"{program.spec_path.as_posix()}: without data nobody knows how to scale them: "
        'write scale = "none" in [data], or the numbers'
    )


def given(scale: Given, size: int) -> tuple[Array, Array]:
    """Return given shift and scale, each one number or one for each of the values of an item."""

    def of_each(numbers: float | tuple[float, ...]) -> Array:
        array = np.array(numbers, float)
        # One a channel is that of all pixels; channels come last.
        return np.tile(array, size // len(array)) if array.ndim else array

    return of_each(scale.subtract), of_each(scale.divide)


def _kept(
    raw: Raw, program: Program, where: str
) -> tuple[NDArray[Any], NDArray[Any], LeftOut | None]:
    """Return items, (n, size), and labels, (n,), without those that are left out. Raises a Refusal if they can't be used."""
    out = left_out(program.data, raw.x, raw.y, program.network.output.classes)
    if out is not None:
        raw = without(raw, out, where)
    x, y = (
        usable_items(raw.x_name, raw.x, program, where),
        usable_labels(raw, program.network, where, place(program, raw.y_name)),
    )
    return x, y if out is None else y.astype(np.int64), out


def without(raw: Raw, out: LeftOut, where: str) -> Raw:
    """Return what a source holds without the items that are left out. Raises a Refusal if most of them are unusable."""
    if len(out.all) and np.mean(out.unusable) > MOST_UNUSABLE:
        first = np.flatnonzero(out.unusable)[0]
        message = f"{where}: {out.unusable.sum()} of {len(out.all)} items can't be used, item {first} first: too many to leave out"
        hint = 'write unusable = "refuse", which says what is wrong'
        raise unfit(message, ("data", "unusable"), hint=hint)
    if len(out.all) and out.all.all():
        message = f"{where}: {out}, so that there are none"
        raise unfit(message, ("data", "missing"), hint="leave it out")
    y = raw.y if raw.y.size != len(raw.x) else raw.y.reshape(len(raw.x))[~out.all]
    return replace(raw, x=raw.x[~out.all], y=y)


def usable_items(name: str, x: NDArray[Any], program: Program, where: str) -> NDArray[Any]:
    """Return items as (n, size), as the network sees them. Raises a Refusal if they aren't finite numbers of the input's shape."""
    _refuse_no_numbers(name, x, where, place(program, name))
    shape, wanted, images = x.shape[1:], program.item_shape, program.network.sees_images
    if not same_items(shape, wanted):
        hint = items_hint(shape, wanted, images, program.channels_first)
        say = re.sub(r"write (\[.*?\])", r"write shape = \1 in [input]", hint, count=1)
        message = f"{where}: an item has shape {list(shape)}, not {list(wanted)}"
        raise unfit(message, ("input", "shape"), hint=say)
    if len(x) == 0:
        raise unfit(f"{where}: there are no items", place(program, name), hint=MORE_ITEMS)
    _refuse_gaps(name, x, where, place(program, name))
    return as_seen(program, x)


def usable_labels(
    raw: Raw, network: Network, where: str, at: KeyPath = ("data", "path")
) -> NDArray[Any]:
    """Return labels as (n,). Raises an Unfit, which points at what names them, if there isn't a class for each item."""
    _refuse_no_numbers(raw.y_name, raw.y, where, at)
    if len(raw.x) != raw.y.size:
        raise unfit(f"{where}: there are {len(raw.x)} items, and {raw.y.size} labels", at)
    y = raw.y.reshape(len(raw.y))
    _refuse_labels(y, raw.y_name, network.output.classes, where, at)
    return y


def place(program: Program, array: str) -> KeyPath:
    """Return the key that says which array holds items or labels, or where the source is."""
    data = program.data
    if isinstance(data, Npz) and program.data_file is None and array in data.arrays:
        return ("data", data.keys[data.arrays.index(array)])
    if array == "labels" and isinstance(data, Csv):
        return ("data", "label")
    return ("data", "path") if isinstance(data, FileKind) else ("data", "name")


def as_seen(program: Program, x: NDArray[Any]) -> NDArray[Any]:
    """Return items as a network sees them, (n, size): their channels come last."""
    if program.channels_first:
        x = np.moveaxis(x.reshape(len(x), *program.item_shape), 1, -1)
    return x.reshape(len(x), -1)


def _refuse_no_numbers(name: str, array: NDArray[Any], where: str, at: KeyPath) -> None:
    if array.dtype.kind not in "fiub":
        message = f"{where}: '{name}' holds no numbers, but {array.dtype}"
        raise unfit(message, at, hint=f"save {name}.astype(float)")


def _refuse_gaps(name: str, x: NDArray[Any], where: str, at: KeyPath) -> None:
    bad = np.argwhere(~np.isfinite(x))
    if len(bad):
        item, *index = (int(n) for n in bad[0])
        value, within = x[tuple(bad[0])], index[0] if len(index) == 1 else index
        message = f"{where}: item {item} of '{name}' has the value {value} at {within}"
        raise unfit(message, at, hint=f"{REMOVE}, or fill in numbers")


def _refuse_labels(y: NDArray[Any], name: str, classes: int, where: str, at: KeyPath) -> None:
    # Written so that NaN is refused too.
    bad = np.flatnonzero(~((y >= 0) & (y < classes) & (y == np.floor(y))))
    if len(bad):
        message = f"{where}: label {bad[0]} of '{name}' is {y[bad[0]]}; {expected(classes)}"
        hint = _remedy(y, classes)
        decides = ("output", "classes") if hint.startswith("write classes") else at
        raise unfit(message, decides, hint=hint)


def _remedy(y: NDArray[Any], classes: int) -> str:
    """Return how to correct labels that are wrong in a regular way, or ""."""
    if measured := regression_of(y):
        return measured.removeprefix(": ")
    if not np.isfinite(y).all():
        return REMOVE
    present = np.unique(y)
    if (y != np.floor(y)).any():
        return NUMBERED if len(present) <= MOST_NAMES else "labels are whole numbers"
    low, high, n = int(present[0]), int(present[-1]), len(present)
    also = "" if n == classes else f", and write classes = {n} in [output]"
    if low == 1 and high == n:
        return f"these start at 1, so subtract 1 from each{also}"
    if present.tolist() == [-1, 1]:
        return f"make each -1 a 0{also}"
    if low >= 0 and high < MOST_CLASSES and 2 * n > high:
        return f"write classes = {high + 1} in [output], or mend the labels"
    return f"{NUMBERED}{also}" if n <= MOST_NAMES else ""


def _scaling(x: Array, kind: Scale, where: str) -> tuple[Any, Any]:
    """Return shift and scale, fitted on training items: the network gets (item - shift) / scale."""
    if kind == "none":
        return 0.0, 1.0
    if isinstance(kind, Given):
        return given(kind, x.shape[1])
    low, high = x.min(), x.max()
    if low == high:
        message = f"{where}: all training values are {low}: nothing can be learnt from them"
        raise unfit(message, ("data", "path"), hint="save the items again, as they are")
    with np.errstate(over="ignore", invalid="ignore"):
        if kind == "standard":
            shift, scale = x.mean(axis=0), x.std(axis=0)
            scale[scale == 0] = 1  # a feature that never varies
        elif kind == "unit":
            shift, scale = low, high - low
        else:
            shift, scale = (high + low) / 2, (high - low) / 2
    if not (np.isfinite(shift).all() and np.isfinite(scale).all()):
        message = f"{where}: the training values are too large to scale, up to {np.abs(x).max():g}"
        raise unfit(message, ("data", "path"), hint=REMOVE)
    return shift, scale
