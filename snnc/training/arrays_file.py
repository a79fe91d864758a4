"""A file of arrays that training has written, read without trust in what is in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnc.data.arrays import Array, arrays_of
from snnc.diagnostics.errors import Refusal
from snnc.operators.transforms import Expected
from snnc.training.imported import ORIGIN, Origin, origin_in


@dataclass(frozen=True)
class ArraysFile:
    path: Path
    arrays: dict[str, Array]

    @property
    def origin(self) -> Origin | None:
        """The model that the arrays were imported from, if they weren't trained since."""
        return origin_in(self.text(ORIGIN))

    @property
    def again(self) -> str:
        """What writes the file anew."""
        origin = self.origin
        return f"run snnc import {origin.file} again" if origin else "run snnc train again"

    def array(self, name: str) -> Array:
        if name not in self.arrays:
            raise Refusal(f"{self.path.as_posix()} has no '{name}': {self.again}")
        return self.arrays[name]

    def text(self, name: str) -> str:
        """Return a text; nothing if there is none."""
        return str(self.arrays.get(name, ""))

    def training(self) -> dict[str, Any]:
        """Return what the training depended on."""
        try:
            return dict(json.loads(str(self.array("training"))))
        except (ValueError, TypeError) as error:
            raise Refusal(
                f"{self.path.as_posix()} doesn't say how it was trained: run snnc train again"
            ) from error

    def numbers(self, name: str, shape: tuple[int, ...] | None = None) -> Array:
        """Return an array of finite numbers, of a shape if one is given."""
        array = self.array(name)
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise Refusal(f"'{name}' in {self.path.as_posix()} holds no finite numbers")
        if shape is not None and array.shape != shape:
            raise Refusal(
                f"'{name}' in {self.path.as_posix()} has shape {array.shape}, not {shape}"
            )
        return array

    def expected(self, name: str, expected: Expected) -> Array:
        """Return an array of a transform: of its shape, and with places within the weights."""
        array = self.numbers(name)
        if not expected.fits(array.shape):
            wanted = tuple("any" if n is None else n for n in expected.shape)
            raise Refusal(
                f"'{name}' in {self.path.as_posix()} has shape {array.shape}, not {wanted}"
            )
        below = expected.below
        if below is not None and (
            array.dtype.kind != "i" or (array < 0).any() or (array >= below).any()
        ):
            raise Refusal(
                f"'{name}' in {self.path.as_posix()} holds numbers outside of the weights"
            )
        return array


def opened(path: Path, command: str) -> ArraysFile:
    """Return a file that a command has written; a Refusal says what is wrong with it, and to run that again."""
    try:
        return ArraysFile(path, arrays_of(path, f"run {command} again"))
    except FileNotFoundError as error:
        raise Refusal(f"there is no {path.as_posix()} yet: run {command} first") from error
