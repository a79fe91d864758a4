"""How the items of an imported network are scaled: as its spec says now, whatever it said when the parameters were written."""

from __future__ import annotations

import numpy as np

from snnc.data.arrays import Array
from snnc.data.prepare import load, without_data
from snnc.program.program import Program
from snnc.spec.scale import Given


def scaling_now(program: Program) -> tuple[Array, Array] | None:
    """Return shift and scale, each one number or (size,); None if a spec fits them to items that aren't there."""
    scale, path = program.data.scale, program.data_path
    if scale == "none" or isinstance(scale, Given):
        return without_data(program)
    if path is not None and not path.exists():
        return None
    data = load(program)
    return np.asarray(data.shift), np.asarray(data.scale)
