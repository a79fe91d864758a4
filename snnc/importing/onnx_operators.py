"""Which function reads which operator of ONNX, and what to say about those that none reads."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

from snnc.importing import onnx_layers as layers
from snnc.importing import onnx_pointwise as pointwise
from snnc.importing import onnx_pools as pools
from snnc.importing import onnx_shapes as shapes
from snnc.importing.onnx_call import NodeCall
from snnc.importing.onnx_values import Traced

READERS: Mapping[str, Callable[[NodeCall], Traced]] = {
    "Add": pointwise.add,
    "AveragePool": pools.pool,
    "BatchNormalization": layers.batch_norm,
    "Cast": shapes.cast,
    "Clip": pointwise.clip,
    "Concat": shapes.concat,
    "Conv": layers.conv,
    "Div": pointwise.divide,
    "Dropout": shapes.dropout,
    "Flatten": shapes.flatten,
    "Gemm": layers.gemm,
    "GlobalAveragePool": pools.global_pool,
    "GlobalMaxPool": pools.global_pool,
    "Identity": shapes.same,
    "LeakyRelu": pointwise.leaky_relu,
    "LogSoftmax": pointwise.softmax,
    "MatMul": layers.matmul,
    "Max": pointwise.largest,
    "MaxPool": pools.pool,
    "Min": pointwise.smallest,
    "Mul": pointwise.multiply,
    "Neg": pointwise.negate,
    "PRelu": pointwise.prelu,
    "Pad": shapes.pad,
    "ReduceMax": pools.reduce,
    "ReduceMean": pools.reduce,
    "Relu": pointwise.relu,
    "Reshape": shapes.reshape,
    "Sigmoid": pointwise.sigmoid,
    "Softmax": pointwise.softmax,
    "Squeeze": shapes.squeeze,
    "Sub": pointwise.subtract,
    "Sum": pointwise.add,
    "Transpose": shapes.transpose,
    "Unsqueeze": shapes.unsqueeze,
}

_WITH_MEMORY = "LSTM GRU RNN Scan"
#: Operators that no spec has: their names, why, and what to do.
_REFUSED = (
    (
        "Abs Celu Elu Erf Exp Gelu HardSigmoid HardSwish Log Mish Pow Reciprocal Selu Softplus Softsign Sqrt Swish Tanh"
        " ThresholdedRelu",
        "neurons have no rates of this shape",
        pointwise.RECTIFY,
    ),
    (
        _WITH_MEMORY,
        "it goes through a series step by step, with a memory",
        "use convolutions over time (Conv1d), and train again",
    ),
    (
        "QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearConv QLinearMatMul QLinearAdd QGemm ConvInteger"
        " MatMulInteger Quant IntQuant FloatQuant BipolarQuant Trunc FakeQuantize MultiThreshold",
        "weights or values are quantised",
        "export the network in float; snnc rounds weights for the chip itself",
    ),
    (
        "InstanceNormalization LayerNormalization GroupNormalization RMSNormalization LRN LpNormalization"
        " MeanVarianceNormalization",
        "it normalises each item by itself",
        "use BatchNorm, which becomes weights, and train again",
    ),
    (
        "If Loop Where NonZero",
        "what is computed depends on values",
        "export a network without branches and loops",
    ),
    (
        "Gather GatherElements GatherND Slice Split TopK",
        "it picks some of the values",
        "leave out what cuts, splits and looks up values, and train again",
    ),
    (
        "ArgMax ArgMin Hardmax",
        "it gives the number of a class, and not what speaks for each",
        "export the network without it, up to its logits",
    ),
    (
        "Resize Upsample ConvTranspose DepthToSpace",
        "it makes pictures larger",
        "resize items before they go into the network",
    ),
    (
        "Attention Einsum MultiHeadAttention",
        "neurons add, they don't multiply values",
        "leave attention out, and train again",
    ),
)
_REASONS = {kind: why for kinds, *why in _REFUSED for kind in kinds.split()}
#: Operators whose values have the shape of their first input.
_SAME_SHAPE = (
    "Abs Celu Elu Erf Exp Gelu HardSigmoid HardSwish InstanceNormalization LayerNormalization Log LRN Mish Pow"
    " QuantizeLinear DequantizeLinear Quant BipolarQuant Selu Softplus Softsign Sqrt Swish Tanh ThresholdedRelu Trunc"
    " GroupNormalization RMSNormalization LpNormalization MeanVarianceNormalization FakeQuantize"
    " BatchNormalization Clip Dropout PRelu Softmax LogSoftmax Cast"
)


def keeps_shape(kind: str) -> bool:
    """Whether an operator's values have the shape of its first input."""
    return kind in _SAME_SHAPE.split()


def remembers(kind: str) -> bool:
    """Whether an operator goes through a series with a memory."""
    return kind in _WITH_MEMORY.split()


def moves_items(node: Any, weights: Container[str]) -> bool:
    """Whether exporters turn and cut items for an operator: for layers with a memory, and for attention."""
    return remembers(node.op_type) or (
        node.op_type == "MatMul" and not any(name in weights for name in node.input)
    )


def rearranges(kind: str) -> bool:
    """Whether an operator may be one of those that turn and cut items."""
    return kind in ("Shape", "Gather", "Slice", "Expand", "ConstantOfShape", "Mod")


def is_product(kind: str, factors: int) -> bool:
    """Whether an operator multiplies values, whatever their shapes."""
    return kind in ("Mul", "MatMul") and factors == 2


def refusal(kind: str, domain: str) -> tuple[str, str]:
    """Return why an operator can't be said in a spec, and what to do about it."""
    if kind in _REASONS:
        reason, advice = _REASONS[kind]
        return reason, advice
    if domain:
        return (
            f"an operator of {domain}, not of ONNX's own",
            "export the network with PyTorch's own layers",
        )
    return (
        "no layer of a spec computes this",
        "use dense, convolution, pooling, ReLU and sums, and train again",
    )
