"""A data set that Keras downloads; it comes split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from snnc.program.program import Program
from snnc.scripts.code import identifier, literal
from snnc.scripts.sources.base import Source
from snnc.spec.sources import Keras


@dataclass(frozen=True, eq=False, repr=False)
class KerasSource(Source):
    template: ClassVar[str] = "sources/keras.py.jinja"

    name: str

    @property
    def imports(self) -> tuple[str, ...]:
        return (*super().imports, "import tensorflow as tf")


def section(program: Program, folder: Path) -> KerasSource:
    assert isinstance(program.data, Keras)
    return KerasSource(
        size_in=literal(program.network.input_size), name=identifier(program.data.name)
    )
