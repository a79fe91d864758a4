"""What people write who come from Keras is answered by what stands for it among the kinds that there are."""

from __future__ import annotations

import pytest

from snnc.spec.keras_layers import layer_hint

LATER = ["avg_pool2d", "batch_norm", "conv2d", "dense", "dropout"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("AveragePooling2D", "avg_pool2d"),
        ("average_pooling2d", "avg_pool2d"),
        ("AvgPool2D", "avg_pool2d"),
        ("BatchNormalization", "batch_norm"),
        ("BatchNorm", "batch_norm"),
        ("Conv2D", "conv2d"),
        ("Convolution2D", "conv2d"),
        ("Dense", "dense"),
        ("Dropout", "dropout"),
    ],
)
def test_keras_spelling(written: str, meant: str) -> None:
    assert layer_hint(written, LATER) == f"did you mean '{meant}'?"
    assert layer_hint(written, [kind for kind in LATER if kind != meant]) == ""


@pytest.mark.parametrize("written", ["MaxPooling2D", "max_pool2d", "maxpooling2d", "max_pooling2d"])
def test_a_maximum(written: str) -> None:
    assert layer_hint(written, LATER) == "write 'avg_pool2d': the chip has no maximum"
    assert layer_hint(written, ["dense"]) == "leave the layer out: the chip has no maximum"


def test_what_is_no_habit() -> None:
    assert layer_hint("dens", LATER) == ""
    assert layer_hint("lstm", LATER) == ""
