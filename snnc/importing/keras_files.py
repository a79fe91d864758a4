"""The files that Keras writes: HDF5 with everything in it, archives, and architectures with the weights beside them."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

from snnc.diagnostics.errors import Refusal, cannot
from snnc.importing import hdf5, keras_graph, other_formats
from snnc.importing.graph import Graph
from snnc.importing.keras_config import parsed
from snnc.importing.keras_weights import Numbered, Weights, listed

#: Bytes of an architecture: those of networks with a thousand layers have one million.
LARGEST_TEXT = 2**25
#: How many times a member may grow; Keras itself packs none. Below `_SMALL` bytes any may.
_UNPACKED = 100
_SMALL = 2**22


def from_hdf5(path: Path) -> Graph:
    """Return the graph of a `.h5`, which is also what Keras 2 writes if the name ends with `.keras`.

    Raises:
        Refusal: If it holds no architecture, or is damaged.
    """
    name = path.as_posix()
    with hdf5.opened(path, name) as file:
        described = hdf5.text_of(file, "model_config")
        if described is None:
            raise Refusal(_without_layers(file, name))
        version = hdf5.text_of(file, "keras_version") or "before 2.0"
        model = parsed(from_json(described, name), name)
        weights = listed(_model_weights(file), name)
        return keras_graph.graph(model, weights, f"Keras {version}, HDF5", name)


def from_archive(path: Path) -> Graph:
    """Return the graph of a `.keras` as Keras 3 and tf_keras write it.

    Raises:
        Refusal: If parts are missing, too large or damaged.
    """
    name = path.as_posix()
    try:
        with zipfile.ZipFile(path) as archive:
            _ensure_keras(archive, path)
            described = from_json(_member(archive, "config.json", LARGEST_TEXT, name), name)
            about = from_json(_member(archive, "metadata.json", LARGEST_TEXT, name), name)
            held = _member(archive, "model.weights.h5", hdf5.LARGEST, name)
    # A RuntimeError asks for a password.
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
        raise Refusal(
            f"{name} is damaged, or only a part of it is there ({error}): "
            "copy it again, and compare the sizes"
        ) from error
    version = about.get("keras_version") if isinstance(about, dict) else None
    model = parsed(described, name)
    with hdf5.opened(held, f"model.weights.h5 in {name}") as file:
        weights = Numbered(file, same_names=True)
        return keras_graph.graph(model, weights, f"Keras {version}, archive", name)


def from_architecture(path: Path, weights: Path | None) -> Graph:
    """Return the graph of an architecture in JSON and the weights beside it.

    Raises:
        Refusal: If one of the two is missing or damaged, or they don't fit each other.
    """
    name = path.as_posix()
    described = _architecture(path, name)
    model = parsed(described, name)
    if weights is None:
        raise Refusal(
            f"{name} holds layers, and no weights: write them with model.save_weights('model.weights.h5'), "
            f"and run snnc import {name} --weights model.weights.h5"
        )
    _ensure_hdf5(weights)
    both = f"{name} and {weights.as_posix()}"
    version = described.get("keras_version") or "of an unknown version"
    with hdf5.opened(weights, weights.as_posix()) as file:
        return keras_graph.graph(
            model, _weights_alone(file, weights), f"Keras {version}, JSON and HDF5", both
        )


def _architecture(path: Path, name: str) -> dict[str, Any]:
    if path.stat().st_size > LARGEST_TEXT:
        raise Refusal(f"{name} is longer than any architecture: over {LARGEST_TEXT:,} bytes")
    described = from_json(path.read_bytes(), name)
    if "modelTopology" in described:
        raise Refusal(
            f"{name} is a model of TensorFlow.js: import the one that it was converted from, "
            "saved in Keras with model.save('model.h5')"
        )
    if "class_name" not in described:
        raise Refusal(
            f"{name} is JSON, and no architecture of a Keras model: write one with "
            "open('model.json', 'w').write(model.to_json())"
        )
    return dict(described)


def from_json(text: str | bytes, name: str) -> Any:
    """Return what JSON says.

    Raises:
        Refusal: If it isn't JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refusal(
            f"{name} holds JSON that can't be read ({error}): save the model again"
        ) from error


def _model_weights(file: Any) -> Any:
    return file.get("model_weights", file)


def _weights_alone(file: Any, path: Path) -> Weights:
    held = _model_weights(file)
    if hdf5.texts_of(held, "layer_names") is not None:
        return listed(held, path.as_posix())
    if _has_numbered(file):
        return Numbered(file, same_names=False)
    raise Refusal(
        f"{path.as_posix()} holds no weights of a Keras model: model.save_weights writes them"
    )


def _without_layers(file: Any, name: str) -> str:
    if "layer_names" in file.attrs or "layer_names0" in file.attrs or _has_numbered(file):
        return (
            f"{name} holds weights, and no layers: write those with open('model.json', 'w').write(model.to_json()), "
            f"and name both files: snnc import model.json --weights {name}"
        )
    return f"{name} is HDF5, and no model: Keras writes one with model.save('model.h5')"


def _has_numbered(file: Any) -> bool:
    return "layers" in file or "_layer_checkpoint_dependencies" in file


def _ensure_hdf5(path: Path) -> None:
    try:
        with path.open("rb") as file:
            first = file.read(len(hdf5.MAGIC))
    except OSError as error:
        raise cannot("read", path, error) from error
    if first != hdf5.MAGIC:
        raise Refusal(
            f"{path.as_posix()} holds no weights in HDF5: write them with model.save_weights('model.weights.h5')"
        )


def _ensure_keras(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse what Keras doesn't write: other archives, names that lead elsewhere, two members of one name."""
    names = archive.namelist()
    if refused := other_formats.of_archive(path, names):
        raise Refusal(refused)
    outside = [
        name for name in names if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name)
    ]
    twice = [name for name, count in Counter(names).items() if count > 1]
    for wrong, why in ((outside, "leads out of it"), (twice, "is there twice")):
        if wrong:
            raise Refusal(
                f"{path.as_posix()} wasn't written by Keras: its member {wrong[0]!r} {why}. "
                "Save the model again with model.save('model.keras')"
            )


def _member(archive: zipfile.ZipFile, name: str, most: int, of: str) -> bytes:
    """Return what a member holds, whatever size the archive says it has."""
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise Refusal(
            f"{of} is an archive without {name}, and no model of Keras 3: model.save('model.keras') writes one"
        ) from error
    if info.file_size > min(most, max(_UNPACKED * info.compress_size, _SMALL)):
        raise Refusal(
            f"{name} in {of} would unpack to {info.file_size:,} bytes from {info.compress_size:,}, "
            "which no model does: save it again with model.save('model.keras')"
        )
    with archive.open(info) as member:
        return member.read(most)
