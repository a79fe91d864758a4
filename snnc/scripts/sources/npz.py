"""Items and labels in a NumPy file."""

from pathlib import Path
from typing import NamedTuple

from snnc.program.program import Program
from snnc.scripts.code import literal, width
from snnc.scripts.sources.base import data_constant, drawn_by
from snnc.scripts.sources.left_out import LeftOut, left_out
from snnc.spec.sources.base import SPLIT
from snnc.spec.sources.npz import Source as Npz


class NpzSource(NamedTuple):
    size_in: str
    data: str
    #: The names of x and y, or of x_train, y_train, x_test and y_test; long ones are constants.
    arrays: tuple[str, ...]
    array_constants: tuple[str, ...]
    #: Of the items, if the file doesn't come split.
    test_fraction: str
    #: The seed that draws them.
    drawn_by: str
    #: What follows a one-hot or a plain array of labels.
    as_numbers: str
    left_out: LeftOut | None
    template: str = "sources/npz.py.jinja"

    @property
    def constants(self) -> tuple[str, ...]:
        return (self.data, *self.array_constants)

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np",)


def section(program: Program, folder: Path) -> NpzSource:
    data = program.data
    assert isinstance(data, Npz)
    keys = SPLIT if data.split_fraction is None else ("x", "y")
    names = dict(zip(keys, map(literal, data.arrays), strict=True))
    long = {key: name for key, name in names.items() if width(name) > 20}
    return NpzSource(
        size_in=literal(program.network.input_size),
        data=data_constant(program, folder, data.path),
        arrays=tuple(key.upper() if key in long else name for key, name in names.items()),
        array_constants=tuple(f"{key.upper()} = {name}" for key, name in long.items()),
        as_numbers="argmax(axis=1)" if data.one_hot else "ravel()",
        left_out=left_out(program),
        test_fraction="" if data.split_fraction is None else literal(data.split_fraction),
        drawn_by=drawn_by(program),
    )
