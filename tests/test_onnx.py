"""ONNX files give the values that PyTorch and onnx's own evaluator give, and what can't be read is refused, all of it."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.diagnostics.errors import Refusal, UsageError
from snnc.importing import formats
from snnc.importing.graph import Graph
from snnc.importing.operations import Conv, Dense, Flatten, Permute, Relu, Unread, Unsupported
from tests.conftest import ROOT

onnx = pytest.importorskip("onnx", reason="the extra 'import' brings onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from snnc.importing.onnx_reader import read_onnx  # noqa: E402

IMPORTED = ROOT / "tests/cases/imported"
RNG = np.random.default_rng(0)
Nodes = Sequence[Any]


def weights(*shape: int) -> Any:
    return RNG.normal(size=shape).astype(np.float32)


def positive(*shape: int) -> Any:
    return RNG.uniform(0.5, 2, shape).astype(np.float32)


def node(kind: str, *inputs: str, **attributes: Any) -> Any:
    """Return a node that reads x, or what it names, and whose output is named as it is."""
    names = [*inputs] or ["x"]
    return helper.make_node(kind, names, [attributes.pop("to_", "y")], **attributes)


def model(
    nodes: Nodes,
    shape: Sequence[Any],
    opset: int = 17,
    outputs: Sequence[str] = ("y",),
    **arrays: Any,
) -> Any:
    """Return a model of nodes from x to y, its weights as they are named."""
    graph = helper.make_graph(
        list(nodes),
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in arrays.items()],
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8, producer_name="tests"
    )


def saved(folder: Path, content: Any) -> Path:
    path = folder / "network.onnx"
    path.write_bytes(content.SerializeToString())
    return path


def in_order(graph: Graph, items: Any) -> Any:
    """Return items as the graph takes them, from the order of the file."""
    return np.moveaxis(items, 1, -1) if graph.channels_first else items


def evaluated(path: Path, items: Any) -> Any:
    """Return what onnx's own evaluator computes of items."""
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(str(path))
    return evaluator.run(None, {evaluator.input_names[0]: items.astype(np.float32)})[0]


def assert_same(path: Path, items: Any, expected: Any = None) -> Graph:
    """Assert that a file gives what others compute, up to the rounding of float32."""
    graph = read_onnx(path)
    refused = {
        n.name: n.operation.reason for n in graph.nodes if isinstance(n.operation, Unsupported)
    }
    assert refused == {}
    expected = evaluated(path, items) if expected is None else expected
    found = graph.apply(in_order(graph, items.astype(np.float64)))
    if found.ndim > 2:
        found = np.moveaxis(found, -1, 1)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max(), rtol=0)
    for this in graph.nodes:
        assert graph.apply(in_order(graph, items), until=this.name).shape[1:] == this.shape
    return graph


def refusals(path: Path) -> dict[str, str]:
    """Return what can't be said, by name."""
    return {
        n.name: n.operation.reason
        for n in read_onnx(path).nodes
        if isinstance(n.operation, Unsupported)
    }


CONV = {"w": weights(4, 3, 3, 3), "b": weights(4)}
BN = {"g": positive(3), "s": weights(3), "m": weights(3), "v": positive(3)}
IMAGE = (1, 3, 8, 7)

