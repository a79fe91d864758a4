"""Compare the arrays of a .npz file with the spec, by their headers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from snnc.checks.items import DATA_FILE, DATA_SHAPE, DATA_TYPE, a_batch_fits, items_fit, without
from snnc.data.file_kinds import divided
from snnc.data.npz_headers import NO_NPZ, BadFile, Header, headers
from snnc.diagnostics.codes import REGRESSION, error
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import close, near
from snnc.operators.linear import Shape, size
from snnc.program.item_shapes import same_items
from snnc.program.program import Program
from snnc.spec.regressions import NOT_YET, same_as_items
from snnc.spec.sources.base import SPLIT
from snnc.spec.sources.npz import Source as Npz

#: Arrays of more values an item are hardly one-hot labels, if anything else is as likely.
FEW_CLASSES = 10
#: The kind of an array's values, by the letter of its type, and a hint how to save numbers instead.
_TYPES = {
    "O": ("Python objects", "they are pickled, and never read, so save numbers: astype(float)"),
    "U": (
        "text",
        "save numbers: astype(float), or for labels numpy.unique(y, return_inverse=True)[1]",
    ),
    "S": ("bytes", "save numbers: astype(float)"),
    "c": ("complex numbers", "save real and imaginary parts side by side"),
    "M": ("dates", "save numbers: astype(float)"),
    "m": ("times", "save numbers: astype(float)"),
    "f": ("long floats", "save them as float64"),
}


class _Array(NamedTuple):
    """An array's name, its header, and where the spec names it."""

    name: str
    header: Header
    at: KeyPath

    @property
    def shape(self) -> Shape:
        return self.header.shape


DATA_ARRAY = error("data-array")


def fits(program: Program, path: Path, at: KeyPath) -> Iterator[Diagnostic]:
    """Yield the errors of a file; `at` is where the spec names it. Raises OSError."""
    if program.data_file is None and same_as_items(program.data):
        return  # labels_are_no_items says so
    try:
        present = headers(path)
    except BadFile as error:
        reason, hint = divided(str(error))
        if path.suffix in (".csv", ".txt", ".tsv"):
            hint = 'write kind = "csv" in [data]'
        elif reason == NO_NPZ:
            hint = "save items and labels again: numpy.savez(FILE, x=items, y=labels)"
        yield Diagnostic(DATA_FILE, f"can't read {path.as_posix()}: {reason}", at, hint=hint)
        return
    names = _names(program, present)
    arrays = {}
    for name, place in zip(names, _places(program, names), strict=True):
        if name in present:
            arrays[name] = _Array(name, present[name], place)
            yield from _is_numbers(arrays[name])
        else:
            message = f"{path.as_posix()} has no array '{name}'"
            yield Diagnostic(DATA_ARRAY, message, place, hint=_meant(name, names, present))
    yield from _pairs_fit(program, names, arrays)


def items(program: Program, path: Path) -> int | None:
    """Return how many items to train on a file holds. Raises OSError and BadFile."""
    present = headers(path)
    names = _names(program, present)
    labels = present.get(names[1])
    if labels is None or not labels.shape:
        return None
    n = labels.shape[0]
    return n if len(names) > 2 else without(program.data.split_fraction, n)


def _names(program: Program, present: Mapping[str, Header]) -> tuple[str, ...]:
    """Return the names of the arrays: items and labels, or four names if they come split."""
    data = program.data
    return data.arrays if program.data_file is None else data.arrays_among(present)


def _meant(name: str, names: Sequence[str], present: Mapping[str, Header]) -> str:
    """Return the hint for an array that a file doesn't have: others by their names, or by what their shapes say."""
    if otherwise := _split_otherwise(names, present):
        return otherwise
    others = [other for other in present if other not in names]
    if close(name, others):
        return near(name, others)
    is_labels = names.index(name) % 2 == 1
    fitting = [other for other in others if _is_like_labels(present[other].shape) == is_labels]
    if fitting:
        return near("", fitting)
    what = "labels" if is_labels else "items"
    return f"save the {what} too: numpy.savez(FILE, {', '.join(f'{n}=...' for n in names)})"


def _split_otherwise(names: Sequence[str], present: Collection[str]) -> str:
    """Return the hint for arrays that come split where the spec splits them, or the other way round, or ""."""
    keys = ("x", "y") if len(names) == len(SPLIT) else SPLIT
    own = {key: next((a for a in present if a.lower() == key), "") for key in keys}
    written = " and ".join(f'{key} = "{array}"' for key, array in own.items())
    return f"write {written} in place of the others" if all(own.values()) else ""


def _is_like_labels(shape: Shape) -> bool:
    """Whether an array holds one number an item."""
    return size(shape[1:]) == 1


def _pairs_fit(
    program: Program, names: tuple[str, ...], arrays: Mapping[str, _Array]
) -> Iterator[Diagnostic]:
    """Yield the errors of items together with their labels; of the names, x and y alternate."""
    held_out = program.data.split_fraction if len(names) == 2 else None
    for x, y in zip(names[::2], names[1::2], strict=True):
        if x not in arrays or y not in arrays:
            continue
        if swapped := _exchanged(program, arrays[x], arrays[y]):
            yield swapped
            continue
        errors = list(_pair_fits(program, arrays[x], arrays[y]))
        yield from errors
        if x == names[0] and not any(d.at == arrays[y].at for d in errors):
            yield from a_batch_fits(program, arrays[y].shape[0], held_out or 0.0)


def _exchanged(program: Program, x: _Array, y: _Array) -> Diagnostic | None:
    """Return an error if the items stand where labels should, and labels where items should."""
    if size(x.shape[1:]) != 1 or not same_items(y.shape[1:], program.item_shape):
        return None
    if program.item_shape == (1,) or x.at == y.at:
        return None
    message = f"'{x.name}' holds one number an item, and '{y.name}' the items"
    hint = f'write {x.at[-1]} = "{y.name}" and {y.at[-1]} = "{x.name}"'
    return Diagnostic(DATA_SHAPE, message, x.at, hint=hint)


