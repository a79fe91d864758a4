"""Arrays in a file of NumPy's. Nothing in it is run: objects stay pickled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.arrays import DAMAGE
from snnc.data.sources.base import Raw
from snnc.data.unfit import unfit
from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.errors import cannot
from snnc.program.program import Program
from snnc.spec.sources.npz import Source as Npz

#: The key that says what labels are.
ONE_HOT: KeyPath = ("data", "one_hot")


def read(program: Program) -> list[Raw]:
    path = program.data_path
    assert path is not None
    try:
        with np.load(path, allow_pickle=False) as file:
            names = program.data.arrays
            if program.data_file is not None:
                names = program.data.arrays_among(file.files)
            arrays = [np.asarray(file[name]) for name in names]
    except OSError as error:
        raise cannot("read", path, error) from error
    except DAMAGE as error:
        message = f"{path.as_posix()} is damaged: {error}"
        raise unfit(message, ("data", "path"), "copy or save it again") from error
    starts = range(0, len(names), 2)
    raw = [Raw(names[i], arrays[i], names[i + 1], arrays[i + 1]) for i in starts]
    if isinstance(program.data, Npz) and program.data.one_hot:
        return [replace(p, y=numbered(p.y_name, p.y, len(p.x), program, path)) for p in raw]
    return raw


def numbered(name: str, y: NDArray[Any], n: int, program: Program, path: Path) -> NDArray[np.int64]:
    """Return the number of each of n items' class in place of its one-hot row. Raises a Refusal for other rows."""
    classes = program.network.output.classes
    if y.shape[1:] != (classes,) or y.dtype.kind not in "fiub":
        message = f"{path.as_posix()}: '{name}' has shape {list(y.shape)}; one-hot labels of {classes} classes have "
        raise unfit(f"{message}{[n, classes]}", ONE_HOT, "leave it out")
    odd = np.flatnonzero((np.sort(y, axis=1) != np.eye(classes)[-1]).any(axis=1))
    if len(odd):
        message = f"{path.as_posix()}: label {odd[0]} of '{name}' is {y[odd[0]].tolist()}"
        hint = f"one-hot labels hold a 1, and else 0: save {name}.argmax(axis=1) without one_hot"
        raise unfit(message, ONE_HOT, hint)
    return np.asarray(y.argmax(axis=1))
