"""Open an ONNX file: its nodes and its arrays, bounded in size, from its own folder alone. Nothing in it is run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnc.diagnostics.errors import Refusal, cannot
from snnc.importing.operations import Array
from snnc.importing.package import imported

#: Bytes of a file, and of the weights beside it: far more than any network has that fits onto the chip.
LARGEST = 1 << 30
#: Operators of ONNX's own; those of other domains come from somebody's library.
OWN_DOMAINS = ("", "ai.onnx")
#: What whoever has the network can do.
AGAIN = "save it again with torch.onnx.export(model.eval(), (example,), 'model.onnx')"


@dataclass(frozen=True)
class Opened:
    """A file's model, a `ModelProto` of the package onnx, and its arrays by name."""

    path: Path
    model: Any
    arrays: dict[str, Array]

    @property
    def graph(self) -> Any:
        return self.model.graph


def looks_like_onnx(start: bytes) -> bool:
    """Whether a file may be ONNX by its first bytes: the number of the format's version, which comes first.

    ONNX has no magic bytes; protobuf writes field 1, a small number, as 08 and the number.
    """
    return len(start) >= 3 and start[0] == 0x08 and 1 <= start[1] <= 0x20 and start[2] & 7 in (0, 2)


def open_onnx(path: Path) -> Opened:
    """Return what an ONNX file holds.

    Raises UsageError if it can't be read or the package onnx is missing, Refusal if it is too large, cut short or
    damaged, or asks for weights that aren't in its folder.
    """
    onnx = imported("onnx")
    model = _parsed(onnx, path)
    if model.graph.sparse_initializer:
        raise Refusal(f"{path} holds sparse weights, which aren't read: {AGAIN}")
    arrays: dict[str, Array] = {}
    for tensor in model.graph.initializer:
        if tensor.name in arrays:
            raise Refusal(f"{path} is damaged: it holds two arrays called '{tensor.name}'")
        arrays[tensor.name] = array(path, tensor)
    return Opened(path, model, arrays)


def array(path: Path, tensor: Any) -> Array:
    """Return the values of a `TensorProto` of a file. Raises Refusal if they aren't there."""
    from onnx import TensorProto, numpy_helper

    values = TensorProto()
    values.CopyFrom(tensor)
    if tensor.data_location == TensorProto.EXTERNAL:
        del values.external_data[:]
        values.data_location = TensorProto.DEFAULT
        values.raw_data = _beside(path, tensor)
    if any(length < 0 for length in tensor.dims) or math.prod(tensor.dims) > LARGEST:
        raise Refusal(f"{path} is damaged: its array '{tensor.name}' has no shape that can be")
    try:
        return np.asarray(numpy_helper.to_array(values))
    # Exceptions that wrong types and too few values raise.
    except (ValueError, TypeError, KeyError, NotImplementedError) as error:
        raise Refusal(
            f"{path} is cut short or damaged: its array '{tensor.name}' can't be read ({error})"
        ) from error


def _parsed(onnx: Any, path: Path) -> Any:
    from google.protobuf.message import DecodeError

    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise Refusal(f"{path} has {size:,} bytes; files over {LARGEST:,} aren't read")
        content = path.read_bytes()
    except OSError as error:
        raise cannot("read", path, error) from error
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as error:
        raise Refusal(f"{path} is no ONNX file, or cut short: copy it again, or {AGAIN}") from error
    # What ends between two fields can be parsed all the same.
    if not (model.ir_version and model.graph.node and model.opset_import):
        raise Refusal(f"{path} is no ONNX file, or cut short: copy it again, or {AGAIN}")
    if not _is_text(model):
        raise Refusal(f"{path} is damaged: a name in it is no text. Copy it again")
    return model


def _is_text(message: Any) -> bool:
    """Whether all texts within a message are some; those that aren't come as bytes."""
    for kind, value in message.ListFields():
        if kind.type == kind.TYPE_STRING:
            texts = [value] if isinstance(value, str | bytes) else value
            if not all(isinstance(text, str) for text in texts):
                return False
        elif kind.type == kind.TYPE_MESSAGE and not all(
            map(_is_text, [value] if hasattr(value, "ListFields") else value)
        ):
            return False
    return True


def _beside(path: Path, tensor: Any) -> bytes:
    """Return the bytes of an array that lies in a file of its own, in the folder of the model."""
    place = {entry.key: entry.value for entry in tensor.external_data}
    name = str(place.get("location", ""))
    file = path.parent / name
    if name in ("", "..") or Path(name).name != name or "\\" in name or file.is_symlink():
        raise Refusal(
            f"{path} asks for weights in '{name}'; only a file in its own folder, no link, is read"
        )
    try:
        start, length = int(place.get("offset", 0)), int(place.get("length", -1))
    except ValueError as error:
        raise Refusal(f"{path} is damaged: where '{tensor.name}' begins is no number") from error
    try:
        size = file.stat().st_size
        if not file.is_file():
            raise Refusal(f"{path} asks for weights in '{name}', which is no file")
        length = size - start if length < 0 else length
        if start < 0 or length < 0 or start + length > size or length > LARGEST:
            raise Refusal(
                f"{file} is cut short: {path.name} has '{tensor.name}' up to byte {start + length:,}, "
                f"and it has {size:,}. Copy both files again"
            )
        with file.open("rb") as weights:
            weights.seek(start)
            return weights.read(length)
    except FileNotFoundError as error:
        raise Refusal(
            f"the weights of {path} lie in a file of their own, {name}, which isn't beside it: copy it there"
        ) from error
    except OSError as error:
        raise cannot("read", file, error) from error