#: Nodes from x to y, the shape of x, and weights.
SAME: dict[str, tuple[Nodes, Sequence[Any], dict[str, Any]]] = {
    "gemm": ([node("Gemm", "x", "w", "b", transB=1)], (1, 5), {"w": weights(3, 5), "b": weights(3)}),
    "gemm_scaled": ([node("Gemm", "x", "w", "b", alpha=0.5, beta=2.0)], (1, 5), {"w": weights(5, 3), "b": weights(3)}),
    "gemm_of_any_number": ([node("Gemm", "x", "w", transB=1)], ("n", 5), {"w": weights(3, 5)}),
    "gemm_of_32": ([node("Gemm", "x", "w", transB=1)], (32, 5), {"w": weights(3, 5)}),
    "one_bias": ([node("Gemm", "x", "w", "b")], (1, 5), {"w": weights(5, 3), "b": weights(1)}),
    "matmul_add": ([node("MatMul", "x", "w", to_="h"), node("Add", "h", "b")], (1, 5), {"w": weights(5, 3), "b": weights(3)}),
    "add_first": ([node("MatMul", "x", "w", to_="h"), node("Add", "b", "h")], (1, 5), {"w": weights(5, 3), "b": weights(1, 3)}),
    "weights_turned": (
        [node("Transpose", "w", to_="t", perm=[1, 0]), node("Identity", "t", to_="i"), node("MatMul", "x", "i")],
        (1, 5),
        {"w": weights(3, 5)},
    ),
    "weights_twice": (
        [node("Gemm", "x", "w", to_="h"), node("Relu", "h", to_="r"), node("Gemm", "r", "w")],
        (1, 4),
        {"w": weights(4, 4)},
    ),
    "conv": ([node("Conv", "x", "w", "b")], IMAGE, CONV),
    "conv_padded": ([node("Conv", "x", "w", "b", pads=[1, 0, 2, 1], strides=[2, 1])], IMAGE, CONV),
    "conv_dilated": ([node("Conv", "x", "w", dilations=[2, 1], pads=[2, 1, 2, 1])], IMAGE, {"w": CONV["w"]}),
    "conv_groups": ([node("Conv", "x", "w", group=2)], (1, 4, 6, 6), {"w": weights(6, 2, 3, 3)}),
    "conv_depthwise": ([node("Conv", "x", "w", group=3)], IMAGE, {"w": weights(6, 1, 3, 3)}),
    "conv_then_add": ([node("Conv", "x", "w", to_="h"), node("Add", "h", "c")], IMAGE, {"w": CONV["w"], "c": weights(1, 4, 1, 1)}),
    "series": ([node("Conv", "x", "w", "b", pads=[2, 1], strides=[2])], (1, 3, 20), {"w": weights(4, 3, 5), "b": weights(4)}),
    "batch_norm": ([node("BatchNormalization", "x", "g", "s", "m", "v", epsilon=0.01)], IMAGE, BN),
    "batch_norm_1d": ([node("BatchNormalization", "x", "g", "s", "m", "v")], (1, 3), BN),
    "relu": ([node("Relu")], IMAGE, {}),
    "relu6": ([node("Clip", "x", "low", "high")], (1, 5), {"low": np.float32(0), "high": np.float32(0.5)}),
    "leaky": ([node("LeakyRelu", alpha=0.2)], IMAGE, {}),
    "prelu": ([node("PRelu", "x", "a")], IMAGE, {"a": np.full((3, 1, 1), 0.25, np.float32)}),
    "max_and_min": (
        [node("Max", "x", "zero", to_="h"), node("Min", "one", "h")],
        (1, 5),
        {"zero": np.float32(0), "one": np.float32(1)},
    ),
    "max_pool": ([node("MaxPool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1])], IMAGE, {}),
    "max_pool_ceil": ([node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)], (1, 3, 8, 8), {}),
    "average_pool": ([node("AveragePool", kernel_shape=[2, 2], strides=[2, 2])], IMAGE, {}),
    "average_pool_padded": ([node("AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)], IMAGE, {}),
    "average_pool_counts": (
        [node("AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4, count_include_pad=1)],
        IMAGE,
        {},
    ),
    "average_pool_ceil": ([node("AveragePool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)], (1, 2, 8, 8), {}),
    "global_average": ([node("GlobalAveragePool", to_="h"), node("Flatten", "h")], IMAGE, {}),
    "global_max": ([node("GlobalMaxPool", to_="h"), node("Flatten", "h")], IMAGE, {}),
    "mean": ([node("ReduceMean", axes=[2, 3], keepdims=0)], IMAGE, {}),
    "mean_keeps": ([node("ReduceMean", axes=[-1, -2], to_="h"), node("Squeeze", "h", "axes")], IMAGE, {"axes": [2, 3]}),
    "mean_of_series": ([node("ReduceMean", axes=[2], keepdims=0)], (1, 3, 9), {}),
    "largest": ([node("ReduceMax", axes=[2, 3], keepdims=0)], IMAGE, {}),
    "flatten": ([node("Flatten")], IMAGE, {}),
    "reshape": ([node("Reshape", "x", "s")], IMAGE, {"s": [0, -1]}),
    "reshape_of_one": ([node("Reshape", "x", "s")], IMAGE, {"s": [1, 168]}),
    "reshape_by_shape": (
        [
            node("Shape", "x", to_="shape"),
            node("Gather", "shape", "zero", to_="n"),
            node("Unsqueeze", "n", "axes", to_="first"),
            node("Concat", "first", "rest", axis=0, to_="s"),
            node("Reshape", "x", "s"),
        ],
        ("n", 3, 8, 7),
        {"zero": 0, "axes": [0], "rest": [-1]},
    ),
    "rows_to_images": (
        [node("Reshape", "x", "s", to_="h"), node("Conv", "h", "w")],
        (1, 72),
        {"s": [-1, 2, 6, 6], "w": weights(4, 2, 3, 3)},
    ),
    "flat_as_in_keras": (
        [node("Conv", "x", "w", to_="h"), node("Transpose", "h", perm=[0, 2, 3, 1], to_="t"), node("Flatten", "t")],
        IMAGE,
        {"w": CONV["w"]},
    ),
    "flat_by_rows": (
        [node("Conv", "x", "w", to_="h"), node("Transpose", "h", perm=[0, 3, 2, 1], to_="t"), node("Flatten", "t")],
        IMAGE,
        {"w": CONV["w"]},
    ),
    "channels_last": (
        [node("Transpose", perm=[0, 3, 1, 2], to_="t"), node("Conv", "t", "w", to_="h"), node("Flatten", "h")],
        (1, 8, 7, 3),
        {"w": CONV["w"]},
    ),
    "on_last_axis": ([node("MatMul", "x", "w", to_="h"), node("Flatten", "h")], (1, 6, 5), {"w": weights(5, 4)}),
    "pad": ([node("Pad", "x", "p", to_="h"), node("Conv", "h", "w")], IMAGE, {"p": [0, 0, 1, 0, 0, 0, 2, 1], "w": CONV["w"]}),
    "softmax": ([node("Softmax", axis=1)], (1, 5), {}),
    "log_softmax": ([node("LogSoftmax", axis=-1)], (1, 5), {}),
    "sigmoid": ([node("Sigmoid")], (1, 5), {}),
    "residual": (
        [node("Conv", "x", "w", pads=[1] * 4, to_="h"), node("Add", "h", "x", to_="s"), node("Relu", "s")],
        (1, 4, 6, 6),
        {"w": weights(4, 4, 3, 3)},
    ),
    "difference": (
        [node("Gemm", "x", "w", to_="h"), node("Gemm", "x", "v", to_="i"), node("Sub", "h", "i")],
        (1, 4),
        {"w": weights(4, 3), "v": weights(4, 3)},
    ),
    "concat": (
        [node("Conv", "x", "w", to_="h"), node("Conv", "x", "v", to_="i"), node("Concat", "h", "i", axis=1)],
        IMAGE,
        {"w": CONV["w"], "v": weights(2, 3, 3, 3)},
    ),
    "dropout": ([node("Dropout", to_="h"), node("Relu", "h")], (1, 5), {}),
    "constant_node": (
        [helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(weights(5, 2))), node("MatMul", "x", "c")],
        (1, 5),
        {},
    ),
    "normalised": (
        [node("Sub", "x", "m", to_="h"), node("Div", "h", "d")],
        IMAGE,
        {"m": weights(1, 3, 1, 1), "d": positive(3, 1, 1)},
    ),
    "normalised_by_pixel": ([node("Sub", "x", "m", to_="h"), node("Mul", "two", "h")], IMAGE, {"m": weights(3, 8, 7), "two": np.float32(2)}),
    "from_a_constant": ([node("Sub", "m", "x", to_="h"), node("Neg", "h")], IMAGE, {"m": weights(1, 3, 1, 1)}),
    "float16": ([node("Cast", "w", to=TensorProto.FLOAT, to_="f"), node("MatMul", "x", "f")], (1, 5), {"w": weights(5, 3).astype(np.float16)}),
    "unused": ([node("Tanh", "x", to_="unread"), node("Relu")], (1, 5), {"unread_too": weights(3)}),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_operators_give_what_onnx_computes(name: str, tmp_path: Path) -> None:
    nodes, shape, arrays = SAME[name]
    path = saved(tmp_path, model(nodes, shape, **arrays))
    items = RNG.normal(size=[n if isinstance(n, int) else 3 for n in shape])
    assert_same(path, items)


@pytest.mark.parametrize(
    ("automatic", "pads", "size", "strides"),
    [
        ("SAME_UPPER", [0, 1, 1, 1], 3, [2, 2]),
        ("SAME_LOWER", [1, 1, 0, 0], 2, [1, 1]),
        ("VALID", [0] * 4, 3, [2, 1]),
    ],
)
def test_padding_by_name(
    automatic: str, pads: list[int], size: int, strides: list[int], tmp_path: Path
) -> None:
    """As with the zeros that ONNX's text gives for an image of 8 x 7; its own evaluator takes other axes for the image's."""
    arrays = {"w": weights(4, 3, size, size)}
    items = RNG.normal(size=IMAGE)
    written = node("Conv", "x", "w", pads=pads, strides=strides)
    expected = evaluated(saved(tmp_path, model([written], IMAGE, **arrays)), items)
    named = node("Conv", "x", "w", auto_pad=automatic, strides=strides)
    assert_same(saved(tmp_path, model([named], IMAGE, **arrays)), items, expected)


@pytest.mark.parametrize("path", sorted(IMPORTED.glob("torch_*.onnx")), ids=lambda path: path.stem)
def test_files_give_what_torch_answered(path: Path) -> None:
    name = path.stem.split("_")[1]
    if name == "refused":
        pytest.skip("refused")
    with np.load(IMPORTED / "torch_answers.npz") as answers:
        items, expected = answers[f"{name}_in"], answers[f"{name}_out"]
    graph = assert_same(path, items, expected)
    assert graph.written_by.startswith("ONNX, written by pytorch 2.")
    assert graph.channels_first == (name != "series")
    names = {n.name for n in graph.nodes if isinstance(n.operation, Dense | Conv)}
    assert (
        names
        == {
            "plain": {"0", "6", "9"},
            "mobile": {"0", "2.0", "2.3", "3.0", "3.3", "6"},
            "residual": {"0", "2.conv1", "2.conv2", "2.shortcut.0", "5"},
            "lenet": {"conv", "fc"},
            "series": {"layers.0", "layers.3", "layers.7"},
        }[name]
    )


@pytest.mark.parametrize(
    "path", sorted(IMPORTED.glob("torch_*_legacy.onnx")), ids=lambda path: path.stem
)
def test_both_exporters_give_one_network(path: Path) -> None:
    other = path.with_name(path.name.replace("_legacy", ""))
    if not other.exists():
        pytest.skip("one file alone")
    graphs = [read_onnx(path), read_onnx(other)]
    items = RNG.normal(size=(4, *graphs[0].input.shape))
    first, second = (graph.apply(items) for graph in graphs)
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_shapes_are_known_without_running(tmp_path: Path) -> None:
    """Nodes have the shapes of images with channels last, kernels are (height, width, in, out)."""
    nodes = [
        node("Conv", "x", "w", "b", strides=[2, 1], to_="h"),
        node("Relu", "h", to_="r"),
        node("Flatten", "r"),
    ]
    graph = read_onnx(saved(tmp_path, model(nodes, IMAGE, **CONV)))
    assert [(n.kind, n.shape) for n in graph.nodes] == [
        ("Input", (8, 7, 3)),
        ("Conv", (3, 5, 4)),
        ("Relu", (3, 5, 4)),
        ("Flatten", (60,)),
    ]
    conv, flatten = graph.nodes[1].operation, graph.output.operation
    assert isinstance(conv, Conv)
    np.testing.assert_array_equal(conv.kernel, CONV["w"].transpose(2, 3, 1, 0))
    assert isinstance(flatten, Flatten)
    assert flatten.channels_first


def test_transposes_that_do_nothing_leave_no_node(tmp_path: Path) -> None:
    nodes, shape, arrays = SAME["channels_last"]
    graph = read_onnx(saved(tmp_path, model(nodes, shape, **arrays)))
    assert not graph.channels_first
    assert [n.kind for n in graph.nodes] == ["Input", "Conv", "Flatten"]
    nodes, shape, arrays = SAME["flat_by_rows"]
    kinds = [
        type(n.operation) for n in read_onnx(saved(tmp_path, model(nodes, shape, **arrays))).nodes
    ]
    assert Permute in kinds


def test_layers_that_share_weights_keep_their_own_bias(tmp_path: Path) -> None:
    """A bias belongs to the layer before only if nothing else reads its values."""
    nodes = [
        node("MatMul", "x", "w", to_="h"),
        node("Add", "h", "b", to_="i"),
        node("Relu", "i", to_="r"),
        node("Add", "r", "h"),
    ]
    path = saved(tmp_path, model(nodes, (1, 4), w=weights(4, 4), b=weights(4)))
    assert_same(path, RNG.normal(size=(1, 4)))
    nodes = [
        node("MatMul", "x", "w", to_="h"),
        node("Transpose", "h", perm=[0, 1], to_="t"),
        node("Add", "t", "b", to_="i"),
        node("Relu", "i", to_="r"),
        node("Transpose", "h", perm=[0, 1], to_="u"),
        node("Add", "r", "u"),
    ]
    path = saved(tmp_path, model(nodes, (1, 4), w=weights(4, 4), b=weights(4)))
    assert_same(path, RNG.normal(size=(1, 4)))


def test_ceilings(tmp_path: Path) -> None:
    nodes = [node("Relu", to_="h"), node("Clip", "h", "", "high")]
    graph = read_onnx(saved(tmp_path, model(nodes, (1, 5), high=np.float32(6))))
    operation = graph.output.operation
    assert isinstance(operation, Relu)
    assert (operation.slope, operation.ceiling) == (0, 6)
    graph = read_onnx(saved(tmp_path, model([node("Clip", "x", min=0.0)], (1, 5), opset=6)))
    operation = graph.output.operation
    assert isinstance(operation, Relu)
    assert operation.ceiling == math.inf


#: As SAME; and words of the reason.
REFUSED: dict[str, tuple[Nodes, Sequence[Any], dict[str, Any], str]] = {
    "tanh": ([node("Tanh")], (1, 5), {}, "no rates"),
    "lstm": ([node("LSTM", "x", "w", "r", hidden_size=2)], (1, 5, 3), {"w": weights(1, 8, 3), "r": weights(1, 8, 2)}, "memory"),
    "layer_norm": ([node("LayerNormalization", "x", "g")], (1, 5), {"g": weights(5)}, "by itself"),
    "quantised": ([node("QuantizeLinear", "x", "s", to_="q"), node("DequantizeLinear", "q", "s")], (1, 5), {"s": np.float32(0.1)}, "quantised"),
    "softplus": ([node("Softplus")], (1, 5), {}, "no rates"),
    "clip": ([node("Clip", "x", "low", "high")], (1, 5), {"low": np.float32(-1), "high": np.float32(1)}, "-1 to 1"),
    "prelu_by_channel": ([node("PRelu", "x", "a")], IMAGE, {"a": positive(3, 1, 1)}, "slope of its own"),
    "argmax": ([node("ArgMax", axis=1)], (1, 5), {}, "number of a class"),
    "two_factors": ([node("Mul", "x", "x")], (1, 5), {}, "product"),
    "resize": ([node("Resize", "x", "", "s")], IMAGE, {"s": np.array([1, 1, 2, 2], np.float32)}, "larger"),
    "gather": ([node("Gather", "x", "i", axis=1)], (1, 5), {"i": [0, 2]}, "some of the values"),
    "reflected": ([node("Pad", "x", "p", mode="reflect")], IMAGE, {"p": [0, 0, 1, 1, 0, 0, 1, 1]}, "reflect"),
    "padded_with_ones": ([node("Pad", "x", "p", "one")], IMAGE, {"p": [0, 0, 1, 1, 0, 0, 1, 1], "one": np.float32(1)}, "padding with 1"),
    "cut": ([node("Pad", "x", "p")], IMAGE, {"p": [0, 0, -1, 0, 0, 0, 0, 0]}, "negative"),
    "more_channels": ([node("Pad", "x", "p")], IMAGE, {"p": [0, 1, 0, 0, 0, 0, 0, 0]}, "adds channels"),
    "dilated_pool": ([node("MaxPool", kernel_shape=[2, 2], dilations=[2, 2])], IMAGE, {}, "dilation"),
    "joined_pictures": ([node("Conv", "x", "w", to_="h"), node("Concat", "h", "h", axis=2)], IMAGE, {"w": CONV["w"]}, "isn't their channels"),
    "mean_of_channels": ([node("ReduceMean", axes=[1])], IMAGE, {}, "but its channels"),
    "mixed_items": ([node("Reshape", "x", "s")], (2, 4), {"s": [4, 2]}, "mixes items"),
    "turned_items": ([node("Transpose", perm=[1, 0])], (2, 4), {}, "mixes items"),
    "wrong_shape": ([node("Gemm", "x", "w")], (1, 5), {"w": weights(4, 3)}, "don't fit"),
    "wrong_channels": ([node("Conv", "x", "w")], IMAGE, {"w": weights(4, 2, 3, 3)}, "2 channels on 3"),
    "wrong_bias": ([node("Gemm", "x", "w", "b")], (1, 5), {"w": weights(5, 3), "b": weights(2)}, "a bias of shape"),
    "window_too_large": ([node("Conv", "x", "w")], (1, 3, 2, 2), {"w": CONV["w"]}, "don't fit"),
    "nan": ([node("Gemm", "x", "w")], (1, 5), {"w": np.full((5, 3), np.nan, np.float32)}, "NaN"),
    "infinite": ([node("Gemm", "x", "w", "b")], (1, 5), {"w": weights(5, 3), "b": np.array([1, np.inf, 0], np.float32)}, "infinite"),
    "negative_variance": ([node("BatchNormalization", "x", "g", "s", "m", "v")], IMAGE, {**BN, "v": -BN["v"]}, "negative"),
    "training": ([node("BatchNormalization", "x", "g", "s", "m", "v", training_mode=1)], IMAGE, BN, "as it trains"),
    "foreign": ([node("Quant", "x", domain="qonnx.custom_op.general")], (1, 5), {}, "quantised"),
    "unknown_library": ([node("Fancy", "x", domain="com.example")], (1, 5), {}, "com.example"),
    "huge_padding": ([node("Conv", "x", "w", pads=[1 << 40] * 4)], IMAGE, {"w": CONV["w"]}, "pads"),
    "weights_from_items": ([node("Gemm", "x", "w", to_="h"), node("MatMul", "x", "h")], (1, 5), {"w": weights(5, 3)}, "attention"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_spec_can_say(name: str, tmp_path: Path) -> None:
    nodes, shape, arrays, words = REFUSED[name]
    content = model(nodes, shape, **arrays)
    for domain in {this.domain for this in nodes if this.domain}:
        content.opset_import.append(helper.make_opsetid(domain, 1))
    assert words in " ".join(refusals(saved(tmp_path, content)).values())


def test_all_are_refused_at_once() -> None:
    """A file of PyTorch's with layers of four kinds that can't be said, and two heads: each is named, with what to do."""
    graph = read_onnx(IMPORTED / "torch_refused.onnx")
    refused = [n for n in graph.nodes if isinstance(n.operation, Unsupported)]
    assert [n.kind for n in refused] == ["InstanceNormalization", "Tanh", "LSTM", "Mul", "Output"]
    assert all(n.operation.advice for n in refused if isinstance(n.operation, Unsupported))
    assert any(isinstance(n.operation, Unread) for n in graph.nodes)


def test_two_inputs_and_two_outputs(tmp_path: Path) -> None:
    content = model(
        [node("Add", "x", "z"), node("Relu", "x", to_="other")], (1, 5), outputs=("y", "other")
    )
    content.graph.input.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, (1, 5)))
    found = refusals(saved(tmp_path, content))
    assert set(found) == {"z", "outputs"}
    assert "2 outputs: y, other" in found["outputs"]


def test_keras_is_sent_to_its_own_file(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"model.save\('model.keras'\)"):
        read_onnx(IMPORTED / "keras.onnx")
    content = onnx.load(str(IMPORTED / "keras.onnx"))
    # Without the name that Keras gives inputs by itself.
    for this in content.graph.node:
        this.input[:] = ["x" if name.startswith("keras_tensor") else name for name in this.input]
    content.graph.input[0].name = "x"
    with pytest.raises(Refusal, match="exported by Keras"):
        read_onnx(saved(tmp_path, content))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_files_that_are_cut_short(share: float, tmp_path: Path) -> None:
    content = (IMPORTED / "torch_plain_legacy.onnx").read_bytes()
    path = tmp_path / "network.onnx"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(Refusal):
        formats.read(path)
    with pytest.raises(Refusal):
        read_onnx(path)


def test_damaged_files_give_no_traceback(tmp_path: Path) -> None:
    """Bytes changed at random: refused, or read as a graph; never another exception."""
    content = bytearray((IMPORTED / "torch_lenet_legacy.onnx").read_bytes())
    path = tmp_path / "network.onnx"
    refused = 0
    for _ in range(200):
        damaged = bytearray(content)
        for place in RNG.integers(0, len(content), 4):
            damaged[place] = RNG.integers(0, 256)
        path.write_bytes(bytes(damaged))
        try:
            read_onnx(path)
        except Refusal:
            refused += 1
    assert refused > 20


def test_weights_beside_the_file(tmp_path: Path) -> None:
    for name in ("torch_plain.onnx", "torch_plain.onnx.data"):
        shutil.copy(IMPORTED / name, tmp_path)
    path, data = tmp_path / "torch_plain.onnx", tmp_path / "torch_plain.onnx.data"
    assert formats.read(path).output.shape == (4,)
    content = data.read_bytes()
    data.write_bytes(content[:-8])
    with pytest.raises(Refusal, match="cut short"):
        read_onnx(path)
    data.unlink()
    with pytest.raises(Refusal, match=r"torch_plain.onnx.data, which isn't beside it"):
        read_onnx(path)
    (tmp_path / "elsewhere").write_bytes(content)
    data.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refusal, match="no link"):
        read_onnx(path)


@pytest.mark.parametrize(
    "place", ["/etc/hostname", "../secret", "folder/weights", "..", "", "C:\\secret"]
)
def test_weights_elsewhere_are_refused(place: str, tmp_path: Path) -> None:
    content = model([node("Gemm", "x", "w")], (1, 2), w=weights(2, 2))
    (tensor,) = content.graph.initializer
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": place, "offset": "0", "length": "16"}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    (tmp_path / "secret").write_bytes(bytes(16))
    folder = tmp_path / "inside"
    (folder / "folder").mkdir(parents=True)
    (folder / "folder" / "weights").write_bytes(bytes(16))
    with pytest.raises(Refusal, match="only a file in its own folder"):
        read_onnx(saved(folder, content))


def test_arrays_that_are_not_as_long_as_they_say(tmp_path: Path) -> None:
    content = model([node("Gemm", "x", "w")], (1, 2), w=weights(2, 2))
    content.graph.initializer[0].dims[:] = [2, 1 << 40]
    with pytest.raises(Refusal, match="'w'"):
        read_onnx(saved(tmp_path, content))
    content.graph.initializer[0].dims[:] = [2, 3]
    with pytest.raises(Refusal, match="'w'"):
        read_onnx(saved(tmp_path, content))


@pytest.mark.parametrize(
    ("kind", "arrays", "attributes"),
    [
        ("ConstantOfShape", {"s": [1 << 20, 1 << 20]}, {}),
        ("Expand", {"s": np.float32(0), "t": [1 << 30, 1 << 10]}, {}),
        ("Add", {"s": weights(1 << 14, 1), "t": weights(1, 1 << 14)}, {}),
    ],
)  # fmt: skip
def test_constants_that_grow_are_refused(
    kind: str, arrays: Any, attributes: Any, tmp_path: Path
) -> None:
    nodes = [node(kind, *arrays, to_="c", **attributes), node("Add", "x", "c")]
    found = refusals(saved(tmp_path, model(nodes, (1, 5), **arrays)))
    assert "too large" in " ".join(found.values())


def test_axes_of_any_length_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"\[n, 3, height, 8\]"):
        read_onnx(saved(tmp_path, model([node("Relu")], ("n", 3, "height", 8))))
    with pytest.raises(Refusal, match="no axis for items"):
        read_onnx(saved(tmp_path, model([node("Relu")], (5,))))


def test_nodes_that_read_nothing(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="'h', which nothing computes"):
        read_onnx(saved(tmp_path, model([node("Add", "x", "h")], (1, 5))))
    with pytest.raises(Refusal, match="depends on no input"):
        read_onnx(saved(tmp_path, model([node("Identity", "w")], (1, 5), w=weights(2))))


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't read"):
        read_onnx(tmp_path / "none.onnx")
