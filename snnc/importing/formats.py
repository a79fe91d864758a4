"""Which kind of file a trained network is in: its first bytes say so, whatever its name ends with."""

from __future__ import annotations

from pathlib import Path

from snnc.diagnostics.errors import Refusal, cannot
from snnc.importing import hdf5, keras_files, nir_file, other_formats
from snnc.importing.graph import Graph
from snnc.importing.nir_graph import read_nir
from snnc.importing.onnx_file import looks_like_onnx
from snnc.importing.onnx_reader import read_onnx

#: What may stand before the first brace: spaces, and the mark of UTF-8 that Windows writes.
_BEFORE_JSON = b" \t\r\n\xef\xbb\xbf"


def read(path: Path, weights: Path | None = None) -> Graph:
    """Return the graph of a trained network. Nothing in the file is run.

    Raises:
        Refusal: If it is of a kind that can't be read, or is damaged; the text has the line that saves the model in another form.
        UsageError: If the path can't be read, or a package is missing.
    """
    if path.is_dir():
        raise Refusal(other_formats.of_folder(path))
    first = _first_bytes(path)
    if refused := other_formats.known(path, first):
        raise Refusal(refused)
    if first.lstrip(_BEFORE_JSON)[:1] == b"{":
        return keras_files.from_architecture(path, weights)
    if first.startswith((hdf5.MAGIC, b"PK")):
        _ensure_alone(path, weights)
        if first.startswith(b"PK"):
            return keras_files.from_archive(path)
        return read_nir(path) if _holds_nir(path) else keras_files.from_hdf5(path)
    if looks_like_onnx(first):
        _ensure_alone(path, weights)
        return read_onnx(path)
    raise Refusal(
        f"{path.as_posix()} is no file of a trained network that snnc reads: "
        "those are Keras' .h5 and .keras, an architecture in JSON with weights beside it, ONNX, and NIR graphs"
    )


def _ensure_alone(path: Path, weights: Path | None) -> None:
    if weights is not None:
        raise Refusal(
            f"--weights is for an architecture in JSON, and {path.as_posix()} is none: if it is a whole model, "
            "leave --weights out; if it holds the weights, name it there, and the JSON before it"
        )


def _holds_nir(path: Path) -> bool:
    with hdf5.opened(path, path.as_posix()) as file:
        return nir_file.is_nir(file)


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError as error:
        raise cannot("read", path, error) from error
