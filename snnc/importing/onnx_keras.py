"""ONNX files that Keras and TensorFlow write: their own files say the same, and say it better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from snnc.diagnostics.errors import Refusal
from snnc.importing.onnx_file import Opened

#: What Keras 3 calls inputs that the user gives no name.
_INPUT = "keras_tensor"
#: Programs that write what TensorFlow computes as ONNX.
_PROGRAMS = ("tf2onnx", "keras")
_TO_CHANNELS_FIRST, _BACK = (0, 3, 1, 2), (0, 2, 3, 1)


def refuse_keras(opened: Opened) -> None:
    """Raise Refusal for a file that was exported from Keras, with the line that saves what can be read."""
    producer = opened.model.producer_name.lower()
    if (
        any(program in producer for program in _PROGRAMS)
        or any(value.name.startswith(_INPUT) for value in opened.graph.input)
        or _turns_at_each_convolution(opened.graph)
    ):
        raise Refusal(
            f"{opened.path} was exported by Keras, whose ONNX has lost which layers there are:"
            " write model.save('model.keras') where the model is, and import that file"
        )


def _turns_at_each_convolution(graph: Any) -> bool:
    """Whether images have the channels last between all layers, as in Keras, and first for each convolution alone."""
    turned = dict(_turned(graph))
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    back = {
        node.input[0]
        for node in graph.node
        if node.op_type == "Transpose" and _order(node) == _BACK
    }
    return len(convolutions) > 0 and all(
        turned.get(node.input[0]) == _TO_CHANNELS_FIRST and node.output[0] in back
        for node in convolutions
    )


def _turned(graph: Any) -> Iterator[tuple[str, tuple[int, ...]]]:
    for node in graph.node:
        if node.op_type == "Transpose":
            yield node.output[0], _order(node)


def _order(node: Any) -> tuple[int, ...]:
    return next((tuple(a.ints) for a in node.attribute if a.name == "perm"), ())
