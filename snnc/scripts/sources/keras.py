"""A data set that Keras downloads; it comes split."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from snnc.program.program import Program
from snnc.scripts.code import identifier
from snnc.spec.sources.keras import Source as Keras


class KerasSource(NamedTuple):
    name: str
    template: str = "sources/keras.py.jinja"

    @property
    def constants(self) -> tuple[str, ...]:
        return ()

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np", "import tensorflow as tf")


def section(program: Program, folder: Path) -> KerasSource:
    assert isinstance(program.data, Keras)
    return KerasSource(name=identifier(program.data.name))