def _places(program: Program, names: tuple[str, ...]) -> list[KeyPath]:
    """Return the key by which the spec names each array, or [data] where it doesn't."""
    if isinstance(program.data, Npz) and names == program.data.arrays:
        return [("data", key) for key in program.data.keys]
    return [("data",)] * len(names)


def _is_numbers(array: _Array) -> Iterator[Diagnostic]:
    dtype = array.header.dtype
    if not re.fullmatch("[<>|=][fiub][1248]", dtype):
        held, hint = _TYPES.get(dtype[1:2], ("records", "save their numbers as a plain array"))
        if array.at[-1:] in (("y",), ("y_train",), ("y_test",)) and dtype[1:2] in "OUS":
            text = "" if dtype[1:2] == "U" else ".astype(str)"
            hint = f"save numpy.unique({array.name}{text}, return_inverse=True)[1], numbers from 0"
        message = f"'{array.name}' holds {held} ({dtype}), not numbers"
        yield Diagnostic(DATA_TYPE, message, array.at, hint=hint)


def _pair_fits(program: Program, x: _Array, y: _Array) -> Iterator[Diagnostic]:
    named = _items_hint(x, y)
    classes = program.network.output.classes
    yield from items_fit(program, x.shape[1:], f"an item of '{x.name}'", named)
    one_hot = isinstance(program.data, Npz) and program.data.one_hot
    if one_hot and y.shape[1:] != (classes,):
        yield _not_one_hot(y, classes)
    elif not one_hot and (message := _of_values(x, y, classes)):
        single = _single_labels(x, y, classes)
        hint = f"{single}; {NOT_YET}" if size(y.shape[1:]) <= FEW_CLASSES else NOT_YET
        yield Diagnostic(REGRESSION, message, y.at, hint=hint.removeprefix("; "))
    elif not y.shape or (size(y.shape[1:]) != 1 and not one_hot):
        message = f"'{y.name}' has shape {list(y.shape)}; labels are one whole number an item"
        hint = _single_labels(x, y, classes)
        yield Diagnostic(DATA_SHAPE, message, y.at, hint=hint)
    elif x.shape[:1] != y.shape[:1]:
        items = f"{x.shape[0]} items" if x.shape else "no items"
        message = f"there are {items} in '{x.name}', but {y.shape[0]} labels in '{y.name}'"
        if not named:
            yield Diagnostic(DATA_SHAPE, message, y.at, hint=_as_many(x, y))
    elif x.shape[0] == 0:
        hint = "save it again, with its items"
        yield Diagnostic(DATA_SHAPE, f"'{x.name}' holds no items", x.at, hint=hint)


def _items_hint(x: _Array, y: _Array) -> str:
    """Return how to save items that don't stand first, or "" if they do."""
    if len(x.shape) < 2:
        return f"save {x.name} again, of shape [items, values]"
    n = size(y.shape[:1]) if y.shape else 0
    if x.shape[0] == 1 and x.shape[1] == n > 1:
        return f"save {x.name}[0]: items are the first axis"
    if x.shape[-1] == n > 1 and x.shape[0] != n:
        return f"save numpy.moveaxis({x.name}, -1, 0): items are the first axis"
    return ""


def _not_one_hot(y: _Array, classes: int) -> Diagnostic:
    """Return the error for labels that should be rows of a number a class."""
    if len(y.shape) == 2 and y.shape[1] > 1:
        message = f"'{y.name}' has shape {list(y.shape)}: one-hot labels of {y.shape[1]} classes, not of {classes}"
        return Diagnostic(DATA_SHAPE, message, ("output", "classes"), hint=f"write {y.shape[1]}")
    message = f"'{y.name}' has shape {list(y.shape)}; one-hot labels have a row of {classes} numbers an item"
    hint = "write one_hot = false" if size(y.shape[1:]) == 1 else ""
    return Diagnostic(DATA_SHAPE, message, ("data", "one_hot"), hint=hint)


def _as_many(x: _Array, y: _Array) -> str:
    """Return the hint for items and labels of which there aren't as many."""
    n = min(*x.shape[:1], y.shape[0]) if x.shape else 0
    if not n:
        return "save both again, items first"
    return f"save as many of both, {x.name}[:{n}] and {y.name}[:{n}], if the first belong together"


def _of_values(x: _Array, y: _Array, classes: int) -> str:
    """Return what says that labels are several values an item, but not one-hot, or ""."""
    values = size(y.shape[1:])
    if values < 2 or y.shape[0] < 2 or y.shape[1:] == (classes,):
        return ""
    if y.shape[:1] == x.shape[:1] and values == size(x.shape[1:]):
        return f"'{y.name}' has as many values an item as '{x.name}', {values}: an auto-encoder?"
    if y.header.dtype[1:2] == "f":
        return f"'{y.name}' has {values} values an item, with fractions: a regression on several values?"
    return ""


def _single_labels(x: _Array, y: _Array, classes: int) -> str:
    """Return how to save labels as one number an item, if that can be told from their shape."""
    if y.shape and y.shape[0] == 1 and size(y.shape) in x.shape[:1]:
        return f"save {y.name}.ravel()"
    if len(y.shape) != 2:
        return ""
    one_hot = f"one-hot? save {y.name}.argmax(axis=1)"
    if y.shape[1] != classes:
        return f"{one_hot}, and write classes = {y.shape[1]} in [output]"
    return f"{one_hot}; {NOT_YET}" if y.header.dtype[1:2] == "f" else one_hot
