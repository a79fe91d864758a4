"""What people write who come from Keras is answered by what stands for it among the kinds that there are."""

from __future__ import annotations

from typing import Any

import pytest
import tomli

import snnc
from snnc.spec.keras_hints import key_hint
from snnc.spec.keras_layers import layer_hint
from snnc.spec.layers import KINDS
from tests.conftest import ROOT
from tests.following import Case, follow, options

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
    assert layer_hint("embedding", LATER) == ""


PLATEAU = '{ kind = "reduce_on_plateau", initial_learning_rate = 0.001'


@pytest.mark.parametrize(
    ("table", "written", "hint"),
    [
        ("train", {"learning_rate": 0.01}, 'write optimizer = { kind = "adam", learning_rate = 0.01 } instead'),
        ("train", {"lr": 0.1, "optimizer": "SGD"}, 'write optimizer = { kind = "sgd", learning_rate = 0.1 } instead'),
        ("train", {"reduce_lr_on_plateau": True}, f'write optimizer = {{ kind = "adam", learning_rate = {PLATEAU} }} }} instead'),
        (
            "train",
            {"reduce_lr_on_plateau": {"factor": 0.5, "verbose": 1}},
            f'write optimizer = {{ kind = "adam", learning_rate = {PLATEAU}, factor = 0.5 }} }} instead',
        ),
        ("train", {"lr_schedule": "reduce_on_plateau"}, f'write optimizer = {{ kind = "adam", learning_rate = {PLATEAU} }} }} instead'),
        ("train", {"patience": 3}, "write early_stopping = { patience = 3 } instead"),
        ("train", {"patience": 3, "early_stopping": {"patience": 5}}, "leave it out: early_stopping has its own"),
        ("train", {"validation_split": 0.2}, "did you mean 'validation_fraction'?"),
        ("train", {"random_state": 7}, "write seed = 7 in [network] instead"),
        ("layers", {"kernel_regularizer": "l1"}, "write l1 = 0.01 instead"),
        ("layers", {"kernel_regularizer": "L1L2"}, "write l1 = 0.01 and l2 = 0.01 instead"),
        ("layers", {"kernel_regularizer": {"kind": "l2", "l2": 1e-4}}, "write l2 = 0.0001 instead"),
        ("output", {"kernel_regularizer": 0.001}, "write l2 = 0.001 instead"),
        ("output", {"units": 5}, "did you mean 'classes'?"),
    ],
)  # fmt: skip
def test_keys(table: str, written: dict[str, Any], hint: str) -> None:
    assert key_hint(table, next(iter(written)), written) == hint


def test_what_several_keys_mean_is_said_once() -> None:
    """Whoever follows the hint of one of them has followed that of all."""
    train = {"momentum": 0.9, "optimizer": "sgd", "learning_rate": 0.1, "reduce_on_plateau": {"patience": 2}}  # fmt: skip
    hints = {key_hint("train", key, train) for key in train if key != "optimizer"}
    assert len(hints) == 1


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Add", "add"),
        ("sum", "add"),
        ("Concatenate", "concatenate"),
        ("concat", "concatenate"),
        ("DepthwiseConv2D", "depthwise_conv2d"),
    ],
)
def test_what_joins_layers(written: str, meant: str) -> None:
    assert layer_hint(written, list(KINDS)) == f"did you mean '{meant}'?"


def test_what_is_two_layers() -> None:
    assert "'depthwise_conv2d'" in layer_hint("SeparableConv2D", list(KINDS))


def test_no_activation() -> None:
    layer = {"activation": "linear", "kind": "conv2d", "filters": 3}
    assert key_hint("layers", "activation", layer).startswith('write neurons = "none" instead')
    assert key_hint("output", "activation", {"activation": "linear"}).startswith("leave it out")


def test_a_normalisation_in_front_of_the_activation() -> None:
    layers = [{"kind": "Dense"}, {"kind": "BatchNormalization"}, {"kind": "relu"}]
    hint = "leave the layer out, and write batch_norm = true in the layer before it"
    assert layer_hint("BatchNormalization", LATER, layers, 1) == hint
    assert layer_hint("BatchNormalization", LATER, layers[:2], 1) == "did you mean 'batch_norm'?"


@pytest.mark.parametrize("name", ["keras_habits", "keras_joined"])
def test_all_habits_at_once_lead_to_a_sound_spec(name: str) -> None:
    case = Case(tomli.loads((ROOT / f"tests/invalid/{name}.toml").read_text()))
    for _ in range(60):
        found = snnc.check(case.tables)
        ways = (follow(case, d, option) for d in found for option in options(d.hint))
        case = next((way for way in ways if way), case)
        if not found:
            break
    assert found == (), case.tables
