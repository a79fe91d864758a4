"""The files that Keras writes: HDF5 with everything in it, archives, and architectures with the weights beside them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from snnc.diagnostics.errors import Refusal
from snnc.importing import hdf5, keras_graph
from snnc.importing.graph import Graph
from snnc.importing.keras_config import parsed
from snnc.importing.keras_weights import Numbered, Weights, listed

#: Bytes of an architecture: those of networks with a thousand layers have one million.
LARGEST_TEXT = 2**25


def from_hdf5(path: Path) -> Graph:
    """Return the graph of a `.h5`, which is also what Keras 2 writes if the name ends with `.keras`.

    Raises:
        Refusal: If it holds no architecture, or is damaged.
    """
    with hdf5.opened(path, path.as_posix()) as file:
        described = hdf5.text_of(file, "model_config")
        if described is None:
            raise Refusal(
                f"{path.as_posix()} holds weights, and no layers: write the architecture with "
                f"open('model.json', 'w').write(model.to_json()), and run snnc import model.json --weights {path.as_posix()}"
            )
        version = hdf5.text_of(file, "keras_version") or "before 2.0"
        model = parsed(from_json(described, path.as_posix()), path.as_posix())
        weights = listed(_model_weights(file), path.as_posix())
        return keras_graph.graph(model, weights, f"Keras {version}, HDF5", path.as_posix())


def from_archive(path: Path) -> Graph:
    """Return the graph of a `.keras` as Keras 3 and tf_keras write it.

    Raises:
        Refusal: If parts are missing, too large or damaged.
    """
    name = path.as_posix()
    try:
        with zipfile.ZipFile(path) as archive:
            described = from_json(_member(archive, "config.json", LARGEST_TEXT, name), name)
            about = from_json(_member(archive, "metadata.json", LARGEST_TEXT, name), name)
            held = _member(archive, "model.weights.h5", hdf5.LARGEST, name)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        OSError,
        EOFError,
        NotImplementedError,
    ) as error:
        raise Refusal(
            f"{name} is damaged, or only a part of it is there ({error}): copy it again"
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
    described = from_json(path.read_bytes(), name)
    if not isinstance(described, dict) or "class_name" not in described:
        raise Refusal(
            f"{name} is JSON, and no architecture of a Keras model: model.to_json() returns one"
        )
    model = parsed(described, name)
    if weights is None:
        raise Refusal(
            f"{name} holds layers, and no weights: write them with model.save_weights('model.weights.h5'), "
            f"and run snnc import {name} --weights model.weights.h5"
        )
    both = f"{name} and {weights.as_posix()}"
    version = described.get("keras_version") or "of an unknown version"
    with hdf5.opened(weights, weights.as_posix()) as file:
        return keras_graph.graph(
            model, _weights_alone(file, weights), f"Keras {version}, JSON and HDF5", both
        )


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
    if "layers" in file or "_layer_checkpoint_dependencies" in file:
        return Numbered(file, same_names=False)
    raise Refusal(
        f"{path.as_posix()} holds no weights of a Keras model: model.save_weights writes them"
    )


def _member(archive: zipfile.ZipFile, name: str, most: int, of: str) -> bytes:
    """Return what a member holds, whatever size the archive says it has."""
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise Refusal(
            f"{of} is an archive without {name}, and so no model that Keras 3 saved with model.save('model.keras')"
        ) from error
    if info.file_size > most:
        raise Refusal(f"{name} in {of} has {info.file_size:,} bytes, and snnc reads up to {most:,}")
    with archive.open(info) as member:
        return member.read(most)
