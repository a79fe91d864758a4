"""Filters that training has left silent are warned of; other layers have channels, but no filters."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from snnc.diagnostics.document import Document
from snnc.pipeline import check_document

pytest.importorskip("scipy")

TABLES = {
    "network": {"name": "silent"},
    "data": {"kind": "sklearn", "name": "digits", "scale": "unit"},
    "input": {"shape": [8, 8, 1]},
    "layers": [
        {"kind": "encoder", "mode": "on_off"},
        {"kind": "conv2d", "filters": 4, "kernel_size": 3},
        {"kind": "conv2d", "filters": 20, "kernel_size": 3},
    ],
    "output": {"classes": 10},
}


def results(**silent_channels: int) -> Any:
    layers = [
        SimpleNamespace(name=name, silent=0.5, silent_channels=number)
        for name, number in silent_channels.items()
    ]
    return SimpleNamespace(
        rows=[SimpleNamespace(on="rates", layers=layers, accuracy=SimpleNamespace(n=360))]
    )


def test_silent_filters_are_warned_of_at_their_layer() -> None:
    from snnc.running.silent_filters import silent_filters

    program = check_document(Document(Path("silent.toml"), "", TABLES)).program
    # Of values in [0, 1] none is negative, so that half of the encoder is silent; of 20 filters 2 are hardly missed.
    (diagnostic,) = silent_filters(program, results(encoder1=1, conv2d1=1, conv2d2=2))
    assert diagnostic.at == ("layers", 1)
    assert "1 of 4 filters of 'conv2d1'" in diagnostic.message
