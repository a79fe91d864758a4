"""Hints for layers of Keras, and of PyTorch, that a spec doesn't have: what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from snnc.diagnostics.wording import joined

_NEURONS = "leave the layer out: dense layers end in neurons, and kind in [neurons] says which"
_SCALE = "leave the layer out: scale in [data] says how items are scaled"
#: The hint for a layer that is two here.
_SEPARABLE = (
    "write 'depthwise_conv2d' with neurons = \"none\", and a conv2d of kernel_size = 1 behind it"
)
#: Hints for layers that a spec doesn't need, or has otherwise.
_NO_LAYERS = {
    **dict.fromkeys(("activation", "relu", "leakyrelu", "prelu", "elu", "selu"), _NEURONS),
    **dict.fromkeys(("gelu", "swish", "silu", "sigmoid", "tanh", "softplus"), _NEURONS),
    **dict.fromkeys(("normalization", "rescaling"), _SCALE),
    **dict.fromkeys(("input", "inputlayer"), "leave the layer out: the input stands in [input]"),
    "flatten": "leave the layer out: a dense layer takes its input flat",
    "reshape": "leave the layer out: a dense layer takes its input flat, and shape in [input] is that of items",
    "separableconv2d": _SEPARABLE,
    "softmax": "leave the layer out: softmax in [output] says where it is computed",
    "zeropadding1d": 'leave the layer out: padding = "same" in a conv1d pads with zeros',
    "zeropadding2d": 'leave the layer out: padding = "same" in a conv2d pads with zeros',
}
#: Layers that remember, or look everywhere.
_RECURRENT = ("lstm", "gru", "rnn", "simplernn", "bidirectional", "attention", "transformer")
_NONE_SUCH = "write 'dense': there are no such layers, and items are seen as a whole"
#: Kinds whose names elsewhere differ in more than case and underscores.
_OTHER_NAMES = {
    "adaptiveavgpool1d": "global_avg_pool1d",
    "adaptiveavgpool2d": "global_avg_pool2d",
    "averagepool1d": "avg_pool1d",
    "averagepool2d": "avg_pool2d",
    "averagepooling1d": "avg_pool1d",
    "averagepooling2d": "avg_pool2d",
    "batchnorm1d": "batch_norm",
    "batchnorm2d": "batch_norm",
    "batchnormalization": "batch_norm",
    "convolution1d": "conv1d",
    "convolution2d": "conv2d",
    "concat": "concatenate",
    "fc": "dense",
    "fullyconnected": "dense",
    "globalaveragepooling1d": "global_avg_pool1d",
    "globalaveragepooling2d": "global_avg_pool2d",
    "linear": "dense",
    "sum": "add",
    "spatialdropout1d": "dropout",
    "spatialdropout2d": "dropout",
}
#: What to write in place of layers that take the largest of some values.
_MAXIMA = {
    "maxpool1d": "avg_pool1d",
    "maxpooling1d": "avg_pool1d",
    "globalmaxpool1d": "global_avg_pool1d",
    "globalmaxpooling1d": "global_avg_pool1d",
    "maxpool2d": "avg_pool2d",
    "maxpooling2d": "avg_pool2d",
    "globalmaxpool2d": "global_avg_pool2d",
    "globalmaxpooling2d": "global_avg_pool2d",
}
#: Layers with weights, behind which Keras has the activation as a layer of its own.
_WEIGHTED = (
    *("conv1d", "convolution1d", "conv2d", "convolution2d", "depthwiseconv2d"),
    *("dense", "linear"),
)


def layer_hint(
    kind: str, kinds: Sequence[str], layers: Sequence[Mapping[str, Any]] = (), index: int = 0
) -> str:
    """Return the hint for a kind of layer of Keras', or "". It stands at `index` of the spec's layers."""
    plain = _plain(kind)
    for hint in (_reshaped(plain, layers, index), _norm(plain, layers, index)):
        if hint:
            return hint
    if plain.startswith(_RECURRENT):
        return _NONE_SUCH
    if plain in _NO_LAYERS:
        return _NO_LAYERS[plain]
    if plain in _MAXIMA:
        instead = _MAXIMA[plain]
        write = f"write '{instead}'" if instead in kinds else "leave the layer out"
        own = "; 'max_pool2d' is for rates off the chip" if "max_pool2d" in kinds else ""
        return f"{write}: the chip has no maximum{own if plain.startswith('maxpool') and '2d' in plain else ''}"
    meant = [k for k in kinds if plain == _plain(k) or _OTHER_NAMES.get(plain) == k]
    return f"did you mean {joined(meant, 'or')}?" if meant else ""


def _reshaped(plain: str, layers: Sequence[Mapping[str, Any]], index: int) -> str:
    """Return the hint for a change of shape in front of all other layers."""
    if plain != "reshape" or any(map(_remains, layers[:index])) or not layers:
        return ""
    shape = layers[index].get("target_shape", layers[index].get("shape"))
    if not isinstance(shape, list) or not all(type(n) is int and n > 0 for n in shape) or not shape:
        return ""
    return f"leave the layer out, and write shape = {shape} in [input]"


def _norm(plain: str, layers: Sequence[Mapping[str, Any]], index: int) -> str:
    """Return the hint for a normalisation between weights and their activation, where a layer has its own."""
    after = layers[index + 1 : index + 2]
    between = (
        _OTHER_NAMES.get(plain, "") == "batch_norm"
        and index > 0
        and _kind(layers[index - 1]) in _WEIGHTED
        and any(_NO_LAYERS.get(_kind(layer)) == _NEURONS for layer in after)
    )
    if not between or "activation" in layers[index - 1]:
        return ""
    return "leave the layer out, and write batch_norm = true in the layer before it"


def _remains(layer: Mapping[str, Any]) -> bool:
    """Whether a layer is still there once hints are followed."""
    return _kind(layer) not in _NO_LAYERS


def _kind(layer: Any) -> str:
    kind = layer.get("kind") if isinstance(layer, Mapping) else None
    return _plain(kind) if isinstance(kind, str) else ""


def _plain(kind: str) -> str:
    return kind.lower().replace("_", "")
