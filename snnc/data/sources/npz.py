"""Arrays in a file of NumPy's. Nothing in it is run: objects stay pickled."""

from __future__ import annotations

import numpy as np

from snnc.data.arrays import DAMAGE
from snnc.data.sources.base import Raw
from snnc.diagnostics.errors import Refusal, cannot
from snnc.program.program import Program


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
        raise Refusal(f"{path.as_posix()} is damaged: {error}") from error
    starts = range(0, len(names), 2)
    return [Raw(names[i], arrays[i], names[i + 1], arrays[i + 1]) for i in starts]
