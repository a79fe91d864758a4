"""Data sets that Keras downloads."""

from __future__ import annotations

from snnc.data.sources.base import Raw, out_of_reach
from snnc.environment.libraries import needed
from snnc.program.program import Program
from snnc.spec.sources.keras import Source as Keras


def read(program: Program) -> list[Raw]:
    assert isinstance(program.data, Keras)
    load = getattr(needed("tensorflow").keras.datasets, program.data.name).load_data
    try:
        train, test = load()
    except Exception as error:  # Keras raises it when a download fails
        raise out_of_reach(program, error) from error
    return [
        Raw("x_train", train[0], "y_train", train[1]),
        Raw("x_test", test[0], "y_test", test[1]),
    ]
