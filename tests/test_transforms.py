"""Which form a chain of operators is folded into, and how little an operator has to say of itself for it to be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from snnc.diagnostics.document import Document
from snnc.loihi.connections import axons_of
from snnc.operators import transforms
from snnc.operators.avg_pool1d import AveragePool1D
from snnc.operators.avg_pool2d import AveragePool2D
from snnc.operators.batch_norm import BatchNorm
from snnc.operators.call import Call
from snnc.operators.concatenate import Place
from snnc.operators.conv1d import Conv1D
from snnc.operators.conv2d import Conv2D
from snnc.operators.dense import Dense
from snnc.operators.depthwise_conv2d import DepthwiseConv2D
from snnc.operators.linear import Operator, Shape, ShapeError, Window, shape_after
from snnc.operators.max_pool2d import MaxPool2D
from snnc.operators.on_off import OnOff
from snnc.program.lower import lower
from snnc.program.network import Network
from snnc.spec.validate import validate


@dataclass(frozen=True)
class Keras(Operator):
    """A Keras layer that takes values flat, and of which nothing else is known."""

    kind: ClassVar[str] = "keras"

    layer: str
    arguments: tuple[Any, ...] = ()
    after: Shape | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def shape(self, before: Shape) -> Shape:
        return self.after or before

    def keras(self) -> Call:
        return Call(self.layer, self.arguments, {**self.options, "name": self.name})


@dataclass(frozen=True)
class OnImages(Keras):
    on_images: ClassVar[bool] = True


@dataclass(frozen=True)
class Pointwise(OnImages):
    """The same, and it says of itself that it is pointwise, which may not be so."""

    pointwise: ClassVar[bool] = True


@dataclass(frozen=True)
class Depthwise(Window):
    """A kernel for each channel."""

    kind: ClassVar[str] = "depthwise"
    size_key: ClassVar[str] = "kernel_size"

    def keras(self) -> Call:
        settings = {"strides": self.strides, "padding": self.padding, "name": self.name}
        return Call("DepthwiseConv2D", (self.window,), settings)


@dataclass(frozen=True)
class PaddedDepthwise(Depthwise):
    zero_padded: ClassVar[bool] = True


def transpose(name: str, shape: Shape) -> Keras:
    height, width, channels = shape
    return OnImages(name, "Permute", ((2, 1, 3),), (width, height, channels))


def conv(name: str, size: tuple[int, int], padding: Any = "valid", strides: Any = (1, 1)) -> Conv2D:
    return Conv2D(name, size, strides, padding, 3, use_bias=True)


NORM = BatchNorm("norm", 0.99, 0.001)
ON_OFF = OnOff("on_off")
POOL = AveragePool2D("pool", (2, 2), (2, 2), "valid")
RAGGED = AveragePool2D("ragged", (2, 2), (2, 2), "same")
DENSE = Dense("dense", 5, use_bias=True)
RESCALE = Keras("rescale", "Rescaling", (2.0, -1.0))

EACH = DepthwiseConv2D("each", (3, 3), (1, 1), "same", 2, True)
POINT = conv("point", (1, 1), strides=(1, 1))
PLACE = Place("place", 1, 2)
ALONG = Conv1D("along", 3, 2, "same", 4, True)

#: A chain, the shape of what it gets, and the form of what it is folded into.
Case = tuple[Sequence[Operator], Shape, str]
CHAINS: dict[str, Case] = {
    "nothing": ([], (4, 4, 2), "none"),
    "a matrix": ([DENSE], (6,), "dense"),
    "a matrix behind an image": ([DENSE], (3, 4, 2), "dense"),
    "a matrix, normalised": ([DENSE, NORM], (6,), "dense"),
    "a matrix behind pooling": ([POOL, NORM, DENSE], (5, 4, 2), "dense"),
    "values, normalised": ([NORM], (6,), "sparse"),
    "rows, normalised": ([NORM], (4, 3), "sparse"),
    "rows, twice": ([ON_OFF, NORM], (4, 3), "sparse"),
    "an image, normalised": ([NORM], (4, 3, 2), "convolution"),
    "an image, twice": ([ON_OFF, NORM], (4, 3, 2), "convolution"),
    "a kernel": ([conv("a", (3, 2))], (5, 6, 2), "convolution"),
    "a kernel with strides": ([conv("a", (3, 2), strides=(2, 3))], (7, 8, 2), "convolution"),
    "a kernel beyond the edges": ([conv("a", (3, 2), "same", (1, 2))], (5, 6, 2), "convolution"),
    "a kernel larger than the image": ([conv("a", (5, 5), "same")], (3, 3, 2), "convolution"),
    "a kernel between others": ([NORM, conv("a", (3, 2)), ON_OFF], (5, 6, 2), "convolution"),
    "normalised, beyond the edges": ([NORM, conv("a", (3, 3), "same", (2, 1))], (7, 6, 2), "convolution"),
    "normalised, larger than the image": ([NORM, conv("a", (5, 5), "same")], (3, 3, 2), "sparse"),
    "two kernels": ([conv("a", (3, 2), strides=(2, 1)), conv("b", (2, 2))], (9, 6, 2), "convolution"),
    "two kernels beyond the edges": ([conv("a", (3, 2)), conv("b", (3, 3), "same")], (6, 6, 2), "sparse"),
    "pooling": ([POOL], (5, 6, 2), "convolution"),
    "pooling, which leaves nothing over": ([RAGGED], (4, 6, 2), "convolution"),
    "pooling of what is left over": ([RAGGED], (5, 6, 2), "sparse"),
    "pooling before a kernel": ([POOL, NORM, conv("a", (2, 2))], (7, 6, 2), "convolution"),
    "pooling before a kernel beyond the edges": ([POOL, conv("a", (3, 3), "same")], (8, 6, 2), "sparse"),
    "pooling behind a kernel": ([conv("a", (2, 2)), POOL], (7, 7, 2), "convolution"),
    "a window of one's own": ([Depthwise("own", (2, 3), (1, 1), "valid")], (5, 6, 2), "convolution"),
    "one's own beyond the edges": ([Depthwise("own", (3, 3), (2, 2), "same")], (5, 6, 2), "sparse"),
    "one's own, zero padded": ([NORM, PaddedDepthwise("own", (3, 3), (2, 2), "same")], (5, 6, 2), "convolution"),
    "channel by channel": ([EACH], (5, 6, 2), "sparse"),
    "channel by channel, normalised": ([NORM, EACH], (5, 6, 2), "sparse"),
    "channel by channel, strides and pooling": ([DepthwiseConv2D("each", (2, 2), (2, 2), "valid", 1, False), POOL], (9, 9, 2), "sparse"),
    "separable": ([EACH, POINT], (5, 6, 2), "convolution"),
    "a point before a kernel": ([POINT, conv("a", (3, 3), "same")], (5, 6, 2), "convolution"),
    "concatenated": ([PLACE], (5, 6, 2), "convolution"),
    "rows, concatenated": ([PLACE], (5, 2), "sparse"),
    "concatenated before a kernel": ([PLACE, conv("a", (3, 3), "same")], (5, 6, 2), "convolution"),
    "concatenated, channel by channel": ([PLACE, EACH], (5, 6, 2), "sparse"),
    "concatenated before a matrix": ([PLACE, DENSE], (6,), "dense"),
    "along a series": ([ALONG], (9, 2), "convolution"),
    "along a series, normalised": ([NORM, ALONG], (9, 2), "convolution"),
    "along a series, pooled": ([AveragePool1D("mean", 2, 2, "valid"), Conv1D("along", 2, 1, "valid", 4, False)], (9, 2), "convolution"),
    "along a series, what is left over": ([AveragePool1D("mean", 2, 2, "same"), ALONG], (9, 2), "sparse"),
    "a series before a matrix": ([AveragePool1D("mean", 2, 1, "same"), DENSE], (9, 2), "dense"),
    "the largest": ([MaxPool2D("max", (2, 2), (2, 2), "valid")], (5, 6, 2), "pooled"),
    "the largest, beyond the edges": ([MaxPool2D("max", (3, 2), (2, 1), "same"), NORM, conv("a", (3, 3), "same")], (7, 6, 2), "pooled"),
    "the largest before a matrix": ([MaxPool2D("max", (3, 2), (2, 1), "same"), DENSE], (5, 6, 2), "pooled"),
    "transposed": ([transpose("t", (4, 4, 2))], (4, 4, 2), "sparse"),
    "transposed, not square": ([transpose("t", (3, 4, 2))], (3, 4, 2), "sparse"),
    "transposed before a kernel": ([transpose("t", (4, 4, 2)), conv("a", (3, 2))], (4, 4, 2), "sparse"),
    "transposed behind a kernel": ([conv("a", (2, 2)), transpose("t", (4, 4, 3))], (5, 5, 2), "sparse"),
    "transposed twice": ([transpose("t", (3, 4, 1)), NORM, transpose("u", (4, 3, 1))], (3, 4, 1), "sparse"),
    "transposed before a matrix": ([transpose("t", (3, 4, 2)), DENSE], (3, 4, 2), "dense"),
    "rows, transposed": ([OnImages("t", "Permute", ((2, 1),), (3, 4))], (4, 3), "sparse"),
    "cropped": ([OnImages("crop", "Cropping2D", (((1, 0), (0, 2)),), (3, 3, 2))], (4, 5, 2), "sparse"),
    "padded": ([OnImages("pad", "ZeroPadding2D", (1,), (6, 7, 2)), conv("a", (3, 3))], (4, 5, 2), "sparse"),
    "enlarged": ([OnImages("up", "UpSampling2D", (2,), (4, 6, 1))], (2, 3, 1), "sparse"),
    "deconvolved": ([OnImages("de", "Conv2DTranspose", (3, 2), (5, 6, 3))], (4, 5, 2), "sparse"),
    "flat, rescaled": ([RESCALE], (6,), "sparse"),
    "rows, rescaled": ([RESCALE], (3, 4), "sparse"),
    "an image, rescaled flat": ([RESCALE, conv("a", (2, 2))], (3, 4, 2), "sparse"),
    "an image, rescaled pointwise": ([Pointwise("r", "Rescaling", (2.0, -1.0)), conv("a", (2, 2), "same")], (3, 4, 2), "convolution"),
    "a matrix that doesn't say so": ([Keras("k", "Dense", (5,), (5,))], (6,), "sparse"),
    "pointwise, but for its shape": ([Pointwise("p", "Permute", ((2, 1, 3),), (4, 3, 2))], (3, 4, 2), "sparse"),
}  # fmt: skip
each_chain = pytest.mark.parametrize("chain", CHAINS)


def network_of(operators: Sequence[Operator], before: Shape) -> Network:
    """Return a network in which a chain leads from the input, of a shape, to neurons."""
    return _lowered(before, {"kind": "encoder"}, operators, 0)


def _lowered(shape: Shape, layer: Any, operators: Sequence[Operator], index: int) -> Network:
    """Return a network in which a chain leads to one of the populations."""
    tables = {
        "network": {"name": "chain"},
        "data": {"kind": "openml", "data_id": 1, "scale": "unit"},
        "input": {"shape": list(shape)},
        "layers": [layer] * (index + 1),
        "output": {"classes": 3},
    }
    document = Document(Path("chain.toml"), "", tables)
    network = lower(validate(document), document).network
    populations, connections = list(network.populations), list(network.connections)
    populations[index] = replace(populations[index], shape=shape_after(operators, shape))
    connections[index] = replace(connections[index], operators=tuple(operators))
    return replace(network, populations=tuple(populations), connections=tuple(connections))


@each_chain
def test_the_form_of_a_chain(chain: str) -> None:
    operators, before, kind = CHAINS[chain]
    form = transforms.form(operators, before)
    assert form.kind == kind
    assert ("weights" in form.arrays) == (kind != "none" and chain != "the largest")


@pytest.mark.parametrize("chain", [chain for chain in CHAINS if len(CHAINS[chain][1]) != 2])
def test_axons_are_counted_where_it_is_known_how_operators_look(chain: str) -> None:
    """Of a chain between two layers, unless channels mix here and there without a kernel or a matrix."""
    operators, before, _ = CHAINS[chain]
    layer = {"kind": "conv2d", "filters": before[-1], "kernel_size": 1}
    if len(before) == 1:
        layer = {"kind": "dense", "units": before[-1]}
    network = _lowered(before, layer, operators, 1)
    known = axons_of(network, network.connections[1]) is not None
    unknown = any(isinstance(operator, Keras) and not operator.pointwise for operator in operators)
    unknown |= any(not operator.linear for operator in operators)
    mixes = not all(operator.own_channel for operator in operators)
    kernel = any(operator.has_kernel for operator in operators)
    form = transforms.form(operators, before).kind
    assert known == (not unknown and (kernel or form == "convolution" or not mixes))


def test_an_operator_knows_its_layer() -> None:
    tables = {
        "network": {"name": "places"},
        "data": {"kind": "sklearn", "name": "digits"},
        "input": {"shape": [8, 8, 1]},
        "layers": [
            {"kind": "batch_norm"},
            {"kind": "conv2d", "filters": 2, "kernel_size": 3, "batch_norm": True},
            {"kind": "avg_pool2d", "name": "pool"},
            {"kind": "dropout", "rate": 0.1},
            {"kind": "dense", "units": 4},
            {"kind": "dense", "units": 4, "from": ["pool"]},
        ],
        "output": {"classes": 10, "from": ["dense1", "dense2"]},
    }
    document = Document(Path("places.toml"), "", tables)
    connections = lower(validate(document), document).network.connections
    assert [[(op.name, op.at) for op in connection.operators] for connection in connections] == [
        [("batch_norm1", ("layers", 0)), ("conv2d1", ("layers", 1)), ("conv2d1_norm", ("layers", 1))],
        [("pool", ("layers", 2)), ("dropout1", ("layers", 3)), ("dense1", ("layers", 4))],
        [("pool_2", ("layers", 2)), ("dense2", ("layers", 5))],
        [("output", ("output",))],
        [("output_2", ("output",))],
    ]  # fmt: skip
    # Where it comes from is no part of what it is.
    assert replace(NORM, at=("layers", 3)) == NORM
    assert NORM.settings == {"momentum": 0.99, "epsilon": 0.001}


def test_an_operator_on_images_refuses_other_values() -> None:
    with pytest.raises(
        ShapeError, match=r"'pool' looks at images.*not at values of shape \[4, 3\]"
    ):
        POOL.shape((4, 3))


@pytest.mark.parametrize(
    ("form", "call"),
    [
        (transforms.NoTransform(), None),
        (transforms.Dense((3, 2)), "w"),
        (
            transforms.Sparse((3, 2), 4),
            Call(
                "nengo.Sparse",
                ((3, 2),),
                {"indices": Call("np.column_stack", (["r", "c"],)), "init": "w"},
            ),
        ),
        (
            transforms.Convolution((4, 4, 2), (2, 2, 5), (3, 3), (1, 1), "valid"),
            Call("nengo.Convolution", (5, (4, 4, 2)), {"init": "w"}),
        ),
        (
            transforms.Convolution((4, 4, 2), (2, 4, 5), (3, 2), (2, 1), "same"),
            Call(
                "nengo.Convolution",
                (5, (4, 4, 2)),
                {"kernel_size": (3, 2), "strides": (2, 1), "padding": "same", "init": "w"},
            ),
        ),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_nengos_transform_is_named_with_whatever_stands_for_its_arrays(
    form: transforms.Form, call: Any
) -> None:
    names = {"weights": "w", "row": "r", "column": "c"}
    assert form.nengo({name: names[name] for name in form.arrays}) == call


def test_the_arrays_of_a_form() -> None:
    assert transforms.Dense((3, 2)).arrays["weights"].fits((3, 2))
    assert not transforms.Dense((3, 2)).arrays["weights"].fits((2, 3))
    assert not transforms.Dense((3, 2)).arrays["weights"].fits((3, 2, 1))
    sparse = transforms.Sparse((3, 2), 4).arrays
    assert sparse["weights"].fits((17,))
    assert (sparse["row"].below, sparse["column"].below) == (3, 2)
