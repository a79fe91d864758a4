"""Whether the data are there, and fit the input and the output. Values are looked at when they are loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from snnc.diagnostics import Diagnostic
from snnc.ir import Program, Shape, size
from snnc.sources import Npz, Sklearn
from snnc.words import near

if TYPE_CHECKING:
    from snnc.npz import Header


#: What training writes beside a spec, by the part of the name before .npz.
OWN_FILES = ("params", "test", "baseline")


def data_fits(program: Program) -> Iterator[Diagnostic]:
    """Items have the input's shape, labels are integers, and there is one a item."""
    if isinstance(program.data, Npz):
        yield from _npz_fits(program, program.data)
    elif isinstance(program.data, Sklearn):
        yield from _sklearn_fits(program, program.data)


def _sklearn_fits(program: Program, data: Sklearn) -> Iterator[Diagnostic]:
    features, classes = data.features, data.classes
    if program.input_size != features:
        message = f"an item of '{data.name}' has {features} values, not {program.input_size}"
        yield Diagnostic("data-shape", message, ("input", "shape"), hint=f"write [{features}]")
    if program.output.classes != classes:
        message = f"'{data.name}' has {classes} classes, not {program.output.classes}"
        yield Diagnostic("data-shape", message, ("output", "classes"), hint=f"write {classes}")
    yield from _a_batch_fits(program, data.items)


def _npz_fits(program: Program, data: Npz) -> Iterator[Diagnostic]:
    at = ("data", "path")
    if (
        "\0" in data.path
        or PurePosixPath(data.path).is_absolute()
        or PureWindowsPath(data.path).drive
        or "\\" in data.path
    ):
        message = "the path is relative to the spec, with / between folders"
        yield Diagnostic("data-path", message, at)
        return
    if data.path in {f"{program.name}.{kind}.npz" for kind in OWN_FILES}:
        message = f"training would overwrite the data: {data.path} is a name of its own files"
        yield Diagnostic("data-path", message, at, hint="rename the data, or the network")
        return
    # zipfile takes as long to import as a small check takes: only specs that need it pay.
    from zipfile import BadZipFile

    from snnc.npz import BadArray, headers

    path = program.spec_path.parent / data.path
    try:
        arrays = headers(path)
    except FileNotFoundError:
        yield Diagnostic(
            "missing-file", f"there is no file {path.as_posix()}", at, hint=_near_file(path)
        )
        return
    except OSError as error:
        message = f"can't read {path.as_posix()}: {(error.strerror or str(error)).lower()}"
        yield Diagnostic("missing-file", message, at)
        return
    except (BadZipFile, BadArray, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        reason = str(error) if isinstance(error, BadArray) else "it is no .npz file"
        yield Diagnostic("data-file", f"can't read {path.as_posix()}: {reason}", at)
        return
    yield from _arrays_fit(program, data, arrays)


def _arrays_fit(program: Program, data: Npz, arrays: dict[str, Header]) -> Iterator[Diagnostic]:
    if data.split_fraction is None:
        pairs = [("x_train", "y_train"), ("x_test", "y_test")]
    else:
        pairs = [("x", "y")]
    for x_key, y_key in pairs:
        missing = [key for key in (x_key, y_key) if getattr(data, key) not in arrays]
        for key in missing:
            name = getattr(data, key)
            message = f"{data.path} has no array '{name}'"
            yield Diagnostic("data-array", message, ("data", key), hint=near(name, list(arrays)))
        if not missing:
            yield from _pair_fits(program, data, x_key, y_key, arrays)


def _a_batch_fits(program: Program, items: int) -> Iterator[Diagnostic]:
    """Training takes whole batches; with fewer items than one it would learn nothing."""
    fraction = program.data.split_fraction or 0.0
    to_train = items - ceil(fraction * items)
    batch_size = program.train.batch_size
    if to_train < batch_size:
        message = f"there are {to_train} items to train on, fewer than a batch of {batch_size}"
        hint = f"write batch_size = {max(to_train // 4, 1)}, say"
        yield Diagnostic("batch-size", message, ("train", "batch_size"), hint=hint)


def _pair_fits(
    program: Program, data: Npz, x_key: str, y_key: str, arrays: dict[str, Header]
) -> Iterator[Diagnostic]:
    x_name, y_name = getattr(data, x_key), getattr(data, y_key)
    x, y = arrays[x_name], arrays[y_name]
    if not re.fullmatch("[<>|=][fiub][1248]", x.dtype):
        message = f"'{x_name}' holds no numbers, but {x.dtype}"
        yield Diagnostic("data-type", message, ("data", x_key))
    if not re.fullmatch("[<>|=][iu][1248]", y.dtype):
        message = f"'{y_name}' holds no integers, but {y.dtype}; labels are integers from 0"
        yield Diagnostic("data-type", message, ("data", y_key))
    if not _same_items(x.shape[1:], program.input_shape):
        found, wanted = list(x.shape[1:]), list(program.input_shape)
        message = f"an item of '{x_name}' has shape {found}, not {wanted}"
        hint = f"write {found}" if x.shape[1:] else f"'{x_name}' has shape {list(x.shape)}"
        yield Diagnostic("data-shape", message, ("input", "shape"), hint=hint)
    if len(y.shape) != 1:
        message = f"'{y_name}' has shape {list(y.shape)}; labels are one integer an item"
        yield Diagnostic("data-shape", message, ("data", y_key))
    elif x.shape and x.shape[0] != y.shape[0]:
        message = (
            f"there are {x.shape[0]} items in '{x_name}', but {y.shape[0]} labels in '{y_name}'"
        )
        yield Diagnostic("data-shape", message, ("data", y_key))
    elif 0 in x.shape[:1]:
        yield Diagnostic("data-shape", f"'{x_name}' holds no items", ("data", x_key))
    elif x_key != "x_test":
        yield from _a_batch_fits(program, y.shape[0])


def _same_items(found: Shape, wanted: Shape) -> bool:
    """Whether items are as the input wants them; a single channel may be left out of the data."""
    return found == wanted or (found == wanted[:-1] and size(found) == size(wanted) and found != ())


def _near_file(path: Path) -> str:
    """Return a hint at a data file of nearly that name in the same folder."""
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder.as_posix()}"
    own = tuple(f".{kind}.npz" for kind in OWN_FILES)
    names = sorted(p.name for p in folder.glob("*.npz") if not p.name.endswith(own))
    return near(path.name, names)
