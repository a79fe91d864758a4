"""Arrays in a file of NumPy's. Nothing in it is run: objects stay pickled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from snnc.data.arrays import DAMAGE
from snnc.data.sources.base import Raw
from snnc.diagnostics.codes import DATA_VALUES
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.errors import Unfit, cannot
from snnc.program.program import Program
from snnc.spec.sources.npz import Source as Npz


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
        raise _unfit(
            f"{path.as_posix()} is damaged: {error}", "path", "copy or save it again"
        ) from error
    starts = range(0, len(names), 2)
    raw = [Raw(names[i], arrays[i], names[i + 1], arrays[i + 1]) for i in starts]
    if isinstance(program.data, Npz) and program.data.one_hot:
        return [numbered(part, program, path) for part in raw]
    return raw


def numbered(raw: Raw, program: Program, path: Path) -> Raw:
    """Return items with the number of each one's class in place of its one-hot row. Raises a Refusal for other rows."""
    y, classes = raw.y, program.network.output.classes
    if y.shape[1:] != (classes,) or y.dtype.kind not in "fiub":
        message = f"{path.as_posix()}: '{raw.y_name}' has shape {list(y.shape)}; one-hot labels of {classes} classes have "
        raise _unfit(f"{message}{[len(raw.x), classes]}", "one_hot", "leave it out")
    odd = np.flatnonzero((np.sort(y, axis=1) != np.eye(classes)[-1]).any(axis=1))
    if len(odd):
        message = f"{path.as_posix()}: label {odd[0]} of '{raw.y_name}' is {y[odd[0]].tolist()}"
        hint = (
            f"one-hot labels hold a 1, and else 0: save {raw.y_name}.argmax(axis=1) without one_hot"
        )
        raise _unfit(message, "one_hot", hint)
    return replace(raw, y=y.argmax(axis=1))


def _unfit(message: str, key: str, hint: str) -> Unfit:
    return Unfit(Diagnostic(DATA_VALUES, message, ("data", key), hint=hint))
